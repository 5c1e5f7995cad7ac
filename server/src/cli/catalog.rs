//! The catalog by command: `tenants`, `groups`, `identities`, `scopes` and `templates`, alike for all of them, and `policy`.
//! What is asked for is a field's name and its value; which fields there are, and what they hold, the domain says.

use admin::{AdminError, Permit, SamplesAdded};
use clap::{Args, Subcommand};
use model::{
    catalog::{DEFAULT_TENANT, Entry, Kind, POLICY},
    entry_input::{EntryInput, Field},
    sample_set::SampleSet,
};

use crate::{
    boot::Upgrade,
    cli::{
        output::print_json,
        session::{CliError, Session},
    },
    config::Flags,
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

pub(super) async fn run(flags: &Flags, kind: Kind, command: Command) -> Result<(), CliError> {
    let session = Session::open(flags, Upgrade::No).await?;
    let (admin, permit) = (&session.admin, &session.operator);
    match command {
        Command::List { json } => {
            let entries = admin.entries(permit, kind).await?;
            if entries.is_empty() && !json {
                println!("None. `keyward {} create --help` shows how to make one.", kind.code());
            }
            for entry in &entries {
                if json { print_json(&as_json(entry)) } else { println!("{}", line(entry)) }
            }
        }
        Command::Show { which, json } => show(&find(&session, permit, kind, &which).await?, json),
        Command::Create { fields, within, json } => {
            let mut input = kind.blank();
            if kind.is_in_tenant() {
                input.set(Field::Tenant, within.tenant);
            }
            let entry = admin.create_entry(permit, kind, &input.with(&read(kind, &fields)?)).await?;
            done(&entry, "made", json);
        }
        Command::Edit { which, fields, json } => {
            let fields = read(kind, &fields)?;
            let id = found(admin.entry_id(permit, kind, &which.within.tenant, &which.name).await, kind, &which)?;
            done(&admin.edit_entry(permit, kind, id, &fields, None).await?, "stored", json);
        }
        Command::Delete { which, json } => {
            if !kind.can_be_deleted() {
                return Err(CliError::Usage(format!("{} cannot be deleted", kind.code())));
            }
            let id = found(admin.entry_id(permit, kind, &which.within.tenant, &which.name).await, kind, &which)?;
            done(&admin.delete_entry(permit, kind, id).await?, "deleted", json);
        }
        Command::Disable { which, json } => switch(&session, permit, kind, &which, false, json).await?,
        Command::Enable { which, json } => switch(&session, permit, kind, &which, true, json).await?,
    }
    session.close().await
}

pub(super) async fn run_catalog(flags: &Flags, command: CatalogCommand) -> Result<(), CliError> {
    let CatalogCommand::Samples { names, json } = command;
    if names.is_empty() {
        for set in SampleSet::ALL {
            if json {
                print_json(&serde_json::json!({ "name": set.code(), "description": set.sentence() }));
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
    let session = Session::open(flags, Upgrade::No).await?;
    for set in sets {
        let SamplesAdded { added, kept } = session.admin.add_sample_set(&session.operator, set).await?;
        if json {
            let named = |entries: &[(Kind, String)]| -> Vec<_> {
                let entry = |(kind, name): &(Kind, String)| serde_json::json!({ "kind": kind.code(), "name": name });
                entries.iter().map(entry).collect()
            };
            print_json(&serde_json::json!({ "name": set.code(), "added": named(&added), "kept": named(&kept) }));
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

pub(super) async fn run_policy(flags: &Flags, command: PolicyCommand) -> Result<(), CliError> {
    let session = Session::open(flags, Upgrade::No).await?;
    let (admin, permit) = (&session.admin, &session.operator);
    match command {
        PolicyCommand::Show { json } => show(&admin.entry_named(permit, Kind::Policy, "", POLICY).await?, json),
        PolicyCommand::Edit { fields, json } => {
            let fields = read(Kind::Policy, &fields)?;
            let id = admin.entry_id(permit, Kind::Policy, "", POLICY).await?;
            done(&admin.edit_entry(permit, Kind::Policy, id, &fields, None).await?, "stored", json);
        }
    }
    session.close().await
}

async fn switch(
    session: &Session,
    permit: &Permit,
    kind: Kind,
    which: &Which,
    on: bool,
    json: bool,
) -> Result<(), CliError> {
    if !kind.can_be_disabled() {
        return Err(CliError::Usage(format!("{} cannot be switched off; identities can", kind.code())));
    }
    let id = find(session, permit, kind, which).await?.id;
    let entry = session.admin.switch_entry(permit, kind, id, on).await?;
    done(&entry, if on { "switched on" } else { "switched off" }, json);
    Ok(())
}

async fn find(session: &Session, permit: &Permit, kind: Kind, which: &Which) -> Result<Entry, CliError> {
    let named = session.admin.entry_named(permit, kind, &which.within.tenant, &which.name).await;
    found(named, kind, which)
}

/// Says which names there are when there is none of this one.
fn found<T>(named: Result<T, AdminError>, kind: Kind, which: &Which) -> Result<T, CliError> {
    named.map_err(|error| match error {
        AdminError::NotFound => {
            let tenant = &which.within.tenant;
            let within = if kind.is_in_tenant() { format!(" in tenant {tenant}") } else { String::new() };
            let what = kind.words().to_lowercase();
            CliError::No(format!(
                "there is no {what} {}{within}; `keyward {} list` names them",
                which.name,
                kind.code()
            ))
        }
        other => other.into(),
    })
}

/// Reads `NAME=VALUE` pairs; a field is named once.
fn read(kind: Kind, pairs: &[String]) -> Result<EntryInput, CliError> {
    let mut input = EntryInput::default();
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
        if input.set(field, value.to_owned()).is_some() {
            return Err(CliError::Usage(format!("{name}: give it once; several values go into one, between spaces")));
        }
    }
    Ok(input)
}

fn done(entry: &Entry, what: &str, json: bool) {
    if json {
        print_json(&as_json(entry));
    } else {
        println!("{} is {what}.", [entry.kind().words(), entry.name()].join(" ").trim_end());
    }
}

fn show(entry: &Entry, json: bool) {
    if json {
        return print_json(&as_json(entry));
    }
    let settings = entry.settings.input();
    for field in entry.kind().fields() {
        println!("{:<16} {}", field.code(), settings.get(*field));
    }
    println!("{:<16} {} by {}", "created", entry.created_at, entry.created_by);
    if let Some(at) = entry.disabled_at {
        println!("{:<16} {at}", "disabled");
    }
}

/// The name, and the fields that are told in a line.
fn line(entry: &Entry) -> String {
    let told: &[Field] = match entry.kind() {
        Kind::Tenant => &[Field::Prefix, Field::Docs],
        Kind::Group | Kind::Identity => &[Field::Tenant, Field::Description],
        Kind::Scope => &[Field::Risk, Field::Gate, Field::Sentence],
        Kind::Template => &[Field::Required, Field::Optional],
        Kind::Policy => &[],
    };
    let settings = entry.settings.input();
    let texts = told.iter().map(|field| settings.get(*field).replace(['\r', '\n'], " "));
    let told = texts.filter(|text| !text.is_empty());
    let off = entry.disabled_at.map(|_| "off".to_owned());
    format!("{:<24} {}", entry.name(), off.into_iter().chain(told).collect::<Vec<_>>().join("  ")).trim_end().to_owned()
}

fn as_json(entry: &Entry) -> serde_json::Value {
    let mut value = serde_json::json!({
        "id": entry.id.as_str(), "kind": entry.kind().code(), "created_at": entry.created_at.to_string(),
        "created_by": entry.created_by, "disabled_at": entry.disabled_at.map(|at| at.to_string()),
        "generation": entry.generation,
    });
    for (field, text) in entry.settings.input().iter() {
        value[field.code()] = text.into();
    }
    value
}
