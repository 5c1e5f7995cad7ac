//! What is seen of a key, over the wire; and the forms that end or lengthen an overlap.

use admin::{KeyDetail, Permit};
use model::{account::Action, activity::Period, catalog::ScopeEntry};

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

/// What is seen of a key. `period` is the code of one; any other counts as a day.
pub async fn key_activity(id: String, period: String) -> Result<ActivityView, ApiError> {
    context::answer(
        async {
            let context = context::expect_context_of_request()?;
            let permit: &Permit = context.permit()?;
            let id = key_id(&id)?;
            let admin = &context.admin;
            let KeyDetail { key, closed, .. } = admin.show_key(permit, id).await.map_err(context::closed)?;
            let period = Period::parse(&period).unwrap_or_default();
            let series = admin.key_series(permit, id, period).await.map_err(context::closed)?;
            let was_refused = admin.was_refused(permit, id).await.map_err(context::closed)?;
            let record = admin.key_record(permit, id).await.map_err(context::closed)?;
            let pairs = admin.key_pairs(permit, id).await.map_err(context::closed)?;
            let catalogue = admin.entries_of::<ScopeEntry>(permit).await.map_err(context::closed)?;
            let now = admin.clock().now();
            let may_write = permit.allows(Action::WriteKeys).is_ok();
            Ok(ActivityView {
                calls: to_view::calls(&series),
                record: to_view::record(&record, now),
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
