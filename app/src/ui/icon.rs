//! Icons, from one cached sprite. They decorate: the words beside them carry the meaning.

use leptos::prelude::*;

/// One icon of `public/icons.svg`, by its name there without `i-`.
#[component]
pub(crate) fn Icon(name: &'static str) -> impl IntoView {
    view! {
        <svg class="icon" aria-hidden="true">
            <use href=format!("/icons.svg#i-{name}")></use>
        </svg>
    }
}
