//! What rotates a key, and what ends or lengthens the overlap.

use leptos::prelude::*;

use crate::{
    arguments::Arguments,
    error::ApiError,
    keys::{
        form::rotation::RotateForm,
        issued_secret::{IssueAnswer, OnceEncoding},
    },
};

/// Issues a key's successor. The answer is the one response that ever holds its secret.
#[server(prefix = "/api/console", endpoint = "rotate_key", input = Arguments, output = server_fn::codec::Post<OnceEncoding>)]
pub async fn rotate_key(id: String, form: RotateForm) -> Result<IssueAnswer, ApiError> {
    use crate::{form_outcome::FormErrors, keys::view::FieldErrorView, session::context};
    let context = context::answer(context::expect_context_of_request())?;
    context::answer(match rotate(&context, &id, &form).await {
        Ok(Rotated::IssuedSecret(once)) => Ok(IssueAnswer::Issued(*once)),
        // Said at the form, which stays where it is.
        Ok(Rotated::Already(id)) => Ok(IssueAnswer::Refused(vec![FieldErrorView {
            field: "overlap".to_owned(),
            message: format!(
                "This form was sent already and made the key {id}. Its secret was shown once, then. If you did not store \
                 it, rotate that key."
            ),
        }])),
        Err(FormErrors { failure: Some(error), .. }) => Err(error),
        Err(FormErrors { errors, failure: None }) => Ok(IssueAnswer::Refused(errors)),
    })
}

/// What the form that rotates a key led to.
#[cfg(feature = "ssr")]
pub enum Rotated {
    /// A successor.
    IssuedSecret(Box<crate::keys::issued_secret::IssuedSecret>),
    /// Nothing: the form was sent before and made the key of this id then.
    Already(String),
}

#[cfg(feature = "ssr")]
pub use self::forms::{cut, extend, rotate};

#[cfg(feature = "ssr")]
mod forms {
    use admin::AdminError;
    use model::account::Action;

    use super::Rotated;
    use crate::{
        form_outcome::FormErrors,
        keys::{
            detail::to_view::overlap,
            form::rotation::RotateForm,
            to_view::{self, refused},
        },
        session::context::RequestContext,
    };

    /// Issues a key's successor for this visit.
    pub async fn rotate(context: &RequestContext, id: &str, form: &RotateForm) -> Result<Rotated, FormErrors> {
        let permit = context.may(Action::WriteKeys)?;
        let id = to_view::key_id(id)?;
        context.admin.show_key(permit, id).await.map_err(refused)?;
        match context.admin.rotate_key_once(permit, id, overlap(form)?, form.once.as_str()).await {
            Ok(issued) => Ok(Rotated::IssuedSecret(Box::new(context.once(&issued)))),
            Err(AdminError::Repeated(made)) => Ok(Rotated::Already(made.to_string())),
            Err(error) => Err(refused(error)),
        }
    }

    /// Ends the overlap of an old key: it stops now.
    pub async fn cut(context: &RequestContext, id: &str) -> Result<(), FormErrors> {
        context.admin.cut_key(context.may(Action::WriteKeys)?, to_view::key_id(id)?).await.map_err(refused)?;
        Ok(())
    }

    /// Lets an old key work for longer.
    pub async fn extend(context: &RequestContext, id: &str, form: &RotateForm) -> Result<(), FormErrors> {
        let permit = context.may(Action::WriteKeys)?;
        let id = to_view::key_id(id)?;
        context.admin.show_key(permit, id).await.map_err(refused)?;
        context.admin.extend_overlap(permit, id, overlap(form)?).await.map_err(refused)?;
        Ok(())
    }
}
