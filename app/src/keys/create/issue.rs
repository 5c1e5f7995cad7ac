//! What issues a key.

use leptos::prelude::*;

use crate::{
    arguments::Arguments,
    error::ApiError,
    keys::{
        form::KeyForm,
        issued_secret::{IssueAnswer, OnceEncoding},
        view::FieldErrorView,
    },
};

/// Issues a key. The answer is the one response that ever holds its secret.
#[server(prefix = "/api/console", endpoint = "issue_key", input = Arguments, output = server_fn::codec::Post<OnceEncoding>)]
pub async fn issue_key(form: KeyForm) -> Result<IssueAnswer, ApiError> {
    use crate::session::context;
    let context = context::answer(context::expect_context_of_request())?;
    context::answer(match issue(&context, &form).await {
        Ok(Made::Answer(answer)) => Ok(answer),
        // Said at the form, which stays where it is.
        Ok(Made::Already(id)) => Ok(IssueAnswer::Refused(vec![FieldErrorView {
            field: "name".to_owned(),
            message: format!(
                "This form was sent already and made the key {id}; a second one was not made. Its secret was shown once, \
                 then. Reload the page to make another key."
            ),
        }])),
        Err(error) => Err(error),
    })
}

/// What became of the form for a new key.
#[cfg(feature = "ssr")]
pub enum Made {
    /// A key, or what has to be mended first.
    Answer(IssueAnswer),
    /// Nothing: it was sent before and made the key of this id then.
    Already(String),
}

/// Issues a key for this visit.
#[cfg(feature = "ssr")]
pub async fn issue(context: &crate::session::context::RequestContext, form: &KeyForm) -> Result<Made, ApiError> {
    use crate::{keys::to_view::key_field_errors, session::context};
    use admin::AdminError;
    match context.admin.issue_key_once(context.permit()?, &form.asked(), form.once.as_str()).await {
        Ok(issued) => Ok(Made::Answer(IssueAnswer::Issued(context.once(&issued)))),
        Err(AdminError::Invalid(errors)) => Ok(Made::Answer(IssueAnswer::Refused(key_field_errors(form, &errors)))),
        Err(AdminError::Repeated(made)) => Ok(Made::Already(made.to_string())),
        Err(error) => Err(context::closed(error)),
    }
}
