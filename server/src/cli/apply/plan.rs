//! What differs between what there is and what there should be.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::HeaderValue;
use model::{
    address::Addresses,
    catalog::{Kind, Settings},
    entry_input::{EntryInput, Field},
    id::EntryId,
    label::Labels,
    limit::{Limits, Quota},
    name::{Description, Name, Owner, Word},
    scope::Scopes,
    time::Timestamp,
};
use serde_json::{Value, json, value::RawValue};

use super::file::{Thing, Wanted, title};
use crate::{
    api,
    cli::{
        client::{Client, value},
        error::CliError,
        keys::field_json,
        output::text,
    },
    json::{Object, merge_patch, raw},
};

/// For how long a new key works when its file does not say, as for `keys create`.
const LIFE: &str = "90d";
/// Names of what is not in the files that are listed at most.
const NAMED: usize = 20;

/// What differs.
pub(super) struct Plan {
    /// What is made or changed, in this order.
    pub(super) steps: Vec<Step>,
    /// How many are as they should be.
    same: usize,
    /// What is there, and not in the files.
    unnamed: Vec<String>,
}

/// Something that is made or changed.
pub(super) struct Step {
    pub(super) wanted: Wanted,
    /// Where it is, and the version that was compared; `None` for what is yet to be made.
    pub(super) seen: Option<Seen>,
    /// The fields that change.
    changes: Vec<Change>,
    /// The same as the API takes them.
    pub(super) body: Object,
    /// What it is switched to.
    pub(super) disable: Option<bool>,
}

/// What was compared.
pub(super) struct Seen {
    pub(super) path: String,
    pub(super) tag: Option<HeaderValue>,
}

struct Change {
    field: String,
    before: String,
    after: String,
}

impl Plan {
    /// Compares all that is wanted with what there is.
    pub(super) async fn of(client: &Client, wanted: Vec<Wanted>) -> Result<Self, CliError> {
        let mut plan = Self { steps: Vec::new(), same: 0, unnamed: Vec::new() };
        let mut there = Vec::new();
        for thing in Thing::ALL.into_iter().filter(|thing| wanted.iter().any(|wanted| wanted.thing == *thing)) {
            there.extend(Existing::all(client, thing).await?);
        }
        let mut named = BTreeSet::new();
        for wanted in wanted {
            named.insert(wanted.title());
            let known: Vec<_> = there.iter().filter(|known| known.title == wanted.title()).collect();
            let step = match known.as_slice() {
                [] => Some(Step::to_make(wanted)?),
                [one] if Step::to_change(&wanted, one)?.is_none() => None,
                [one] => {
                    // Compared again, with its version.
                    let answer = client.get(&one.path, &[]).await?;
                    let step = Step::to_change(&wanted, &Existing::of(wanted.thing, &answer.body))?;
                    step.map(|step| Step { seen: Some(Seen { path: one.path.clone(), tag: answer.tag }), ..step })
                }
                several => {
                    let message = format!(
                        "{}: {} keys are called so; give each a name of its own, or leave them out",
                        wanted.place,
                        several.len()
                    );
                    return Err(CliError::No(message));
                }
            };
            match step {
                Some(step) => plan.steps.push(step),
                None => plan.same += 1,
            }
        }
        let unnamed = there.into_iter().filter(|known| !known.is_built_in && !named.contains(&known.title));
        plan.unnamed = unnamed.map(|known| known.title).collect();
        Ok(plan)
    }

    /// How many keys are made.
    pub(super) fn new_keys(&self) -> usize {
        self.steps.iter().filter(|step| step.seen.is_none() && step.wanted.thing == Thing::Key).count()
    }

    pub(super) fn print(&self) {
        for step in &self.steps {
            println!("{} {}", if step.seen.is_some() { '~' } else { '+' }, step.wanted.title());
            for Change { field, before, after } in &step.changes {
                match step.seen {
                    Some(_) => println!("    {field}: {} -> {}", shown(before), shown(after)),
                    None => println!("    {field}: {}", shown(after)),
                }
            }
            if let Some(disable) = step.disable {
                println!("    {}", if disable { "is switched off" } else { "is switched on" });
            }
        }
        let made = self.steps.iter().filter(|step| step.seen.is_none()).count();
        if self.steps.is_empty() {
            println!("Nothing differs.");
        } else {
            println!("{made} to make, {} to change, {} as they should be.", self.steps.len() - made, self.same);
        }
        if !self.unnamed.is_empty() {
            let more = self.unnamed.len().saturating_sub(NAMED);
            let more = if more > 0 { format!(", and {more} more") } else { String::new() };
            let names: Vec<_> = self.unnamed.iter().take(NAMED).map(String::as_str).collect();
            println!("Not in the files, and left as it is: {}{more}.", names.join(", "));
        }
    }

    pub(super) fn as_json(&self) -> Value {
        let step = |step: &Step| {
            let fields = step.changes.iter().map(|Change { field, before, after }| {
                (field.clone(), json!({ "before": step.seen.is_some().then_some(before), "after": after }))
            });
            json!({
                "act": if step.seen.is_some() { "change" } else { "make" }, "kind": step.wanted.thing.word(),
                "name": step.wanted.name, "tenant": Some(&step.wanted.tenant).filter(|tenant| !tenant.is_empty()),
                "fields": fields.collect::<serde_json::Map<_, _>>(), "disabled": step.disable,
            })
        };
        json!({ "steps": self.steps.iter().map(step).collect::<Vec<_>>(), "same": self.same, "not_in_files": self.unnamed })
    }
}

/// A value on one line.
fn shown(text: &str) -> String {
    if text.is_empty() { "-".to_owned() } else { text.replace(['\r', '\n'], " ") }
}

/// Something that is there.
pub(super) struct Existing {
    pub(super) title: String,
    path: String,
    /// Its fields, as texts.
    pub(super) fields: BTreeMap<String, String>,
    pub(super) is_disabled: bool,
    /// Whether it comes with Keyward.
    pub(super) is_built_in: bool,
    series: String,
    is_over: bool,
}

impl Existing {
    /// All of a thing. Of a key that was rotated it is the newest generation; a key that is over counts no more.
    pub(super) async fn all(client: &Client, thing: Thing) -> Result<Vec<Self>, CliError> {
        let path = format!("/{}", thing.section());
        match thing {
            Thing::Entry(Kind::Policy) => Ok(vec![Self::of(thing, &client.get(&path, &[]).await?.body)]),
            Thing::Entry(_) => {
                let all = client.get(&path, &[]).await?.list(thing.section());
                Ok(all.iter().map(|one| Self::of(thing, one)).collect())
            }
            Thing::Key => {
                let (mut all, mut series) = (Vec::new(), BTreeSet::new());
                let keep = |key: &RawValue| {
                    let key = Self::of(thing, key);
                    if series.insert(key.series.clone()) && !key.is_over {
                        all.push(key);
                    }
                };
                client.each(&path, thing.section(), &[], usize::MAX, keep).await?;
                Ok(all)
            }
        }
    }

    fn of(thing: Thing, raw: &RawValue) -> Self {
        let shown = value(raw);
        let parts: Object = serde_json::from_str(raw.get()).unwrap_or_default();
        let field = |name: &str| match name {
            "expires" => shown["expires_at"].as_str().unwrap_or("never").to_owned(),
            "metadata" => parts.get(name).map(|metadata| metadata.get().to_owned()).unwrap_or_default(),
            name => text(&shown[name]),
        };
        let fields = thing.fields().into_iter().map(|name| (name.to_owned(), field(name))).collect();
        let tenant = if thing.is_in_tenant() { text(&shown["tenant"]) } else { String::new() };
        let path = match thing {
            Thing::Entry(Kind::Policy) => "/policy".to_owned(),
            thing => format!("/{}/{}", thing.section(), text(&shown["id"])),
        };
        Self {
            title: title(thing, &text(&shown["name"]), &tenant),
            path,
            fields,
            is_disabled: !shown["disabled_at"].is_null() || !shown["off"].is_null(),
            is_built_in: thing != Thing::Key && shown["created_at"].is_null(),
            series: text(&shown["series"]),
            is_over: shown["status"] == "expired",
        }
    }
}

impl Step {
    fn to_make(mut wanted: Wanted) -> Result<Self, CliError> {
        if wanted.thing == Thing::Key {
            wanted.fields.entry("expires".to_owned()).or_insert_with(|| LIFE.to_owned());
        }
        let after = written(&wanted, None)?;
        let given = wanted.fields.keys().map(String::as_str);
        let named = ["name"].into_iter().chain(wanted.thing.is_in_tenant().then_some("tenant"));
        let body = named.chain(given.clone()).map(|field| {
            let text = after.get(field).map_or("", String::as_str);
            Ok((field.to_owned(), field_of(wanted.thing, field, text)?))
        });
        let body = body.collect::<Result<_, CliError>>()?;
        let change = |field: &str| Change {
            field: field.to_owned(),
            before: String::new(),
            after: after.get(field).cloned().unwrap_or_default(),
        };
        let changes = given.map(change).collect();
        let disable = wanted.disabled.filter(|disabled| *disabled);
        Ok(Self { seen: None, changes, body, disable, wanted })
    }

    /// What changes; `None` when nothing does.
    fn to_change(wanted: &Wanted, there: &Existing) -> Result<Option<Self>, CliError> {
        let after = written(wanted, Some(there))?;
        let (mut changes, mut body) = (Vec::new(), Object::new());
        for field in wanted.fields.keys() {
            let (before, after) = (&there.fields[field], &after[field]);
            if is_same(field, before, after) {
                continue;
            }
            let mut value = field_of(wanted.thing, field, after)?;
            if field == "metadata"
                && let Ok(held) = serde_json::from_str::<&RawValue>(before)
            {
                value = merge_patch(held, &value);
            }
            if wanted.thing == Thing::Key && field == "form" {
                let message = format!("{}: form: a key stays what it was made as, {before}", wanted.place);
                return Err(CliError::Usage(message));
            }
            changes.push(Change { field: field.clone(), before: before.clone(), after: after.clone() });
            body.insert(field.clone(), value);
        }
        let disable = wanted.disabled.filter(|disabled| *disabled != there.is_disabled);
        if changes.is_empty() && disable.is_none() {
            return Ok(None);
        }
        let seen = Some(Seen { path: there.path.clone(), tag: None });
        Ok(Some(Self { wanted: wanted.clone(), seen, changes, body, disable }))
    }
}

/// A field as the API takes it.
fn field_of(thing: Thing, field: &str, text: &str) -> Result<Box<RawValue>, CliError> {
    match thing {
        Thing::Entry(kind) => {
            Ok(kind.field(field).map_or_else(|| raw(&()), |field| raw(&api::field_value(field, text))))
        }
        Thing::Key => field_json(field, text),
    }
}

/// The fields that are wanted, each in its one way of being written.
fn written(wanted: &Wanted, there: Option<&Existing>) -> Result<BTreeMap<String, String>, CliError> {
    let wrong = |field: &str, message: &str| CliError::Usage(format!("{}: {field}: {message}", wanted.place));
    let mut fields = wanted.fields.clone();
    fields.insert("name".to_owned(), wanted.name.clone());
    if wanted.thing.is_in_tenant() {
        fields.insert("tenant".to_owned(), wanted.tenant.clone());
    }
    let Thing::Entry(kind) = wanted.thing else {
        let field = |(name, text): (String, String)| match key_text(&name, &text) {
            Ok(text) => Ok((name, text)),
            Err(message) => Err(wrong(&name, &message)),
        };
        return fields.into_iter().map(field).collect();
    };
    let known = |fields: &BTreeMap<String, String>| -> EntryInput {
        fields.iter().filter_map(|(name, text)| Some((kind.field(name)?, text.clone()))).collect()
    };
    let base = there.map_or_else(|| kind.blank(), |there| known(&there.fields));
    // An id is asked for, and none of what is read here depends on it.
    let id = EntryId::parse("0000000000000000").ok_or(CliError::NotFound)?;
    match Settings::parse(kind, id, &base.with(&known(&fields))) {
        Ok(settings) => {
            Ok(settings.input().iter().map(|(field, text)| (field.code().to_owned(), text.to_owned())).collect())
        }
        Err(mistakes) => {
            let is_given = |field: &Field| fields.contains_key(field.code());
            match mistakes.iter().find(|(field, _)| is_given(field)).or(mistakes.first()) {
                Some((field, message)) => Err(wrong(field.code(), message)),
                None => Ok(fields),
            }
        }
    }
}

/// A field of a key in its one way of being written.
fn key_text(field: &str, text: &str) -> Result<String, String> {
    fn read<T: ToString, E: ToString>(read: Result<T, E>) -> Result<String, String> {
        read.map(|read| read.to_string()).map_err(|error| error.to_string())
    }
    match field {
        "name" => read(Name::parse(text)),
        "description" | "all_access_reason" => read(Description::parse(text)),
        "owner" => read(Owner::parse(text)),
        "scopes" => read(Scopes::parse(text)),
        "role" => read(Word::parse(text)),
        "labels" => read(Labels::parse(text)),
        "addresses" => read(Addresses::parse(text)),
        "limits" => read(Limits::parse(text)),
        "quota" => match Quota::parse(text) {
            Ok(quota) => Ok(quota.map(|quota| quota.to_string()).unwrap_or_default()),
            Err(error) => Err(error.to_string()),
        },
        "signed_writes" if text.is_empty() => Ok("optional".to_owned()),
        "form" if text.is_empty() => Ok("token".to_owned()),
        _ => Ok(text.trim().to_owned()),
    }
}

fn is_same(field: &str, before: &str, after: &str) -> bool {
    match field {
        // A time from now on counts when a key is made.
        "expires" if after == "never" => before == "never",
        "expires" => Timestamp::parse(after).is_none_or(|after| Timestamp::parse(before) == Some(after)),
        "metadata" => {
            let read = |text: &str| serde_json::from_str::<Value>(if text.is_empty() { "{}" } else { text }).ok();
            read(before) == read(after)
        }
        _ => before == after,
    }
}
