//! The command line: one file per family of commands. Output goes to standard output, errors with a hint to standard
//! error. Exit codes: 0 done, 1 the answer is no, 2 usage, 3 the environment.

mod admin;
mod audit;
mod backup;
mod catalog;
mod doctor;
mod jwt;
mod keys;
mod later;
mod leaks;
mod move_to;
mod output;
mod request_signing_keys;
mod restore;
mod scan;
mod serve;
mod session;
mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use model::catalog::Kind;

use crate::{cli::session::CliError, config::Flags};

/// API keys done right: a console for people, verification for services.
#[derive(Parser)]
#[command(
    name = "keyward",
    version,
    after_help = "Run without a command, it serves.\n\nFirst run: the server prints a one-time link that makes the first superadmin; `keyward setup-link` prints another. \
The overview then lists what is left to do. The catalog starts empty: `keyward catalog samples` lists what can be added to begin with."
)]
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
    /// Public keys that verify signed writes
    #[command(subcommand, alias = "verify-keys")]
    RequestSigningKeys(request_signing_keys::Command),
    /// Read a key, its id or a refused request's id from standard input and explain it, check by check
    Verify(verify::Arguments),
    /// The audit chain
    #[command(subcommand)]
    Audit(audit::Command),
    /// The key that signs JWTs
    #[command(subcommand)]
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
    /// Write everything to a file while the server runs, or check such a file
    Backup(backup::Arguments),
    /// Replace everything by a backup, and end again what was ended since
    Restore(restore::Arguments),
    /// Move everything to another database
    Move(move_to::Arguments),
    /// Rules for secret scanners
    #[command(subcommand)]
    Leaks(leaks::Command),
    /// Find keys in files and in the history of a git repository, and say which of them work
    Scan(scan::Arguments),
    /// Bring the database up to date; a `SQLite` file is copied first
    Migrate,
}

/// Runs the program.
pub fn run() -> ExitCode {
    report_lost_output();
    let cli = Cli::parse();
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
    let flags = &cli.flags;
    match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => serve::serve(flags).await,
        Command::SetupLink => serve::setup_link(flags).await,
        Command::Migrate => serve::migrate(flags).await,
        Command::Admin(command) => admin::run(flags, command).await,
        Command::Keys(command) => keys::run(flags, command).await,
        Command::Tenants(command) => catalog::run(flags, Kind::Tenant, command).await,
        Command::Groups(command) => catalog::run(flags, Kind::Group, command).await,
        Command::Identities(command) => catalog::run(flags, Kind::Identity, command).await,
        Command::Scopes(command) => catalog::run(flags, Kind::Scope, command).await,
        Command::Templates(command) => catalog::run(flags, Kind::Template, command).await,
        Command::Catalog(command) => catalog::run_catalog(flags, command).await,
        Command::Policy(command) => catalog::run_policy(flags, command).await,
        Command::RequestSigningKeys(command) => request_signing_keys::run(flags, command).await,
        Command::Verify(arguments) => verify::run(flags, arguments).await,
        Command::Doctor(arguments) => doctor::run(flags, arguments).await,
        Command::Backup(arguments) => backup::run(flags, arguments).await,
        Command::Restore(arguments) => restore::run(flags, arguments).await,
        Command::Leaks(command) => leaks::run(flags, command).await,
        Command::Scan(arguments) => scan::run(flags, arguments).await,
        Command::Move(arguments) => move_to::run(flags, arguments).await,
        Command::Audit(command) => audit::run(flags, command).await,
        Command::Jwt(command) => jwt::run(flags, command).await,
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
