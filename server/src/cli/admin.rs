//! `admin create`, `admin list`, `admin disable`, `admin enable`, `admin reset`.

use std::io::{IsTerminal, Read};

use admin::NewAccount;
use clap::{Args, Subcommand, ValueEnum};
use model::account::{Account, Role};

use crate::{
    boot::Upgrade,
    cli::{
        output::print_json,
        session::{CliError, Session},
    },
    config::Flags,
};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Add someone; the password is read from standard input, or asked for
    #[command(after_help = "Example: keyward admin create --email ops@example.com --role admin < password.txt")]
    Create {
        /// How they sign in
        #[arg(long)]
        email: String,
        /// What they may do
        #[arg(long)]
        role: RoleName,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Keep someone from signing in; the keys they own stop
    #[command(after_help = "Example: keyward admin disable --email ops@example.com")]
    Disable(Someone),
    /// Let someone sign in again
    #[command(after_help = "Example: keyward admin enable --email ops@example.com")]
    Enable(Someone),
    /// Give someone a new password, read from standard input or asked for; their sessions end
    #[command(after_help = "Example: keyward admin reset --email ops@example.com < password.txt")]
    Reset(Someone),
    /// List everyone
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// Who, by mail address.
#[derive(Args)]
pub(super) struct Someone {
    /// How they sign in
    #[arg(long)]
    email: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum RoleName {
    Superadmin,
    Admin,
    Auditor,
    Member,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Superadmin => Self::Superadmin,
            RoleName::Admin => Self::Admin,
            RoleName::Auditor => Self::Auditor,
            RoleName::Member => Self::Member,
        }
    }
}

pub(super) async fn run(flags: &Flags, command: Command) -> Result<(), CliError> {
    let session = Session::open(flags, Upgrade::No).await?;
    let permit = &session.operator;
    match command {
        Command::Create { email, role, json } => {
            let password = password()?;
            let account = session.admin.create_account(permit, NewAccount { email, password }, role.into()).await?;
            done(&account, &format!("may sign in as {}", account.role.code()), json);
        }
        Command::Disable(who) => {
            let id = session.admin.account_named(permit, &who.email).await?.id;
            done(&session.admin.disable_account(permit, id).await?, "may not sign in any more", who.json);
        }
        Command::Enable(who) => {
            let id = session.admin.account_named(permit, &who.email).await?.id;
            done(&session.admin.enable_account(permit, id).await?, "may sign in again", who.json);
        }
        Command::Reset(who) => {
            let id = session.admin.account_named(permit, &who.email).await?.id;
            let account = session.admin.reset_password(permit, id, password()?).await?;
            done(&account, "has a new password, and no session any more", who.json);
        }
        Command::List { json } => {
            let accounts = session.admin.accounts(permit).await?;
            if json {
                print_json(&accounts.iter().map(as_json).collect::<Vec<_>>());
            } else if accounts.is_empty() {
                println!("Nobody yet. `keyward setup-link` prints a link that creates the first superadmin.");
            } else {
                for account in accounts {
                    let off = account.disabled_at.map(|at| format!(", disabled {}", at.day())).unwrap_or_default();
                    let (role, email) = (account.role.code(), account.email.as_str());
                    println!("{role:<12} {email:<40} since {}{off}", account.created_at.day());
                }
            }
        }
    }
    session.close().await
}

fn done(account: &Account, what: &str, json: bool) {
    if json {
        print_json(&as_json(account));
    } else {
        println!("{} {what}.", account.email);
    }
}

fn password() -> Result<String, CliError> {
    let failed = |error: std::io::Error| CliError::Environment(format!("the password could not be read: {error}"));
    if std::io::stdin().is_terminal() {
        return rpassword::prompt_password("Password (15 characters or more): ").map_err(failed);
    }
    let mut text = String::new();
    std::io::stdin().take(4096).read_to_string(&mut text).map_err(failed)?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

fn as_json(account: &Account) -> serde_json::Value {
    serde_json::json!({
        "id": account.id.as_str(), "email": account.email.as_str(), "role": account.role.code(),
        "created_at": account.created_at.to_string(), "disabled_at": account.disabled_at.map(|at| at.to_string()),
    })
}
