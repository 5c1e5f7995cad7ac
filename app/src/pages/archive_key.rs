//! x
use leptos::prelude::*;
#[component]
pub(crate) fn ArchiveKey() -> impl IntoView { view! { <p>"ArchiveKey"</p> } }
