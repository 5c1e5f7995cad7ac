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
    let RecordView { callers, more, seen, calls } = record;
    view! {
        <section class="panel" aria-labelledby="callers">
            <header class="row"><h2 id="callers">"Callers"</h2><span class="muted">"in 7 days, latest first"</span></header>
            <div data-live=format!("callers-{id}")>
                {if callers.is_empty() {
                    view! { <Nobody used command/> }.into_any()
                } else {
                    view! { <Table of=callers caption="Callers in the last 7 days"/> }.into_any()
                }}
                {(more > 0).then(|| view! { <p class="muted small rest">"and "{more}" more callers"</p> })}
            </div>
            <footer class="muted small">
                <span data-live=format!("seen-{id}")>{coverage(seen, calls)}</span>
                " Written every few seconds: numbers may lag that much."
            </footer>
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
