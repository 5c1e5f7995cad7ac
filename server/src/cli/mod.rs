//! The command line: one file per family of commands. Output goes to standard output, errors with a hint to standard
//! error. Exit codes: 0 done, 1 the answer is no, 2 usage, 3 the environment.

mod admin;
mod audit;
mod keys;
mod serve;
mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use keyward::{
    clock::Clock,
    console::{Console, ConsoleError},
    secret::Entropy,
    store::Store,
};

use crate::{
    boot::{self, BootError, Upgrade},
    config::{Config, ConfigError, Flags, LogFormat},
};

/// API keys done right: a console for people, verification for services.
#[derive(Parser)]
#[command(name = "keyward", version, about, after_help = "Run without a command, it serves.")]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    flags: Flags,
}

#[derive(Subcommand)]
enum Command {
    /// Migrate, then serve the console, the API and the ops listener
    Serve,
    /// Print a fresh one-time link that creates the first superadmin
    SetupLink,
    /// People who may sign in
    #[command(subcommand)]
    Admin(admin::Command),
    /// Keys
    #[command(subcommand)]
    Keys(keys::Command),
    /// Read a key from standard input and say whether it opens a door, check by check
    Verify(verify::Arguments),
    /// The audit chain
    #[command(subcommand)]
    Audit(audit::Command),
    /// Bring the database up to date; a `SQLite` file is copied first
    Migrate,
}

/// Why a command did not do what it was asked.
enum CliError {
    /// The answer is no.
    No(String),
    /// It was asked wrongly.
    Usage(String),
    /// The environment: settings, files, the database.
    Environment(String),
}

impl From<ConfigError> for CliError {
    fn from(error: ConfigError) -> Self {
        Self::Environment(error.to_string())
    }
}

impl From<BootError> for CliError {
    fn from(error: BootError) -> Self {
        Self::Environment(error.to_string())
    }
}

impl From<ConsoleError> for CliError {
    fn from(error: ConsoleError) -> Self {
        match error {
            ConsoleError::Invalid(_) => Self::Usage(error.to_string()),
            ConsoleError::NotFound | ConsoleError::Forbidden => Self::No(error.to_string()),
            ConsoleError::Busy | ConsoleError::Store(_) => Self::Environment(error.to_string()),
        }
    }
}

impl From<keyward::store::StoreError> for CliError {
    fn from(error: keyward::store::StoreError) -> Self {
        BootError::Store(error).into()
    }
}

/// What a command works with.
struct Session {
    config: Config,
    store: Store,
    console: Console,
}

impl Session {
    async fn open(flags: &Flags, upgrade: Upgrade) -> Result<Self, CliError> {
        let config = Config::load(flags)?;
        start_log(&config, "warn");
        let store = boot::open(&config, upgrade).await?;
        let console = Console::new(store.clone(), Clock::system(), Entropy::system(), config.checkpoint());
        Ok(Self { config, store, console })
    }

    /// After a change: its event is anchored before the command ends.
    async fn close(self) -> Result<(), CliError> {
        self.console.checkpoint_audit().await.map_err(|error| CliError::Environment(error.to_string()))?;
        self.store.close().await;
        Ok(())
    }
}

/// Runs the program.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return report(&CliError::Environment(format!("the runtime could not be started: {error}"))),
    };
    match runtime.block_on(execute(cli)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => report(&error),
    }
}

async fn execute(cli: Cli) -> Result<(), CliError> {
    let flags = &cli.flags;
    match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => serve::serve(flags).await,
        Command::SetupLink => serve::setup_link(flags).await,
        Command::Migrate => serve::migrate(flags).await,
        Command::Admin(command) => admin::run(flags, command).await,
        Command::Keys(command) => keys::run(flags, command).await,
        Command::Verify(arguments) => verify::run(flags, arguments).await,
        Command::Audit(command) => audit::run(flags, command).await,
    }
}

fn report(error: &CliError) -> ExitCode {
    let (code, message) = match error {
        CliError::No(message) => (1, message),
        CliError::Usage(message) => (2, message),
        CliError::Environment(message) => (3, message),
    };
    eprintln!("keyward: {message}");
    ExitCode::from(code)
}

/// Logs to standard error. `least` is the level when the settings name none but the default.
fn start_log(config: &Config, least: &str) {
    let level = if config.log == "info" { least } else { &config.log };
    let filter = tracing_subscriber::EnvFilter::new(level);
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    // A second start in one process keeps the first log.
    let _ = match config.log_format {
        LogFormat::Text => log.try_init(),
        LogFormat::Json => log.json().flatten_event(true).try_init(),
    };
}

/// Prints a JSON value, on one line.
fn print_json(value: &serde_json::Value) {
    println!("{value}");
}
