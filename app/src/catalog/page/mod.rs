//! The settings: a list and a form for every kind of the catalog, and the people. What the kinds are and which fields they
//! have, the domain says.

pub(crate) mod cells;
pub(crate) mod delete;
pub(crate) mod entries;
pub(crate) mod entry;
pub(crate) mod settings;
pub(crate) mod stop;
pub(crate) mod would_break;

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use model::catalog::Kind;

use crate::{
    catalog::view::Typed,
    error::ApiError,
    form_outcome::{FormErrors, FormOutcome},
    keys::view::FieldErrorView,
    ui::icon::Icon,
};

/// The kind in the page's address, as typed and as read. One that is none is not found by whoever loads the page.
pub(crate) fn asked_kind() -> (String, Option<Kind>) {
    let code = use_params_map().read_untracked().get("kind").unwrap_or_default();
    let kind = Kind::parse(&code);
    (code, kind)
}

/// The id in the page's address.
pub(crate) fn asked_id() -> Option<String> {
    use_params_map().read_untracked().get("id")
}

/// What a form of this page led to, if one was sent.
pub(crate) fn sent() -> (Option<Typed>, Vec<FieldErrorView>, Option<ApiError>) {
    match use_context::<FormOutcome>() {
        Some(FormOutcome::Settings(typed, FormErrors { errors, failure })) => (Some(typed), errors, failure),
        _ => (None, Vec::new(), None),
    }
}

/// On or off, in a list.
#[component]
pub(crate) fn OnOff(off: bool, on_words: &'static str, off_words: &'static str) -> impl IntoView {
    let (tone, icon, words) = if off { ("status warn", "stop", off_words) } else { ("status ok", "ok", on_words) };
    view! { <span class=tone><Icon name=icon/>{words}</span> }
}

/// A button that switches something on again, or a link to the page that asks before it is switched off.
#[component]
pub(crate) fn Switch(
    action: String,
    name: String,
    off: bool,
    turn_on: &'static str,
    turn_off: &'static str,
) -> impl IntoView {
    if !off {
        return view! { <a class="btn" href=action aria-label=format!("{turn_off} {name}\u{2026}")>{turn_off}"\u{2026}"</a> }.into_any();
    }
    view! {
        <form method="post" action=action>
            <input type="hidden" name="on" value="1"/>
            <button class="btn" aria-label=format!("{turn_on} {name}")>{turn_on}</button>
        </form>
    }
    .into_any()
}
