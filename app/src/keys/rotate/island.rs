//! The form that rotates a key. Without JavaScript it is a plain form whose answer is a page; with it, the successor's
//! secret appears in the dialog that shows every secret once.

use leptos::{ev, html, prelude::*, task};

use crate::{
    browser,
    error::ApiError,
    keys::{
        form::rotation::RotateForm,
        issued_secret::{IssueAnswer, IssuedSecret},
        rotate::fields::OverlapFields,
        show_once::OnceDialog,
        view::{FieldErrorView, When},
    },
    routes,
    ui::{error_banner::ErrorBanner, icon::Icon},
};

/// What the form led to so far.
#[derive(Clone, Copy)]
struct Course {
    node: NodeRef<html::Form>,
    typed: RwSignal<RotateForm>,
    errors: RwSignal<Vec<FieldErrorView>>,
    failure: RwSignal<Option<ApiError>>,
    busy: RwSignal<bool>,
    once: RwSignal<Option<IssuedSecret>>,
}

impl Course {
    /// Sends the form. A second click while the first is under way does nothing.
    fn send(self, id: String, form: RotateForm) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.failure.set(None);
        task::spawn_local(async move {
            let answer = crate::keys::rotate::act::rotate_key(id, form.clone()).await;
            self.busy.set(false);
            match answer {
                Ok(IssueAnswer::Issued(once)) => {
                    browser::forms::settle(self.node);
                    self.once.set(Some(once));
                }
                Ok(IssueAnswer::Refused(errors)) => {
                    let is_time = errors.iter().any(|error| error.field == "until");
                    self.typed.set(form);
                    self.errors.set(errors);
                    task::tick().await;
                    browser::focus(if is_time { "#until" } else { "[name=overlap]:checked" });
                }
                Err(error) => self.failure.set(Some(error)),
            }
        });
    }
}

/// The form, and the dialog that shows the successor's secret.
#[island(lazy)]
pub(crate) fn RotateKeyForm(
    /// The key's id.
    id: String,
    /// Each overlap that is offered: its code, its words, and when the old key would stop.
    choices: Vec<(String, String, When)>,
    /// The first and the last instant that can be chosen.
    bounds: (String, String),
    /// What is chosen already.
    form: RotateForm,
    /// What has to be mended.
    errors: Vec<FieldErrorView>,
    /// Why it failed otherwise.
    failure: Option<ApiError>,
) -> impl IntoView {
    let once = form.once.clone();
    let course = Course {
        node: NodeRef::new(),
        typed: RwSignal::new(form),
        errors: RwSignal::new(errors),
        failure: RwSignal::new(failure),
        busy: RwSignal::new(false),
        once: RwSignal::new(None),
    };
    let (action, back) = (routes::rotate_key(&id), routes::key(&id));
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        match RotateForm::from_pairs(browser::pairs(course.node)) {
            Some(form) => course.send(id.clone(), form),
            None => course.failure.set(Some(ApiError::BadRequest)),
        }
    };
    let choices: Vec<_> = choices.into_iter().map(|(code, words, when)| (code, words, Some(when))).collect();
    let fields = move || {
        let (choices, bounds) = (choices.clone(), bounds.clone());
        view! { <OverlapFields id="until" choices bounds form=course.typed.get() errors=course.errors.get()/> }
    };
    view! {
        <form class="stack" method="post" action=action node_ref=course.node on:submit=submit>
            <div role="alert">{move || course.failure.get().map(|error| view! { <ErrorBanner error/> })}</div>
            <input type="hidden" name="once" value=once/>
            {fields}
            <div class="row">
                <a class="btn end" href=back>"Cancel"</a>
                <button class="btn primary" aria-disabled=move || course.busy.get().then_some("true")>
                    <Icon name="rotate"/>{move || if course.busy.get() { "Rotating\u{2026}" } else { "Rotate key" }}
                </button>
            </div>
        </form>
        {move || course.once.with(Option::is_some).then(|| view! { <OnceDialog once=course.once/> })}
    }
}
