//! The overview.

use admin::FirstRun;
use model::{account::Action, activity::ChartQuery, catalog::Kind, time::DAY};

use crate::{
    error::ApiError,
    keys::{
        detail::to_view::calls,
        to_view::{event, when},
    },
    overview::view::{ChecklistView, FirstRunView, KeyLine, OverviewView},
    session::context,
};

/// What is going on, over a period or within one bar of it, as [`ChartQuery::parse`] reads them.
pub async fn overview(period: String, at: String) -> Result<OverviewView, ApiError> {
    context::answer(
        async {
            let context = context::expect_context_of_request()?;
            let permit = context.permit()?;
            let now = context.admin.clock().now();
            let query = ChartQuery::parse(&period, &at, now);
            let found = context.admin.overview(permit, query).await.map_err(context::closed)?;
            let line = |id: model::id::KeyId, name: &str, owner: &str| KeyLine {
                id: id.to_string(),
                name: name.to_owned(),
                owner: owner.to_owned(),
            };
            Ok(OverviewView {
                calls: calls(&found.calls, now),
                before: found.before,
                live: found.live,
                soon: found.soon,
                expiring: found
                    .expiring
                    .iter()
                    .map(|key| {
                        let expires = key.spec.expires_at;
                        let line = line(key.id, key.spec.name.as_str(), key.spec.owner.as_str());
                        (line, when(expires, now), expires.since(now) / DAY)
                    })
                    .collect(),
                busiest: found.busiest.iter().map(|key| (line(key.id, &key.name, &key.owner), key.calls)).collect(),
                changes: found.changes.map(|events| events.iter().map(|change| event(change, now)).collect()),
                own: permit.only_owner().is_some(),
                may_write: permit.allows(Action::WriteKeys).is_ok(),
            })
        }
        .await,
    )
}

/// How far the first run has come.
pub async fn first_run() -> Result<FirstRunView, ApiError> {
    context::answer(
        async {
            let context = context::expect_context_of_request()?;
            let (permit, admin) = (context.permit()?, &context.admin);
            Ok(match admin.first_run(permit).await.map_err(context::closed)? {
                FirstRun::Over => FirstRunView::Nothing,
                FirstRun::Done => FirstRunView::Done,
                FirstRun::Open(steps) => {
                    let scopes = admin.entries(permit, Kind::Scope).await.map_err(context::closed)?;
                    let may_hide = permit.allows(Action::ManageSetup).is_ok();
                    FirstRunView::Open(ChecklistView {
                        steps,
                        origin: context.origin.to_string(),
                        master_key_file: if may_hide { context.master_key_file.to_string() } else { String::new() },
                        no_scopes: scopes.is_empty(),
                        may_hide,
                    })
                }
            })
        }
        .await,
    )
}
