//! The audit as others keep it: an export of the console or of the REST API, a forwarded copy, or a later backup.

use std::{fs, path::Path};

use crypto::secret::unhex;
use model::{audit::Event, time::Timestamp};
use serde_json::Value;
use store::events_of_backup;

use crate::cli::error::CliError;

/// What a gzip file begins with: a backup.
const PACKED: [u8; 2] = [0x1f, 0x8b];

/// The events in a file, in its order. Blocks the thread.
pub(super) fn read(path: &Path) -> Result<Vec<Event>, CliError> {
    let bytes = fs::read(path).map_err(|error| CliError::Environment(format!("{}: {error}", path.display())))?;
    if bytes.starts_with(&PACKED) {
        return Ok(events_of_backup(path, 0)?);
    }
    let text = String::from_utf8(bytes).map_err(|_| no_audit(path, "it is not UTF-8"))?;
    let text = text.trim_start_matches('\u{feff}').trim_start();
    if text.starts_with(['[', '{']) { from_json(path, text) } else { from_csv(path, text) }
}

fn no_audit(path: &Path, why: &str) -> CliError {
    let words = "give the audit as the console exports it (JSON or CSV), as GET /api/v1/audit answers, or a backup";
    CliError::Usage(format!("{} is no audit: {why}; {words}", path.display()))
}

/// One value or several, one after the other: events, lists of events, or pages of them.
fn from_json(path: &Path, text: &str) -> Result<Vec<Event>, CliError> {
    let mut events = Vec::new();
    for value in serde_json::Deserializer::from_str(text).into_iter::<Value>() {
        let value = value.map_err(|error| no_audit(path, &error.to_string()))?;
        let list = match &value {
            Value::Array(list) => list.as_slice(),
            Value::Object(page) => match page.get("events").and_then(Value::as_array) {
                Some(list) => list.as_slice(),
                None => std::slice::from_ref(&value),
            },
            _ => return Err(no_audit(path, "it holds something else than events")),
        };
        for object in list {
            let event = of_object(object);
            let place = events.len() + 1;
            events.push(event.ok_or_else(|| no_audit(path, &format!("object {place} is no event")))?);
        }
    }
    Ok(events)
}

fn of_object(object: &Value) -> Option<Event> {
    let one_of = |names: [&str; 2]| names.iter().find_map(|name| object.get(*name));
    let text = |names: [&str; 2]| Some(one_of(names)?.as_str()?.to_owned());
    let detail = match object.get("detail") {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => "{}".to_owned(),
    };
    Some(Event {
        seq: one_of(["number", "seq"])?.as_i64()?,
        at: Timestamp::parse(object.get("at")?.as_str()?)?,
        actor: text(["who", "actor"])?,
        verb: text(["what", "action"])?,
        target: text(["target", "target"])?,
        detail,
        hash: text(["hash", "hash"]).and_then(|hash| unhex(&hash)).unwrap_or_default(),
    })
}

fn from_csv(path: &Path, text: &str) -> Result<Vec<Event>, CliError> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let names = reader.headers().map_err(|error| no_audit(path, &error.to_string()))?.clone();
    if !names.iter().eq(["number", "at", "who", "what", "target", "detail", "hash"]) {
        return Err(no_audit(path, "its first line does not name the fields of events"));
    }
    let mut events = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| no_audit(path, &error.to_string()))?;
        let event = of_record(&record);
        let place = events.len() + 2;
        events.push(event.ok_or_else(|| no_audit(path, &format!("record {place} is no event")))?);
    }
    Ok(events)
}

fn of_record(record: &csv::StringRecord) -> Option<Event> {
    // A quote before what a spreadsheet would run was put there by the export.
    let field = |at: usize| {
        let text = record.get(at)?;
        let bare = text.strip_prefix('\'').filter(|rest| rest.starts_with(['=', '+', '-', '@', '\t', '\r']));
        Some(bare.unwrap_or(text))
    };
    Some(Event {
        seq: field(0)?.parse().ok()?,
        at: Timestamp::parse(field(1)?)?,
        actor: field(2)?.to_owned(),
        verb: field(3)?.to_owned(),
        target: field(4)?.to_owned(),
        detail: field(5)?.to_owned(),
        hash: unhex(field(6)?).unwrap_or_default(),
    })
}
