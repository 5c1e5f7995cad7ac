//! What is seen of a key, over the wire; and the forms that end or lengthen an overlap.

use admin::{KeyDetail, Permit, Record};
use model::{account::Action, activity::ChartQuery, catalog::ScopeEntry};

use crate::{
    error::ApiError,
    explain::simulation::SimulatedKey,
    keys::{
        detail::{
            to_view,
            view::{ActivityView, RotationView},
        },
        to_view::key_id,
    },
    session::context,
};

/// What is seen of a key, over a period or within one bar of it, as [`ChartQuery::parse`] reads them.
pub async fn key_activity(id: String, period: String, at: String) -> Result<ActivityView, ApiError> {
    context::answer(
        async {
            let context = context::expect_context_of_request()?;
            let permit: &Permit = context.permit()?;
            let id = key_id(&id)?;
            let admin = &context.admin;
            let KeyDetail { key, closed, .. } = admin.show_key(permit, id).await.map_err(context::closed)?;
            let now = admin.clock().now();
            let query = ChartQuery::parse(&period, &at, now);
            let calls = admin.key_calls(permit, id, query).await.map_err(context::closed)?;
            let was_refused = admin.was_refused(permit, id).await.map_err(context::closed)?;
            let record = match query.bar {
                Some(_) => {
                    let kinds = admin.key_record_within(permit, id, query).await.map_err(context::closed)?;
                    Record { kinds, calls: calls.series.total().all() }
                }
                None => admin.key_record(permit, id).await.map_err(context::closed)?,
            };
            let pairs = admin.key_pairs(permit, id).await.map_err(context::closed)?;
            let catalogue = admin.entries_of::<ScopeEntry>(permit).await.map_err(context::closed)?;
            let may_write = permit.allows(Action::WriteKeys).is_ok();
            Ok(ActivityView {
                calls: to_view::calls(&calls, now),
                record: to_view::record(&record, query.bar.is_some(), now),
                pairs: pairs.iter().map(|pair| to_view::pair(pair, id, may_write, now)).collect(),
                simulate: SimulatedKey::new(&key, &closed),
                scopes: to_view::scopes(&key, &catalogue),
                now: now.millis(),
                may_audit: permit.allows(Action::ReadAudit).is_ok(),
                was_refused,
            })
        }
        .await,
    )
}

/// What the page that rotates a key needs.
pub async fn key_rotation(id: String) -> Result<RotationView, ApiError> {
    context::answer(
        async {
            let context = context::expect_context_of_request()?;
            let permit = context.permit()?;
            let planned = context.admin.plan_rotation(permit, key_id(&id)?).await.map_err(context::closed)?;
            Ok(to_view::rotation(planned, context.admin.clock().now()))
        }
        .await,
    )
}
