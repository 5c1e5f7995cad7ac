//! The audit as a file, streamed page by page, and the button that walks the chain.

use admin::{AdminError, Permit};
use app::{audit::view::AuditQuery, error::ApiError, routes, session::context::RequestContext};
use axum::{
    Extension,
    body::Body,
    extract::{RawQuery, State},
    http::{HeaderValue, header},
    response::{IntoResponse, Redirect, Response},
};
use crypto::secret::hex;
use futures_util::stream::{self, Stream};
use model::audit::Event;
use store::{AuditFilter, AuditPage};

use crate::{
    console::{
        form_post::{FormPost, bad_form, pairs},
        forms::status,
    },
    machine::problem::Problem,
    request_id::RequestId,
    state::AppState,
};

/// Events read at once.
const CHUNK: u16 = 500;

/// How the file is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Csv,
    Json,
}

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
            ("format", "csv") => format = Some(Format::Csv),
            ("format", "json") => format = Some(Format::Json),
            ("format", _) => return bad_form(),
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
    let (kind, name) = match format {
        Format::Csv => ("text/csv; charset=utf-8", "audit.csv"),
        Format::Json => ("application/json", "audit.json"),
    };
    let body = Body::from_stream(file(app, permit, filter, format, page));
    let mut response = ([(header::CONTENT_TYPE, kind)], body).into_response();
    let disposition = HeaderValue::try_from(format!("attachment; filename=\"{name}\""));
    response.headers_mut().extend(disposition.map(|value| (header::CONTENT_DISPOSITION, value)));
    response
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

fn refused(error: ApiError, id: &RequestId) -> Response {
    let code = if error == ApiError::Forbidden { "forbidden" } else { "not_done" };
    Problem::new(status(error), code, error.to_string(), id).into_response()
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

/// Lines as RFC 4180 has them, every field in quotes.
fn csv(page: &AuditPage, is_first: bool) -> String {
    let mut text = String::new();
    if is_first {
        text.push_str("number,at,who,what,target,detail,hash\r\n");
    }
    for event in &page.events {
        let Event { seq, at, actor, verb, target, detail, hash } = event;
        let fields =
            [&seq.to_string(), &at.to_string(), actor, verb, target, detail, &hex(hash)].map(|text| field(text));
        text.push_str(&fields.join(","));
        text.push_str("\r\n");
    }
    text
}

/// One field. A spreadsheet would run what begins like a formula, unless a quote comes first; where a semicolon separates
/// cells, as in much of Europe, some begin a cell behind one, whatever quotes say.
fn field(text: &str) -> String {
    const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];
    let mut guarded = String::with_capacity(text.len() + 2);
    let mut begins = true;
    for letter in text.chars() {
        if begins && FORMULA.contains(&letter) {
            guarded.push('\'');
        }
        begins = letter == ';' || (begins && letter == ' ');
        guarded.push(letter);
    }
    format!("\"{}\"", guarded.replace('"', "\"\""))
}

/// A list of objects, one on each line.
fn json(page: &AuditPage, is_first: bool) -> String {
    let object = |event: &Event| {
        let detail: serde_json::Value = serde_json::from_str(&event.detail).unwrap_or_default();
        let object = serde_json::json!({
            "number": event.seq,
            "at": event.at.to_string(),
            "who": event.actor,
            "what": event.verb,
            "target": event.target,
            "detail": detail,
            "hash": hex(&event.hash),
        });
        object.to_string()
    };
    let objects: Vec<_> = page.events.iter().map(object).collect();
    let begin = if is_first { "[\n" } else { ",\n" };
    let end = if page.next.is_none() { "\n]\n" } else { "" };
    format!("{begin}{}{end}", objects.join(",\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_field_runs_in_a_spreadsheet_or_leaves_its_column() {
        for (text, expected) in [
            ("plain", "\"plain\""),
            ("a,b\n\"c\"", "\"a,b\n\"\"c\"\"\""),
            ("=1+1", "\"'=1+1\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("-2", "\"'-2\""),
            ("a;=HYPERLINK(1);b", "\"a;'=HYPERLINK(1);b\""),
            ("a; =1", "\"a; '=1\""),
            ("", "\"\""),
        ] {
            assert_eq!(field(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_file_without_events_is_still_a_list() {
        let none = AuditPage { events: Vec::new(), next: None };
        assert_eq!(serde_json::from_str::<serde_json::Value>(&json(&none, true)).unwrap(), serde_json::json!([]));
        assert_eq!(csv(&none, true).lines().count(), 1);
    }
}
