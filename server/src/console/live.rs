//! The stream that tells a browser that something changed: that, and nothing of what. Whoever hears it asks for the page
//! again, which shows what its visitor may see. A stream ends with the session: that is looked at before each event and,
//! where nothing happens, every few seconds.

use std::{convert::Infallible, time::Duration};

use app::session::context::RequestContext;
use axum::{
    Extension,
    extract::{RawQuery, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::stream::unfold;
use model::time::Timestamp;
use tokio::{sync::watch, time::Instant};
use tower_sessions::{Session, SessionStore, session::Id};
use verify::ChangeNotice;

use crate::{
    console::{
        form_post::{pairs, take},
        sessions::Sessions,
        streams::Place,
    },
    deadline,
    layers::request_context::SIGNED_IN_AT,
    machine::problem::Problem,
    request_id::RequestId,
    state::AppState,
};

/// How long a stream lives.
const LIFE: Duration = Duration::from_mins(5);
/// The least time between two events of a kind.
const PACE: Duration = Duration::from_secs(1);
/// How often the session of a stream is looked at where nothing happens.
const CHECK_EVERY: Duration = Duration::from_secs(3);
/// How often a stream shows that it is there.
const ALIVE_EVERY: Duration = Duration::from_secs(15);

/// Has nginx pass on what is written at once.
const UNBUFFERED: HeaderName = HeaderName::from_static("x-accel-buffering");

/// Streams `change` and `use`, which browsers only pass on when they say something: a one. `?after=` is the instant of the
/// page that listens, in milliseconds: what happened between the two is told at once.
pub async fn live(
    State(app): State<AppState>,
    Extension(context): Extension<RequestContext>,
    Extension(session): Extension<Session>,
    Extension(id): Extension<RequestId>,
    RawQuery(query): RawQuery,
) -> Response {
    let Some((_, account)) = &context.signed_in else {
        return Problem::new(StatusCode::UNAUTHORIZED, "signed_out", "Sign in first.", &id).into_response();
    };
    let Some(place) = app.live.take(account.id) else {
        let detail = "Too many pages listen for changes. They are asked for now and then instead.";
        return Problem::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_listeners", detail, &id)
            .with(header::RETRY_AFTER, "30")
            .into_response();
    };
    let after = take(&mut pairs(query.unwrap_or_default().as_bytes()), "after").parse().ok();
    let ear = Listener::new(&app, place, session.id(), after.map(Timestamp::from_millis));
    let stream = Sse::new(unfold(ear, Listener::next)).keep_alive(KeepAlive::new().interval(ALIVE_EVERY));
    let mut response = stream.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(UNBUFFERED, HeaderValue::from_static("no"));
    response
}

/// One stream: what it told, and what it has yet to tell.
struct Listener {
    news: watch::Receiver<ChangeNotice>,
    over: watch::Receiver<bool>,
    told: ChangeNotice,
    due: Vec<&'static str>,
    quiet_until: Instant,
    until: Instant,
    session: Option<Id>,
    app: AppState,
    place: Place,
}

impl Listener {
    fn new(app: &AppState, place: Place, session: Option<Id>, after: Option<Timestamp>) -> Self {
        let news = app.verifier.changes();
        let told = *news.borrow();
        let missed = |at: Timestamp| after.is_some_and(|after| at >= after);
        let mut due = Vec::new();
        due.extend(missed(told.used_at).then_some("use"));
        due.extend(missed(told.changed_at).then_some("change"));
        let now = deadline::after(Duration::ZERO);
        let over = app.live.over();
        Self { news, over, told, due, quiet_until: now, until: now + LIFE, session, app: app.clone(), place }
    }

    /// The next event, and the stream after it.
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        loop {
            if self.due.is_empty() {
                tokio::select! {
                    news = hear(&mut self.news, self.told, self.quiet_until) => self.hold(news?),
                    () = end(&mut self.over) => return None,
                    () = tokio::time::sleep_until(self.until) => return None,
                    () = tokio::time::sleep(CHECK_EVERY) => {}
                }
            }
            if !self.is_signed_in().await {
                return None;
            }
            if !self.due.is_empty() {
                break;
            }
        }
        let event = Event::default().event(self.due.pop()?).data("1");
        Some((Ok(event), self))
    }

    /// Whether the session goes on: it was not signed out, and its identity was neither disabled nor given a new password. A
    /// database that does not answer ends no stream; pages are asked for anew either way.
    async fn is_signed_in(&self) -> bool {
        let Some(id) = self.session else { return false };
        let app = &self.app;
        let record = match Sessions::new(app.store.clone(), app.clock.clone()).load(&id).await {
            Ok(Some(record)) => record,
            Ok(None) => return false,
            Err(_) => return true,
        };
        let since = record.data.get(SIGNED_IN_AT).and_then(serde_json::Value::as_i64);
        let Some(since) = since.map(Timestamp::from_millis) else { return false };
        app.admin.permit(self.place.account(), since).await.map_or(true, |found| found.is_some())
    }

    /// What has to be told of these news. More of them wait until a moment has passed.
    fn hold(&mut self, news: ChangeNotice) {
        self.due.extend((news.uses != self.told.uses).then_some("use"));
        self.due.extend((news.change != self.told.change).then_some("change"));
        self.told = news;
        self.quiet_until = deadline::after(PACE);
    }
}

/// The end of all streams.
async fn end(over: &mut watch::Receiver<bool>) {
    _ = over.wait_for(|over| *over).await;
}

/// News that were not told yet, but none before this instant. `None` when there will never be any.
async fn hear(
    news: &mut watch::Receiver<ChangeNotice>,
    told: ChangeNotice,
    quiet_until: Instant,
) -> Option<ChangeNotice> {
    tokio::time::sleep_until(quiet_until).await;
    let heard = news.wait_for(|news| (news.change, news.uses) != (told.change, told.uses)).await.ok()?;
    Some(*heard)
}
