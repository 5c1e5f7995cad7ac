//! Keys over the wire.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    error::ApiError,
    form::{ArchiveForm, IssueKeyForm},
    once::{IssueAnswer, OnceEncoding},
    view::{FieldErrorView, KeyView, KeysView, NewKeyView, StakesView},
};

/// What archiving a key answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ArchiveAnswer {
    /// The form has to be mended; nothing was changed.
    Refused(Vec<FieldErrorView>),
    /// The key is archived.
    Archived,
}

/// A page of keys: `words` are searched for, `after` is the place the page before ended.
#[server(prefix = "/api/console", endpoint = "list_keys")]
pub async fn list_keys(words: String, archived: bool, after: Option<String>) -> Result<KeysView, ApiError> {
    use super::{ctx, views};
    use keyward::{console::ListKeys, people::Action, store::Cursor};
    ctx::answer(
        async {
            let visit = ctx::expect_visit()?;
            let permit = visit.permit()?;
            let after = after.as_deref().map(|text| Cursor::parse(text).ok_or(ApiError::BadRequest)).transpose()?;
            let list = ListKeys { words, archived, after };
            let found = visit.console.list_keys(permit, &list).await.map_err(ctx::closed)?;
            let now = visit.console.clock().now();
            Ok(KeysView {
                rows: found
                    .page
                    .keys
                    .iter()
                    .map(|listed| views::row(&listed.key, listed.last_use.as_ref(), now))
                    .collect(),
                live: found.counts.live,
                all: found.counts.all,
                next: found.page.next.map(Cursor::to_text),
                may_write: permit.allows(Action::WriteKeys).is_ok(),
                origin: visit.origin.to_string(),
            })
        }
        .await,
    )
}

/// One key with what its page shows.
#[server(prefix = "/api/console", endpoint = "show_key")]
pub async fn show_key(id: String) -> Result<KeyView, ApiError> {
    use super::{ctx, views};
    ctx::answer(
        async {
            let visit = ctx::expect_visit()?;
            let permit = visit.permit()?;
            let id = views::key_id(&id)?;
            let found = visit.console.show_key(permit, id).await.map_err(ctx::closed)?;
            let history = visit.console.key_audit(permit, id).await.map_err(ctx::closed)?;
            Ok(views::key(&found, &history.events, permit, &visit.origin, visit.console.clock().now()))
        }
        .await,
    )
}

/// What archiving a key would break.
#[server(prefix = "/api/console", endpoint = "key_stakes")]
pub async fn key_stakes(id: String) -> Result<StakesView, ApiError> {
    use super::{ctx, views};
    ctx::answer(
        async {
            let visit = ctx::expect_visit()?;
            let found = visit.console.show_key(visit.permit()?, views::key_id(&id)?).await.map_err(ctx::closed)?;
            Ok(views::stakes(&found, visit.console.clock().now()))
        }
        .await,
    )
}

/// What the form for a new key needs.
#[server(prefix = "/api/console", endpoint = "new_key")]
pub async fn new_key() -> Result<NewKeyView, ApiError> {
    use super::{ctx, views};
    ctx::answer(
        async {
            let visit = ctx::expect_visit()?;
            let permit = visit.permit()?;
            let in_use = visit.console.scopes_in_use(permit).await.map_err(ctx::closed)?;
            Ok(views::new_key(&visit.console, permit, &in_use))
        }
        .await,
    )
}

/// Issues a key. The answer is the one response that ever holds its secret.
#[server(prefix = "/api/console", endpoint = "issue_key", input = server_fn::codec::Json, output = server_fn::codec::Post<OnceEncoding>)]
pub async fn issue_key(form: IssueKeyForm) -> Result<IssueAnswer, ApiError> {
    use super::ctx;
    let visit = ctx::answer(ctx::expect_visit())?;
    ctx::answer(issue(&visit, &form).await)
}

/// Archives a key.
#[server(prefix = "/api/console", endpoint = "archive_key", input = server_fn::codec::Json)]
pub async fn archive_key(id: String, form: ArchiveForm) -> Result<ArchiveAnswer, ApiError> {
    use super::ctx;
    let visit = ctx::answer(ctx::expect_visit())?;
    ctx::answer(archive(&visit, &id, &form).await)
}

/// Issues a key for this visit.
#[cfg(feature = "ssr")]
pub async fn issue(visit: &super::ctx::Visit, form: &IssueKeyForm) -> Result<IssueAnswer, ApiError> {
    use super::{ctx, views};
    use crate::once::Once;
    use keyward::{
        console::{ConsoleError, IssueKey},
        time::Timestamp,
    };
    let asked = IssueKey {
        name: form.name.clone(),
        description: form.description.clone(),
        owner: form.owner.clone(),
        scopes: form.scopes(),
        expires: form.expires(),
        tenant: String::new(),
    };
    match visit.console.issue_key(visit.permit()?, &asked).await {
        Ok(issued) => Ok(IssueAnswer::Issued(Once {
            token: issued.token.reveal().to_owned(),
            id: issued.key.id.to_string(),
            name: issued.key.name.to_string(),
            origin: visit.origin.to_string(),
        })),
        Err(ConsoleError::Invalid(errors)) => {
            let mut errors = views::field_errors(&errors);
            // The domain's sentence explains what a command line takes; a page shows a calendar.
            if form.life == "date" && Timestamp::parse(form.date.trim()).is_none() {
                let expiry = errors.iter_mut().filter(|error| error.field == "expires");
                expiry.for_each(|error| "Pick the day on which the key ends.".clone_into(&mut error.message));
            }
            Ok(IssueAnswer::Refused(errors))
        }
        Err(error) => Err(ctx::closed(error)),
    }
}

/// Archives a key for this visit. A key in use asks for its name: that is a question of the page, not a rule of the
/// domain, which has none for tools.
#[cfg(feature = "ssr")]
pub async fn archive(visit: &super::ctx::Visit, id: &str, form: &ArchiveForm) -> Result<ArchiveAnswer, ApiError> {
    use super::{ctx, views};
    use keyward::key::ArchiveReason;
    let permit = visit.permit()?;
    let id = views::key_id(id)?;
    let Some(reason) = ArchiveReason::parse(&form.reason) else { return Err(ApiError::BadRequest) };
    let found = visit.console.show_key(permit, id).await.map_err(ctx::closed)?;
    let stakes = views::stakes(&found, visit.console.clock().now());
    if stakes.type_name && form.confirm.trim() != found.key.name.as_str() {
        let message = format!("This key is in use. Type its name, {}, to archive it.", found.key.name);
        return Ok(ArchiveAnswer::Refused(vec![FieldErrorView { field: "confirm".to_owned(), message }]));
    }
    visit.console.archive_key(permit, id, reason).await.map_err(ctx::closed)?;
    Ok(ArchiveAnswer::Archived)
}
