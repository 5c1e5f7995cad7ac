//! x
use leptos::prelude::*;
#[component]
pub(crate) fn KeyPage() -> impl IntoView { view! { <p>"KeyPage"</p> } }
