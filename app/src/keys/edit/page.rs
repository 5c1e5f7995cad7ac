//! The page that edits a key: everything but its secret.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use crate::{
    form_outcome::{FormErrors, FormOutcome},
    keys::{
        detail::view::TightenView,
        edit::{island::EditKey as Form, lockout::Tighten},
        form::EditForm,
        view::EditKeyView,
    },
    layout::page::Loaded,
    routes,
};

/// `/keys/:id/edit`.
#[component]
pub(crate) fn EditKey() -> impl IntoView {
    let id = use_params_map().read_untracked().get("id").unwrap_or_default();
    let form_outcome = use_context::<FormOutcome>();
    if let Some(FormOutcome::Tighten(form, found)) = form_outcome {
        let show = move |found: Box<TightenView>| view! { <Tighten form found=*found/> };
        return view! { <Loaded title="Edit a key" current=routes::KEYS load=async { Ok(found) } show/> }.into_any();
    }
    let (typed, FormErrors { errors, failure }) = match form_outcome {
        Some(FormOutcome::Edit(form, refused)) => (Some(form), refused),
        _ => (None, FormErrors::default()),
    };
    let show = move |view: EditKeyView| {
        let (back, name) = (routes::key(&view.id), view.name.clone());
        if view.is_archived {
            return view! {
                <div class="empty stack center">
                    <h1><bdi>{name}</bdi>" is archived and stays as it is"</h1>
                    <p><a class="btn" href=back>"Back to the key"</a></p>
                </div>
            }
            .into_any();
        }
        let form =
            typed.unwrap_or_else(|| EditForm { seen: view.generation, form: view.form.clone(), ..EditForm::default() });
        view! {
            <nav class="row muted" aria-label="Breadcrumb">
                <a href=routes::KEYS>"Keys"</a> <span aria-hidden="true">"/"</span> <a href=back><bdi>{name.clone()}</bdi></a>
                <span aria-hidden="true">"/"</span> <span aria-current="page">"Edit"</span>
            </nav>
            <div class="row page-head"><h1>"Edit "<bdi>{name}</bdi></h1></div>
            <Form view form errors failure/>
        }
        .into_any()
    };
    view! { <Loaded title="Edit a key" current=routes::KEYS load=crate::keys::detail::load::key_form(id) show/> }
        .into_any()
}
