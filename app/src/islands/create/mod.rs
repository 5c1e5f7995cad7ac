//! The form for a new key. Without JavaScript it is a plain form whose answer is a page; with it, mistakes are shown at
//! their fields without a reload and the secret appears in a dialog.

mod fields;
mod summary;

use leptos::{ev, prelude::*, task};

use crate::{
    api, browser,
    error::ApiError,
    form::IssueKeyForm,
    islands::once::OnceDialog,
    once::{IssueAnswer, Once},
    routes,
    view::{FieldErrorView, NewKeyView},
};
use fields::{Life, Purpose, Scopes};
use summary::Summary;

/// The form's id, for the button that stands outside of it.
const FORM: &str = "create-key";

/// What became of the form so far.
#[derive(Clone, Copy)]
struct Course {
    errors: RwSignal<Vec<FieldErrorView>>,
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
                    self.errors.set(Vec::new());
                    self.once.set(Some(once));
                }
                Ok(IssueAnswer::Refused(errors)) => {
                    let first =
                        fields::FIELDS.into_iter().find(|(field, _)| errors.iter().any(|error| error.field == *field));
                    self.errors.set(errors);
                    task::tick().await;
                    if let Some((field, _)) = first {
                        browser::focus(&fields::control(field, &form.life));
                    }
                }
                Err(error) => self.failure.set(Some(error)),
            }
        });
    }
}

/// The form, its summary, and the dialog that shows the secret.
#[island]
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
    let course = Course {
        errors: RwSignal::new(errors),
        failure: RwSignal::new(failure),
        busy: RwSignal::new(false),
        once: RwSignal::new(None),
    };
    let typed = RwSignal::new(form.clone());
    let node = NodeRef::new();
    let read = move || IssueKeyForm::from_pairs(browser::pairs(node));
    let follow = move || {
        if let Some(form) = read() {
            typed.set(form);
        }
    };
    // Whoever typed before this came to life, or came back to the page, sees it in the summary.
    Effect::new(move |_| follow());
    // What is being mended is no longer wrong; whether it is right, the server says.
    let mend = move |event: ev::Event| {
        follow();
        let control = browser::field_of(&event);
        let field = fields::of(&control);
        if course.errors.with_untracked(|errors| errors.iter().any(|error| error.field == field)) {
            course.errors.update(|errors| errors.retain(|error| error.field != field));
        }
    };
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        match read() {
            Some(form) => course.send(form),
            None => course.failure.set(Some(ApiError::BadRequest)),
        }
    };
    let (choices, lives) = (view.clone(), view.clone());
    view! {
        <div class="split">
            <form id=FORM method="post" action=routes::NEW_KEY novalidate node_ref=node on:submit=submit on:input=mend>
                <Purpose form=form.clone() may_choose_owner=view.may_choose_owner errors=course.errors/>
                <Scopes view=choices form=form.clone() errors=course.errors/>
                <Life view=lives form typed errors=course.errors/>
            </form>
            <Summary view typed course/>
        </div>
        {move || course.once.with(Option::is_some).then(|| view! { <OnceDialog once=course.once/> })}
    }
}
