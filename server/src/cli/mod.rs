//! The command line: one file per family of commands. Output goes to standard output, errors with a hint to standard
//! error. Exit codes: 0 done, 1 the answer is no, 2 usage, 3 the environment.

mod admin;
mod audit;
mod catalog;
mod client;
mod doctor;
mod error;
mod globals;
mod import;
mod import_file;
mod jobs;
mod jwt;
mod keys;
mod output;
mod remote;
mod request_signing_keys;
mod serve;
mod session;
mod verify;

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use model::catalog::Kind;

use crate::cli::{error::CliError, globals::Globals};

/// API keys done right: a console for people, verification for services.
#[derive(Parser)]
#[command(name = "keyward", version, after_help = MORE)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    globals: Globals,
}

/// What the help says at its end.
const MORE: &str = "Run without a command, it serves.

Output: --json prints one JSON value on one line, and lists print one on each line (JSON Lines). Errors are text on standard
error. Exit codes: 0 done, 1 the answer is no, 2 wrong use, 3 the environment.

First run: the server prints a one-time link that makes the first superadmin; `keyward setup-link` prints another. The
overview then lists what is left to do. The catalog starts empty: `keyward catalog samples` lists what can be added to begin
with.

Examples:
  keyward keys create --name kiosk --scope bookings.read
  keyward keys list --server https://keys.example.com
  keyward completions bash > /etc/bash_completion.d/keyward";

/// The commands by their purpose. What is in no group works on this machine alone.
const GROUPS: [(&str, &[&str]); 3] = [
    ("Keys", &["keys", "request-signing-keys", "verify", "import", "jobs"]),
    ("Catalog", &["tenants", "groups", "identities", "scopes", "templates", "policy", "admin"]),
    ("Watching", &["audit"]),
];
const ON_THIS_MACHINE: &str = "On this machine";

#[derive(Subcommand)]
enum Command {
    /// Migrate, then serve the console, the API and the ops listener
    #[command(after_help = "Example: keyward serve --listen 0.0.0.0:3000 --public-url https://keys.example.com")]
    Serve,
    /// Print a fresh one-time link that creates the first superadmin
    #[command(after_help = "Example: keyward setup-link")]
    SetupLink,
    /// People who may sign in; also called accounts
    #[command(
        subcommand,
        alias = "accounts",
        after_help = "Examples:\n  keyward admin create --email ops@example.com --role admin < password.txt\n  keyward accounts list --server https://keys.example.com"
    )]
    Admin(admin::Command),
    /// Create, find and change keys
    #[command(
        subcommand,
        after_help = "Examples:\n  keyward keys create --name kiosk --scope bookings.read\n  keyward keys list --search kiosk --json"
    )]
    Keys(keys::Command),
    /// Public keys that verify signed writes
    #[command(
        subcommand,
        alias = "verify-keys",
        after_help = "Example: keyward request-signing-keys list 0123456789ABCDEF"
    )]
    RequestSigningKeys(request_signing_keys::Command),
    /// Read a key, its id or a refused request's id from standard input and explain it, check by check
    Verify(verify::Arguments),
    /// Import the keys of another system: they keep their strings
    Import(import::Arguments),
    /// Bulk changes and imports: how far they are
    #[command(subcommand, after_help = "Examples:\n  keyward jobs list\n  keyward jobs show 0123456789ABCDEF")]
    Jobs(jobs::Command),
    /// What happened, and whether the audit chain is whole
    #[command(subcommand, after_help = "Examples:\n  keyward audit list --action key\n  keyward audit verify")]
    Audit(audit::Command),
    /// The key that signs JWTs
    #[command(subcommand, after_help = "Example: keyward jwt rotate")]
    Jwt(jwt::Command),
    /// The domains that keys belong to
    #[command(
        subcommand,
        after_help = "Examples:\n  keyward tenants create name=acme prefix=acme docs=https://docs.acme.example\n  keyward tenants edit acme presentations=\"bearer x_api_key\" headers=apikey"
    )]
    Tenants(catalog::Command),
    /// Keys that belong together
    #[command(
        subcommand,
        after_help = "Examples:\n  keyward groups create name=Lobby description=\"Screens in the lobby\" --tenant acme\n  keyward groups edit Lobby --tenant acme name=Foyer"
    )]
    Groups(catalog::Command),
    /// Identities that keys act as
    #[command(
        subcommand,
        alias = "subjects",
        after_help = "Examples:\n  keyward identities create name=panel@acme.example --tenant acme\n  keyward identities disable panel@acme.example --tenant acme"
    )]
    Identities(catalog::Command),
    /// What keys may do
    #[command(
        subcommand,
        after_help = "Examples:\n  keyward scopes create name=lockers sentence=\"Lockers: see and open them.\" risk=medium\n  keyward scopes edit devices opened=acme"
    )]
    Scopes(catalog::Command),
    /// The scopes that applications need
    #[command(
        subcommand,
        after_help = "Examples:\n  keyward templates create name=\"Wayfinder\" required=\"maps.read spaces.read\" optional=people.read\n  keyward templates show \"Booking Panel\""
    )]
    Templates(catalog::Command),
    /// Sample sets of scopes, a template, a group and an identity, to begin with
    #[command(subcommand, after_help = "Example: keyward catalog samples booking-panel map-kiosk")]
    Catalog(catalog::CatalogCommand),
    /// The bounds on every key
    #[command(subcommand, after_help = "Example: keyward policy edit keys_per_owner=20")]
    Policy(catalog::PolicyCommand),
    /// Say whether everything is in place, or whether a gateway guards as it should
    Doctor(doctor::Arguments),
    /// Bring the database up to date; the file of an embedded one is copied first
    #[command(after_help = "Example: keyward migrate")]
    Migrate,
    /// Print a script that completes commands in a shell
    #[command(
        after_help = "Examples:\n  keyward completions bash > /etc/bash_completion.d/keyward\n  keyward completions zsh > \"${fpath[1]}/_keyward\""
    )]
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
}

/// Runs the program.
pub fn run() -> ExitCode {
    report_lost_output();
    let cli = Cli::from_arg_matches(&command().get_matches()).unwrap_or_else(|error| error.exit());
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return report(&CliError::Environment(format!("the runtime could not be started: {error}"))),
    };
    let ended = runtime.block_on(execute(cli));
    // What still waits for a file or a network is not waited for.
    runtime.shutdown_background();
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => report(&error),
    }
}

/// The command line as it is read: its commands are listed by their purpose.
fn command() -> clap::Command {
    let catalog = [Kind::Tenant, Kind::Group, Kind::Identity, Kind::Scope, Kind::Template];
    let command = catalog.into_iter().fold(Cli::command(), |command, kind| {
        command.mut_subcommand(kind.code(), |command| catalog::with_examples(command, kind))
    });
    let groups = by_purpose(&command);
    let names: Vec<_> = command.get_subcommands().map(|command| command.get_name().to_owned()).collect();
    // The template lists them.
    let command =
        names.iter().fold(command, |command, name| command.mut_subcommand(name, |command| command.hide(true)));
    command.override_usage("keyward [OPTIONS] [COMMAND]").help_template(format!(
        "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{groups}{{all-args}}{{after-help}}"
    ))
}

/// The commands in their groups, each with what it is for.
fn by_purpose(command: &clap::Command) -> String {
    let header = clap::builder::Styles::default().get_header().to_owned();
    let is_grouped = |name: &str| GROUPS.iter().any(|(_, names)| names.contains(&name));
    let all = || command.get_subcommands();
    let rest: Vec<&str> = all().map(clap::Command::get_name).filter(|name| !is_grouped(name)).collect();
    let mut text = String::new();
    for (group, names) in GROUPS.iter().copied().chain([(ON_THIS_MACHINE, rest.as_slice())]) {
        let lines = names.iter().filter_map(|name| all().find(|command| command.get_name() == *name));
        let line = |command: &clap::Command| {
            let about = command.get_about().map(ToString::to_string).unwrap_or_default();
            format!("  {:<22} {about}\n", command.get_name())
        };
        text.extend([format!("{header}{group}:{header:#}\n"), lines.map(line).collect(), "\n".to_owned()]);
    }
    text
}

/// Standard output that cannot be written, such as a pipe whose reader is gone, is an error of the environment and no
/// panic, wherever it is printed.
fn report_lost_output() {
    let otherwise = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        match panic.payload_as_str().filter(|words| words.starts_with("failed printing to stdout")) {
            Some(words) => {
                eprintln!("keyward: the output could not be written, but what was asked may be done: {words}");
                std::process::exit(3);
            }
            None => otherwise(panic),
        }
    }));
}

async fn execute(cli: Cli) -> Result<(), CliError> {
    let globals = &cli.globals;
    match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => serve::serve(globals).await,
        Command::SetupLink => serve::setup_link(globals).await,
        Command::Migrate => serve::migrate(globals).await,
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "keyward", &mut script);
            print!("{}", String::from_utf8_lossy(&script));
            Ok(())
        }
        Command::Admin(command) => admin::run(globals, command).await,
        Command::Keys(command) => keys::run(globals, command).await,
        Command::Tenants(command) => catalog::run(globals, Kind::Tenant, command).await,
        Command::Groups(command) => catalog::run(globals, Kind::Group, command).await,
        Command::Identities(command) => catalog::run(globals, Kind::Identity, command).await,
        Command::Scopes(command) => catalog::run(globals, Kind::Scope, command).await,
        Command::Templates(command) => catalog::run(globals, Kind::Template, command).await,
        Command::Catalog(command) => catalog::run_catalog(globals, command).await,
        Command::Policy(command) => catalog::run_policy(globals, command).await,
        Command::RequestSigningKeys(command) => request_signing_keys::run(globals, command).await,
        Command::Verify(arguments) => verify::run(globals, arguments).await,
        Command::Doctor(arguments) => doctor::run(globals, arguments).await,
        Command::Import(arguments) => import::run(globals, arguments).await,
        Command::Jobs(command) => jobs::run(globals, command).await,
        Command::Audit(command) => audit::run(globals, command).await,
        Command::Jwt(command) => jwt::run(globals, command).await,
    }
}

fn report(error: &CliError) -> ExitCode {
    let (code, message) = error.report();
    eprintln!("keyward: {message}");
    ExitCode::from(code)
}
