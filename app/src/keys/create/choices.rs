//! What can be chosen in a key's form, from the catalog and the policy. What may be granted is the domain's to say: here
//! is only what a form offers.

use admin::Permit;
use model::{
    account::Action,
    catalog::{Entry, Gate, Kind},
    policy::PRESETS,
    scope::{ALL_ACCESS, ANY_TENANT, RESERVED},
    time::DAY,
};

use crate::{
    error::ApiError,
    keys::{
        to_view,
        view::{IdentityChoice, LifeChoice, NewKeyView, ScopeRow, TemplateChoice, TenantChoice},
    },
    session::context::{RequestContext, closed},
};

/// All of it, for whoever may make keys.
pub(crate) async fn choices(context: &RequestContext, permit: &Permit) -> Result<NewKeyView, ApiError> {
    permit.allows(Action::WriteKeys).map_err(|_| ApiError::Forbidden)?;
    let admin = &context.admin;
    let entries = async |kind| admin.entries(permit, kind).await.map_err(closed);
    let tenants = entries(Kind::Tenant).await?;
    let templates = entries(Kind::Template).await?;
    let catalogue = entries(Kind::Scope).await?;
    let groups = entries(Kind::Group).await?;
    let identities = entries(Kind::Identity).await?;
    let policy = admin.policy().await.map_err(closed)?;
    let now = admin.clock().now();
    let (first, last) = policy.bounds(now);
    let lives = PRESETS.into_iter().filter(|days| (policy.min_days..=policy.max_days).contains(days));
    let grants = |name: &str| {
        let action = if name == ANY_TENANT { Action::ManageTenants } else { Action::GrantReserved };
        permit.allows(action).is_ok()
    };
    let reserved = RESERVED.iter().filter(|(name, _)| grants(name));
    Ok(NewKeyView {
        tenants: tenants.iter().map(tenant).collect(),
        may_choose_owner: permit.only_owner().is_none(),
        holding: admin.holding(permit, permit.actor()).await.map_err(closed)?,
        templates: templates.iter().map(template).collect(),
        scopes: catalogue.iter().map(scope).chain(reserved.map(|(name, sentence)| own(name, sentence))).collect(),
        groups: groups.iter().map(to_view::group).collect(),
        identities: identities.iter().filter(|entry| entry.disabled_at.is_none()).map(subject).collect(),
        lives: lives.map(|days| LifeChoice { days, ends: now.plus(days * DAY).long() }).collect(),
        never: policy.never,
        days: (policy.min_days, policy.max_days),
        dates: (first.iso_day(), last.iso_day()),
        address: context.address.map(|address| address.to_string()),
    })
}

fn tenant(entry: &Entry) -> TenantChoice {
    TenantChoice { name: entry.name().to_owned(), grants_all: entry.get("all_access") != "forbidden" }
}

fn template(entry: &Entry) -> TemplateChoice {
    let words = |field: &str| entry.get(field).split_whitespace().map(str::to_owned).collect();
    TemplateChoice {
        id: entry.id.to_string(),
        name: entry.name().to_owned(),
        description: entry.get("description").to_owned(),
        required: words("required"),
        optional: words("optional"),
    }
}

fn subject(entry: &Entry) -> IdentityChoice {
    IdentityChoice { name: entry.name().to_owned(), tenant: entry.get("tenant").to_owned() }
}

/// A scope is offered in the directions that have a sentence; one without any, as a whole.
fn scope(entry: &Entry) -> ScopeRow {
    let mut sentences = ["sentence", "read", "write"].map(|field| entry.get(field).to_owned());
    if sentences.iter().all(String::is_empty) {
        "Nobody has said yet what it opens.".clone_into(&mut sentences[0]);
    }
    let is_gated = Gate::parse(entry.get("gate")) != Some(Gate::Open);
    ScopeRow {
        name: entry.name().to_owned(),
        sentences,
        risk: entry.get("risk").to_owned(),
        opened: is_gated.then(|| entry.get("opened").split_whitespace().map(str::to_owned).collect()),
        all_access: entry.name() == ALL_ACCESS,
        reserved: false,
    }
}

/// One of Keyward's own scopes.
fn own(name: &str, sentence: &str) -> ScopeRow {
    ScopeRow {
        name: name.to_owned(),
        sentences: [sentence.to_owned(), String::new(), String::new()],
        risk: "low".to_owned(),
        opened: None,
        all_access: false,
        reserved: true,
    }
}
