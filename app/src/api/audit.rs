//! The audit over the wire.

use leptos::prelude::*;

use crate::{error::ApiError, view::AuditView};

/// The newest events before number `before`.
#[server(prefix = "/api/console", endpoint = "list_audit")]
pub async fn list_audit(before: Option<i64>) -> Result<AuditView, ApiError> {
    use super::{ctx, views};
    ctx::answer(
        async {
            let visit = ctx::expect_visit()?;
            let page = visit.console.audit(visit.permit()?, before).await.map_err(ctx::closed)?;
            let now = visit.console.clock().now();
            Ok(AuditView {
                events: page.events.iter().map(|event| views::event(event, now)).collect(),
                next: page.next,
            })
        }
        .await,
    )
}
