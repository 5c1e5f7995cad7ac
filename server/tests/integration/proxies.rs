//! Forward auth as people use it: the real nginx, Caddy and `HAProxy` with the configurations we ship, between a client
//! and a service. What passes, what is refused and in which words, and that nothing forged, odd or secret gets through.

use std::{
    process::Command,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use crypto::{clock::Clock, secret::Entropy};
use model::{key_input::KeyInput, time::Timestamp};
use server::boot;

use crate::support::{
    Answer, Database, Operator, config, id_of,
    program::{Server, run},
    proxy::{PROXIES, Proxy, Seen, Service},
};

/// The three proxies, each between the same Keyward and the same service.
struct Guarded {
    proxies: [Proxy; 3],
    keyward: Server,
    service: Service,
    database: Database,
}

impl Guarded {
    fn start() -> Self {
        Self::on(Database::sqlite())
    }

    fn on(database: Database) -> Self {
        let keyward = Server::with(&database, &[("KEYWARD_TRUSTED_PROXIES", "127.0.0.1/32")]);
        let service = Service::start();
        let proxies = PROXIES.map(|name| Proxy::start(name, &keyward.address, &service.address));
        Self { proxies, keyward, service, database }
    }

    /// A new key's token.
    fn key(&self, arguments: &str) -> String {
        create(&self.database, arguments)
    }

    /// What the service saw of the last request, if it saw it.
    fn seen(&self) -> Option<Seen> {
        let mut seen = self.service.seen();
        assert!(seen.len() < 2, "one request is asked once: {seen:?}");
        seen.pop()
    }
}

fn create(database: &Database, arguments: &str) -> String {
    static OWNERS: AtomicUsize = AtomicUsize::new(0);
    let owner = format!("service {}", OWNERS.fetch_add(1, Ordering::Relaxed));
    let fixed = ["keys", "create", "--name", "kiosk", "--owner", &owner];
    let arguments: Vec<&str> = fixed.into_iter().chain(arguments.split(' ')).collect();
    let created = run(database, &arguments, "");
    assert_eq!(created.code, 0, "{created:?}");
    created.stdout.trim().to_owned()
}

/// A key whose 90 days were over long ago.
fn expired(database: &Database) -> String {
    let then = Clock::manual(Timestamp::parse("2020-01-01T00:00:00Z").unwrap());
    issue_at(
        database,
        then,
        KeyInput {
            name: "old".to_owned(),
            scopes: "bookings".to_owned(),
            expires: "90d".to_owned(),
            ..Default::default()
        },
    )
}

/// A key of this form.
fn issue(database: &Database, form: KeyInput) -> String {
    issue_at(database, Clock::system(), form)
}

fn issue_at(database: &Database, clock: Clock, form: KeyInput) -> String {
    let issue = async {
        let config = config(database, &[]);
        let store = boot::open(&config, boot::Upgrade::Yes).await.unwrap();
        let app = boot::assemble(config, store, clock, Entropy::system());
        let issued = app.admin.issue_key(&app.admin.operator(), &form).await.unwrap();
        app.store.close().await;
        issued.token.reveal().to_owned()
    };
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(issue)
}

/// A refusal says why, in the form of RFC 9457 and with a challenge.
fn assert_refusal(answer: &Answer, code: &str, proxy: &Proxy, what: &str) {
    let problem = answer.json();
    assert_eq!(answer.header("content-type"), "application/problem+json", "{what}");
    assert_eq!(problem["status"], answer.status.as_u16(), "{what}");
    assert_eq!(answer.header("x-keyward-request-id").len(), 16, "{what}");
    assert_eq!(problem["request_id"], answer.header("x-keyward-request-id"), "{what}");
    let challenges: Vec<_> = answer.headers.get_all("www-authenticate").iter().collect();
    assert_eq!(challenges.len(), 1, "{what}");
    assert!(answer.header("www-authenticate").starts_with("Bearer realm="), "{what}");
    assert_eq!(answer.header("www-authenticate").contains("error="), code != "missing_credentials", "{what}");
    // nginx drops the body of the answer to its question.
    if proxy.name != "nginx" {
        assert_eq!(problem["code"], code, "{what}");
    }
}

#[test]
fn a_key_opens_what_its_scopes_say_and_every_refusal_reaches_the_client() {
    let database = Database::sqlite();
    let (expired, archived) = (expired(&database), create(&database, "--scope bookings"));
    assert_eq!(run(&database, &["keys", "archive", id_of(&archived)], "").code, 0);
    let guarded = Guarded::on(database);
    let bookings = guarded.key("--scope bookings --scope rooms.read");
    let reader = guarded.key("--scope bookings.read");
    let other = guarded.key("--scope other");
    let bearer = |token: &str| format!("Bearer {token}");
    let all = bearer(&bookings);
    let cases: [(&str, &[(&str, &str)], u16, &str); 21] = [
        ("GET /bookings/1?day=2", &[("Authorization", &all)], 200, ""),
        ("POST /bookings", &[("Authorization", &all)], 200, ""),
        ("DELETE /bookings/1", &[("Authorization", &bookings)], 200, ""),
        ("PUT /bookings/1", &[("X-API-Key", &bookings)], 200, ""),
        ("GET /rooms/1", &[("Authorization", &all)], 200, ""),
        ("POST /rooms", &[("Authorization", &all)], 403, "insufficient_scope"),
        ("GET /", &[("Authorization", &bearer(&reader))], 200, ""),
        ("HEAD /bookings", &[("Authorization", &bearer(&reader))], 200, ""),
        ("OPTIONS /bookings", &[("Authorization", &bearer(&reader))], 200, ""),
        ("POST /bookings", &[("Authorization", &bearer(&reader))], 403, "insufficient_scope"),
        ("BREW /bookings", &[("Authorization", &bearer(&reader))], 403, "insufficient_scope"),
        ("GET /rooms", &[("Authorization", &bearer(&reader))], 403, "insufficient_scope"),
        ("GET /bookings", &[("Authorization", &bearer(&other))], 403, "insufficient_scope"),
        ("GET /bookings", &[], 401, "missing_credentials"),
        ("POST /bookings", &[], 401, "missing_credentials"),
        ("GET /bookings", &[("Authorization", "Bearer nonsense")], 401, "invalid_key"),
        ("GET /bookings", &[("X-API-Key", &format!("{bookings}x"))], 401, "invalid_key"),
        ("GET /bookings", &[("Authorization", &bearer(&archived))], 401, "archived"),
        ("GET /bookings", &[("Authorization", &bearer(&expired))], 401, "expired"),
        ("GET /bookings", &[("Authorization", &all), ("X-API-Key", &bookings)], 401, "ambiguous_credentials"),
        ("GET /health", &[], 200, "open"),
    ];
    for proxy in &guarded.proxies {
        for (line, headers, status, code) in &cases {
            let answer = proxy.ask(line, headers);
            let what = format!("{} {line} {headers:?}: {answer:?}", proxy.name);
            assert_eq!(answer.status.as_u16(), *status, "{what}");
            let seen = guarded.seen();
            assert_eq!(seen.is_some(), *status == 200, "the service sees what is allowed: {what}");
            let Some(seen) = seen else {
                assert_refusal(&answer, code, proxy, &what);
                continue;
            };
            assert_eq!(format!("{} {}", seen.method, seen.uri), *line, "{what}");
            assert_eq!(answer.body, if line.starts_with("HEAD") { "" } else { "served" }, "{what}");
            let presented = headers.first().map_or("", |(_, value)| value.trim_start_matches("Bearer "));
            let scopes = if presented == reader { "bookings.read" } else { "bookings rooms.read" };
            let identity = [
                ("key-id", presented.split('_').nth(1).unwrap_or_default()),
                ("key-name", "kiosk"),
                ("tenant", "default"),
                ("scopes", scopes),
            ];
            for (name, expected) in identity {
                let expected = if *code == "open" { vec![] } else { vec![expected] };
                assert_eq!(seen.all(&format!("x-keyward-{name}")), expected, "{name}: {seen:?}");
            }
            let request_id = seen.all("x-keyward-request-id").concat();
            assert_eq!(request_id.len(), if *code == "open" { 0 } else { 16 }, "{seen:?}");
            // A key without a subject: empty, or not there at all.
            for name in ["x-keyward-subject", "x-keyward-role"] {
                assert_eq!(seen.all(name).concat(), "", "{seen:?}");
            }
            let secret = presented.split('_').next_back().unwrap();
            assert!(secret.is_empty() || !format!("{seen:?}").contains(secret), "the key stops here: {seen:?}");
        }
    }
}

/// The second use in the hour is one too many: 429 from every proxy, also from nginx, whose `auth_request` knows none.
#[test]
fn a_limit_is_429_with_when_to_come_back() {
    let guarded = Guarded::start();
    for proxy in &guarded.proxies {
        let limited = guarded.key("--scope bookings --limit 1/hour");
        let headers = [("X-API-Key", limited.as_str())];
        let first = proxy.ask("GET /bookings", &headers);
        assert!(first.status == 200 && guarded.seen().is_some(), "{} {first:?}", proxy.name);
        let second = proxy.ask("GET /bookings", &headers);
        let what = format!("{} {second:?}", proxy.name);
        assert!(second.status == 429 && guarded.seen().is_none(), "{what}");
        let seconds: u32 = second.header("retry-after").parse().unwrap();
        assert!((1..=3600).contains(&seconds), "{what}");
        assert!(!second.header("ratelimit").is_empty() && !second.header("ratelimit-policy").is_empty(), "{what}");
        assert_eq!(second.header("content-type"), "application/problem+json", "{what}");
        assert_eq!(second.json()["status"], 429, "{what}");
        assert_eq!(second.json()["request_id"], second.header("x-keyward-request-id"), "{what}");
    }
}

/// A key is taken wherever Keyward takes one, and goes no further.
#[test]
fn a_key_in_the_query_a_cookie_or_basic_stops_at_the_proxy() {
    let guarded = Guarded::start();
    let key = guarded.key("--scope bookings");
    let secret = key.split('_').next_back().unwrap();
    let basic = format!("Basic {}", STANDARD.encode(format!("{}:{secret}", id_of(&key))));
    let (cookie, two) = (format!("a=1; api-key={key}"), format!("api-key={key}; api-key={key}"));
    let (query, twice) = (format!("GET /b?api-key={key}&a=1"), format!("GET /b?api-key={key}&api-key={key}"));
    let cases: [(&str, &[(&str, &str)], u16); 7] = [
        (&query, &[], 200),
        ("GET /b?a=1", &[("Cookie", &cookie)], 200),
        ("GET /b?a=1", &[("Authorization", &basic)], 200),
        (&twice, &[], 401),
        (&query, &[("Cookie", &cookie)], 401),
        (&query, &[("X-API-Key", &key)], 401),
        ("GET /b", &[("Cookie", &two)], 401),
    ];
    for proxy in &guarded.proxies {
        for (line, headers, status) in cases {
            let answer = proxy.ask(line, headers);
            let what = format!("{} {line} {headers:?}: {answer:?}", proxy.name);
            assert_eq!(answer.status.as_u16(), status, "{what}");
            let seen = guarded.seen();
            assert_eq!(seen.is_some(), status == 200, "{what}");
            if let Some(seen) = seen {
                assert_eq!(seen.all("x-keyward-key-id"), [id_of(&key)], "{what}");
                assert_eq!(seen.uri.query().map(|query| query.trim_start_matches('&')), Some("a=1"), "{what}");
                assert!(!format!("{seen:?}").contains(secret), "the key stops here: {seen:?}");
            }
        }
    }
}

/// What a client says about itself counts for nothing, neither with Keyward nor with the service.
#[test]
fn forged_headers_are_stripped() {
    let guarded = Guarded::start();
    let reader = guarded.key("--scope bookings.read");
    let forged = [
        "X-Keyward-Key-Id",
        "X-Keyward-Key-Name",
        "X-Keyward-Key-Series",
        "X-Keyward-Subject",
        "X-Keyward-Role",
        "x-keyward-role",
        "X_Keyward_Role",
        "X-Keyward_Role",
        "X.Keyward.Role",
        "X-Keyward.Subject",
        "X-Keyward-Tenant",
        "X-Keyward-Scopes",
        "X-Keyward-Request-Id",
        "Forwarded",
        "X-Real-IP",
        "X-Client-IP",
        "X-Cluster-Client-IP",
        "True-Client-IP",
        "X-Forwarded-For",
        "X-Forwarded-Host",
        "X-Forwarded-Port",
        "X-Forwarded-Prefix",
        "X-Forwarded-Proto",
        "X-Forwarded-Scheme",
        "X-Forwarded-Server",
        "X-Forwarded-Ssl",
        "X-Forwarded-Method",
        "X-Forwarded-Uri",
        "X-Original-Method",
        "X-Original-URI",
        "X-Original-URL",
        "X-Rewrite-URL",
        "X-HTTP-Method",
        "X-HTTP-Method-Override",
        "X-Method-Override",
        "X_HTTP_Method_Override",
    ];
    let headers = |value, token| -> Vec<(&str, &str)> {
        forged.iter().map(|name| (*name, value)).chain([("X-API-Key", token), ("X-Kept", "kept")]).collect()
    };
    for proxy in &guarded.proxies {
        for (line, token, status) in
            [("GET /bookings", reader.as_str(), 200), ("GET /health", "none", 200), ("POST /bookings", &reader, 403)]
        {
            // To Keyward a forged GET would turn a write into a read.
            let answer = proxy.ask(line, &headers("GET", token));
            assert_eq!(answer.status.as_u16(), status, "{} {line}: {answer:?}", proxy.name);
            let Some(seen) = guarded.seen() else { continue };
            assert_eq!(seen.all("x-kept"), ["kept"]);
            assert_eq!((seen.all("x-forwarded-for"), seen.all("x-real-ip")), (vec!["127.0.0.1"], vec!["127.0.0.1"]));
            let survived = seen.headers.iter().filter(|(_, value)| value.as_bytes() == b"GET").count();
            assert_eq!(survived, 0, "{} {line}: {seen:?}", proxy.name);
        }
        // Headers that Connection names are dropped on the way, and an upgrade opens a tunnel.
        let tricks =
            [("Authorization", reader.as_str()), ("Connection", "X-Keyward-Key-Id, upgrade"), ("Upgrade", "h2c")];
        assert_eq!(proxy.ask("GET /bookings", &tricks).status, 200);
        let seen = guarded.seen().unwrap();
        assert_eq!(seen.all("x-keyward-key-id"), [id_of(&reader)], "{} {seen:?}", proxy.name);
        assert!(!format!("{seen:?}").to_lowercase().contains("upgrade"), "{} {seen:?}", proxy.name);
    }
}

/// Without a key only the one open path answers, and a path is what it looks like or is refused: whatever passes, the
/// service sees as it was sent.
#[test]
fn no_spelling_of_a_path_gets_round_its_scope() {
    let guarded = Guarded::start();
    let bookings = guarded.key("--scope bookings");
    for proxy in &guarded.proxies {
        for (path, anonymous, with_bookings) in [
            ("/health", 200, 200),
            ("/HEALTH", 401, 200),
            ("/health/", 401, 200),
            ("/health;x", 401, 200),
            ("/health/x", 401, 200),
            ("/healthy", 401, 200),
            ("//health", 400, 400),
            ("/./health", 400, 400),
            ("/x/../health", 400, 400),
            ("/x/..%2fhealth", 400, 400),
            ("/x%2F..%2Fhealth", 400, 400),
            ("/x/%2e%2E/health", 400, 400),
            ("/x/..;/health", 400, 400),
            ("/%68ealth", 400, 400),
            ("/health%00", 400, 400),
            ("/health%252f..", 400, 400),
            ("/health%5c..", 400, 400),
            ("/health\\..\\x", 400, 400),
            ("/health#/../x", 400, 400),
            ("/health/..", 400, 400),
            ("/health/..?x", 400, 400),
            ("/;/health", 400, 400),
            ("/;/rooms", 400, 400),
            ("/;x=1/rooms", 400, 400),
            ("/%3b/rooms", 400, 400),
            ("/%3Bx=1/rooms", 400, 400),
            ("/.;/rooms", 400, 400),
            ("/x/..%3b/rooms", 400, 400),
            ("/%u0072ooms", 400, 400),
            ("/%c0%afrooms", 400, 400),
            ("/%C1%B2ooms", 400, 400),
            ("/%e0%80%afrooms", 400, 400),
            ("/%f0%80%80%afrooms", 400, 400),
            ("/%ff/rooms", 400, 400),
            ("/rooms%", 400, 400),
            ("/rooms%2", 400, 400),
            ("/rooms%zz", 400, 400),
            ("/rooms%2z?x", 400, 400),
            ("/x;y=1/rooms", 401, 200),
            ("/rooms", 401, 403),
            ("/rooms/1", 401, 403),
            ("/ROOMS/1", 401, 403),
            ("/rooms?x=1", 401, 403),
            ("/rooms;x=1", 401, 403),
            ("/rooms.json", 401, 403),
            ("/rooms%20", 401, 403),
            ("/roomservice", 401, 200),
            ("//rooms", 400, 400),
            ("/x//rooms", 400, 400),
            ("/x/../rooms", 400, 400),
            ("/%72ooms", 400, 400),
            ("/rooms%2f1", 400, 400),
            ("/forward-auth?scope=any", 401, 200),
            ("/caf%C3%A9/a%20b/@me?next=/x/..//%2F;/%u0072%c0&y=+%41", 401, 200),
            ("/%E2%82%AC/%F0%9F%94%91/%ED%95%9C", 401, 200),
            ("/.well-known/a..b/...", 401, 200),
        ] {
            for (headers, status) in [(&[][..], anonymous), (&[("Authorization", bookings.as_str())], with_bookings)] {
                let answer = proxy.ask(&format!("GET {path}"), headers);
                let what = format!("{} {path} {headers:?}: {answer:?}", proxy.name);
                assert_eq!(answer.status.as_u16(), status, "{what}");
                let seen = guarded.seen().map(|seen| seen.uri.to_string());
                assert_eq!(seen.as_deref(), (status == 200).then_some(path), "{what}");
            }
        }
    }
}

/// What Keyward is asked, and that a key in the query or a cookie goes no further. A service that says yes to everything
/// stands in for Keyward, to show the question.
#[test]
fn keyward_is_told_the_request_and_the_service_is_not_told_the_key() {
    let (keyward, service) = (Service::start(), Service::start());
    for name in PROXIES {
        let proxy = Proxy::start(name, &keyward.address, &service.address);
        for (path, reaches) in [
            ("/b?api-key=SECRET", "/b"),
            ("/b?a=1&api-key=SECRET", "/b?a=1"),
            ("/b?api-key=SECRET&a=1", "/b?a=1"),
            ("/b?a=%26&api-key=SECRET&b=%2F+x", "/b?a=%26&b=%2F+x"),
            ("/b/a%20b?my-api-key=1&x", "/b/a%20b?my-api-key=1&x"),
            ("/b", "/b"),
        ] {
            let answer = proxy.ask(&format!("PATCH {path}"), &[("X-Forwarded-For", "203.0.113.9"), ("X-Kept", "kept")]);
            assert_eq!(answer.status, 200, "{name} {path}: {answer:?}");
            let (asked, seen) = (keyward.seen(), service.seen());
            let ([asked], [seen]) = (&asked[..], &seen[..]) else { panic!("{name} {path}: {asked:?} {seen:?}") };
            assert!(asked.uri.to_string().starts_with("/forward-auth?scope=bookings"), "{name} {asked:?}");
            for (header, value) in [
                ("x-forwarded-method", "PATCH"),
                ("x-forwarded-uri", path),
                ("x-forwarded-host", &proxy.address),
                ("x-forwarded-for", "127.0.0.1"),
            ] {
                assert_eq!(asked.all(header), [value], "{name} {header}: {asked:?}");
            }
            // Caddy cannot leave out what it has no name for.
            assert_eq!(asked.all("x-kept").is_empty(), name != "caddy", "{name}: {asked:?}");
            assert_eq!(seen.all("x-kept"), ["kept"], "{name}: {seen:?}");
            // Where the key was, a separator may be left.
            let plain = seen.uri.to_string().replace("?&", "?");
            assert_eq!(plain.trim_end_matches(['?', '&']), reaches, "{name} {path}");
        }
        for (cookies, reach) in [
            ("api-key=SECRET", ""),
            ("a=1; api-key=SECRET", "a=1"),
            ("api-key=SECRET; a=1", "a=1"),
            ("a=1;api-key=SECRET;b=2", "a=1;b=2"),
            ("a=1; api-key=SECRET; b=2", "a=1; b=2"),
            ("my-api-key=1; b=api-key", "my-api-key=1; b=api-key"),
        ] {
            assert_eq!(proxy.ask("GET /b", &[("Cookie", cookies)]).status, 200, "{name} {cookies}");
            let (asked, seen) = (keyward.seen(), service.seen());
            assert_eq!(asked[0].all("cookie"), [cookies], "{name}");
            assert_eq!(seen[0].all("cookie").concat().trim_end_matches([';', ' ']), reach, "{name} {cookies}");
        }
        // Two on the open path, where Keyward is not asked to refuse them.
        proxy.ask("GET /health", &[("Cookie", "api-key=SECRET; a=1; api-key=SECRET")]);
        let seen = service.seen();
        assert!(
            keyward.seen().is_empty() && seen.len() == 1 && !format!("{seen:?}").contains("SECRET"),
            "{name} {seen:?}"
        );
    }
}

#[test]
fn without_an_answer_from_keyward_nothing_passes() {
    let guarded = Guarded::start();
    let key = guarded.key("--scope bookings");
    let ask = |what: &str, path: &str, status: u16| {
        let asked = Instant::now();
        thread::scope(|scope| {
            for proxy in &guarded.proxies {
                let headers = [("Authorization", key.as_str())];
                scope.spawn(move || {
                    let answer = proxy.ask(&format!("GET {path}"), &headers);
                    assert_eq!(answer.status.as_u16(), status, "{what} {}: {answer:?}", proxy.name);
                    if status == 503 {
                        assert_eq!(answer.header("retry-after"), "1", "{what} {}", proxy.name);
                        assert_eq!(answer.header("content-type"), "application/problem+json", "{what} {}", proxy.name);
                    }
                });
            }
        });
        let reached = guarded.service.seen().len();
        assert_eq!(reached, if status == 200 { PROXIES.len() } else { 0 }, "{what}");
        assert!(asked.elapsed() < Duration::from_secs(8), "{what}: {:?}", asked.elapsed());
    };
    let signal = |name: &str| {
        let sent = Command::new("kill").args([name, &guarded.keyward.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    };
    ask("running", "/bookings", 200);
    signal("-STOP");
    // The signal is sent and not yet there: a busy machine takes its time.
    let until = Instant::now() + Duration::from_secs(5);
    let state = || std::fs::read_to_string(format!("/proc/{}/stat", guarded.keyward.child.id())).unwrap();
    while !state().contains(") T ") {
        assert!(Instant::now() < until, "Keyward was not stopped");
    }
    ask("hanging", "/bookings", 503);
    ask("hanging, open", "/health", 200);
    signal("-CONT");
    let until = Instant::now() + Duration::from_secs(5);
    while guarded.keyward.forward(&key) != 200 {
        assert!(Instant::now() < until, "Keyward did not come back");
    }
    ask("back", "/bookings", 200);
    signal("-KILL");
    ask("gone", "/bookings", 503);
    ask("gone, open", "/health", 200);
}

/// Whatever happens to a request, its key is in none of the files that a proxy writes.
#[test]
fn no_key_is_in_a_log() {
    let Guarded { proxies, keyward, service, database } = Guarded::start();
    let key = create(&database, "--scope bookings");
    let (in_query, in_path) = (format!("GET /bookings?api-key={key}"), format!("GET //bookings?api-key={key}"));
    let (referrer, cookie) = (format!("http://127.0.0.1/?api-key={key}"), format!("api-key={key}"));
    for proxy in &proxies {
        proxy.ask(&in_query, &[]);
        proxy.ask("GET /bookings", &[("Cookie", &cookie)]);
        for (line, headers, status) in [
            (in_path.as_str(), &[][..], 400),
            ("GET /bookings", &[("Authorization", key.as_str()), ("Referer", &referrer)], 200),
            ("GET /bookings", &[("X-API-Key", &key)], 200),
        ] {
            assert_eq!(proxy.ask(line, headers).status, status, "{} {line}", proxy.name);
        }
    }
    service.stop();
    for proxy in &proxies {
        proxy.ask(&in_query, &[]);
    }
    keyward.kill();
    for proxy in &proxies {
        assert_eq!(proxy.ask(&in_query, &[]).status, 503, "{}", proxy.name);
        proxy.ask("GET /the-end", &[]);
        let until = Instant::now() + Duration::from_secs(5);
        while !proxy.logs().contains("/the-end") {
            assert!(Instant::now() < until, "{} writes no log: {}", proxy.name, proxy.logs());
            thread::sleep(Duration::from_millis(20));
        }
        let logs = proxy.logs();
        let told = logs.lines().filter(|line| line.contains("GET") && line.contains("/bookings")).count();
        assert!(told >= 7, "{} logs every request: {logs}", proxy.name);
        assert!(!logs.contains(key.split('_').next_back().unwrap()), "{} has the key in a log: {logs}", proxy.name);
    }
}

/// A preflight carries no credential, by design (Fetch, 4.8): with the recipe it goes to the service, and nothing else does.
#[test]
fn a_preflight_goes_to_the_service_where_the_recipe_is_used() {
    let Guarded { proxies, keyward, service, database } = Guarded::start();
    let key = create(&database, "--scope bookings.read");
    let asks = [("Origin", "https://kiosk.example.com"), ("Access-Control-Request-Method", "POST")];
    let forged = [asks[0], asks[1], ("X-Forwarded-Method", "OPTIONS"), ("X-HTTP-Method-Override", "DELETE")];
    for proxy in &proxies {
        assert_eq!(proxy.ask("OPTIONS /bookings", &asks).status, 401, "{}: as it is shipped", proxy.name);
    }
    assert!(service.seen().is_empty());
    for name in PROXIES {
        let proxy = Proxy::letting_preflights_through(name, &keyward.address, &service.address);
        let with_key = [asks[0], asks[1], ("Authorization", key.as_str()), ("X-Keyward-Role", "admin")];
        let cases: [(&str, &[(&str, &str)], u16); 10] = [
            ("OPTIONS /bookings", &asks, 200),
            ("OPTIONS /bookings", &forged, 200),
            ("OPTIONS /bookings", &with_key, 200),
            ("OPTIONS /bookings", &asks[..1], 401),
            ("OPTIONS /bookings", &asks[1..], 401),
            ("OPTIONS /bookings", &[], 401),
            ("POST /bookings", &asks, 401),
            ("GET /bookings", &forged, 401),
            ("OPTIONS //bookings", &asks, 400),
            ("GET /bookings", &[("X-API-Key", &key)], 200),
        ];
        for (line, headers, status) in cases {
            let answer = proxy.ask(line, headers);
            assert_eq!(answer.status.as_u16(), status, "{name} {line} {headers:?}: {answer:?}");
            let seen = service.seen();
            assert_eq!(seen.len(), usize::from(status == 200), "{name} {line} {headers:?}");
            for seen in seen.iter().filter(|_| line.starts_with("OPTIONS")) {
                assert_eq!(seen.method, "OPTIONS", "{name} {seen:?}");
                let told: Vec<_> = ["x-keyward-role", "x-keyward-key-id", "authorization", "x-http-method-override"]
                    .into_iter()
                    .filter(|header| !seen.all(header).concat().is_empty())
                    .collect();
                assert!(told.is_empty(), "{name} {told:?} {seen:?}");
            }
        }
    }
}

/// What a key says of itself fits through every proxy, and a request that is too large is told so: neither is an outage.
#[test]
fn nothing_is_too_large_for_an_answer() {
    let database = Database::sqlite();
    let scopes: Vec<_> = (0..50).map(|index| format!("bookings.{:-<53}{index:02}", "a")).collect();
    let form = KeyInput {
        name: "\u{1f511}".repeat(80),
        owner: "front desk".to_owned(),
        scopes: [&scopes[..49], &["bookings".to_owned()]].concat().join(" "),
        role: "\u{1f6aa}".repeat(80),
        expires: "90d".to_owned(),
        ..Default::default()
    };
    let key = issue(&database, form);
    let guarded = Guarded::on(database);
    let (long, many) = ("x".repeat(7000), (0..120).map(|index| format!("X-Small-{index}")).collect::<Vec<_>>());
    for proxy in &guarded.proxies {
        let headers = [("X-API-Key", key.as_str())];
        let answer = proxy.ask("GET /bookings", &headers);
        assert_eq!(answer.status, 200, "{} {answer:?}", proxy.name);
        let seen = guarded.seen().unwrap();
        let told = ["key-id", "key-name", "subject", "role", "tenant", "scopes"]
            .map(|name| seen.all(&format!("x-keyward-{name}")).concat());
        let bytes: usize = told.iter().map(String::len).sum();
        assert!(bytes > 3000 && bytes < 6000, "{} {bytes}", proxy.name);
        assert!(told[5].split(' ').all(|scope| scope == "bookings" || scopes.iter().any(|whole| whole == scope)));

        let mut headers: Vec<_> = many.iter().map(|name| (name.as_str(), "1")).collect();
        headers.push(("X-API-Key", key.as_str()));
        let answer = proxy.ask("GET /bookings", &headers);
        // HAProxy takes 101 lines itself.
        assert_eq!(answer.status, if proxy.name == "haproxy" { 400 } else { 200 }, "{} {answer:?}", proxy.name);
        guarded.service.seen();

        let names = ["Authorization", "X-API-Key", "Cookie", "Signature", "Signature-Input", "User-Agent", "Date"];
        let headers: Vec<_> = names.iter().map(|name| (*name, long.as_str())).collect();
        let answer = proxy.ask("GET /bookings", &headers);
        assert!([431, 400].contains(&answer.status.as_u16()), "{} {answer:?}", proxy.name);
        if proxy.name != "haproxy" {
            assert_eq!(answer.status, 431, "{} {answer:?}", proxy.name);
            assert_eq!(answer.header("content-type"), "application/problem+json", "{} {answer:?}", proxy.name);
        }
        assert!(guarded.seen().is_none());
    }
}
