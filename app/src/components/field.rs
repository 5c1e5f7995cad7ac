//! A labelled field: label above, hint and error below, tied together for screen readers.

use leptos::prelude::*;

use super::Icon;
use crate::view::FieldErrorView;

/// The message for one field, if any.
pub(crate) fn error_of(errors: &[FieldErrorView], field: &str) -> Option<String> {
    errors.iter().find(|error| error.field == field).map(|error| error.message.clone())
}

/// The label, the control, the hint, the error. The control is the child; it has the id `id` and is described by
/// `{id}-hint` and `{id}-error`.
#[component]
pub(crate) fn Field(
    /// The control's id.
    id: &'static str,
    /// The label.
    label: &'static str,
    /// Whether it may stay empty.
    #[prop(optional)]
    optional: bool,
    /// What it is for; may be empty.
    #[prop(optional, into)]
    hint: String,
    /// What is wrong with it.
    #[prop(into)]
    error: Signal<Option<String>>,
    /// The control.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="field">
            <label for=id>{label} {optional.then(|| view! { " " <span class="opt muted">"optional"</span> })}</label>
            {children()}
            {(!hint.is_empty()).then(|| view! { <span class="muted" id=format!("{id}-hint")>{hint}</span> })}
            <ErrorText id=format!("{id}-error") error/>
        </div>
    }
}

/// What is wrong with a field; always there, so that a change of it is announced.
#[component]
pub(crate) fn ErrorText(
    /// The element's id.
    id: String,
    /// The sentence.
    #[prop(into)]
    error: Signal<Option<String>>,
) -> impl IntoView {
    view! {
        <span id=id class="row nowrap tight is-bad" role="alert">
            {move || error.get().map(|message| view! { <Icon name="warning"/> <span>{message}</span> })}
        </span>
    }
}
