//! The page that explains refusals. A key may be pasted into it: it comes with a POST, goes to the use case, and is in no
//! address, no answer and no log.

use std::mem;

use app::{explain::answer::ExplainForm, form_outcome::FormOutcome, routes, session::context::RequestContext};
use axum::{
    Extension,
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use model::id::KeyId;

use crate::{
    console::{
        form_post::{Form, FormPost, Pairs, bad_form, pairs},
        forms::status,
        pages::answer_form,
    },
    state::AppState,
};

/// The page, for an id in the address or for none. Anything else in the address could be a key, and is dropped.
pub async fn why(
    State(app): State<AppState>,
    Extension(context): Extension<RequestContext>,
    request: Request,
) -> Response {
    let query = request.uri().query().unwrap_or_default();
    let asked = match pairs(query.as_bytes()).as_slice() {
        [] => None,
        [(name, id)] if (name == "key" || name == "request") && KeyId::parse(id).is_some() => Some(id.clone()),
        _ => return Redirect::to(routes::WHY).into_response(),
    };
    let (status, outcome) = answer(&app, &context, asked.as_deref(), None).await;
    answer_form(&app, request.into_parts().0, status, outcome).await
}

/// The form: what was pasted, and what it is held against.
pub struct WhyForm {
    asked: String,
    against: ExplainForm,
}

impl Form for WhyForm {
    fn read(pairs: &mut Pairs) -> Option<Self> {
        let (mut asked, mut against) = (String::new(), ExplainForm::default());
        for (field, value) in mem::take(pairs) {
            match field.as_str() {
                "asked" => asked = value,
                "scope" => against.scope = value,
                "tenant" => against.tenant = value,
                "address" => against.address = value,
                "method" => against.method = value,
                _ => return None,
            }
        }
        Some(Self { asked, against })
    }
}

/// The answer to the form.
pub async fn post_why(FormPost(form, post): FormPost<WhyForm>) -> Response {
    if post.query().is_some() {
        return bad_form();
    }
    let (status, outcome) = answer(&post.app, &post.context, Some(&form.asked), Some(&form.against)).await;
    post.answer(status, outcome).await
}

/// What is found, with its status.
async fn answer(
    app: &AppState,
    context: &RequestContext,
    asked: Option<&str>,
    form: Option<&ExplainForm>,
) -> (StatusCode, FormOutcome) {
    let view = app::explain::load::why(context, &app.verifier, asked, form).await;
    let status = match view.failure {
        Some(error) => status(error),
        None if view.errors.is_empty() => StatusCode::OK,
        None => StatusCode::UNPROCESSABLE_ENTITY,
    };
    (status, FormOutcome::Why(Box::new(view)))
}
