//! Keys: `create`, `list`, `show`, `usage`, `edit`, `switch`, `rotate`, `cut`, `extend`, `archive`, `restore`, `purge`.

use clap::{Arg, ArgAction, ArgMatches, Args, FromArgMatches, Subcommand, builder::PossibleValuesParser};
use model::{
    activity::Period,
    id::KeyId,
    key::{ArchiveReason, KeyStatus},
    key_input::{InputField, KeyInput},
    listing::KeyFlag,
    time::{Timestamp, span},
};
use serde_json::{Value, json, value::RawValue};

use crate::{
    cli::{
        client::{Answer, Client, value},
        error::CliError,
        globals::Globals,
        output::{print_fields, print_json, text},
        session::Session,
    },
    json::{Object, merge_patch, raw},
};

/// Keys made at a time by `seed`.
const SEEDED: u32 = 5000;

/// The fields of a key that are shown first, in this order.
const SHOWN: [&str; 12] = [
    "name",
    "id",
    "masked",
    "status",
    "flags",
    "description",
    "owner",
    "tenant",
    "scopes",
    "expires_at",
    "group",
    "acts_as",
];

#[derive(Subcommand)]
pub(super) enum Command {
    /// Create a key and print its token, once
    #[command(
        after_help = "Examples:\n  keyward keys create --name bookings-service --scope keyward.verify --expires 90d\n  \
        keyward keys create --name kiosk --scope bookings.read --server https://keys.example.com > token.txt"
    )]
    Create {
        #[command(flatten)]
        key: NewKeyFlags,
        /// Print JSON: the key and its token
        #[arg(long)]
        json: bool,
    },
    /// Edit a key: only what is given changes, and an empty value clears
    #[command(after_help = "Example: keyward keys edit 0123456789ABCDEF --limit 100/minute --allow ''")]
    Edit {
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        key: EditFlags,
    },
    /// Switch a key off, or on again
    #[command(after_help = "Example: keyward keys switch 0123456789ABCDEF off")]
    Switch {
        #[command(flatten)]
        which: Which,
        /// on or off
        #[arg(value_parser = ["on", "off"])]
        to: String,
    },
    /// Create a key's successor and print its token, once
    #[command(after_help = "Example: keyward keys rotate 0123456789ABCDEF --overlap 24h > token.txt")]
    Rotate {
        #[command(flatten)]
        which: Which,
        /// For how long the old key works on: 0, 30m, 24h or 7d
        #[arg(long, value_name = "TIME", default_value = "24h", value_parser = time)]
        overlap: String,
    },
    /// Stop the old key of a rotation now
    #[command(after_help = "Example: keyward keys cut 0123456789ABCDEF")]
    Cut(Which),
    /// Let the old key of a rotation work for longer
    #[command(after_help = "Example: keyward keys extend 0123456789ABCDEF --overlap 7d")]
    Extend {
        #[command(flatten)]
        which: Which,
        /// For how long from now: 30m, 24h or 7d
        #[arg(long, value_name = "TIME", value_parser = time)]
        overlap: String,
    },
    /// Remove an archived key for good; only the audit still knows it
    #[command(after_help = "Example: keyward keys purge 0123456789ABCDEF")]
    Purge {
        /// The key's id
        #[arg(value_parser = key_id)]
        id: KeyId,
    },
    /// List keys, newest first
    #[command(
        after_help = "Examples:\n  keyward keys list --search kiosk\n  keyward keys list --status expiring --json | jq -r .id"
    )]
    List(ListFlags),
    /// Fill a database with the sample sets and made-up keys, which nobody holds, to see how the console is with many of them
    #[command(after_help = "Example: keyward keys seed 100000      (in a data folder of its own: it cannot be undone)")]
    Seed {
        /// How many
        count: u32,
    },
    /// Show one key
    #[command(after_help = "Example: keyward keys show 0123456789ABCDEF --json")]
    Show(Which),
    /// Show how many calls a key made
    #[command(after_help = "Example: keyward keys usage 0123456789ABCDEF --period week")]
    Usage {
        #[command(flatten)]
        which: Which,
        /// How far back
        #[arg(long, default_value = "day", value_parser = PossibleValuesParser::new(Period::ALL.map(Period::code)))]
        period: String,
    },
    /// Archive a key: it is refused at once, everywhere; it can be undone for 10 minutes
    #[command(after_help = "Example: keyward keys archive 0123456789ABCDEF --reason compromised")]
    Archive {
        #[command(flatten)]
        which: Which,
        /// Why
        #[arg(long, default_value = "not_needed", value_parser = PossibleValuesParser::new(ArchiveReason::ALL.map(ArchiveReason::code)))]
        reason: String,
    },
    /// Undo that a key was archived, within 10 minutes, unless it was compromised
    #[command(after_help = "Example: keyward keys restore 0123456789ABCDEF")]
    Restore(Which),
}

/// A key.
#[derive(Args)]
pub(super) struct Which {
    /// The key's id: the 16 characters in the middle of its token
    #[arg(value_parser = key_id)]
    id: KeyId,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Which keys are listed.
#[derive(Args)]
pub(super) struct ListFlags {
    /// Archived ones too
    #[arg(long, conflicts_with = "status")]
    archived: bool,
    /// Just keys that stand so
    #[arg(long, value_parser = PossibleValuesParser::new(KeyStatus::ALL.map(KeyStatus::code)))]
    status: Option<String>,
    /// Words, or their beginnings, in the name, the id, the last four, the owner, the description or the labels
    #[arg(long, value_name = "WORDS")]
    search: Option<String>,
    /// Just keys of this tenant
    #[arg(long)]
    tenant: Option<String>,
    /// Just keys of this owner
    #[arg(long)]
    owner: Option<String>,
    /// Just keys that hold this scope
    #[arg(long)]
    scope: Option<String>,
    /// Just keys that this holds for
    #[arg(long, value_parser = PossibleValuesParser::new(KeyFlag::ALL.map(KeyFlag::code)))]
    flag: Option<String>,
    /// Just the generations of this series
    #[arg(long, value_name = "ID", value_parser = key_id)]
    series: Option<KeyId>,
    /// How many at most; all by default
    #[arg(long, value_name = "NUMBER")]
    limit: Option<usize>,
    /// Print JSON, one line a key
    #[arg(long)]
    json: bool,
}

/// The flags of a new key.
type NewKeyFlags = KeyFlags<true>;
/// The flags of an edit.
type EditFlags = KeyFlags<false>;

/// The fields of a key as flags, made from [`KeyInput::FIELDS`]: those that were given.
pub(super) struct KeyFlags<const IS_NEW: bool>(Vec<(InputField, String)>);

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

    /// What was given, as the API takes it.
    fn body(self) -> Result<Object, CliError> {
        let value = |(field, given): (InputField, String)| {
            let given = given.trim();
            let value = match field.name {
                "metadata" if given.is_empty() => raw(&()),
                "metadata" => serde_json::from_str(given)
                    .map_err(|error| CliError::Usage(format!("metadata: this is not JSON: {error}")))?,
                _ if field.is_list => raw(&values(given)),
                _ => raw(&given),
            };
            Ok((field.name.to_owned(), value))
        };
        self.0.into_iter().map(value).collect()
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
            Some((field, values.join(" ")))
        };
        Ok(Self(Self::fields().filter_map(given).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

pub(super) async fn run(globals: &Globals, command: Command) -> Result<(), CliError> {
    let client = Client::open(globals).await?;
    carry_out(&client, command).await?;
    client.close().await
}

async fn carry_out(client: &Client, command: Command) -> Result<(), CliError> {
    match command {
        Command::Create { key, json } => print_once(&client.post("/keys", &key.body()?).await?, json),
        Command::Edit { which, key } => edit(client, &which, key.body()?).await?,
        Command::Switch { which, to } => {
            let verb = if to == "on" { "enable" } else { "disable" };
            let then = if to == "on" { "it works again" } else { "it is refused until it is switched on" };
            which.act(client, verb, &json!({}), &format!("is {to}: {then}")).await?;
        }
        Command::Rotate { which, overlap } => {
            let path = format!("/keys/{}/rotate", which.id);
            let issued = client.post(&path, &json!({ "overlap": overlap })).await;
            print_once(&issued.map_err(|error| which.explain(error))?, which.json);
        }
        Command::Cut(which) => which.act(client, "cut", &json!({}), "is refused from now on").await?,
        Command::Extend { which, overlap } => {
            let words = format!("works on for {overlap}");
            which.act(client, "extend", &json!({ "overlap": overlap }), &words).await?;
        }
        Command::Purge { id } => {
            let which = Which { id, json: false };
            client.delete(&format!("/keys/{id}"), &[]).await.map_err(|error| which.explain(error))?;
            println!("Key {id} is gone. The audit still knows it.");
        }
        Command::List(flags) => list(client, &flags).await?,
        Command::Show(which) => {
            let key = which.get(client, "").await?;
            if which.json {
                print_json(&key.body);
            } else {
                let mut parts = key.parts();
                let known = SHOWN.iter().copied().filter_map(|name| Some((name.to_owned(), parts.remove(name)?)));
                let known: Vec<_> = known.collect();
                let all = known.iter().map(|(name, part)| (name, part)).chain(&parts);
                print_fields(all.map(|(name, part)| (name.as_str(), field(part))));
            }
        }
        Command::Usage { which, period } => {
            let path = format!("/keys/{}/usage", which.id);
            let usage = client.get(&path, &[("period", &period)]).await.map_err(|error| which.explain(error))?;
            if which.json {
                print_json(&usage.body);
            } else {
                let usage = usage.value();
                print_fields(["allowed", "limited", "refused"].map(|name| (name, usage["total"][name].to_string())));
            }
        }
        Command::Archive { which, reason } => {
            let words = "is archived: the next verify is refused";
            which.act(client, "archive", &json!({ "reason": reason }), words).await?;
        }
        Command::Restore(which) => {
            which.act(client, "undo-archive", &json!({}), "is as it was before it was archived").await?;
        }
        Command::Seed { count } => seed(client.session()?, count).await?,
    }
    Ok(())
}

impl Which {
    async fn get(&self, client: &Client, below: &str) -> Result<Answer, CliError> {
        let found = client.get(&format!("/keys/{}{below}", self.id), &[]).await;
        found.map_err(|error| self.explain(error))
    }

    /// Does one thing to the key, and says what became of it.
    async fn act(&self, client: &Client, verb: &str, body: &Value, words: &str) -> Result<(), CliError> {
        let path = format!("/keys/{}/{verb}", self.id);
        let key = client.post(&path, body).await.map_err(|error| self.explain(error))?;
        self.print(&key, words);
        Ok(())
    }

    fn print(&self, key: &Answer, words: &str) {
        if self.json {
            print_json(&key.body);
        } else {
            println!("Key {} ({}) {words}.", self.id, text(&key.value()["name"]));
        }
    }

    fn explain(&self, error: CliError) -> CliError {
        error.naming(|| format!("there is no key {}; `keyward keys list --archived` lists them all", self.id))
    }
}

async fn edit(client: &Client, which: &Which, mut body: Object) -> Result<(), CliError> {
    let before = which.get(client, "").await?;
    if let Some(metadata) = body.get_mut("metadata") {
        // What is given takes the place of all that was there.
        let held = before.parts().remove("metadata").unwrap_or_else(|| raw(&()));
        *metadata = merge_patch(&held, metadata);
    }
    let edited = client.patch(&format!("/keys/{}", which.id), before.tag.as_ref(), &body).await;
    let edited = edited.map_err(|error| which.explain(error))?;
    let is_same = edited.tag == before.tag;
    which.print(&edited, if is_same { "is that already: nothing was changed" } else { "is changed" });
    Ok(())
}

async fn list(client: &Client, flags: &ListFlags) -> Result<(), CliError> {
    let given = |text: &Option<String>| text.clone().unwrap_or_default();
    let query = [
        ("status", if flags.archived { "any".to_owned() } else { given(&flags.status) }),
        ("q", given(&flags.search)),
        ("tenant", given(&flags.tenant)),
        ("owner", given(&flags.owner)),
        ("scope", given(&flags.scope)),
        ("flag", given(&flags.flag)),
        ("series", flags.series.map(|id| id.to_string()).unwrap_or_default()),
    ];
    let query = query.each_ref().map(|(name, value)| (*name, value.as_str()));
    let most = flags.limit.unwrap_or(usize::MAX);
    let print = |key: &RawValue| {
        if flags.json { print_json(&key) } else { println!("{}", line(&value(key))) }
    };
    let count = client.each("/keys", "keys", &query, most, print).await?;
    if count == 0 && !flags.json {
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
fn print_once(issued: &Answer, json: bool) {
    if json {
        return print_json(&issued.body);
    }
    let issued = issued.value();
    println!("{}", text(&issued["token"]));
    let ends = issued["key"]["expires_at"].as_str().and_then(Timestamp::parse);
    let ends = ends.map_or_else(|| "never".to_owned(), Timestamp::long);
    eprintln!("Key {} expires {ends}. Store the token now: it is not shown again.", text(&issued["key"]["id"]));
}

/// The value of a field of a key.
fn field(part: &RawValue) -> String {
    match value(part) {
        // What was done with it: when, by whom, and why.
        Value::Object(done) if done.contains_key("at") && done.contains_key("by") => {
            let why = done.get("reason").map(|reason| format!(", {}", text(reason))).unwrap_or_default();
            format!("{} by {}{why}", text(&done["at"]), text(&done["by"]))
        }
        Value::Object(object) if object.is_empty() => String::new(),
        Value::Object(_) => part.get().to_owned(),
        other => text(&other),
    }
}

/// Reads a key's id.
pub(super) fn key_id(text: &str) -> Result<KeyId, &'static str> {
    KeyId::parse(text).ok_or("a key's id is the 16 characters in the middle of its token")
}

/// A length of time, as it is written.
fn time(text: &str) -> Result<String, &'static str> {
    span(text).map(|_| text.to_owned()).ok_or("write a length of time, such as 0, 30m, 24h or 7d")
}

/// The values of a list.
fn values(text: &str) -> Vec<&str> {
    text.split(|c: char| c.is_whitespace() || c == ',').filter(|value| !value.is_empty()).collect()
}

fn line(key: &Value) -> String {
    let used = key["last_used_at"].as_str().map_or_else(|| "never used".to_owned(), |at| format!("used {at}"));
    let status = key["status"].as_str().and_then(KeyStatus::parse).map(|status| status.words().to_lowercase());
    format!(
        "{}  {:<14} {:<30} {:<28} {used}",
        text(&key["id"]),
        status.unwrap_or_default(),
        text(&key["name"]),
        text(&key["owner"])
    )
}
