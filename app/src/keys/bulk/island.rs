//! Carries out an act on many keys step by step, saying how far it is: the form beside it would do the same, in one
//! answer at a time.

use leptos::{ev, prelude::*, task};

use crate::{
    browser,
    error::ApiError,
    keys::{
        bulk::{
            form::BulkForm,
            results::{BulkResults, UndoBulk},
        },
        list::view::BulkResultView,
    },
    ui::{
        count::{grouped, keys},
        error_banner::ErrorBanner,
        icon::Icon,
    },
};

/// How far the act is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Asked,
    Running,
    /// It was stopped, or something failed: sent again, it goes on from there.
    Halted,
    Over,
}

#[derive(Clone, Copy)]
struct Course {
    stage: RwSignal<Stage>,
    stop: RwSignal<bool>,
    failure: RwSignal<Option<ApiError>>,
    result: RwSignal<BulkResultView>,
}

impl Course {
    /// Goes on, step by step; at the end, `told` of how many it was done to is the page's title.
    async fn run(self, mut form: BulkForm, told: impl Fn(i64) -> String) {
        self.failure.set(None);
        self.stop.set(false);
        self.stage.set(Stage::Running);
        let next = self.result.with_untracked(|result| result.next);
        match next {
            Some(next) => form.from = Some(next),
            None => self.result.set(BulkResultView::default()),
        }
        let stage = loop {
            match crate::keys::bulk::act::bulk_step(form.clone()).await {
                Ok(step) => {
                    form.from = step.next;
                    self.result.update(|result| result.add(step));
                }
                Err(error) => {
                    self.failure.set(Some(error));
                    break Stage::Halted;
                }
            }
            if form.from.is_none() {
                break Stage::Over;
            }
            if self.stop.get_untracked() {
                break Stage::Halted;
            }
        };
        self.stage.set(stage);
        if stage == Stage::Over {
            browser::set_text("#bulk-title", &told(self.result.with_untracked(|result| result.done)));
            task::tick().await;
            browser::focus("#bulk-back");
        }
    }
}

/// Takes over the page's form.
#[island(lazy)]
pub(crate) fn RunBulk(
    /// How many keys it is about.
    total: i64,
    /// What is true of a key afterwards: `archived`.
    done: String,
    /// What takes it back, and its words.
    undo: Option<(String, String)>,
    /// The list's address.
    back: String,
) -> impl IntoView {
    let course = Course {
        stage: RwSignal::new(Stage::Asked),
        stop: RwSignal::new(false),
        failure: RwSignal::new(None),
        result: RwSignal::new(BulkResultView::default()),
    };
    let props = StoredValue::new((done, undo, back));
    let told = move |number: i64| props.with_value(|(done, ..)| format!("{} {done}", keys(number)));
    Effect::new(move |_| {
        window_event_listener(ev::submit, move |event| {
            let Some(pairs) = browser::boxes::submitted(&event, "[data-bulk]", "go") else { return };
            let Some(form) = BulkForm::from_pairs(pairs) else { return };
            event.prevent_default();
            if course.stage.get_untracked() != Stage::Running {
                task::spawn_local(course.run(form, told));
            }
        });
    });
    let progress = move || {
        let stage = course.stage.get();
        (stage != Stage::Asked).then(|| {
            let (done, left) = course.result.with(|result| (result.done, result.left_alone));
            let rest = if left > 0 { format!(", {} left alone", grouped(left)) } else { String::new() };
            let (tone, icon) = match stage {
                Stage::Over => ("banner ok", "ok"),
                Stage::Halted => ("banner warn", "warning"),
                Stage::Running | Stage::Asked => ("banner", "clock"),
            };
            let of = match stage {
                Stage::Over => String::new(),
                Stage::Halted => format!(" of {}. Send it again to go on from there", grouped(total)),
                Stage::Running | Stage::Asked => format!(" of {}", grouped(total)),
            };
            let running = (stage == Stage::Running).then(|| {
                view! {
                    <progress class="share" max=total.to_string() value=(done + left).to_string() aria-label="How far it is" data-busy=""></progress>
                    <div><button class="btn" type="button" on:click=move |_| course.stop.set(true) disabled=move || course.stop.get()>"Stop"</button></div>
                }
            });
            view! {
                <div class=tone>
                    <Icon name=icon/>
                    <div class="stack tight grow"><p role="status"><b>{told(done)}</b>{rest}{of}"."</p>{running}</div>
                </div>
            }
        })
    };
    let results = move || {
        (course.stage.get() == Stage::Over).then(|| {
            let (items, ids) = course.result.with_untracked(|result| (result.items.clone(), result.to_undo()));
            let (done, undo, back) = props.get_value();
            let undo = undo.filter(|_| !ids.is_empty()).map(|(act, words)| view! { <UndoBulk act words ids/> });
            view! {
                <div class="row"><a class="btn primary" id="bulk-back" href=back>"Back to the keys"</a>{undo}</div>
                <section class="panel" aria-labelledby="each"><header class="row"><h2 id="each">"Each key"</h2></header><BulkResults of=items done/></section>
            }
        })
    };
    view! {
        <div class="stack">
            <div class="slot" role="alert">{move || course.failure.get().map(|error| view! { <ErrorBanner error/> })}</div>
            {progress}
            {results}
        </div>
    }
}
