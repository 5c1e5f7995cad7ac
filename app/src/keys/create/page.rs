//! The page for a new key, and without JavaScript also its mended form.

use leptos::prelude::*;
use model::{account::Action, catalog::Kind, key_input::KeyInput};

use crate::{
    catalog::samples::{OfferedOn, SampleSets},
    form_outcome::{FormErrors, FormOutcome},
    keys::{
        create::island::{CreateKey, course::FORM},
        fields::scope_table::ScopeTable,
        form::KeyForm,
        show_once::page::{Already, Stored, mark},
        view::{NewKeyView, VisitorView},
    },
    layout::{
        head::{PageHead, above_keys},
        page::Loaded,
    },
    query::query,
    routes,
    session::context::context,
};

/// `/keys/new`.
#[component]
pub(crate) fn NewKey() -> impl IntoView {
    let template = query("template").unwrap_or_default();
    let (form, errors, failure) = match use_context::<FormOutcome>() {
        Some(FormOutcome::Issued(once)) => return view! { <Stored once/> }.into_any(),
        Some(FormOutcome::Already(id)) => return view! { <Already id/> }.into_any(),
        Some(FormOutcome::Issue(form, FormErrors { errors, failure })) => (Some(form), errors, failure),
        _ => (None, Vec::new(), None),
    };
    let may_add = context().is_some_and(|context| context.may(Action::WriteCatalog).is_ok());
    let load = async { Ok((crate::layout::visitor::visitor().await?, crate::keys::detail::load::new_key().await?)) };
    let show = move |(visitor, view): (VisitorView, NewKeyView)| {
        let form = form.unwrap_or_else(|| begin(&visitor.email, &template, &view));
        let mark = mark(&form.once);
        let table = view! { <ScopeTable view=&view form=&form tenant=None/> }.into_any();
        let is_bare = view.scopes.iter().all(|scope| scope.reserved);
        view! {
            <PageHead title="Create a key" above=vec![above_keys()] here="New"/>
            {is_bare.then(|| view! { <NoScopes may_add/> })}
            // Beside the island, part of its form: nothing of it has to come to life.
            <input type="hidden" form=FORM name="once" value=mark/>
            <CreateKey view form errors failure>{table}</CreateKey>
        }
    };
    view! { <Loaded title="Create a key" current=routes::KEYS load show/> }.into_any()
}

/// What scopes are, and where to take some from, while none is listed.
#[component]
fn NoScopes(may_add: bool) -> impl IntoView {
    let what = view! { "A scope names one thing that a key may do, such as "<code translate="no">"bookings.read"</code>"; a service asks for it by that name. " };
    let rest = if may_add {
        view! {
            <p>{what}"Type them below, "<a class="link" href=routes::new_entry(Kind::Scope)>"add one"</a>" to choose from, or begin with a sample set:"</p>
            <SampleSets on=OfferedOn::NewKey/>
        }
        .into_any()
    } else {
        view! { <p>{what}"Type them below, or ask an administrator to add some."</p> }.into_any()
    };
    view! {
        <section class="stack tight no-scopes" aria-labelledby="no-scopes">
            <h2 id="no-scopes">"No scopes are listed yet"</h2>
            {rest}
        </section>
    }
}

/// The form before anything was typed: empty, or with the scopes that a template requires.
fn begin(owner: &str, template: &str, view: &NewKeyView) -> KeyForm {
    let empty = KeyForm::empty(owner);
    let Some(template) = view.templates.iter().find(|known| known.id == template) else { return empty };
    let (ticked, typed): (Vec<_>, Vec<_>) = template.required.iter().cloned().partition(|scope| view.offers(scope));
    KeyForm {
        template: template.id.clone(),
        ticked,
        input: KeyInput { scopes: typed.join(" "), ..empty.input.clone() },
        ..empty
    }
}
