//! The page of the gateway self-test.

use std::mem;

use admin::{AdminError, GatewayForm};
use app::{
    error::ApiError,
    explain::load::{gateway_failed, gateway_refused, gateway_report},
    form_outcome::FormOutcome,
    session::context::closed,
};
use axum::{http::StatusCode, response::Response};

use crate::{
    console::{
        form_post::{Form, FormPost, Pairs},
        forms::status,
    },
    ops::gateway_check,
};

impl Form for GatewayForm {
    fn read(pairs: &mut Pairs) -> Option<Self> {
        let mut form = Self::default();
        for (field, value) in mem::take(pairs) {
            match field.as_str() {
                "url" => form.url = value,
                "scope" => form.scope = value,
                "tenant" => form.tenant = value,
                _ => return None,
            }
        }
        Some(form)
    }
}

/// Tests a gateway and says what was found.
pub async fn post_gateway(FormPost(form, post): FormPost<GatewayForm>) -> Response {
    let found = match post.context.permit() {
        Ok(permit) => gateway_check::run(&post.context.admin, permit, &form).await.map_err(Some),
        Err(_) => Err(None),
    };
    let (status, view) = match found {
        Ok(report) => (StatusCode::OK, gateway_report(&form, &report)),
        Err(Some(AdminError::Invalid(errors))) => (StatusCode::UNPROCESSABLE_ENTITY, gateway_refused(&form, &errors)),
        Err(error) => {
            let failure = error.map_or(ApiError::SignedOut, closed);
            (status(failure), gateway_failed(&form, failure))
        }
    };
    post.answer(status, FormOutcome::Gateway(Box::new(view))).await
}
