//! What the pages of one key load.

use admin::UnusedScopes;
use model::{
    account::Action,
    key::{Form, KeyState},
    listing::{ListKeys, StatusFilter},
};

use crate::{
    error::ApiError,
    keys::{
        create::choices::choices,
        edit::save::typed,
        to_view,
        view::{EditKeyView, GroupView, KeyView, NewKeyView},
    },
    session::context,
};

/// Events of a key that its page shows.
const EVENTS: u16 = 10;

/// One key with what its page shows.
pub async fn show_key(id: String) -> Result<KeyView, ApiError> {
    context::answer(
        async {
            let context = context::expect_context_of_request()?;
            let permit = context.permit()?;
            let id = to_view::key_id(&id)?;
            let found = context.admin.show_key(permit, id).await.map_err(context::closed)?;
            let series = ListKeys { series: Some(found.key.series), which: StatusFilter::Any, ..ListKeys::default() };
            let generations = context.admin.count_keys(permit, &series).await.map_err(context::closed)?;
            let history = context.admin.key_audit(permit, id, None, EVENTS).await.map_err(context::closed)?;
            Ok(to_view::key(&found, &history.events, generations, permit, &context.origin, context.admin.clock().now()))
        }
        .await,
    )
}

/// What the form for a new key needs.
pub async fn new_key() -> Result<NewKeyView, ApiError> {
    context::answer(
        async {
            let context = context::expect_context_of_request()?;
            choices(&context, context.permit()?).await
        }
        .await,
    )
}

/// What calls with a key did not ask for, if that is known and this visitor may edit it.
pub async fn unused_scopes(id: String) -> Result<Option<UnusedScopes>, ApiError> {
    context::answer(
        async {
            let context = context::expect_context_of_request()?;
            let permit = context.permit()?;
            if permit.allows(Action::WriteKeys).is_err() {
                return Ok(None);
            }
            context.admin.unused_scopes(permit, to_view::key_id(&id)?).await.map_err(context::closed)
        }
        .await,
    )
}

/// What the form that edits a key needs.
pub async fn key_form(id: String) -> Result<EditKeyView, ApiError> {
    context::answer(
        async {
            let context = context::expect_context_of_request()?;
            let permit = context.permit()?;
            let mut choices = choices(&context, permit).await?;
            let key = context.admin.show_key(permit, to_view::key_id(&id)?).await.map_err(context::closed)?.key;
            // The group that it is in is among the choices, also when its entry cannot be read.
            if let Some(group) = &key.spec.group
                && !choices.groups.iter().any(|known| known.id == group.id.as_str())
            {
                let (id, name, tenant) = (group.id.to_string(), group.name.clone(), key.tenant.name.to_string());
                choices.groups.push(GroupView { id, name, tenant });
            }
            Ok(EditKeyView {
                id: key.id.to_string(),
                name: key.spec.name.to_string(),
                expires: to_view::when(key.spec.expires_at, context.admin.clock().now()),
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
