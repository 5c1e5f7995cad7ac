//! Pages, rendered whole: what was loaded, the style sheet, and islands where a page has any.

use admin::FirstRun;
use app::{Document, form_outcome::FormOutcome, keys::list::query::ListQuery, session::context::RequestContext};
use axum::{
    Extension,
    body::Body,
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use leptos::{
    config::LeptosOptions,
    nonce::use_nonce,
    prelude::{provide_context, use_context},
};
use leptos_axum::ResponseOptions;

use model::token::{self, SECRET_LENGTH};

use crate::{
    console::flash,
    layers::request_context::{COLUMNS_COOKIE, LIST_COOKIE, is_live},
    state::AppState,
};

/// A page by its address.
pub async fn page(State(app): State<AppState>, request: Request) -> Response {
    render(&app, request, None).await
}

/// The console's front door: the overview once there is something to see, which may be the first run's checklist.
pub async fn home(Extension(context): Extension<RequestContext>) -> Redirect {
    let seen = match context.permit() {
        Ok(permit) => {
            context.admin.has_keys(permit).await.unwrap_or(false)
                || context.admin.first_run(permit).await.is_ok_and(|run| run != FirstRun::Over)
        }
        Err(_) => false,
    };
    Redirect::to(if seen { app::routes::OVERVIEW } else { app::routes::KEYS })
}

/// The list of keys. Columns that its address names are remembered.
pub async fn keys(State(app): State<AppState>, request: Request) -> Response {
    let is_live = is_live(&request);
    if let Some(clean) = without_secrets(request.uri().query().unwrap_or_default()) {
        return Redirect::to(&clean).into_response();
    }
    let remembered = remember_list(request.uri().query().unwrap_or_default());
    let chosen = ListQuery::parse(request.uri().query().unwrap_or_default()).and_then(|asked| asked.columns);
    let mut response = render(&app, request, None).await;
    // What a script asks for again is nobody's choice.
    if let Some(columns) = chosen.filter(|_| !is_live) {
        let codes: Vec<_> = columns.iter().map(|column| column.names().0).collect();
        let cookie =
            format!("{COLUMNS_COOKIE}={}; Path=/; Max-Age=31536000; SameSite=Strict; HttpOnly", codes.join("."));
        response.headers_mut().extend(HeaderValue::from_str(&cookie).map(|cookie| (header::SET_COOKIE, cookie)));
    }
    if let Some(cookie) = remembered.filter(|_| !is_live && response.status().is_success()) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// The list's address without a key that was pasted into the search: what is in an address is kept by browsers and proxies.
fn without_secrets(query: &str) -> Option<String> {
    let asked = ListQuery::parse(query)?;
    let words = token::without_secrets(&asked.list.words);
    let plain = asked.list.words.split_whitespace().collect::<Vec<_>>().join(" ");
    (words != plain).then(|| asked.with(|list| list.words = words).address())
}

/// The most characters of a query that are remembered.
const MAX_LIST: usize = 1000;

/// Has the browser keep the list's query until it is closed, for the way back from a key. `None` when it cannot be kept:
/// what is as long as a secret may be one, pasted where one searches.
fn remember_list(query: &str) -> Option<HeaderValue> {
    let is_short = |part: &str| part.len() < SECRET_LENGTH;
    let fits = query.len() <= MAX_LIST
        && query.bytes().all(|b| b.is_ascii_graphic() && !b"\";,\\".contains(&b))
        && query.split(|c: char| !c.is_ascii_alphanumeric()).all(is_short);
    let cookie = format!("{LIST_COOKIE}={query}; Path=/; SameSite=Strict; HttpOnly");
    HeaderValue::from_str(&cookie).ok().filter(|_| fits)
}

/// Where the list is that was looked at last.
fn list_address(query: Option<&str>) -> String {
    match query.filter(|query| !query.is_empty() && ListQuery::parse(query).is_some()) {
        Some(query) => format!("{}?{query}", app::routes::KEYS),
        None => app::routes::KEYS.to_owned(),
    }
}

/// Renders the page of the request's address, with what a POST led to.
pub async fn render(app: &AppState, request: Request, form_outcome: Option<FormOutcome>) -> Response {
    let path = request.uri().path();
    let plain = [app::routes::SETUP, app::routes::SIGN_IN].contains(&path);
    // The page that shows a secret loads nothing that could carry it on.
    let once = matches!(form_outcome, Some(FormOutcome::Issued(_)));
    let context = request.extensions().get::<RequestContext>();
    let document = Document {
        style: app.site.style.clone(),
        islands: app.site.options.is_some()
            && !plain
            && !once
            && context.is_some_and(|context| context.signed_in.is_some()),
        theme: context.and_then(|context| context.theme),
        list: list_address(context.and_then(|context| context.list.as_deref())),
        now: app.clock.now().millis(),
        mark: app.admin.form_mark(),
    };
    // A page that somebody looks at, not the answer to a form.
    let is_looked_at = request.method().is_safe() && !plain && !is_live(&request);
    let said = flash::of(request.headers()).filter(|_| is_looked_at);
    let options = app.site.options.clone().unwrap_or_else(|| LeptosOptions::builder().output_name("keyward").build());
    let contexts = move || {
        allow_own_scripts();
        provide_context(document.clone());
        if let Some(said) = said {
            provide_context(said);
        }
        if let Some(form_outcome) = form_outcome.clone() {
            provide_context(form_outcome);
        }
    };
    let render = leptos_axum::render_app_async_with_context(contexts, move || app::shell(options.clone()));
    let mut response = render(request).await.into_response();
    if said.is_some() {
        flash::forget(&mut response);
    }
    response
}

/// The page's content policy: our own files, and the one script that carries this page's nonce.
fn allow_own_scripts() {
    let policy = format!(
        "default-src 'none'; script-src 'self' {}'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; font-src 'self'; \
         connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        use_nonce().map(|nonce| format!("'nonce-{nonce}' ")).unwrap_or_default()
    );
    if let (Some(response), Ok(policy)) = (use_context::<ResponseOptions>(), HeaderValue::from_str(&policy)) {
        response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
    }
}

/// The same page, with the status of a form that has to be mended.
pub async fn answer_form(
    app: &AppState,
    request: axum::http::request::Parts,
    status: StatusCode,
    form_outcome: FormOutcome,
) -> Response {
    let mut response = render(app, Request::from_parts(request, Body::empty()), Some(form_outcome)).await;
    *response.status_mut() = status;
    response
}

/// Bundled files under `/pkg` carry their content's hash in their name and never change; icons may.
pub fn cache_for(path: &str) -> HeaderValue {
    HeaderValue::from_static(if path.starts_with("/pkg/") {
        "public, max-age=31536000, immutable"
    } else {
        "public, max-age=3600"
    })
}

/// Serves the bundled files, compressed as they lie there.
pub async fn file(State(app): State<AppState>, request: Request) -> Response {
    let cache = cache_for(request.uri().path());
    let mut files = tower_http::services::ServeDir::new(&app.site.root)
        .append_index_html_on_directories(false)
        .precompressed_br()
        .precompressed_gzip();
    match files.try_call(request).await {
        Ok(mut response) => {
            if response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED {
                response.headers_mut().insert(header::CACHE_CONTROL, cache);
            }
            response.into_response()
        }
        Err(error) => {
            tracing::error!(%error, "a bundled file could not be read");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
