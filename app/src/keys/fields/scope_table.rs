//! The catalogue of scopes as a table to tick. The server renders it; in the browser nothing of it comes to life but its
//! boxes, a filter when it is long, and the locks of the tenant that is chosen.

use leptos::prelude::*;

use crate::{
    keys::{
        form::KeyForm,
        view::{NewKeyView, ScopeRow, TenantChoice},
    },
    ui::icon::Icon,
};

/// The columns of the table.
const COLUMNS: [&str; 3] = ["All", "Read", "Write"];
/// From so many rows on the table has a filter, and scrolls.
const LONG: usize = 15;

/// The catalogue, then Keyward's own scopes.
#[component]
pub(crate) fn ScopeTable<'a>(
    /// What can be chosen.
    view: &'a NewKeyView,
    /// The form that it is a part of.
    form: &'a KeyForm,
    /// The tenant of a key that is there: what it holds stays open to it.
    tenant: Option<&'a str>,
) -> impl IntoView {
    if view.scopes.is_empty() {
        return ().into_any();
    }
    let (own, catalogue): (Vec<_>, Vec<_>) = view.scopes.iter().partition(|row| row.reserved);
    let is_long = catalogue.len() >= LONG;
    let is_held =
        own.iter().any(|row| row.choices().into_iter().flatten().any(|(scope, _)| form.ticked.contains(&scope)));
    let is_edit = tenant.is_some();
    let chosen = tenant.unwrap_or_else(|| view.tenant(&form.input.tenant));
    let locks = Locks { tenants: &view.tenants, chosen, is_edit };
    let rows = |rows: Vec<&ScopeRow>| rows.into_iter().map(|row| scope(row, form, &locks)).collect_view().into_any();
    view! {
        {is_long.then(|| view! {
            <div class="stack tight scripted">
                <label class="search"><span class="hide">"Find a scope"</span><Icon name="search"/>
                    // Of no form: it is not sent, and Enter sends nothing.
                    <input class="input" type="search" form="none" placeholder="Find a scope" autocomplete="off" spellcheck="false" data-filter=".scopes:not(.own) [data-scope]"/></label>
                <span class="muted small" role="status" data-filtered></span>
            </div>
        })}
        {(!catalogue.is_empty()).then(|| view! {
            <div class="scopes" class:long=is_long tabindex=is_long.then_some("0") role=is_long.then_some("group") aria-label=is_long.then_some("Scopes")>
                <Table caption="Scopes" rows=rows(catalogue)/></div>
        })}
        // Few keys ask Keyward itself: these stay folded until one is held.
        {(!own.is_empty()).then(|| view! {
            <details class="fold" open=is_held>
                <summary class="row"><Icon name="chevron"/><b>"Keyward itself"</b><span class="muted end">"verify API and REST API"</span></summary>
                <div class="scopes own"><Table caption="Scopes of Keyward itself" rows=rows(own)/></div>
            </details>
        })}
    }
    .into_any()
}

#[component]
fn Table(caption: &'static str, rows: AnyView) -> impl IntoView {
    view! {
        <table>
            <caption class="hide">{caption}</caption>
            <thead><tr><th scope="col">"Scope"</th>{COLUMNS.map(|column| view! { <th scope="col">{column}</th> })}</tr></thead>
            <tbody>{rows}</tbody>
        </table>
    }
}

/// Where scopes cannot be granted.
struct Locks<'a> {
    tenants: &'a [TenantChoice],
    /// The tenant that the page comes with.
    chosen: &'a str,
    is_edit: bool,
}

impl Locks<'_> {
    /// The tenants that a scope cannot be granted in, each with the reason.
    fn of(&self, row: &ScopeRow) -> Vec<(String, String)> {
        let is_open = |name: &str| row.opened.as_ref().is_none_or(|opened| opened.iter().any(|open| open == name));
        // A key's tenant may be none of the choices.
        let known = self.tenants.iter().map(|tenant| tenant.name.as_str());
        let other = Some(self.chosen).filter(|chosen| known.clone().all(|name| name != *chosen));
        let why = |name: &str| {
            let forbids = |one: &TenantChoice| one.name == name && !one.grants_all;
            match is_open(name) {
                false => Some(format!("It has to be opened by a superadmin for tenant {name}.")),
                true if row.all_access && self.tenants.iter().any(forbids) => {
                    Some(format!("Tenant {name} grants it to nobody."))
                }
                true => None,
            }
        };
        let of = known.chain(other).filter(|name| !self.is_edit || *name == self.chosen);
        of.filter_map(|name| Some((name.to_owned(), why(name)?))).collect()
    }
}

/// One scope: what it opens, and a box for each direction.
fn scope(row: &ScopeRow, form: &KeyForm, locks: &Locks<'_>) -> impl IntoView + use<> {
    let why = locks.of(row);
    let chosen = locks.chosen.to_owned();
    let is_locked = why.iter().any(|(tenant, _)| *tenant == chosen);
    let says = row.choices().into_iter().zip(COLUMNS).enumerate();
    let says = says.filter_map(|(place, (choice, column))| {
        choice.map(|(scope, sentence)| {
            let (id, sentence) = (format!("says-{scope}"), sentence.to_owned());
            match place {
                0 => view! { <span class="says muted" id=id>{sentence}" "</span> }.into_any(),
                _ => view! { <span class="says muted small" id=id><b>{column}": "</b>{sentence}" "</span> }.into_any(),
            }
        })
    });
    let says = says.collect_view();
    let boxes = row.choices().map(|choice| {
        choice.map(|(scope, _)| {
            let held = form.ticked.contains(&scope);
            // What a key holds already is not asked about again.
            let disabled = is_locked && !(locks.is_edit && held);
            view! {
                <label><input type="checkbox" name="scope" value=scope.clone() checked=held && !disabled disabled=disabled
                    aria-label=scope.clone() aria-describedby=format!("says-{scope}")/></label>
            }
        })
    });
    let boxes = boxes.map(|tick| view! { <td>{tick}</td> });
    let chip = match row.risk.as_str() {
        "high" => Some(("chip bad", "High risk")),
        "medium" => Some(("chip warn", "Medium risk")),
        _ => None,
    };
    let lock = (!why.is_empty())
        .then(|| view! { <span class="chip" data-lock hidden=!is_locked><Icon name="lock"/>"Locked"</span> });
    let why = why.into_iter().map(|(tenant, why)| {
        let is_other = tenant != chosen;
        view! { <span class="says muted small" data-locked-in=tenant hidden=is_other>{why}</span> }
    });
    let why = why.collect_view();
    let (name, all_access) = (row.name.clone(), row.all_access);
    view! {
        <tr data-scope>
            <th scope="row">
                <span class="row tight">
                    <code translate="no">{name}</code>
                    {all_access.then(|| view! { <span class="chip bad">"All access"</span> })}
                    {chip.map(|(class, words)| view! { <span class=class>{words}</span> })}
                    {lock}
                </span>
                {says}
                {why}
            </th>
            {boxes}
        </tr>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_locked_in_the_tenants_that_do_not_grant_it() {
        let tenant = |name: &str, grants_all| TenantChoice { name: name.to_owned(), grants_all };
        let tenants = [tenant("north", true), tenant("south", false)];
        let row = |opened: Option<&[&str]>, all_access| ScopeRow {
            name: "doors".to_owned(),
            sentences: Default::default(),
            risk: "low".to_owned(),
            opened: opened.map(|opened| opened.iter().map(|name| (*name).to_owned()).collect()),
            all_access,
            reserved: false,
        };
        for (row, chosen, is_edit, expected) in [
            (row(None, false), "north", false, &[][..]),
            (row(Some(&["north"]), false), "north", false, &["south"]),
            (row(Some(&[]), false), "north", false, &["north", "south"]),
            (row(Some(&[]), false), "south", true, &["south"]),
            (row(Some(&[]), false), "west", true, &["west"]),
            (row(None, true), "north", false, &["south"]),
        ] {
            let locked = Locks { tenants: &tenants, chosen, is_edit }.of(&row);
            assert_eq!(locked.iter().map(|(tenant, _)| tenant.as_str()).collect::<Vec<_>>(), expected, "{row:?}");
        }
    }
}
