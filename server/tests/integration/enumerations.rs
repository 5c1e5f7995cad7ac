//! Invariants over everything there is: routes, server functions, reasons. Each list comes from the program, so that a
//! new one cannot be forgotten.

use std::collections::BTreeSet;

use admin::NewAccount;
use axum::http::{Method, StatusCode};
use model::{account::Role, catalog::Kind};
use server::{access::Access, api::OPERATIONS, routes::table};

use crate::support::{Keyward, Operator, PASSWORD};

/// What machines may have without a key, and may keep: public keys, and the description of what can be asked.
const PUBLISHED: [&str; 2] = ["/.well-known/jwks.json", "/api/v1/openapi.json"];

/// Every server function, by the name it is called with.
fn server_functions() -> BTreeSet<String> {
    let paths = leptos::server_fn::axum::server_fn_paths();
    paths
        .map(|(path, method)| {
            assert_eq!(method, Method::POST, "{path}: nothing is changed, or read by other sites, through GET");
            path.strip_prefix("/api/console/")
                .unwrap_or_else(|| panic!("{path} is not where server functions live"))
                .to_owned()
        })
        .collect()
}

/// A path of the table with something in its places.
fn filled(path: &str) -> String {
    let places = [
        ("{id}", "0123456789ABCDEF"),
        ("{kind}", "groups"),
        ("{request_signing_key}", "0123456789ABCDEF"),
        ("{function}", "visitor"),
        ("{file}", "x"),
    ];
    places.iter().fold(path.to_owned(), |path, (place, filling)| path.replace(place, filling))
}

/// Arguments each function understands, so that what refuses them is not their form.
fn arguments(function: &str, id: &str) -> String {
    match function {
        "visitor" => "{}".to_owned(),
        "archive_impact" => format!(r#"{{"id":"{id}"}}"#),
        "find_keys" => r#"{"words":"for"}"#.to_owned(),
        "switch_key" => format!(r#"{{"id":"{id}","on":true}}"#),
        "issue_key" => {
            r#"{"form":{"input":{"name":"n","description":"","owner":"","scopes":"a"},"ticked":[],"life":"90","date":""}}"#
                .to_owned()
        }
        "rotate_key" => format!(r#"{{"id":"{id}","form":{{"overlap":"24h","until":"","once":""}}}}"#),
        "archive_key" => format!(r#"{{"id":"{id}","form":{{"reason":"not_needed","confirm":""}}}}"#),
        other => panic!("say here how {other} is called"),
    }
}

#[tokio::test]
async fn every_server_function_refuses_anonymous_callers() {
    let keyward = Keyward::new().await;
    assert!(server_functions().len() >= 7);
    for function in server_functions() {
        // A key of its own: some functions leave it archived.
        let token = keyward.issue("a").await;
        let id = crate::support::id_of(&token);
        let body = arguments(&function, id);
        let anonymous = keyward.client().call(&function, &body).await;
        assert_eq!(anonymous.status, StatusCode::UNAUTHORIZED, "{function}: {}", anonymous.body);
        assert!(anonymous.body.contains("SignedOut"), "{function}: {}", anonymous.body);
        let mut admin = keyward.signed_in(Role::Superadmin).await;
        for more in [r#""more":1,"#, r#""__path":"/","#] {
            let answer = admin.call(&function, &format!("{{{more}{}", &body[1..]).replace(",}", "}")).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{function} takes {more} {}", answer.body);
        }
        let list = admin.call(&function, "[]").await;
        assert_eq!(list.status, StatusCode::BAD_REQUEST, "{function} takes a list: {}", list.body);
        let nested = body.replace(r#""form":{"#, r#""form":{"more":1,"#);
        if nested != body {
            assert_eq!(admin.call(&function, &nested).await.status, StatusCode::BAD_REQUEST, "{nested}");
        }
        let signed_in = admin.call(&function, &body).await;
        assert_eq!(signed_in.status, StatusCode::OK, "{function} works for whoever may: {}", signed_in.body);
    }
}

#[tokio::test]
async fn every_route_meets_anonymous_visitors_as_its_access_says() {
    let keyward = Keyward::new().await;
    for route in table() {
        let path = filled(route.path);
        let operation = OPERATIONS.iter().find(|operation| operation.path == route.path);
        let method = match operation {
            Some(operation) => operation.method.clone(),
            None if route.method == "POST" => Method::POST,
            None => Method::GET,
        };
        let accept = if operation.is_some() { "application/json" } else { "text/html" };
        let headers = [("sec-fetch-site", "same-origin"), ("accept", accept)];
        let answer = keyward.client().send(method, &path, &headers, "").await;
        let what = format!("{} {path}: {} {}", route.method, answer.status, answer.body);
        match route.access {
            Access::SignedIn | Access::May(_) | Access::MayChangeKind => {
                assert_eq!(answer.status, StatusCode::SEE_OTHER, "{what}");
                assert!(answer.header("location").starts_with("/sign-in"), "{what}");
            }
            Access::Itself => assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{what}"),
            Access::Machine => {
                let expected: &[u16] = if PUBLISHED.contains(&path.as_str()) { &[200] } else { &[400, 401] };
                assert!(expected.contains(&answer.status.as_u16()), "{what}");
                assert!(answer.headers.get("set-cookie").is_none(), "{what}");
            }
            Access::Anyone => assert!(!answer.body.contains("@example.com"), "{what}"),
            Access::File => assert!([200, 404].contains(&answer.status.as_u16()), "{what}"),
        }
    }
}

#[tokio::test]
async fn every_changing_route_refuses_other_sites() {
    let keyward = Keyward::new().await;
    let mut browser = keyward.signed_in(Role::Superadmin).await;
    let mut changing: Vec<String> = table()
        .iter()
        .filter(|route| route.method == "POST" && !matches!(route.access, Access::Machine | Access::Itself))
        .map(|route| filled(route.path))
        .collect();
    changing.extend(server_functions().into_iter().map(|function| format!("/api/console/{function}")));
    assert!(changing.len() >= 30, "{changing:?}");
    for path in changing {
        for headers in [
            &[("sec-fetch-site", "cross-site")][..],
            &[("sec-fetch-site", "same-site"), ("origin", "http://127.0.0.1:3000")],
            &[("origin", "https://evil.example")],
            &[],
        ] {
            let answer = browser.send(Method::POST, &path, headers, "").await;
            assert_eq!(
                (answer.status, answer.json()["code"].as_str()),
                (StatusCode::FORBIDDEN, Some("cross_site")),
                "{path} {headers:?}"
            );
        }
    }
}

#[tokio::test]
async fn every_answer_carries_the_headers_of_the_security_bar() {
    let keyward =
        Keyward::with(crate::support::Database::sqlite(), &[("KEYWARD_PUBLIC_URL", "https://keys.example.com")]).await;
    let mut browser = keyward.signed_in(Role::Superadmin).await;
    assert_eq!(browser.cookies[0].0, "__Host-keyward");
    let machine = |path: &str| table().iter().any(|route| route.path == path && route.access == Access::Machine);
    let mut paths: Vec<String> = table().iter().map(|route| filled(route.path)).collect();
    paths.push("/nothing/here".to_owned());
    for path in paths {
        let answer = browser.get(&path).await;
        let what = format!("{path} {}", answer.status);
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{what}");
        assert_eq!(answer.header("x-keyward-request-id").len(), 16, "{what}");
        if machine(&path) {
            let kept = if PUBLISHED.contains(&path.as_str()) { "public, max-age=300" } else { "no-store" };
            assert_eq!(answer.header("cache-control"), kept, "{what}");
        }
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{what}");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin", "{what}");
        assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin", "{what}");
        assert!(answer.header("strict-transport-security").contains("max-age=31536000"), "{what}");
        let policy = answer.header("content-security-policy");
        for part in ["default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"] {
            assert!(policy.contains(part), "{what}: {policy}");
        }
        assert!(
            !policy.contains("unsafe-inline") && !policy.contains("unsafe-eval'")
                || policy.contains("'wasm-unsafe-eval'"),
            "{policy}"
        );
        if answer.header("content-type").starts_with("text/html") {
            assert_eq!(answer.header("cache-control"), "no-store", "{what}");
            assert!(!answer.body.contains(" style=") && !answer.body.contains(" onclick="), "{what}");
            // What is no language is left alone by whoever translates a page.
            let kept = answer.body.matches("<code translate=\"no\"").count();
            assert_eq!(answer.body.matches("<code").count(), kept, "{what}");
            assert!(!answer.body.contains("<span class=\"chip code\""), "{what}");
        }
    }
    let made = [("name", "a"), ("scopes", "a"), ("life", "90")];
    let mut cookies = BTreeSet::new();
    for (path, fields) in [("/theme", &[][..]), ("/keys/new", &made), ("/sign-out", &[])] {
        for cookie in browser.post(path, fields).await.headers.get_all("set-cookie") {
            let cookie = cookie.to_str().unwrap();
            for part in ["Secure", "Path=/", "HttpOnly", "SameSite=Strict"] {
                let is_said = cookie.split("; ").any(|other| other == part);
                let takes_away = cookie.contains("Max-Age=0");
                assert!(is_said || takes_away && part != "Secure" && part != "Path=/", "{path} {part}: {cookie}");
            }
            cookies.insert(cookie.split('=').next().unwrap().to_owned());
        }
    }
    assert!(cookies.contains("__Host-keyward") && cookies.contains("keyward_theme"), "{cookies:?}");
}

/// Route by role: what each may reach, as a table that is compared whole.
#[tokio::test]
async fn the_matrix_of_routes_and_roles() {
    let keyward = Keyward::new().await;
    let mut found = String::new();
    for function in server_functions() {
        let mut line = format!("{function:<12}");
        let theirs = keyward.issue("a").await;
        for role in Role::ALL {
            let mut client = keyward.signed_in(role).await;
            let answer = client.call(&function, &arguments(&function, crate::support::id_of(&theirs))).await;
            line.extend([" ", role.code(), "=", answer.status.as_str()]);
        }
        found += &line;
        found.push('\n');
    }
    let expected = "\
archive_impact superadmin=200 admin=200 auditor=200 member=404
archive_key  superadmin=200 admin=200 auditor=403 member=404
find_keys    superadmin=200 admin=200 auditor=200 member=200
issue_key    superadmin=200 admin=200 auditor=403 member=200
rotate_key   superadmin=200 admin=200 auditor=403 member=404
switch_key   superadmin=200 admin=200 auditor=403 member=404
visitor      superadmin=200 admin=200 auditor=200 member=200
";
    assert_eq!(found, expected, "as found:\n{found}");
}

/// A form each route understands, about the key, user or person in its address.
fn form_for(path: &str) -> Vec<(&'static str, &'static str)> {
    match path {
        "/keys/new" => vec![("name", "n"), ("scopes", "a"), ("life", "90")],
        "/keys/bulk" => vec![("act", "off"), ("key", "{id}"), ("go", "1")],
        "/keys/{id}/edit" => {
            vec![("seen", "{seen}"), ("name", "n"), ("scopes", "a"), ("life", "90"), ("step", "listed")]
        }
        "/keys/{id}/switch" => vec![("to", "off")],
        "/keys/{id}/rotate" => vec![("overlap", "24h")],
        "/keys/{id}/cut" => vec![("page", "{id}")],
        "/keys/{id}/extend" => vec![("page", "{id}"), ("overlap", "24h")],
        "/keys/{id}/purge" => vec![("confirm", "for a")],
        "/keys/{id}/archive" => vec![("reason", "not_needed"), ("confirm", "")],
        "/keys/{id}/signing" => vec![("public_key", "x")],
        "/keys/{id}/signing/{request_signing_key}/retire"
        | "/keys/{id}/restore"
        | "/jobs/{id}/cancel"
        | "/jobs/{id}/undo"
        | "/settings/{kind}/{id}/delete"
        | "/keys/views/{id}/delete"
        | "/audit/verify"
        | "/overview/checklist/master-key"
        | "/overview/checklist/hide"
        | "/overview/checklist/show"
        | "/sign-out" => {
            vec![]
        }
        "/settings/people/new" => vec![("email", "new@example.com"), ("password", "short"), ("role", "member")],
        "/settings/people/{id}/switch" | "/settings/{kind}/{id}/switch" => vec![("on", "0")],
        "/settings/{kind}/new" | "/settings/{kind}/{id}" => vec![("name", "user {id}"), ("tenant", "default")],
        "/keys/views" => vec![("name", "mine"), ("query", "status=off")],
        "/settings/samples" => vec![("set", "map-kiosk"), ("on", "/settings/scopes")],
        "/settings/gateway" => vec![("url", "nothing")],
        "/why" => vec![("asked", "{id}")],
        "/setup" => vec![("code", "x"), ("email", "new@example.com"), ("password", "short")],
        "/sign-in" => vec![("email", "new@example.com"), ("password", "short"), ("next", "/keys")],
        "/theme" => vec![("theme", "dark"), ("next", "/keys")],
        other => panic!("say here what is posted to {other}"),
    }
}

/// A form has its fields and no others, and is written as browsers write forms. One whose session ended is kept, unless it
/// may hold a secret or is no more than a click.
#[tokio::test]
async fn every_form_refuses_what_no_page_sends_and_is_kept_when_its_session_ended() {
    const NOT_KEPT: [&str; 18] = [
        "/jobs/{id}/cancel",
        "/jobs/{id}/undo",
        "/keys/views",
        "/keys/views/{id}/delete",
        "/keys/{id}/restore",
        "/keys/{id}/switch",
        "/keys/{id}/cut",
        "/keys/{id}/signing/{request_signing_key}/retire",
        "/audit/verify",
        "/settings/people/{id}/switch",
        "/settings/{kind}/{id}/switch",
        "/settings/{kind}/{id}/delete",
        "/settings/samples",
        "/settings/gateway",
        "/why",
        "/overview/checklist/master-key",
        "/overview/checklist/hide",
        "/overview/checklist/show",
    ];
    let keyward = Keyward::new().await;
    let mut browser = keyward.signed_in(Role::Superadmin).await;
    let forms = table();
    let forms = forms.iter().filter(|route| route.method == "POST");
    for route in forms.filter(|route| !matches!(route.access, Access::Machine | Access::Itself)) {
        let path = filled(route.path);
        let mut fields = form_for(route.path);
        let as_form = fields.clone();
        fields.push(("nonsense", "1"));
        let refused = browser.post(&path, &fields).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{path}: {}", refused.body);
        for kind in ["text/plain", "multipart/form-data; boundary=x", ""] {
            let headers = [("sec-fetch-site", "same-origin"), ("content-type", kind), ("accept", "text/html")];
            let refused = browser.send(Method::POST, &path, &headers, "name=value").await;
            assert_eq!(refused.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{path} as {kind:?}: {}", refused.body);
        }
        if route.access == Access::Anyone {
            continue;
        }
        let ended = keyward.client().post(&path, &as_form).await;
        let is_kept = ended.status == StatusCode::UNAUTHORIZED && ended.body.contains("Your session is over");
        assert_eq!(is_kept, !NOT_KEPT.contains(&route.path), "{path}: {} {}", ended.status, ended.body);
    }
}

/// The same for the forms of pages: whoever may not is told so whatever they sent, and nothing is changed.
#[tokio::test]
async fn the_matrix_of_forms_and_roles() {
    let keyward = Keyward::new().await;
    let admin = &keyward.app.admin;
    let operator = admin.operator();
    let mut clients = Vec::new();
    for role in Role::ALL {
        clients.push((role, keyward.signed_in(role).await));
    }
    let form = NewAccount { email: "spare@example.com".to_owned(), password: PASSWORD.to_owned() };
    let spare = admin.create_account(&operator, form, Role::Member).await.unwrap().id.to_string();
    let mut found = String::new();
    for route in table().iter().filter(|route| {
        route.method == "POST" && matches!(route.access, Access::SignedIn | Access::May(_) | Access::MayChangeKind)
    }) {
        let mut line = format!("{:<39}", route.path);
        for (role, client) in &mut clients {
            let key = crate::support::id_of(&keyward.issue("a").await).to_owned();
            let before = keyward.app.store.audit_head().await.unwrap();
            let name = format!("identity of {key}");
            let identity = keyward.create_entry(Kind::Identity, &[("name", &name)]).await.id.to_string();
            let id = match route.path {
                path if path.starts_with("/settings/people") => &spare,
                path if path.starts_with("/settings") => &identity,
                _ => &key,
            };
            let filled = |text: &str| {
                let seen = before.seq.to_string();
                [("{id}", id.as_str()), ("{kind}", "identities"), ("{request_signing_key}", &key), ("{seen}", &seen)]
                    .iter()
                    .fold(text.to_owned(), |text, (place, filling)| text.replace(place, filling))
            };
            let fields: Vec<_> = form_for(route.path).into_iter().map(|(name, value)| (name, filled(value))).collect();
            let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let before = keyward.app.store.audit_head().await.unwrap();
            let nonsense = client.post(&filled(route.path), &[("nonsense", "1")]).await;
            let answer = client.post(&filled(route.path), &fields).await;
            line.extend([" ", role.code(), "=", answer.status.as_str()]);
            let is_changed = keyward.app.store.audit_head().await.unwrap() != before;
            if answer.status == StatusCode::FORBIDDEN {
                assert_eq!(nonsense.status, StatusCode::FORBIDDEN, "{} {role:?}: authority is asked first", route.path);
            }
            // What somebody else has does not exist.
            if [StatusCode::FORBIDDEN, StatusCode::NOT_FOUND].contains(&answer.status) {
                assert!(!is_changed, "{} {role:?}", route.path);
            }
        }
        found += &line;
        found.push('\n');
    }
    let expected = "\
/overview/checklist/master-key          superadmin=303 admin=403 auditor=403 member=403
/overview/checklist/hide                superadmin=303 admin=403 auditor=403 member=403
/overview/checklist/show                superadmin=303 admin=403 auditor=403 member=403
/keys/new                               superadmin=200 admin=200 auditor=403 member=200
/keys/bulk                              superadmin=200 admin=200 auditor=403 member=200
/keys/{id}/edit                         superadmin=303 admin=303 auditor=403 member=404
/keys/{id}/switch                       superadmin=303 admin=303 auditor=403 member=404
/keys/{id}/rotate                       superadmin=200 admin=200 auditor=403 member=404
/keys/{id}/cut                          superadmin=422 admin=422 auditor=403 member=404
/keys/{id}/extend                       superadmin=422 admin=422 auditor=403 member=404
/keys/{id}/purge                        superadmin=422 admin=403 auditor=403 member=403
/keys/{id}/archive                      superadmin=303 admin=303 auditor=403 member=404
/keys/{id}/restore                      superadmin=303 admin=303 auditor=403 member=404
/keys/views                             superadmin=303 admin=303 auditor=303 member=303
/keys/views/{id}/delete                 superadmin=404 admin=404 auditor=404 member=404
/keys/{id}/signing                      superadmin=422 admin=422 auditor=403 member=404
/keys/{id}/signing/{request_signing_key}/retire superadmin=400 admin=400 auditor=403 member=400
/audit/verify                           superadmin=303 admin=303 auditor=303 member=403
/settings/people/new                    superadmin=422 admin=403 auditor=403 member=403
/settings/people/{id}/switch            superadmin=303 admin=403 auditor=403 member=403
/settings/samples                       superadmin=303 admin=303 auditor=403 member=403
/settings/{kind}/new                    superadmin=303 admin=303 auditor=403 member=403
/settings/{kind}/{id}                   superadmin=303 admin=303 auditor=403 member=403
/settings/{kind}/{id}/switch            superadmin=303 admin=303 auditor=403 member=403
/settings/{kind}/{id}/delete            superadmin=303 admin=303 auditor=403 member=403
/jobs/{id}/cancel                       superadmin=404 admin=404 auditor=403 member=404
/jobs/{id}/undo                         superadmin=404 admin=404 auditor=403 member=404
/why                                    superadmin=200 admin=200 auditor=200 member=200
/settings/gateway                       superadmin=422 admin=422 auditor=403 member=403
";
    assert_eq!(found, expected, "as found:\n{found}");
}
