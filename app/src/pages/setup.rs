//! x
use leptos::prelude::*;
#[component]
pub(crate) fn Setup() -> impl IntoView { view! { <p>"Setup"</p> } }
