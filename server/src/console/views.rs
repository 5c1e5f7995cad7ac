//! Saved questions to the list of keys.

use app::{
    flash::Flash,
    form_outcome::{FormErrors, FormOutcome},
    keys::list::{query::ListQuery, saved},
    routes,
};
use axum::{extract::Path, response::Response};

use crate::console::{
    flash,
    form_post::{Form, FormPost, Pairs, bad_form, take},
};

/// The form that saves the list's question.
pub struct ViewForm {
    name: String,
    query: String,
    shared: bool,
}

impl Form for ViewForm {
    fn read(pairs: &mut Pairs) -> Option<Self> {
        let shared = match take(pairs, "shared").as_str() {
            "" => false,
            "1" => true,
            _ => return None,
        };
        Some(Self { name: take(pairs, "name"), query: take(pairs, "query"), shared })
    }
}

/// Saves a question, and shows the list that answers it.
pub async fn post_view(FormPost(form, post): FormPost<ViewForm>) -> Response {
    let Some(asked) = ListQuery::parse(&form.query) else { return bad_form() };
    let list = asked.with(|_| ());
    match saved::save_view(&post.context, &form.name, &list.query(), form.shared).await {
        Ok(()) => flash::lead(&list.address(), Flash::Saved),
        Err(errors) => post.at(&list.address()).refuse(errors, FormOutcome::View).await,
    }
}

/// Deletes a question.
pub async fn post_delete_view(Path(id): Path<String>, FormPost((), post): FormPost<()>) -> Response {
    match saved::delete_view(&post.context, &id).await {
        Ok(()) => flash::lead(routes::KEYS, Flash::Deleted),
        Err(error) => post.at(routes::KEYS).refuse(FormErrors::from(error), FormOutcome::View).await,
    }
}
