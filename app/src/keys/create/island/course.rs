//! What becomes of the form for a new key once it is sent.

use leptos::{prelude::*, task};
use model::key_input::KeyInput;

use crate::{
    browser,
    error::ApiError,
    keys::{
        fields::{self, Draft},
        form::KeyForm,
        issued_secret::{IssueAnswer, IssuedSecret},
    },
};

/// The form's id, for what stands outside of it.
pub(crate) const FORM: &str = "create-key";

/// What became of the form so far.
#[derive(Clone, Copy)]
pub(crate) struct Course {
    pub(crate) draft: Draft,
    pub(crate) failure: RwSignal<Option<ApiError>>,
    pub(crate) busy: RwSignal<bool>,
    pub(crate) once: RwSignal<Option<IssuedSecret>>,
}

impl Course {
    /// Sends the form. A second click while the first is under way does nothing: it would make a second key.
    pub(crate) fn send(self, form: KeyForm) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.failure.set(None);
        task::spawn_local(async move {
            let answer = crate::keys::create::issue::issue_key(form.clone()).await;
            self.busy.set(false);
            match answer {
                Ok(IssueAnswer::Issued(once)) => {
                    self.draft.errors.set(Vec::new());
                    browser::forms::settle(self.draft.node);
                    self.once.set(Some(once));
                }
                Ok(IssueAnswer::Refused(errors)) => {
                    let is_bad = |field: &str| errors.iter().any(|error| fields::of(&error.field) == field);
                    let first = KeyInput::FIELDS.into_iter().find(|field| is_bad(field.name));
                    self.draft.errors.set(errors);
                    task::tick().await;
                    if let Some(field) = first {
                        browser::focus(&fields::control(field.name, &form));
                    }
                }
                Err(error) => self.failure.set(Some(error)),
            }
        });
    }
}
