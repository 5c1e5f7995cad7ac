//! Carries out an act on many keys step by step, saying how far it is: the form beside it would do the same, in one
//! answer at a time.

use leptos::{ev, prelude::*, task};

use super::trouble::Trouble;
use crate::{
    api, browser,
    bulk::BulkForm,
    components::{Icon, grouped},
    error::ApiError,
    routes,
    view::BulkResultView,
};

#[derive(Clone, Copy)]
struct Course {
    running: RwSignal<bool>,
    stop: RwSignal<bool>,
    over: RwSignal<bool>,
    failure: RwSignal<Option<ApiError>>,
    result: RwSignal<BulkResultView>,
}

impl Course {
    async fn run(self, mut form: BulkForm) {
        self.running.set(true);
        loop {
            let step = api::bulk_step(form.clone()).await;
            let Some(next) = (match step {
                Ok(step) => {
                    _ = self.result.try_update(|result| result.add(step));
                    self.result.try_with_untracked(|result| result.next).flatten()
                }
                Err(error) => {
                    _ = self.failure.try_set(Some(error));
                    _ = self.running.try_set(false);
                    return;
                }
            }) else {
                break;
            };
            form.from = Some(next);
            if self.stop.try_get_untracked().unwrap_or(true) {
                break;
            }
        }
        _ = self.over.try_set(true);
        task::tick().await;
        browser::focus("#bulk-back");
    }
}

/// Takes over the page's form.
#[island]
pub(crate) fn RunBulk(
    /// How many keys it is about, when that is known.
    total: Option<i64>,
    /// What is true of a key afterwards: `archived`.
    done: String,
    /// The list's address.
    back: String,
) -> impl IntoView {
    let course = Course {
        running: RwSignal::new(false),
        stop: RwSignal::new(false),
        over: RwSignal::new(false),
        failure: RwSignal::new(None),
        result: RwSignal::new(BulkResultView::default()),
    };
    Effect::new(move |_| {
        window_event_listener(ev::submit, move |event| {
            if course.running.get_untracked() {
                event.prevent_default();
                return;
            }
            let Some(pairs) = browser::submitted(&event, "[data-bulk]", "go") else { return };
            if let Some(form) = BulkForm::from_pairs(pairs) {
                event.prevent_default();
                course.failure.set(None);
                task::spawn_local(course.run(form));
            }
        });
    });
    let so_far =
        move || course.result.with(|result| (count(result.done), result.left_alone, result.done + result.left_alone));
    let said = done.clone();
    let results = move || {
        course.result.with(|result| {
        let line = |item: &crate::view::BulkItemView| view! {
            <li class="row"><a class="link" href=routes::key(&item.id)><bdi>{item.name.clone()}</bdi></a><span class="muted">{item.refused.clone()}</span></li>
        };
        (!result.refused.is_empty()).then(|| view! {
            <section class="panel" aria-labelledby="left-alone"><header class="row"><h2 id="left-alone">"Left alone"</h2></header>
                <ul class="lines">{result.refused.iter().map(line).collect_view()}</ul></section>
        })
    })
    };
    let back = StoredValue::new(back);
    view! {
        <div class="stack">
            <div class="slot" role="alert">{move || course.failure.get().map(|error| view! { <Trouble error/> })}</div>
            {move || (course.running.get() || course.over.get()).then(|| {
                let (done, left, seen) = so_far();
                let rest = if left > 0 { format!(", {} left alone", count(left)) } else { String::new() };
                let said = said.clone();
                let over = course.over.get();
                view! {
                    <div class=if over { "banner ok" } else { "banner" }>
                        <Icon name=if over { "ok" } else { "clock" }/>
                        <div class="stack tight grow">
                            <p role="status"><b>{done}" "{said}</b>{rest}{total.filter(|_| !over).map(|total| format!(" of {}", grouped(total)))}"."</p>
                            {(!over).then(|| view! { <progress class="share" max=total.map(|total| total.to_string()) value=total.map(|_| seen.to_string()) aria-label="How far it is"></progress> })}
                            {(!over).then(|| view! { <div><button class="btn" type="button" on:click=move |_| course.stop.set(true) disabled=move || course.stop.get()>"Stop"</button></div> })}
                        </div>
                    </div>
                }
            })}
            {move || course.over.get().then(|| view! {
                <div class="row"><a class="btn primary" id="bulk-back" href=back.get_value()>"Back to the keys"</a></div>
                {results()}
            })}
        </div>
    }
}

fn count(keys: usize) -> String {
    grouped(i64::try_from(keys).unwrap_or(i64::MAX))
}
