//! What rotates a key, and what ends or lengthens the overlap.

use admin::AdminError;
use model::account::Action;

use crate::{
    form_outcome::FormErrors,
    keys::{
        detail::to_view::overlap,
        form::rotation::RotateForm,
        issued_secret::IssuedSecret,
        to_view::{self, refused},
    },
    session::context::RequestContext,
};

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
    let id = to_view::key_id(id)?;
    context.admin.show_key(permit, id).await.map_err(refused)?;
    match context.admin.rotate_key_once(permit, id, overlap(form)?, &form.once).await {
        Ok(issued) => Ok(Rotated::IssuedSecret(Box::new(context.once(&issued)))),
        Err(AdminError::Repeated(made)) => Ok(Rotated::Already(made.to_string())),
        Err(error) => Err(refused(error)),
    }
}

/// Ends the overlap of an old key: it stops now.
pub async fn cut(context: &RequestContext, id: &str) -> Result<(), FormErrors> {
    context.admin.cut_key(context.may(Action::WriteKeys)?, to_view::key_id(id)?).await.map_err(refused)?;
    Ok(())
}

/// Lets an old key work for longer.
pub async fn extend(context: &RequestContext, id: &str, form: &RotateForm) -> Result<(), FormErrors> {
    let permit = context.may(Action::WriteKeys)?;
    let id = to_view::key_id(id)?;
    context.admin.show_key(permit, id).await.map_err(refused)?;
    context.admin.extend_overlap(permit, id, overlap(form)?).await.map_err(refused)?;
    Ok(())
}
