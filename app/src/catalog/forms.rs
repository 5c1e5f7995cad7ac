//! What the settings' forms do, for a visit: one use case each. Plain posts run these; no rule lives here.

use admin::{AdminError, NewAccount};
use model::{
    account::{Action, Role},
    entry_input::EntryInput,
    id::AccountId,
};

use crate::{
    catalog::{
        to_view::{entry_id, kind},
        view::{SaveAnswer, Typed},
    },
    error::ApiError,
    flash::Flash,
    keys::{to_view::field_errors, view::FieldErrorView},
    session::context::{RequestContext, closed},
};

/// Makes an entry, or edits the one with this id.
pub async fn save_entry(
    context: &RequestContext,
    of: &str,
    id: Option<&str>,
    typed: &Typed,
) -> Result<SaveAnswer, ApiError> {
    let (permit, kind) = (context.permit()?, kind(of)?);
    let fields = typed.fields.iter().filter_map(|(name, text)| Some((kind.field(name)?, text.clone())));
    let input: EntryInput = fields.collect();
    answered(match id {
        None => context.admin.create_entry(permit, kind, &input).await,
        Some(id) => context.admin.edit_entry(permit, kind, entry_id(id)?, &input, typed.generation).await,
    })
}

/// Switches an entry off, or on again.
pub async fn switch_entry(context: &RequestContext, of: &str, id: &str, on: bool) -> Result<SaveAnswer, ApiError> {
    answered(context.admin.switch_entry(context.permit()?, kind(of)?, entry_id(id)?, on).await)
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

/// Lets someone sign in, or not.
pub async fn switch_person(context: &RequestContext, id: &str, on: bool) -> Result<SaveAnswer, ApiError> {
    let (permit, id) = (context.may(Action::ManageAccounts)?, AccountId::parse(id).ok_or(ApiError::NotFound)?);
    let admin = &context.admin;
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
