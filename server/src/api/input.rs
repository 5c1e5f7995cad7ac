//! What a body says, as the texts that the domain reads: the fields of a key and of an entry of the catalog.

use model::{
    catalog::{Gate, Risk},
    entry_input::{EntryInput, Field},
    key::{Form, SignedWrites},
    key_input::{InputField, KeyInput},
    policy::Permission,
    tenant::{AllAccess, CredentialSource},
};
use serde_json::{Number, Value, value::RawValue};

use crate::{
    api::call::instant,
    json::{Object, raw},
};

/// A field, and what is wrong with it.
type Wrong = (String, String);

/// The name of the instant of an end, in place of `expires`.
pub(super) const EXPIRES_AT: &str = "expires_at";

/// The fields of a key that a body may have.
pub(super) fn key_fields() -> Vec<&'static str> {
    KeyInput::FIELDS.into_iter().map(|field| field.name).chain([EXPIRES_AT]).collect()
}

/// Writes what a body says over `input`. Null stands for what is said when nothing is. With `is_edit`, what stays as it was
/// made is refused.
pub(super) fn apply(mut input: KeyInput, body: &Object, is_edit: bool) -> Result<KeyInput, Vec<Wrong>> {
    let mut wrong = Vec::new();
    for field in KeyInput::FIELDS {
        let Some(value) = body.get(field.name) else { continue };
        let merged = (is_edit && field.name == "metadata").then(|| merged(&input.metadata, value));
        match text_of(field, merged.as_deref().unwrap_or(value)) {
            Ok(text) => {
                let Some(place) = input.get_mut(field.name) else { continue };
                if is_edit && field.is_fixed && *place != text {
                    wrong.push((field.name.to_owned(), "It stays as the key was made.".to_owned()));
                }
                *place = text;
            }
            Err(message) => wrong.push((field.name.to_owned(), message.to_owned())),
        }
    }
    match (body.get(EXPIRES_AT).map(|value| read(value)), body.contains_key("expires")) {
        (None, _) => {}
        (Some(_), true) => wrong.push((EXPIRES_AT.to_owned(), "Give either expires or expires_at.".to_owned())),
        (Some(Value::Null), false) => "never".clone_into(&mut input.expires),
        (Some(Value::String(at)), false) if instant(&at).is_some() => input.expires = at,
        (Some(_), false) => {
            wrong.push((EXPIRES_AT.to_owned(), "Give an instant (RFC 3339), or null for never.".to_owned()));
        }
    }
    if wrong.is_empty() { Ok(input) } else { Err(wrong) }
}

/// A merge patch of an object (RFC 7396): what is null goes, what is named is replaced, objects are merged. Numbers stay as
/// they are written.
fn merged(text: &str, patch: &RawValue) -> Box<RawValue> {
    let Ok(patches) = serde_json::from_str::<Object>(patch.get()) else { return patch.to_owned() };
    let mut object: Object = serde_json::from_str(text).unwrap_or_default();
    for (name, value) in patches {
        if value.get() == "null" {
            object.remove(&name);
        } else {
            let before = object.get(&name).map_or("", |before| before.get());
            let value = merged(before, &value);
            object.insert(name, value);
        }
    }
    raw(&object)
}

fn read(value: &RawValue) -> Value {
    serde_json::from_str(value.get()).unwrap_or_default()
}

fn text_of(field: InputField, value: &RawValue) -> Result<String, &'static str> {
    match read(value) {
        Value::Null => Ok(String::new()),
        Value::Object(_) if field.name == "metadata" => Ok(value.get().to_owned()),
        _ if field.name == "metadata" => Err("Give a JSON object, or null."),
        Value::Array(values) if field.is_list => list(&values),
        _ if field.is_list => Err("Give a list of texts."),
        Value::String(text) if text.is_empty() && key_choices(field.name).is_some() => Err(NO_CHOICE),
        Value::String(text) => Ok(text),
        _ => Err("Give a text, or null."),
    }
}

/// Said of the empty text in place of a code.
const NO_CHOICE: &str = "Choose one of its codes, or leave it out.";

/// The codes that a field of a key has, if it has some.
pub(super) fn key_choices(name: &str) -> Option<Vec<&'static str>> {
    match name {
        "signed_writes" => Some(SignedWrites::ALL.map(SignedWrites::code).into()),
        "form" => Some(Form::ALL.map(Form::code).into()),
        _ => None,
    }
}

/// The codes that a field of an entry has, if it has some.
pub(super) fn choices(field: Field) -> Option<Vec<&'static str>> {
    match field {
        Field::Presentations => Some(CredentialSource::ALL.map(CredentialSource::code).into()),
        Field::Risk => Some(Risk::ALL.map(Risk::code).into()),
        Field::Gate => Some(Gate::ALL.map(Gate::code).into()),
        Field::AllAccess => Some(AllAccess::ALL.map(AllAccess::code).into()),
        Field::Never | Field::Probes => Some(Permission::ALL.map(Permission::code).into()),
        _ => None,
    }
}

/// Texts as one. None of them holds what separates them, and none is there twice.
fn list(values: &[Value]) -> Result<String, &'static str> {
    let texts: Option<Vec<&str>> = values.iter().map(Value::as_str).collect();
    let is_one = |text: &&str| !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c == ',');
    let Some(texts) = texts.filter(|texts| texts.iter().all(is_one)) else {
        return Err("Give a list of texts without spaces and commas in them.");
    };
    let is_repeated = (1..texts.len()).any(|place| texts[..place].contains(&texts[place]));
    if is_repeated { Err("Give each of them once.") } else { Ok(texts.join(" ")) }
}

/// How a field of an entry is written in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// A text.
    Text,
    /// A list of texts.
    List,
    /// A whole number.
    Number,
}

/// The shape of a field.
pub(super) fn shape(field: Field) -> Shape {
    match field {
        Field::Presentations | Field::Headers | Field::Schemes | Field::Opened | Field::Required | Field::Optional => {
            Shape::List
        }
        Field::MinDays | Field::MaxDays | Field::KeysPerOwner => Shape::Number,
        Field::Name
        | Field::Prefix
        | Field::Docs
        | Field::AllAccess
        | Field::Tenant
        | Field::Description
        | Field::Sentence
        | Field::Read
        | Field::Write
        | Field::Risk
        | Field::Gate
        | Field::Never
        | Field::Probes => Shape::Text,
    }
}

/// What a body says of an entry with these fields.
pub(super) fn entry(fields: &[Field], body: &Object) -> Result<EntryInput, Vec<Wrong>> {
    let mut wrong = Vec::new();
    let mut input = EntryInput::default();
    for field in fields {
        let Some(value) = body.get(field.code()) else { continue };
        let text = match (shape(*field), read(value)) {
            (_, Value::Null) => Ok(String::new()),
            (Shape::Text, Value::String(text)) if text.is_empty() && choices(*field).is_some() => Err(NO_CHOICE),
            (Shape::Text, Value::String(text)) => Ok(text),
            (Shape::List, Value::Array(values)) => list(&values),
            (Shape::Number, Value::Number(number)) => Ok(whole(&number)),
            (Shape::Text, _) => Err("Give a text, or null."),
            (Shape::List, _) => Err("Give a list of texts."),
            (Shape::Number, _) => Err("Give a whole number."),
        };
        match text {
            Ok(text) => _ = input.set(*field, text),
            Err(message) => wrong.push((field.code().to_owned(), message.to_owned())),
        }
    }
    if wrong.is_empty() { Ok(input) } else { Err(wrong) }
}

/// A number as the domain reads it: `7.0` is a whole one.
fn whole(number: &Number) -> String {
    let text = number.to_string();
    text.strip_suffix(".0").unwrap_or(&text).to_owned()
}

/// A field of an entry as it is typed, in JSON. What is no number stays a text, which is refused by its name.
pub(crate) fn typed(field: Field, text: &str) -> Value {
    match shape(field) {
        Shape::Number if text.is_empty() => Value::Null,
        Shape::Number => text.trim().parse::<i64>().map_or_else(|_| text.into(), Value::from),
        Shape::Text | Shape::List => value(field, text),
    }
}

/// A field of an entry, in JSON.
pub(super) fn value(field: Field, text: &str) -> Value {
    match shape(field) {
        Shape::Text => text.into(),
        Shape::List => text.split_whitespace().collect::<Vec<_>>().into(),
        Shape::Number => text.parse::<i64>().map_or(Value::Null, Value::from),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(text: &str) -> Object {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_body_says_what_a_form_would() {
        let said = r#"{"name": "Lobby", "scopes": ["a.read", "b"], "labels": ["env=prod"], "metadata": {"n": 1.50},
            "addresses": [], "group": null, "expires": "90d"}"#;
        let input = apply(KeyInput { group: "old".to_owned(), ..KeyInput::default() }, &body(said), false).unwrap();
        assert_eq!(
            (input.name.as_str(), input.scopes.as_str(), input.labels.as_str()),
            ("Lobby", "a.read b", "env=prod")
        );
        assert_eq!((input.metadata.as_str(), input.group.as_str()), (r#"{"n": 1.50}"#, ""));
        let until = apply(KeyInput::default(), &body(r#"{"expires_at": "2027-01-01T00:00:00Z"}"#), true).unwrap();
        assert_eq!(until.expires, "2027-01-01T00:00:00Z");
        assert_eq!(apply(KeyInput::default(), &body(r#"{"expires_at": null}"#), true).unwrap().expires, "never");
    }

    #[test]
    fn metadata_is_merged_as_a_merge_patch_says() {
        for (held, patch, expected) in [
            (r#"{"b":2,"n":{"x":1}}"#, r#"{"a":1,"n":{"y":2.50}}"#, r#"{"a":1,"b":2,"n":{"x":1,"y":2.50}}"#),
            (r#"{"a":1,"b":2}"#, r#"{"a":null,"c":null}"#, r#"{"b":2}"#),
            (r#"{"a":[1]}"#, r#"{"a":[2],"d":{"x":null,"y":1}}"#, r#"{"a":[2],"d":{"y":1}}"#),
            ("", r#"{"a":1}"#, r#"{"a":1}"#),
        ] {
            let input = KeyInput { metadata: held.to_owned(), ..KeyInput::default() };
            let body = body(&format!(r#"{{"metadata": {patch}}}"#));
            assert_eq!(apply(input, &body, true).unwrap().metadata, expected, "{held} {patch}");
        }
    }

    #[test]
    fn what_is_of_another_shape_is_refused_by_its_name() {
        for (said, field) in [
            (r#"{"name": 1}"#, "name"),
            (r#"{"scopes": "a b"}"#, "scopes"),
            (r#"{"scopes": ["a b"]}"#, "scopes"),
            (r#"{"scopes": [1]}"#, "scopes"),
            (r#"{"scopes": ["a", "b", "a"]}"#, "scopes"),
            (r#"{"signed_writes": ""}"#, "signed_writes"),
            (r#"{"metadata": "{}"}"#, "metadata"),
            (r#"{"expires_at": "90d"}"#, "expires_at"),
            (r#"{"expires": "90d", "expires_at": null}"#, "expires_at"),
            (r#"{"tenant": "other"}"#, "tenant"),
        ] {
            let wrong = apply(KeyInput { tenant: "default".to_owned(), ..KeyInput::default() }, &body(said), true);
            assert_eq!(wrong.unwrap_err()[0].0, field, "{said}");
        }
        for (said, field) in [
            (r#"{"min_days": "7"}"#, "min_days"),
            (r#"{"presentations": "raw"}"#, "presentations"),
            (r#"{"never": ""}"#, "never"),
        ] {
            assert_eq!(entry(model::catalog::Kind::Policy.fields(), &body(said)).unwrap_err()[0].0, field, "{said}");
        }
        let days = entry(model::catalog::Kind::Policy.fields(), &body(r#"{"min_days": 7.0}"#)).unwrap();
        assert_eq!(days.get(Field::MinDays), "7");
    }
}
