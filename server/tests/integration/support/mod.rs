//! A Keyward in this process, on a database of its own, and a client that speaks to its routers as a browser would.

pub mod database;
pub mod program;
pub mod proxy;

use std::{
    fs,
    io::Write,
    net::SocketAddr,
    path::Path,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use admin::{Admin, NewAccount, Permit};
use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::ConnectInfo,
    http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header},
};
use crypto::{
    clock::Clock,
    secret::{Entropy, MasterKey},
};
use model::{
    account::Role,
    catalog::{DEFAULT_TENANT, Entry, Kind, POLICY},
    entry_input::{EntryInput, Field},
    id::KeyId,
    key::ArchiveReason,
    sample_set::SampleSet,
    scope::ALL_ACCESS,
    time::Timestamp,
};
use server::{
    boot,
    config::{Config, Flags},
    routes,
    state::AppState,
};
use store::Store;
use tower::ServiceExt;

pub use self::database::{Database, databases};

/// Everyone's password here.
pub const PASSWORD: &str = "violet anchor 9 brisk table";

/// An entry of the catalog as it is asked for.
pub fn entry_input(fields: &[(&str, &str)]) -> EntryInput {
    fields.iter().map(|(name, text)| (Field::parse(name).unwrap(), (*text).to_owned())).collect()
}

/// A Keyward, with its clock in the test's hand.
pub struct Keyward {
    pub app: AppState,
    pub clock: Clock,
    pub database: Database,
    router: Router,
}

impl Keyward {
    /// On a fresh `SQLite` file.
    pub async fn new() -> Self {
        Self::on(Database::sqlite()).await
    }

    /// On this database.
    pub async fn on(database: Database) -> Self {
        Self::with(database, &[]).await
    }

    /// On this database, as a new installation begins: nothing is in its catalog.
    pub async fn fresh(database: Database) -> Self {
        Self::bare(database, &[], Clock::manual(Timestamp::parse("2026-11-22T12:00:00Z").unwrap())).await
    }

    /// On this database, with settings.
    pub async fn with(database: Database, settings: &[(&str, &str)]) -> Self {
        Self::at(database, settings, Clock::manual(Timestamp::parse("2026-11-22T12:00:00Z").unwrap())).await
    }

    /// On this database, with settings and a clock: the system's, where commands run beside it. Its catalog holds the sample
    /// sets and the scope `public`.
    pub async fn at(database: Database, settings: &[(&str, &str)], clock: Clock) -> Self {
        let keyward = Self::bare(database, settings, clock).await;
        let (admin, operator) = (&keyward.app.admin, keyward.app.admin.operator());
        for set in SampleSet::ALL {
            admin.add_sample_set(&operator, set).await.unwrap();
        }
        let public = [("name", ALL_ACCESS), ("sentence", "Opens everything but Keyward itself."), ("risk", "high")];
        let public = Kind::Scope.blank().with(&entry_input(&public));
        if admin.entry_named(&operator, Kind::Scope, "", ALL_ACCESS).await.is_err() {
            admin.create_entry(&operator, Kind::Scope, &public).await.unwrap();
        }
        keyward.app.verifier.poll_changes().await.unwrap();
        keyward
    }

    /// The same with the catalog as it is: empty on a fresh database.
    pub async fn bare(database: Database, settings: &[(&str, &str)], clock: Clock) -> Self {
        let config = config(&database, settings);
        let store = boot::open(&config, boot::Upgrade::Yes).await.unwrap();
        let app = boot::assemble(config, store, clock.clone(), Entropy::system());
        app.verifier.poll_changes().await.unwrap();
        let router = routes::public(&app);
        Self { app, clock, database, router }
    }

    /// A second connection to the same database, as another process would have.
    pub async fn another_store(&self) -> Store {
        let master = MasterKey::load(&self.app.config.master_key_file).unwrap();
        Store::open(&self.app.config.database, Arc::new(master)).await.unwrap()
    }

    /// Archives a key as another process would, on a connection of its own: this one has yet to hear of it.
    pub async fn archive_elsewhere(&self, token: &str) {
        let checkpoint = self.database.folder().join("other.checkpoint");
        let other = Admin::new(self.another_store().await, self.clock.clone(), Entropy::system(), checkpoint);
        let id = KeyId::parse(id_of(token)).unwrap();
        other.archive_key(&other.operator(), id, ArchiveReason::Compromised).await.unwrap();
    }

    /// A client that is nobody yet.
    pub fn client(&self) -> Client {
        Client { router: self.router.clone(), cookies: Vec::new() }
    }

    /// A client to the operations listener.
    pub fn operator(&self) -> Client {
        Client { router: routes::operations(&self.app), cookies: Vec::new() }
    }

    /// A client signed in with this role.
    pub async fn signed_in(&self, role: Role) -> Client {
        let email = format!("{}@example.com", role.code());
        let form = NewAccount { email: email.clone(), password: PASSWORD.to_owned() };
        // One that exists already is as good.
        let _ = self.app.admin.create_account(&self.app.admin.operator(), form, role).await;
        let mut client = self.client();
        let answer = client.post("/sign-in", &[("email", &email), ("password", PASSWORD)]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        client
    }

    /// An entry of the catalog, made by the operator.
    pub async fn create_entry(&self, kind: Kind, fields: &[(&str, &str)]) -> Entry {
        let admin = &self.app.admin;
        let input = kind.blank().with(&entry_input(fields));
        admin.create_entry(&admin.operator(), kind, &input).await.unwrap()
    }

    /// Edits the entry of this name in the default tenant, as the operator; the policy whatever its name.
    pub async fn edit_entry(&self, kind: Kind, name: &str, fields: &[(&str, &str)]) {
        let admin = &self.app.admin;
        let name = if kind == Kind::Policy { POLICY } else { name };
        let id = admin.entry_id(&admin.operator(), kind, DEFAULT_TENANT, name).await.unwrap();
        admin.edit_entry(&admin.operator(), kind, id, &entry_input(fields), None).await.unwrap();
    }

    /// A new key's token, made by the operator for an owner of its own, who holds no other.
    pub async fn issue(&self, scopes: &str) -> String {
        static OWNERS: AtomicUsize = AtomicUsize::new(0);
        let form = model::key_input::KeyInput {
            name: format!("for {scopes}").chars().take(80).collect(),
            owner: format!("service {}", OWNERS.fetch_add(1, Ordering::Relaxed)),
            scopes: scopes.to_owned(),
            expires: "90d".to_owned(),
            ..Default::default()
        };
        self.app.admin.issue_key(&self.app.admin.operator(), &form).await.unwrap().token.reveal().to_owned()
    }

    /// Moves the clock, and hears the store as the running process would.
    pub async fn pass(&self, time: Duration) {
        self.clock.advance(time);
        self.app.verifier.poll_changes().await.unwrap();
    }
}

/// Settings that keep everything in the database's own folder.
pub fn config(database: &Database, settings: &[(&str, &str)]) -> Config {
    let folder = database.folder().display().to_string();
    let config = Config::read(&Flags::default(), |name| match name {
        "KEYWARD_DATA_DIR" => Some(folder.clone()),
        "KEYWARD_DATABASE_URL" => Some(database.url()),
        _ => settings.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()),
    })
    .unwrap();
    put_master_key(&config.master_key_file);
    config
}

/// Every Keyward here has this master key, so that a test can prove to hold it.
const MASTER_KEY: &str = "6b65797761726420746573747320686f6c642074686973206d6173746572206b";

/// Puts it where there is none.
fn put_master_key(path: &Path) {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    if let Ok(mut file) = options.open(path) {
        writeln!(file, "{MASTER_KEY}").unwrap();
    }
}

/// The command line's permit.
pub trait Operator {
    fn operator(&self) -> Permit;
}

impl Operator for Admin {
    fn operator(&self) -> Permit {
        static MASTER: LazyLock<MasterKey> = LazyLock::new(|| {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("master.key");
            put_master_key(&path);
            MasterKey::load(&path).unwrap()
        });
        self.local_operator(&MASTER).unwrap()
    }
}

/// The public id inside a token.
pub fn id_of(token: &str) -> &str {
    token.split('_').nth(1).unwrap()
}

/// Sends requests and keeps cookies.
#[derive(Clone)]
pub struct Client {
    router: Router,
    pub cookies: Vec<(String, String)>,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// A page as it is written, without the marks that Leptos leaves between its parts.
    pub fn page(&self) -> String {
        self.body.replace("<!>", "")
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

impl Client {
    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, &[("accept", "text/html")], "").await
    }

    /// A form, as a page of ours sends it.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let headers = [
            ("sec-fetch-site", "same-origin"),
            ("content-type", "application/x-www-form-urlencoded"),
            ("accept", "text/html"),
        ];
        self.send(Method::POST, path, &headers, &encode(fields)).await
    }

    /// A server function that takes JSON.
    pub async fn call(&mut self, function: &str, body: &str) -> Answer {
        let headers = [("sec-fetch-site", "same-origin"), ("content-type", "application/json")];
        self.send(Method::POST, &format!("/api/console/{function}"), &headers, body).await
    }

    /// A request as it is.
    pub async fn send(&mut self, method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, "127.0.0.1:3000");
        for (name, value) in headers {
            request = request.header(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        if !self.cookies.is_empty() {
            let line: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header(header::COOKIE, line.join("; "));
        }
        let peer: SocketAddr = "192.0.2.10:5000".parse().unwrap();
        let request = request.extension(ConnectInfo(peer)).body(Body::from(body.to_owned())).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        for cookie in parts.headers.get_all(header::SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.retain(|(known, _)| known != name);
            if !value.is_empty() {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        // A stream goes on; whoever wants it listens to the program itself.
        let streams = parts.headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "text/event-stream");
        let body = if streams { Bytes::new() } else { to_bytes(body, usize::MAX).await.unwrap() };
        Answer { status: parts.status, headers: parts.headers, body: String::from_utf8(body.to_vec()).unwrap() }
    }

    /// Asks the verify API with this key of the asking service.
    pub async fn verify(&mut self, asker: &str, body: &serde_json::Value) -> Answer {
        let bearer = format!("Bearer {asker}");
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        self.send(Method::POST, "/api/v1/verify", &headers, &body.to_string()).await
    }

    /// Asks forward auth with this key.
    pub async fn forward(&mut self, token: &str, query: &str) -> Answer {
        let bearer = format!("Bearer {token}");
        self.send(Method::GET, &format!("/forward-auth?{query}"), &[("authorization", &bearer)], "").await
    }
}

/// A form's body.
pub fn encode(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}
