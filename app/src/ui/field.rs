//! A labelled field: label above, hint and error below, tied together for screen readers.

use leptos::prelude::*;

use crate::{keys::view::FieldErrorView, ui::icon::Icon};

/// The message for one field, if any.
pub(crate) fn error_of(errors: &[FieldErrorView], field: &str) -> Option<String> {
    errors.iter().find(|error| error.field == field).map(|error| error.message.clone())
}

/// The label, the control, the hint, the error. The control is the child; it has the id `id` and is described by
/// `{id}-hint` and `{id}-error`.
#[component]
pub(crate) fn Field(
    /// The control's id.
    #[prop(into)]
    id: String,
    /// The label.
    #[prop(into)]
    label: String,
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
            <label for=id.clone()>{label} {optional.then(|| view! { " " <span class="opt muted">"optional"</span> })}</label>
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

/// The content of a `<textarea>`, which the renderer writes out as it is. A browser drops the first line break.
pub(crate) fn as_text(value: &str) -> String {
    format!("\n{}", value.replace('&', "&amp;").replace('<', "&lt;"))
}

/// A labelled line of text, as machines read it.
#[component]
pub(crate) fn Line(
    /// The control's id and its name in the form.
    id: &'static str,
    /// The label.
    label: &'static str,
    /// What is in it.
    value: String,
    /// What it shows when it is empty; empty when it must not be.
    #[prop(optional)]
    placeholder: Option<&'static str>,
    /// What is wrong with it.
    error: Option<String>,
) -> impl IntoView {
    let invalid = error.is_some().then_some("true");
    view! {
        <Field id label optional=placeholder.is_some() error=Signal::stored(error)>
            <input class="input mono" id=id name=id value=value placeholder=placeholder required=placeholder.is_none() autocomplete="off" autocapitalize="none" spellcheck="false" aria-describedby=format!("{id}-error") aria-invalid=invalid/>
        </Field>
    }
}
