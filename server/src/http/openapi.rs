//! `GET /api/v1/openapi.json`: what machines can ask, as an `OpenAPI` 3.1 document. It is made from the same lists that the
//! doors decide by, so that no reason and no presentation can be missing.

use axum::{
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use keyward::{
    decision::{Check, Decision, Reason},
    tenant::Presentation,
};
use serde_json::{Value, json};

use super::{jwks, verify};
use crate::{
    layers::{around, browsers},
    router::App,
};

/// Where the document is.
pub const PATH: &str = "/api/v1/openapi.json";

/// How long anyone may keep it.
const KEPT: &str = "public, max-age=300";

/// What a used-up limit is answered with, unless a proxy asks for something else.
const ON_LIMIT: StatusCode = StatusCode::TOO_MANY_REQUESTS;

/// Answers.
pub async fn openapi(State(app): State<App>, request: Request) -> Response {
    let document = document(&app.config.public_url).to_string();
    let answer = |_, _| async {
        let headers = [(header::CONTENT_TYPE, "application/openapi+json"), (header::CACHE_CONTROL, KEPT)];
        (headers, document).into_response()
    };
    let mut response = around(&app, PATH, request, answer).await;
    browsers(response.headers_mut(), app.config.is_tls());
    response
}

/// The document of the console at this address.
pub fn document(origin: &str) -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Keyward",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Whether an API key opens a door, and why not.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": origin }],
        "paths": {
            "/api/v1/verify": { "post": ask(origin) },
            "/forward-auth": forward_auth(origin),
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
            "schemas": { "Code": codes(), "Question": question(), "Answer": answer(), "Problem": problem_schema() },
        },
    })
}

/// How a key may be presented.
fn ways() -> String {
    let ways: Vec<_> = Presentation::ALL.into_iter().map(Presentation::words).collect();
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
    let allowed = [("valid", "It opens the door.", StatusCode::OK)];
    let all: Vec<_> = allowed.into_iter().chain(Reason::ALL.map(reason)).map(code).collect();
    json!({ "type": "string", "oneOf": all })
}

fn text(words: &str) -> Value {
    json!({ "type": "string", "description": words })
}

fn number(words: &str) -> Value {
    json!({ "type": "integer", "description": words })
}

/// The body of a question.
fn question() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "key": text("The key as it was presented. Give it, or the request's headers and uri."),
            "scope": text("What the key must hold, such as bookings.read; \"any\" asks for none. Required, unless scopes is given."),
            "scopes": { "type": "array", "items": { "type": "string" }, "description": "Several scopes, all of which it must hold, in place of scope." },
            "tenant": text("The tenant the door is in; by default the one of the asking key."),
            "address": text("Where the call came from. A key with an address list is refused without it."),
            "method": text("The guarded request's method. GET, HEAD and OPTIONS read; anything else, and none, writes."),
            "uri": text("The guarded request's address; a key may be in its query, and a signature covers it."),
            "headers": { "type": "object", "description": "The guarded request's headers, each a text or a list of texts: the key and its signature are found in them." },
            "digest": text("The digest of the body that arrived, in the form of Content-Digest (RFC 9530), to prove a signed write."),
            "cost": number("How many calls it counts as; 1 by default."),
        },
    })
}

/// The body of an answer.
fn answer() -> Value {
    json!({
        "type": "object",
        "required": ["valid", "code", "request_id", "checks"],
        "properties": {
            "valid": { "type": "boolean", "description": "Whether the key opens the door." },
            "code": { "$ref": "#/components/schemas/Code", "description": "valid, or why not." },
            "request_id": text("The request's id: the console explains a refusal by it."),
            "detail": text("What would have made it pass; left out when it passed."),
            "key": { "type": "object", "description": "The key, when its exact secret was presented: id, name, tenant, group, owner, subject, role, scopes, expires_at, metadata." },
            "limits": { "type": "array", "items": { "type": "object" }, "description": "What is left: limit, remaining, reset in seconds." },
            "retry_after": number("Seconds until it may pass again, where a limit refused."),
            "checks": { "type": "array", "items": { "type": "object" }, "description": checks() },
        },
    })
}

fn checks() -> String {
    let codes: Vec<_> = Check::ALL.into_iter().map(Check::code).collect();
    format!("Every check in its order, each passed, failed (false) or not reached (null): {}.", codes.join(", "))
}

fn problem_schema() -> Value {
    json!({
        "type": "object",
        "description": "RFC 9457.",
        "properties": {
            "type": text("about:blank"),
            "title": text("The status in words."),
            "status": number("The status."),
            "code": text("A stable code."),
            "detail": text("What to do."),
            "request_id": text("The request's id."),
        },
    })
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
        "summary": "Ask whether a key opens a door",
        "description": "A service that holds a key with the scope keyward.verify asks about another one. A refusal is an answer too: 200 with valid set to false. A key of another tenant is wrong_tenant, and nothing is told of it.",
        "security": [{ "key": [] }],
        "requestBody": { "required": true, "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Question" } } } },
        "responses": {
            "200": { "description": "Yes, or no and why.", "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Answer" } } } },
            "400": problem("The question is not understood (bad_request), or two keys came at once (ambiguous_credentials)."),
            "401": problem("No key came to ask with (missing_credentials), or one that is not valid."),
            "403": problem("The asking key does not hold keyward.verify, names another tenant without keyward.any_tenant, or may not be used from here."),
            "405": problem("Ask with POST."),
            "413": problem("The body is longer than 64 KiB."),
            "429": problem("The asking key was used too often; Retry-After says how long to wait."),
            "503": problem("Nobody can tell now (unavailable): try again, and let nothing pass meanwhile."),
        },
        "x-codeSamples": [{ "lang": "Shell", "source": source }],
    })
}

/// Forward auth, with any method: a proxy may ask with the one it was asked with.
fn forward_auth(origin: &str) -> Value {
    let parameter = |name: &str, place: &str, required: bool, words: &str| json!({ "name": name, "in": place, "required": required, "description": words, "schema": { "type": "string" } });
    let identity = ["Key-Id", "Key-Name", "Subject", "Role", "Tenant", "Scopes"].map(|name| {
        let words = json!({ "description": "Set on every 200, empty where there is nothing to say.", "schema": { "type": "string" } });
        (format!("X-Keyward-{name}"), words)
    });
    let source = format!(
        "curl -i \"{origin}/forward-auth?scope=bookings.read\" \\\n  -H \"Authorization: Bearer $KEYWARD_KEY\""
    );
    let operation = |method: &str| {
        json!({
            "operationId": format!("forward_auth_{method}"),
            "summary": "Let a proxy ask with the key itself",
            "description": "The proxy forwards the headers of the request it guards and lets it pass on 200. Any method will do; the body is not read.",
            "security": [{ "key": [] }],
            "parameters": [
                parameter("scope", "query", true, "What the key must hold; any asks for none. things means things.read for GET, HEAD and OPTIONS, things.write otherwise; things.read means just that."),
                parameter("tenant", "query", false, "The tenant the door is in; by default the key's own."),
                parameter("on_limit", "query", false, "403 for proxies that know only 401 and 403; 429 by default."),
                parameter("X-Forwarded-Method", "header", false, "The guarded request's method (or X-Original-Method), believed from a trusted proxy alone. Without it, every request counts as a write."),
                parameter("X-Forwarded-Uri", "header", false, "The guarded request's address (or X-Original-URI), believed from a trusted proxy alone."),
                parameter("X-Forwarded-Host", "header", false, "The guarded request's host, which a signature covers."),
                parameter("X-Forwarded-For", "header", false, "Where the request came from, believed from a trusted proxy alone."),
            ],
            "responses": {
                "200": { "description": "It may pass. The headers say who it is.", "headers": serde_json::Map::from_iter(identity.clone()) },
                "400": problem("The scope is missing, or a parameter is not known."),
                "401": problem("No key, two keys, or one that is not valid; with WWW-Authenticate."),
                "403": problem("A valid key, but not for this door, this way, from here."),
                "429": problem("Too often, or too much; with Retry-After, RateLimit and RateLimit-Policy."),
                "503": problem("Nobody can tell now: let nothing pass."),
            },
            "x-codeSamples": [{ "lang": "Shell", "source": source }],
        })
    };
    let methods = ["get", "head", "post", "put", "patch", "delete", "options"];
    serde_json::Map::from_iter(methods.map(|method| (method.to_owned(), operation(method)))).into()
}
