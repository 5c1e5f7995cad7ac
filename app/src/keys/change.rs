//! What changes a key that is there: the use cases behind the forms of its page. Each answers a form, with what has to be
//! mended at its fields. Between a form as typed and what the domain takes, this module translates.

use admin::{AdminError, FieldError};
use model::{account::Action, key::Key, key_input::KeyInput, time::Timestamp};

use crate::{
    form_outcome::FormErrors,
    keys::{
        detail::{
            activity_views::{overlap, tighten},
            view::TightenView,
        },
        form::{ANYWAY, DATE, DAYS, EditForm, KEEP, KeyForm, PurgeForm, rotation::RotateForm},
        issued_secret::IssuedSecret,
        view::{FieldErrorView, NewKeyView},
        views,
    },
    session::context::{RequestContext, closed},
};

/// What became of an edit.
pub enum Edited {
    /// It is saved.
    Saved,
    /// It would lock out callers that were seen lately: nothing was changed.
    WouldBreak(Box<TightenView>),
}

/// Edits a key. Callers that it would lock out are told first: that is a question of the page, not a rule of the domain,
/// which has none for tools.
pub async fn edit(context: &RequestContext, id: &str, form: &EditForm) -> Result<Edited, FormErrors> {
    let permit = context.may(Action::WriteKeys)?;
    let id = views::key_id(id)?;
    let before = context.admin.show_key(permit, id).await.map_err(refused)?.key;
    let mut asked = form.form.asked();
    if form.form.life == KEEP {
        asked.expires = before.spec.expires_at.to_string();
    }
    // A key stays in its tenant and what it looks like; its form does not ask.
    let asked = KeyInput { tenant: before.tenant.name.to_string(), form: before.form.code().to_owned(), ..asked };
    let refused = |error| match error {
        AdminError::Invalid(errors) => FormErrors { errors: key_field_errors(&form.form, &errors), failure: None },
        error => closed(error).into(),
    };
    if form.step != ANYWAY {
        let found = context.admin.would_break(permit, id, &asked).await.map_err(refused)?;
        if !found.broken.is_empty() {
            return Ok(Edited::WouldBreak(Box::new(tighten(&before, &found, &asked, context.admin.clock().now()))));
        }
    }
    context.admin.edit_key(permit, id, &asked, Some(form.seen)).await.map_err(refused)?;
    Ok(Edited::Saved)
}

/// Switches a key off, or on again.
pub async fn switch(context: &RequestContext, id: &str, on: bool) -> Result<(), FormErrors> {
    context.admin.switch_key(context.may(Action::WriteKeys)?, views::key_id(id)?, on).await.map_err(refused)?;
    Ok(())
}

/// What became of the form that rotates a key.
pub enum Rotated {
    /// A successor.
    IssuedSecret(Box<IssuedSecret>),
    /// Nothing: the form was sent before and made the key of this id then.
    Already(String),
}

/// Issues a key's successor. The answer is the one that ever holds its secret.
pub async fn rotate(context: &RequestContext, id: &str, form: &RotateForm) -> Result<Rotated, FormErrors> {
    let permit = context.may(Action::WriteKeys)?;
    let id = views::key_id(id)?;
    context.admin.show_key(permit, id).await.map_err(refused)?;
    match context.admin.rotate_key_once(permit, id, overlap(form)?, &form.once).await {
        Ok(issued) => Ok(Rotated::IssuedSecret(Box::new(context.once(&issued)))),
        Err(AdminError::Repeated(made)) => Ok(Rotated::Already(made.to_string())),
        Err(error) => Err(refused(error)),
    }
}

/// Ends the overlap of an old key: it stops now.
pub async fn cut(context: &RequestContext, id: &str) -> Result<(), FormErrors> {
    context.admin.cut_key(context.may(Action::WriteKeys)?, views::key_id(id)?).await.map_err(refused)?;
    Ok(())
}

/// Lets an old key work for longer.
pub async fn extend(context: &RequestContext, id: &str, form: &RotateForm) -> Result<(), FormErrors> {
    let permit = context.may(Action::WriteKeys)?;
    let id = views::key_id(id)?;
    context.admin.show_key(permit, id).await.map_err(refused)?;
    context.admin.extend_overlap(permit, id, overlap(form)?).await.map_err(refused)?;
    Ok(())
}

/// Removes an archived key. Its name has to be typed: that is a question of the page, not a rule of the domain.
pub async fn purge(context: &RequestContext, id: &str, form: &PurgeForm) -> Result<(), FormErrors> {
    let permit = context.may(Action::PurgeKeys)?;
    let id = views::key_id(id)?;
    let name = context.admin.show_key(permit, id).await.map_err(refused)?.key.spec.name;
    if !model::name::is_retyped(&form.confirm, name.as_str()) {
        return Err(FormErrors::field("confirm", format!("Type its name, {name}, to purge it.")));
    }
    context.admin.purge_key(permit, id).await.map_err(refused)
}

/// The form of a key as it is: scopes that are offered are ticked, others typed.
pub(crate) fn typed(key: &Key, choices: &NewKeyView) -> KeyForm {
    let is = KeyInput::of(key);
    let (ticked, typed): (Vec<&str>, Vec<&str>) = is.scopes.split_whitespace().partition(|scope| choices.offers(scope));
    KeyForm {
        ticked: ticked.into_iter().map(str::to_owned).collect(),
        life: KEEP.to_owned(),
        input: KeyInput { scopes: typed.join(" "), expires: String::new(), ..is },
        ..KeyForm::default()
    }
}

/// What has to be mended. The domain's sentence on an expiry explains what a command line takes; a page shows a calendar.
pub(crate) fn key_field_errors(form: &KeyForm, errors: &[FieldError]) -> Vec<FieldErrorView> {
    let words = match form.life.as_str() {
        DATE if Timestamp::parse(form.date.trim()).is_none() => Some("Pick the day on which the key ends."),
        DAYS if form.days.trim().parse::<i64>().is_err() => Some("Type for how many days the key lives."),
        _ => None,
    };
    let mut errors = views::field_errors(errors);
    if let Some(words) = words {
        let expiry = errors.iter_mut().filter(|error| error.field == "expires");
        expiry.for_each(|error| words.clone_into(&mut error.message));
    }
    errors
}

fn refused(error: AdminError) -> FormErrors {
    match error {
        AdminError::Invalid(errors) => FormErrors { errors: views::field_errors(&errors), failure: None },
        error => closed(error).into(),
    }
}
