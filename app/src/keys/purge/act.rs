//! What purges a key.

use model::account::Action;

use crate::{
    form_outcome::FormErrors,
    keys::{
        form::PurgeForm,
        to_view::{self, refused},
    },
    session::context::RequestContext,
};

/// Removes an archived key. Its name has to be typed: that is a question of the page, not a rule of the domain.
pub async fn purge(context: &RequestContext, id: &str, form: &PurgeForm) -> Result<(), FormErrors> {
    let permit = context.may(Action::PurgeKeys)?;
    let id = to_view::key_id(id)?;
    let name = context.admin.show_key(permit, id).await.map_err(refused)?.key.spec.name;
    if !model::name::is_retyped(&form.confirm, name.as_str()) {
        return Err(FormErrors::field("confirm", format!("Type its name, {name}, to delete it for good.")));
    }
    context.admin.purge_key(permit, id).await.map_err(refused)
}
