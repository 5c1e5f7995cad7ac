//! `serve`, `setup-link`, `migrate`.

use admin::{Admin, Permit};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
};

use crate::{
    boot::{self, Listeners, Upgrade},
    cli::{
        error::CliError,
        globals::Globals,
        session::{Session, start_log},
    },
    config::{Config, unknown_variables},
};

pub(super) async fn serve(globals: &Globals) -> Result<(), CliError> {
    let config = Config::load(globals.here()?)?;
    start_log(&config, "info");
    let variables = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    for name in unknown_variables(variables) {
        tracing::warn!("{name} is in the environment, and no setting has this name");
    }
    let (stopper, mut stop) = watch::channel(false);
    let watching = watch_signals(stopper);
    let listeners = Listeners::bind(&config, &stop).await?;
    let starting = async {
        let app = boot::prepare(config, &listeners).await?;
        let operator = boot::operator(&app.config, &app.admin)?;
        let link = link(&app.config, &app.admin, &operator).await?;
        Ok::<_, CliError>((app, link))
    };
    let started = tokio::select! {
        started = starting => Some(started?),
        _ = stop.wait_for(|stopped| *stopped) => None,
    };
    if let Some((app, link)) = started {
        greet(&app.config, link.as_deref());
        boot::serve(app, listeners, stop).await;
    } else {
        listeners.end().await;
    }
    watching.abort();
    Ok(())
}

/// Says where the process listens, and how to begin.
fn greet(config: &Config, link: Option<&str>) {
    println!("Keyward listens on {} (health and metrics on http://{})", config.public_url, config.ops_listen);
    let Some(link) = link else { return };
    println!(
        "\nNobody can sign in yet. Create the first superadmin with this link; it works once, for 24 hours:\n\n  {link}\n"
    );
    if config.listen.ip().is_unspecified() && !config.is_public_url_set {
        println!("From another machine, use this machine's name or address in its place.\n");
    }
}

/// Turns the first SIGTERM or Ctrl-C into the stop signal.
fn watch_signals(stopper: watch::Sender<bool>) -> tokio::task::JoinHandle<()> {
    tokio::spawn(async move {
        let terminated = async {
            match signal(SignalKind::terminate()) {
                Ok(mut terminated) => drop(terminated.recv().await),
                Err(_) => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            () = terminated => {}
        }
        tracing::info!("stopping: requests under way are finished first");
        let _ = stopper.send(true);
    })
}

async fn link(config: &Config, admin: &Admin, operator: &Permit) -> Result<Option<String>, CliError> {
    let code = admin.setup_link(operator).await?;
    Ok(code.map(|code| format!("{}{}?code={}", config.public_url, app::routes::SETUP, code.reveal())))
}

pub(super) async fn setup_link(globals: &Globals) -> Result<(), CliError> {
    let session = Session::open(globals, Upgrade::No).await?;
    match link(&session.app.config, &session.admin, &session.operator).await? {
        Some(link) => {
            println!("{link}");
            Ok(())
        }
        None => Err(CliError::No("there is a superadmin already; `keyward admin create` adds people".to_owned())),
    }
}

pub(super) async fn migrate(globals: &Globals) -> Result<(), CliError> {
    let session = Session::open(globals, Upgrade::Yes).await?;
    println!("The database is up to date.");
    session.close().await
}
