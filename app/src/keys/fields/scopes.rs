//! What a key may do: the catalogue as a matrix to tick, and more to type.

use leptos::prelude::*;
use model::scope::ALL_ACCESS;

use crate::{
    keys::{
        fields::{Draft, controls::Line},
        form::KeyForm,
        view::{NewKeyView, ScopeRow, TenantChoice},
    },
    ui::icon::Icon,
};

/// The columns of the matrix.
const COLUMNS: [&str; 3] = ["All", "Read", "Write"];

/// What the key may do.
#[component]
pub(crate) fn Scopes(draft: Draft) -> impl IntoView {
    let (own, catalogue): (Vec<_>, Vec<_>) =
        draft.view.with_value(|view| view.scopes.clone()).into_iter().partition(|row| row.reserved);
    let none = own.is_empty() && catalogue.is_empty();
    let tenant = draft.tenant();
    let rows = move |rows: Vec<ScopeRow>| rows.into_iter().map(|row| view! { <Row draft row tenant/> }).collect_view();
    let error = draft.error("all_access_reason");
    let opens_all = move || draft.typed.with(|form| all_scopes(form).iter().any(|scope| scope == ALL_ACCESS));
    view! {
        <fieldset class="section stack">
            <legend>"What it may do"</legend>
            {(!none).then(|| view! {
                <div class="scopes"><table>
                    <caption class="hide">"Scopes"</caption>
                    <thead><tr><th scope="col">"Scope"</th>{COLUMNS.map(|column| view! { <th scope="col">{column}</th> })}</tr></thead>
                    <tbody>{rows(catalogue)}</tbody>
                    {(!own.is_empty()).then(|| view! {
                        <tbody><tr><th class="muted" colspan="4" scope="rowgroup">"Keyward itself"</th></tr>{rows(own)}</tbody>
                    })}
                </table></div>
            })}
            <div class="reason" class:shown=move || opens_all() || error.with(Option::is_some)>
                <Line draft id="all_access_reason" label="Why it may open everything" value=draft.was(|form| &form.input.all_access_reason)
                    hint="Everyone who looks at the key reads this."/>
            </div>
            <Line draft id="scopes" label=if none { "Scopes" } else { "More scopes" } mono=true value=draft.was(|form| &form.input.scopes)
                hint="Separated by spaces, such as rooms.read badges.write."/>
        </fieldset>
    }
}

/// One scope: what it opens, and a box for each direction.
#[component]
fn Row(draft: Draft, row: ScopeRow, tenant: Memo<String>) -> impl IntoView {
    let choices = row.choices().map(|choice| choice.map(|(scope, sentence)| (scope, sentence.to_owned())));
    let ScopeRow { name, risk, opened, all_access, .. } = row;
    let why = Memo::new(move |_| {
        let tenant = tenant.get();
        draft.view.with_value(|view| locked(opened.as_deref(), all_access, &tenant, view))
    });
    let says = choices.clone().into_iter().zip(COLUMNS).enumerate();
    let says = says.filter_map(|(place, (choice, column))| {
        choice.map(|(scope, sentence)| {
            let id = format!("says-{scope}");
            match place {
                0 => view! { <span class="says muted" id=id>{sentence}" "</span> }.into_any(),
                _ => view! { <span class="says muted small" id=id><b>{column}": "</b>{sentence}" "</span> }.into_any(),
            }
        })
    });
    let boxes = choices.map(|choice| {
        choice.map(|(scope, _)| {
            let held = draft.form.with_value(|form| form.ticked.contains(&scope));
            // What a key holds already is not asked about again.
            let disabled = move || !(draft.is_edit && held) && why.with(Option::is_some);
            let checked = held && !disabled();
            view! {
                <label><input type="checkbox" name="scope" value=scope.clone() checked=checked disabled=disabled
                    aria-label=scope.clone() aria-describedby=format!("says-{scope}")/></label>
            }
        })
    });
    let chip = match risk.as_str() {
        "high" => Some(("chip bad", "High risk")),
        "medium" => Some(("chip warn", "Medium risk")),
        _ => None,
    };
    view! {
        <tr>
            <th scope="row">
                <span class="row tight">
                    <code translate="no">{name}</code>
                    {all_access.then(|| view! { <span class="chip bad">"All access"</span> })}
                    {chip.map(|(class, words)| view! { <span class=class>{words}</span> })}
                    {move || why.with(Option::is_some).then(|| view! { <span class="chip"><Icon name="lock"/>"Locked"</span> })}
                </span>
                {says.collect_view()}
                {move || why.get().map(|why| view! { <span class="says muted small">{why}</span> })}
            </th>
            {boxes.map(|tick| view! { <td>{tick}</td> })}
        </tr>
    }
}

/// Why a scope cannot be granted in this tenant, if so.
fn locked(opened: Option<&[String]>, all_access: bool, tenant: &str, view: &NewKeyView) -> Option<String> {
    if opened.is_some_and(|opened| !opened.iter().any(|open| open == tenant)) {
        return Some(format!("It has to be opened by a superadmin for tenant {tenant}."));
    }
    let forbids = |one: &TenantChoice| one.name == tenant && !one.grants_all;
    (all_access && view.tenants.iter().any(forbids)).then(|| format!("Tenant {tenant} grants it to nobody."))
}

/// All scopes, ticked and typed, each once.
pub(crate) fn all_scopes(form: &KeyForm) -> Vec<String> {
    let all = form.scopes();
    let mut found: Vec<String> = Vec::new();
    for word in all.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty()) {
        if !found.iter().any(|other| other == word) {
            found.push(word.to_owned());
        }
    }
    found
}
