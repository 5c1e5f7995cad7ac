//! `scan`: keys of this Keyward in files and in the history of a git repository. A key has a checksum, so that nothing else
//! is found, and the database says which of them work.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::LazyLock,
};

use clap::Args;
use crypto::secret::Digest;
use model::{id::KeyId, key::Key, time::Timestamp, token};
use regex::bytes::Regex;

use crate::{
    boot::Upgrade,
    cli::{error::CliError, globals::Globals, output::print_json, session::Session},
    json::status,
};

/// Larger files are passed over: no configuration or source is.
const LARGEST: u64 = 16 << 20;
/// Bytes of a file by which it is told whether it is text.
const LOOKED_AT: usize = 8000;
/// Places that are named of one key.
const NAMED: usize = 20;

/// What has the shape of a key. The checksum decides.
static SHAPE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new("[0-9A-Za-z]{2,12}_[0-9A-Za-z]{16}_[0-9A-Za-z]{38}").expect("a pattern of our own"));

#[derive(Args)]
#[command(after_help = "Examples:\n  keyward scan .\n  keyward scan ~/src/kiosk --report\n\
    Looks at text files up to 16 MB and, in a git repository, at every line that any commit added, and at its message. It \
    exits with 1 when a key is found that works. Keys that are JWTs are not found.")]
pub(super) struct Arguments {
    /// A file, a folder or a git repository
    path: PathBuf,
    /// Do not look at the history of a git repository
    #[arg(long)]
    no_history: bool,
    /// Report the keys that are found as leaked: they are switched off
    #[arg(long)]
    report: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// A token that was found, without its secret.
struct Found {
    masked: String,
    digest: Digest,
    places: Vec<String>,
    count: usize,
}

/// What was looked at, and what was found.
#[derive(Default)]
struct Scan {
    found: BTreeMap<(KeyId, String), Found>,
    files: usize,
    passed_over: usize,
    commits: usize,
}

/// A key of this Keyward that was found.
struct Known<'a> {
    key: Key,
    found: &'a Found,
    is_reported: bool,
}

pub(super) async fn run(globals: &Globals, arguments: Arguments) -> Result<(), CliError> {
    let Arguments { path, no_history, report, json } = arguments;
    let session = Session::open(globals, Upgrade::No).await?;
    let root = path.clone();
    let scanned = tokio::task::spawn_blocking(move || {
        let mut scan = Scan::default();
        scan.walk(&root)?;
        if !no_history && is_in_git(&root) {
            scan.history(&root)?;
        }
        Ok::<_, io::Error>(scan)
    });
    let failed = |error: io::Error| CliError::Environment(format!("{}: {error}", path.display()));
    let scan = scanned.await.map_err(|error| failed(io::Error::other(error)))?.map_err(failed)?;
    let now = session.admin.clock().now();
    let (mut known, mut others) = (Vec::new(), Vec::new());
    for ((id, _), found) in &scan.found {
        match session.admin.key_of_digest(&session.operator, *id, found.digest).await? {
            Some(key) => known.push(Known { key, found, is_reported: false }),
            None => others.push(found),
        }
    }
    if report {
        let source: String = format!("keyward scan {}", path.display()).chars().take(200).collect();
        for known in &mut known {
            let digest = known.found.digest;
            session.admin.report_leaked_digest(&session.operator, known.key.id, digest, &source).await?;
            known.is_reported = true;
        }
    }
    let working = known.iter().filter(|known| known.key.status(now).works()).count();
    if json {
        let keys: Vec<_> = known.iter().map(|known| known.json(now)).collect();
        let unknown: Vec<_> =
            others.iter().map(|found| serde_json::json!({ "masked": found.masked, "places": found.places })).collect();
        print_json(&serde_json::json!({
            "keys": keys, "unknown": unknown, "working": working, "files": scan.files,
            "passed_over": scan.passed_over, "commits": scan.commits,
        }));
    } else {
        tell(&scan, &known, &others, now);
    }
    session.close().await?;
    match (working, report) {
        (0, _) => Ok(()),
        (_, true) => Err(CliError::No(format!("{} found that worked: switched off now", keys(working)))),
        (_, false) => Err(CliError::No(format!(
            "{} found that {}: give their holders new ones and archive these, or switch them off with --report",
            keys(working),
            if working == 1 { "works" } else { "work" },
        ))),
    }
}

fn keys(count: usize) -> String {
    format!("{count} {}", if count == 1 { "key was" } else { "keys were" })
}

impl Known<'_> {
    fn json(&self, now: Timestamp) -> serde_json::Value {
        serde_json::json!({
            "id": self.key.id.as_str(), "masked": self.found.masked, "name": self.key.spec.name.as_str(),
            "owner": self.key.spec.owner.as_str(), "status": status(&self.key, now),
            "works": self.key.status(now).works(), "reported": self.is_reported, "places": self.found.places,
            "count": self.found.count,
        })
    }
}

fn tell(scan: &Scan, known: &[Known<'_>], others: &[&Found], now: Timestamp) {
    let places = |found: &Found| {
        for place in &found.places {
            println!("    {place}");
        }
        if found.count > found.places.len() {
            println!("    and {} more", found.count - found.places.len());
        }
    };
    for Known { key, found, is_reported } in known {
        let state = if *is_reported { "switched off now".to_owned() } else { status(key, now) };
        println!("{}  {state}  {} (owner {})", found.masked, key.spec.name, key.spec.owner);
        places(found);
    }
    for found in others {
        println!("{}  no key of this Keyward", found.masked);
        places(found);
    }
    let passed_over = match scan.passed_over {
        0 => String::new(),
        files => format!(", {files} binary or large ones passed over"),
    };
    println!("Looked at {} files{passed_over}, and {} commits.", scan.files, scan.commits);
    if known.is_empty() && others.is_empty() {
        println!("No keys were found.");
    }
}

impl Scan {
    /// Looks at a file, or at all below a folder but what git keeps for itself. Links are not followed.
    fn walk(&mut self, path: &Path) -> io::Result<()> {
        let about = fs::symlink_metadata(path)?;
        if about.is_dir() {
            let mut entries: Vec<_> = fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
            entries.sort();
            for entry in entries.iter().filter(|entry| entry.file_name().is_none_or(|name| name != ".git")) {
                // One that is gone or closed meanwhile hides none of the others.
                if self.walk(entry).is_err() {
                    self.passed_over += 1;
                }
            }
            return Ok(());
        }
        if !about.is_file() {
            return Ok(());
        }
        let mut bytes = Vec::new();
        if about.len() <= LARGEST {
            File::open(path)?.take(LARGEST).read_to_end(&mut bytes)?;
        }
        let is_binary = bytes.iter().take(LOOKED_AT).any(|byte| *byte == 0);
        if about.len() > LARGEST || is_binary {
            self.passed_over += 1;
            return Ok(());
        }
        self.files += 1;
        let (mut line, mut counted) = (1, 0);
        for (start, text) in tokens(&bytes) {
            let passed = bytes.get(counted..start).unwrap_or_default();
            line += passed.split(|byte| *byte == b'\n').count() - 1;
            counted = start;
            self.note(text, || format!("{}:{line}", path.display()));
        }
        Ok(())
    }

    /// Looks at what the commits of all branches added below a path.
    fn history(&mut self, path: &Path) -> io::Result<()> {
        let folder = if path.is_dir() { path } else { path.parent().unwrap_or(Path::new(".")) };
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let target = if path.is_dir() { Path::new(".").as_os_str() } else { path.file_name().unwrap_or_default() };
        let mut git = Command::new("git")
            .arg("-C")
            .arg(folder)
            .args(["-c", "core.quotePath=false", "log", "--all", "-p", "-m", "-U0", "--no-color", "--no-ext-diff"])
            .args(["--no-textconv", "--no-renames", "--format=%x00%H%n%B", "--"])
            .arg(target)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let Some(out) = git.stdout.take() else { return Ok(()) };
        let mut lines = BufReader::new(out);
        let (mut commit, mut file, mut number) = (String::new(), None::<String>, 0_u64);
        let mut line = Vec::new();
        loop {
            line.clear();
            if (&mut lines).take(LARGEST).read_until(b'\n', &mut line)? == 0 {
                break;
            }
            if let Some(hash) = line.strip_prefix(b"\0") {
                commit = String::from_utf8_lossy(hash).trim().chars().take(12).collect();
                file = None;
                self.commits += 1;
            } else if line.starts_with(b"diff --git ") {
                file = Some(String::new());
            } else if let (Some(name), Some(file)) = (line.strip_prefix(b"+++ b/"), &mut file) {
                String::from_utf8_lossy(name).trim_end().clone_into(file);
            } else if line.starts_with(b"@@ ") && file.is_some() {
                number = first_line(&line);
            } else if file.is_none() || line.starts_with(b"+") {
                let place = || match &file {
                    Some(file) => format!("commit {commit}: {file}:{number}"),
                    None => format!("commit {commit}: its message"),
                };
                for (_, text) in tokens(&line) {
                    self.note(text, place);
                }
                number += 1;
            }
        }
        if git.wait()?.success() { Ok(()) } else { Err(io::Error::other("git could not tell its history")) }
    }

    fn note(&mut self, text: &str, place: impl Fn() -> String) {
        let Some(parts) = token::parse(text) else { return };
        let digest = Digest::of(parts.secret.as_bytes());
        let masked = || {
            let prefix = text.split('_').next().unwrap_or_default();
            token::mask(prefix, parts.id, text.get(text.len() - 4..).unwrap_or_default())
        };
        let found = self.found.entry((parts.id, digest.to_hex()));
        let found = found.or_insert_with(|| Found { masked: masked(), digest, places: Vec::new(), count: 0 });
        found.count += 1;
        if found.places.len() < NAMED {
            found.places.push(place());
        }
    }
}

/// The line at which a hunk's new side begins: 7 of `@@ -3 +7,2 @@`.
fn first_line(hunk: &[u8]) -> u64 {
    let text = String::from_utf8_lossy(hunk);
    let new = text.split(" +").nth(1).unwrap_or_default();
    new.split([',', ' ']).next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// Every token, with its place: what has the shape and the checksum. Letters before a prefix may belong to what stands
/// there.
fn tokens(bytes: &[u8]) -> impl Iterator<Item = (usize, &str)> {
    SHAPE.find_iter(bytes).filter_map(|found| {
        let text = str::from_utf8(found.as_bytes()).ok()?;
        let longest = text.find('_')?.checked_sub(2)?;
        let begins = (0..=longest).find(|at| text.get(*at..).is_some_and(|text| token::parse(text).is_some()))?;
        Some((found.start() + begins, text.get(begins..)?))
    })
}

fn is_in_git(path: &Path) -> bool {
    let folder = if path.is_dir() { path } else { path.parent().unwrap_or(path) };
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let asked = Command::new("git").arg("-C").arg(folder).args(["rev-parse", "--is-inside-work-tree"]).output();
    asked.is_ok_and(|asked| asked.status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "kw_0123456789ABCDEF_abcdefghijklmnopqrstuvwxyzABCDEF2i2pPO";

    #[test]
    fn a_token_is_found_wherever_it_stands_and_nothing_else_is() {
        for text in [
            TOKEN.to_owned(),
            format!("KEY={TOKEN}\n"),
            format!("MY_{TOKEN};"),
            format!("xx{TOKEN}yy"),
            format!("\u{fffd}{TOKEN}"),
        ] {
            let found: Vec<_> = tokens(text.as_bytes()).map(|(_, text)| text).collect();
            assert_eq!(found, [TOKEN], "{text}");
        }
        let altered = TOKEN.replace("ABCDEF2", "ABCDEG2");
        assert_eq!(tokens(altered.as_bytes()).count(), 0);
        assert_eq!(tokens(&TOKEN.as_bytes()[1..]).count(), 0);
        assert_eq!(first_line(b"@@ -3,0 +7,2 @@ fn"), 7);
    }
}
