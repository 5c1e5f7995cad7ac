//! Saving and deleting questions, for a visit.

use admin::AdminError;
use model::id::EntryId;

use crate::{
    error::ApiError,
    form_outcome::FormErrors,
    keys::to_view::field_errors,
    session::context::{RequestContext, closed},
};

/// Saves a question.
pub async fn save_view(context: &RequestContext, name: &str, query: &str, is_shared: bool) -> Result<(), FormErrors> {
    match context.admin.save_view(context.permit()?, name, query, is_shared).await {
        Ok(_) => Ok(()),
        Err(AdminError::Invalid(errors)) => Err(field_errors(&errors).into()),
        Err(error) => Err(closed(error).into()),
    }
}

/// Deletes a question.
pub async fn delete_view(context: &RequestContext, id: &str) -> Result<(), ApiError> {
    let id = EntryId::parse(id).ok_or(ApiError::NotFound)?;
    context.admin.delete_view(context.permit()?, id).await.map_err(closed)
}
