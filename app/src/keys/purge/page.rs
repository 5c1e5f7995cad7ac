//! The page that removes an archived key for good, for superadmins.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use crate::{
    error::ApiError,
    form_outcome::{FormErrors, FormOutcome},
    keys::{form::PurgeForm, view::KeyView},
    layout::{
        head::{PageHead, above_key, above_keys},
        page::{Failure, Loaded},
    },
    routes,
    ui::{
        field::{Field, error_of},
        icon::Icon,
    },
};

/// `/keys/:id/purge`.
#[component]
pub(crate) fn PurgeKey() -> impl IntoView {
    let id = use_params_map().read_untracked().get("id").unwrap_or_default();
    let (form, refused) = match use_context::<FormOutcome>() {
        Some(FormOutcome::Purge(form, refused)) => (form, refused),
        _ => (PurgeForm::default(), FormErrors::default()),
    };
    let show = move |view: KeyView| view! { <Ask view form refused/> };
    view! { <Loaded title="Delete a key for good" current=routes::KEYS load=crate::keys::detail::load::show_key(id) show/> }
}

#[component]
fn Ask(view: KeyView, form: PurgeForm, refused: FormErrors) -> impl IntoView {
    let (id, name) = (view.row.mask.id, view.row.name);
    let back = routes::key(&id);
    if !view.may_purge {
        return view! { <Failure error=ApiError::Forbidden/> }.into_any();
    }
    if view.archived.is_none() {
        return view! {
            <div class="empty stack center">
                <h1><bdi>{name}</bdi>" is not archived, so it cannot be deleted"</h1>
                <p><a class="btn" href=back>"Back to the key"</a></p>
            </div>
        }
        .into_any();
    }
    let above = vec![above_keys(), above_key(&id, &name)];
    let error = Signal::stored(error_of(&refused.errors, "confirm"));
    view! {
        <PageHead title=view! { "Delete "<bdi>{name.clone()}</bdi>" for good?" } above here="Delete for good" lead="The key and everything that was counted for it are removed, for good. Only the audit still knows it; whoever presents it is told that there is no such key.".into_any()/>
        <div class="ask stack">
            {refused.failure.map(|error| view! { <div class="banner bad" role="alert"><Icon name="warning"/><span>{error.to_string()}</span></div> })}
            <form class="stack" method="post" action=routes::purge_key(&id)>
                <Field id="confirm" label="Name of the key" error>
                    <input class="input" id="confirm" name="confirm" value=form.confirm autocomplete="off" autocapitalize="off" spellcheck="false"
                        aria-describedby="confirm-hint confirm-error" aria-invalid=move || error.get().map(|_| "true")/>
                    <span class="muted prose" id="confirm-hint">"Type "<bdi class="on">{name}</bdi>" to delete it for good."</span>
                </Field>
                <div class="row">
                    <a class="btn end" href=back>"Cancel"</a>
                    <button class="btn danger"><Icon name="x"/>"Delete for good"</button>
                </div>
            </form>
        </div>
    }
    .into_any()
}
