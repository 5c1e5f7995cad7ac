//! People over the wire.

use leptos::prelude::*;

use crate::{arguments::Arguments, error::ApiError, keys::view::VisitorView};

/// Who is signed in.
#[server(prefix = "/api/console", endpoint = "visitor", input = Arguments)]
pub async fn visitor() -> Result<VisitorView, ApiError> {
    use crate::session::context;
    use model::account::Action;
    context::answer(
        async {
            let context = context::expect_context_of_request()?;
            let (permit, account) = context.signed_in.ok_or(ApiError::SignedOut)?;
            let incidents = context.admin.incidents(&permit).await.map_err(context::closed)?;
            Ok(VisitorView {
                incidents,
                email: account.email.to_string(),
                role: account.role.to_string(),
                may_manage_people: permit.allows(Action::ManageAccounts).is_ok(),
                may_audit: permit.allows(Action::ReadAudit).is_ok(),
                may_probe: permit.allows(Action::CheckGateways).is_ok(),
            })
        }
        .await,
    )
}
