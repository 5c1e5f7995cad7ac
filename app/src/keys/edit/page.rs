//! The page that edits a key: everything but its secret.

use std::net::IpAddr;

use admin::UnusedScopes;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use model::scope::{ALL_ACCESS, Scope, Scopes};

use crate::{
    form_outcome::{FormErrors, FormOutcome},
    keys::{
        detail::view::EditPreviewView,
        edit::{confirm::Confirm, island::EditKey as Form, least_privilege::LeastPrivilege},
        fields::scope_table::ScopeTable,
        form::{EditForm, KeyForm},
        view::{EditKeyView, NewKeyView},
    },
    layout::{
        head::{PageHead, above_key, above_keys},
        page::Loaded,
    },
    query::query,
    routes,
    ui::icon::Icon,
};

/// `/keys/:id/edit`.
#[component]
pub(crate) fn EditKey() -> impl IntoView {
    let id = use_params_map().read_untracked().get("id").unwrap_or_default();
    let form_outcome = use_context::<FormOutcome>();
    if let Some(FormOutcome::Preview(form, found)) = form_outcome {
        let show = move |found: Box<EditPreviewView>| view! { <Confirm form found=*found/> };
        return view! { <Loaded title="Edit a key" current=routes::KEYS load=async { Ok(found) } show/> }.into_any();
    }
    let (typed, FormErrors { errors, failure }) = match form_outcome {
        Some(FormOutcome::Edit(form, refused)) => (Some(form), refused),
        _ => (None, FormErrors::default()),
    };
    let show = move |(view, unused): (EditKeyView, Option<UnusedScopes>)| {
        let name = view.name.clone();
        if view.is_archived {
            return view! {
                <div class="empty stack center">
                    <h1><bdi>{name}</bdi>" is archived and stays as it is"</h1>
                    <p><a class="btn" href=routes::key(&view.id)>"Back to the key"</a></p>
                </div>
            }
            .into_any();
        }
        let above = vec![above_keys(), above_key(&view.id, &name)];
        let (added, dropped, form) = if let Some(typed) = typed {
            (Vec::new(), Vec::new(), typed)
        } else {
            let mut form = view.form.clone();
            let added = add(&mut form, &view.choices, query("scope"), query("address"));
            let dropped = if view.is_jwt { Vec::new() } else { drop_scopes(&mut form, query("drop")) };
            (added, dropped, EditForm { seen: view.generation, form, ..EditForm::default() })
        };
        let hint = unused.filter(|_| dropped.is_empty()).map(|found| {
            view! { <div class="banner lead"><Icon name="shield"/><LeastPrivilege id=view.id.clone() found/></div> }
        });
        let table =
            view! { <ScopeTable view=&view.choices form=&form.form tenant=Some(&view.form.input.tenant)/> }.into_any();
        view! {
            <PageHead title=view! { "Edit "<bdi>{name}</bdi> } above here="Edit"/>
            {(!added.is_empty()).then(|| view! {
                <div class="banner lead"><Icon name="plus"/><p>"Added to what the key has: "<b>{added.join(", ")}</b>". Nothing changes before you save."</p></div>
            })}
            {(!dropped.is_empty()).then(|| view! {
                <div class="banner lead"><Icon name="check"/><p>"Left out: "<b>{dropped.join(", ")}</b>". Nothing changes before you save."</p></div>
            })}
            {hint}
            <Form view form errors failure>{table}</Form>
        }
        .into_any()
    };
    let load = async move {
        Ok((
            crate::keys::detail::load::key_form(id.clone()).await?,
            crate::keys::detail::load::unused_scopes(id).await?,
        ))
    };
    view! { <Loaded title="Edit a key" current=routes::KEYS load show/> }.into_any()
}

/// Adds what a link asks for to the form: scopes, but none that opens everything or is Keyward's own, and an address, where
/// the key has a list of them. Returns what was added.
fn add(form: &mut KeyForm, choices: &NewKeyView, scopes: Option<String>, address: Option<String>) -> Vec<String> {
    let mut added = Vec::new();
    let asked = scopes.and_then(|scopes| Scopes::parse(&scopes).ok()).unwrap_or_default();
    let is_plain = |scope: &&Scope| !scope.is_reserved() && scope.as_str() != ALL_ACCESS;
    for scope in asked.iter().filter(is_plain).map(ToString::to_string) {
        if form.ticked.contains(&scope) || form.input.scopes.split_whitespace().any(|held| held == scope) {
            continue;
        }
        if choices.offers(&scope) {
            form.ticked.push(scope.clone());
        } else {
            form.input.scopes.extend([" ", &scope]);
        }
        added.push(scope);
    }
    let address = address.and_then(|address| address.parse::<IpAddr>().ok()).map(|address| address.to_string());
    if let Some(address) = address.filter(|_| !form.input.addresses.is_empty()) {
        form.input.addresses.extend(["\n", &address]);
        added.push(address);
    }
    added
}

/// Leaves the scopes of a link out of the form. Returns those that the form had.
fn drop_scopes(form: &mut KeyForm, scopes: Option<String>) -> Vec<String> {
    let asked = scopes.and_then(|scopes| Scopes::parse(&scopes).ok()).unwrap_or_default();
    let mut dropped = Vec::new();
    for scope in asked.iter().map(ToString::to_string) {
        let mut typed: Vec<_> = form.input.scopes.split_whitespace().collect();
        let before = form.ticked.len() + typed.len();
        typed.retain(|held| *held != scope);
        form.ticked.retain(|held| *held != scope);
        if form.ticked.len() + typed.len() < before {
            form.input.scopes = typed.join(" ");
            dropped.push(scope);
        }
    }
    dropped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leaves_out_only_what_the_form_has() {
        let mut form =
            KeyForm { ticked: vec!["a".to_owned(), "b.read".to_owned()], ..KeyForm::empty("ops@example.com") };
        form.input.scopes = "c d.write".to_owned();
        assert_eq!(drop_scopes(&mut form, Some("b.read c z".to_owned())), ["b.read", "c"]);
        assert_eq!((form.ticked.as_slice(), form.input.scopes.as_str()), (&["a".to_owned()][..], "d.write"));
        for nothing in [None, Some("No Scope".to_owned()), Some("b.read".to_owned())] {
            assert_eq!(drop_scopes(&mut form, nothing), [""; 0]);
        }
    }

    #[test]
    fn a_link_adds_scopes_and_an_address_and_never_more_than_it_says() {
        for (held, scopes, address, expected) in [
            ("a", "b.read c", "", &["b.read", "c"][..]),
            ("a", "a", "", &[]),
            ("a", "public keyward.any_tenant", "", &[]),
            ("a", "No Scope", "", &[]),
            ("a", "", "192.0.2.7", &["192.0.2.7"]),
            ("a", "", "192.0.2.0/24", &[]),
        ] {
            let mut form = KeyForm::empty("ops@example.com");
            form.input.scopes = held.to_owned();
            form.input.addresses = "10.0.0.1".to_owned();
            let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
            let added = add(&mut form, &NewKeyView::default(), given(scopes), given(address));
            assert_eq!(added, expected, "{scopes} {address}");
        }
        let mut anywhere = KeyForm::empty("ops@example.com");
        assert_eq!(add(&mut anywhere, &NewKeyView::default(), None, Some("192.0.2.7".to_owned())), [""; 0]);
    }
}
