//! Every route, once: a table that the routers are built from and that the tests enumerate.

use app::{routes, session::context::RequestContext};
use axum::{
    Extension, Json, Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::{from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{MethodRouter, any, get, post},
};
use model::account::Action;
use tower_sessions::{Expiry, SessionManagerLayer, cookie::SameSite};

use crate::{
    access::Access,
    api,
    console::{
        about, audit, bulk, first_run, forms, gateway, guards, key_export, key_forms, live, pages, reference,
        sessions::{SESSION_IDLE, Sessions},
        settings, signing, views, why,
    },
    layers,
    machine::{forward_auth, jwks, openapi, problem::Problem, verify},
    ops::health,
    request_id::RequestId,
    state::AppState,
};

/// One route.
pub struct Route {
    /// `GET`, `POST` or `ANY`.
    pub method: &'static str,
    /// The path, in axum's form.
    pub path: &'static str,
    /// Who may use it.
    pub access: Access,
    handler: MethodRouter<AppState>,
}

/// The table.
pub fn table() -> Vec<Route> {
    let operations = api::routes().into_iter();
    let operations = operations.map(|(path, handler)| Route { method: "ANY", path, access: Access::Machine, handler });
    pages_and_machines().into_iter().chain(operations).collect()
}

fn pages_and_machines() -> Vec<Route> {
    use Access::{Anyone, File, Itself, Machine, May, MayChangeKind, SignedIn};
    use Action::{CheckGateways, ManageAccounts, ManageSetup, PurgeKeys, ReadAudit, WriteCatalog, WriteKeys};
    let route = |method, path, access, handler| Route { method, path, access, handler };
    vec![
        route("GET", routes::HOME, Anyone, get(pages::home)),
        route("GET", routes::SETUP, Anyone, get(forms::setup)),
        route("POST", routes::SETUP, Anyone, post(forms::post_setup)),
        route("GET", routes::SIGN_IN, Anyone, get(pages::page)),
        route("POST", routes::SIGN_IN, Anyone, post(forms::post_sign_in)),
        route("POST", routes::SIGN_OUT, Anyone, post(forms::post_sign_out)),
        route("POST", routes::THEME, Anyone, post(forms::post_theme)),
        route("GET", routes::KEYS, SignedIn, get(pages::keys)),
        route("GET", routes::OVERVIEW, SignedIn, get(pages::page)),
        route("POST", routes::CONFIRM_MASTER_KEY, May(ManageSetup), post(first_run::post_confirm_master_key)),
        route("POST", routes::HIDE_FIRST_RUN, May(ManageSetup), post(first_run::post_hide)),
        route("POST", routes::SHOW_FIRST_RUN, May(ManageSetup), post(first_run::post_show)),
        route("GET", routes::REFERENCE, SignedIn, get(reference::reference)),
        route("GET", routes::ABOUT, SignedIn, get(about::about)),
        route("GET", routes::NEW_KEY, May(WriteKeys), get(pages::page)),
        route("POST", routes::NEW_KEY, May(WriteKeys), post(key_forms::post_new_key)),
        route("GET", routes::HYGIENE, SignedIn, get(pages::page)),
        route("POST", routes::BULK, May(WriteKeys), post(bulk::post_bulk)),
        route("GET", "/keys/{id}", SignedIn, get(pages::page)),
        route("GET", "/keys/{id}/edit", May(WriteKeys), get(pages::page)),
        route("POST", "/keys/{id}/edit", May(WriteKeys), post(key_forms::post_edit)),
        route("POST", "/keys/{id}/switch", May(WriteKeys), post(key_forms::post_switch)),
        route("GET", "/keys/{id}/rotate", May(WriteKeys), get(pages::page)),
        route("POST", "/keys/{id}/rotate", May(WriteKeys), post(key_forms::post_rotate)),
        route("POST", "/keys/{id}/cut", May(WriteKeys), post(key_forms::post_cut)),
        route("POST", "/keys/{id}/extend", May(WriteKeys), post(key_forms::post_extend)),
        route("GET", "/keys/{id}/purge", May(PurgeKeys), get(pages::page)),
        route("POST", "/keys/{id}/purge", May(PurgeKeys), post(key_forms::post_purge)),
        route("GET", "/keys/{id}/archive", May(WriteKeys), get(pages::page)),
        route("POST", "/keys/{id}/archive", May(WriteKeys), post(key_forms::post_archive)),
        route("POST", "/keys/{id}/restore", May(WriteKeys), post(key_forms::post_restore)),
        route("POST", routes::VIEWS, SignedIn, post(views::post_view)),
        route("POST", "/keys/views/{id}/delete", SignedIn, post(views::post_delete_view)),
        route("GET", routes::EXPORT_KEYS, SignedIn, get(key_export::export_keys)),
        route("GET", "/keys/{id}/signing", SignedIn, get(pages::page)),
        route("POST", "/keys/{id}/signing", May(WriteKeys), post(signing::post_request_signing_key)),
        route("POST", "/keys/{id}/signing/{request_signing_key}/retire", May(WriteKeys), post(signing::post_retire)),
        route("GET", routes::AUDIT, May(ReadAudit), get(pages::page)),
        route("GET", routes::EXPORT_AUDIT, May(ReadAudit), get(audit::export_audit)),
        route("POST", routes::VERIFY_AUDIT, May(ReadAudit), post(audit::post_verify)),
        route("GET", routes::ALL_SETTINGS, SignedIn, get(pages::page)),
        route("GET", routes::PEOPLE, May(ManageAccounts), get(pages::page)),
        route("GET", routes::NEW_PERSON, May(ManageAccounts), get(pages::page)),
        route("POST", routes::NEW_PERSON, May(ManageAccounts), post(settings::post_new_person)),
        route("GET", "/settings/people/{id}/switch", May(ManageAccounts), get(pages::page)),
        route("POST", "/settings/people/{id}/switch", May(ManageAccounts), post(settings::post_switch_person)),
        route("POST", routes::ADD_SAMPLES, May(WriteCatalog), post(settings::post_samples)),
        route("GET", "/settings/{kind}", SignedIn, get(pages::page)),
        route("GET", "/settings/{kind}/new", MayChangeKind, get(pages::page)),
        route("POST", "/settings/{kind}/new", MayChangeKind, post(settings::post_new_entry)),
        route("GET", "/settings/{kind}/{id}", SignedIn, get(pages::page)),
        route("POST", "/settings/{kind}/{id}", MayChangeKind, post(settings::post_entry)),
        route("GET", "/settings/{kind}/{id}/switch", MayChangeKind, get(pages::page)),
        route("POST", "/settings/{kind}/{id}/switch", MayChangeKind, post(settings::post_switch_entry)),
        route("GET", "/settings/{kind}/{id}/delete", MayChangeKind, get(pages::page)),
        route("POST", "/settings/{kind}/{id}/delete", MayChangeKind, post(settings::post_delete_entry)),
        route("GET", routes::JOBS, SignedIn, get(pages::page)),
        route("GET", "/jobs/{id}", SignedIn, get(pages::page)),
        route("POST", "/jobs/{id}/cancel", May(WriteKeys), post(bulk::post_cancel_job)),
        route("POST", "/jobs/{id}/undo", May(WriteKeys), post(bulk::post_undo_job)),
        route("GET", routes::WHY, SignedIn, get(why::why)),
        route("POST", routes::WHY, SignedIn, post(why::post_why)),
        route("GET", routes::GATEWAY, May(CheckGateways), get(pages::page)),
        route("POST", routes::GATEWAY, May(CheckGateways), post(gateway::post_gateway)),
        route("GET", routes::LIVE, Itself, get(live::live)),
        route("POST", "/api/console/{function}", Itself, post(server_function)),
        route("POST", "/api/v1/verify", Machine, any(verify::verify)),
        route("ANY", "/forward-auth", Machine, any(forward_auth::forward_auth)),
        route("ANY", "/forward-auth/envoy/{scope}/{tenant}/", Machine, any(forward_auth::envoy)),
        route("ANY", "/forward-auth/envoy/{scope}/{tenant}/{*path}", Machine, any(forward_auth::envoy)),
        route("GET", jwks::PATH, Machine, get(jwks::jwks)),
        route("GET", openapi::PATH, Machine, get(openapi::openapi)),
        route("GET", "/pkg/{file}", File, get(pages::file)),
        route("GET", "/favicon.svg", File, get(pages::file)),
        route("GET", "/icons.svg", File, get(pages::file)),
        route("GET", "/sign-in.js", File, get(pages::file)),
        route("GET", "/setup.js", File, get(pages::file)),
        route("GET", "/once.js", File, get(pages::file)),
        route("GET", "/trouble.js", File, get(pages::file)),
        route("GET", "/robots.txt", File, get(pages::file)),
    ]
}

/// The public listener: console, machine routes and files.
pub fn public(app: &AppState) -> Router {
    // Rendering spawns on Tokio. A second start in one process finds it set already.
    let _ = any_spawner::Executor::init_tokio();
    let mut admin = Router::new();
    let mut signed_in = Router::new();
    let (mut files, mut machine) = (Router::new(), Router::new());
    for route in table() {
        match route.access {
            Access::SignedIn => signed_in = signed_in.route(route.path, route.handler),
            Access::May(_) | Access::MayChangeKind => {
                let asked = from_fn_with_state((app.clone(), route.access), guards::require_permission);
                signed_in = signed_in.route(route.path, route.handler.route_layer(asked));
            }
            Access::Anyone | Access::Itself => admin = admin.route(route.path, route.handler),
            Access::File => files = files.route(route.path, route.handler),
            Access::Machine => machine = machine.route(route.path, route.handler),
        }
    }
    let sessions = SessionManagerLayer::new(Sessions::new(app.store.clone(), app.clock.clone()))
        .with_name(if app.config.is_tls() { "__Host-keyward" } else { "keyward_session" })
        .with_secure(app.config.is_tls())
        .with_http_only(true)
        .with_same_site(SameSite::Strict)
        .with_path("/")
        .with_expiry(Expiry::OnInactivity(time::Duration::minutes(SESSION_IDLE)));
    let admin = admin
        .merge(signed_in.route_layer(from_fn_with_state(app.clone(), guards::require_sign_in)))
        .fallback(nothing)
        .layer(from_fn(layers::forms::refuse_unreadable_forms))
        .layer(from_fn_with_state(app.clone(), layers::request_context::identify_visitor))
        .layer(sessions)
        .layer(from_fn_with_state(app.clone(), layers::cross_site::refuse_other_sites));
    let layered = admin.merge(files).layer(from_fn_with_state(app.clone(), layers::envelope::envelope_layer));
    machine.merge(layered).with_state(app.clone())
}

/// Verification alone, for a listener that services reach and browsers do not.
pub fn verification(app: &AppState) -> Router {
    let machine = table().into_iter().filter(|route| route.access == Access::Machine);
    let nothing =
        Router::new().fallback(no_such_route).layer(from_fn_with_state(app.clone(), layers::envelope::envelope_layer));
    machine.fold(nothing, |router, route| router.route(route.path, route.handler)).with_state(app.clone())
}

/// Health and metrics.
pub fn operations(app: &AppState) -> Router {
    let router = Router::new()
        .route("/livez", get(health::livez))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(health::metrics))
        .fallback(no_such_route);
    router.layer(from_fn_with_state(app.clone(), layers::envelope::envelope_layer)).with_state(app.clone())
}

/// The longest error of a server function, in bytes.
const ERROR_LIMIT: usize = 1024;

/// A server function, by its name. What fails before it runs, such as a body that is not its arguments, is answered by
/// Leptos with 500; the error itself knows its status.
async fn server_function(Extension(context): Extension<RequestContext>, mut request: Request) -> Response {
    if let Err(error) = context.permit() {
        let status = StatusCode::from_u16(error.status()).unwrap_or_default();
        return (status, Json(error)).into_response();
    }
    // Only scripts ask: whoever says that it takes pages would be led to one when something fails.
    request.headers_mut().insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    let response = leptos_axum::handle_server_fns(request).await.into_response();
    if response.status() != StatusCode::INTERNAL_SERVER_ERROR {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(body) = axum::body::to_bytes(body, ERROR_LIMIT).await else { return parts.status.into_response() };
    let error = serde_json::from_slice::<app::error::ApiError>(&body).ok();
    parts.status = error.and_then(|error| StatusCode::from_u16(error.status()).ok()).unwrap_or(parts.status);
    Response::from_parts(parts, Body::from(body))
}

/// No route: a page for browsers, a problem document for everyone else.
async fn nothing(State(app): State<AppState>, Extension(id): Extension<RequestId>, request: Request) -> Response {
    let accepts = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if request.method().is_safe() && accepts.contains("text/html") && !request.uri().path().starts_with("/api/") {
        let mut response = pages::render(&app, request, None).await;
        *response.status_mut() = StatusCode::NOT_FOUND;
        return response;
    }
    no_such_route(Extension(id)).await
}

async fn no_such_route(Extension(id): Extension<RequestId>) -> Response {
    Problem::new(StatusCode::NOT_FOUND, "no_such_route", "There is nothing at this address.", &id).into_response()
}
