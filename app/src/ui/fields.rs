//! The fields of a form, whatever it is for: each rendered by how it is filled in, with its hint and what is wrong with
//! it. They are the server's; nothing here needs a script.

use leptos::prelude::*;

use crate::{
    catalog::view::{FieldView, InputView},
    error::ApiError,
    keys::view::FieldErrorView,
    ui::{
        field::{ErrorText, Field, as_text, error_of},
        icon::Icon,
    },
};

/// What is wrong with a form as a whole: why it failed, and mistakes that are at none of its fields.
#[component]
pub(crate) fn FormErrorBanner(
    /// The form's fields.
    fields: Vec<FieldView>,
    /// What to mend.
    errors: Vec<FieldErrorView>,
    /// Why it failed otherwise.
    failure: Option<ApiError>,
) -> impl IntoView {
    let here = |error: &FieldErrorView| fields.iter().any(|field| field.name == error.field);
    let elsewhere = errors.iter().filter(|error| !here(error)).map(|error| error.message.clone());
    let messages: Vec<String> = failure.map(|failure| failure.to_string()).into_iter().chain(elsewhere).collect();
    let line = |message: String| {
        view! { <div class="banner bad" role="alert"><Icon name="warning"/><span>{message}</span></div> }
    };
    messages.into_iter().map(line).collect_view()
}

/// The fields, in their order. The first that has to be mended has the focus, or else the first.
#[component]
pub(crate) fn FormFields(
    /// The fields with what they hold.
    fields: Vec<FieldView>,
    /// What to mend.
    errors: Vec<FieldErrorView>,
) -> impl IntoView {
    let first = fields.iter().find(|field| error_of(&errors, &field.name).is_some());
    let first = first.or_else(|| fields.iter().find(|field| !field.fixed)).map(|field| field.name.clone());
    let show = |field: FieldView| {
        let error = error_of(&errors, &field.name);
        let focused = first.as_ref() == Some(&field.name);
        match (field.fixed, &field.input) {
            (true, _) => view! { <Fixed field error/> }.into_any(),
            (false, InputView::Any(_)) => view! { <Ticks field error focused/> }.into_any(),
            (false, _) => view! { <Control field error focused/> }.into_any(),
        }
    };
    fields.into_iter().map(show).collect_view()
}

/// The ids of what describes a control.
fn described(name: &str, hint: &str) -> String {
    if hint.is_empty() { format!("{name}-error") } else { format!("{name}-hint {name}-error") }
}

#[component]
fn Control(field: FieldView, error: Option<String>, focused: bool) -> impl IntoView {
    let FieldView { name, label, hint, input, value, .. } = field;
    let invalid = error.is_some().then_some("true");
    let by = described(&name, &hint);
    let id = name.clone();
    let control = match input {
        InputView::Lines => view! {
            <textarea class="input" id=name.clone() name=name rows="3" autofocus=focused aria-invalid=invalid aria-describedby=by>{as_text(&value)}</textarea>
        }
        .into_any(),
        InputView::One(choices) => {
            let option = |(code, words): (String, String)| view! { <option value=code.clone() selected=code == value>{words}</option> };
            view! {
                <select class="input" id=name.clone() name=name autofocus=focused aria-invalid=invalid aria-describedby=by>
                    {choices.into_iter().map(option).collect_view()}
                </select>
            }
            .into_any()
        }
        InputView::Password => view! {
            <input class="input" id=name.clone() name=name type="password" autocomplete="new-password" autofocus=focused aria-invalid=invalid aria-describedby=by/>
        }
        .into_any(),
        InputView::Line | InputView::Any(_) => view! {
            <input class="input" id=name.clone() name=name value=value autocomplete="off" autofocus=focused aria-invalid=invalid aria-describedby=by/>
        }
        .into_any(),
    };
    view! { <Field id label hint error=Signal::stored(error)>{control}</Field> }
}

/// A box for each choice. That none is ticked is said, too: a form leaves out what is not ticked.
#[component]
fn Ticks(field: FieldView, error: Option<String>, focused: bool) -> impl IntoView {
    let FieldView { name, label, hint, input, value, .. } = field;
    let InputView::Any(choices) = input else { return ().into_any() };
    let invalid = error.is_some().then_some("true");
    let by = described(&name, &hint);
    let tick = |(index, (code, words)): (usize, (String, String))| {
        let ticked = value.split_whitespace().any(|one| one == code);
        view! {
            <label class="row nowrap tick">
                <input type="checkbox" name=name.clone() value=code checked=ticked autofocus=focused && index == 0 aria-invalid=invalid/>
                <span>{words}</span>
            </label>
        }
    };
    let ticks = choices.into_iter().enumerate().map(tick).collect_view();
    view! {
        <fieldset class="field" id=name.clone() aria-describedby=by>
            <legend class="label">{label}</legend>
            <input type="hidden" name=name.clone() value=""/>
            <div class="ticks">{ticks}</div>
            {(!hint.is_empty()).then(|| view! { <span class="muted" id=format!("{name}-hint")>{hint}</span> })}
            <ErrorText id=format!("{name}-error") error=Signal::stored(error)/>
        </fieldset>
    }
    .into_any()
}

/// What a field holds, where it cannot be changed.
#[component]
fn Fixed(field: FieldView, error: Option<String>) -> impl IntoView {
    let FieldView { name, label, input, value, .. } = field;
    let words = |choices: Vec<(String, String)>| {
        let held =
            choices.into_iter().filter(|(code, _)| value.split_whitespace().any(|one| one == code) || *code == value);
        held.map(|(_, words)| words).collect::<Vec<_>>().join(", ")
    };
    let text = match input {
        InputView::One(choices) | InputView::Any(choices) => words(choices),
        InputView::Line | InputView::Lines => value,
        InputView::Password => String::new(),
    };
    view! {
        <div class="field">
            <span class="label">{label}</span>
            {if text.is_empty() {
                view! { <span class="muted">"None"</span> }.into_any()
            } else {
                view! { <span class="prose">{text}</span> }.into_any()
            }}
            <ErrorText id=format!("{name}-error") error=Signal::stored(error)/>
        </div>
    }
}
