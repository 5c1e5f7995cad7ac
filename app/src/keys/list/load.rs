//! The list of keys.

use admin::{Admin, KeyList};
use model::{account::Action, catalog::Group, key::KeyStatus, tenant::Tenant};
use store::ListedKey;

use crate::{
    error::ApiError,
    keys::{
        list::{query::ListQuery, view::KeysView},
        to_view,
    },
    session::context,
};

/// A page of keys: `query` is that of the list's address.
pub async fn list_keys(query: String) -> Result<KeysView, ApiError> {
    context::answer(
        async {
            let context = context::expect_context_of_request()?;
            let permit = context.permit()?;
            let asked = ListQuery::parse(&query).ok_or(ApiError::BadRequest)?;
            let tenants = context.admin.entries_of::<Tenant>(permit).await.map_err(context::closed)?;
            let groups = context.admin.entries_of::<Group>(permit).await.map_err(context::closed)?;
            let found = context.admin.list_keys(permit, &asked.list).await.map_err(context::closed)?;
            let views = context.admin.views(permit).await.map_err(context::closed)?;
            let now = context.admin.clock().now();
            let KeyList { page, counts, matches, archived, successors, hours, since } = found;
            let listed = |listed: &ListedKey| {
                let mut view = to_view::listed(listed, &asked.list.words, &hours, since, now);
                let successor = successors.iter().find(|successor| successor.old == listed.key.id);
                view.successor = successor.map(|successor| (successor.id.to_string(), successor.last_four.clone()));
                view
            };
            Ok(KeysView {
                rows: page.keys.iter().map(listed).collect(),
                live: counts.live(),
                all: counts.all(),
                statuses: KeyStatus::ALL.map(|status| (status.code().to_owned(), counts.of(status))).to_vec(),
                matches: to_view::counted(matches),
                archived: (archived > 0).then(|| to_view::counted(archived)),
                passed: page.passed,
                next: page.next.map(|place| place.to_text()),
                previous: page.previous.map(|place| place.to_text()),
                tenants: tenants.iter().map(|entry| entry.settings.name.to_string()).collect(),
                groups: groups.iter().map(to_view::group).collect(),
                views: views.iter().map(|view| to_view::saved(view, permit)).collect(),
                may_share: Admin::may_share_views(permit),
                columns: context.columns.clone(),
                may_write: permit.allows(Action::WriteKeys).is_ok(),
                may_purge: permit.allows(Action::PurgeKeys).is_ok(),
                origin: context.origin.to_string(),
            })
        }
        .await,
    )
}
