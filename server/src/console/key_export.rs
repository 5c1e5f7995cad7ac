//! The list of keys as a file, streamed page by page: what the list shows, without secrets.

use admin::{AdminError, Permit};
use app::{keys::list::query::ListQuery, session::context::RequestContext};
use axum::{
    Extension,
    body::Body,
    extract::{RawQuery, State},
    response::Response,
};
use futures_util::stream::{self, Stream};
use model::{
    listing::{Cursor, ListKeys, Rows},
    time::Timestamp,
};
use store::{KeyPage, ListedKey};

use crate::{
    console::{
        export::{Format, attachment, csv_line, json_part, refused},
        form_post::{bad_form, pairs},
    },
    json::{key_json, raw, status},
    request_id::RequestId,
    state::AppState,
};

/// The fields of a line.
const FIELDS: [&str; 18] = [
    "id",
    "name",
    "status",
    "owner",
    "tenant",
    "group",
    "acts_as",
    "scopes",
    "labels",
    "description",
    "addresses",
    "prefix",
    "last_four",
    "created_at",
    "created_by",
    "expires_at",
    "last_used_at",
    "last_used_from",
];

/// Every key that answers the list's question, in its order, as a file.
pub async fn export_keys(
    State(app): State<AppState>,
    Extension(context): Extension<RequestContext>,
    Extension(id): Extension<RequestId>,
    RawQuery(query): RawQuery,
) -> Response {
    let query = query.unwrap_or_default();
    let code = pairs(query.as_bytes()).into_iter().find_map(|(name, value)| (name == "format").then_some(value));
    let format = code.and_then(|code| Format::parse(&code));
    let (Some(format), Some(asked)) = (format, ListQuery::parse(&query)) else { return bad_form() };
    let list = ListKeys { rows: Rows::Most, after: None, before: None, ..asked.list };
    let begun = async {
        let permit = context.permit()?.clone();
        let found = app.admin.find_keys(&permit, &list).await.map_err(app::session::context::closed)?;
        Ok((permit, found))
    };
    match begun.await {
        Ok((permit, page)) => attachment("keys", format, Body::from_stream(file(app, permit, list, format, page))),
        Err(error) => refused(error, &id),
    }
}

/// What of the file is sent next.
enum Next {
    /// The first page, which was read to see whether this permit may.
    First(KeyPage),
    /// What comes after this place.
    After(Cursor),
    /// Nothing.
    Nothing,
}

/// The file, page by page. Should the store fail under way, the file breaks off and the browser says so.
fn file(
    app: AppState,
    permit: Permit,
    list: ListKeys,
    format: Format,
    page: KeyPage,
) -> impl Stream<Item = Result<String, AdminError>> {
    stream::try_unfold(Next::First(page), move |next| {
        let (app, permit, list) = (app.clone(), permit.clone(), list.clone());
        async move {
            let (page, is_first) = match next {
                Next::First(page) => (page, true),
                Next::After(place) => {
                    (app.admin.find_keys(&permit, &ListKeys { after: Some(place), ..list }).await?, false)
                }
                Next::Nothing => return Ok(None),
            };
            let now = app.admin.clock().now();
            let text = match format {
                Format::Csv => csv(&page.keys, is_first, now),
                Format::Json => {
                    let object =
                        |listed: &ListedKey| raw(&key_json(&listed.key, listed.last_use.as_ref(), now)).to_string();
                    json_part(&page.keys.iter().map(object).collect::<Vec<_>>(), is_first, page.next.is_none())
                }
            };
            Ok(Some((text, page.next.map_or(Next::Nothing, Next::After))))
        }
    })
}

fn csv(keys: &[ListedKey], is_first: bool, now: Timestamp) -> String {
    let head = if is_first { csv_line(&FIELDS) } else { String::new() };
    let line = |listed: &ListedKey| {
        let (key, spec) = (&listed.key, &listed.key.spec);
        let (used, address) = match &listed.last_use {
            Some(used) => (used.at.to_string(), used.address.clone()),
            None => Default::default(),
        };
        csv_line(&[
            key.id.as_str(),
            spec.name.as_str(),
            &status(key, now),
            spec.owner.as_str(),
            key.tenant.name.as_str(),
            spec.group.as_ref().map_or("", |group| &group.name),
            spec.subject.as_ref().map_or("", |identity| &identity.name),
            &spec.scopes.to_string(),
            &spec.labels.to_string(),
            spec.description.as_str(),
            &spec.addresses.to_string(),
            key.prefix.as_str(),
            &key.last_four,
            &key.created_at.to_string(),
            &key.created_by,
            &ends(spec.expires_at),
            &used,
            &address,
        ])
    };
    head + &keys.iter().map(line).collect::<String>()
}

/// When a key ends; empty when it never does.
fn ends(at: Timestamp) -> String {
    if at == Timestamp::NEVER { String::new() } else { at.to_string() }
}
