//! Instants for people: in UTC as the server writes them, in the viewer's zone as soon as a script runs, by their mark.

use leptos::prelude::*;

use crate::view::When;

/// Relative, with the absolute instant on hover: for lists.
#[component]
pub(crate) fn Ago(when: When) -> impl IntoView {
    if when.is_never() {
        return view! { <span class="is-warn">"never"</span> }.into_any();
    }
    view! { <time datetime=when.iso title=when.long data-when="ago">{when.relative}</time> }.into_any()
}

/// Absolute, with its zone: for details.
#[component]
pub(crate) fn Moment(when: When) -> impl IntoView {
    if when.is_never() {
        return view! { <span class="is-warn">"never"</span> }.into_any();
    }
    view! { <time datetime=when.iso title=when.relative data-when="full">{when.long}</time> }.into_any()
}
