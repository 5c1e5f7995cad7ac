//! One act on many keys as plain forms: asked first, then done, so many keys in one answer.

use std::mem;

use app::{
    error::ApiError,
    flash::Flash,
    form_outcome::FormOutcome,
    keys::{
        bulk::form::{BulkForm, BulkPage},
        list::view::BulkResultView,
    },
    session::context::RequestContext,
};
use axum::{
    extract::Path,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};

use crate::console::{
    flash,
    form_post::{Form, FormPost, Pairs},
    forms::status,
};

/// Keys changed before there is an answer.
const ANSWER: i64 = 200;

impl Form for BulkForm {
    fn read(pairs: &mut Pairs) -> Option<Self> {
        Self::from_pairs(mem::take(pairs))
    }
}

/// Asks, or does it.
pub async fn post_bulk(FormPost(form, post): FormPost<BulkForm>) -> Response {
    if form.keys.is_empty() && !form.all {
        return Redirect::to(app::routes::KEYS).into_response();
    }
    let (code, page) = match answer(&post.context, form).await {
        Ok(BulkPage::Ask(form, plan, Some(error))) => {
            (StatusCode::UNPROCESSABLE_ENTITY, BulkPage::Ask(form, plan, Some(error)))
        }
        Ok(page) => (StatusCode::OK, page),
        Err(error) => (status(error), BulkPage::Failed(error)),
    };
    post.answer(code, FormOutcome::Bulk(Box::new(page))).await
}

async fn answer(context: &RequestContext, form: BulkForm) -> Result<BulkPage, ApiError> {
    // The first steps of an act say what they are about; the later ones were asked already.
    let asked_before = form.go && form.from.is_some() && form.is_sure();
    if !form.go || !asked_before {
        let plan = Box::new(app::keys::bulk::plan(context, &form).await?);
        let risky = plan.needs_sure(&form.act);
        if !form.go {
            return Ok(BulkPage::Ask(form, plan, None));
        }
        if risky && !form.is_sure() {
            let error = format!("Keys in use would stop. Type {} to go on.", plan.count);
            return Ok(BulkPage::Ask(form, plan, Some(error)));
        }
    }
    let mut result = BulkResultView { next: form.from, ..BulkResultView::default() };
    let mut step = form.clone();
    loop {
        result.add(app::keys::bulk::step(context, &step).await?);
        if result.next.is_none() || result.done + result.left_alone >= ANSWER {
            return Ok(BulkPage::Done(form, Box::new(result)));
        }
        step.from = result.next;
    }
}

/// Stops a job.
pub async fn post_cancel_job(Path(id): Path<String>, FormPost((), post): FormPost<()>) -> Response {
    let page = app::routes::job(&id);
    match app::jobs::load::cancel_job(&post.context, &id).await {
        Ok(()) => flash::lead(&page, Flash::JobStopping),
        Err(errors) => post.at(&page).refuse(errors, FormOutcome::Switch).await,
    }
}
