//! `GET /api/v1/openapi.json`: what machines can ask, as an `OpenAPI` 3.1 document. It is made from the same lists that the
//! endpoints decide by, so that no reason and no presentation can be missing.

use axum::{
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use model::{
    decision::{Decision, Reason},
    scope::{MAX_SCOPES, Scope},
    tenant::CredentialSource,
};
use serde_json::{Value, json};
use utoipa::{
    ToSchema,
    openapi::{RefOr, Schema},
};

use crate::{
    api,
    layers::{envelope::enclose, headers::browsers},
    machine::{
        jwks, leaks,
        problem::ProblemDocument,
        verify::{self, Body, VerifyAnswer},
    },
    state::AppState,
};

/// Where the document is.
pub const PATH: &str = "/api/v1/openapi.json";

/// How long anyone may keep it.
const KEPT: &str = "public, max-age=300";

/// What a used-up limit is answered with, unless a proxy asks for something else.
const ON_LIMIT: StatusCode = StatusCode::TOO_MANY_REQUESTS;

/// Answers.
pub async fn openapi(State(app): State<AppState>, request: Request) -> Response {
    let document = document(&app.config.public_url).to_string();
    let answer = |_, _| async {
        let headers = [(header::CONTENT_TYPE, "application/openapi+json"), (header::CACHE_CONTROL, KEPT)];
        (headers, document).into_response()
    };
    let mut response = enclose(&app, PATH, request, answer).await;
    browsers(response.headers_mut(), app.config.is_tls());
    response
}

/// The document of the console at this address.
pub fn document(origin: &str) -> Value {
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Keyward",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Whether an API key may do what is asked, and why not; and everything the console does, for programs.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": origin }],
        "paths": {
            "/api/v1/verify": { "post": ask(origin) },
            leaks::PATH: { "post": report(origin) },
            "/forward-auth": forward_auth(origin),
            "/forward-auth/envoy/{scope}/{tenant}/{path}": envoy(origin),
            jwks::PATH: { "get": {
                "operationId": "jwks",
                "summary": "The public keys of keys in the form of a JWT",
                "description": "For services that check JWTs offline (RFC 7517). An offline check sees neither archive nor switch-off, addresses nor limits.",
                "responses": { "200": { "description": "The keys. Ask again before five minutes have passed if a token names one that is not among them.", "content": { "application/jwk-set+json": { "schema": { "type": "object" } } } }, "503": problem("Nobody can tell now: try again.") },
                "x-codeSamples": [{ "lang": "Shell", "source": format!("curl {origin}{}", jwks::PATH) }],
            } },
            PATH: { "get": {
                "operationId": "openapi",
                "summary": "This document",
                "description": "The description of all of this for tools: OpenAPI 3.1.",
                "responses": { "200": { "description": "The document.", "content": { "application/openapi+json": { "schema": { "type": "object" } } } } },
                "x-codeSamples": [{ "lang": "Shell", "source": format!("curl {origin}{PATH}") }],
            } },
        },
        "components": {
            "securitySchemes": { "key": { "type": "http", "scheme": "bearer", "description": ways() } },
            "responses": api::responses(),
            "schemas": schemas(),
        },
    });
    for (path, operations) in api::paths(origin) {
        document["paths"][path] = operations;
    }
    for (name, schema) in api::schemas() {
        document["components"]["schemas"][name] = schema;
    }
    document
}

/// How a key may be presented.
fn ways() -> String {
    let ways: Vec<_> = CredentialSource::ALL.into_iter().map(CredentialSource::words).collect();
    format!(
        "A key comes as: {}. A tenant or the policy may accept fewer ways. Two keys at once are refused.",
        ways.join("; ")
    )
}

/// Every code, with what it means and what forward auth answers.
fn codes() -> Value {
    let code = |(code, words, status): (&str, &str, StatusCode)| json!({ "const": code, "description": words, "x-forward-auth-status": status.as_u16() });
    let reason = |reason: Reason| {
        let status = verify::status(Decision::Deny(reason.check(), reason), ON_LIMIT);
        (reason.code(), reason.words(), status)
    };
    let allowed = [("valid", "Every check passes.", StatusCode::OK)];
    let all: Vec<_> = allowed.into_iter().chain(Reason::ALL.map(reason)).map(code).collect();
    json!({ "type": "string", "oneOf": all })
}

/// The schemas of the types that the endpoints read and write.
fn schemas() -> Value {
    let mut all = Vec::new();
    named::<Body<'_>>(&mut all);
    named::<VerifyAnswer<'_>>(&mut all);
    named::<leaks::Body>(&mut all);
    named::<ProblemDocument<'_>>(&mut all);
    let mut all: serde_json::Map<String, Value> = all.into_iter().map(|(name, schema)| (name, json!(schema))).collect();
    all.insert("Code".to_owned(), codes());
    all["Scope"]["maxLength"] = Scope::MAX.into();
    // What no type says: one of the two, each way.
    all["VerifyRequest"]["allOf"] = json!([
        { "oneOf": [{ "required": ["scope"] }, { "required": ["scopes"] }] },
        { "anyOf": [{ "required": ["key"] }, { "required": ["headers"] }] },
    ]);
    all["LeakReport"]["oneOf"] = json!([
        { "required": ["token"], "properties": { "token": { "type": "string" }, "keys": { "type": "null" } } },
        { "required": ["keys"], "properties": { "keys": { "type": "array" }, "token": { "type": "null" } } },
    ]);
    all.into()
}

fn named<T: ToSchema>(all: &mut Vec<(String, RefOr<Schema>)>) {
    all.push((T::name().into_owned(), T::schema()));
    T::schemas(all);
}

fn problem(words: &str) -> Value {
    json!({ "description": words, "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } } })
}

/// The verify API.
fn ask(origin: &str) -> Value {
    let source = format!(
        "curl {origin}/api/v1/verify \\\n  -H \"Authorization: Bearer $VERIFY_KEY\" \\\n  -d '{{\"key\": \"'$KEYWARD_KEY'\", \"scope\": \"bookings.read\"}}'"
    );
    json!({
        "operationId": "verify",
        "summary": "Ask whether a key may do something",
        "description": "A service that holds a key with the scope keyward.verify asks about another one. A refusal is an answer too: 200 with valid set to false. A key of another tenant is wrong_tenant, and nothing is told of it.",
        "security": [{ "key": [] }],
        "requestBody": { "required": true, "content": { "application/json": { "schema": { "$ref": "#/components/schemas/VerifyRequest" } } } },
        "responses": {
            "200": { "description": "Yes, or no and why.", "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Verification" } } } },
            "400": problem("The question is not understood (bad_request), or two keys came at once (ambiguous_credentials)."),
            "401": problem("No key came to ask with (missing_credentials), or one that is not valid."),
            "403": problem("The asking key does not hold keyward.verify, names another tenant without keyward.any_tenant, or may not be used from here."),
            "405": problem("Ask with POST."),
            "413": problem("The body is longer than 64 KiB."),
            "415": problem("The body is compressed (unsupported_encoding): send it plain."),
            "431": problem("The headers have more than 200 lines or 32 KiB."),
            "429": problem("The asking key was used too often; Retry-After says how long to wait."),
            "503": problem("Nobody can tell now (unavailable): try again, and let nothing pass meanwhile."),
        },
        "x-codeSamples": [{ "lang": "Shell", "source": source }],
    })
}

/// Reports of leaks.
fn report(origin: &str) -> Value {
    let source = format!(
        "curl {origin}{} \\\n  -H 'Content-Type: application/json' \\\n  -d '{{\"token\": \"'$FOUND'\", \"source\": \"a public repository\"}}'",
        leaks::PATH
    );
    json!({
        "operationId": "report_leak",
        "summary": "Report a key that was found where it should not be",
        "description": "Anyone reports the key itself: the answer is the same whether there is such a key or not. Whoever holds a key with the scope keyward.leaks.write reports digests of keys of its tenant. What is found is switched off, and its page says so until somebody decides.",
        "security": [{}, { "key": [] }],
        "requestBody": { "required": true, "content": { "application/json": { "schema": { "$ref": "#/components/schemas/LeakReport" } } } },
        "responses": {
            "202": { "description": "It was received.", "content": { "application/json": { "schema": { "type": "object", "required": ["received"], "properties": { "received": { "const": true } } } } } },
            "400": problem("The report is not understood (bad_request), or two keys came at once (ambiguous_credentials)."),
            "401": problem("Digests were reported without a key, or with one that is not valid."),
            "403": problem("The reporting key does not hold keyward.leaks.write, or may not be used from here."),
            "405": problem("Report with POST."),
            "413": problem("The body is longer than 64 KiB."),
            "415": problem("The body is compressed (unsupported_encoding): send it plain."),
            "422": problem("The source is too long, or has several lines."),
            "429": problem("Too many reports came from this network, or in all; Retry-After says how long to wait."),
            "431": problem("The headers have more than 200 lines or 32 KiB."),
            "503": problem("It cannot be noted now: try again."),
        },
        "x-codeSamples": [{ "lang": "Shell", "source": source }],
    })
}

fn parameter(name: &str, place: &str, required: bool, words: &str) -> Value {
    let schema = match name {
        "scope" => json!({
            "type": "array", "minItems": 1, "maxItems": MAX_SCOPES, "items": { "$ref": "#/components/schemas/Scope" },
        }),
        "on_limit" => json!({ "type": "string", "enum": ["403", "429"] }),
        "path" => json!({ "type": "string", "pattern": "^[!-~]*$" }),
        "tenant" => json!({ "type": "string", "minLength": 1 }),
        _ => json!({ "type": "string" }),
    };
    // Several are separated by commas.
    let style = if place == "query" { "form" } else { "simple" };
    json!({
        "name": name, "in": place, "required": required, "description": words, "schema": schema, "style": style,
        "explode": false,
    })
}

/// Forward auth: its parameters, and how it is asked with curl.
fn forward_auth(origin: &str) -> Value {
    let parameters = [
        parameter("scope", "query", true, NEEDED),
        parameter("tenant", "query", false, "The tenant of the guarded service; by default the key's own."),
        parameter("on_limit", "query", false, "403 for proxies that know only 401 and 403; 429 by default."),
        parameter(
            "X-Forwarded-Method",
            "header",
            false,
            "The guarded request's method (or X-Original-Method), believed from a trusted proxy alone. Without it, every request counts as a write.",
        ),
        parameter(
            "X-Forwarded-Uri",
            "header",
            false,
            "The guarded request's address (or X-Original-URI, or X-Original-URL with the whole of it), believed from a trusted proxy alone. Two that differ are refused.",
        ),
        parameter("X-Forwarded-Host", "header", false, "The guarded request's host, which a signature covers."),
        parameter(
            "X-Forwarded-For",
            "header",
            false,
            "Where the request came from, believed from a trusted proxy alone.",
        ),
    ];
    let source = format!(
        "curl -i \"{origin}/forward-auth?scope=bookings.read\" \\\n  -H \"Authorization: Bearer $KEYWARD_KEY\""
    );
    let summary = "Let a proxy ask with the key itself";
    let words = "The proxy forwards the headers of the request it guards and lets it pass on 200. Any method will do; the body is not read.";
    any_method("forward_auth", summary, words, json!(parameters), &source)
}

/// The same for Envoy.
fn envoy(origin: &str) -> Value {
    let parameters = [
        parameter("scope", "path", true, NEEDED),
        parameter("tenant", "path", true, "The tenant of the guarded service; - for the key's own."),
        parameter(
            "path",
            "path",
            true,
            "The guarded request's path; its query, method and host are those of the request itself, believed from a trusted proxy alone.",
        ),
        parameter(
            "X-Forwarded-For",
            "header",
            false,
            "Where the request came from, believed from a trusted proxy alone.",
        ),
    ];
    let source = format!(
        "curl -i \"{origin}/forward-auth/envoy/bookings/-/rooms/1\" \\\n  -H \"Authorization: Bearer $KEYWARD_KEY\""
    );
    let summary = "Let Envoy ask with the request itself";
    let words = "Envoy's ext_authz appends the path that it guards to its path_prefix, /forward-auth/envoy/SCOPE/TENANT, and lets the request pass on 200.";
    any_method("forward_auth_envoy", summary, words, json!(parameters), &source)
}

/// What forward auth asks of a key.
const NEEDED: &str = "What the key must hold; any asks for none. things means things.read for GET, HEAD and OPTIONS, things.write otherwise; things.read means just that.";

/// Forward auth is asked with any method: a proxy may ask with the one it was asked with.
fn any_method(id: &str, summary: &str, words: &str, parameters: Value, source: &str) -> Value {
    let identity = ["Key-Id", "Key-Name", "Key-Series", "Subject", "Role", "Tenant", "Scopes"].map(|name| {
        let words = match name {
            "Key-Name" => "At most 240 bytes, percent-encoded where a header cannot carry it.",
            "Scopes" => "As many as 2,400 bytes hold, separated by spaces.",
            _ => "Set on every 200, empty where there is nothing to say.",
        };
        (format!("X-Keyward-{name}"), json!({ "description": words, "schema": { "type": "string" } }))
    });
    let operation = |method: &str| {
        json!({
            "operationId": format!("{id}_{method}"),
            "summary": summary,
            "description": words,
            "security": [{ "key": [] }],
            "parameters": parameters,
            "responses": {
                "200": { "description": "It may pass. The headers say who it is.", "headers": serde_json::Map::from_iter(identity.clone()) },
                "400": problem("The scope is missing, or a parameter is not known."),
                "401": problem("No key, two keys, or one that is not valid; with WWW-Authenticate."),
                "403": problem("A valid key, but not for this request, this way, from here; or a request that the proxy contradicts itself about."),
                "429": problem("Too often, or too much; with Retry-After, RateLimit and RateLimit-Policy."),
                "431": problem("The headers have more than 200 lines or 32 KiB."),
                "503": problem("Nobody can tell now: let nothing pass."),
            },
            "x-codeSamples": [{ "lang": "Shell", "source": source }],
        })
    };
    let methods = ["get", "head", "post", "put", "patch", "delete", "options"];
    serde_json::Map::from_iter(methods.map(|method| (method.to_owned(), operation(method)))).into()
}
