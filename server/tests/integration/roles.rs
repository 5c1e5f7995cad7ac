//! Pages, forms and roles: who may not use one is told so first, with who may; and nothing is offered that would be
//! refused. Every route comes from the program's own table.

use axum::http::{Method, StatusCode};
use model::{account::Role, catalog::Kind, key::ArchiveReason, key_input::KeyInput};
use server::{
    access::Access,
    routes::{Route, table},
};

use crate::support::{Keyward, Operator, encode};

/// Whether a path is one of this route's.
fn is_of(route: &Route, path: &str) -> bool {
    let (pattern, parts): (Vec<_>, Vec<_>) = (route.path.split('/').collect(), path.split('/').collect());
    pattern.len() == parts.len()
        && pattern.iter().zip(&parts).all(|(place, part)| place.starts_with('{') || place == part)
}

/// The route that answers a path: one with fewer places goes before.
fn route_of<'a>(routes: &'a [Route], method: &str, path: &str) -> Option<&'a Route> {
    let of = routes.iter().filter(|route| route.method == method && is_of(route, path));
    of.min_by_key(|route| route.path.matches('{').count())
}

/// What there is to visit: a member's own key, one of theirs that is archived, and an entry of each kind.
struct World {
    keyward: Keyward,
    live: String,
    archived: String,
    entries: Vec<(Kind, String)>,
    person: String,
    job: String,
}

impl World {
    async fn new() -> Self {
        let keyward = Keyward::new().await;
        for role in Role::ALL {
            keyward.signed_in(role).await;
        }
        let admin = &keyward.app.admin;
        let operator = admin.operator();
        let mut made = Vec::new();
        for name in ["live", "archived"] {
            let form = KeyInput {
                name: name.to_owned(),
                owner: "member@example.com".to_owned(),
                scopes: "things".to_owned(),
                expires: "90d".to_owned(),
                ..KeyInput::default()
            };
            made.push(admin.issue_key(&operator, &form).await.unwrap().key.id);
        }
        admin.archive_key(&operator, made[1], ArchiveReason::NotNeeded).await.unwrap();
        let mut entries = Vec::new();
        for kind in Kind::ALL {
            if matches!(kind, Kind::Group | Kind::Identity) {
                keyward.create_entry(kind, &[("name", "one")]).await;
            }
            entries.push((kind, admin.entries(&operator, kind).await.unwrap()[0].id.to_string()));
        }
        let person = admin.account_named(&operator, "auditor@example.com").await.unwrap().id.to_string();
        let act = admin::BulkAct::Switch(true);
        let job =
            admin.start_bulk(&operator, &act, &model::listing::ListKeys::default(), None).await.unwrap().id.to_string();
        let [live, archived] = [made[0], made[1]].map(|id| id.to_string());
        Self { keyward, live, archived, entries, person, job }
    }

    /// The addresses of a route, with what is there in its places.
    fn addresses(&self, route: &Route) -> Vec<String> {
        if route.path.starts_with("/jobs/") {
            return vec![route.path.replace("{id}", &self.job)];
        }
        if route.path.starts_with("/settings/people/") {
            return vec![route.path.replace("{id}", &self.person)];
        }
        if route.path.contains("{kind}") {
            let of = |(kind, id): &(Kind, String)| route.path.replace("{kind}", kind.code()).replace("{id}", id);
            let takes = |(kind, _): &&(Kind, String)| match route.path.rsplit('/').next() {
                Some("switch") => kind.can_be_disabled(),
                Some("delete") => kind.can_be_deleted(),
                _ => true,
            };
            return self.entries.iter().filter(takes).map(of).collect();
        }
        let key = if route.path.ends_with("/purge") { &self.archived } else { &self.live };
        let path = route.path.replace("{id}", key).replace("{request_signing_key}", "0123456789ABCDEF");
        // An archived key has a page of its own kind.
        if path == format!("/keys/{}", self.live) { vec![path, format!("/keys/{}", self.archived)] } else { vec![path] }
    }
}

/// The console's routes for people who are signed in.
fn is_for_people(route: &Route) -> bool {
    matches!(route.access, Access::SignedIn | Access::May(_) | Access::MayChangeKind)
}

#[tokio::test]
async fn authority_is_asked_before_anything_else() {
    let world = World::new().await;
    let (mut asked, mut barred) = (0, 0);
    let head = || world.keyward.app.store.audit_head();
    let before = head().await.unwrap().seq;
    for role in Role::ALL {
        let mut client = world.keyward.signed_in(role).await;
        for route in table().iter().filter(|route| route.method == "POST" && is_for_people(route)) {
            for path in world.addresses(route) {
                let Some(action) = route.access.action(&path).filter(|action| !role.may(*action)) else { continue };
                barred += 1;
                for fields in
                    [&[][..], &[("no field of ours", "x")], &[("confirm", "wrong"), ("overlap", "y"), ("to", "z")]]
                {
                    asked += 1;
                    let answer = client.post(&path, fields).await;
                    let what = format!("{role} POST {path} {fields:?}: {} {}", answer.status, answer.body);
                    assert_eq!(answer.status, StatusCode::FORBIDDEN, "{what}");
                    let page = answer.page();
                    assert!(page.contains("Not for your role") && page.contains(action.words()), "{what}");
                }
            }
        }
    }
    assert!(asked > 100 && barred > 30, "{asked} {barred}");
    assert_eq!(head().await.unwrap().seq, before, "nothing was changed");
    // Whoever may is asked for something else than their role.
    for role in Role::ALL {
        let mut client = world.keyward.signed_in(role).await;
        for route in table().iter().filter(|route| route.method == "POST" && is_for_people(route)) {
            for path in world.addresses(route) {
                if route.access.action(&path).is_some_and(|action| role.may(action)) && path != "/settings/policy/new" {
                    let answer = client.post(&path, &[("no field of ours", "x")]).await;
                    assert_ne!(answer.status, StatusCode::FORBIDDEN, "{role} POST {path}: {}", answer.body);
                }
            }
        }
    }
    // What is changed by a form takes something, but for what only reads, and what is nobody else's.
    for route in table().iter().filter(|route| route.method == "POST" && route.access == Access::SignedIn) {
        let is_own = route.path.starts_with("/keys/views");
        assert!(is_own || route.path == "/why", "say what {} takes", route.path);
    }
    // The same question, put to the island's door.
    let mut auditor = world.keyward.signed_in(Role::Auditor).await;
    let body = format!(r#"{{"id":"{}","form":{{"reason":"no such reason","confirm":""}}}}"#, world.live);
    assert_eq!(auditor.call("archive_key", &body).await.status, StatusCode::FORBIDDEN);
}

/// The addresses a page offers, each with its method.
fn offered(page: &str) -> Vec<(&'static str, String)> {
    let attribute = |tag: &str, name: &str| {
        let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
        Some(rest.split('"').next()?.replace("&amp;", "&"))
    };
    let mut found = Vec::new();
    for tag in page.split('<').skip(1).filter_map(|rest| rest.split('>').next()) {
        let (method, address) = match tag.split(' ').next() {
            Some("a") => ("GET", attribute(tag, "href")),
            Some("form") if attribute(tag, "method").as_deref() == Some("post") => ("POST", attribute(tag, "action")),
            Some("form") => ("GET", attribute(tag, "action")),
            _ => continue,
        };
        let path = address.unwrap_or_default();
        let path = path.split(['?', '#']).next().unwrap().to_owned();
        if path.starts_with('/') {
            found.push((method, path));
        }
    }
    found
}

#[tokio::test]
async fn no_page_offers_what_would_be_refused() {
    let world = World::new().await;
    let routes = table();
    let (mut pages, mut offers) = (0, 0);
    for role in Role::ALL {
        let mut client = world.keyward.signed_in(role).await;
        for route in routes.iter().filter(|route| route.method == "GET" && is_for_people(route)) {
            for path in world.addresses(route) {
                // A file.
                if path.ends_with("/export") {
                    continue;
                }
                let answer = client.get(&path).await;
                let action = route.access.action(&path);
                let barred = action.is_some_and(|action| !role.may(action));
                let what = format!("{role} GET {path}");
                // A job of somebody else's is seen by those who see everything.
                if path.starts_with("/jobs/") && matches!(role, Role::Admin | Role::Member) {
                    assert_eq!(answer.status, StatusCode::NOT_FOUND, "{what}");
                    continue;
                }
                if barred {
                    assert_eq!(answer.status, StatusCode::FORBIDDEN, "{what}");
                    let page = answer.page();
                    let may = Role::ALL.into_iter().filter(|role| role.may(action.unwrap()));
                    assert!(page.contains("Not for your role"), "{what}: {page}");
                    for role in may {
                        assert!(page.contains(role.words()), "{what} names {role}: {page}");
                    }
                } else {
                    assert_eq!(answer.status, StatusCode::OK, "{what}: {}", answer.body);
                }
                pages += 1;
                for (method, target) in offered(&answer.page()) {
                    let Some(to) = route_of(&routes, method, &target) else {
                        panic!("{what} offers {method} {target}, which is nowhere")
                    };
                    let refused = to.access.action(&target).filter(|action| !role.may(*action));
                    assert_eq!(refused, None, "{what} offers {method} {target}");
                    offers += 1;
                }
            }
        }
    }
    assert!(pages > 100 && offers > 2000, "{pages} {offers}");
}

/// A page that a role may not use looks nothing up and changes nothing, whatever its address carries.
#[tokio::test]
async fn a_barred_page_says_the_same_of_what_is_there_and_what_is_not() {
    let world = World::new().await;
    let mut auditor = world.keyward.signed_in(Role::Auditor).await;
    let texts = ["/edit", "/rotate", "/archive", "/purge"]
        .map(|what| [&world.live, "0123456789ABCDEF", "nothing"].map(|id| format!("/keys/{id}{what}")));
    for paths in texts {
        let mut seen = Vec::new();
        for path in &paths {
            let answer = auditor.get(path).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
            let page = answer.page();
            let main = page.split("<main").nth(1).unwrap().split("</main>").next().unwrap().to_owned();
            seen.push(main);
        }
        assert!(seen.windows(2).all(|pair| pair[0] == pair[1]), "{paths:?}");
    }
    let headers = [("sec-fetch-site", "same-origin"), ("content-type", "application/x-www-form-urlencoded")];
    let body = encode(&[("act", "archive"), ("key", &world.live), ("go", "1"), ("sure", "1"), ("count", "1")]);
    let refused = auditor.send(Method::POST, "/keys/bulk", &headers, &body).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}
