//! What becomes of the form for a new key once it is sent.

use leptos::{prelude::*, task};
use model::key_input::KeyInput;

use super::super::key_form::{self, Draft};
use crate::{
    api, browser,
    error::ApiError,
    form::KeyForm,
    issued_secret::{IssueAnswer, IssuedSecret},
};

/// The form's id, for what stands outside of it.
pub(crate) const FORM: &str = "create-key";

/// What became of the form so far.
#[derive(Clone, Copy)]
pub(super) struct Course {
    pub(super) draft: Draft,
    pub(super) failure: RwSignal<Option<ApiError>>,
    pub(super) busy: RwSignal<bool>,
    pub(super) once: RwSignal<Option<IssuedSecret>>,
}

impl Course {
    /// Sends the form. A second click while the first is under way does nothing: it would make a second key.
    pub(super) fn send(self, form: KeyForm) {
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
                    let first = KeyInput::FIELDS.into_iter().find(|field| is_bad(field.name));
                    self.draft.errors.set(errors);
                    task::tick().await;
                    if let Some(field) = first {
                        browser::focus(&key_form::control(field.name, &form.life));
                    }
                }
                Err(error) => self.failure.set(Some(error)),
            }
        });
    }
}
