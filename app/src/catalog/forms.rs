//! What the settings' forms do, for a visit: one use case each. Plain posts run these; no rule lives here.

use admin::{AdminError, EntryTightening, NewAccount};
use model::{
    account::{Action, Role},
    catalog::{Kind, POLICY},
    entry_input::EntryInput,
    id::AccountId,
    key::KeyStatus,
    listing::{ListKeys, StatusFilter},
    name::is_retyped,
};

use store::Stakes;

use crate::{
    catalog::{
        to_view::{self, entry_id, kind},
        view::{SaveAnswer, Typed},
    },
    error::ApiError,
    flash::Flash,
    keys::{to_view::field_errors, view::FieldErrorView},
    session::context::{RequestContext, closed},
    ui::count::keys,
};

/// Makes an entry, or edits the one with this id. An edit that would refuse calls seen lately says so first: that is a
/// question of the page, not a rule of the domain, which has none for tools. Its name, typed, is the answer to it.
pub async fn save_entry(
    context: &RequestContext,
    of: &str,
    id: Option<&str>,
    typed: &Typed,
    confirm: Option<&str>,
) -> Result<SaveAnswer, ApiError> {
    let (permit, kind) = (context.permit()?, kind(of)?);
    let fields = typed.fields.iter().filter_map(|(name, text)| Some((kind.field(name)?, text.clone())));
    let input: EntryInput = fields.collect();
    let Some(id) = id else { return answered(context.admin.create_entry(permit, kind, &input).await) };
    let id = entry_id(id)?;
    let found = match context.admin.would_break_keys(permit, kind, id, &input).await {
        Ok(found) => found,
        refused => return answered(refused),
    };
    if !found.keys.is_empty() {
        let entry = context.admin.entry(permit, kind, id).await.map_err(closed)?;
        let name = if kind == Kind::Policy { POLICY } else { entry.name() };
        if confirm.is_none_or(|confirm| !is_retyped(confirm, name)) {
            let message = format!("Type {name}: calls with {} would be refused.", keys(count(&found)));
            let error = confirm.map(|_| FieldErrorView { field: "confirm".to_owned(), message });
            let view = to_view::would_break(name, &found, context.admin.clock().now());
            return Ok(SaveAnswer::WouldBreak(Box::new(view), error.into_iter().collect()));
        }
    }
    match context.admin.edit_entry(permit, kind, id, &input, typed.generation).await {
        Ok(_) if !found.keys.is_empty() => Ok(SaveAnswer::Saved(Flash::SavedBreaking(count(&found)))),
        edited => answered(edited),
    }
}

fn count(found: &EntryTightening) -> i64 {
    i64::try_from(found.keys.len()).unwrap_or(i64::MAX)
}

/// Switches an entry off, or on again. With keys in use its name has to be typed first.
pub async fn switch_entry(
    context: &RequestContext,
    of: &str,
    id: &str,
    on: bool,
    confirm: &str,
) -> Result<SaveAnswer, ApiError> {
    let (permit, kind, id) = (context.permit()?, kind(of)?, entry_id(id)?);
    let before = context.admin.entry(permit, kind, id).await.map_err(closed)?;
    let which = if on { StatusFilter::Only(KeyStatus::IdentityOff) } else { StatusFilter::Working };
    let keys = ListKeys { identity: Some(id), which, ..ListKeys::default() };
    let stakes = context.admin.stakes(permit, &keys).await.map_err(closed)?;
    if !on && let Some(refused) = unconfirmed(stakes, before.name(), confirm) {
        return Ok(refused);
    }
    let switched = context.admin.switch_entry(permit, kind, id, on).await;
    if switched.is_err() {
        return answered(switched);
    }
    Ok(SaveAnswer::Saved(if on { Flash::IdentityOn(stakes.keys) } else { Flash::IdentityOff(stakes.keys) }))
}

/// Deletes an entry that no key uses.
pub async fn delete_entry(context: &RequestContext, of: &str, id: &str) -> Result<SaveAnswer, ApiError> {
    match context.admin.delete_entry(context.permit()?, kind(of)?, entry_id(id)?).await {
        Ok(_) => Ok(SaveAnswer::Saved(Flash::Deleted)),
        other => answered(other),
    }
}

/// What is to be mended when keys in use would stop and the name was not typed.
fn unconfirmed(stops: Stakes, name: &str, confirm: &str) -> Option<SaveAnswer> {
    let message = format!("Type {name}: {} in use would stop.", keys(stops.in_use));
    let refused = SaveAnswer::Refused(vec![FieldErrorView { field: "confirm".to_owned(), message }]);
    (stops.in_use > 0 && !is_retyped(confirm, name)).then_some(refused)
}

/// Adds someone who may sign in.
pub async fn add_person(context: &RequestContext, typed: &Typed, password: String) -> Result<SaveAnswer, ApiError> {
    let permit = context.may(Action::ManageAccounts)?;
    let Some(role) = Role::parse(typed.get("role")) else {
        let message = "Choose one of these roles.".to_owned();
        return Ok(SaveAnswer::Refused(vec![FieldErrorView { field: "role".to_owned(), message }]));
    };
    let form = NewAccount { email: typed.get("email").to_owned(), password };
    answered(context.admin.create_account(permit, form, role).await)
}

/// Lets someone sign in, or not. With keys in use their mail address has to be typed first.
pub async fn switch_person(
    context: &RequestContext,
    id: &str,
    on: bool,
    confirm: &str,
) -> Result<SaveAnswer, ApiError> {
    let (permit, id) = (context.may(Action::ManageAccounts)?, AccountId::parse(id).ok_or(ApiError::NotFound)?);
    let admin = &context.admin;
    let accounts = admin.accounts(permit).await.map_err(closed)?;
    let account = accounts.into_iter().find(|account| account.id == id).ok_or(ApiError::NotFound)?;
    if !on && account.email.as_str() != permit.actor() {
        let owner = Some(account.email.to_string());
        let stops = ListKeys { owner, which: StatusFilter::Working, ..ListKeys::default() };
        let stakes = admin.stakes(permit, &stops).await.map_err(closed)?;
        if let Some(refused) = unconfirmed(stakes, account.email.as_str(), confirm) {
            return Ok(refused);
        }
    }
    let switched = if on { admin.enable_account(permit, id).await } else { admin.disable_account(permit, id).await };
    let Ok(account) = switched else { return answered(switched) };
    let keys = admin.working_keys_of(permit, account.email.as_str()).await.map_err(closed)?;
    Ok(SaveAnswer::Saved(if on { Flash::Enabled(keys) } else { Flash::Disabled(keys) }))
}

fn answered<T>(result: Result<T, AdminError>) -> Result<SaveAnswer, ApiError> {
    match result {
        Ok(_) => Ok(SaveAnswer::Saved(Flash::Saved)),
        Err(AdminError::Invalid(errors)) => Ok(SaveAnswer::Refused(field_errors(&errors))),
        Err(error) => Err(closed(error)),
    }
}
