//! x
use leptos::prelude::*;
#[component]
pub(crate) fn NewKey() -> impl IntoView { view! { <p>"NewKey"</p> } }
