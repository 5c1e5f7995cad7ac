//! `keys create`, `keys list`, `keys show`, `keys archive`.

use clap::Subcommand;
use keyward::{
    console::{IssueKey, ListKeys},
    id::KeyId,
    key::{ArchiveReason, Key, State, Status},
    store::LastUse,
    time::Timestamp,
};

use super::{CliError, Session, print_json};
use crate::{boot::Upgrade, config::Flags};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Issue a key and print its token, once
    #[command(after_help = "Example: keyward keys create --name bookings-service --scope keyward.verify --expires 90d")]
    Create {
        /// What it is called
        #[arg(long)]
        name: String,
        /// What it is for
        #[arg(long, default_value = "")]
        description: String,
        /// The tenant it works in
        #[arg(long, default_value = "")]
        tenant: String,
        /// What it may do; may be given more than once
        #[arg(long = "scope", required = true)]
        scopes: Vec<String>,
        /// The person or service that holds it
        #[arg(long, default_value = "")]
        owner: String,
        /// Until when: 90d or a date such as 2027-03-14
        #[arg(long, default_value = "90d")]
        expires: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// List keys, newest first
    List {
        /// Archived ones too
        #[arg(long)]
        archived: bool,
        /// Found in the name, the id, the owner or the last four
        #[arg(long, default_value = "")]
        search: String,
        /// Print JSON, one line a key
        #[arg(long)]
        json: bool,
    },
    /// Show one key
    Show {
        /// Its id, or a whole token's middle part
        id: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Archive a key: it stops at once, everywhere, for good
    Archive {
        /// Its id
        id: String,
        /// Why: `not_needed`, superseded, compromised or `owner_left`
        #[arg(long, default_value = "not_needed")]
        reason: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

pub(super) async fn run(flags: &Flags, command: Command) -> Result<(), CliError> {
    let session = Session::open(flags, Upgrade::No).await?;
    let permit = session.console.operator();
    let now = session.console.clock().now();
    match command {
        Command::Create { name, description, tenant, scopes, owner, expires, json } => {
            let form = IssueKey { name, description, owner, scopes: scopes.join(" "), expires, tenant };
            let issued = session.console.issue_key(&permit, &form).await?;
            if json {
                let mut value = as_json(&issued.key, None, now);
                value["token"] = issued.token.reveal().into();
                print_json(&value);
            } else {
                println!("{}", issued.token.reveal());
                eprintln!(
                    "Key {} expires {}. Store the token now: it is not shown again.",
                    issued.key.id,
                    issued.key.expires_at.long()
                );
            }
        }
        Command::List { archived, search, json } => {
            let mut list = ListKeys { words: search, archived, after: None };
            let mut any = false;
            loop {
                let found = session.console.list_keys(&permit, &list).await?;
                for listed in &found.page.keys {
                    any = true;
                    if json {
                        print_json(&as_json(&listed.key, listed.last_use.as_ref(), now));
                    } else {
                        println!("{}", line(&listed.key, listed.last_use.as_ref(), now));
                    }
                }
                list.after = found.page.next;
                if list.after.is_none() {
                    break;
                }
            }
            if !any && !json {
                println!("No keys. `keyward keys create --help` shows how to make one.");
            }
        }
        Command::Show { id, json } => {
            let found = session.console.show_key(&permit, key_id(&id)?).await?;
            let value = as_json(&found.key, found.last_use.as_ref(), now);
            if json {
                print_json(&value);
            } else {
                for (field, value) in value.as_object().into_iter().flatten() {
                    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                    println!("{field:<16} {text}");
                }
                println!("{:<16} {}", "calls_24h", found.stakes.calls_day);
                println!("{:<16} {}", "calls_7d", found.stakes.calls_week);
            }
        }
        Command::Archive { id, reason, json } => {
            let Some(reason) = ArchiveReason::parse(&reason) else {
                let known: Vec<_> = ArchiveReason::ALL.iter().map(|(_, code, _)| *code).collect();
                return Err(CliError::Usage(format!("the reason is one of {}", known.join(", "))));
            };
            let key = session.console.archive_key(&permit, key_id(&id)?, reason).await?;
            if json {
                print_json(&as_json(&key, None, now));
            } else {
                println!("Key {} ({}) is archived: the next verify is refused.", key.id, key.name);
            }
        }
    }
    session.close().await
}

fn key_id(text: &str) -> Result<KeyId, CliError> {
    KeyId::parse(text)
        .ok_or_else(|| CliError::Usage("a key's id is the 16 characters in the middle of its token".to_owned()))
}

fn status(key: &Key, now: Timestamp) -> &'static str {
    match key.status(now) {
        Status::Archived => "archived",
        Status::Expired => "expired",
        Status::ExpiresSoon(_) => "expires soon",
        Status::Active => "active",
    }
}

fn line(key: &Key, last_use: Option<&LastUse>, now: Timestamp) -> String {
    let used = last_use.map_or_else(|| "never used".to_owned(), |used| format!("used {}", used.at));
    format!("{}  {:<13} {:<30} {:<28} {used}", key.id, status(key, now), key.name.as_str(), key.owner.as_str())
}

fn as_json(key: &Key, last_use: Option<&LastUse>, now: Timestamp) -> serde_json::Value {
    let archived = match &key.state {
        State::Live => serde_json::Value::Null,
        State::Archived(evidence) => {
            serde_json::json!({ "at": evidence.at.to_string(), "by": evidence.by, "reason": evidence.reason.code() })
        }
    };
    serde_json::json!({
        "id": key.id.as_str(), "name": key.name.as_str(), "description": key.description.as_str(),
        "masked": key.masked(), "tenant": key.tenant.name.as_str(), "owner": key.owner.as_str(),
        "scopes": key.scopes.iter().map(ToString::to_string).collect::<Vec<_>>(), "status": status(key, now),
        "created_at": key.created_at.to_string(), "created_by": key.created_by, "expires_at": key.expires_at.to_string(),
        "last_used_at": last_use.map(|used| used.at.to_string()), "archived": archived,
    })
}
