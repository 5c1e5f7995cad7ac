//! Keys: `create`, `list`, `show`, `edit`, `switch`, `rotate`, `archive`, `purge`.

use admin::Issued;
use clap::{Arg, ArgAction, ArgMatches, Args, FromArgMatches, Subcommand};
use model::{
    id::KeyId,
    key::{ArchiveReason, Key},
    key_input::{InputField, KeyInput},
    listing::{ListKeys, StatusFilter},
    time::{Timestamp, span},
};
use store::LastUse;

use crate::{
    boot::Upgrade,
    cli::{
        output::print_json,
        session::{CliError, Session},
    },
    config::Flags,
    json::{key_json, raw, status},
};

/// Keys made at a time by `seed`.
const SEEDED: u32 = 5000;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Issue a key and print its token, once
    #[command(after_help = "Example: keyward keys create --name bookings-service --scope keyward.verify --expires 90d")]
    Create {
        #[command(flatten)]
        key: NewKeyFlags,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Edit a key: only what is given changes, and an empty value clears
    #[command(after_help = "Example: keyward keys edit 0123456789ABCDEF --limit 100/minute --allow ''")]
    Edit {
        /// Its id
        id: String,
        #[command(flatten)]
        key: EditFlags,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Switch a key off, or on again
    Switch {
        /// Its id
        id: String,
        /// on or off
        #[arg(value_parser = ["on", "off"])]
        to: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Issue a key's successor and print its token, once
    #[command(after_help = "Example: keyward keys rotate 0123456789ABCDEF --overlap 24h")]
    Rotate {
        /// Its id
        id: String,
        /// For how long the old key works on: 0, 30m, 24h or 7d
        #[arg(long, default_value = "24h")]
        overlap: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Remove an archived key for good; only the audit still knows it
    Purge {
        /// Its id
        id: String,
    },
    /// List keys, newest first
    List {
        /// Archived ones too
        #[arg(long)]
        archived: bool,
        /// Words, or their beginnings, in the name, the id, the last four, the owner, the description or the labels
        #[arg(long, default_value = "", hide_default_value = true)]
        search: String,
        /// Print JSON, one line a key
        #[arg(long)]
        json: bool,
    },
    /// Fill a database with the sample sets and made-up keys, which nobody holds, to see how the console is with many of them
    #[command(after_help = "Example: keyward keys seed 100000      (in a data folder of its own: it cannot be undone)")]
    Seed {
        /// How many
        count: u32,
    },
    /// Show one key
    Show {
        /// Its id, or a whole token's middle part
        id: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Archive a key: it stops at once, everywhere; `restore` undoes it for 10 minutes
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
    /// Undo that a key was archived, within 10 minutes, unless it was compromised
    Restore {
        /// Its id
        id: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// The flags of a new key.
type NewKeyFlags = KeyFlags<true>;
/// The flags of an edit.
type EditFlags = KeyFlags<false>;

/// The fields of a key as flags, made from [`KeyInput::FIELDS`]: those that were given.
pub(super) struct KeyFlags<const IS_NEW: bool>(Vec<(&'static str, String)>);

impl<const IS_NEW: bool> KeyFlags<IS_NEW> {
    fn fields() -> impl Iterator<Item = InputField> {
        KeyInput::FIELDS.into_iter().filter(|field| IS_NEW || !field.is_fixed)
    }

    /// The flag of a field. A list is given one value at a time.
    fn flag(field: InputField) -> Arg {
        let long = match field.name {
            "scopes" => "scope".to_owned(),
            "labels" => "label".to_owned(),
            "limits" => "limit".to_owned(),
            "addresses" => "allow".to_owned(),
            "all_access_reason" => "reason".to_owned(),
            name => name.replace('_', "-"),
        };
        let value = match field.name {
            "expires" => "WHEN".to_owned(),
            "labels" => "NAME=VALUE".to_owned(),
            "addresses" => "ADDRESS|NETWORK".to_owned(),
            "limits" => "NUMBER/UNIT".to_owned(),
            "quota" => "NUMBER/PERIOD".to_owned(),
            "metadata" => "JSON".to_owned(),
            _ => long.to_uppercase(),
        };
        let more = match field.name {
            "signed_writes" => "; the flag alone means required",
            _ if field.is_list => "; may be given more than once",
            _ => "",
        };
        let arg = Arg::new(field.name)
            .value_name(value)
            .long(long)
            .help(format!("{}{more}", field.about))
            .action(if field.is_list { ArgAction::Append } else { ArgAction::Set });
        match field.name {
            "name" | "scopes" => arg.required(IS_NEW),
            "expires" if IS_NEW => arg.default_value("90d"),
            "signed_writes" => arg.num_args(0..=1).require_equals(true).default_missing_value("required"),
            _ => arg,
        }
    }

    /// Fills in what was given.
    fn fill(self, input: &mut KeyInput) {
        for (name, given) in self.0 {
            if let Some(field) = input.get_mut(name) {
                *field = given;
            }
        }
    }
}

impl<const IS_NEW: bool> Args for KeyFlags<IS_NEW> {
    fn augment_args(command: clap::Command) -> clap::Command {
        command.args(Self::fields().map(Self::flag))
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Self::augment_args(command)
    }
}

impl<const IS_NEW: bool> FromArgMatches for KeyFlags<IS_NEW> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let given = |field: InputField| {
            let values: Vec<_> = matches.get_many::<String>(field.name)?.map(String::as_str).collect();
            Some((field.name, values.join(" ")))
        };
        Ok(Self(Self::fields().filter_map(given).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

pub(super) async fn run(flags: &Flags, command: Command) -> Result<(), CliError> {
    let session = Session::open(flags, Upgrade::No).await?;
    let permit = &session.operator;
    let now = session.admin.clock().now();
    match command {
        Command::Create { key, json } => {
            let mut form = KeyInput::default();
            key.fill(&mut form);
            print_once(&session.admin.issue_key(permit, &form).await?, json, now);
        }
        Command::Edit { id, key, json } => {
            let id = key_id(&id)?;
            let before = session.admin.show_key(permit, id).await?.key;
            let mut form = KeyInput::of(&before);
            key.fill(&mut form);
            let key = session.admin.edit_key(permit, id, &form, Some(before.generation)).await?;
            if json {
                print_json(&key_json(&key, None, now));
            } else if key == before {
                println!("Key {} ({}) is that already: nothing was changed.", key.id, key.spec.name);
            } else {
                println!("Key {} ({}) is changed.", key.id, key.spec.name);
            }
        }
        Command::Switch { id, to, json } => {
            let key = session.admin.switch_key(permit, key_id(&id)?, to == "on").await?;
            let then = if to == "on" { "it works again" } else { "it is refused until it is switched on" };
            if json {
                print_json(&key_json(&key, None, now));
            } else {
                println!("Key {} ({}) is {to}: {then}.", key.id, key.spec.name);
            }
        }
        Command::Rotate { id, overlap, json } => {
            let Some(overlap) = span(&overlap) else {
                return Err(CliError::Usage("--overlap takes a length of time, such as 0, 30m, 24h or 7d".to_owned()));
            };
            print_once(&session.admin.rotate_key(permit, key_id(&id)?, overlap).await?, json, now);
        }
        Command::Purge { id } => {
            let id = key_id(&id)?;
            session.admin.purge_key(permit, id).await?;
            println!("Key {id} is gone. The audit still knows it.");
        }
        Command::List { archived, search, json } => {
            let which = if archived { StatusFilter::Any } else { StatusFilter::Current };
            list(&session, ListKeys { words: search, which, ..ListKeys::default() }, json).await?;
        }
        Command::Seed { count } => seed(&session, count).await?,
        Command::Show { id, json } => {
            let found = session.admin.show_key(permit, key_id(&id)?).await?;
            let value = key_json(&found.key, found.last_use.as_ref(), now);
            if json {
                print_json(&value);
            } else {
                for (field, value) in value {
                    let text = serde_json::from_str(value.get()).unwrap_or_else(|_| value.get().to_owned());
                    println!("{field:<16} {text}");
                }
                println!("{:<16} {}", "calls_24h", found.impact.calls_day);
                println!("{:<16} {}", "calls_7d", found.impact.calls_week);
            }
        }
        Command::Archive { id, reason, json } => {
            let Some(reason) = ArchiveReason::parse(&reason) else {
                let known: Vec<_> = ArchiveReason::ALL.into_iter().map(ArchiveReason::code).collect();
                return Err(CliError::Usage(format!("the reason is one of {}", known.join(", "))));
            };
            let key = session.admin.archive_key(permit, key_id(&id)?, reason).await?;
            if json {
                print_json(&key_json(&key, None, now));
            } else {
                println!("Key {} ({}) is archived: the next verify is refused.", key.id, key.spec.name);
            }
        }
        Command::Restore { id, json } => {
            let key = session.admin.restore_key(permit, key_id(&id)?).await?;
            if json {
                print_json(&key_json(&key, None, now));
            } else {
                println!("Key {} ({}) is as it was before it was archived.", key.id, key.spec.name);
            }
        }
    }
    session.close().await
}

async fn list(session: &Session, mut list: ListKeys, json: bool) -> Result<(), CliError> {
    let (permit, now) = (&session.operator, session.admin.clock().now());
    let mut any = false;
    loop {
        let found = session.admin.find_keys(permit, &list).await?;
        for listed in &found.keys {
            any = true;
            if json {
                print_json(&key_json(&listed.key, listed.last_use.as_ref(), now));
            } else {
                println!("{}", line(&listed.key, listed.last_use.as_ref(), now));
            }
        }
        list.after = found.next;
        if list.after.is_none() {
            break;
        }
    }
    if !any && !json {
        println!("No keys. `keyward keys create --help` shows how to make one.");
    }
    Ok(())
}

async fn seed(session: &Session, count: u32) -> Result<(), CliError> {
    let mut left = count;
    while left > 0 {
        let some = left.min(SEEDED);
        crate::seed::seed_keys(&session.admin, &session.operator, some).await?;
        left -= some;
        eprintln!("{} of {count} keys", count - left);
    }
    Ok(())
}

/// Prints a new key's token, the only time.
fn print_once(issued: &Issued, json: bool, now: Timestamp) {
    if json {
        let mut value = key_json(&issued.key, None, now);
        value.insert("token".to_owned(), raw(&issued.token.reveal()));
        print_json(&value);
    } else {
        println!("{}", issued.token.reveal());
        let ends = issued.key.spec.expires_at.long();
        eprintln!("Key {} expires {ends}. Store the token now: it is not shown again.", issued.key.id);
    }
}

pub(super) fn key_id(text: &str) -> Result<KeyId, CliError> {
    KeyId::parse(text)
        .ok_or_else(|| CliError::Usage("a key's id is the 16 characters in the middle of its token".to_owned()))
}

fn line(key: &Key, last_use: Option<&LastUse>, now: Timestamp) -> String {
    let used = last_use.map_or_else(|| "never used".to_owned(), |used| format!("used {}", used.at));
    format!(
        "{}  {:<14} {:<30} {:<28} {used}",
        key.id,
        status(key, now),
        key.spec.name.as_str(),
        key.spec.owner.as_str()
    )
}
