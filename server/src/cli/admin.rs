//! `admin create`, `admin list`, `admin disable`, `admin enable`, `admin reset`.

use std::io::{IsTerminal, Read};

use admin::NewAccount;
use clap::{Args, Subcommand, ValueEnum};
use model::{account::Role, name::Email, time::Timestamp};
use serde_json::{Value, json, value::RawValue};

use crate::cli::{
    client::{Client, value},
    error::CliError,
    globals::Globals,
    output::{print_json, text},
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
    #[command(after_help = "Example: keyward accounts list")]
    List {
        /// Print JSON, one line a person
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

pub(super) async fn run(globals: &Globals, command: Command) -> Result<(), CliError> {
    let client = Client::open(globals).await?;
    match command {
        Command::Create { email, role, json } => {
            let session = client.session()?;
            let (role, password) = (role.into(), password()?);
            session
                .admin
                .create_account(&session.operator, NewAccount { email: email.clone(), password }, role)
                .await?;
            done(&account(&client, &email).await?, &format!("may sign in as {}", role.code()), json);
        }
        Command::Disable(who) => who.switch(&client, "disable", "may not sign in any more").await?,
        Command::Enable(who) => who.switch(&client, "enable", "may sign in again").await?,
        Command::Reset(who) => {
            let session = client.session()?;
            let found = account(&client, &who.email).await?;
            let id = session.admin.account_named(&session.operator, &who.email).await?.id;
            session.admin.reset_password(&session.operator, id, password()?).await?;
            done(&found, "has a new password, and no session any more", who.json);
        }
        Command::List { json } => {
            let accounts = client.get("/accounts", &[]).await?.list("accounts");
            if accounts.is_empty() && !json {
                println!("Nobody yet. `keyward setup-link` prints a link that creates the first superadmin.");
            }
            for account in &accounts {
                if json { print_json(account) } else { println!("{}", line(&value(account))) }
            }
        }
    }
    client.close().await
}

impl Someone {
    async fn switch(&self, client: &Client, verb: &str, words: &str) -> Result<(), CliError> {
        let found = value(&account(client, &self.email).await?);
        let switched = client.post(&format!("/accounts/{}/{verb}", text(&found["id"])), &json!({})).await?;
        done(&switched.body, words, self.json);
        Ok(())
    }
}

/// The account that signs in with this address, however it is spelt.
async fn account(client: &Client, email: &str) -> Result<Box<RawValue>, CliError> {
    let normal = Email::parse(email).map_err(|wrong| CliError::Usage(format!("email: {wrong}")))?;
    let accounts = client.get("/accounts", &[]).await?.list("accounts");
    let found = accounts.into_iter().find(|account| value(account)["email"] == normal.as_str());
    found.ok_or_else(|| CliError::No(format!("nobody signs in as {email}; `keyward accounts list` lists people")))
}

fn done(account: &RawValue, words: &str, json: bool) {
    if json {
        print_json(&account);
    } else {
        println!("{} {words}.", text(&value(account)["email"]));
    }
}

fn line(account: &Value) -> String {
    let day = |name: &str| account[name].as_str().and_then(Timestamp::parse).map(Timestamp::day);
    let off = day("disabled_at").map(|day| format!(", disabled {day}")).unwrap_or_default();
    let since = day("created_at").unwrap_or_default();
    format!("{:<12} {:<40} since {since}{off}", text(&account["role"]), text(&account["email"]))
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
