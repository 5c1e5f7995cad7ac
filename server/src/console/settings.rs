//! The settings' forms: each POST runs one use case and leads to the list, or renders the page again with what was typed
//! and what to mend.

use std::mem;

use app::{
    catalog::{
        forms::{add_person, delete_entry, save_entry, switch_entry, switch_person},
        samples::{OfferedOn, add_sample_set},
        view::{SaveAnswer, Typed},
    },
    error::ApiError,
    form_outcome::{FormErrors, FormOutcome},
    keys::form::{ANYWAY, BACK},
    routes,
};
use axum::{extract::Path, http::StatusCode, response::Response};
use model::{catalog::Kind, sample_set::SampleSet};

use crate::console::{
    flash,
    form_post::{Form, FormPost, Pairs, Post, bad_form, take},
};

/// Leads on when it is saved; otherwise the page of this request is rendered again.
async fn lead(post: Post, done: &str, typed: Typed, result: Result<SaveAnswer, ApiError>) -> Response {
    match result {
        Ok(SaveAnswer::Saved(said)) => flash::lead(done, said),
        Ok(SaveAnswer::WouldBreak(found, errors)) => {
            let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
            post.answer(status, FormOutcome::WouldBreak(typed, found, errors.into())).await
        }
        Ok(SaveAnswer::Refused(errors)) => post.refuse(errors, |errors| FormOutcome::Settings(typed, errors)).await,
        Err(error) => post.refuse(error, |errors| FormOutcome::Settings(typed, errors)).await,
    }
}

/// The list a form leads to.
fn list(kind: &str) -> String {
    routes::SETTINGS.replace(":kind", Kind::parse(kind).map_or("", Kind::code))
}

/// The form of an entry: which fields it may have, its kind says, which is in the address.
pub struct EntryForm {
    fields: Pairs,
    /// `step`: empty at first; [`ANYWAY`] or [`BACK`] once it was said what it would refuse.
    step: String,
    /// `confirm`: the name, typed to save it anyway.
    confirm: String,
}

impl Form for EntryForm {
    fn read(pairs: &mut Pairs) -> Option<Self> {
        let (step, confirm) = (take(pairs, "step"), take(pairs, "confirm"));
        let is_known = ["", ANYWAY, BACK].contains(&step.as_str());
        is_known.then(|| Self { fields: mem::take(pairs), step, confirm })
    }
}

/// The form that switches something.
pub struct SwitchForm {
    on: bool,
    /// `confirm`: the name, typed when keys in use would stop.
    confirm: String,
}

impl Form for SwitchForm {
    fn read(pairs: &mut Pairs) -> Option<Self> {
        let on = match take(pairs, "on").as_str() {
            "1" => true,
            "0" => false,
            _ => return None,
        };
        Some(Self { on, confirm: take(pairs, "confirm") })
    }
}

impl SwitchForm {
    fn typed(&self) -> Typed {
        Typed { fields: [("confirm".to_owned(), self.confirm.clone())].into(), generation: None }
    }
}

/// The form that adds someone who may sign in.
pub struct PersonForm {
    typed: Typed,
    password: String,
}

impl Form for PersonForm {
    fn read(pairs: &mut Pairs) -> Option<Self> {
        let password = take(pairs, "password");
        let typed = Typed::from_pairs(mem::take(pairs), |name| ["email", "role"].contains(&name))?;
        Some(Self { typed, password })
    }
}

async fn save(kind: &str, id: Option<&str>, form: EntryForm, post: Post) -> Response {
    let EntryForm { fields, step, confirm } = form;
    // A kind that is none has no form; whoever saves it says so.
    let of = Kind::parse(kind);
    let is_known = |name: &str| of.is_none_or(|kind| kind.field(name).is_some());
    let Some(typed) = Typed::from_pairs(fields, is_known) else { return bad_form() };
    if step == BACK {
        // As it was typed: nothing is asked of anybody.
        return post.answer(StatusCode::OK, FormOutcome::Settings(typed, FormErrors::default())).await;
    }
    let confirm = (step == ANYWAY).then_some(confirm.as_str());
    let saved = save_entry(&post.context, kind, id, &typed, confirm).await;
    lead(post, &list(kind), typed, saved).await
}

/// Makes an entry.
pub async fn post_new_entry(Path(kind): Path<String>, FormPost(form, post): FormPost<EntryForm>) -> Response {
    save(&kind, None, form, post).await
}

/// Edits an entry.
pub async fn post_entry(
    Path((kind, id)): Path<(String, String)>,
    FormPost(form, post): FormPost<EntryForm>,
) -> Response {
    save(&kind, Some(&id), form, post).await
}

/// Switches an entry off, or on again.
pub async fn post_switch_entry(
    Path((kind, id)): Path<(String, String)>,
    FormPost(form, post): FormPost<SwitchForm>,
) -> Response {
    let switched = switch_entry(&post.context, &kind, &id, form.on, &form.confirm).await;
    let list = list(&kind);
    // What is switched off has no page that asks.
    let post = if form.on { post.at(&list) } else { post };
    lead(post, &list, form.typed(), switched).await
}

/// Deletes an entry that no key uses.
pub async fn post_delete_entry(Path((kind, id)): Path<(String, String)>, FormPost((), post): FormPost<()>) -> Response {
    let deleted = delete_entry(&post.context, &kind, &id).await;
    lead(post, &list(&kind), Typed::default(), deleted).await
}

/// The form that adds a sample set.
pub struct SamplesForm {
    set: SampleSet,
    /// The page that offers it.
    on: OfferedOn,
}

impl Form for SamplesForm {
    fn read(pairs: &mut Pairs) -> Option<Self> {
        Some(Self { set: SampleSet::parse(&take(pairs, "set"))?, on: OfferedOn::parse(&take(pairs, "on"))? })
    }
}

/// Adds what of a sample set is not there yet.
pub async fn post_samples(FormPost(form, post): FormPost<SamplesForm>) -> Response {
    let added = add_sample_set(&post.context, form.set).await;
    let list = routes::settings(Kind::Scope);
    match added {
        Ok(said) => flash::lead(form.on.address(), said),
        Err(error) => lead(post.at(list), list, Typed::default(), Err(error)).await,
    }
}

/// Adds someone who may sign in.
pub async fn post_new_person(FormPost(form, post): FormPost<PersonForm>) -> Response {
    let PersonForm { typed, password } = form;
    let added = add_person(&post.context, &typed, password).await;
    lead(post, routes::PEOPLE, typed, added).await
}

/// Lets someone sign in, or not.
pub async fn post_switch_person(Path(id): Path<String>, FormPost(form, post): FormPost<SwitchForm>) -> Response {
    let switched = switch_person(&post.context, &id, form.on, &form.confirm).await;
    let post = if form.on { post.at(routes::PEOPLE) } else { post };
    lead(post, routes::PEOPLE, form.typed(), switched).await
}
