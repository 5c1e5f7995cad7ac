//! How fast pages of the list of keys are, as a browser gets them from the server, with as many keys in an `SQLite` file
//! as `keyward keys seed` makes.

use std::{
    io::Write,
    time::{Duration, Instant},
};

use admin::NewAccount;
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode, header},
};
use model::account::Role;
use server::routes;
use tower::ServiceExt;

/// Keys made in one change.
const STEP: u32 = 5000;
/// How often each page is asked for.
const ROUNDS: usize = 25;
const PASSWORD: &str = "violet anchor 9 brisk table";

/// What is asked, and the address that asks it.
/// `SIZE` stands for the number of keys, which is a word in the name of one.
const PAGES: [(&str, &str); 23] = [
    ("the list", "/keys"),
    ("with archived", "/keys?status=any"),
    ("search: a beginning", "/keys?q=kio"),
    ("search: a word", "/keys?q=booking"),
    ("search: two words", "/keys?q=made+kiosk"),
    ("search: one key", "/keys?q=SIZE"),
    ("search: nothing", "/keys?q=unheard"),
    ("filter: active", "/keys?status=active"),
    ("filter: archived", "/keys?status=archived"),
    ("filter: never used, by scope", "/keys?only=unused&scope=maps.read"),
    ("filter: one owner", "/keys?owner=team-7"),
    ("sort: soonest to expire", "/keys?sort=expires"),
    ("sort: by name, active", "/keys?sort=name&status=active"),
    ("sort: last used", "/keys?sort=used"),
    ("active, soonest to expire", "/keys?status=active&sort=expires"),
    ("active, last to expire", "/keys?status=active&sort=-expires"),
    ("never used, by name", "/keys?only=unused&sort=name"),
    ("never used, latest use", "/keys?only=unused&sort=used"),
    ("a scope, latest use", "/keys?scope=bookings.write&sort=used"),
    ("a word, by name", "/keys?q=kiosk&sort=name"),
    ("the overview", "/overview"),
    ("hygiene", "/hygiene"),
    ("the audit", "/audit"),
];

/// A server with so many keys, and somebody signed in.
struct Seeded {
    _trial: super::Trial,
    size: u32,
    router: Router,
    cookie: String,
}

impl Seeded {
    async fn new(size: u32) -> Self {
        let trial = super::Trial::new().await;
        let admin = &trial.app.admin;
        let operator = trial.operator();
        let began = Instant::now();
        let mut made = 0;
        while made < size {
            let some = STEP.min(size - made);
            server::seed::seed_keys(admin, &operator, some).await.expect("keys");
            made += some;
            eprint!("\r{made} of {size} keys");
            let _ = std::io::stderr().flush();
        }
        eprintln!(" in {:.0} s", began.elapsed().as_secs_f64());
        admin.reindex_keys().await.expect("facts");
        let email = "bench@example.com".to_owned();
        let form = NewAccount { email: email.clone(), password: PASSWORD.to_owned() };
        admin.create_account(&operator, form, Role::Superadmin).await.expect("a user");
        let router = routes::public(&trial.app);
        let cookie = sign_in(&router, &email).await;
        Self { _trial: trial, size, router, cookie }
    }
}

/// Prints the median of each page for the first number of keys, and what it is of that for the others.
pub(crate) async fn run(sizes: &[u32]) {
    let mut servers = Vec::new();
    for size in sizes {
        servers.push(Seeded::new(*size).await);
    }
    println!("pages of the list, medians of {ROUNDS}; with {sizes:?} keys");
    for (what, address) in PAGES {
        let mut times = vec![Vec::new(); servers.len()];
        // They alternate, so that a slower second of the machine slows all.
        for _ in 0..ROUNDS {
            for (server, times) in servers.iter().zip(&mut times) {
                times.push(
                    get(&server.router, &address.replace("SIZE", &server.size.to_string()), &server.cookie).await,
                );
            }
        }
        let medians: Vec<_> = times.iter_mut().map(|times| median(times)).collect();
        let cells = medians.iter().map(|time| {
            format!(
                "{:>8.2} ms  ratio {:.2}",
                time.as_secs_f64() * 1000.0,
                time.as_secs_f64() / medians[0].as_secs_f64()
            )
        });
        println!("  {what:<30}{}", cells.collect::<String>());
    }
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
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
