//! One act on many keys: what it would do, and doing it.

use std::collections::HashSet;

use admin::{BulkAct, BulkItem, Pick};
use model::{
    catalog::Group,
    id::KeyId,
    key::{ArchiveReason, KeyState},
    time::{DAY, Timestamp},
};

use crate::{
    error::ApiError,
    keys::{
        bulk::form::BulkForm,
        list::{
            query::ListQuery,
            view::{BulkDoneView, BulkItemView, BulkPlanView, BulkResultView},
        },
        to_view,
    },
    session::context::{RequestContext, closed},
};

/// Keys that are changed in one answer.
const MOST: usize = 200;

fn asked(form: &BulkForm) -> Result<(BulkAct, Pick), ApiError> {
    let act = match form.act.as_str() {
        "off" => BulkAct::Switch(false),
        "on" => BulkAct::Switch(true),
        "restore" => BulkAct::Restore,
        // PostgreSQL takes no text with a NUL.
        "move" => BulkAct::Move(form.group.replace('\0', "")),
        "owner" => BulkAct::HandOver(form.owner.replace('\0', "")),
        "extend" => BulkAct::Extend(form.expires.clone()),
        "archive" if form.reason.is_empty() => BulkAct::Archive(ArchiveReason::default()),
        "archive" => BulkAct::Archive(ArchiveReason::parse(&form.reason).ok_or(ApiError::BadRequest)?),
        _ => return Err(ApiError::BadRequest),
    };
    let pick = if form.all {
        Pick::All(Box::new(ListQuery::parse(&form.query).ok_or(ApiError::BadRequest)?.list))
    } else {
        let ids: Option<Vec<_>> = form.keys.iter().map(|id| KeyId::parse(id)).collect();
        let mut ids = ids.filter(|ids| ids.len() <= MOST).ok_or(ApiError::BadRequest)?;
        let mut seen = HashSet::new();
        ids.retain(|id| seen.insert(*id));
        Pick::These(ids)
    };
    Ok((act, pick))
}

fn name(item: &BulkItem) -> String {
    item.key.as_ref().map_or_else(|| item.id.to_string(), |key| key.spec.name.to_string())
}

fn item(item: &BulkItem, now: Timestamp) -> BulkItemView {
    BulkItemView {
        id: item.id.to_string(),
        name: name(item),
        owner: item.key.as_ref().map(|key| key.spec.owner.to_string()).unwrap_or_default(),
        used: item.last_use.as_ref().map(|used| to_view::when(used.at, now)),
        in_use: item.last_use.as_ref().is_some_and(|used| now.since(used.at) < DAY),
        refused: item.refused.clone(),
    }
}

/// What a form would do.
pub async fn plan(context: &RequestContext, form: &BulkForm) -> Result<BulkPlanView, ApiError> {
    let permit = context.permit()?;
    let (act, pick) = asked(form)?;
    let plan = context.admin.plan_bulk(permit, &act, &pick).await.map_err(closed)?;
    let now = context.admin.clock().now();
    let entries = context.admin.entries_of::<Group>(permit).await.map_err(closed)?;
    let mut groups: Vec<_> = entries.iter().map(|entry| entry.settings.name.to_string()).collect();
    groups.sort_unstable();
    groups.dedup();
    // Until it is said what shall be, only keys that stay as they are whatever it is are left alone.
    let is_open = [("owner", &form.owner), ("extend", &form.expires)]
        .iter()
        .any(|(act, choice)| form.act == *act && choice.trim().is_empty());
    let is_left = |found: &BulkItem| found.key.as_ref().is_none_or(|key| matches!(key.state, KeyState::Archived(_)));
    let shown = |found: &BulkItem| {
        let view = item(found, now);
        BulkItemView { refused: view.refused.filter(|_| !is_open || is_left(found)), ..view }
    };
    Ok(BulkPlanView {
        items: plan.items.iter().map(shown).collect(),
        count: plan.stakes.keys,
        in_use: plan.stakes.in_use,
        last_used: plan.stakes.last_used.map(|used| to_view::when(used, now)),
        seen: plan.seen,
        groups,
    })
}

/// Does it: at once where it is about few keys, as a job otherwise.
pub async fn carry_out(context: &RequestContext, form: &BulkForm) -> Result<CarriedOut, ApiError> {
    let (act, pick) = asked(form)?;
    let (admin, permit) = (&context.admin, context.permit()?);
    let pick = match pick {
        Pick::All(list) => {
            let ids = admin.matching_keys(permit, &list, MOST + 1).await.map_err(closed)?;
            if ids.len() > MOST { Pick::All(list) } else { Pick::These(ids) }
        }
        these @ Pick::These(_) => these,
    };
    match pick {
        Pick::These(ids) => {
            let items = admin.change_keys(permit, &act, &ids, form.seen).await.map_err(closed)?;
            let done =
                |item: BulkItem| BulkDoneView { id: item.id.to_string(), name: name(&item), refused: item.refused };
            Ok(CarriedOut::Now(BulkResultView::of(items.into_iter().map(done).collect())))
        }
        Pick::All(list) => {
            let job = admin.start_bulk(permit, &act, &list, form.seen).await.map_err(closed)?;
            Ok(CarriedOut::Job(job.id.to_string()))
        }
    }
}

/// How an act is carried out.
pub enum CarriedOut {
    /// It was done.
    Now(BulkResultView),
    /// A job of this id does it.
    Job(String),
}
