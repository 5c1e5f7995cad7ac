//! The audit.

use model::time::{DAY, Timestamp};

use crate::{
    audit::view::{AuditQuery, AuditView, ChainView},
    error::ApiError,
    keys::to_view,
    session::context,
};

/// The newest events before number `before` that fit; the rest is as in [`crate::view::AuditQuery`].
pub async fn list_audit(
    before: Option<i64>,
    who: String,
    what: String,
    target: String,
    from: String,
    to: String,
) -> Result<AuditView, ApiError> {
    context::answer(
        async {
            let context = context::expect_context_of_request()?;
            let permit = context.permit()?;
            let filter = audit_filter(&AuditQuery { who, what, target, from, to })?;
            let page = context.admin.search_audit(permit, &filter, before, None).await.map_err(context::closed)?;
            let now = context.admin.clock().now();
            let chain = context.admin.chain_status(permit).map_err(context::closed)?;
            Ok(AuditView {
                events: page.events.iter().map(|event| to_view::event(event, now)).collect(),
                next: page.next,
                chain: chain.map(|chain| ChainView {
                    seq: chain.seq,
                    at: to_view::when(chain.at, now),
                    broken: chain.broken,
                }),
                now: to_view::when(now, now),
            })
        }
        .await,
    )
}

/// What is looked for, understood; a day that is none is not.
pub fn audit_filter(asked: &crate::audit::view::AuditQuery) -> Result<store::AuditFilter, ApiError> {
    let day = |text: &str| match text.trim() {
        "" => Ok(None),
        // The day's last second.
        text => Timestamp::parse(text).filter(|_| text.len() == 10).map(Some).ok_or(ApiError::BadRequest),
    };
    Ok(store::AuditFilter {
        who: asked.who.clone(),
        what: asked.what.clone(),
        target: asked.target.clone(),
        from: day(&asked.from)?.map(|end| end.plus(1000 - DAY)),
        until: day(&asked.to)?.map(|end| end.plus(999)),
    })
}
