//! The REST API as `OpenAPI` describes it: paths from the table of operations, and the schemas that they name, from the
//! fields that the domain reads.

use admin::{
    BulkAct,
    password::{MAX_LENGTH, MIN_LENGTH},
};
use axum::http::StatusCode;
use model::{
    account::Role,
    activity::Period,
    catalog::Kind,
    entry_input::Field,
    job::{JobKind, JobStatus, LineOutcome},
    key::{ArchiveReason, KeyStatus},
    key_input::KeyInput,
    listing::KeyFlag,
    name::{Email, Name},
};
use serde_json::{Map, Value, json};

use crate::{
    api::{
        catalog::schema_names,
        examples,
        fields::{self, SPAN, TEXT, nullable, reference},
        input::{Shape, choices, key_choices, shape},
        keys::FILTER,
        operation::{Operation, Parameter, Value as Held},
        usage::MAX_KEY,
    },
    import,
};

/// How JSON Lines are sent.
pub(super) const JSON_LINES: &str = "application/jsonl";
/// The form of an id.
const ID: &str = "^[0-9A-Za-z]{16}$";
/// The form of a list of entity tags (RFC 9110, 8.8.3).
const TAGS: &str = r#"^(W/)?"[!#-~]*"([ ]*,[ ]*(W/)?"[!#-~]*")*$"#;

/// The paths of these operations.
pub(super) fn paths<'a>(operations: impl Iterator<Item = &'a Operation>, origin: &str) -> Map<String, Value> {
    let mut paths: Map<String, Value> = Map::new();
    for operation in operations {
        let place = paths.entry(operation.path).or_insert_with(|| json!({}));
        place[operation.method.as_str().to_lowercase()] = described(operation, origin);
    }
    paths
}

fn problem(words: &str) -> Value {
    json!({ "description": words, "content": { "application/problem+json": { "schema": reference("Problem") } } })
}

fn described(operation: &Operation, origin: &str) -> Value {
    let mut parameters: Vec<Value> = names_in(operation.path).map(path_parameter).collect();
    parameters.extend(operation.query.iter().map(query_parameter));
    if operation.is_conditional {
        parameters.push(json!({
            "name": "If-Match", "in": "header", "required": true,
            "schema": { "anyOf": [{ "const": "*" }, { "type": "string", "pattern": TAGS }] },
            "description": "The ETag of what you change, or * for whatever is there.",
        }));
    }
    if operation.is_idempotent {
        parameters.push(json!({
            "name": "Idempotency-Key", "in": "header", "schema": { "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$" },
            "description": "A text of your own, such as a UUID. Sent again with the same body, it answers 200 with the same key and no token; with another body 409.",
        }));
    }
    let (status, schema) = operation.answer;
    // A request signing key is shown in a list alone.
    let has_address = operation.body != Some("NewRequestSigningKey");
    let mut responses = Map::new();
    let mut success = json!({ "description": success_words(status) });
    if status == StatusCode::CREATED {
        success["headers"] =
            json!({ "Location": { "description": "Where it is.", "schema": text(), "required": has_address } });
    }
    if let Some(schema) = schema {
        let example = examples::answer(schema);
        success["content"] = json!({ "application/json": { "schema": reference(schema), "example": example } });
        if operation.is_idempotent {
            let again = json!({ "description": "It was made by the same request before. The token was shown then.", "content": success["content"] });
            responses.insert("200".to_owned(), again);
        }
    }
    if let Some(line) = operation.answer_lines {
        success["content"] = json!({ JSON_LINES: { "schema": lines_of(line) } });
    }
    if let Some(status) = operation.or {
        let mut success = success.clone();
        success["description"] = success_words(status).into();
        responses.insert(status.as_u16().to_string(), success);
    }
    responses.insert(status.as_u16().to_string(), success);
    for (code, _, _) in PROBLEMS.into_iter().filter(|(_, _, holds)| holds(operation)) {
        responses.insert(code.to_owned(), json!({ "$ref": format!("#/components/responses/Problem{code}") }));
    }
    let scope = match operation.scope {
        Some(scope) => format!("The calling key holds the scope `{scope}`."),
        None => "Any valid key.".to_owned(),
    };
    let mut described = json!({
        "operationId": operation.id,
        "summary": operation.summary,
        "description": scope,
        "tags": [operation.path.split('/').nth(3).unwrap_or_default()],
        "security": [{ "key": [] }],
        "parameters": parameters,
        "responses": responses,
        "x-codeSamples": [{ "lang": "Shell", "source": sample(operation, origin) }],
    });
    if let Some(body) = operation.body {
        let media = json!({ "schema": reference(body), "example": examples::request(body) });
        let mut content = json!({ "application/json": media });
        if body.ends_with("Patch") {
            content["application/merge-patch+json"] = media;
        }
        described["requestBody"] = json!({ "required": operation.needs_body(), "content": content });
    }
    if let Some(line) = operation.body_lines {
        let media = json!({ "schema": lines_of(line), "example": examples::lines(line) });
        described["requestBody"] = json!({ "required": true, "content": { JSON_LINES: media } });
    }
    described
}

/// A problem that operations may answer with: its status, what it means, and whether an operation does.
type DescribedProblem = (&'static str, &'static str, fn(&Operation) -> bool);

const PROBLEMS: [DescribedProblem; 14] = [
    ("400", "The request cannot be read: a parameter, a header or the body is not of its form.", |_| true),
    ("401", "No key, two keys, or one that is not valid; with WWW-Authenticate.", |_| true),
    ("403", "The key's scopes, its grantor's role or its tenant do not reach so far.", |_| true),
    ("404", "There is nothing at this address that the key reaches.", |_| true),
    ("406", "Only application/json is answered.", |_| true),
    (
        "409",
        "Somebody else changed it at the same moment, or sent another request with this Idempotency-Key.",
        Operation::may_change,
    ),
    ("410", "A key that the same request made before is gone since.", |operation| operation.is_idempotent),
    ("412", "It changed since it was read.", Operation::may_change),
    ("413", "The body is too long: 64 KiB, or 64 MiB of an import.", Operation::may_change),
    ("415", "The body is sent as another kind.", Operation::takes_body),
    ("422", "Fields have to be mended; errors names them.", Operation::may_change),
    ("428", "If-Match is missing.", |operation| operation.is_conditional),
    ("429", "Too often, or too much; with Retry-After, RateLimit and RateLimit-Policy.", |_| true),
    ("503", "Nobody can tell now: try again.", |_| true),
];

/// Every response that operations refer to, by its name.
pub fn responses() -> Map<String, Value> {
    PROBLEMS.into_iter().map(|(code, words, _)| (format!("Problem{code}"), problem(words))).collect()
}

fn lines_of(schema: &str) -> Value {
    json!({ "description": format!("JSON Lines: on each line an object as the schema {schema} says.") })
}

fn success_words(status: StatusCode) -> &'static str {
    match status {
        StatusCode::CREATED => "It is made; Location says where it is.",
        StatusCode::ACCEPTED => "It is begun; Location says where it is seen how far it is.",
        StatusCode::NO_CONTENT => "It is done.",
        _ => "This is how it is.",
    }
}

fn sample(operation: &Operation, origin: &str) -> String {
    let path = operation.path.replace('{', "$").replace('}', "").to_uppercase();
    let path = operation
        .path
        .split('/')
        .zip(path.split('/'))
        .map(|(is, shouted)| if is.starts_with('{') { shouted } else { is });
    let mut lines = vec![format!("curl -X {} \"{origin}{}\"", operation.method, path.collect::<Vec<_>>().join("/"))];
    lines.push("  -H \"Authorization: Bearer $KEYWARD_API_KEY\"".to_owned());
    if operation.is_conditional {
        lines.push("  -H 'If-Match: *'".to_owned());
    }
    if let Some(body) = operation.body {
        lines.push("  -H 'Content-Type: application/json'".to_owned());
        lines.push(format!("  -d '{}'", examples::request(body)));
    }
    if operation.body_lines.is_some() {
        lines.push(format!("  -H 'Content-Type: {JSON_LINES}'"));
        lines.push("  --data-binary @keys.jsonl".to_owned());
    }
    lines.join(" \\\n")
}

fn names_in(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

fn path_parameter(name: &str) -> Value {
    json!({ "name": name, "in": "path", "required": true, "schema": fields::formed(ID), "description": "Its id." })
}

fn query_parameter(parameter: &Parameter) -> Value {
    let schema = match parameter.kind {
        Held::Text => fields::formed(TEXT),
        Held::UpTo(most) => json!({ "type": "integer", "minimum": 1, "maximum": most }),
        Held::OneOf(codes) => json!({ "type": "string", "enum": codes() }),
        Held::Formed(form) => fields::formed(form),
        Held::Instant => instant(),
        Held::Id => fields::formed(ID),
        Held::ListOf(codes) => {
            let schema = json!({ "type": "array", "minItems": 1, "items": { "type": "string", "enum": codes() } });
            let name = parameter.name;
            return json!({
                "name": name, "in": "query", "description": parameter.about, "schema": schema, "style": "form", "explode": false,
            });
        }
    };
    json!({ "name": parameter.name, "in": "query", "description": parameter.about, "schema": schema })
}

fn object(properties: Value, required: &[&str]) -> Value {
    json!({ "type": "object", "properties": properties, "required": required })
}

/// What a request may say: nothing else.
fn closed(properties: Value, required: &[&str]) -> Value {
    let mut schema = object(properties, required);
    schema["additionalProperties"] = false.into();
    schema
}

fn text() -> Value {
    json!({ "type": "string" })
}

fn maybe() -> Value {
    json!({ "type": ["string", "null"] })
}

fn texts() -> Value {
    json!({ "type": "array", "items": { "type": "string" } })
}

fn instant() -> Value {
    json!({ "type": "string", "format": "date-time" })
}

fn maybe_instant() -> Value {
    json!({ "type": ["string", "null"], "format": "date-time" })
}

fn number() -> Value {
    json!({ "type": "integer" })
}

fn list_of(name: &str, schema: &str) -> Value {
    object(json!({ name: { "type": "array", "items": reference(schema) } }), &[name])
}

fn page_of(name: &str, schema: &str) -> Value {
    let properties = json!({ name: { "type": "array", "items": reference(schema) }, "next_cursor": maybe() });
    object(properties, &[name, "next_cursor"])
}

/// Every schema by its name.
pub fn schemas() -> Map<String, Value> {
    let mut all = Map::new();
    let mut add = |name: &str, schema: Value| _ = all.insert(name.to_owned(), schema);
    add("KeyResource", key_resource());
    add("KeyPage", page_of("keys", "KeyResource"));
    let token = json!({ "type": ["string", "null"], "description": "The secret, this once; null when the same request made the key before." });
    add("IssuedKey", object(json!({ "key": reference("KeyResource"), "token": token }), &["key", "token"]));
    add("NewKey", fields::new_key());
    add("KeyPatch", fields::key_patch());
    add("Archive", closed(json!({ "reason": { "enum": ArchiveReason::ALL.map(ArchiveReason::code) } }), &[]));
    let time = |mut schema: Value| {
        schema["description"] = "For how long the old key works on: 0h, 24h, 7d.".into();
        schema
    };
    let overlap = time(fields::nullable(fields::formed(SPAN)));
    let mut rotation = closed(json!({ "overlap": overlap, "until": maybe_instant() }), &[]);
    rotation["not"] = json!({ "required": ["overlap", "until"] });
    add("Rotation", rotation);
    let mut extension = closed(json!({ "overlap": time(fields::formed(SPAN)), "until": instant() }), &[]);
    extension["oneOf"] = json!([{ "required": ["overlap"] }, { "required": ["until"] }]);
    add("Extension", extension);
    let bar = object(
        json!({ "at": instant(), "allowed": number(), "limited": number(), "refused": number() }),
        &["at", "allowed", "limited", "refused"],
    );
    let total = object(
        json!({ "allowed": number(), "limited": number(), "refused": number() }),
        &["allowed", "limited", "refused"],
    );
    let reasons =
        json!({ "type": "array", "items": object(json!({ "code": text(), "calls": number() }), &["code", "calls"]) });
    let usage = json!({ "period": { "enum": Period::ALL.map(Period::code) }, "step_seconds": number(), "bars": { "type": "array", "items": bar }, "total": total, "reasons": reasons });
    add("Usage", object(usage, &["period", "step_seconds", "bars", "total", "reasons"]));
    let caller = json!({
        "address": maybe(), "user_agent": text(), "asked": texts(), "source": maybe(), "kind": text(), "outcome": text(),
        "last_at": instant(), "calls": number(),
    });
    let caller = object(caller, &["address", "user_agent", "asked", "source", "kind", "outcome", "last_at", "calls"]);
    let callers =
        json!({ "callers": { "type": "array", "items": caller }, "described_calls": number(), "calls": number() });
    add("Callers", object(callers, &["callers", "described_calls", "calls"]));
    let event = json!({
        "seq": number(), "at": instant(), "actor": text(), "action": text(), "target": text(), "detail": { "type": "object" }, "hash": text(),
    });
    add("Event", object(event, &["seq", "at", "actor", "action", "target", "detail", "hash"]));
    add("EventPage", page_of("events", "Event"));
    let signing = json!({
        "id": text(), "label": text(), "fingerprint": text(), "public_key": text(), "created_at": instant(), "created_by": text(),
        "retired_at": maybe_instant(), "counts": { "type": "boolean" },
    });
    add(
        "RequestSigningKey",
        object(
            signing,
            &["id", "label", "fingerprint", "public_key", "created_at", "created_by", "retired_at", "counts"],
        ),
    );
    add("RequestSigningKeys", list_of("request_signing_keys", "RequestSigningKey"));
    let after = fields::nullable(fields::formed(SPAN));
    let new = json!({
        "label": fields::bounded(1, Name::MAX), "public_key": fields::bounded(1, 8192), "replace_after": after,
    });
    add("NewRequestSigningKey", closed(new, &["label", "public_key"]));
    let whoami = json!({ "key": reference("KeyResource"), "role": maybe(), "tenant": maybe() });
    add("Whoami", object(whoami, &["key", "role", "tenant"]));
    let account = json!({ "id": text(), "email": text(), "role": text(), "created_at": instant(), "disabled_at": maybe_instant() });
    add("Account", object(account, &["id", "email", "role", "created_at", "disabled_at"]));
    add("Accounts", list_of("accounts", "Account"));
    let email = json!({
        "type": "string", "minLength": 3, "maxLength": Email::MAX, "pattern": "^[^@\\s\\u0000]+@[^@\\s\\u0000]+$",
    });
    let role = json!({ "type": "string", "enum": Role::ALL.map(Role::code) });
    let password = fields::bounded(MIN_LENGTH, MAX_LENGTH);
    add(
        "NewAccount",
        closed(json!({ "email": email, "role": role, "password": password }), &["email", "role", "password"]),
    );
    add("Refusal", refusal());
    add("RefusalPage", page_of("refusals", "Refusal"));
    add("Explain", explain());
    let now = json!({ "anyOf": [reference("Verification"), { "type": "null" }], "description": "What it would be now; null when its key is gone, or was none." });
    let then = json!({ "anyOf": [reference("Refusal"), { "type": "null" }], "description": "The refusal as it was decided, for a request's id." });
    let presented = json!({ "type": "boolean", "description": "Whether a secret was presented. Without, it is judged as if it had been." });
    let explanation = json!({ "secret_presented": presented, "refusal": then, "now": now });
    add("Explanation", object(explanation, &["secret_presented", "refusal", "now"]));
    add_jobs(&mut add);
    for kind in Kind::ALL {
        let [entry, new, patch, entries] = schema_names(kind);
        add(entry, entry_resource(kind));
        add(patch, fields::entry_patch(kind));
        if kind != Kind::Policy {
            add(new, fields::new_entry(kind));
            add(entries, list_of(kind.code(), entry));
        }
    }
    all
}

fn refusal() -> Value {
    let check = object(json!({ "check": text(), "passed": { "type": ["boolean", "null"] } }), &["check", "passed"]);
    let properties = json!({
        "request_id": text(), "at": instant(), "code": reference("Code"), "detail": text(), "endpoint": text(), "key_id": maybe(),
        "key_name": maybe(), "scopes": texts(), "tenant": maybe(), "address": maybe(), "source": maybe(),
        "writes": { "type": "boolean" }, "checks": { "type": "array", "items": check },
    });
    every(properties)
}

/// What is to be explained: a key or a request, never both; and the request that a key is held against.
fn explain() -> Value {
    let said = |mut schema: Value, words: &str| {
        schema["description"] = words.into();
        schema
    };
    let properties = json!({
        "key": said(fields::bounded(1, MAX_KEY), "The key itself, its id or its name. It goes to the verifier and nowhere else."),
        "request_id": said(fields::formed(ID), "The id of a request that was refused."),
        "scope": said(fields::formed(TEXT), "What the key needs to hold, such as bookings.read, several separated by spaces; any scope will do without."),
        "tenant": said(fields::formed(TEXT), "The tenant that is asked for; the key's own without."),
        "address": said(fields::formed(TEXT), "Where the call comes from."),
        "method": said(fields::formed("^[A-Za-z]{0,16}$"), "The request's method; it reads without."),
    });
    let mut schema = closed(properties, &[]);
    schema["oneOf"] = json!([{ "required": ["key"] }, { "required": ["request_id"] }]);
    schema
}

/// An object that has all of these.
fn every(properties: Value) -> Value {
    let required: Vec<String> = properties.as_object().map(|all| all.keys().cloned().collect()).unwrap_or_default();
    json!({ "type": "object", "required": required, "properties": properties })
}

fn add_jobs(add: &mut impl FnMut(&str, Value)) {
    let job = json!({
        "id": text(), "kind": { "enum": JobKind::ALL.map(JobKind::code) }, "status": { "enum": JobStatus::ALL.map(JobStatus::code) },
        "action": { "enum": BulkAct::CODES.iter().map(|code| json!(code)).chain([Value::Null]).collect::<Vec<_>>() },
        "created_at": instant(), "created_by": text(), "total": number(), "done": number(), "same": number(),
        "refused": number(), "ended_at": maybe_instant(), "cancelled_by": maybe(), "failure": maybe(),
    });
    let names = [
        "id",
        "kind",
        "action",
        "status",
        "created_at",
        "created_by",
        "total",
        "done",
        "same",
        "refused",
        "ended_at",
        "cancelled_by",
        "failure",
    ];
    add("Job", object(job, &names));
    add("Jobs", list_of("jobs", "Job"));
    let outcome = json!({ "enum": LineOutcome::ALL.map(LineOutcome::code) });
    let line = json!({ "line": number(), "outcome": nullable(outcome.clone()), "key_id": maybe(), "detail": text() });
    add("JobLine", object(line, &["line", "outcome", "key_id", "detail"]));
    add("JobLines", page_of("lines", "JobLine"));
    let text_of = |parameter: &Parameter| match parameter.kind {
        Held::ListOf(codes) => {
            let codes = codes().join("|");
            fields::formed(&format!("^({codes})(,({codes}))*$"))
        }
        _ => query_parameter(parameter)["schema"].clone(),
    };
    let filter: Map<String, Value> =
        FILTER.iter().map(|parameter| (parameter.name.to_owned(), text_of(parameter))).collect();
    let mut filter = closed(filter.into(), &[]);
    filter["minProperties"] = 1.into();
    let properties = json!({
        "action": { "enum": BulkAct::CODES },
        "value": { "type": "string", "description": "The reason of archive, the group of move, the expiry of extend, the owner of hand_over." },
        "ids": { "type": "array", "items": fields::formed(ID), "minItems": 1, "maxItems": 200 },
        "filter": filter,
        "dry_run": { "type": "boolean" },
    });
    let mut bulk = closed(properties, &["action"]);
    bulk["oneOf"] = json!([{ "required": ["ids"] }, { "required": ["filter"] }]);
    add("Bulk", bulk);
    let one = json!({ "key_id": text(), "name": maybe(), "outcome": outcome, "detail": text() });
    let one = object(one, &["key_id", "name", "outcome", "detail"]);
    let result = json!({
        "keys": number(), "in_use": { "type": ["integer", "null"] }, "last_used_at": maybe_instant(),
        "results": { "type": "array", "items": one }, "job": nullable(reference("Job")),
    });
    add("BulkResult", object(result, &["keys", "in_use", "last_used_at", "results", "job"]));
    let line: Map<String, Value> = import::fields().map(|name| (name.to_owned(), json!({}))).collect();
    let mut line = closed(line.into(), &["name"]);
    line["description"] = "A key of another system. Exactly one of key (its string), sha256, hmac_sha256 and hash (bcrypt, scrypt, PBKDF2 or salted SHA, with found_by, the beginning of its string). A line {\"hmac_key\": \"...\"} before the others gives the key of their MACs.".into();
    add("ImportLine", line);
}

fn key_field(name: &str, is_list: bool) -> Value {
    match name {
        "metadata" => json!({ "type": "object" }),
        _ if is_list => texts(),
        name => key_choices(name).map_or_else(text, |choices| json!({ "enum": choices })),
    }
}

fn key_resource() -> Value {
    let evidence = |more: &[&str]| {
        let names = ["at", "by"].iter().chain(more);
        let properties: Map<String, Value> = names.clone().map(|name| ((*name).to_owned(), text())).collect();
        json!({ "type": ["object", "null"], "properties": properties, "required": names.collect::<Vec<_>>() })
    };
    let mut properties = json!({
        "id": text(), "series": text(), "masked": text(), "status": { "enum": KeyStatus::ALL.map(KeyStatus::code) },
        "flags": { "type": "array", "items": { "enum": KeyFlag::ALL.map(KeyFlag::code) } },
        "created_at": instant(), "created_by": text(), "last_used_at": maybe_instant(), "last_used_from": maybe(),
        "archived": evidence(&["reason"]), "off": evidence(&[]), "rotated_from": maybe(), "expires_at": maybe_instant(), "granted_by": maybe(),
    });
    for field in KeyInput::FIELDS.into_iter().filter(|field| field.name != "expires") {
        properties[field.name] = match field.name {
            "group" | "acts_as" | "quota" => maybe(),
            name => key_field(name, field.is_list),
        };
        properties[field.name]["description"] = format!("{}.", field.about).into();
    }
    let required: Vec<&str> =
        properties.as_object().map(|all| all.keys().map(String::as_str).collect()).unwrap_or_default();
    json!({ "type": "object", "required": required, "properties": properties })
}

fn entry_field(field: Field) -> Value {
    match (choices(field).map(|choices| json!({ "enum": choices })), shape(field)) {
        (Some(choice), Shape::List) => json!({ "type": "array", "items": choice }),
        (Some(choice), _) => choice,
        (None, Shape::Text) => text(),
        (None, Shape::List) => texts(),
        (None, Shape::Number) => number(),
    }
}

fn entry_resource(kind: Kind) -> Value {
    let mut properties = json!({});
    for field in kind.fields() {
        properties[field.code()] = entry_field(*field);
        properties[field.code()]["description"] = format!("{}.", field.words()).into();
    }
    if kind != Kind::Policy {
        for (name, schema) in [("id", text()), ("created_at", maybe_instant()), ("created_by", text())] {
            properties[name] = schema;
        }
    }
    if kind.can_be_disabled() {
        properties["disabled_at"] = maybe_instant();
    }
    let required: Vec<&str> =
        properties.as_object().map(|all| all.keys().map(String::as_str).collect()).unwrap_or_default();
    json!({ "type": "object", "required": required, "properties": properties })
}
