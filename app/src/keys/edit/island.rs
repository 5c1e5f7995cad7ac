//! The form that edits a key. It is sent as a plain form; in the browser it follows what is typed, offers what a form
//! alone cannot, and forgets mistakes as they are mended.

use leptos::prelude::*;
use model::scope::ALL_ACCESS;

use crate::{
    error::ApiError,
    keys::{
        fields::{
            Draft,
            controls::Line,
            expiry::Expiry,
            field_errors::FieldErrors,
            more::More,
            purpose::Purpose,
            scopes::{Scopes, all_scopes},
        },
        form::{EditForm, KEEP},
        view::{EditKeyView, FieldErrorView},
    },
    routes,
};

/// The form's id, for the button that stands outside of it.
const FORM: &str = "edit-key";
/// Why some fields of a JWT cannot be changed.
const SIGNED: &str = "This is signed into the JWT. Rotate the key to change it.";

/// The form, with the button beside it.
#[island(lazy)]
pub(crate) fn EditKey(
    /// The key, and what can be chosen.
    view: EditKeyView,
    /// What is typed already.
    form: EditForm,
    /// What has to be mended.
    errors: Vec<FieldErrorView>,
    /// Why it failed otherwise.
    failure: Option<ApiError>,
) -> impl IntoView {
    let EditKeyView { id, expires, is_jwt, choices, .. } = view;
    let EditForm { seen, form, .. } = form;
    let opens_all = all_scopes(&form).iter().any(|scope| scope == ALL_ACCESS);
    let signed_scopes = form.scopes().trim().to_owned();
    let draft = Draft::new(choices, form, errors, true);
    // Whoever typed before this came to life, or came back to the page, finds the folded parts say so.
    Effect::new(move |_| draft.follow());
    let ends = expires.long;
    let rest = if is_jwt {
        view! {
            <fieldset class="section stack">
                <legend>"What it may do"</legend>
                <Line draft id="scopes" label="Scopes" hint=SIGNED mono=true readonly=true value=signed_scopes/>
                {opens_all.then(|| view! {
                    <Line draft id="all_access_reason" label="Why it may open everything"
                        value=draft.form.with_value(|form| form.input.all_access_reason.clone())/>
                })}
            </fieldset>
            <fieldset class="section stack">
                <legend>"How long it lives"</legend>
                <input type="hidden" name="life" value=KEEP/>
                <p id="expires" tabindex="-1">"It ends " <b>{ends}</b> ". " <span class="muted">{SIGNED}</span></p>
            </fieldset>
        }
        .into_any()
    } else {
        view! { <Scopes draft/> <Expiry draft now=ends/> }.into_any()
    };
    view! {
        <div class="split">
            <form id=FORM method="post" action=routes::edit_key(&id) novalidate data-guard="" node_ref=draft.node on:input=move |event| draft.clear_error(&event)>
                <Purpose draft/>
                {rest}
                <More draft is_signed=is_jwt/>
                <input type="hidden" name="seen" value=seen/>
            </form>
            <aside class="panel plain sticky" aria-label="Save">
                <div class="body stack">
                    <p class="muted">"The secret stays. What you save holds at once on this node and within a second on every other."</p>
                    <FieldErrors draft failure=RwSignal::new(failure)/>
                    <div class="stack tight save">
                        <button class="btn primary wide" form=FORM>"Save"</button>
                        <a class="btn quiet wide" href=routes::key(&id)>"Cancel"</a>
                    </div>
                </div>
            </aside>
        </div>
    }
}
