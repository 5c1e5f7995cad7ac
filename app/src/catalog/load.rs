//! The catalog and the people.

use model::catalog::{Kind, POLICY};

use crate::{
    catalog::{
        to_view,
        view::{EntriesView, EntryView, PersonRow},
    },
    error::ApiError,
    session::context,
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
