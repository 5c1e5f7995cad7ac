//! Files of another system's keys, turned into the lines that the import takes: CSV, JSON or JSON Lines, with columns
//! renamed, left out or set for all lines.

use std::collections::BTreeMap;

use serde_json::{Value, value::RawValue};

use crate::{
    import,
    json::{Object, raw},
};

/// A line of the file, or what is wrong with it.
pub(super) type Line = (u64, Result<Object, String>);

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// Values separated by commas, with a line of names first
    Csv,
    /// One array of objects
    Json,
    /// An object on each line
    Jsonl,
}

/// What is done to the columns of a file.
#[derive(Clone, Debug, Default)]
pub(super) struct Columns {
    /// By the name of a field, the column that it is read from; a path such as `user.email` reaches into an object.
    pub(super) map: BTreeMap<String, String>,
    /// Fields that are the same for all lines that say nothing of them.
    pub(super) set: BTreeMap<String, String>,
    /// Whether columns of other names are left out.
    pub(super) ignore_others: bool,
}

impl Columns {
    /// Reads `NAME=VALUE` pairs; the name is a field of a line.
    pub(super) fn pairs(texts: &[String]) -> Result<BTreeMap<String, String>, String> {
        let pair = |text: &String| {
            let (name, value) = text.split_once('=').ok_or(format!("{text} is no FIELD=VALUE"))?;
            if import::fields().chain(["expires_at"]).all(|known| known != name) {
                let known: Vec<_> = import::fields().collect();
                return Err(format!("there is no field {name}: the fields are {}", known.join(", ")));
            }
            Ok((name.to_owned(), value.to_owned()))
        };
        texts.iter().map(pair).collect()
    }

    fn applied(&self, record: &Object) -> Object {
        let is_used = |name: &String| self.map.values().any(|column| column.split('.').next() == Some(name.as_str()));
        let is_field = |name: &String| import::fields().any(|field| field == name.as_str());
        let mut line: Object = record
            .iter()
            .filter(|(name, _)| !self.map.contains_key(*name) && !is_used(name))
            .filter(|(name, _)| !self.ignore_others || is_field(name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        for (field, column) in &self.map {
            if let Some(value) = reached(record, column) {
                line.insert(field.clone(), value);
            }
        }
        for (field, value) in &self.set {
            let is_empty = |value: &RawValue| matches!(value.get().trim(), "" | "null" | "\"\"");
            if line.get(field).is_none_or(|value| is_empty(value)) {
                line.insert(field.clone(), raw(value));
            }
        }
        line
    }
}

/// What is at a path of names, separated by dots; a column whose name has dots goes first.
fn reached(record: &Object, path: &str) -> Option<Box<RawValue>> {
    if let Some(value) = record.get(path) {
        return Some(value.clone());
    }
    let (first, rest) = path.split_once('.')?;
    let inner: Object = serde_json::from_str(record.get(first)?.get()).ok()?;
    reached(&inner, rest)
}

/// The lines of a file, each with its number there. Strings of keys are hashed. A byte order mark and the line ends of
/// other systems are no matter.
pub(super) fn lines(text: &str, format: Format, columns: &Columns) -> Result<Vec<Line>, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let records = match format {
        Format::Csv => csv(text)?,
        Format::Json => json(text)?,
        Format::Jsonl => jsonl(text),
    };
    let line = |(number, record): Line| (number, record.map(|record| import::hashed(columns.applied(&record))));
    Ok(records.into_iter().map(line).collect())
}

/// The format of a file: by the end of its name, or by how it begins.
pub(super) fn format_of(name: &str, text: &str) -> Format {
    let name = name.to_ascii_lowercase();
    let begins = text.trim_start_matches('\u{feff}').trim_start();
    match name.rsplit_once('.').map(|(_, end)| end) {
        Some("csv" | "tsv") => Format::Csv,
        Some("jsonl" | "ndjson") => Format::Jsonl,
        _ if begins.starts_with('[') => Format::Json,
        _ if begins.starts_with('{') && serde_json::from_str::<Value>(begins).is_ok() => Format::Json,
        _ if begins.starts_with('{') => Format::Jsonl,
        _ => Format::Csv,
    }
}

fn csv(text: &str) -> Result<Vec<Line>, String> {
    // The reader counts lines by their line feeds, of which those after a carriage return come too late for it.
    let text = text.replace("\r\n", "\n");
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let headers = reader.headers().map_err(|error| format!("the line of names cannot be read: {error}"))?.clone();
    let mut names = std::collections::HashSet::new();
    if let Some(twice) = headers.iter().find(|name| !names.insert(*name)) {
        return Err(format!("the column {twice} is there twice"));
    }
    let record = |record: Result<csv::StringRecord, csv::Error>| match record {
        Ok(record) => {
            let number = record.position().map_or(0, csv::Position::line);
            let filled = headers.iter().zip(&record).filter(|(_, value)| !value.is_empty());
            (number, Ok(filled.map(|(name, value)| (name.to_owned(), raw(&value))).collect()))
        }
        Err(error) => {
            let number = error.position().map_or(0, csv::Position::line);
            let why = match error.kind() {
                csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
                    format!("It has {len} values, and the line of names has {expected_len}.")
                }
                _ => "It cannot be read as CSV.".to_owned(),
            };
            (number, Err(why))
        }
    };
    Ok(reader.records().map(record).collect())
}

fn json(text: &str) -> Result<Vec<Line>, String> {
    let records: Vec<Box<RawValue>> = match serde_json::from_str(text) {
        Ok(records) => records,
        // One object alone, or one that holds a list, as Kong answers.
        Err(_) if text.trim_start().starts_with('{') => {
            let one: Box<RawValue> =
                serde_json::from_str(text).map_err(|error| format!("the file is no JSON: {error}"))?;
            let parts: Object = serde_json::from_str(one.get()).unwrap_or_default();
            let mut lists =
                parts.values().filter_map(|part| serde_json::from_str::<Vec<Box<RawValue>>>(part.get()).ok());
            match (lists.next(), lists.next()) {
                (Some(list), None) if list.iter().all(|item| item.get().starts_with('{')) => list,
                _ => vec![one],
            }
        }
        Err(error) => return Err(format!("the file is no JSON array of objects: {error}")),
    };
    let record = |(number, record): (u64, Box<RawValue>)| (number, object(record.get()));
    Ok((1..).zip(records).map(record).collect())
}

fn jsonl(text: &str) -> Vec<Line> {
    let numbered = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    numbered.map(|(number, line)| (number, object(line))).collect()
}

fn object(text: &str) -> Result<Object, String> {
    admin::check_object(text).map_err(|why| format!("This is no JSON object: {why}"))?;
    serde_json::from_str(text).map_err(|_| "This is no JSON object.".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, format: Format, columns: &Columns) -> Vec<(u64, String)> {
        let line = |(number, line): Line| (number, line.map_or_else(|why| why, |line| raw(&line).get().to_owned()));
        lines(text, format, columns).unwrap().into_iter().map(line).collect()
    }

    #[test]
    fn three_formats_say_the_same() {
        let known = crypto::secret::Digest::of(b"sk_live_4f9c2a7be1d8").to_hex();
        let hashed = format!(r#"{{"last_four":"e1d8","name":"Lobby","sha256":"{known}"}}"#);
        for (text, format, number) in [
            ("\u{feff}name,key\r\nLobby,sk_live_4f9c2a7be1d8\r\n", Format::Csv, 2),
            ("[{\"name\": \"Lobby\", \"key\": \"sk_live_4f9c2a7be1d8\"}]", Format::Json, 1),
            ("\u{feff}\r\n{\"name\": \"Lobby\", \"key\": \"sk_live_4f9c2a7be1d8\"}\r\n", Format::Jsonl, 2),
        ] {
            assert_eq!(read(text, format, &Columns::default()), [(number, hashed.clone())], "{format:?}");
            assert_eq!(format_of("keys", text), if format == Format::Jsonl { Format::Json } else { format }, "{text}");
        }
        assert_eq!(format_of("keys", "{\"a\": 1}\n{\"a\": 2}"), Format::Jsonl);
        assert_eq!(format_of("keys.JSONL", "{}"), Format::Jsonl);
    }

    #[test]
    fn columns_are_renamed_left_out_and_set() {
        let columns = Columns {
            map: Columns::pairs(&["name=client.title".to_owned(), "sha256=hash".to_owned()]).unwrap(),
            set: Columns::pairs(&["scopes=a.read b".to_owned(), "owner=ops".to_owned()]).unwrap(),
            ignore_others: true,
        };
        let text = r#"[{"client": {"title": "Lobby"}, "hash": "00", "plan": "gold", "owner": "Ada"}]"#;
        let expected = r#"{"name":"Lobby","owner":"Ada","scopes":"a.read b","sha256":"00"}"#;
        assert_eq!(read(text, Format::Json, &columns), [(1, expected.to_owned())]);
        assert!(Columns::pairs(&["colour=red".to_owned()]).unwrap_err().contains("the fields are key, sha256"));
    }

    #[test]
    fn a_line_that_cannot_be_read_is_told_by_its_number() {
        let found = read("name,owner\nLobby,Ada\nTower\n", Format::Csv, &Columns::default());
        assert_eq!(found[1], (3, "It has 1 values, and the line of names has 2.".to_owned()));
        let found =
            read("{\"name\": \"a\"}\n{\"name\": \"a\", \"name\": \"b\"}\n[]\n", Format::Jsonl, &Columns::default());
        assert!(found[1].1.contains("twice") && found[2].1.contains("no JSON object"), "{found:?}");
        assert!(lines("name,name\na,b\n", Format::Csv, &Columns::default()).unwrap_err().contains("twice"));
    }
}
