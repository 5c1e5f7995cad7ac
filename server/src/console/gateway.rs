//! The page of the gateway self-test.

use admin::{AdminError, GatewayForm};
use app::{form_outcome::FormOutcome, session::context::RequestContext};
use axum::{
    Extension,
    body::Bytes,
    extract::State,
    http::{StatusCode, request::Parts},
    response::Response,
};

use crate::console::{
    forms::{bad_form, pairs, status},
    pages::answer_form,
};
use crate::{ops::gateway_check, state::AppState};

/// Tests a gateway and says what was found.
pub async fn post_gateway(
    State(app): State<AppState>,
    Extension(context): Extension<RequestContext>,
    parts: Parts,
    body: Bytes,
) -> Response {
    let mut form = GatewayForm::default();
    for (field, value) in pairs(&body) {
        match field.as_str() {
            "url" => form.url = value,
            "scope" => form.scope = value,
            "tenant" => form.tenant = value,
            _ => return bad_form(),
        }
    }
    let found = match context.permit() {
        Ok(permit) => gateway_check::run(&context.admin, permit, &form).await.map_err(Some),
        Err(_) => Err(None),
    };
    let (status, view) = match found {
        Ok(report) => (StatusCode::OK, app::explain::load::gateway_report(&form, &report)),
        Err(Some(AdminError::Invalid(errors))) => {
            (StatusCode::UNPROCESSABLE_ENTITY, app::explain::load::gateway_refused(&form, &errors))
        }
        Err(error) => {
            let failure = error.map_or(app::error::ApiError::SignedOut, app::session::context::closed);
            (status(failure), app::explain::load::gateway_failed(&form, failure))
        }
    };
    answer_form(&app, parts, status, FormOutcome::Gateway(Box::new(view))).await
}
