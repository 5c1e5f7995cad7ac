//! x
use leptos::prelude::*;
#[component]
pub(crate) fn Audit() -> impl IntoView { view! { <p>"Audit"</p> } }
