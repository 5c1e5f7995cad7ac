//! The page about this Keyward: what runs, on what, since when, and, for superadmins, how it is set up.

use app::{form_outcome::FormOutcome, reference::view::AboutView, session::context::RequestContext};
use axum::{
    Extension,
    extract::{Request, State},
    response::Response,
};
use model::{
    account::Role,
    time::{DAY, HOUR},
};

use crate::{console::pages::render, state::AppState};

/// The page.
pub async fn about(
    State(app): State<AppState>,
    Extension(context): Extension<RequestContext>,
    request: Request,
) -> Response {
    let is_superadmin = context.permit().is_ok_and(|permit| permit.role() == Role::Superadmin);
    let mut view = view(&app, is_superadmin).await;
    if let Ok(permit) = context.permit() {
        view.may_show_checklist = context.admin.may_show_first_run(permit).await.unwrap_or(false);
    }
    render(&app, request, Some(FormOutcome::About(Box::new(view)))).await
}

async fn view(app: &AppState, is_superadmin: bool) -> AboutView {
    let line = |name: &str, value: String| (name.to_owned(), value);
    let config = &app.config;
    let mut facts = vec![line("Version", env!("CARGO_PKG_VERSION").to_owned())];
    match app.store.database().await {
        Ok(database) => {
            facts.push(line("Database", database.kind));
            facts.push(line("Its size", size(database.bytes)));
        }
        Err(error) => {
            tracing::warn!(%error, "the database does not say what it is");
            facts.push(line("Database", "does not answer".to_owned()));
        }
    }
    facts.push(line("Running for", lasted(app.clock.now().since(app.started))));
    facts.push(line("Licence", env!("CARGO_PKG_LICENSE").to_owned()));
    let settings = vec![
        line("Public URL", config.public_url.clone()),
        line(
            "Trusted proxies",
            match config.trusted_proxies.len() {
                0 => "none: no forwarded header is believed".to_owned(),
                1 => "1 network".to_owned(),
                count => format!("{count} networks"),
            },
        ),
        line(
            "Listener for verification alone",
            match config.verify_listen {
                Some(address) => format!("on {address}"),
                None => "off: the console's listener answers".to_owned(),
            },
        ),
        line("Health and metrics", format!("on {}", config.ops_listen)),
    ];
    let health = [
        ("/livez", "the process runs"),
        ("/readyz", "it may be sent requests"),
        ("/metrics", "numbers for Prometheus"),
    ];
    AboutView {
        facts,
        settings: if is_superadmin { settings } else { Vec::new() },
        may_show_checklist: false,
        health: health.map(|(path, words)| line(path, words.to_owned())).to_vec(),
    }
}

/// A size in bytes, for people.
fn size(bytes: i64) -> String {
    match bytes {
        ..1_000_000 => format!("{} kB", bytes / 1000),
        1_000_000..1_000_000_000 => format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10),
        _ => format!("{}.{} GB", bytes / 1_000_000_000, bytes / 100_000_000 % 10),
    }
}

/// A length of time, for people.
fn lasted(millis: i64) -> String {
    let (days, hours, minutes) = (millis / DAY, millis % DAY / HOUR, millis % HOUR / 60_000);
    match (days, hours, minutes) {
        (0, 0, 0) => "less than a minute".to_owned(),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (1, hours, _) => format!("1 day {hours} h"),
        (days, hours, _) => format!("{days} days {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_times_are_for_people() {
        for (bytes, expected) in [(4096, "4 kB"), (1_540_000, "1.5 MB"), (2_000_000_000, "2.0 GB")] {
            assert_eq!(size(bytes), expected);
        }
        for (millis, expected) in [(0, "less than a minute"), (3 * HOUR + 60_000, "3 h 1 min"), (DAY + 1, "1 day 0 h")]
        {
            assert_eq!(lasted(millis), expected);
        }
    }
}
