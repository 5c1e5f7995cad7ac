//! The forms of the first run's checklist. Each leads to the overview, where it stands.

use app::{
    form_outcome::{FormErrors, FormOutcome},
    overview::forms::{ChecklistAct, act},
    routes,
};
use axum::response::Response;

use crate::console::{
    flash,
    form_post::{FormPost, Post},
};

async fn run(post: Post, what: ChecklistAct) -> Response {
    match act(&post.context, what).await {
        Ok(said) => flash::lead(routes::OVERVIEW, said),
        Err(error) => post.at(routes::OVERVIEW).refuse(FormErrors::from(error), FormOutcome::FirstRun).await,
    }
}

/// Takes a superadmin's word that they have a copy of the master key.
pub async fn post_confirm_master_key(FormPost((), post): FormPost<()>) -> Response {
    run(post, ChecklistAct::ConfirmMasterKey).await
}

/// Hides the checklist for everybody.
pub async fn post_hide(FormPost((), post): FormPost<()>) -> Response {
    run(post, ChecklistAct::Hide).await
}

/// Shows it again.
pub async fn post_show(FormPost((), post): FormPost<()>) -> Response {
    run(post, ChecklistAct::Show).await
}
