//! What can be chosen in a key's form, from the catalog and the policy. What may be granted is the domain's to say: here
//! is only what a form offers.

use admin::Permit;
use model::{
    account::Action,
    catalog::{Entry, Gate, Group, Identity, Of, Risk, ScopeEntry, Template},
    policy::PRESETS,
    scope::{ALL_ACCESS, ANY_TENANT, RESERVED, Scopes},
    tenant::{AllAccess, Tenant},
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
    let tenants = entries::<Tenant>(context, permit).await?;
    let templates = entries::<Template>(context, permit).await?;
    let catalogue = entries::<ScopeEntry>(context, permit).await?;
    let groups = entries::<Group>(context, permit).await?;
    let identities = entries::<Identity>(context, permit).await?;
    let policy = admin.policy().await.map_err(closed)?;
    let now = admin.clock().now();
    let (first, last) = policy.bounds(now);
    let lives = PRESETS.into_iter().filter(|days| (policy.min_days..=policy.max_days).contains(days));
    let grants = |name: &str| {
        let action = if name == ANY_TENANT { Action::ManageTenants } else { Action::GrantReserved };
        permit.allows(action).is_ok()
    };
    let reserved = RESERVED.iter().filter(|(name, _)| grants(name));
    let scopes: Vec<_> =
        catalogue.iter().map(scope).chain(reserved.map(|(name, sentence)| own(name, sentence))).collect();
    Ok(NewKeyView {
        tenants: tenants.iter().map(tenant).collect(),
        may_choose_owner: permit.only_owner().is_none(),
        holding: admin.holding(permit, permit.actor()).await.map_err(closed)?,
        templates: templates.iter().map(template).collect(),
        boxes: scopes.iter().flat_map(ScopeRow::choices).flatten().count(),
        scopes,
        groups: groups.iter().map(to_view::group).collect(),
        identities: identities.iter().filter(|entry| entry.disabled_at.is_none()).map(identity).collect(),
        lives: lives.map(|days| LifeChoice { days, ends: now.plus(days * DAY).long() }).collect(),
        never: policy.never,
        days: (policy.min_days, policy.max_days),
        dates: (first.iso_day(), last.iso_day()),
        address: context.address.map(|address| address.to_string()),
    })
}

async fn entries<T: Of>(context: &RequestContext, permit: &Permit) -> Result<Vec<Entry<T>>, ApiError> {
    context.admin.entries_of(permit).await.map_err(closed)
}

fn tenant(entry: &Entry<Tenant>) -> TenantChoice {
    let tenant = &entry.settings;
    TenantChoice { name: tenant.name.to_string(), grants_all: tenant.all_access != AllAccess::Forbidden }
}

fn template(entry: &Entry<Template>) -> TemplateChoice {
    let Template { name, description, required, optional } = &entry.settings;
    let names = |scopes: &Scopes| scopes.iter().map(ToString::to_string).collect();
    TemplateChoice {
        id: entry.id.to_string(),
        name: name.to_string(),
        description: description.to_string(),
        required: names(required),
        optional: names(optional),
    }
}

fn identity(entry: &Entry<Identity>) -> IdentityChoice {
    IdentityChoice { name: entry.settings.name.to_string(), tenant: entry.settings.tenant.to_string() }
}

/// A scope is offered in the directions that have a sentence; one without any, as a whole.
fn scope(entry: &Entry<ScopeEntry>) -> ScopeRow {
    let scope = &entry.settings;
    let mut sentences = [&scope.sentence, &scope.read, &scope.write].map(ToString::to_string);
    if sentences.iter().all(String::is_empty) {
        "Nobody has said yet what it opens.".clone_into(&mut sentences[0]);
    }
    ScopeRow {
        name: scope.name.to_string(),
        sentences,
        risk: scope.risk.code().to_owned(),
        opened: (scope.gate == Gate::Gated).then(|| scope.opened.clone()),
        all_access: scope.name.as_str() == ALL_ACCESS,
        reserved: false,
    }
}

/// One of Keyward's own scopes.
fn own(name: &str, sentence: &str) -> ScopeRow {
    ScopeRow {
        name: name.to_owned(),
        sentences: [sentence.to_owned(), String::new(), String::new()],
        risk: Risk::Low.code().to_owned(),
        opened: None,
        all_access: false,
        reserved: true,
    }
}
