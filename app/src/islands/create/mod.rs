//! The form for a new key. Without JavaScript it is a plain form whose answer is a page; with it, mistakes are shown at
//! their fields without a reload and the secret appears in a dialog.

mod summary;

use leptos::{ev, prelude::*, task};

use super::key_form::{self, Draft, Life, More, Purpose, Scopes, Templates};
use crate::{
    api, browser,
    error::ApiError,
    form::IssueKeyForm,
    islands::once::OnceDialog,
    once::{IssueAnswer, Once},
    routes,
    view::{FieldErrorView, NewKeyView},
};
use summary::Summary;

/// The form's id, for what stands outside of it.
pub(crate) const FORM: &str = "create-key";

/// What became of the form so far.
#[derive(Clone, Copy)]
struct Course {
    draft: Draft,
    failure: RwSignal<Option<ApiError>>,
    busy: RwSignal<bool>,
    once: RwSignal<Option<Once>>,
}

impl Course {
    /// Sends the form. A second click while the first is under way does nothing: it would make a second key.
    fn send(self, form: IssueKeyForm) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.failure.set(None);
        task::spawn_local(async move {
            let answer = api::issue_key(form.clone()).await;
            self.busy.set(false);
            match answer {
                Ok(IssueAnswer::Issued(once)) => {
                    self.draft.errors.set(Vec::new());
                    browser::settle(self.draft.node);
                    self.once.set(Some(once));
                }
                Ok(IssueAnswer::Refused(errors)) => {
                    let is_bad = |field: &str| errors.iter().any(|error| error.field == field);
                    let first = key_form::FIELDS.into_iter().find(|(field, _)| is_bad(field));
                    self.draft.errors.set(errors);
                    task::tick().await;
                    if let Some((field, _)) = first {
                        browser::focus(&key_form::control(field, &form.life));
                    }
                }
                Err(error) => self.failure.set(Some(error)),
            }
        });
    }
}

/// The form, its summary, and the dialog that shows the secret.
#[island(lazy)]
pub(crate) fn CreateKey(
    /// What can be chosen.
    view: NewKeyView,
    /// What is typed already.
    form: IssueKeyForm,
    /// What has to be mended.
    errors: Vec<FieldErrorView>,
    /// Why it failed otherwise.
    failure: Option<ApiError>,
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
            <form id=FORM method="post" action=routes::NEW_KEY novalidate data-guard="" node_ref=draft.node on:submit=submit on:input=move |event| draft.mend(&event)>
                <Purpose draft><Templates draft/></Purpose>
                <Scopes draft/>
                <Life draft/>
                <More draft/>
            </form>
            <Summary course/>
        </div>
        {move || course.once.with(Option::is_some).then(|| view! { <OnceDialog once=course.once/> })}
    }
}
