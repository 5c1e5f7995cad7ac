//! `import`: another system's keys, checked first, then made, with progress.

use std::{
    io::{IsTerminal, Read, Write},
    path::PathBuf,
};

use clap::Args;
use serde_json::{Value, json};

use crate::{
    cli::{
        client::Client,
        error::CliError,
        globals::Globals,
        import_file::{Columns, Format, Line, format_of, lines},
        output::print_json,
    },
    json::raw,
};

/// Refused lines that are told one by one.
const TOLD: usize = 20;

#[derive(Args)]
#[command(after_help = "\
Each line becomes a key that keeps its string. Its fields are those of `keyward keys create` (name, owner, tenant, scopes,
expires, labels, metadata\u{2026}), enabled, last_four, and one of
  key          the string itself, which is hashed before it goes any further
  sha256       its SHA-256, in hexadecimal digits or base64
  hmac_sha256  its HMAC-SHA256, with --hmac-key-file
  hash         its bcrypt, scrypt, PBKDF2 or salted SHA hash, with found_by: the beginning of the string it is found by
The file is checked first. A line that was imported before makes no second key: after an interruption, run the same again.

Examples:
  keyward import keys.csv --set scopes=bookings.read --set expires=90d
  keyward import unkey.json --map sha256=hash --map name=name --map last_four=end --ignore-others --set scopes=bookings.read
  keyward import api_keys.jsonl --map found_by=prefix --map hash=hashed_key --ignore-others --set scopes=bookings.read --check")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(super) struct Arguments {
    /// The file, or - for standard input
    file: PathBuf,
    /// How it is written [default: by its name or its beginning]
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// The column that a field is read from; a path such as user.email reaches into an object
    #[arg(long, value_name = "FIELD=COLUMN")]
    map: Vec<String>,
    /// A field that is the same for all lines that leave it out
    #[arg(long, value_name = "FIELD=VALUE")]
    set: Vec<String>,
    /// Leave out columns that are no field
    #[arg(long)]
    ignore_others: bool,
    /// The file with the key that the MACs (HMAC-SHA-256) were made with
    #[arg(long, value_name = "FILE")]
    hmac_key_file: Option<PathBuf>,
    /// Check only: nothing is imported
    #[arg(long)]
    check: bool,
    /// Do not ask: import what can be
    #[arg(long, conflicts_with = "check")]
    yes: bool,
    /// Print the job and its refused lines as one JSON object
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(globals: &Globals, arguments: Arguments) -> Result<(), CliError> {
    let text = read(&arguments.file)?;
    let usage = |wrong: String| CliError::Usage(wrong);
    let columns = Columns {
        map: Columns::pairs(&arguments.map).map_err(usage)?,
        set: Columns::pairs(&arguments.set).map_err(usage)?,
        ignore_others: arguments.ignore_others,
    };
    let format = arguments.format.unwrap_or_else(|| format_of(&arguments.file.to_string_lossy(), &text));
    let file = File::of(lines(&text, format, &columns).map_err(usage)?, hmac_key(&arguments)?.as_deref());
    if file.numbers.is_empty() && file.wrong.is_empty() {
        return Err(CliError::Usage("the file holds no keys".to_owned()));
    }
    let client = Client::open(globals).await?;
    let checked = file.send(&client, "true", "checked").await?;
    if arguments.check {
        return told(&checked, arguments.json, "can be imported", client).await;
    }
    if !arguments.yes && !is_wanted(&checked)? {
        client.close().await?;
        return Err(CliError::No("nothing was imported".to_owned()));
    }
    let imported = file.send(&client, "false", "imported").await?;
    told(&imported, arguments.json, "imported", client).await
}

/// A file as it is sent.
struct File {
    /// An object on each line.
    text: String,
    /// The lines of the file that they are from.
    numbers: Vec<u64>,
    /// Lines before them that are from no line of the file.
    before: usize,
    /// Lines of the file that cannot be read.
    wrong: Vec<Value>,
}

/// What became of a file.
struct Outcome {
    job: Value,
    refused: Vec<Value>,
}

impl File {
    fn of(lines: Vec<Line>, hmac_key: Option<&str>) -> Self {
        let mut file = Self { text: String::new(), numbers: Vec::new(), before: 0, wrong: Vec::new() };
        if let Some(key) = hmac_key {
            file.before = 1;
            file.text = format!("{}\n", json!({ "hmac_key": key }));
        }
        for (number, line) in lines {
            match line {
                Ok(line) => {
                    file.text.push_str(raw(&line).get());
                    file.text.push('\n');
                    file.numbers.push(number);
                }
                Err(why) => file.wrong.push(json!({ "line": number, "detail": why })),
            }
        }
        file
    }

    async fn send(&self, client: &Client, dry_run: &str, done: &str) -> Result<Outcome, CliError> {
        if self.numbers.is_empty() {
            let job = json!({ "done": 0, "same": 0, "refused": 0 });
            return Ok(Outcome { job, refused: self.wrong.clone() });
        }
        let started = client.post_lines("/keys/import", &[("dry_run", dry_run)], self.text.clone()).await?.value();
        let id = started["id"].as_str().unwrap_or_default();
        let job = client.finish_job(id, progress(done)).await?;
        if job["status"] != "done" {
            let why = job["failure"].as_str().unwrap_or("it was stopped");
            return Err(CliError::No(format!("job {id} did not come to its end: {why}")));
        }
        let mut refused = self.wrong.clone();
        let query = [("outcome", "refused")];
        client
            .each(&format!("/jobs/{id}/lines"), "lines", &query, usize::MAX, |line| {
                let line = crate::cli::client::value(line);
                let sent = line["line"].as_u64().and_then(|line| usize::try_from(line).ok()).unwrap_or_default();
                let number = sent.checked_sub(self.before + 1).and_then(|index| self.numbers.get(index));
                refused.push(json!({ "line": number, "detail": line["detail"] }));
            })
            .await?;
        refused.sort_by_key(|line| line["line"].as_u64());
        Ok(Outcome { job, refused })
    }
}

fn read(file: &PathBuf) -> Result<String, CliError> {
    let mut bytes = Vec::new();
    let read = if file.as_os_str() == "-" {
        std::io::stdin().read_to_end(&mut bytes)
    } else {
        std::fs::File::open(file).and_then(|mut open| open.read_to_end(&mut bytes))
    };
    read.map_err(|error| CliError::Environment(format!("{} cannot be read: {error}", file.display())))?;
    String::from_utf8(bytes).map_err(|_| CliError::Usage(format!("{} is not UTF-8: save it as UTF-8", file.display())))
}

fn hmac_key(arguments: &Arguments) -> Result<Option<String>, CliError> {
    let Some(file) = &arguments.hmac_key_file else { return Ok(None) };
    Ok(Some(read(file)?.trim_end_matches(['\r', '\n']).to_owned()))
}

/// How far it is, on one line of a terminal; elsewhere nothing.
fn progress(done: &str) -> impl FnMut(i64, i64) {
    let is_shown = std::io::stderr().is_terminal();
    move |looked_at, total| {
        if is_shown {
            let end = if looked_at == total { "\n" } else { "" };
            eprint!("\r{looked_at} of {total} {done}{end}");
            let _ = std::io::stderr().flush();
        }
    }
}

fn is_wanted(checked: &Outcome) -> Result<bool, CliError> {
    let count = checked.job["done"].as_i64().unwrap_or_default();
    if !std::io::stdin().is_terminal() {
        let hint = "the file is checked; --yes imports what can be without asking, --check only checks";
        return Err(CliError::Usage(hint.to_owned()));
    }
    tell_refused(&checked.refused);
    eprint!("Import {count} keys? [y/N] ");
    let mut answer = String::new();
    let read = std::io::stdin().read_line(&mut answer);
    read.map_err(|error| CliError::Environment(error.to_string()))?;
    Ok(["y", "yes"].contains(&answer.trim().to_ascii_lowercase().as_str()))
}

fn tell_refused(refused: &[Value]) {
    for line in refused.iter().take(TOLD) {
        eprintln!("line {}: {}", line["line"], line["detail"].as_str().unwrap_or_default());
    }
    if refused.len() > TOLD {
        eprintln!("and {} more lines: --json lists all", refused.len() - TOLD);
    }
}

async fn told(outcome: &Outcome, json: bool, words: &str, client: Client) -> Result<(), CliError> {
    let Outcome { job, refused } = outcome;
    if json {
        print_json(&json!({ "job": job, "refused": refused }));
    } else {
        tell_refused(refused);
        let same = job["same"].as_i64().unwrap_or_default();
        let same = if same > 0 { format!(", {same} there already") } else { String::new() };
        println!("{} {words}{same}, {} refused.", job["done"], refused.len());
    }
    client.close().await?;
    if refused.is_empty() { Ok(()) } else { Err(CliError::No(format!("{} lines were refused", refused.len()))) }
}
