//! The list of keys to press.

use leptos::prelude::*;

use crate::{browser, components::Icon};

const KEYS: [(&str, &str); 5] = [
    ("/", "Search the keys"),
    ("c", "Create a key"),
    ("j", "Next key in the list"),
    ("k", "Previous key in the list"),
    ("?", "Show this list"),
];

/// A dialog with all of them.
#[component]
pub(super) fn Shortcuts(
    /// It was closed.
    closed: impl Fn() + 'static,
) -> impl IntoView {
    let dialog = NodeRef::new();
    Effect::new(move |_| browser::open(dialog));
    let line = |(key, act)| view! { <dt><kbd>{key}</kbd></dt> <dd>{act}</dd> };
    view! {
        <dialog class="narrow" node_ref=dialog closedby="any" aria-labelledby="shortcuts-title" on:close=move |_| closed()>
            <header class="row nowrap">
                <h2 id="shortcuts-title">"Keyboard shortcuts"</h2>
                <button class="btn quiet end square" type="button" aria-label="Close" on:click=move |_| browser::close(dialog)>
                    <Icon name="x"/>
                </button>
            </header>
            <div class="body"><dl class="facts">{KEYS.map(line).collect_view()}</dl></div>
        </dialog>
    }
}
