//! How fast the list of keys is, as pages that a browser gets from the server, with 1,000, 100,000 and 1,000,000 keys in
//! an `SQLite` file that `keyward keys seed` would fill the same way. Prints each size's median and its ratio to the
//! smallest; asserts nothing. `make bench`, or `cargo run --release -p server --example bench_lists -- 1000 50000`.

#![expect(clippy::disallowed_methods, reason = "measuring takes a clock")]

use std::{
    collections::BTreeMap,
    io::Write,
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode, header},
};
use keyward::{clock::Clock, console::NewUser, people::Role, secret::Entropy};
use server::{
    boot,
    config::{Config, Flags},
    router,
};
use tower::ServiceExt;

/// Keys made in one change.
const STEP: u32 = 5000;
/// How often each page is asked for.
const ROUNDS: usize = 25;
const PASSWORD: &str = "correct horse battery staple";

/// What is asked, and the address that asks it.
const PAGES: [(&str, &str); 14] = [
    ("the list", "/keys"),
    ("with archived", "/keys?status=any"),
    ("search: a beginning", "/keys?q=kio"),
    ("search: a word", "/keys?q=booking"),
    ("search: two words", "/keys?q=lobby+kiosk"),
    ("search: one key", "/keys?q=harbour+gateway+777"),
    ("search: nothing", "/keys?q=unheard"),
    ("filter: active", "/keys?status=active"),
    ("filter: archived", "/keys?status=archived"),
    ("filter: never used, by scope", "/keys?only=unused&scope=maps.read"),
    ("filter: one owner", "/keys?owner=team-7"),
    ("sort: soonest to expire", "/keys?sort=expires"),
    ("sort: by name, active", "/keys?sort=name&status=active"),
    ("sort: last used", "/keys?sort=used"),
];

#[tokio::main]
async fn main() {
    let mut sizes: Vec<u32> = std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    if sizes.is_empty() {
        sizes = vec![1000, 100_000, 1_000_000];
    }
    let mut base = BTreeMap::new();
    for size in sizes {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().display().to_string();
        let config = Config::read(&Flags::default(), |name| (name == "KEYWARD_DATA_DIR").then(|| path.clone()))
            .expect("settings");
        let store = boot::open(&config, boot::Upgrade::Yes).await.expect("a database");
        let app = boot::assemble(config, store, Clock::system(), Entropy::system());
        let operator = app.console.operator();
        let began = Instant::now();
        let mut made = 0;
        while made < size {
            let some = STEP.min(size - made);
            app.console.seed_keys(&operator, some).await.expect("keys");
            made += some;
            eprint!("\r{made} of {size} keys");
            let _ = std::io::stderr().flush();
        }
        eprintln!(" in {:.0} s", began.elapsed().as_secs_f64());
        app.console.settle_keys().await.expect("facts");
        let email = "bench@example.com".to_owned();
        let form = NewUser { email: email.clone(), password: PASSWORD.to_owned() };
        app.console.create_user(&operator, form, Role::Superadmin).await.expect("a user");
        let router = router::public(&app);
        let cookie = sign_in(&router, &email).await;
        println!("{size} keys");
        for (what, address) in PAGES {
            let mut times = Vec::new();
            for _ in 0..ROUNDS {
                times.push(get(&router, address, &cookie).await);
            }
            times.sort_unstable();
            let (median, worst) = (times[ROUNDS / 2], times[ROUNDS - 1]);
            let first = *base.entry(what).or_insert(median);
            let ratio = median.as_secs_f64() / first.as_secs_f64();
            println!(
                "  {what:<30} {:>7.2} ms  ratio {ratio:.2}  slowest {:>7.2} ms",
                median.as_secs_f64() * 1000.0,
                worst.as_secs_f64() * 1000.0
            );
        }
    }
}

async fn sign_in(router: &Router, email: &str) -> String {
    let body = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("email", email), ("password", PASSWORD)])
        .finish();
    let request = Request::post("/sign-in")
        .header(header::HOST, "127.0.0.1:3000")
        .header("sec-fetch-site", "same-origin")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(body))
        .expect("a request");
    let response = router.clone().oneshot(request).await.expect("an answer");
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    let cookie = response.headers()[header::SET_COOKIE].to_str().expect("a cookie");
    cookie.split(';').next().unwrap_or_default().to_owned()
}

/// How long a whole page takes.
async fn get(router: &Router, address: &str, cookie: &str) -> Duration {
    let request = Request::get(address)
        .header(header::HOST, "127.0.0.1:3000")
        .header(header::ACCEPT, "text/html")
        .header(header::COOKIE, cookie)
        .body(Body::empty())
        .expect("a request");
    let began = Instant::now();
    let response = router.clone().oneshot(request).await.expect("an answer");
    assert_eq!(response.status(), StatusCode::OK, "{address}");
    to_bytes(response.into_body(), usize::MAX).await.expect("a page");
    began.elapsed()
}
