//! Files that say what there should be, in TOML: which sections and fields there are, and on which line each stands.

use std::{
    collections::BTreeMap,
    ops::Range,
    path::{Path, PathBuf},
};

use model::{
    catalog::{DEFAULT_TENANT, Kind},
    entry_input::Field,
    key_input::KeyInput,
};
use serde_json::Value;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use crate::{api, cli::error::CliError};

/// What a file may speak of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Thing {
    /// An entry of the catalog, or the policy.
    Entry(Kind),
    /// A key.
    Key,
}

impl Thing {
    /// All, in the order in which they are made: each rests on those before it.
    pub(super) const ALL: [Self; 7] = [
        Self::Entry(Kind::Policy),
        Self::Entry(Kind::Tenant),
        Self::Entry(Kind::Scope),
        Self::Entry(Kind::Group),
        Self::Entry(Kind::Identity),
        Self::Entry(Kind::Template),
        Self::Key,
    ];

    /// The name of its section, and of its list in the API.
    pub(super) fn section(self) -> &'static str {
        match self {
            Self::Entry(kind) => kind.code(),
            Self::Key => "keys",
        }
    }

    /// What one is called.
    pub(super) fn word(self) -> String {
        match self {
            Self::Entry(kind) => kind.words().to_lowercase(),
            Self::Key => "key".to_owned(),
        }
    }

    /// Whether it belongs to a tenant.
    pub(super) fn is_in_tenant(self) -> bool {
        match self {
            Self::Entry(kind) => kind.is_in_tenant(),
            Self::Key => true,
        }
    }

    /// Whether it can be switched off.
    pub(super) fn can_be_disabled(self) -> bool {
        match self {
            Self::Entry(kind) => kind.can_be_disabled(),
            Self::Key => true,
        }
    }

    /// The names of its fields.
    pub(super) fn fields(self) -> Vec<&'static str> {
        match self {
            Self::Entry(kind) => kind.fields().iter().copied().map(Field::code).collect(),
            Self::Key => KeyInput::FIELDS.into_iter().map(|field| field.name).collect(),
        }
    }

    /// Whether a field holds a list.
    pub(super) fn is_list(self, field: &str) -> bool {
        match self {
            Self::Entry(kind) => kind.field(field).is_some_and(|field| api::field_value(field, "").is_array()),
            Self::Key => KeyInput::FIELDS.iter().any(|known| known.name == field && known.is_list),
        }
    }

    fn named(section: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|thing| thing.section() == section)
    }
}

/// Something that should be there.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) thing: Thing,
    /// Its name; the policy has none.
    pub(super) name: String,
    /// The name of its tenant, where it belongs to one.
    pub(super) tenant: String,
    /// The fields that are given, as texts; the name and the tenant are not among them.
    pub(super) fields: BTreeMap<String, String>,
    /// Whether it is switched off, where that is said.
    pub(super) disabled: Option<bool>,
    /// The file and the line.
    pub(super) place: String,
}

impl Wanted {
    /// What it is, and what it is called.
    pub(super) fn title(&self) -> String {
        title(self.thing, &self.name, &self.tenant)
    }
}

/// What something is, and what it is called.
pub(super) fn title(thing: Thing, name: &str, tenant: &str) -> String {
    let within = if tenant.is_empty() { String::new() } else { format!(" (tenant {tenant})") };
    format!("{} {name}", thing.word()).trim_end().to_owned() + &within
}

/// Reads a file, or all files of a folder whose names end in `.toml`. What is named twice is refused.
pub(super) fn read(path: &Path) -> Result<Vec<Wanted>, CliError> {
    let failed = |path: &Path, error: std::io::Error| CliError::Environment(format!("{}: {error}", path.display()));
    let mut files = vec![path.to_owned()];
    if path.is_dir() {
        let entries = path.read_dir().map_err(|error| failed(path, error))?;
        let entries: Result<Vec<PathBuf>, _> = entries.map(|entry| entry.map(|entry| entry.path())).collect();
        files = entries.map_err(|error| failed(path, error))?;
        files.retain(|file| file.extension().is_some_and(|end| end == "toml"));
        files.sort();
        if files.is_empty() {
            return Err(CliError::Usage(format!("{}: no file in it ends in .toml", path.display())));
        }
    }
    let mut all = Vec::new();
    for path in files {
        let text = std::fs::read_to_string(&path).map_err(|error| failed(&path, error))?;
        let file = File { path: path.display().to_string(), text: &text };
        all.extend(file.read().map_err(CliError::Usage)?);
    }
    let mut places = BTreeMap::new();
    for wanted in &all {
        if let Some(before) = places.insert(wanted.title(), &wanted.place) {
            return Err(CliError::Usage(format!("{}: {} is at {before} already", wanted.place, wanted.title())));
        }
    }
    all.sort_by_key(|wanted| Thing::ALL.iter().position(|thing| *thing == wanted.thing));
    Ok(all)
}

struct File<'a> {
    path: String,
    text: &'a str,
}

impl File<'_> {
    fn place(&self, span: &Range<usize>) -> String {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        format!("{}:{}", self.path, before.matches('\n').count() + 1)
    }

    fn wrong(&self, span: &Range<usize>, message: &str) -> String {
        format!("{}: {message}", self.place(span))
    }

    fn read(&self) -> Result<Vec<Wanted>, String> {
        let broken = |error: toml::de::Error| self.wrong(&error.span().unwrap_or_default(), error.message());
        let table = DeTable::parse(self.text).map_err(broken)?;
        let mut all = Vec::new();
        for (section, value) in table.get_ref() {
            let Some(thing) = Thing::named(section.get_ref()) else {
                let known: Vec<_> = Thing::ALL.map(Thing::section).to_vec();
                let message = format!("there is no section {}; there are {}", section.get_ref(), known.join(", "));
                return Err(self.wrong(&section.span(), &message));
            };
            let is_policy = thing == Thing::Entry(Kind::Policy);
            match value.get_ref() {
                DeValue::Table(table) if is_policy => all.push(self.wanted(thing, table, &value.span())?),
                DeValue::Array(items) if !is_policy => {
                    for item in items {
                        let Some(table) = item.get_ref().as_table() else {
                            let message = format!("write each as [[{}]] with its fields", thing.section());
                            return Err(self.wrong(&item.span(), &message));
                        };
                        all.push(self.wanted(thing, table, &item.span())?);
                    }
                }
                _ if is_policy => return Err(self.wrong(&section.span(), "write it as [policy] with its fields")),
                _ => {
                    let message = format!("write each as [[{}]] with its fields", thing.section());
                    return Err(self.wrong(&section.span(), &message));
                }
            }
        }
        Ok(all)
    }

    fn wanted(&self, thing: Thing, table: &DeTable, span: &Range<usize>) -> Result<Wanted, String> {
        let known = thing.fields();
        let mut wanted = Wanted {
            thing,
            name: String::new(),
            tenant: if thing.is_in_tenant() { DEFAULT_TENANT.to_owned() } else { String::new() },
            fields: BTreeMap::new(),
            disabled: None,
            place: self.place(span),
        };
        for (name, value) in table {
            let wrong = |message: &str| self.wrong(&name.span(), &format!("{}: {message}", name.get_ref()));
            match name.get_ref().as_ref() {
                "disabled" if thing.can_be_disabled() => {
                    wanted.disabled = Some(value.get_ref().as_bool().ok_or_else(|| wrong("say true or false"))?);
                }
                field if known.contains(&field) => {
                    let text = text_of(thing, field, value).map_err(|message| wrong(&message))?;
                    match field {
                        "name" => wanted.name = text,
                        "tenant" => wanted.tenant = text,
                        field => _ = wanted.fields.insert(field.to_owned(), text),
                    }
                }
                _ => {
                    let more = if thing.can_be_disabled() { ", disabled" } else { "" };
                    return Err(wrong(&format!("there is no such field; there are {}{more}", known.join(", "))));
                }
            }
        }
        if wanted.name.is_empty() && known.contains(&"name") {
            return Err(self.wrong(span, "name: say what it is called"));
        }
        Ok(wanted)
    }
}

/// A value as the text that a form would have.
fn text_of(thing: Thing, field: &str, value: &Spanned<DeValue>) -> Result<String, String> {
    let value = value.get_ref();
    if thing.is_list(field) {
        let items = value.as_array().ok_or("write a list of texts")?;
        let is_one = |text: &&str| !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c == ',');
        let texts: Option<Vec<&str>> = items.iter().map(|item| item.get_ref().as_str().filter(is_one)).collect();
        return Ok(texts.ok_or("write a list of texts without spaces and commas in them")?.join(" "));
    }
    match value {
        DeValue::String(text) => Ok(text.to_string()),
        DeValue::Integer(number) => Ok(number.as_str().to_owned()),
        DeValue::Datetime(at) if field == "expires" => Ok(at.to_string()),
        DeValue::Table(_) if field == "metadata" => Ok(json(value)?.to_string()),
        _ => Err("write a text".to_owned()),
    }
}

/// A value of TOML in JSON.
fn json(value: &DeValue) -> Result<Value, String> {
    Ok(match value {
        DeValue::String(text) => text.as_ref().into(),
        DeValue::Boolean(is) => (*is).into(),
        DeValue::Datetime(at) => at.to_string().into(),
        DeValue::Integer(number) => {
            let read = i64::from_str_radix(number.as_str(), number.radix());
            read.map_err(|_| format!("{} is no number that can be kept", number.as_str()))?.into()
        }
        DeValue::Float(number) => {
            let read = number.as_str().parse::<f64>().ok().and_then(serde_json::Number::from_f64);
            Value::Number(read.ok_or_else(|| format!("{} is no number that can be kept", number.as_str()))?)
        }
        DeValue::Array(items) => items.iter().map(|item| json(item.get_ref())).collect::<Result<Vec<_>, _>>()?.into(),
        DeValue::Table(table) => {
            let field = |(name, value): (&Spanned<_>, &Spanned<DeValue>)| {
                let name: &std::borrow::Cow<str> = name.get_ref();
                Ok((name.to_string(), json(value.get_ref())?))
            };
            Value::Object(table.iter().map(field).collect::<Result<_, String>>()?)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Wanted>, String> {
        File { path: "a.toml".to_owned(), text }.read()
    }

    #[test]
    fn a_file_says_what_there_should_be() {
        let text = "[policy]\nmax_days = 180\n\n[[keys]]\nname = \"kiosk\"\nscopes = [\"a.read\", \"b\"]\nexpires = 2027-03-14\n\
            metadata = { floor = 1.5, at = [1, true] }\ndisabled = true\n";
        let all = read(text).unwrap();
        let of = |word: &str| all.iter().find(|one| one.title().starts_with(word)).unwrap();
        assert_eq!(of("policy").fields["max_days"], "180");
        let key = of("key");
        assert_eq!((key.title().as_str(), key.place.as_str()), ("key kiosk (tenant default)", "a.toml:4"));
        assert_eq!((key.fields["scopes"].as_str(), key.fields["expires"].as_str()), ("a.read b", "2027-03-14"));
        assert_eq!((key.fields["metadata"].as_str(), key.disabled), (r#"{"at":[1,true],"floor":1.5}"#, Some(true)));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (text, expected) in [
            ("[[scopes]]\nname = \"a\"\nrisk = \n", "a.toml:3: "),
            ("\n[[things]]\nname = \"a\"\n", "a.toml:2: there is no section things"),
            ("[[scopes]]\nname = \"a\"\ncolour = \"red\"\n", "a.toml:3: colour: there is no such field"),
            ("[[scopes]]\nrisk = \"low\"\n", "a.toml:1: name: say what"),
            ("[scopes]\nname = \"a\"\n", "a.toml:1: write each as [[scopes]]"),
            ("[[policy]]\nmax_days = 1\n", "a.toml:1: write it as [policy]"),
            ("[[keys]]\nname = \"a\"\nscopes = \"a\"\n", "a.toml:3: scopes: write a list"),
            ("[[keys]]\nname = \"a\"\nscopes = [\"a b\"]\n", "a.toml:3: scopes: write a list"),
            ("[[keys]]\nname = true\n", "a.toml:2: name: write a text"),
            ("[[scopes]]\nname = \"a\"\ndisabled = true\n", "a.toml:3: disabled: there is no such field"),
            ("[[keys]]\nname = \"a\"\ntoken = \"x\"\n", "a.toml:3: token: there is no such field"),
        ] {
            let wrong = read(text).unwrap_err();
            assert!(wrong.starts_with(expected), "{text}: {wrong}");
        }
    }
}
