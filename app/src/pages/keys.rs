//! x
use leptos::prelude::*;
#[component]
pub(crate) fn Keys() -> impl IntoView { view! { <p>"Keys"</p> } }
