//! `apply`: makes and changes what files in TOML say there should be, after it showed what that is. `export --config`
//! writes such a file.

mod export;
mod file;
mod plan;
mod secrets;

use std::{
    io::{IsTerminal, stdin},
    path::PathBuf,
};

use clap::Args;
use serde_json::json;

pub(super) use self::export::write as write_config;
use self::{
    file::Thing,
    plan::{Plan, Step},
    secrets::Secrets,
};
use crate::{
    cli::{
        client::{Answer, Client},
        error::CliError,
        globals::Globals,
        output::{print_json, text},
    },
    json::raw,
};

#[derive(Args)]
#[command(after_help = "Examples:
  keyward apply keyward.toml
  keyward apply config/ --yes --secrets-to new-keys.jsonl --server https://keys.example.com
  keyward apply keyward.toml --yes -- vault kv put secret/keys data=-

A file has [policy] and [[tenants]], [[scopes]], [[groups]], [[identities]], [[templates]] and [[keys]], each with its name:

  [[scopes]]
  name = \"lockers\"
  sentence = \"Lockers, all of them.\"

  [[keys]]
  name = \"kiosk\"
  scopes = [\"lockers.read\"]
  expires = \"90d\"

A field that is left out stays as it is, and so does whatever is in no file: nothing is removed. A key that is there already
is found by its name in its tenant; a time from now, such as 90d (the default), counts when it is made. `keyward export --config` writes a
file. It exits with 0 when nothing differs, or all is done.")]
pub(super) struct Arguments {
    /// A file in TOML, or a folder with such files
    path: PathBuf,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    /// Say what would be done and do nothing; exit with 1 when something differs
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
    /// A new file for the secrets of the keys that are made, one line of JSON each; its owner alone can read it
    #[arg(long, value_name = "FILE")]
    secrets_to: Option<PathBuf>,
    /// Print what is done as JSON
    #[arg(long)]
    json: bool,
    /// A command that reads the secrets of the keys that are made, one line of JSON each, from its standard input
    #[arg(last = true, value_name = "COMMAND", conflicts_with = "secrets_to")]
    command: Vec<String>,
}

pub(super) async fn run(globals: &Globals, arguments: Arguments) -> Result<(), CliError> {
    let wanted = file::read(&arguments.path)?;
    let client = Client::open(globals).await?;
    let plan = Plan::of(&client, wanted).await?;
    if arguments.json {
        print_json(&plan.as_json());
    } else {
        plan.print();
    }
    if !plan.steps.is_empty() {
        if arguments.dry_run {
            return Err(CliError::No("this would be done; nothing was".to_owned()));
        }
        let secrets = arguments.secrets(plan.new_keys())?;
        arguments.confirm(plan.steps.len())?;
        let secrets = secrets.map(|open| open()).transpose()?;
        carry_out(&client, plan.steps, secrets).await?;
        if !arguments.json {
            println!("Done.");
        }
    }
    client.close().await
}

/// Makes the file, or starts the command, when it is time.
type OpenSecrets<'a> = Box<dyn FnOnce() -> Result<Secrets, CliError> + 'a>;

impl Arguments {
    /// Where the secrets of new keys go.
    fn secrets(&self, new_keys: usize) -> Result<Option<OpenSecrets<'_>>, CliError> {
        match (new_keys, &self.secrets_to, self.command.as_slice()) {
            (0, _, _) => Ok(None),
            (_, Some(path), _) => Ok(Some(Box::new(|| Secrets::to_file(path)))),
            (keys, None, []) => Err(CliError::Usage(format!(
                "this makes {keys} {}: say where the secrets go, with --secrets-to FILE, or with -- and a command that reads them; nothing was done",
                if keys == 1 { "key" } else { "keys" }
            ))),
            (_, None, words) => Ok(Some(Box::new(|| Secrets::to_command(words)))),
        }
    }

    fn confirm(&self, changes: usize) -> Result<(), CliError> {
        if self.yes {
            return Ok(());
        }
        if !stdin().is_terminal() {
            return Err(CliError::Usage("nobody can be asked here: say --yes; nothing was done".to_owned()));
        }
        eprint!("Do {}? [y/N] ", if changes == 1 { "this" } else { "all of this" });
        let mut answer = String::new();
        let read = stdin().read_line(&mut answer);
        match answer.trim().to_lowercase().as_str() {
            "y" | "yes" if read.is_ok() => Ok(()),
            _ => Err(CliError::No("nothing was done".to_owned())),
        }
    }
}

/// Each step is a change of its own. The first that fails is the last.
async fn carry_out(client: &Client, steps: Vec<Step>, mut secrets: Option<Secrets>) -> Result<(), CliError> {
    let all = steps.len();
    let mut to_disable = Vec::new();
    let mut ended = Ok(());
    for (done, step) in steps.into_iter().enumerate() {
        match take(client, &step, secrets.as_mut()).await {
            Ok(path) => to_disable.extend((step.disable == Some(true)).then_some((path, step.wanted.place))),
            Err(error) => {
                ended =
                    Err(error
                        .within(&step.wanted.place, &format!("{done} of {all} are done; mend it, and run it again")));
                break;
            }
        }
    }
    // At the end: what is switched off can be named by nothing new.
    for (path, place) in to_disable {
        let off = client.post(&format!("{path}/disable"), &json!({})).await;
        if ended.is_ok() {
            ended = off.map(drop).map_err(|error| error.within(&place, "it is not switched off; run it again"));
        }
    }
    let closed = secrets.map_or(Ok(()), Secrets::close);
    ended.and(closed)
}

/// Makes or changes one thing; its path comes back.
async fn take(client: &Client, step: &Step, secrets: Option<&mut Secrets>) -> Result<String, CliError> {
    let thing = step.wanted.thing;
    let Some(seen) = &step.seen else {
        let made = client.post(&format!("/{}", thing.section()), &step.body).await?;
        let id = match thing {
            Thing::Entry(_) => text(&made.value()["id"]),
            Thing::Key => {
                let id = text(&made.value()["key"]["id"]);
                keep(&step.wanted.name, &step.wanted.tenant, &id, &made, secrets)?;
                id
            }
        };
        return Ok(format!("/{}/{id}", thing.section()));
    };
    if !step.body.is_empty() {
        client.patch(&seen.path, seen.tag.as_ref(), &step.body).await?;
    }
    if step.disable == Some(false) {
        client.post(&format!("{}/enable", seen.path), &json!({})).await?;
    }
    Ok(seen.path.clone())
}

/// Hands the secret of a new key over, the only time.
fn keep(name: &str, tenant: &str, id: &str, made: &Answer, secrets: Option<&mut Secrets>) -> Result<(), CliError> {
    let line = json!({ "name": name, "tenant": tenant, "id": id, "token": made.value()["token"] });
    let written = secrets.map_or(Ok(()), |secrets| secrets.write(raw(&line).get()));
    let lost = |error: std::io::Error| {
        CliError::Environment(format!("key {id} is made, but its secret could not be handed over ({error}): rotate it"))
    };
    written.map_err(lost)
}
