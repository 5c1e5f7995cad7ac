//! Calls with a key over a period.

use leptos::prelude::*;
use model::activity::Period;

use crate::{
    keys::detail::view::CallsView,
    routes,
    ui::{
        calls::{CallsBars, CallsLegend, CallsNumbers},
        count::grouped,
    },
};

/// The panel.
#[component]
pub(crate) fn Calls(id: String, calls: CallsView) -> impl IntoView {
    let period = calls.period();
    let total = calls.total;
    let choice = |one: Period| {
        let current = (one == period).then_some("true");
        view! { <a href=routes::key_calls(&id, one.code()) aria-current=current>{one.words()}</a> }
    };
    view! {
        <section class="panel" aria-labelledby="calls">
            <header class="row">
                <h2 id="calls">"Calls"</h2>
                <span class="muted" data-live=format!("total-{id}")>{grouped(total.all())}" in "{period.words()}</span>
                <nav class="segment end" aria-label="Period">{Period::ALL.map(choice)}</nav>
            </header>
            <div class="body" data-live=format!("calls-{id}")>{if total.all() == 0 {
                view! { <p class="muted no-calls">"No calls in "{period.words()}"."</p> }.into_any()
            } else {
                view! {
                    <div class="stack tight">
                        <CallsBars calls=calls.clone()/>
                        <ul class="row legend"><CallsLegend total why=routes::why_key(&id)/></ul>
                    </div>
                }.into_any()
            }}</div>
            <details class="numbers">
                <summary class="row nowrap">"As a table"</summary>
                <div data-live=format!("numbers-{id}")><CallsNumbers calls/></div>
            </details>
        </section>
    }
}
