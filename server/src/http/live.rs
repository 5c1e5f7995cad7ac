//! The stream that tells a browser that something changed: that, and nothing of what. Whoever hears it asks for the page
//! again, which shows what its visitor may see. A stream ends with the session: that is looked at before each event and,
//! where nothing happens, every few seconds.

use std::{
    collections::HashMap,
    convert::Infallible,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use app::api::ctx::Visit;
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
use keyward::{id::UserId, time::Timestamp, verify::News};
use tokio::{sync::watch, time::Instant};
use tower_sessions::{Session, SessionStore, session::Id};

use super::{
    forms::{pairs, take},
    problem::Problem,
};
use crate::{
    layers::{RequestId, SIGNED_IN_AT},
    router::App,
    sessions::Sessions,
};

/// Streams that a node keeps open.
const STREAMS: usize = 1000;
/// Streams of one person: a page has one while it is looked at.
const STREAMS_EACH: usize = 20;
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

/// Who listens, and whether it is over.
#[derive(Default)]
pub struct Live {
    listeners: Mutex<HashMap<UserId, usize>>,
    over: watch::Sender<bool>,
}

impl Live {
    /// Ends every stream: the process is stopping and waits for what is under way.
    pub fn end(&self) {
        self.over.send_replace(true);
    }

    /// A panic elsewhere leaves counts that are still counts.
    fn listeners(&self) -> MutexGuard<'_, HashMap<UserId, usize>> {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place among the listeners, given back when it is dropped.
struct Place {
    app: App,
    user: UserId,
}

impl Place {
    fn take(app: &App, user: UserId) -> Option<Self> {
        let mut listeners = app.live.listeners();
        let all: usize = listeners.values().sum();
        let own = listeners.get(&user).copied().unwrap_or_default();
        if all >= STREAMS || own >= STREAMS_EACH || *app.live.over.borrow() {
            return None;
        }
        listeners.insert(user, own + 1);
        Some(Self { app: app.clone(), user })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut listeners = self.app.live.listeners();
        if let Some(own) = listeners.get_mut(&self.user) {
            *own -= 1;
            if *own == 0 {
                listeners.remove(&self.user);
            }
        }
    }
}

/// Streams `change` and `use`, which browsers only pass on when they say something: a one. `?after=` is the instant of the
/// page that listens, in milliseconds: what happened between the two is told at once.
pub async fn live(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Extension(session): Extension<Session>,
    Extension(id): Extension<RequestId>,
    RawQuery(query): RawQuery,
) -> Response {
    let Some((_, user)) = &visit.signed_in else {
        return Problem::new(StatusCode::UNAUTHORIZED, "signed_out", "Sign in first.", &id).into_response();
    };
    let Some(place) = Place::take(&app, user.id) else {
        let detail = "Too many pages listen for changes. They are asked for now and then instead.";
        return Problem::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_listeners", detail, &id)
            .with(header::RETRY_AFTER, "30")
            .into_response();
    };
    let after = take(&mut pairs(query.unwrap_or_default().as_bytes()), "after").parse().ok();
    let ear = Ear::new(&app, place, session.id(), after.map(Timestamp::from_millis));
    let stream = Sse::new(unfold(ear, Ear::next)).keep_alive(KeepAlive::new().interval(ALIVE_EVERY));
    let mut response = stream.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(UNBUFFERED, HeaderValue::from_static("no"));
    response
}

/// One stream: what it told, and what it has yet to tell.
struct Ear {
    news: watch::Receiver<News>,
    over: watch::Receiver<bool>,
    told: News,
    due: Vec<&'static str>,
    quiet_until: Instant,
    until: Instant,
    session: Option<Id>,
    place: Place,
}

impl Ear {
    fn new(app: &App, place: Place, session: Option<Id>, after: Option<Timestamp>) -> Self {
        let news = app.verifier.news();
        let told = *news.borrow();
        let missed = |at: Timestamp| after.is_some_and(|after| at >= after);
        let mut due = Vec::new();
        due.extend(missed(told.used_at).then_some("use"));
        due.extend(missed(told.changed_at).then_some("change"));
        let now = Instant::now();
        let over = app.live.over.subscribe();
        Self { news, over, told, due, quiet_until: now, until: now + LIFE, session, place }
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

    /// Whether the session goes on: it was not signed out, and its user was neither disabled nor given a new password. A
    /// database that does not answer ends no stream; pages are asked for anew either way.
    async fn is_signed_in(&self) -> bool {
        let Some(id) = self.session else { return false };
        let app = &self.place.app;
        let record = match Sessions::new(app.store.clone(), app.clock.clone()).load(&id).await {
            Ok(Some(record)) => record,
            Ok(None) => return false,
            Err(_) => return true,
        };
        let since = record.data.get(SIGNED_IN_AT).and_then(serde_json::Value::as_i64);
        let Some(since) = since.map(Timestamp::from_millis) else { return false };
        app.console.permit(self.place.user, since).await.map_or(true, |found| found.is_some())
    }

    /// What has to be told of these news. More of them wait until a moment has passed.
    fn hold(&mut self, news: News) {
        self.due.extend((news.uses != self.told.uses).then_some("use"));
        self.due.extend((news.change != self.told.change).then_some("change"));
        self.told = news;
        self.quiet_until = Instant::now() + PACE;
    }
}

/// The end of all streams.
async fn end(over: &mut watch::Receiver<bool>) {
    _ = over.wait_for(|over| *over).await;
}

/// News that were not told yet, but none before this instant. `None` when there will never be any.
async fn hear(news: &mut watch::Receiver<News>, told: News, quiet_until: Instant) -> Option<News> {
    tokio::time::sleep_until(quiet_until).await;
    let heard = news.wait_for(|news| (news.change, news.uses) != (told.change, told.uses)).await.ok()?;
    Some(*heard)
}
