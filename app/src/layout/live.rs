//! Keeps the page up to date while someone looks at it: listens for changes, asks for the page again, and says so when
//! there is more than can be put in place, or nobody to ask.

use std::time::Duration;

use leptos::{prelude::*, task};

use crate::{
    browser::{
        self,
        live::{Missed, Reach},
    },
    routes,
};

/// From hearing of a change to asking: several often come together.
const GATHER: Duration = Duration::from_millis(250);
/// The least time between two questions.
const REST: Duration = Duration::from_secs(2);
/// How long nothing is typed before the search is asked.
const TYPED: Duration = Duration::from_millis(300);
/// How long a connection may be gone before that is said.
const PATIENCE: Duration = Duration::from_secs(10);
/// Seconds until the next try, by how many failed.
const RETRIES: [u64; 5] = [2, 5, 10, 20, 30];

/// What there is to say about the page.
#[derive(Clone, PartialEq, Eq)]
enum Notice {
    /// More changed than was put in place.
    Changed(String),
    /// The session is over.
    SignedOut,
}

/// How far the page is with asking for itself.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pace {
    Idle,
    Planned,
    Resting,
    /// It rests, and has to ask again afterwards.
    Wanted,
}

/// The page's tie to the server.
#[derive(Clone, Copy)]
pub(crate) struct Live {
    /// The server's time of the page, in milliseconds.
    made: i64,
    notice: RwSignal<Option<Notice>>,
    offline: RwSignal<bool>,
    skew: StoredValue<i64>,
    pace: StoredValue<Pace>,
    acts: StoredValue<u32>,
    failures: StoredValue<usize>,
    retry: StoredValue<Option<TimeoutHandle>>,
    patience: StoredValue<Option<TimeoutHandle>>,
}

impl Live {
    /// Not yet listening.
    pub(crate) fn new(made: i64) -> Self {
        Self {
            made,
            notice: RwSignal::new(None),
            offline: RwSignal::new(false),
            skew: StoredValue::new(0),
            pace: StoredValue::new(Pace::Idle),
            acts: StoredValue::new(0),
            failures: StoredValue::new(0),
            retry: StoredValue::new(None),
            patience: StoredValue::new(None),
        }
    }

    /// Begins to listen, if anything on the page changes by itself.
    pub(crate) fn start(self, skew: i64) {
        self.skew.set_value(skew);
        if browser::search::is_there() {
            self.follow_search();
        }
        if browser::live::has_live() {
            self.look();
            browser::live::on_reach(move || self.look());
        }
    }

    /// Follows the search as it is typed, and when it is sent.
    fn follow_search(self) {
        let typing = StoredValue::new(None::<TimeoutHandle>);
        let search = move |is_sent: bool| {
            if browser::search::moved() || is_sent {
                task::spawn_local(async move {
                    self.act();
                    self.refresh(Reach::Found).await;
                    self.acts.update_value(|acts| *acts -= 1);
                });
            }
        };
        let wait = move |is_sent: bool| {
            if let Some(timer) = typing.try_update_value(Option::take).flatten() {
                timer.clear();
            }
            let pause = if is_sent { Duration::ZERO } else { TYPED };
            typing.set_value(set_timeout_with_handle(move || search(is_sent), pause).ok());
        };
        browser::search::on_search(move || wait(false), move || wait(true));
    }

    /// The visitor does something that changes the page.
    pub(crate) fn act(self) {
        self.acts.update_value(|acts| *acts += 1);
    }

    /// It is done: everything it changed is shown, and is no news.
    pub(crate) async fn acted(self) {
        self.refresh(Reach::Own).await;
        self.acts.update_value(|acts| *acts -= 1);
    }

    /// Listens while the page is looked at and there is a network.
    fn look(self) {
        if !browser::live::is_visible() {
            browser::live::close_stream();
        } else if !browser::live::is_online() {
            self.lost(true);
        } else {
            // There is new hope: what failed before says nothing about it.
            self.failures.set_value(0);
            self.forget_retry();
            self.open();
        }
    }

    fn forget_retry(self) {
        if let Some(retry) = self.retry.try_update_value(Option::take).flatten() {
            retry.clear();
        }
    }

    fn open(self) {
        let is_over = self.notice.with_untracked(|notice| *notice == Some(Notice::SignedOut));
        if browser::live::has_stream() || is_over {
            return;
        }
        let address = format!("{}?after={}", routes::LIVE, self.made);
        let opened = move || {
            self.failures.set_value(0);
            self.reached();
        };
        browser::live::open_stream(&address, move || self.plan(), opened, move || self.lost(false));
    }

    /// Somebody answers.
    fn reached(self) {
        if let Some(patience) = self.patience.try_update_value(Option::take).flatten() {
            patience.clear();
        }
        self.offline.set(false);
    }

    /// The stream is gone, which may have been its time; or nobody answers.
    fn lost(self, is_offline: bool) {
        browser::live::close_stream();
        let failures = self.failures.get_value();
        self.failures.set_value(failures + 1);
        if (is_offline || failures == 0) && self.patience.with_value(Option::is_none) {
            let say = move || self.offline.set(true);
            self.patience.set_value(set_timeout_with_handle(say, PATIENCE).ok());
        }
        if self.retry.with_value(Option::is_none) {
            let pause = Duration::from_secs(RETRIES[failures.min(RETRIES.len() - 1)]);
            self.retry.set_value(set_timeout_with_handle(move || self.retry(), pause).ok());
        }
    }

    /// The first time the stream is opened again. After that the page is asked for, which tells whether anybody answers.
    fn retry(self) {
        self.forget_retry();
        if !browser::live::is_visible() || browser::live::has_stream() {
            return;
        }
        if self.failures.get_value() < 2 {
            return self.open();
        }
        task::spawn_local(async move {
            if self.refresh(Reach::Live).await {
                self.open();
            }
        });
    }

    /// Asks for the page soon, and never too often.
    fn plan(self) {
        match self.pace.get_value() {
            Pace::Idle => {
                self.pace.set_value(Pace::Planned);
                set_timeout(move || task::spawn_local(self.run()), GATHER);
            }
            Pace::Resting => self.pace.set_value(Pace::Wanted),
            Pace::Planned | Pace::Wanted => {}
        }
    }

    async fn run(self) {
        self.pace.set_value(Pace::Resting);
        if browser::live::is_visible() {
            self.refresh(Reach::Live).await;
        }
        let rested = move || {
            let is_wanted = self.pace.get_value() == Pace::Wanted;
            self.pace.set_value(Pace::Idle);
            if is_wanted {
                self.plan();
            }
        };
        set_timeout(rested, REST);
    }

    /// Asks for the page and puts what changed in place. Says whether it is worth listening.
    async fn refresh(self, reach: Reach) -> bool {
        match browser::live::fetch_again(reach).await {
            Ok(page) => {
                // The page may hear of the visitor's own act before it is over.
                let reach = if reach == Reach::Live && self.acts.get_value() > 0 { Reach::Own } else { reach };
                let changed = page.rows_changed().filter(|_| reach == Reach::Live);
                page.put(self.skew.get_value(), reach);
                self.notice.set(changed.map(Notice::Changed));
                self.reached();
                true
            }
            Err(Missed::Refused) if reach == Reach::Found => {
                self.notice.set(Some(Notice::Changed("The search was not answered.".to_owned())));
                true
            }
            Err(Missed::Refused | Missed::Stale) => true,
            Err(Missed::Offline) => {
                self.lost(true);
                false
            }
            Err(Missed::SignedOut) => {
                browser::live::close_stream();
                self.notice.set(Some(Notice::SignedOut));
                self.reached();
                false
            }
        }
    }
}

/// What there is to say about the page, above it.
#[component]
pub(crate) fn Notices(
    /// The page's tie to the server.
    live: Live,
) -> impl IntoView {
    let say = move || {
        if live.offline.get() {
            return Some(("Offline. Trying again\u{2026}".to_owned(), ""));
        }
        live.notice.get().map(|notice| match notice {
            Notice::Changed(words) => (words, "Show"),
            Notice::SignedOut => ("You are signed out.".to_owned(), "Sign in"),
        })
    };
    let pill = |(words, act): (String, &'static str)| {
        view! { <button class="pill-note" type="button" disabled=act.is_empty() on:click=|_| browser::reload()>{words}" "<b>{act}</b></button> }
    };
    view! { <div class="notices" role="status">{move || say().map(pill)}</div> }
}
