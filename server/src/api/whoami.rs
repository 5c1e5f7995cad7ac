//! What the calling key is and may do.

use std::future::ready;

use axum::{
    http::{Method, StatusCode},
    response::Response,
};
use serde_json::json;

use crate::api::{
    call::{Call, CallEndpoint, json as answer},
    keys::resource,
};

pub(super) fn operation() -> CallEndpoint {
    let said = ("whoami", "What the calling key is and may do");
    CallEndpoint::new((Method::GET, "/api/v1/whoami"), said, None, |call| Box::pin(ready(Ok(whoami(&call)))))
        .answers(StatusCode::OK, "Whoami")
}

fn whoami(call: &Call) -> Response {
    let key = call.key.as_ref().map(|known| resource(&known.key, None, None, call.now()));
    let role = call.granted.as_ref().map(|permit| permit.role().code());
    let tenant = call.granted.as_ref().and_then(|permit| permit.only_tenant());
    let body = json!({ "key": key, "role": role, "tenant": tenant });
    answer(StatusCode::OK, &body)
}
