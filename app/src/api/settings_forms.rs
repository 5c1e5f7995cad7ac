//! What the settings' forms do, for a visit: one use case each. Plain posts run these; no rule lives here.

use admin::{ConsoleError, NewUser};
use model::{
    id::UserId,
    people::{Action, Role},
};

use super::{
    ctx::{Visit, closed},
    settings_views::{entry_id, kind},
    views::field_errors,
};
use crate::{
    error::ApiError,
    said::Said,
    settings::{SaveAnswer, Typed},
    view::FieldErrorView,
};

/// Makes an entry, or edits the one with this id.
pub async fn save_entry(visit: &Visit, of: &str, id: Option<&str>, typed: &Typed) -> Result<SaveAnswer, ApiError> {
    let (permit, kind) = (visit.permit()?, kind(of)?);
    answered(match id {
        None => visit.console.create_entry(permit, kind, &typed.fields).await,
        Some(id) => visit.console.edit_entry(permit, kind, entry_id(id)?, &typed.fields, typed.generation).await,
    })
}

/// Switches an entry off, or on again.
pub async fn switch_entry(visit: &Visit, of: &str, id: &str, on: bool) -> Result<SaveAnswer, ApiError> {
    answered(visit.console.switch_entry(visit.permit()?, kind(of)?, entry_id(id)?, on).await)
}

/// Adds someone who may sign in.
pub async fn add_person(visit: &Visit, typed: &Typed, password: String) -> Result<SaveAnswer, ApiError> {
    let permit = visit.may(Action::ManageUsers)?;
    let Some(role) = Role::parse(typed.get("role")) else {
        let message = "Choose one of these roles.".to_owned();
        return Ok(SaveAnswer::Refused(vec![FieldErrorView { field: "role".to_owned(), message }]));
    };
    let form = NewUser { email: typed.get("email").to_owned(), password };
    answered(visit.console.create_user(permit, form, role).await)
}

/// Lets someone sign in, or not.
pub async fn switch_person(visit: &Visit, id: &str, on: bool) -> Result<SaveAnswer, ApiError> {
    let (permit, id) = (visit.may(Action::ManageUsers)?, UserId::parse(id).ok_or(ApiError::NotFound)?);
    let console = &visit.console;
    let switched = if on { console.enable_user(permit, id).await } else { console.disable_user(permit, id).await };
    let Ok(user) = switched else { return answered(switched) };
    let keys = console.working_keys_of(permit, user.email.as_str()).await.map_err(closed)?;
    Ok(SaveAnswer::Saved(if on { Said::Enabled(keys) } else { Said::Disabled(keys) }))
}

fn answered<T>(result: Result<T, ConsoleError>) -> Result<SaveAnswer, ApiError> {
    match result {
        Ok(_) => Ok(SaveAnswer::Saved(Said::Saved)),
        Err(ConsoleError::Invalid(errors)) => Ok(SaveAnswer::Refused(field_errors(&errors))),
        Err(error) => Err(closed(error)),
    }
}
