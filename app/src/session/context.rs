//! Who asks: what the middleware found out about a request, handed to server functions and pages.

use std::{net::IpAddr, sync::Arc};

use admin::{Admin, AdminError, Issued, Permit};
use leptos::prelude::{expect_context, use_context};
use model::account::{Account, Action};

use crate::{error::ApiError, keys::issued_secret::IssuedSecret};

/// What is known about a request to the console. A request's extension.
#[derive(Clone)]
pub struct RequestContext {
    /// The use cases.
    pub admin: Arc<Admin>,
    /// Who is signed in.
    pub signed_in: Option<(Permit, Account)>,
    /// The console's own address, `https://keys.example.com`.
    pub origin: Arc<str>,
    /// The path of the master key's file.
    pub master_key_file: Arc<str>,
    /// Where the request came from.
    pub address: Option<IpAddr>,
    /// The list's columns that were chosen before.
    pub columns: Option<String>,
    /// `light`, `dark`, or nothing for the system's.
    pub theme: Option<&'static str>,
    /// The query of the list of keys that was looked at last.
    pub list: Option<String>,
}

impl RequestContext {
    /// The permit of whoever is signed in.
    pub fn permit(&self) -> Result<&Permit, ApiError> {
        self.signed_in.as_ref().map(|(permit, _)| permit).ok_or(ApiError::SignedOut)
    }

    /// The same, if it reaches so far: asked before anything else.
    pub fn may(&self, action: Action) -> Result<&Permit, ApiError> {
        let permit = self.permit()?;
        permit.allows(action).map(|()| permit).map_err(|_| ApiError::Forbidden)
    }

    /// What is shown of a key that was just issued, once.
    pub(crate) fn once(&self, issued: &Issued) -> IssuedSecret {
        IssuedSecret {
            token: issued.token.reveal().to_owned(),
            id: issued.key.id.to_string(),
            name: issued.key.spec.name.to_string(),
            origin: self.origin.to_string(),
            docs: issued.key.tenant.docs.clone(),
        }
    }
}

/// The visit of the request that is being answered; `None` while routes are listed at start.
pub fn context() -> Option<RequestContext> {
    use_context::<axum::http::request::Parts>()?.extensions.get::<RequestContext>().cloned()
}

/// The visit, inside a server function.
pub(crate) fn expect_context_of_request() -> Result<RequestContext, ApiError> {
    context().ok_or(ApiError::Unavailable)
}

/// Gives the answer the error's status.
pub(crate) fn answer<T>(result: Result<T, ApiError>) -> Result<T, ApiError> {
    result.inspect_err(|error| {
        let status = axum::http::StatusCode::from_u16(error.status()).unwrap_or_default();
        expect_context::<leptos_axum::ResponseOptions>().set_status(status);
    })
}

/// Maps what a use case says; causes go to the log.
pub fn closed(error: AdminError) -> ApiError {
    match error {
        AdminError::Forbidden => ApiError::Forbidden,
        AdminError::NotFound => ApiError::NotFound,
        AdminError::Invalid(_) => ApiError::BadRequest,
        AdminError::Conflict | AdminError::Repeated(_) | AdminError::Reused(_) => ApiError::Conflict,
        AdminError::Busy => ApiError::Busy,
        AdminError::Store(error) => {
            tracing::error!(%error, source = ?std::error::Error::source(&error), "the store failed");
            ApiError::Unavailable
        }
    }
}
