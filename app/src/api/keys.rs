//! Keys over the wire.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::arguments::Arguments;
use crate::{
    error::ApiError,
    form::{ArchiveForm, KeyForm},
    issued_secret::{IssueAnswer, OnceEncoding},
    view::{FieldErrorView, ImpactView},
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
    use super::{ctx, views};
    ctx::answer(
        async {
            let context = ctx::expect_context_of_request()?;
            let found = context.admin.show_key(context.permit()?, views::key_id(&id)?).await.map_err(ctx::closed)?;
            Ok(views::impact(&found, context.admin.clock().now()))
        }
        .await,
    )
}

/// Issues a key. The answer is the one response that ever holds its secret.
#[server(prefix = "/api/console", endpoint = "issue_key", input = Arguments, output = server_fn::codec::Post<OnceEncoding>)]
pub async fn issue_key(form: KeyForm) -> Result<IssueAnswer, ApiError> {
    use super::ctx;
    let context = ctx::answer(ctx::expect_context_of_request())?;
    ctx::answer(match issue(&context, &form).await {
        Ok(Made::Answer(answer)) => Ok(answer),
        // Said at the form, which stays where it is.
        Ok(Made::Already(id)) => Ok(IssueAnswer::Refused(vec![FieldErrorView {
            field: "name".to_owned(),
            message: format!(
                "This form was sent already and made the key {id}; a second one was not made. Its secret was shown once, \
                 then. Reload the page to make another key."
            ),
        }])),
        Err(error) => Err(error),
    })
}

/// Archives a key.
#[server(prefix = "/api/console", endpoint = "archive_key", input = Arguments)]
pub async fn archive_key(id: String, form: ArchiveForm) -> Result<ArchiveAnswer, ApiError> {
    use super::ctx;
    let context = ctx::answer(ctx::expect_context_of_request())?;
    ctx::answer(archive(&context, &id, &form).await)
}

/// What became of the form for a new key.
#[cfg(feature = "ssr")]
pub enum Made {
    /// A key, or what has to be mended first.
    Answer(IssueAnswer),
    /// Nothing: it was sent before and made the key of this id then.
    Already(String),
}

/// Issues a key for this visit.
#[cfg(feature = "ssr")]
pub async fn issue(context: &super::ctx::RequestContext, form: &KeyForm) -> Result<Made, ApiError> {
    use super::{change_key::key_field_errors, ctx};
    use admin::AdminError;
    match context.admin.issue_key_once(context.permit()?, &form.asked(), &form.once).await {
        Ok(issued) => Ok(Made::Answer(IssueAnswer::Issued(context.once(&issued)))),
        Err(AdminError::Invalid(errors)) => Ok(Made::Answer(IssueAnswer::Refused(key_field_errors(form, &errors)))),
        Err(AdminError::Repeated(made)) => Ok(Made::Already(made.to_string())),
        Err(error) => Err(ctx::closed(error)),
    }
}

/// Archives a key for this visit. A key in use asks for its name: that is a question of the page, not a rule of the
/// domain, which has none for tools.
#[cfg(feature = "ssr")]
pub async fn archive(
    context: &super::ctx::RequestContext,
    id: &str,
    form: &ArchiveForm,
) -> Result<ArchiveAnswer, ApiError> {
    use super::{ctx, views};
    use model::{account::Action, key::ArchiveReason};
    let permit = context.may(Action::WriteKeys)?;
    let id = views::key_id(id)?;
    let Some(reason) = ArchiveReason::parse(&form.reason) else { return Err(ApiError::BadRequest) };
    let found = context.admin.show_key(permit, id).await.map_err(ctx::closed)?;
    let impact = views::impact(&found, context.admin.clock().now());
    if impact.type_name && !model::name::is_retyped(&form.confirm, found.key.spec.name.as_str()) {
        let message = format!("This key is in use. Type its name, {}, to archive it.", found.key.spec.name);
        return Ok(ArchiveAnswer::Refused(vec![FieldErrorView { field: "confirm".to_owned(), message }]));
    }
    context.admin.archive_key(permit, id, reason).await.map_err(ctx::closed)?;
    Ok(ArchiveAnswer::Archived)
}
