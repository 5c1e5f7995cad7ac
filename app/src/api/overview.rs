//! The overview over the wire.

use leptos::prelude::*;

use crate::{
    error::ApiError,
    view::{FirstRunView, OverviewView},
};

/// What is going on.
#[server(prefix = "/api/console", endpoint = "overview")]
pub async fn overview() -> Result<OverviewView, ApiError> {
    use super::{ctx, views};
    use crate::view::{HourOfCallsView, KeyLine, ReasonView};
    use keyward::{console::HourOfCalls, decision::Check, people::Action, time::DAY};
    ctx::answer(
        async {
            let visit = ctx::expect_visit()?;
            let permit = visit.permit()?;
            let found = visit.console.overview(permit).await.map_err(ctx::closed)?;
            let now = visit.console.clock().now();
            let hour = |hour: &HourOfCalls| HourOfCallsView {
                label: hour.at.clock(),
                calls: [hour.allowed, hour.limited, hour.refused],
            };
            let line = |id: keyward::id::KeyId, name: &str, owner: &str| KeyLine {
                id: id.to_string(),
                name: name.to_owned(),
                owner: owner.to_owned(),
            };
            Ok(OverviewView {
                hours: found.hours.iter().map(hour).collect(),
                before: found.before,
                reasons: found
                    .reasons
                    .iter()
                    .map(|(reason, calls)| ReasonView {
                        code: reason.code().to_owned(),
                        words: reason.words().to_owned(),
                        limited: matches!(reason.check(), Check::Limits | Check::Quota),
                        calls: *calls,
                    })
                    .collect(),
                live: found.live,
                soon: found.soon,
                expiring: found
                    .expiring
                    .iter()
                    .map(|key| {
                        let days = key.expires_at.since(now) / DAY;
                        (line(key.id, &key.name, &key.owner), views::when(key.expires_at, now), days)
                    })
                    .collect(),
                busiest: found.busiest.iter().map(|key| (line(key.id, &key.name, &key.owner), key.calls)).collect(),
                changes: found.changes.map(|events| events.iter().map(|event| views::event(event, now)).collect()),
                own: permit.only_owner().is_some(),
                may_write: permit.allows(Action::WriteKeys).is_ok(),
            })
        }
        .await,
    )
}

/// How far the first run has come.
#[server(prefix = "/api/console", endpoint = "first_run")]
pub async fn first_run() -> Result<FirstRunView, ApiError> {
    use super::ctx;
    use keyward::console::FirstRun;
    ctx::answer(
        async {
            let visit = ctx::expect_visit()?;
            let stage = visit.console.first_run(visit.permit()?).await.map_err(ctx::closed)?;
            Ok(match stage {
                FirstRun::NoCall => FirstRunView::Ask(visit.origin.to_string()),
                FirstRun::Verified => FirstRunView::Done,
                FirstRun::NoKey | FirstRun::Over => FirstRunView::Nothing,
            })
        }
        .await,
    )
}
