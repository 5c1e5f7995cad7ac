//! Starting and stopping: the parts are made in order, tasks keep them fresh, and a signal ends it all in time.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    sync::atomic::AtomicBool,
    time::Duration,
};

use keyward::{
    clock::Clock,
    console::Console,
    people::Permit,
    secret::{Entropy, MasterKey},
    store::{Schema, Store, StoreError},
    verify::{FLUSH_EVERY, HEAR_EVERY, Verifier},
};
use tokio::{net::TcpListener, sync::watch};

use crate::{
    config::Config,
    http::{live::Live, pages::Site},
    layers::RequestIds,
    listen,
    metrics::Metrics,
    router::{self, App, Parts},
};

/// Keys the verify path remembers.
const REMEMBERED: usize = 100_000;
/// How often keys are looked at again whose time has come.
const SETTLE_EVERY: Duration = Duration::from_secs(1);
/// How often what has outlived its use is forgotten.
const SWEEP_EVERY: Duration = Duration::from_mins(10);
/// How often the audit chain is walked onward.
const WALK_EVERY: Duration = Duration::from_secs(5);
/// How often the end of the audit chain is anchored outside the database.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(1);
/// How long the work of a task may go on after the process was told to stop.
const GRACE: Duration = Duration::from_secs(1);
/// How long a task is waited for: longer than servers let requests finish.
const JOIN: Duration = Duration::from_secs(10);
/// How long each thing may take that is done at the very end.
const LAST: Duration = Duration::from_secs(2);

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
    let master = master_key(config).await?;
    let store = Store::open(&config.database, Arc::new(master)).await?;
    if upgrade == Upgrade::No && store.schema().await? == Schema::Behind {
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
    match MasterKey::load(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        loaded => return loaded.map_err(file),
    }
    if Store::schema_at(&config.database).await? != Schema::Empty {
        return Err(BootError::NoMasterKey(path.clone()));
    }
    match MasterKey::create(path, &Entropy::system()) {
        // Another process made it meanwhile: its key is the key.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => MasterKey::load(path).map_err(file),
        made => made.map_err(file),
    }
}

/// The permit of whoever runs a command here: that they can read the master key's file proves it.
pub fn operator(config: &Config, console: &Console) -> Result<Permit, BootError> {
    let file = |error| BootError::File(format!("the master key {}", config.master_key_file.display()), error);
    let master = MasterKey::load(&config.master_key_file).map_err(file)?;
    console.local_operator(&master).map_err(|_| BootError::MasterKey(config.master_key_file.clone()))
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
pub fn assemble(config: Config, store: Store, clock: Clock, entropy: Entropy) -> App {
    let console = Console::new(store.clone(), clock.clone(), entropy.clone(), config.checkpoint())
        .with_issuer(&config.public_url);
    App::new(Parts {
        verifier: Verifier::new(&store, clock.clone(), REMEMBERED).with_issuer(&config.public_url),
        console: Arc::new(console),
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

/// Runs until `stop` says so: listeners, and the tasks that keep memory and records fresh.
pub async fn serve(app: App, mut stop: watch::Receiver<bool>) -> Result<(), BootError> {
    if app.site.options.is_none() {
        tracing::warn!("the browser's files were not found: run the bundling step; pages work, but plainly");
    }
    let mut listeners = Vec::new();
    listeners.push((bind(app.config.listen).await?, router::public(&app)));
    listeners.push((bind(app.config.ops_listen).await?, router::operations(&app)));
    if let Some(address) = app.config.verify_listen {
        listeners.push((bind(address).await?, router::verification(&app)));
    }
    app.console.prepare_signing_key().await?;
    app.verifier.hear().await?;
    // Whatever else is to be caught up with, the tasks do beside the listeners.
    let caps = listen::Caps::of_this_process(&app.config.trusted_proxies);
    let servers: Vec<_> = listeners
        .into_iter()
        .map(|(listener, router)| tokio::spawn(listen::serve(listener, router, caps.clone(), stop.clone())))
        .collect();
    let tasks = [
        every(HEAR_EVERY, &app, &stop, "listening for changes", |app| async move { app.verifier.hear().await }),
        every(FLUSH_EVERY, &app, &stop, "writing usage", |app| async move { app.verifier.flush().await }),
        every(SETTLE_EVERY, &app, &stop, "looking again at keys", |app| async move { app.console.settle_keys().await }),
        every(SWEEP_EVERY, &app, &stop, "sweeping", |app| async move { app.console.sweep().await }),
        every(WALK_EVERY, &app, &stop, "walking the audit chain", |app| async move {
            app.console.verify_audit_onward().await
        }),
        every(CHECKPOINT_EVERY, &app, &stop, "anchoring the audit chain", |app| async move {
            app.console.checkpoint_audit().await
        }),
    ];
    let _ = stop.changed().await;
    app.stopping.store(true, std::sync::atomic::Ordering::SeqCst);
    app.live.end();
    // Servers end by themselves in time, tasks give up what they are at; neither is trusted to.
    for joined in servers.into_iter().chain(tasks) {
        if tokio::time::timeout(JOIN, joined).await.is_err() {
            tracing::error!("a task did not end in time");
        }
    }
    last("the last usage could not be written", app.verifier.flush()).await;
    last("what was left of quotas could not be given back", app.verifier.release()).await;
    last("the audit chain could not be anchored", app.console.checkpoint_audit()).await;
    if tokio::time::timeout(LAST, app.store.close()).await.is_err() {
        tracing::error!("the database's connections could not be closed in time");
    }
    Ok(())
}

/// Something that is done at the end, if it can be done in time.
async fn last<E: std::fmt::Display>(what: &str, work: impl Future<Output = Result<(), E>>) {
    match tokio::time::timeout(LAST, work).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::error!(%error, "{what}"),
        Err(_) => tracing::error!("{what}: the database did not answer in time"),
    }
}

async fn bind(address: std::net::SocketAddr) -> Result<TcpListener, BootError> {
    TcpListener::bind(address).await.map_err(|error| BootError::Listen(address, error))
}

/// Repeats a step until the process stops. The first failure in a row is said, and the recovery.
fn every<F, E>(
    pause: Duration,
    app: &App,
    stop: &watch::Receiver<bool>,
    what: &'static str,
    work: impl Fn(App) -> F + Send + 'static,
) -> tokio::task::JoinHandle<()>
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
