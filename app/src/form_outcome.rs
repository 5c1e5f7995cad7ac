//! What a plain form's POST led to. The server provides it as context when it renders the page that answers the POST;
//! pages look for theirs, and render a fresh form without it.

use std::sync::Arc;

use model::account::Action;

use crate::{
    catalog::view::{BreakView, Typed},
    error::ApiError,
    explain::view::{GatewayView, WhyView},
    keys::{
        bulk::form::BulkPage,
        detail::view::EditPreviewView,
        form::{ArchiveForm, EditForm, KeyForm, PurgeForm, rotation::RotateForm},
        issued_secret::IssuedSecret,
        view::FieldErrorView,
    },
    reference::view::{AboutView, ReferenceView},
    request_signing::form::RequestSigningKeyForm,
};

/// Why a form was not carried out: what has to be mended, or why it failed otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FormErrors {
    /// What to mend.
    pub errors: Vec<FieldErrorView>,
    /// Why it failed otherwise.
    pub failure: Option<ApiError>,
}

impl From<ApiError> for FormErrors {
    fn from(error: ApiError) -> Self {
        Self { errors: Vec::new(), failure: Some(error) }
    }
}

impl From<Vec<FieldErrorView>> for FormErrors {
    fn from(errors: Vec<FieldErrorView>) -> Self {
        Self { errors, failure: None }
    }
}

impl FormErrors {
    /// One field has to be mended.
    pub fn field(field: &str, message: String) -> Self {
        Self { errors: vec![FieldErrorView { field: field.to_owned(), message }], failure: None }
    }

    /// The HTTP status that goes with it.
    pub fn status(&self) -> u16 {
        self.failure.map_or(422, ApiError::status)
    }
}

/// The outcome of a POST that does not lead elsewhere.
#[derive(Clone)]
pub enum FormOutcome {
    /// The form for a new key has to be mended, or could not be carried out.
    Issue(KeyForm, FormErrors),
    /// A key was issued: this page shows it once.
    Issued(Arc<IssuedSecret>),
    /// The form made a key when it was sent before: this one. A second one was not made.
    Already(String),
    /// Archiving has to be confirmed otherwise, or could not be carried out.
    Archive(ArchiveForm, FormErrors),
    /// An edit was refused.
    Edit(EditForm, FormErrors),
    /// An edit changes what a key opens, or would lock somebody out: it is asked about first.
    Preview(EditForm, Box<EditPreviewView>),
    /// The overlap of the old key with this id was not ended, or not lengthened.
    Overlap(String, RotateForm, FormErrors),
    /// A view was not saved, or not deleted.
    View(FormErrors),
    /// A key was not switched.
    Switch(FormErrors),
    /// A key was not rotated.
    Rotate(RotateForm, FormErrors),
    /// What was asked about many keys, or what happened to them.
    Bulk(Box<BulkPage>),
    /// A key was not purged.
    Purge(PurgeForm, FormErrors),
    /// The form for a request signing key has to be mended, or something with request signing keys could not be carried out.
    Signing(RequestSigningKeyForm, FormErrors),
    /// A sign-in was refused.
    SignIn {
        /// The mail address as typed.
        email: String,
        /// What to say.
        message: String,
    },
    /// The form that makes the first superadmin is shown, or has to be mended.
    SetUp {
        /// What the setup link carries: the form carries it on.
        code: String,
        /// The mail address as typed.
        email: String,
        /// What to mend.
        errors: FormErrors,
    },
    /// A form of the settings has to be mended, or could not be carried out.
    Settings(Typed, FormErrors),
    /// An edit of the settings would refuse calls: it is asked once more.
    WouldBreak(Typed, Box<BreakView>, FormErrors),
    /// A form of the first run's checklist could not be carried out.
    FirstRun(FormErrors),
    /// The session had ended before the form was sent.
    SessionExpired {
        /// Where the form goes.
        action: String,
        /// What was typed, but for passwords.
        fields: Vec<(String, String)>,
    },
    /// The role of whoever asks may not do this.
    Barred(Action),
    /// The setup link does not work (any more).
    DeadLink,
    /// What was asked about a key or a refused request, and what was found.
    Why(Box<WhyView>),
    /// What was asked about a gateway, and what was found.
    Gateway(Box<GatewayView>),
    /// The API reference.
    Reference(Box<ReferenceView>),
    /// What this Keyward is.
    About(Box<AboutView>),
}
