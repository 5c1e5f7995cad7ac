//! The gateway self-test, against gateways that listen: one that guards as it should, and one for each way not to.

use admin::GatewayCheck;
use axum::{
    Router,
    extract::{Request, State},
    http::{Method, StatusCode},
    response::{IntoResponse, Response},
};
use crypto::clock::Clock;
use model::{
    account::Role,
    catalog::Kind,
    listing::{ListKeys, StatusFilter},
};

use crate::support::{Answer, Client, Database, Keyward, Operator, databases, program};

/// What is wrong with a gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    None,
    /// It asks nobody.
    Unguarded,
    /// It asks for any key.
    AnyScope,
    /// It passes the client's own identity headers on.
    Forgeable,
    /// It passes on where the client says that it is.
    Forwarding,
    /// It guards the path as it is written and no other.
    ExactPath,
    /// It makes a failure of every refusal.
    Garbled,
    /// It asks a Keyward that knows none of the keys.
    Elsewhere,
    /// It says nothing of what the service is told.
    Silent,
    /// It leads those it refuses to a page.
    Redirects,
}

struct Gateway {
    keyward: Client,
    fault: Fault,
}

/// A gateway before a service that answers with what it is told.
async fn guard(State(gateway): State<std::sync::Arc<Gateway>>, request: Request) -> Response {
    let Gateway { keyward, fault } = &*gateway;
    let path = request.uri().path().to_owned();
    let mut told: Vec<(String, String)> = Vec::new();
    for (name, value) in request.headers() {
        let name = name.as_str().to_owned();
        let identity = name.replace(['_', '.'], "-").starts_with("x-keyward-");
        let dropped = match fault {
            Fault::Unguarded => false,
            Fault::Forgeable => !identity && name != "host",
            Fault::Forwarding => identity,
            _ => identity || name == "forwarded" || name.ends_with("-ip"),
        };
        if !dropped {
            told.push((name, value.to_str().unwrap().to_owned()));
        }
    }
    let guarded = match fault {
        Fault::Unguarded => false,
        Fault::ExactPath => path == "/rooms",
        _ => true,
    };
    if guarded {
        let scope = if *fault == Fault::AnyScope { "any" } else { "things.read" };
        let authorization = request.headers().get("authorization").and_then(|value| value.to_str().ok());
        let headers: Vec<_> = authorization.map(|value| ("authorization", value)).into_iter().collect();
        let mut keyward = keyward.clone();
        let answer = keyward.send(Method::GET, &format!("/forward-auth?scope={scope}"), &headers, "").await;
        if answer.status != StatusCode::OK || *fault == Fault::Elsewhere {
            return match fault {
                Fault::Garbled => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
                Fault::Redirects => (StatusCode::FOUND, [("location", "/sign-in")]).into_response(),
                Fault::Elsewhere => StatusCode::UNAUTHORIZED.into_response(),
                _ => answer.status.into_response(),
            };
        }
        let identity = answer.headers.iter().filter(|(name, _)| name.as_str().starts_with("x-keyward-"));
        told.extend(identity.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())));
    }
    if *fault == Fault::Silent {
        return "welcome".into_response();
    }
    told.retain(|(name, _)| !["authorization", "x-keyward-request-id"].contains(&name.as_str()));
    let lines: Vec<_> = told.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
    if *fault == Fault::ExactPath { "welcome".into_response() } else { lines.concat().into_response() }
}

/// Starts a gateway; its address.
async fn start(keyward: &Keyward, fault: Fault) -> String {
    let gateway = Gateway { keyward: keyward.client(), fault };
    let router = Router::new().fallback(guard).with_state(std::sync::Arc::new(gateway));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}/rooms")
}

async fn allow_private(keyward: &Keyward) {
    keyward.edit_entry(Kind::Policy, "", &[("probes", "allowed")]).await;
}

async fn probe(browser: &mut Client, url: &str) -> Answer {
    browser.post("/settings/gateway", &[("url", url), ("scope", "things.read"), ("tenant", "")]).await
}

/// The words of the probes that a page says went so.
fn marked(page: &Answer, mark: &str) -> Vec<String> {
    let page = page.page();
    let findings = &page[page.find("<ol class=\"checks").unwrap_or_else(|| panic!("no findings: {page}"))..];
    let rows = findings.split("<li ").filter(|row| row.contains(&format!("</svg>{mark}</span>")));
    rows.map(|row| row.split("<b>").nth(1).unwrap().split("</b>").next().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn mission_n1_the_self_test_tells_a_guarded_gateway_from_every_other() {
    for (name, database) in databases() {
        let keyward = Keyward::at(database, &[], Clock::system()).await;
        allow_private(&keyward).await;
        let mut browser = keyward.signed_in(Role::Admin).await;
        let keys = ["A key that has expired", "A key without the scope", "A key that was archived"];
        let none = ["No key", "No key, but forged identity headers"];
        let beside = ["A key that works, and forged identity headers", "A key that works, and a forged address"];
        let paths = [
            "No key, and two slashes before the path",
            "No key, and a dot segment before the path",
            "No key, and the path percent-encoded",
            "No key, and an empty segment with a parameter before the path",
            "No key, and the path in an encoding that is none",
            "No key, and a slash encoded too long before the path",
        ];
        for (fault, failed, unclear) in [
            (Fault::Unguarded, [&keys[..], &none, &beside, &paths].concat(), vec![]),
            (Fault::None, vec![], vec![]),
            (Fault::AnyScope, vec![keys[1]], vec![]),
            (Fault::Forgeable, vec![beside[0]], vec![]),
            (Fault::Forwarding, vec![beside[1]], vec![]),
            (Fault::ExactPath, paths.to_vec(), beside.to_vec()),
            (Fault::Garbled, [&keys[..], &none].concat(), vec![]),
            (Fault::Elsewhere, vec!["A key that works"], vec![]),
            (Fault::Silent, vec![], beside.to_vec()),
            (Fault::Redirects, vec![], [&keys[..], &none].concat()),
        ] {
            let url = start(&keyward, fault).await;
            let page = probe(&mut browser, &url).await;
            let what = format!("{name} {fault:?}: {}", page.body);
            assert_eq!(page.status, StatusCode::OK, "{what}");
            let sorted = |mut list: Vec<&str>| {
                list.sort_unstable();
                list.iter().map(ToString::to_string).collect::<Vec<_>>()
            };
            let found = |mark: &str| {
                let mut found = marked(&page, mark);
                found.sort_unstable();
                found
            };
            let guarded = failed.is_empty();
            assert_eq!(found("Failed"), sorted(failed), "{what}");
            assert_eq!(found("Unclear"), sorted(unclear), "{what}");
            assert_eq!(page.body.contains("guards this address, as far as"), guarded, "{what}");
            // The first run's checklist takes the first one that guards.
            let seen = keyward.app.store.first_run().await.unwrap().gateway_seen_at;
            assert_eq!(seen.is_some(), fault != Fault::Unguarded, "{what}");
        }
        none_left(&keyward, name).await;
    }
}

/// What the tests made is gone, but for what the audit says.
async fn none_left(keyward: &Keyward, what: &str) {
    let admin = &keyward.app.admin;
    let list = ListKeys { which: StatusFilter::Any, ..ListKeys::default() };
    let keys = admin.list_keys(&admin.operator(), &list).await.unwrap();
    assert_eq!(keys.counts.all(), 0, "{what}: no key is left");
    let events =
        admin.search_audit(&admin.operator(), &store::AuditFilter::default(), None, None).await.unwrap().events;
    let of = |verb: &str| events.iter().filter(|event| event.verb == verb).count();
    assert!(of("gateway.probe") > 0 && of("gateway.probe") == of("gateway.end_probe"), "{what}");
    admin.verify_audit(&admin.operator()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn mission_n1_private_addresses_are_refused_unless_the_policy_allows_them() {
    let keyward = Keyward::at(Database::sqlite(), &[], Clock::system()).await;
    let mut browser = keyward.signed_in(Role::Superadmin).await;
    let url = start(&keyward, Fault::None).await;
    for url in
        [url.as_str(), "http://localhost:1/", "http://169.254.169.254/latest/", "http://[::1]:1/", "https://10.0.0.1/"]
    {
        let page = probe(&mut browser, url).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{url}");
        assert!(page.body.contains("is at a private address"), "{url}: {}", page.body);
    }
    let by_command = |url: &str| {
        let arguments = ["doctor", "--gateway", url, "--scope", "things.read"];
        tokio::task::block_in_place(|| program::run(&keyward.database, &arguments, ""))
    };
    let output = by_command(&url);
    assert!(output.code == 2 && output.stderr.contains("is at a private address"), "{output:?}");

    allow_private(&keyward).await;
    let output = by_command(&url);
    assert!(output.code == 0 && output.stdout.contains("The gateway guards"), "{output:?}");
    assert_eq!(output.stdout.matches("passed ").count(), GatewayCheck::ALL.len(), "{output:?}");
    let open = start(&keyward, Fault::Unguarded).await;
    let output = by_command(&open);
    assert!(output.code == 1 && output.stdout.contains("FAILED"), "{output:?}");
    let output = by_command("http://127.0.0.1:1/");
    assert!(output.code == 1 && output.stdout.contains("could not be reached"), "{output:?}");
    none_left(&keyward, "command").await;
}

#[tokio::test]
async fn mission_n1_only_those_who_could_make_the_keys_may_test() {
    let keyward = Keyward::new().await;
    allow_private(&keyward).await;
    let url = start(&keyward, Fault::None).await;
    for (role, status) in [(Role::Superadmin, 200), (Role::Admin, 200), (Role::Auditor, 403), (Role::Member, 403)] {
        let mut browser = keyward.signed_in(role).await;
        assert_eq!(probe(&mut browser, &url).await.status.as_u16(), status, "{role}");
        let page = browser.get("/settings/gateway").await;
        assert_eq!(page.body.contains("Not for your role"), status == 403, "{role}");
        let link = browser.get("/keys").await.body.contains("href=\"/settings/gateway\"");
        assert_eq!(link, status == 200, "{role}");
    }
    let mut admin = keyward.signed_in(Role::Admin).await;
    for (field, value, message) in [
        ("scope", "devices", "is gated"),
        ("scope", "keyward.verify", "own"),
        ("scope", "Not a scope", "is not a scope"),
        ("tenant", "nowhere", "no tenant of this name"),
        ("url", "file:///etc/passwd", "Type an address"),
        ("url", "http://nowhere.invalid/", "was not found"),
    ] {
        let form: Vec<_> = [("url", url.as_str()), ("scope", ""), ("tenant", "")]
            .into_iter()
            .map(|(name, typed)| if name == field { (name, value) } else { (name, typed) })
            .collect();
        let page = admin.post("/settings/gateway", &form).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{field} {value}");
        assert!(page.body.contains(message), "{field} {value}: {}", page.body);
    }
}

/// Should the process end in the middle, another one removes what was left.
#[tokio::test]
async fn what_a_test_leaves_behind_is_swept() {
    let keyward = Keyward::new().await;
    let admin = keyward.app.admin.clone();
    let operator = admin.operator();
    let form = admin::GatewayForm::default();
    let (began, heard) = tokio::sync::oneshot::channel();
    let began = std::sync::Mutex::new(Some(began));
    let never = move |_| {
        let _ = began.lock().unwrap().take().map(|began| began.send(()));
        std::future::pending()
    };
    let test = tokio::spawn(async move { admin.probe_gateway(&operator, &form, "g".to_owned(), never).await.is_ok() });
    heard.await.unwrap();
    test.abort();
    let admin = &keyward.app.admin;
    let list = ListKeys { which: StatusFilter::Any, ..ListKeys::default() };
    assert_eq!(admin.list_keys(&admin.operator(), &list).await.unwrap().counts.all(), 4);
    admin.sweep().await.unwrap();
    assert_eq!(admin.list_keys(&admin.operator(), &list).await.unwrap().counts.all(), 4, "one under way is let be");
    keyward.pass(std::time::Duration::from_hours(2)).await;
    admin.sweep().await.unwrap();
    none_left(&keyward, "swept").await;
}
