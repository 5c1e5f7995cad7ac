//! What saves an edit. Between the form as typed and what the domain takes, this module translates.

use admin::AdminError;
use model::{account::Action, key::Key, key_input::KeyInput};

use crate::{
    form_outcome::FormErrors,
    keys::{
        detail::{to_view::edit_preview, view::EditPreviewView},
        form::{ANYWAY, EditForm, KEEP, KeyForm, LISTED},
        to_view::{self, key_field_errors, refused},
        view::NewKeyView,
    },
    session::context::{RequestContext, closed},
};

/// What became of an edit.
pub enum Edited {
    /// It is saved.
    Saved,
    /// It changes nothing.
    Unchanged,
    /// It is asked about first: it changes what the key opens, or would lock out callers that were seen lately. Nothing was
    /// changed.
    Asked(Box<EditPreviewView>),
}

/// Edits a key. What would change is listed first, and callers that it would lock out are named: that is a question of the
/// page, not a rule of the domain, which has none for tools.
pub async fn edit(context: &RequestContext, id: &str, form: &EditForm) -> Result<Edited, FormErrors> {
    let permit = context.may(Action::WriteKeys)?;
    let id = to_view::key_id(id)?;
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
    let preview = context.admin.preview_edit(permit, id, &asked, form.seen).await.map_err(refused)?;
    if preview.is_empty() {
        return Ok(Edited::Unchanged);
    }
    let asks = match form.step.as_str() {
        ANYWAY => false,
        LISTED => !preview.tightening.broken.is_empty(),
        _ => !preview.tightening.broken.is_empty() || preview.changes_access(),
    };
    if asks {
        return Ok(Edited::Asked(Box::new(edit_preview(&preview, &asked, context.admin.clock().now()))));
    }
    context.admin.edit_key(permit, id, &asked, Some(form.seen)).await.map_err(refused)?;
    Ok(Edited::Saved)
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
