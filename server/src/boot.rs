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
    let file = |error| BootError::File(format!("the master key {}", config.master_key_file.display()), error);
    let master = MasterKey::load_or_create(&config.master_key_file, &Entropy::system()).map_err(file)?;
    let store = Store::open(&config.database, Arc::new(master)).await?;
    if upgrade == Upgrade::No && store.schema().await? == Schema::Behind {
        return Err(BootError::Behind);
    }
    if let Some(copy) = store.migrate().await? {
        tracing::info!(copy = %copy.display(), "the database was copied before its migration");
    }
    Ok(store)
}

/// The permit of whoever runs a command here: that they can read the master key's file proves it.
pub fn operator(config: &Config, console: &Console) -> Result<Permit, BootError> {
    let file = |error| BootError::File(format!("the master key {}", config.master_key_file.display()), error);
    let master = MasterKey::load_or_create(&config.master_key_file, &Entropy::system()).map_err(file)?;
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
    app.console.prepare_signing_key().await?;
    app.verifier.hear().await?;
    app.console.settle_keys().await?;
    if app.site.options.is_none() {
        tracing::warn!("the browser's files were not found: run the bundling step; pages work, but plainly");
    }
    let mut listeners = Vec::new();
    listeners.push((bind(app.config.listen).await?, router::public(&app)));
    listeners.push((bind(app.config.ops_listen).await?, router::operations(&app)));
    if let Some(address) = app.config.verify_listen {
        listeners.push((bind(address).await?, router::verification(&app)));
    }
    let servers: Vec<_> = listeners
        .into_iter()
        .map(|(listener, router)| tokio::spawn(listen::serve(listener, router, stop.clone())))
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
    for server in servers {
        let _ = server.await;
    }
    for task in tasks {
        let _ = task.await;
    }
    if let Err(error) = app.verifier.flush().await {
        tracing::error!(%error, "the last usage could not be written");
    }
    if let Err(error) = app.verifier.release().await {
        tracing::error!(%error, "what was left of quotas could not be given back");
    }
    if let Err(error) = app.console.checkpoint_audit().await {
        tracing::error!(%error, "the audit chain could not be anchored");
    }
    app.store.close().await;
    Ok(())
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
        loop {
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                _ = stop.changed() => return,
            }
            match work(app.clone()).await {
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
