//! What has to be mended, with a link to each field, or why the form failed otherwise.

use leptos::{ev, prelude::*};
use model::key_input::{InputField, KeyInput};

use crate::{
    browser,
    error::ApiError,
    keys::fields::{Draft, called, control, of},
    ui::{error_banner::ErrorBanner, icon::Icon},
};

/// The mistakes in one sentence, beside the button that sends the form.
#[component]
pub(crate) fn FieldErrors(
    draft: Draft,
    /// Why it failed otherwise.
    failure: RwSignal<Option<ApiError>>,
    /// More to say of a failure.
    #[prop(optional)]
    children: Option<ChildrenFn>,
) -> impl IntoView {
    let link = move |(place, InputField { name: field, .. }): (usize, InputField)| {
        let control = move || draft.typed.with_untracked(|form| control(field, form));
        let go = move |event: ev::MouseEvent| {
            event.prevent_default();
            browser::focus(&control());
        };
        view! { {if place == 0 { " " } else { ", " }} <a class="link" href=format!("#{field}") on:click=go>{called(field)}</a> }
    };
    let field_errors = move || {
        let errors = draft.errors.get();
        let bad =
            KeyInput::FIELDS.into_iter().filter(|field| errors.iter().any(|error| of(&error.field) == field.name));
        let bad: Vec<_> = bad.enumerate().collect();
        // A mistake that is at none of the fields is said here.
        let known = |field: &str| KeyInput::FIELDS.iter().any(|known| known.name == field);
        let other = errors.into_iter().find(|error| !known(of(&error.field))).map(|error| error.message);
        let count = match bad.len() {
            0 => None,
            1 => Some("One field needs you:".to_owned()),
            count => Some(format!("{count} fields need you:")),
        };
        (count.is_some() || other.is_some()).then(|| view! {
            <div class="banner bad">
                <Icon name="warning"/>
                <span>{count.map(|count| view! { {count} {bad.into_iter().map(link).collect_view()} ". " })} {other}</span>
            </div>
        })
    };
    view! {
        <div class="slot" role="alert">
            {move || failure.get().map(|error| view! { <ErrorBanner error/> })}
            {children.map(|children| children())}
            {field_errors}
        </div>
    }
}
