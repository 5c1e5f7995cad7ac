//! What a plain form's POST led to. The server provides it as context when it renders the page that answers the POST;
//! pages look for theirs, and render a fresh form without it.

use std::sync::Arc;

use crate::{
    error::ApiError,
    form::{ArchiveForm, IssueKeyForm},
    once::Once,
    view::FieldErrorView,
};

/// The outcome of a POST that does not lead elsewhere.
#[derive(Clone)]
pub enum Posted {
    /// The form for a new key has to be mended, or could not be carried out.
    Issue {
        /// As typed.
        form: IssueKeyForm,
        /// What to mend.
        errors: Vec<FieldErrorView>,
        /// Why it failed otherwise.
        failure: Option<ApiError>,
    },
    /// A key was issued: this page shows it once.
    Issued(Arc<Once>),
    /// Archiving has to be confirmed otherwise, or could not be carried out.
    Archive {
        /// As typed.
        form: ArchiveForm,
        /// What to mend.
        errors: Vec<FieldErrorView>,
        /// Why it failed otherwise.
        failure: Option<ApiError>,
    },
    /// A sign-in was refused.
    SignIn {
        /// The mail address as typed.
        email: String,
        /// What to say.
        message: String,
    },
    /// The first superadmin's form has to be mended.
    SetUp {
        /// The mail address as typed.
        email: String,
        /// What to mend.
        errors: Vec<FieldErrorView>,
        /// Why it failed otherwise.
        failure: Option<ApiError>,
    },
    /// The setup link does not work (any more).
    DeadLink,
}

/// The setup link's code, for the form that carries it on.
#[derive(Clone)]
pub struct SetupCode(pub String);
