//! The form that edits a key. It is sent as a plain form; in the browser it follows what is typed, offers what a form
//! alone cannot, and forgets mistakes as they are mended.

use leptos::prelude::*;
use model::scope::ALL_ACCESS;

use crate::{
    error::ApiError,
    keys::{
        edit::changes::{Changes, changes, stated},
        fields::{
            Draft,
            controls::Line,
            expiry::Expiry,
            field_errors::FieldErrors,
            more::More,
            purpose::Purpose,
            scopes::{Scopes, all_scopes},
        },
        form::{EditForm, KEEP, LISTED},
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
    /// The scopes to tick.
    children: Children,
) -> impl IntoView {
    let EditKeyView { id, expires, is_jwt, choices, form: is, .. } = view;
    let EditForm { seen, form, .. } = form;
    let opens_all = all_scopes(&form).iter().any(|scope| scope == ALL_ACCESS);
    let signed_scopes = form.scopes().trim().to_owned();
    let draft = Draft::new(choices, form, errors, true);
    // Whoever typed before this came to life, or came back to the page, finds the folded parts say so.
    Effect::new(move |_| draft.follow());
    let ends = expires.long;
    let was = StoredValue::new((stated(&is, &ends, &[]), ends.clone()));
    let found = Memo::new(move |_| {
        draft.typed.with(|form| {
            was.with_value(|(was, ends)| draft.view.with_value(|view| changes(was, &stated(form, ends, &view.lives))))
        })
    });
    // A form that lives lists what will change beside its fields.
    let lives = RwSignal::new(false);
    Effect::new(move |_| lives.set(true));
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
        view! { <Scopes draft table=children/> <Expiry draft now=ends/> }.into_any()
    };
    view! {
        <div class="split">
            <form id=FORM method="post" action=routes::edit_key(&id) novalidate data-guard="" node_ref=draft.node on:input=move |event| draft.clear_error(&event)>
                <Purpose draft/>
                {rest}
                <More draft is_signed=is_jwt/>
                <input type="hidden" name="seen" value=seen/>
                <input type="hidden" name="step" value=move || lives.get().then_some(LISTED)/>
            </form>
            <aside class="panel plain sticky" aria-labelledby="changes-title">
                <header class="row"><h2 id="changes-title">"What will change"</h2></header>
                <div class="body stack">
                    <div class="stack tight scripted">{move || match found.get() {
                        none if none.is_empty() => view! { <p>"Nothing so far."</p> }.into_any(),
                        some => view! { <Changes of=some/> }.into_any(),
                    }}</div>
                    <p class="unscripted">"Save lists it first where it changes what the key opens."</p>
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
