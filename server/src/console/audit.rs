//! The audit as a file, streamed page by page, and the button that walks the chain.

use admin::{AdminError, Permit};
use app::{audit::view::AuditQuery, routes, session::context::RequestContext};
use axum::{
    Extension,
    body::Body,
    extract::{RawQuery, State},
    response::{IntoResponse, Redirect, Response},
};
use crypto::secret::hex;
use futures_util::stream::{self, Stream};
use model::audit::Event;
use store::{AuditFilter, AuditPage};

use crate::{
    console::{
        export::{Format, attachment, csv_line, json_part, refused},
        form_post::{FormPost, bad_form, pairs},
    },
    request_id::RequestId,
    state::AppState,
};

/// Events read at once.
const CHUNK: u16 = 500;

/// What of the file was sent already.
enum Written {
    /// Nothing; the first page was read, to see whether this permit may.
    Nothing(AuditPage),
    /// All before this number.
    Before(i64),
    /// All of it.
    All,
}

/// Every event that fits, newest first, as a file.
pub async fn export_audit(
    State(app): State<AppState>,
    Extension(context): Extension<RequestContext>,
    Extension(id): Extension<RequestId>,
    RawQuery(query): RawQuery,
) -> Response {
    let (mut asked, mut format) = (AuditQuery::default(), None);
    for (name, value) in pairs(query.unwrap_or_default().as_bytes()) {
        match (name.as_str(), value.as_str()) {
            ("format", code) => match Format::parse(code) {
                None => return bad_form(),
                known => format = known,
            },
            _ => {
                if !asked.take(&name, value) {
                    return bad_form();
                }
            }
        }
    }
    let Some(format) = format else { return bad_form() };
    let begun = async {
        let filter = app::audit::load::audit_filter(&asked)?;
        let permit = context.permit()?.clone();
        let page =
            app.admin.search_audit(&permit, &filter, None, Some(CHUNK)).await.map_err(app::session::context::closed)?;
        Ok((filter, permit, page))
    };
    let (filter, permit, page) = match begun.await {
        Ok(begun) => begun,
        Err(error) => return refused(error, &id),
    };
    attachment("audit", format, Body::from_stream(file(app, permit, filter, format, page)))
}

/// Walks the chain, then shows how it stands.
pub async fn post_verify(Extension(id): Extension<RequestId>, FormPost((), post): FormPost<()>) -> Response {
    let walked = async {
        let permit = post.context.permit()?;
        post.app.admin.verify_audit_now(permit).await.map_err(app::session::context::closed)
    };
    match walked.await {
        Ok(_) => Redirect::to(routes::AUDIT).into_response(),
        Err(error) => refused(error, &id),
    }
}

/// The file, page by page. Should the store fail under way, the file breaks off and the browser says so.
fn file(
    app: AppState,
    permit: Permit,
    filter: AuditFilter,
    format: Format,
    page: AuditPage,
) -> impl Stream<Item = Result<String, AdminError>> {
    stream::try_unfold(Written::Nothing(page), move |written| {
        let (app, permit, filter) = (app.clone(), permit.clone(), filter.clone());
        async move {
            let (page, is_first) = match written {
                Written::Nothing(page) => (page, true),
                Written::Before(before) => {
                    (app.admin.search_audit(&permit, &filter, Some(before), Some(CHUNK)).await?, false)
                }
                Written::All => return Ok(None),
            };
            let text = match format {
                Format::Csv => csv(&page, is_first),
                Format::Json => json(&page, is_first),
            };
            Ok(Some((text, page.next.map_or(Written::All, Written::Before))))
        }
    })
}

/// The page's lines, after the names of the fields on the first.
fn csv(page: &AuditPage, is_first: bool) -> String {
    let mut text = String::new();
    if is_first {
        text.push_str("number,at,who,what,target,detail,hash\r\n");
    }
    for event in &page.events {
        let Event { seq, at, actor, verb, target, detail, hash } = event;
        text.push_str(&csv_line(&[&seq.to_string(), &at.exact(), actor, verb, target, detail, &hex(hash)]));
    }
    text
}

/// The page's objects.
fn json(page: &AuditPage, is_first: bool) -> String {
    let object = |event: &Event| {
        let detail: serde_json::Value = serde_json::from_str(&event.detail).unwrap_or_default();
        let object = serde_json::json!({
            "number": event.seq,
            "at": event.at.exact(),
            "who": event.actor,
            "what": event.verb,
            "target": event.target,
            "detail": detail,
            "hash": hex(&event.hash),
        });
        object.to_string()
    };
    let objects: Vec<_> = page.events.iter().map(object).collect();
    json_part(&objects, is_first, page.next.is_none())
}
