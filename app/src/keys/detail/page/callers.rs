//! Who called with a key lately, as far as it was recorded; for one that was not used yet, the command that tries it.

use leptos::prelude::*;

use crate::{
    keys::detail::view::RecordView,
    ui::{
        callers::{Callers as Table, coverage},
        icon::Icon,
    },
};

/// The panel.
#[component]
pub(crate) fn Callers(id: String, record: RecordView, used: bool, command: Option<String>) -> impl IntoView {
    let RecordView { callers, more, seen, calls, is_of_bar } = record;
    let (when, caption) = if is_of_bar {
        ("last seen in this time", "Callers in this time")
    } else {
        ("in 7 days, latest first", "Callers in the last 7 days")
    };
    view! {
        <section class="panel" aria-labelledby="callers">
            <header class="row"><h2 id="callers">"Callers"</h2><span class="muted">{when}</span></header>
            <div data-live=format!("callers-{id}")>
                {if callers.is_empty() && is_of_bar {
                    view! { <div class="body"><p class="muted">"No caller is recorded for this time."</p></div> }.into_any()
                } else if callers.is_empty() {
                    view! { <Nobody used command/> }.into_any()
                } else {
                    view! { <Table of=callers caption/> }.into_any()
                }}
                {(more > 0).then(|| view! { <p class="muted small rest">"and "{more}" more callers"</p> })}
            </div>
            <footer class="muted small">{if is_of_bar {
                "A caller stands where its last call of the day was, with the numbers of that day, in UTC. Kept for 7 days.".into_any()
            } else { view! {
                <span data-live=format!("seen-{id}")>{coverage(seen, calls)}</span>
                " Written every few seconds: numbers may lag that much."
            }.into_any() }}</footer>
        </section>
    }
}

#[component]
fn Nobody(used: bool, command: Option<String>) -> impl IntoView {
    let try_it = |command: String| {
        view! {
            <p class="muted">"Never used yet. Try it, with the secret you stored:"</p>
            <div class="code-box">
                <pre tabindex="0"><code translate="no">{command.clone()}</code></pre>
                <button class="btn quiet square" type="button" data-copy=command aria-label="Copy command" hidden><Icon name="copy"/></button>
            </div>
        }
    };
    view! {
        <div class="body stack tight">
            {match command {
                _ if used => view! { <p class="muted">"Nobody called in 7 days."</p> }.into_any(),
                Some(command) => try_it(command).into_any(),
                None => view! { <p class="muted">"Never used."</p> }.into_any(),
            }}
        </div>
    }
}
