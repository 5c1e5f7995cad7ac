//! Switching a key in place, from a page that stays.

use leptos::prelude::*;

use crate::{arguments::Arguments, error::ApiError, keys::view::StatusView};

/// Switches a key off, or on again, and answers how it stands now.
#[server(prefix = "/api/console", endpoint = "switch_key", input = Arguments)]
pub async fn switch_key(id: String, on: bool) -> Result<StatusView, ApiError> {
    use crate::{keys::to_view, session::context};
    context::answer(
        async {
            let context = context::expect_context_of_request()?;
            // One that was archived meanwhile stays as it is.
            switch(&context, &id, on, "").await.map_err(|refused| refused.failure.unwrap_or(ApiError::Conflict))?;
            let found =
                context.admin.show_key(context.permit()?, to_view::key_id(&id)?).await.map_err(context::closed)?;
            Ok(to_view::row(&found.key, found.last_use.as_ref(), context.admin.clock().now()).status)
        }
        .await,
    )
}

/// Switches a key off, or on again: one that was reported as leaked for a reason.
#[cfg(feature = "ssr")]
pub async fn switch(
    context: &crate::session::context::RequestContext,
    id: &str,
    on: bool,
    reason: &str,
) -> Result<(), crate::form_outcome::FormErrors> {
    use model::account::Action;

    use crate::keys::to_view::{self, refused};
    let (permit, key) = (context.may(Action::WriteKeys)?, to_view::key_id(id)?);
    let switched = match (on, reason) {
        (true, reason) if !reason.is_empty() => context.admin.trust_leaked_key(permit, key, reason).await,
        (on, _) => context.admin.switch_key(permit, key, on).await,
    };
    switched.map_err(refused)?;
    Ok(())
}
