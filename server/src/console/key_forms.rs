//! The plain forms of keys: issue, edit, switch, rotate, cut, extend, archive, purge. Each leads elsewhere when it is done, or
//! renders its page again with what was typed.

use std::{mem, sync::Arc};

use app::{
    flash::Flash,
    form_outcome::{FormErrors, FormOutcome},
    keys::{
        archive::ArchiveAnswer,
        create::{Made, issue},
        edit::{Edited, edit},
        form::{ArchiveForm, BACK, EditForm, KeyForm, PurgeForm, rotation::RotateForm},
        issued_secret::IssueAnswer,
        purge::purge,
        rotate::{Rotated, cut, extend, rotate},
        switch::switch,
    },
    routes,
};
use axum::{
    extract::Path,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use model::id::KeyId;

use crate::console::{
    flash,
    form_post::{Form, FormPost, Pairs, Post, take},
};

macro_rules! forms {
    ($($form:ident),+) => {
        $(impl Form for $form {
            fn read(pairs: &mut Pairs) -> Option<Self> {
                Self::from_pairs(mem::take(pairs))
            }
        })+
    };
}
forms!(KeyForm, EditForm, ArchiveForm, PurgeForm, RotateForm);

/// The form that switches a key.
pub struct SwitchForm {
    on: bool,
    /// Why a key that was reported as leaked may work again.
    reason: String,
}

impl Form for SwitchForm {
    fn read(pairs: &mut Pairs) -> Option<Self> {
        let on = match take(pairs, "to").as_str() {
            "on" => true,
            "off" => false,
            _ => return None,
        };
        Some(Self { on, reason: take(pairs, "reason").trim().to_owned() })
    }
}

/// The form that ends an overlap: on which key's page it is.
pub struct CutForm {
    page: KeyId,
}

impl Form for CutForm {
    fn read(pairs: &mut Pairs) -> Option<Self> {
        Some(Self { page: KeyId::parse(&take(pairs, "page"))? })
    }
}

/// The form that lengthens an overlap.
pub struct ExtendForm {
    page: KeyId,
    overlap: RotateForm,
}

impl Form for ExtendForm {
    fn read(pairs: &mut Pairs) -> Option<Self> {
        let page = KeyId::parse(&take(pairs, "page"))?;
        Some(Self { page, overlap: RotateForm::from_pairs(mem::take(pairs))? })
    }
}

/// Issues a key; the answer shows it once.
pub async fn post_new_key(FormPost(form, post): FormPost<KeyForm>) -> Response {
    match issue(&post.context, &form).await {
        Ok(Made::Answer(IssueAnswer::Issued(once))) => {
            post.answer(StatusCode::OK, FormOutcome::Issued(Arc::new(once))).await
        }
        Ok(Made::Already(id)) => post.answer(StatusCode::CONFLICT, FormOutcome::Already(id)).await,
        Ok(Made::Answer(IssueAnswer::Refused(errors))) => {
            post.refuse(errors, |errors| FormOutcome::Issue(form, errors)).await
        }
        Err(error) => post.refuse(error, |errors| FormOutcome::Issue(form, errors)).await,
    }
}

/// Archives a key and leads to its page.
pub async fn post_archive(Path(id): Path<String>, FormPost(form, post): FormPost<ArchiveForm>) -> Response {
    match app::keys::archive::archive(&post.context, &id, &form).await {
        Ok(ArchiveAnswer::Archived) => flash::lead(&routes::key(&id), Flash::Archived),
        Ok(ArchiveAnswer::Refused(errors)) => post.refuse(errors, |errors| FormOutcome::Archive(form, errors)).await,
        Err(error) => post.refuse(error, |errors| FormOutcome::Archive(form, errors)).await,
    }
}

/// Undoes that a key was archived, and leads to its page.
pub async fn post_restore(Path(id): Path<String>, FormPost((), post): FormPost<()>) -> Response {
    let page = routes::key(&id);
    match app::keys::archive::restore(&post.context, &id).await {
        Ok(()) => flash::lead(&page, Flash::Restored),
        Err(errors) => post.at(&page).refuse(errors, FormOutcome::Switch).await,
    }
}

/// Edits a key and leads to its page.
pub async fn post_edit(Path(id): Path<String>, FormPost(form, post): FormPost<EditForm>) -> Response {
    if form.step == BACK {
        // As it was typed: nothing is asked of anybody.
        return post.answer(StatusCode::OK, FormOutcome::Edit(form, FormErrors::default())).await;
    }
    match edit(&post.context, &id, &form).await {
        Ok(Edited::Saved) => flash::lead(&routes::key(&id), Flash::Saved),
        Ok(Edited::Unchanged) => flash::lead(&routes::key(&id), Flash::Unchanged),
        Ok(Edited::Asked(found)) => post.answer(StatusCode::OK, FormOutcome::Preview(form, found)).await,
        Err(errors) => post.refuse(errors, |errors| FormOutcome::Edit(form, errors)).await,
    }
}

/// Switches a key off or on, and leads to its page.
pub async fn post_switch(Path(id): Path<String>, FormPost(form, post): FormPost<SwitchForm>) -> Response {
    let page = routes::key(&id);
    match (switch(&post.context, &id, form.on, &form.reason).await, KeyId::parse(&id)) {
        (Ok(()), Some(key)) => flash::lead(&page, Flash::switched(key, form.on)),
        // An archived key's page says why it stays as it is.
        (Ok(()) | Err(FormErrors { failure: None, .. }), _) => Redirect::to(&page).into_response(),
        // There is no page of its own to come back to.
        (Err(errors), _) => post.at(&page).refuse(errors, FormOutcome::Switch).await,
    }
}

/// Issues a key's successor; the answer shows it once.
pub async fn post_rotate(Path(id): Path<String>, FormPost(form, post): FormPost<RotateForm>) -> Response {
    match rotate(&post.context, &id, &form).await {
        Ok(Rotated::IssuedSecret(once)) => post.answer(StatusCode::OK, FormOutcome::Issued(Arc::from(once))).await,
        Ok(Rotated::Already(id)) => post.answer(StatusCode::CONFLICT, FormOutcome::Already(id)).await,
        Err(errors) => post.refuse(errors, |errors| FormOutcome::Rotate(form, errors)).await,
    }
}

/// Ends the overlap of an old key and leads back to the page it was asked on.
pub async fn post_cut(Path(id): Path<String>, FormPost(form, post): FormPost<CutForm>) -> Response {
    let done = cut(&post.context, &id).await;
    overlap_answer(post, form.page, (id, RotateForm::default()), done).await
}

/// Lets an old key work for longer and leads back to the page it was asked on.
pub async fn post_extend(Path(id): Path<String>, FormPost(form, post): FormPost<ExtendForm>) -> Response {
    let ExtendForm { page, overlap } = form;
    let done = extend(&post.context, &id, &overlap).await;
    overlap_answer(post, page, (id, overlap), done).await
}

/// Leads to the key's page that a form was on, or renders it again with what has to be mended.
async fn overlap_answer(
    post: Post,
    page: KeyId,
    (old, form): (String, RotateForm),
    done: Result<(), FormErrors>,
) -> Response {
    let page = routes::key(page.as_str());
    match done {
        Ok(()) => Redirect::to(&page).into_response(),
        Err(errors) => post.at(&page).refuse(errors, |errors| FormOutcome::Overlap(old, form, errors)).await,
    }
}

/// Removes an archived key and leads to the list.
pub async fn post_purge(Path(id): Path<String>, FormPost(form, post): FormPost<PurgeForm>) -> Response {
    match purge(&post.context, &id, &form).await {
        Ok(()) => flash::lead(&format!("{}?status=any", routes::KEYS), Flash::Purged),
        Err(errors) => post.refuse(errors, |errors| FormOutcome::Purge(form, errors)).await,
    }
}
