//! The catalog and the people.

use model::{
    account::Action,
    catalog::{Kind, POLICY},
    listing::{Rows, Sort, StatusFilter},
};
use store::ListedKey;

use crate::{
    catalog::{
        to_view,
        view::{DeleteView, EntriesView, EntryView, PersonRow, StopView},
    },
    error::ApiError,
    keys::{list::query::ListQuery, to_view as keys_to_view},
    routes,
    session::context::{self, RequestContext},
};

/// Every entry of a kind.
pub async fn list_entries(kind: String) -> Result<EntriesView, ApiError> {
    context::answer(
        async {
            let context = context::expect_context_of_request()?;
            let permit = context.permit()?;
            let kind = to_view::kind(&kind)?;
            let entries = context.admin.entries(permit, kind).await.map_err(context::closed)?;
            Ok(to_view::entries(entries, permit, kind))
        }
        .await,
    )
}

/// One entry, or without an id the form for a new one. There is just one policy, so it needs no id.
pub async fn show_entry(kind: String, id: Option<String>) -> Result<EntryView, ApiError> {
    context::answer(
        async {
            let context = context::expect_context_of_request()?;
            let permit = context.permit()?;
            let kind = to_view::kind(&kind)?;
            let entry = match id.as_deref() {
                Some(id) => {
                    let id = to_view::entry_id(id)?;
                    Some(context.admin.entry(permit, kind, id).await.map_err(context::closed)?)
                }
                None if kind == Kind::Policy => {
                    Some(context.admin.entry_named(permit, kind, "", POLICY).await.map_err(context::closed)?)
                }
                None => None,
            };
            let tenants = context.admin.entries_of(permit).await.map_err(context::closed)?;
            Ok(to_view::entry(kind, entry.as_ref(), &tenants, permit, context.admin.clock().now()))
        }
        .await,
    )
}

/// Everyone who may sign in, or could once.
pub async fn list_people() -> Result<Vec<PersonRow>, ApiError> {
    context::answer(
        async {
            let context = context::expect_context_of_request()?;
            let permit = context.permit()?;
            let accounts = context.admin.accounts(permit).await.map_err(context::closed)?;
            let now = context.admin.clock().now();
            Ok(accounts.iter().map(|account| to_view::person(account, permit, now)).collect())
        }
        .await,
    )
}

/// What is asked before an entry is deleted.
pub async fn ask_delete(of: String, id: String) -> Result<DeleteView, ApiError> {
    context::answer(
        async {
            let context = context::expect_context_of_request()?;
            let kind = to_view::kind(&of)?;
            let permit = context.may(kind.action())?;
            if !kind.can_be_deleted() {
                return Err(ApiError::NotFound);
            }
            let id = to_view::entry_id(&id)?;
            let (entry, list) = context.admin.users_of_entry(permit, kind, id).await.map_err(context::closed)?;
            let (keys, query) = match list {
                Some(list) => {
                    let keys = context.admin.count_keys(permit, &list).await.map_err(context::closed)?;
                    (keys, ListQuery { list, ..ListQuery::default() }.query())
                }
                None => (0, String::new()),
            };
            Ok(DeleteView { name: entry.name().to_owned(), keys, query })
        }
        .await,
    )
}

/// So many of the keys that would stop are named.
const NAMED: usize = 10;

/// What would stop if this person were disabled.
pub async fn stop_person(id: String) -> Result<StopView, ApiError> {
    context::answer(
        async {
            let context = context::expect_context_of_request()?;
            let permit = context.may(Action::ManageAccounts)?;
            let accounts = context.admin.accounts(permit).await.map_err(context::closed)?;
            let account = accounts.into_iter().find(|account| account.id.as_str() == id);
            let account = account.filter(|account| account.disabled_at.is_none()).ok_or(ApiError::NotFound)?;
            let keys = ListQuery::default().with(|list| list.owner = Some(account.email.to_string()));
            stop(&context, account.email.to_string(), routes::switch_person(&id), keys, true).await
        }
        .await,
    )
}

/// What would stop if this entry were switched off.
pub async fn stop_entry(of: String, id: String) -> Result<StopView, ApiError> {
    context::answer(
        async {
            let context = context::expect_context_of_request()?;
            let kind = to_view::kind(&of)?;
            let permit = context.may(kind.action())?;
            let entry = context.admin.entry(permit, kind, to_view::entry_id(&id)?).await.map_err(context::closed)?;
            if !kind.can_be_disabled() || entry.disabled_at.is_some() {
                return Err(ApiError::NotFound);
            }
            let keys = ListQuery::default().with(|list| list.identity = Some(entry.id));
            stop(&context, entry.name().to_owned(), routes::switch_entry(kind, &id), keys, false).await
        }
        .await,
    )
}

async fn stop(
    context: &RequestContext,
    name: String,
    action: String,
    keys: ListQuery,
    may_hand_over: bool,
) -> Result<StopView, ApiError> {
    let permit = context.permit()?;
    let keys = keys.with(|list| (list.which, list.sort, list.rows) = (StatusFilter::Working, Sort::Used, Rows::Few));
    let stakes = context.admin.stakes(permit, &keys.list).await.map_err(context::closed)?;
    let found = context.admin.find_keys(permit, &keys.list).await.map_err(context::closed)?;
    let now = context.admin.clock().now();
    let row = |listed: &ListedKey| keys_to_view::row(&listed.key, listed.last_use.as_ref(), now);
    Ok(StopView {
        name,
        action,
        stakes: (stakes.keys, stakes.in_use, stakes.last_used.map(|used| keys_to_view::when(used, now))),
        first: found.keys.iter().take(NAMED).map(row).collect(),
        query: keys.with(|list| (list.sort, list.rows) = (Sort::default(), Rows::default())).query(),
        may_hand_over,
    })
}
