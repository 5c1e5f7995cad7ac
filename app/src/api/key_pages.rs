//! What the pages of one key load.

use model::key::{Form, KeyState};

use super::{change_key::typed, choices::choices, ctx, views};
use crate::{
    error::ApiError,
    view::{EditKeyView, KeyView, NewKeyView},
};

/// One key with what its page shows.
pub async fn show_key(id: String) -> Result<KeyView, ApiError> {
    ctx::answer(
        async {
            let context = ctx::expect_context_of_request()?;
            let permit = context.permit()?;
            let id = views::key_id(&id)?;
            let found = context.admin.show_key(permit, id).await.map_err(ctx::closed)?;
            let history = context.admin.key_audit(permit, id).await.map_err(ctx::closed)?;
            Ok(views::key(&found, &history.events, permit, &context.origin, context.admin.clock().now()))
        }
        .await,
    )
}

/// What the form for a new key needs.
pub async fn new_key() -> Result<NewKeyView, ApiError> {
    ctx::answer(
        async {
            let context = ctx::expect_context_of_request()?;
            choices(&context, context.permit()?).await
        }
        .await,
    )
}

/// What the form that edits a key needs.
pub async fn key_form(id: String) -> Result<EditKeyView, ApiError> {
    ctx::answer(
        async {
            let context = ctx::expect_context_of_request()?;
            let permit = context.permit()?;
            let choices = choices(&context, permit).await?;
            let key = context.admin.show_key(permit, views::key_id(&id)?).await.map_err(ctx::closed)?.key;
            Ok(EditKeyView {
                id: key.id.to_string(),
                name: key.spec.name.to_string(),
                expires: views::when(key.spec.expires_at, context.admin.clock().now()),
                generation: key.generation,
                is_jwt: key.form == Form::Jwt,
                is_archived: matches!(key.state, KeyState::Archived(_)),
                form: typed(&key, &choices),
                choices,
            })
        }
        .await,
    )
}
