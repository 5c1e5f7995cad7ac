//! Starting and stopping: the parts are made in order, tasks keep them fresh, and a signal ends it all in time.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use admin::{Admin, Permit};
use crypto::{
    clock::Clock,
    secret::{Entropy, MasterKey},
};
use store::{Schema, Store, StoreError};
use tokio::{
    net::TcpListener,
    sync::watch,
    task::JoinHandle,
    time::{Instant, timeout_at},
};
use verify::{FLUSH_EVERY, POLL_EVERY, Verifier};

use crate::{
    config::Config,
    console::{site::Site, starting::Starting, streams::Live},
    deadline,
    listen::{self, Served},
    ops::metrics::Metrics,
    request_id::RequestIds,
    routes,
    state::{AppState, Parts},
};

/// Keys the verify path remembers.
const REMEMBERED: usize = 100_000;
/// How often keys are looked at again whose time has come.
const SETTLE_EVERY: Duration = Duration::from_secs(1);
/// How often a process looks for jobs that wait, its own and those of processes that ended.
const JOBS_EVERY: Duration = Duration::from_millis(500);
/// How often what has outlived its use is forgotten.
const SWEEP_EVERY: Duration = Duration::from_mins(10);
/// How often the audit chain is walked onward.
const WALK_EVERY: Duration = Duration::from_secs(5);
/// How often the end of the audit chain is anchored outside the database.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(1);
/// How long the work of a task may go on after the process was told to stop.
const GRACE: Duration = Duration::from_secs(1);
/// How long listeners and tasks are waited for when the process stops: longer than servers let requests finish.
const JOIN: Duration = Duration::from_secs(10);
/// How long everything may take that is done after that.
const LAST: Duration = Duration::from_secs(4);

/// Why the process could not start.
#[derive(Debug, thiserror::Error)]
pub enum BootError {
    /// A folder or file it needs.
    #[error("{0}: {1}")]
    File(String, io::Error),
    /// The database.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// The schema is behind, and this command does not touch it.
    #[error("the database was made by an older Keyward: run `keyward migrate` first")]
    Behind,
    /// The master key's file is gone, and the database was made with it.
    #[error(
        "the master key {} is missing, and the database is not empty: restore this file from your backup, or set \
         KEYWARD_MASTER_KEY_FILE to where it is; nothing was written",
        .0.display()
    )]
    NoMasterKey(PathBuf),
    /// The master key's file is another database's.
    #[error(
        "the master key {} is not the one that this database was made with: restore the right file from your backup, \
         or set KEYWARD_MASTER_KEY_FILE to where it is; nothing was changed",
        .0.display()
    )]
    OtherMasterKey(PathBuf),
    /// The master key's file holds another one than the store was opened with.
    #[error("the master key {} was replaced meanwhile", .0.display())]
    MasterKey(PathBuf),
    /// An address it should listen on.
    #[error("cannot listen on {0}: {1}")]
    Listen(std::net::SocketAddr, io::Error),
}

/// What a command does with a schema that is behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Upgrade {
    /// Migrate it.
    Yes,
    /// Refuse; a database that is empty is made all the same.
    No,
}

/// Opens the store and brings its schema up to date, or refuses.
pub async fn open(config: &Config, upgrade: Upgrade) -> Result<Store, BootError> {
    make_folder(&config.data_dir)?;
    let _turn = Store::turn(&config.database).await?;
    let master = master_key(config).await?;
    let store = Store::open(&config.database, Arc::new(master)).await?;
    if upgrade == Upgrade::No && store.settled_schema().await? == Schema::Behind {
        return Err(BootError::Behind);
    }
    let migrated = store.migrate().await.map_err(|error| match error {
        StoreError::OtherMasterKey => BootError::OtherMasterKey(config.master_key_file.clone()),
        error => error.into(),
    })?;
    if let Some(copy) = migrated {
        tracing::info!(copy = %copy.display(), "the database was copied before its migration");
    }
    Ok(store)
}

/// The master key; a new one only for a database in which nothing was ever made.
async fn master_key(config: &Config) -> Result<MasterKey, BootError> {
    let path = &config.master_key_file;
    let file = |error| BootError::File(format!("the master key {}", path.display()), error);
    match load(path).await {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        loaded => return loaded.map_err(file),
    }
    if Store::schema_at(&config.database).await? != Schema::Empty {
        // Another process may have made both meanwhile.
        return load(path).await.map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => BootError::NoMasterKey(path.clone()),
            _ => file(error),
        });
    }
    match MasterKey::create(path, &Entropy::system()) {
        // Another process made it meanwhile: its key is the key.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => MasterKey::load(path).map_err(file),
        made => made.map_err(file),
    }
}

/// Reads the master key on a thread of its own: a file that does not answer keeps nobody from stopping the process.
async fn load(path: &Path) -> io::Result<MasterKey> {
    let path = path.to_owned();
    tokio::task::spawn_blocking(move || MasterKey::load(&path))
        .await
        .unwrap_or_else(|error| Err(io::Error::other(error)))
}

/// The permit of whoever runs a command here: that they can read the master key's file proves it.
pub fn operator(config: &Config, admin: &Admin) -> Result<Permit, BootError> {
    let file = |error| BootError::File(format!("the master key {}", config.master_key_file.display()), error);
    let master = MasterKey::load(&config.master_key_file).map_err(file)?;
    admin.local_operator(&master).map_err(|_| BootError::MasterKey(config.master_key_file.clone()))
}

/// Makes the data folder, readable by its owner alone.
fn make_folder(path: &Path) -> Result<(), BootError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|error| BootError::File(format!("the data folder {}", path.display()), error))
}

/// Everything a handler may need, on an open store.
pub fn assemble(config: Config, store: Store, clock: Clock, entropy: Entropy) -> AppState {
    let admin =
        Admin::new(store.clone(), clock.clone(), entropy.clone(), config.checkpoint()).with_issuer(&config.public_url);
    AppState::new(Parts {
        verifier: Verifier::new(&store, clock.clone(), REMEMBERED).with_issuer(&config.public_url),
        admin: Arc::new(admin),
        metrics: Metrics::new(),
        request_ids: RequestIds::new(&entropy),
        site: Site::find(),
        live: Live::default(),
        stopping: AtomicBool::new(false),
        started: clock.now(),
        config,
        clock,
        entropy,
        store,
    })
}

/// The listeners of the process. They are there before anything else is done, and say that the process is starting until
/// they are opened.
pub struct Listeners {
    starting: Starting,
    public: Served,
    operations: Served,
    verification: Option<Served>,
    servers: Vec<JoinHandle<()>>,
}

impl Listeners {
    /// Binds them all, or none. They end when `stop` changes.
    pub async fn bind(config: &Config, stop: &watch::Receiver<bool>) -> Result<Self, BootError> {
        let starting = Starting::new(config, &Entropy::system());
        let (public, operations) = (Served::closed(starting.public()), Served::closed(starting.operations()));
        let verification = config.verify_listen.map(|_| Served::closed(starting.public()));
        let verify_listen = config.verify_listen.zip(verification.clone());
        let mut bound = Vec::new();
        for (address, door) in
            [(config.listen, public.clone()), (config.ops_listen, operations.clone())].into_iter().chain(verify_listen)
        {
            let listener = TcpListener::bind(address).await.map_err(|error| BootError::Listen(address, error))?;
            bound.push((listener, door));
        }
        let caps = listen::Caps::of_this_process(&config.trusted_proxies);
        let servers = bound
            .into_iter()
            .map(|(listener, door)| tokio::spawn(listen::serve(listener, door, caps.clone(), stop.clone())))
            .collect();
        Ok(Self { starting, public, operations, verification, servers })
    }

    fn open(&self, app: &AppState) {
        self.public.open(routes::public(app));
        self.operations.open(routes::operations(app));
        if let Some(door) = &self.verification {
            door.open(routes::verification(app));
        }
    }

    /// Waits until they have ended, after `stop` changed.
    pub async fn end(self) {
        end(self.servers).await;
    }
}

/// Opens the store and reads what verification needs. The listeners say how far it is.
pub async fn prepare(config: Config, listeners: &Listeners) -> Result<AppState, BootError> {
    listeners.starting.at("the database is opened and brought up to date");
    let store = open(&config, Upgrade::Yes).await?;
    listeners.starting.at("keys and rules are read");
    let app = assemble(config, store, Clock::system(), Entropy::system());
    app.admin.prepare_jwt_signing_key().await?;
    app.verifier.poll_changes().await?;
    Ok(app)
}

/// Runs until `stop` says so: the listeners are opened, and tasks keep memory and records fresh. Whatever else is to be
/// caught up with, they do.
pub async fn serve(app: AppState, listeners: Listeners, mut stop: watch::Receiver<bool>) {
    if app.site.options.is_none() {
        tracing::warn!("the browser's files were not found: run the bundling step; pages work, but plainly");
    }
    listeners.open(&app);
    let tasks = [
        every(POLL_EVERY, &app, &stop, "listening for changes", |app| async move { app.verifier.poll_changes().await }),
        every(FLUSH_EVERY, &app, &stop, "writing usage", |app| async move { app.verifier.flush().await }),
        every(SETTLE_EVERY, &app, &stop, "looking again at keys", |app| async move { app.admin.reindex_keys().await }),
        every(JOBS_EVERY, &app, &stop, "working at jobs", |app| async move {
            app.admin.work_at_jobs(|| app.is_stopping()).await
        }),
        every(SWEEP_EVERY, &app, &stop, "sweeping", |app| async move { app.admin.sweep().await }),
        every(WALK_EVERY, &app, &stop, "walking the audit chain", |app| async move {
            app.admin.verify_audit_onward().await
        }),
        every(CHECKPOINT_EVERY, &app, &stop, "anchoring the audit chain", |app| async move {
            app.admin.checkpoint_audit().await
        }),
    ];
    let _ = stop.wait_for(|stopped| *stopped).await;
    app.stopping.store(true, std::sync::atomic::Ordering::SeqCst);
    app.live.end();
    end(listeners.servers.into_iter().chain(tasks)).await;
    let until = deadline::after(LAST);
    last(until, "the last usage could not be written", app.verifier.flush()).await;
    last(until, "what was left of quotas could not be given back", app.verifier.release()).await;
    last(until, "the audit chain could not be anchored", app.admin.checkpoint_audit()).await;
    if timeout_at(until, app.store.close()).await.is_err() {
        tracing::error!("the database's connections could not be closed in time");
    }
}

/// Waits for tasks that were told to stop, together for [`JOIN`]. Servers end by themselves in time, and the others give up
/// what they are at; neither is trusted to.
async fn end(tasks: impl IntoIterator<Item = JoinHandle<()>>) {
    let until = deadline::after(JOIN);
    for task in tasks {
        if timeout_at(until, task).await.is_err() {
            tracing::error!("a task did not end in time");
        }
    }
}

/// Something that is done at the end, if it can be done in time.
async fn last<E: std::fmt::Display>(until: Instant, what: &str, work: impl Future<Output = Result<(), E>>) {
    match timeout_at(until, work).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::error!(%error, "{what}"),
        Err(_) => tracing::error!("{what}: the database did not answer in time"),
    }
}

/// Repeats a step until the process stops. The first failure in a row is said, and the recovery.
fn every<F, E>(
    pause: Duration,
    app: &AppState,
    stop: &watch::Receiver<bool>,
    what: &'static str,
    work: impl Fn(AppState) -> F + Send + 'static,
) -> JoinHandle<()>
where
    F: Future<Output = Result<(), E>> + Send,
    E: std::fmt::Display,
{
    let (app, mut stop) = (app.clone(), stop.clone());
    tokio::spawn(async move {
        let mut failing = false;
        while !*stop.borrow() {
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                _ = stop.changed() => return,
            }
            let given_up = async {
                let _ = stop.changed().await;
                tokio::time::sleep(GRACE).await;
            };
            let done = tokio::select! {
                done = work(app.clone()) => done,
                () = given_up => {
                    tracing::warn!("{what} was given up: the process stops");
                    return;
                }
            };
            match done {
                Ok(()) if failing => {
                    failing = false;
                    tracing::info!("{what} works again");
                }
                Err(error) if !failing => {
                    failing = true;
                    tracing::error!(%error, "{what} failed; it is tried again");
                }
                Ok(()) | Err(_) => {}
            }
        }
    })
}
