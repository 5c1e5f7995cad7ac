//! The page of the API reference, read out of the `OpenAPI` document, so that people and tools are told the same.

use app::{
    form_outcome::FormOutcome,
    reference::view::{CodeRow, FieldRow, OperationView, ReferenceView},
};
use axum::{
    extract::{Request, State},
    response::Response,
};
use model::tenant::CredentialSource;
use serde_json::Value;

use crate::{console::pages::render, machine::openapi, state::AppState};

/// The page.
pub async fn reference(State(app): State<AppState>, request: Request) -> Response {
    let view = read(&openapi::document(&app.config.public_url));
    render(&app, request, Some(FormOutcome::Reference(Box::new(view)))).await
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

/// The page's view of a document.
fn read(document: &Value) -> ReferenceView {
    let codes = document["components"]["schemas"]["Code"]["oneOf"].as_array();
    let code = |code: &Value| CodeRow {
        code: text(&code["const"]),
        words: text(&code["description"]),
        status: code["x-forward-auth-status"].as_u64().unwrap_or_default(),
    };
    // As a reader comes to them, not in the order of the alphabet.
    let order = ["/api/v1/verify", "/forward-auth", "/forward-auth/envoy/{scope}/{tenant}/{path}"];
    let mut operations: Vec<_> =
        entries(&document["paths"]).flat_map(|(path, methods)| operations_of(document, path, methods)).collect();
    let methods = ["GET", "POST", "PATCH", "DELETE"];
    let place = |list: &[&str], text: &str| list.iter().position(|one| *one == text).unwrap_or(list.len());
    operations.sort_by_key(|operation| {
        let OperationView { group, path, method, .. } = operation;
        (place(&order, path), group.clone(), path.clone(), place(&methods, method))
    });
    ReferenceView {
        operations,
        codes: codes.into_iter().flatten().map(code).collect(),
        ways: CredentialSource::ALL.map(|way| way.words().to_owned()).to_vec(),
        document: openapi::PATH.to_owned(),
    }
}

/// One path: what all methods do alike is told once.
fn operations_of(document: &Value, path: &str, methods: &Value) -> Vec<OperationView> {
    let mut all: Vec<_> = entries(methods).map(|(method, said)| operation(document, path, method, said)).collect();
    if let [first, .., last] = all.as_mut_slice()
        && first.summary == last.summary
    {
        "ANY".clone_into(&mut first.method);
        all.truncate(1);
    }
    all
}

fn operation(document: &Value, path: &str, method: &str, said: &Value) -> OperationView {
    let parameter = |parameter: &Value| FieldRow {
        name: text(&parameter["name"]),
        kind: match parameter["in"].as_str() {
            Some("header") => "header",
            Some("path") => "in the path",
            _ => "in the query",
        }
        .to_owned(),
        required: parameter["required"] == true,
        words: text(&parameter["description"]),
    };
    let status = |(status, response): (&String, &Value)| (status.clone(), text(&response["description"]));
    let answer = ["200", "201"].map(|status| &said["responses"][status]["content"]["application/json"]["schema"]);
    OperationView {
        group: said["tags"][0].as_str().unwrap_or("verification").to_owned(),
        id: text(&said["operationId"]),
        method: method.to_uppercase(),
        path: path.to_owned(),
        summary: text(&said["summary"]),
        description: text(&said["description"]),
        example: text(&said["x-codeSamples"][0]["source"]),
        parameters: said["parameters"].as_array().into_iter().flatten().map(parameter).collect(),
        question: fields(document, &said["requestBody"]["content"]["application/json"]["schema"]),
        answer: answer
            .into_iter()
            .map(|schema| fields(document, schema))
            .find(|fields| !fields.is_empty())
            .unwrap_or_default(),
        statuses: entries(&said["responses"]).map(status).collect(),
    }
}

/// The fields of a schema that another one names.
fn fields(document: &Value, schema: &Value) -> Vec<FieldRow> {
    let named = schema["$ref"].as_str().and_then(|name| document.pointer(name.trim_start_matches('#')));
    let Some(schema) = named else { return Vec::new() };
    let must = |name: &str| schema["required"].as_array().is_some_and(|all| all.iter().any(|one| one == name));
    // What may be left out may be null, too: that goes without saying.
    let alone = |kind: &Value| kind.as_array().and_then(|kinds| kinds.iter().find(|kind| **kind != "null")).cloned();
    let kind = |field: &Value| match alone(&field["type"]).as_ref().unwrap_or(&field["type"]).as_str() {
        Some("string") | None => "text",
        Some("integer") => "number",
        Some("boolean") => "true or false",
        Some("array") => "list",
        Some(_) => "object",
    };
    let row = |(name, field): (&String, &Value)| FieldRow {
        name: name.clone(),
        kind: kind(field).to_owned(),
        required: must(name),
        words: text(&field["description"]),
    };
    entries(&schema["properties"]).map(row).collect()
}
