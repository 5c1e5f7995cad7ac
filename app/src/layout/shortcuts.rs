//! The list of keys to press.

use leptos::prelude::*;

use crate::{
    browser,
    ui::{closing::once_closed, icon::Icon},
};

const KEYS: [(&str, &str); 8] = [
    ("/", "Search the keys"),
    ("c", "Create a key"),
    ("j", "Next key in the list"),
    ("k", "Previous key in the list"),
    ("x", "Select the key"),
    ("Enter", "Open the key"),
    ("e", "Edit the key"),
    ("?", "Show this list"),
];

/// Pages that `g` goes to, as far as the sidebar has them.
const PAGES: [&str; 3] = ["o", "k", "a"];

/// A dialog with all of them.
#[component]
pub(crate) fn Shortcuts(
    /// It was closed.
    closed: impl Fn() + 'static,
) -> impl IntoView {
    let dialog = NodeRef::new();
    Effect::new(move |_| browser::open(dialog));
    let line = |(key, act)| view! { <dt><kbd>{key}</kbd></dt> <dd>{act}</dd> };
    let places = PAGES.into_iter().filter_map(|letter| Some((letter, browser::places::place_with(letter)?)));
    let places = places.map(|(letter, place)| {
        view! { <dt><kbd>"g"</kbd>" "<kbd>{letter}</kbd></dt> <dd>"Go to "{place.words.to_ascii_lowercase()}</dd> }
    });
    let chord = browser::places::chord();
    view! {
        <dialog class="narrow" node_ref=dialog closedby="any" aria-labelledby="shortcuts-title" on:close=once_closed(dialog, closed)>
            <header class="row nowrap">
                <h2 id="shortcuts-title">"Keyboard shortcuts"</h2>
                <button class="btn quiet end square" type="button" aria-label="Close" on:click=move |_| browser::close(dialog)>
                    <Icon name="x"/>
                </button>
            </header>
            <div class="body"><dl class="facts keys">
                <dt><kbd>{chord}</kbd></dt> <dd>"Search, or jump to a page"</dd>
                {KEYS.map(line).collect_view()}
                {places.collect_view()}
            </dl></div>
        </dialog>
    }
}
