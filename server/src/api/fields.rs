//! The fields that requests carry, as JSON Schema: what the domain takes, as far as a schema can say it. What depends on what
//! else is there (a name that is taken, a group that does not exist) no schema says; it is answered with 422.

use model::{
    address::MAX_ADDRESSES,
    catalog::Kind,
    entry_input::Field,
    key_input::{InputField, KeyInput},
    label::MAX_LABELS,
    limit::{Limits, MAX_LIMITS, Quota},
    name::{Description, Name, Owner, Prefix, Word},
    scope::MAX_SCOPES,
};
use serde_json::{Map, Value, json};

use crate::api::input::{EXPIRES_AT, Shape, choices, key_choices, shape};

/// The form of a length of time, such as `24h`.
pub(super) const SPAN: &str = "^(0|[0-9]{1,6}[mhd])$";
/// A whole number of calls, at most a thousand million of them.
const CALLS: &str = "0*([1-9][0-9]{0,8}|1000000000)";

/// The form of every text: it holds no NUL, which no database keeps.
pub(super) const TEXT: &str = "^[^\\u0000]*$";

/// A text of so many characters.
pub(super) fn bounded(min: usize, max: usize) -> Value {
    json!({ "type": "string", "minLength": min, "maxLength": max, "pattern": TEXT })
}

/// A text of this form.
pub(super) fn formed(pattern: &str) -> Value {
    json!({ "type": "string", "pattern": pattern })
}

/// What refers to the schema of this name.
pub(super) fn reference(schema: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{schema}") })
}

/// The same, or nothing.
pub(super) fn nullable(schema: Value) -> Value {
    json!({ "anyOf": [schema, { "type": "null" }] })
}

fn list(items: Value, min: usize, max: usize) -> Value {
    json!({ "type": "array", "items": items, "minItems": min, "maxItems": max, "uniqueItems": true })
}

fn codes(codes: &[&str]) -> Value {
    json!({ "type": "string", "enum": codes })
}

/// What makes a key: either end is given.
pub(super) fn new_key() -> Value {
    let mut schema = json!({
        "type": "object", "properties": key_fields(false), "required": ["name", "scopes"], "additionalProperties": false,
    });
    schema["oneOf"] = json!([{ "required": ["expires"] }, { "required": [EXPIRES_AT] }]);
    schema
}

/// What edits a key: one of the two ends, or none.
pub(super) fn key_patch() -> Value {
    let mut schema = json!({ "type": "object", "properties": key_fields(true), "additionalProperties": false });
    schema["not"] = json!({ "required": ["expires", EXPIRES_AT] });
    schema
}

fn key_fields(is_patch: bool) -> Map<String, Value> {
    let fields = KeyInput::FIELDS.into_iter().filter(|field| !is_patch || !field.is_fixed);
    let mut properties: Map<String, Value> = fields
        .map(|field| {
            let mut schema = key_field(field);
            schema["description"] = format!("{}.", field.about).into();
            (field.name.to_owned(), schema)
        })
        .collect();
    let end = json!({
        "type": ["string", "null"], "format": "date-time", "description": "The instant it ends, in place of expires; null for never.",
    });
    properties.insert(EXPIRES_AT.to_owned(), end);
    properties
}

/// A field of a key. Null stands for what is said when nothing is, where that says anything.
fn key_field(field: InputField) -> Value {
    let schema = match field.name {
        "name" => return bounded(1, Name::MAX),
        "scopes" => return list(reference("Scope"), 1, MAX_SCOPES),
        "expires" => return formed("^([0-9]{1,6}d|[0-9]{4}-[0-9]{2}-[0-9]{2}(T.+)?|never)$"),
        "description" | "all_access_reason" => bounded(0, Description::MAX),
        "owner" => bounded(0, Owner::MAX),
        "role" => bounded(0, Word::MAX),
        "labels" => list(formed("^[a-z][a-z0-9._-]{0,62}=[A-Za-z0-9._-]{1,63}$"), 0, MAX_LABELS),
        "addresses" => list(formed("^[0-9A-Fa-f:.]+(/[0-9]{1,3})?$"), 0, MAX_ADDRESSES),
        "limits" => list(formed(&format!("^{CALLS}/({})$", Limits::units().join("|"))), 0, MAX_LIMITS),
        "quota" => formed(&format!("^({CALLS}/({}))?$", Quota::units().join("|"))),
        "metadata" => json!({ "type": "object" }),
        name => key_choices(name).map_or_else(|| bounded(0, Name::MAX), |choices| codes(&choices)),
    };
    nullable(schema)
}

/// What makes an entry.
pub(super) fn new_entry(kind: Kind) -> Value {
    let required: &[&str] = if kind == Kind::Tenant { &["name", "prefix"] } else { &["name"] };
    json!({
        "type": "object", "properties": entry_fields(kind, false), "required": required, "additionalProperties": false,
    })
}

/// What edits an entry.
pub(super) fn entry_patch(kind: Kind) -> Value {
    json!({ "type": "object", "properties": entry_fields(kind, true), "additionalProperties": false })
}

fn entry_fields(kind: Kind, is_patch: bool) -> Map<String, Value> {
    let fields = kind.fields().iter().filter(|field| !is_patch || !kind.keeps(**field));
    fields
        .map(|field| {
            let mut schema = entry_field(kind, *field);
            schema["description"] = format!("{}.", field.words()).into();
            (field.code().to_owned(), schema)
        })
        .collect()
}

/// A field of an entry. Null stands for nothing, where an entry can do without.
fn entry_field(kind: Kind, field: Field) -> Value {
    let schema = match (field, shape(field)) {
        (Field::Name, _) => {
            return match kind {
                Kind::Scope => reference("Scope"),
                Kind::Tenant => {
                    json!({ "type": "string", "minLength": 1, "maxLength": Name::MAX, "pattern": "^[^\\s\\u0000]+$" })
                }
                _ => bounded(1, Name::MAX),
            };
        }
        (Field::Prefix, _) => return formed(&format!("^[0-9A-Za-z]{{2,{}}}$", Prefix::MAX)),
        (Field::Tenant, _) => return bounded(1, Name::MAX),
        (_, Shape::Number) => return json!({ "type": "integer", "minimum": 1, "maximum": 1_000_000 }),
        (Field::Presentations, _) => {
            let codes = codes(&choices(field).unwrap_or_default());
            return json!({ "type": "array", "items": codes, "minItems": 1, "uniqueItems": true });
        }
        (Field::Docs, _) => json!({ "type": "string", "maxLength": 300, "pattern": "^(https?://[!-~]*)?$" }),
        (Field::Headers, _) => {
            list(formed("^[A-Za-z][0-9A-Za-z-]{0,36}(key|token|secret|KEY|TOKEN|SECRET|Key|Token|Secret)$"), 0, 8)
        }
        (Field::Schemes, _) => list(formed("^[A-Za-z][0-9A-Za-z-]{0,39}$"), 0, 8),
        (Field::Required | Field::Optional, _) => list(reference("Scope"), 0, MAX_SCOPES),
        (Field::Opened, _) => {
            json!({ "type": "array", "items": { "type": "string", "pattern": "^[^\\s,\\u0000]+$" }, "uniqueItems": true })
        }
        (field, _) => choices(field).map_or_else(|| bounded(0, Description::MAX), |choices| codes(&choices)),
    };
    nullable(schema)
}
