//! The form for a new key. Without JavaScript it is a plain form whose answer is a page; with it, mistakes are shown at
//! their fields without a reload and the secret appears in a dialog.

pub(crate) mod course;
pub(crate) mod summary;

use leptos::{ev, prelude::*};

use crate::{
    error::ApiError,
    keys::{
        create::island::{
            course::{Course, FORM},
            summary::Summary,
        },
        fields::{
            Draft,
            expiry::Expiry,
            more::More,
            purpose::{Purpose, Templates},
            scopes::Scopes,
        },
        form::KeyForm,
        show_once::OnceDialog,
        view::{FieldErrorView, NewKeyView},
    },
    routes,
};

/// The form, its summary, and the dialog that shows the secret.
#[island(lazy)]
pub(crate) fn CreateKey(
    /// What can be chosen.
    view: NewKeyView,
    /// What is typed already.
    form: KeyForm,
    /// What has to be mended.
    errors: Vec<FieldErrorView>,
    /// Why it failed otherwise.
    failure: Option<ApiError>,
    /// The scopes to tick.
    children: Children,
) -> impl IntoView {
    let draft = Draft::new(view, form, errors, false);
    let course =
        Course { draft, failure: RwSignal::new(failure), busy: RwSignal::new(false), once: RwSignal::new(None) };
    // Whoever typed before this came to life, or came back to the page, sees it in the summary.
    Effect::new(move |_| draft.follow());
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        match draft.read() {
            Some(form) => course.send(form),
            None => course.failure.set(Some(ApiError::BadRequest)),
        }
    };
    view! {
        <div class="split">
            <form id=FORM method="post" action=routes::NEW_KEY novalidate data-guard="" node_ref=draft.node on:submit=submit on:input=move |event| draft.clear_error(&event)>
                <Purpose draft><Templates draft/></Purpose>
                <Scopes draft table=children/>
                <Expiry draft/>
                <More draft/>
            </form>
            <Summary course/>
        </div>
        {move || course.once.with(Option::is_some).then(|| view! { <OnceDialog once=course.once/> })}
    }
}
