//! What the list of each kind tells of an entry: the name, then what tells entries apart.

use leptos::prelude::*;
use model::{
    catalog::{Gate, Kind, Risk, Settings},
    id::EntryId,
    scope::{ALL_ACCESS, Scopes as ScopeSet},
    tenant::CredentialSources,
};

use crate::{
    catalog::{
        page::{OnOff, Switch},
        view::EntryRow,
    },
    keys::{archive::fields::ArchiveAll, list::query::ListQuery},
    routes,
    ui::{icon::Icon, key::Scopes},
};

/// The columns between the name and the actions, the name's first.
pub(crate) fn columns(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Tenant => &["Tenant", "Token prefix", "Sent as", "All access", "Documentation"],
        Kind::Group => &["Group", "Tenant", "Description"],
        Kind::Identity => &["Identity", "Tenant", "Description", "Status"],
        Kind::Scope => &["Scope", "It opens", "Risk", "Granting"],
        Kind::Template => &["Template", "Description", "Required", "Optional"],
        Kind::Policy => &[],
    }
}

/// The cells of a row.
pub(crate) fn cells(kind: Kind, row: &EntryRow, may_write: bool) -> impl IntoView + use<> {
    let name = row.settings.name().to_owned();
    let text = |label: &'static str, text: &dyn ToString| {
        view! { <td class="c-text" role="cell" data-label=label>{text_or_none(text.to_string())}</td> }
    };
    let chips = |label: &'static str, scopes: &ScopeSet| {
        let of: Vec<String> = scopes.iter().map(ToString::to_string).collect();
        view! { <td class="c-scopes" role="cell" data-label=label><Scopes of shown=8/></td> }
    };
    let about = match &row.settings {
        Settings::Tenant(tenant) => (
            view! { <td role="cell" data-label="Tokens begin with"><code translate="no">{tenant.prefix.to_string()}"_"</code></td> },
            text("Sent as", &presented(tenant.presentations)),
            text("All access", &tenant.all_access.words()),
            view! { <td class="c-text" role="cell" data-label="Documentation"><Docs href=tenant.docs.clone() tenant=name.clone()/></td> },
        )
            .into_any(),
        Settings::Group(group) => (text("Tenant", &group.tenant), text("For", &group.description)).into_any(),
        Settings::Identity(identity) => (
            text("Tenant", &identity.tenant),
            text("For", &identity.description),
            view! { <td class="c-state fit" role="cell"><OnOff off=row.off on_words="Active" off_words="Off"/></td> },
        )
            .into_any(),
        Settings::Scope(scope) => (
            text("It opens", &scope.sentence),
            view! { <td class="c-state fit" role="cell" data-label="Risk"><RiskChip risk=scope.risk/></td> },
            view! { <td class="c-text" role="cell" data-label="Granting"><Granting gated=scope.gate == Gate::Gated opened=scope.opened.join(" ")/></td> },
        )
            .into_any(),
        Settings::Template(template) => (
            text("For", &template.description),
            chips("Required", &template.required),
            chips("Optional", &template.optional),
        )
            .into_any(),
        Settings::Policy(_) => ().into_any(),
    };
    let badge = (kind == Kind::Scope && name == ALL_ACCESS)
        .then(|| view! { <span class="chip warn"><Icon name="warning"/>"All access"</span> });
    view! {
        <th class="c-key" scope="row" role="rowheader"><a href=routes::entry(kind, &row.id) title=name.clone()><bdi>{name.clone()}</bdi></a>{badge}</th>
        {about}
        <td class="c-act fit" role="cell"><Actions kind id=row.id.clone() name off=row.off may_write/></td>
    }
}

/// A text, or a dash; cards leave out what would be a dash.
fn text_or_none(text: String) -> impl IntoView {
    if text.is_empty() { view! { <span class="muted none">"\u{2014}"</span> }.into_any() } else { text.into_any() }
}

fn presented(sources: CredentialSources) -> String {
    match sources {
        CredentialSources::ALL => "In every way".to_owned(),
        some => some.to_string().replace(' ', ", "),
    }
}

#[component]
fn Docs(href: String, tenant: String) -> impl IntoView {
    if href.is_empty() {
        return text_or_none(href).into_any();
    }
    let label = format!("API documentation of {tenant}");
    view! { <a class="link" href=href rel="noreferrer" aria-label=label>"Open"</a> }.into_any()
}

#[component]
fn RiskChip(risk: Risk) -> impl IntoView {
    let class = match risk {
        Risk::Low => "chip",
        Risk::Medium => "chip warn",
        Risk::High => "chip bad",
    };
    view! { <span class=class>{risk.words()}<span class="hide">" risk"</span></span> }
}

/// Who may be granted a scope.
#[component]
pub(crate) fn Granting(gated: bool, opened: String) -> impl IntoView {
    if !gated {
        return view! { <span class="muted">"Open"</span> }.into_any();
    }
    let tenants = opened.split_whitespace().collect::<Vec<_>>().join(", ");
    view! {
        <span class="row tight">
            <span class="chip warn"><Icon name="lock"/>"Gated"</span>
            {if tenants.is_empty() { "opened for nobody".to_owned() } else { format!("opened for {tenants}") }}
        </span>
    }
    .into_any()
}

#[component]
fn Actions(kind: Kind, id: String, name: String, off: bool, may_write: bool) -> impl IntoView {
    match kind {
        Kind::Group => view! {
            <span class="row nowrap tight">
                <a class="btn" href=routes::keys_of_group(&id) aria-label=format!("Keys of {name}")><Icon name="key"/>"Keys"</a>
                {EntryId::parse(&id).filter(|_| may_write).map(|group| {
                    let of = ListQuery::default().with(|list| list.group = Some(group));
                    view! { <ArchiveAll of label="Archive all\u{2026}" name=format!("Archive all keys of {name}\u{2026}")/> }
                })}
            </span>
        }
        .into_any(),
        Kind::Identity if may_write => {
            view! { <Switch action=routes::switch_entry(kind, &id) name off turn_on="Switch on" turn_off="Switch off"/> }.into_any()
        }
        _ => ().into_any(),
    }
}
