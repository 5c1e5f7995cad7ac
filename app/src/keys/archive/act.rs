//! What archives a key.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    arguments::Arguments,
    error::ApiError,
    keys::{
        form::ArchiveForm,
        view::{FieldErrorView, ImpactView},
    },
};

/// What archiving a key answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ArchiveAnswer {
    /// The form has to be mended; nothing was changed.
    Refused(Vec<FieldErrorView>),
    /// The key is archived.
    Archived,
}

/// What archiving a key would break.
#[server(prefix = "/api/console", endpoint = "archive_impact", input = Arguments)]
pub async fn archive_impact(id: String) -> Result<ImpactView, ApiError> {
    use crate::{keys::to_view, session::context};
    context::answer(
        async {
            let context = context::expect_context_of_request()?;
            let found =
                context.admin.show_key(context.permit()?, to_view::key_id(&id)?).await.map_err(context::closed)?;
            Ok(to_view::impact(&found, context.admin.clock().now()))
        }
        .await,
    )
}

/// Archives a key.
#[server(prefix = "/api/console", endpoint = "archive_key", input = Arguments)]
pub async fn archive_key(id: String, form: ArchiveForm) -> Result<ArchiveAnswer, ApiError> {
    use crate::session::context;
    let context = context::answer(context::expect_context_of_request())?;
    context::answer(archive(&context, &id, &form).await)
}

/// Archives a key for this visit. A key in use asks for its name: that is a question of the page, not a rule of the
/// domain, which has none for tools.
#[cfg(feature = "ssr")]
pub async fn archive(
    context: &crate::session::context::RequestContext,
    id: &str,
    form: &ArchiveForm,
) -> Result<ArchiveAnswer, ApiError> {
    use crate::{keys::to_view, session::context};
    use model::{account::Action, key::ArchiveReason};
    let permit = context.may(Action::WriteKeys)?;
    let id = to_view::key_id(id)?;
    let Some(reason) = ArchiveReason::parse(&form.reason) else { return Err(ApiError::BadRequest) };
    let found = context.admin.show_key(permit, id).await.map_err(context::closed)?;
    let impact = to_view::impact(&found, context.admin.clock().now());
    if impact.type_name && !model::name::is_retyped(&form.confirm, found.key.spec.name.as_str()) {
        let message = format!("This key is in use. Type its name, {}, to archive it.", found.key.spec.name);
        return Ok(ArchiveAnswer::Refused(vec![FieldErrorView { field: "confirm".to_owned(), message }]));
    }
    context.admin.archive_key(permit, id, reason).await.map_err(context::closed)?;
    Ok(ArchiveAnswer::Archived)
}

/// Undoes that a key was archived, for this visit.
#[cfg(feature = "ssr")]
pub async fn restore(
    context: &crate::session::context::RequestContext,
    id: &str,
) -> Result<(), crate::form_outcome::FormErrors> {
    use crate::keys::to_view;
    let permit = context.may(model::account::Action::WriteKeys)?;
    context.admin.restore_key(permit, to_view::key_id(id)?).await.map_err(to_view::refused)?;
    Ok(())
}
