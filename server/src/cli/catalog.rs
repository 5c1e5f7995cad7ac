//! The catalog by command: `tenants`, `groups`, `identities`, `scopes` and `templates`, alike for all of them, and `policy`.
//! What is asked for is a field's name and its value; which fields there are, and what they hold, the domain says.

use admin::SamplesAdded;
use clap::{Args, Subcommand};
use model::{
    catalog::{DEFAULT_TENANT, Kind},
    entry_input::Field,
    sample_set::SampleSet,
};
use serde_json::{Map, Value, json};

use crate::{
    api,
    boot::Upgrade,
    cli::{
        client::{Answer, Client, value},
        error::CliError,
        globals::Globals,
        output::{print_fields, print_json, text},
        session::Session,
    },
};

/// What can be done with every kind that has a list.
#[derive(Subcommand)]
pub(super) enum Command {
    /// List them, by name
    List {
        /// Print JSON, one line each
        #[arg(long)]
        json: bool,
    },
    /// Show one with all its fields
    Show {
        #[command(flatten)]
        which: Which,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Make one; a field that is left out is as in an untouched form
    Create {
        /// The fields, each as NAME=VALUE
        #[arg(required = true, value_name = "NAME=VALUE")]
        fields: Vec<String>,
        #[command(flatten)]
        within: Within,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Edit one; a field that is left out stays
    Edit {
        #[command(flatten)]
        which: Which,
        /// The fields, each as NAME=VALUE
        #[arg(required = true, value_name = "NAME=VALUE")]
        fields: Vec<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Delete one that no key uses, not even an archived one
    Delete {
        #[command(flatten)]
        which: Which,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Switch one off: the keys that rest on it stop
    Disable {
        #[command(flatten)]
        which: Which,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Switch one on again
    Enable {
        #[command(flatten)]
        which: Which,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// What concerns several kinds at once.
#[derive(Subcommand)]
pub(super) enum CatalogCommand {
    /// Add sample sets; what is there already stays as it is. Without a name, list them
    #[command(after_help = "Example: keyward catalog samples booking-panel map-kiosk")]
    Samples {
        /// Which ones
        #[arg(value_name = "NAME")]
        names: Vec<String>,
        /// Print JSON, one line each
        #[arg(long)]
        json: bool,
    },
}

/// The policy: there is just one.
#[derive(Subcommand)]
pub(super) enum PolicyCommand {
    /// Show it
    #[command(after_help = "Example: keyward policy show --json")]
    Show {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Edit it; a field that is left out stays
    #[command(after_help = "Example: keyward policy edit keys_per_owner=20 max_days=180")]
    Edit {
        /// The fields, each as NAME=VALUE
        #[arg(required = true, value_name = "NAME=VALUE")]
        fields: Vec<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// One of them, by name.
#[derive(Args)]
pub(super) struct Which {
    /// Its name
    name: String,
    #[command(flatten)]
    within: Within,
}

/// The tenant it belongs to.
#[derive(Args)]
pub(super) struct Within {
    /// Its tenant, for groups and identities
    #[arg(long, default_value = DEFAULT_TENANT)]
    tenant: String,
}

/// The commands of a kind, each with an example.
pub(super) fn with_examples(command: clap::Command, kind: Kind) -> clap::Command {
    let many = kind.code();
    let (name, field) = match kind {
        Kind::Tenant => ("acme", "docs=https://docs.acme.example"),
        Kind::Group => ("Lobby --tenant acme", "description=\"Screens in the lobby\""),
        Kind::Identity => ("panel@acme.example --tenant acme", "description=\"The panel at the door\""),
        Kind::Scope => ("lockers", "risk=medium"),
        Kind::Template => ("Wayfinder", "required=maps.read"),
        Kind::Policy => ("", ""),
    };
    let example = |verb: &str| match verb {
        "list" => format!("keyward {many} list --json"),
        "create" => format!("keyward {many} create name={name} {field}"),
        "edit" => format!("keyward {many} edit {name} {field}"),
        verb => format!("keyward {many} {verb} {name}"),
    };
    let verbs: Vec<_> = command.get_subcommands().map(|command| command.get_name().to_owned()).collect();
    verbs.iter().fold(command, |command, verb| {
        command.mut_subcommand(verb, |command| command.after_help(format!("Example: {}", example(verb))))
    })
}

pub(super) async fn run(globals: &Globals, kind: Kind, command: Command) -> Result<(), CliError> {
    let client = Client::open(globals).await?;
    let list = format!("/{}", kind.code());
    match command {
        Command::List { json } => {
            let entries = client.get(&list, &[]).await?.list(kind.code());
            if entries.is_empty() && !json {
                println!("None. `keyward {} create --help` shows how to make one.", kind.code());
            }
            for entry in &entries {
                if json { print_json(entry) } else { println!("{}", line(kind, &value(entry))) }
            }
        }
        Command::Show { which, json } => show(kind, &which.find(&client, kind).await?, json),
        Command::Create { fields, within, json } => {
            let mut body = read(kind, &fields)?;
            if kind.is_in_tenant() {
                body.insert(Field::Tenant.code().to_owned(), within.tenant.into());
            }
            done(kind, &client.post(&list, &body).await?, "made", json);
        }
        Command::Edit { which, fields, json } => {
            let fields = read(kind, &fields)?;
            let path = which.path(&client, kind).await?;
            let seen = client.get(&path, &[]).await?.tag;
            done(kind, &client.patch(&path, seen.as_ref(), &fields).await?, "stored", json);
        }
        Command::Delete { which, json } => {
            if !kind.can_be_deleted() {
                return Err(CliError::Usage(format!("{} cannot be deleted", kind.code())));
            }
            let path = which.path(&client, kind).await?;
            let entry = client.get(&path, &[]).await?;
            client.delete(&path, &[]).await?;
            done(kind, &entry, "deleted", json);
        }
        Command::Disable { which, json } => which.switch(&client, kind, false, json).await?,
        Command::Enable { which, json } => which.switch(&client, kind, true, json).await?,
    }
    client.close().await
}

pub(super) async fn run_catalog(globals: &Globals, command: CatalogCommand) -> Result<(), CliError> {
    let CatalogCommand::Samples { names, json } = command;
    if names.is_empty() {
        for set in SampleSet::ALL {
            if json {
                print_json(&json!({ "name": set.code(), "description": set.sentence() }));
            } else {
                println!("{:<16} {}", set.code(), set.sentence());
            }
        }
        return Ok(());
    }
    let unknown = |name: &str| {
        let known: Vec<_> = SampleSet::ALL.into_iter().map(SampleSet::code).collect();
        CliError::Usage(format!("there is no sample set {name}; there are {}", known.join(" and ")))
    };
    let sets: Vec<_> =
        names.iter().map(|name| SampleSet::parse(name).ok_or_else(|| unknown(name))).collect::<Result<_, _>>()?;
    let session = Session::open(globals, Upgrade::No).await?;
    for set in sets {
        let SamplesAdded { added, kept } = session.admin.add_sample_set(&session.operator, set).await?;
        if json {
            let named = |entries: &[(Kind, String)]| -> Vec<_> {
                let entry = |(kind, name): &(Kind, String)| json!({ "kind": kind.code(), "name": name });
                entries.iter().map(entry).collect()
            };
            print_json(&json!({ "name": set.code(), "added": named(&added), "kept": named(&kept) }));
            continue;
        }
        for (entries, what) in [(added, "made"), (kept, "there already, and stays as it is")] {
            for (kind, name) in entries {
                println!("{} {name} is {what}.", kind.words());
            }
        }
    }
    session.close().await
}

pub(super) async fn run_policy(globals: &Globals, command: PolicyCommand) -> Result<(), CliError> {
    let client = Client::open(globals).await?;
    match command {
        PolicyCommand::Show { json } => show(Kind::Policy, &client.get("/policy", &[]).await?, json),
        PolicyCommand::Edit { fields, json } => {
            let fields = read(Kind::Policy, &fields)?;
            let seen = client.get("/policy", &[]).await?.tag;
            done(Kind::Policy, &client.patch("/policy", seen.as_ref(), &fields).await?, "stored", json);
        }
    }
    client.close().await
}

impl Which {
    /// The path of the entry of this name. When there is none, the error says how to find its name.
    async fn path(&self, client: &Client, kind: Kind) -> Result<String, CliError> {
        let tenant = &self.within.tenant;
        let is_it = |entry: &Value| {
            entry["name"] == self.name.as_str() && (!kind.is_in_tenant() || entry["tenant"] == tenant.as_str())
        };
        let entries = client.get(&format!("/{}", kind.code()), &[]).await?.list(kind.code());
        let found = entries.iter().map(|entry| value(entry)).find(is_it);
        let missing = || {
            let within = if kind.is_in_tenant() { format!(" in tenant {tenant}") } else { String::new() };
            let (what, name, many) = (kind.words().to_lowercase(), &self.name, kind.code());
            CliError::No(format!("there is no {what} {name}{within}; `keyward {many} list` names them"))
        };
        found.map(|entry| format!("/{}/{}", kind.code(), text(&entry["id"]))).ok_or_else(missing)
    }

    async fn find(&self, client: &Client, kind: Kind) -> Result<Answer, CliError> {
        client.get(&self.path(client, kind).await?, &[]).await
    }

    async fn switch(&self, client: &Client, kind: Kind, on: bool, json: bool) -> Result<(), CliError> {
        if !kind.can_be_disabled() {
            return Err(CliError::Usage(format!("{} cannot be switched off; identities can", kind.code())));
        }
        let verb = if on { "enable" } else { "disable" };
        let path = format!("{}/{verb}", self.path(client, kind).await?);
        done(kind, &client.post(&path, &json!({})).await?, if on { "switched on" } else { "switched off" }, json);
        Ok(())
    }
}

/// Reads `NAME=VALUE` pairs, as the API takes them; a field is named once.
fn read(kind: Kind, pairs: &[String]) -> Result<Map<String, Value>, CliError> {
    let mut body = Map::new();
    for pair in pairs {
        let Some((name, value)) = pair.split_once('=') else {
            return Err(CliError::Usage(format!("write a field as NAME=VALUE, not {pair}")));
        };
        let Some(field) = kind.field(name) else {
            let known: Vec<_> =
                kind.fields().iter().map(|field| format!("  {:<16} {}", field.code(), field.words())).collect();
            return Err(CliError::Usage(format!(
                "there is no field \"{name}\" here; the fields are\n{}",
                known.join("\n")
            )));
        };
        if body.insert(name.to_owned(), api::field_value(field, value)).is_some() {
            return Err(CliError::Usage(format!("{name}: give it once; several values go into one, between spaces")));
        }
    }
    Ok(body)
}

fn done(kind: Kind, entry: &Answer, what: &str, json: bool) {
    if json {
        print_json(&entry.body);
    } else {
        println!("{} is {what}.", [kind.words(), &text(&entry.value()["name"])].join(" ").trim_end());
    }
}

fn show(kind: Kind, entry: &Answer, json: bool) {
    if json {
        return print_json(&entry.body);
    }
    let entry = entry.value();
    let fields = kind.fields().iter().map(|field| (field.code(), text(&entry[field.code()])));
    let more = ["created_at", "created_by", "disabled_at"].map(|name| (name, text(&entry[name])));
    print_fields(fields.chain(more));
}

/// The name, and the fields that are told in a line.
fn line(kind: Kind, entry: &Value) -> String {
    let told: &[Field] = match kind {
        Kind::Tenant => &[Field::Prefix, Field::Docs],
        Kind::Group | Kind::Identity => &[Field::Tenant, Field::Description],
        Kind::Scope => &[Field::Risk, Field::Gate, Field::Sentence],
        Kind::Template => &[Field::Required, Field::Optional],
        Kind::Policy => &[],
    };
    let off = entry["disabled_at"].as_str().map(|_| "off".to_owned());
    let texts = told.iter().map(|field| text(&entry[field.code()]).replace(['\r', '\n'], " "));
    let told: Vec<_> = off.into_iter().chain(texts).filter(|text| !text.is_empty()).collect();
    format!("{:<24} {}", text(&entry["name"]), told.join("  ")).trim_end().to_owned()
}
