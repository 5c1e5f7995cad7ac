//! Jobs: `list`, `show`, `cancel`, `undo`.

use clap::Subcommand;
use serde_json::{Value, json};

use crate::cli::{
    client::{Answer, Client, value},
    error::CliError,
    globals::Globals,
    output::{print_fields, print_json, text},
};

#[derive(Subcommand)]
pub(super) enum Command {
    /// List the latest jobs
    #[command(after_help = "Example: keyward jobs list")]
    List {
        /// Print JSON, one line a job
        #[arg(long)]
        json: bool,
    },
    /// Show how far a job is
    #[command(after_help = "Example: keyward jobs show 0123456789ABCDEF")]
    Show(Which),
    /// Stop a job before its next step; what was done stays done
    #[command(after_help = "Example: keyward jobs cancel 0123456789ABCDEF")]
    Cancel(Which),
    /// Take back what a bulk change did, as a job of its own
    #[command(after_help = "Example: keyward jobs undo 0123456789ABCDEF")]
    Undo(Which),
}

#[derive(clap::Args)]
pub(super) struct Which {
    /// Its id
    id: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(globals: &Globals, command: Command) -> Result<(), CliError> {
    let client = Client::open(globals).await?;
    match command {
        Command::List { json } => {
            let jobs = client.get("/jobs", &[]).await?.list("jobs");
            for job in &jobs {
                if json {
                    print_json(job);
                } else {
                    println!("{}", line(&value(job)));
                }
            }
            if jobs.is_empty() && !json {
                println!("No jobs.");
            }
        }
        Command::Show(which) => {
            let answer = client.get(&format!("/jobs/{}", which.id), &[]).await;
            show(&answer.map_err(|error| which.explain(error))?, which.json);
        }
        Command::Cancel(which) => {
            let answer = client.post(&format!("/jobs/{}/cancel", which.id), &json!({})).await;
            show(&answer.map_err(|error| which.explain(error))?, which.json);
        }
        Command::Undo(which) => {
            let answer = client.post(&format!("/jobs/{}/undo", which.id), &json!({})).await;
            let started = answer.map_err(|error| which.explain(error))?;
            client.finish_job(started.value()["id"].as_str().unwrap_or_default(), |_, _| ()).await?;
            let path = format!("/jobs/{}", started.value()["id"].as_str().unwrap_or_default());
            show(&client.get(&path, &[]).await?, which.json);
        }
    }
    client.close().await
}

impl Which {
    fn explain(&self, error: CliError) -> CliError {
        error.naming(|| format!("there is no job {} that may be done with like this", self.id))
    }
}

fn show(answer: &Answer, json: bool) {
    if json {
        print_json(&answer.body);
        return;
    }
    let job = answer.value();
    let names = ["id", "kind", "action", "status", "created_at", "created_by", "total", "done", "same", "refused"];
    let last = ["ended_at", "cancelled_by", "failure"];
    print_fields(names.into_iter().chain(last).map(|name| (name, text(&job[name]))));
}

fn line(job: &Value) -> String {
    let count = |name: &str| job[name].as_i64().unwrap_or_default();
    let what = job["action"].as_str().or(job["kind"].as_str()).unwrap_or_default();
    let looked_at = count("done") + count("same") + count("refused");
    format!(
        "{}  {:<10} {:<13} {looked_at} of {}, {} refused  {}",
        text(&job["id"]),
        text(&job["status"]),
        what,
        job["total"],
        job["refused"],
        text(&job["created_at"])
    )
}
