//! One act on many keys: asked first, then done, as a job where it is about all that answer a question. And jobs.

use std::mem;

use app::{
    error::ApiError,
    flash::Flash,
    form_outcome::FormOutcome,
    keys::bulk::{
        CarriedOut,
        form::{BulkForm, BulkPage},
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
        Ok(Answered::Job(id)) => return Redirect::to(&app::routes::job(&id)).into_response(),
        Ok(Answered::Page(page)) => {
            let is_refused = matches!(*page, BulkPage::Ask(.., Some(_)));
            (if is_refused { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }, page)
        }
        Err(error) => (status(error), Box::new(BulkPage::Failed(error))),
    };
    post.answer(code, FormOutcome::Bulk(page)).await
}

async fn answer(context: &RequestContext, form: BulkForm) -> Result<Answered, ApiError> {
    let plan = Box::new(app::keys::bulk::plan(context, &form).await?);
    if !form.go {
        return Ok(Answered::Page(Box::new(BulkPage::Ask(form, plan, None))));
    }
    if plan.needs_sure(&form.act) && !form.is_sure() {
        let error = format!("Keys in use would stop. Type {} to go on.", plan.count);
        return Ok(Answered::Page(Box::new(BulkPage::Ask(form, plan, Some(error)))));
    }
    Ok(match app::keys::bulk::carry_out(context, &form).await? {
        CarriedOut::Now(result) => Answered::Page(Box::new(BulkPage::Done(form, Box::new(result)))),
        CarriedOut::Job(id) => Answered::Job(id),
    })
}

/// What is answered.
enum Answered {
    /// This page.
    Page(Box<BulkPage>),
    /// The page of the job of this id.
    Job(String),
}

/// Stops a job.
pub async fn post_cancel_job(Path(id): Path<String>, FormPost((), post): FormPost<()>) -> Response {
    let page = app::routes::job(&id);
    match app::jobs::load::cancel_job(&post.context, &id).await {
        Ok(()) => flash::lead(&page, Flash::JobStopping),
        Err(errors) => post.at(&page).refuse(errors, FormOutcome::Switch).await,
    }
}

/// Takes back what a job did, as a job of its own.
pub async fn post_undo_job(Path(id): Path<String>, FormPost((), post): FormPost<()>) -> Response {
    match app::jobs::load::undo_job(&post.context, &id).await {
        Ok(undo) => Redirect::to(&app::routes::job(&undo)).into_response(),
        Err(errors) => post.at(&app::routes::job(&id)).refuse(errors, FormOutcome::Switch).await,
    }
}
