//! What the calling key is and may do.

use axum::http::{Method, StatusCode};
use serde_json::json;

use crate::api::{
    Answer, Operation,
    call::{Call, json as answer},
    keys::resource,
};

pub(super) fn operation() -> Operation {
    let said = ("whoami", "What the calling key is and may do");
    Operation::new((Method::GET, "/api/v1/whoami"), said, None, |call| Box::pin(whoami(call)))
        .answers(StatusCode::OK, "Whoami")
}

async fn whoami(call: Call) -> Answer {
    let key = &call.key.key;
    let role = call.granted.as_ref().map(|permit| permit.role().code());
    let tenant = call.granted.as_ref().and_then(|permit| permit.only_tenant());
    let body = json!({ "key": resource(key, None, None, call.now()), "role": role, "tenant": tenant });
    Ok(answer(StatusCode::OK, &body))
}
