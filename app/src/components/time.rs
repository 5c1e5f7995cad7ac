//! Instants for people: in UTC as the server writes them, in the viewer's zone as soon as a script runs, by their mark.

use leptos::prelude::*;

use crate::view::{Tick, When};

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

/// An instant of a chart.
#[component]
pub(crate) fn Told(
    of: Tick,
    /// How the browser writes it: `full`, or just its `clock`.
    kind: &'static str,
) -> impl IntoView {
    if of.iso.is_empty() {
        return view! { <span>{of.words}</span> }.into_any();
    }
    view! { <time datetime=of.iso data-when=kind>{of.words}</time> }.into_any()
}
