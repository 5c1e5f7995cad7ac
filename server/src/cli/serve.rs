//! `serve`, `setup-link`, `migrate`.

use keyward::{clock::Clock, console::Console, people::Permit, secret::Entropy};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
};

use super::{CliError, Session, start_log};
use crate::{
    boot::{self, Upgrade},
    config::{Config, Flags},
};

pub(super) async fn serve(flags: &Flags) -> Result<(), CliError> {
    let config = Config::load(flags)?;
    start_log(&config, "info");
    let store = boot::open(&config, Upgrade::Yes).await?;
    let app = boot::assemble(config, store, Clock::system(), Entropy::system());
    let (stopper, stop) = watch::channel(false);
    let watching = watch_signals(stopper);
    let operator = boot::operator(&app.config, &app.console)?;
    let link = link(&app.config, &app.console, &operator).await?;
    let server = tokio::spawn(boot::serve(app.clone(), stop));
    println!("Keyward listens on {} (health and metrics on http://{})", app.config.public_url, app.config.ops_listen);
    if let Some(link) = link {
        println!(
            "\nNobody can sign in yet. Create the first superadmin with this link; it works once, for 24 hours:\n\n  {link}\n"
        );
        if app.config.listen.ip().is_unspecified() && !app.config.is_public_url_set {
            println!("From another machine, use this machine's name or address in its place.\n");
        }
    }
    let ended = server.await.map_err(|error| CliError::Environment(error.to_string()))?;
    watching.abort();
    Ok(ended?)
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

async fn link(config: &Config, console: &Console, operator: &Permit) -> Result<Option<String>, CliError> {
    let code = console.setup_link(operator).await?;
    Ok(code.map(|code| format!("{}{}?code={}", config.public_url, app::routes::SETUP, code.reveal())))
}

pub(super) async fn setup_link(flags: &Flags) -> Result<(), CliError> {
    let session = Session::open(flags, Upgrade::No).await?;
    match link(&session.config, &session.console, &session.operator).await? {
        Some(link) => {
            println!("{link}");
            Ok(())
        }
        None => Err(CliError::No("there is a superadmin already; `keyward admin create` adds people".to_owned())),
    }
}

pub(super) async fn migrate(flags: &Flags) -> Result<(), CliError> {
    let session = Session::open(flags, Upgrade::Yes).await?;
    println!("The database is up to date.");
    session.close().await
}
