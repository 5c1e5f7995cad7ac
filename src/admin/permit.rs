//! Authority as an argument: every use case takes a permit, and only the authenticators of this crate make one.

use model::{
    account::{Account, Action, Role},
    key::{Grantor, Key},
    scope::{Scope, Scopes},
};
use store::CallsOf;

/// The proof that someone may act. Only the authenticators of this crate make one.
#[derive(Clone, Debug)]
pub struct Permit {
    actor: String,
    role: Role,
    grantor: Grantor,
    owner: String,
    credential: Option<Credential>,
}

/// What bounds a permit that a key was given, beside the role.
#[derive(Clone, Debug)]
struct Credential {
    /// The key's id.
    key: String,
    scopes: Scopes,
    tenant: Option<String>,
}

/// A permit does not reach so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this role may not do that")]
pub struct Forbidden;

impl Permit {
    /// For a signed-in account. The caller has checked the session and that the account is not disabled.
    pub(crate) fn for_account(account: &Account) -> Self {
        Self {
            actor: account.email.to_string(),
            role: account.role,
            grantor: Grantor::Account(account.id),
            owner: account.email.to_string(),
            credential: None,
        }
    }

    /// For whoever runs a command on the machine. The caller has checked that they hold the master key.
    pub(crate) fn for_operator() -> Self {
        Self {
            actor: "command line".to_owned(),
            role: Role::Superadmin,
            grantor: Grantor::Operator,
            owner: String::new(),
            credential: None,
        }
    }

    /// For a key that calls the REST API, within the permit of whoever gave it its scopes. The caller has checked the key.
    pub(crate) fn for_key(key: &Key, grantor: Self) -> Self {
        let crosses = key.spec.scopes.iter().any(Scope::crosses_tenants);
        Self {
            actor: format!("key {} ({})", key.spec.name, key.id),
            owner: if grantor.role == Role::Member { grantor.owner } else { String::new() },
            credential: Some(Credential {
                key: key.id.to_string(),
                scopes: key.spec.scopes.clone(),
                tenant: (!crosses).then(|| key.tenant.name.to_string()),
            }),
            ..grantor
        }
    }

    /// Who acts, as the audit names them.
    pub fn actor(&self) -> &str {
        &self.actor
    }

    /// The role it was given for.
    pub fn role(&self) -> Role {
        self.role
    }

    /// Whether it reaches so far.
    pub fn allows(&self, action: Action) -> Result<(), Forbidden> {
        let is_held = |held: &Credential| {
            (held.tenant.is_none() || !concerns_all_tenants(action))
                && scopes_for(action).iter().any(|scope| holds(&held.scopes, scope))
        };
        if self.role.may(action) && self.credential.as_ref().is_none_or(is_held) { Ok(()) } else { Err(Forbidden) }
    }

    /// Whether it may give a key this scope of Keyward's own: nobody gives what they do not have.
    pub(crate) fn may_grant(&self, scope: &Scope) -> bool {
        let is_held = |held: &Credential| holds(&held.scopes, scope.as_str());
        self.allows(Action::GrantReserved).is_ok()
            && self.credential.as_ref().is_none_or(is_held)
            && (!scope.crosses_tenants() || self.role.may(Action::ManageTenants))
    }

    /// Who asks, under a name that stays: an account's mail address, or a key's id whatever the key is called.
    pub(crate) fn identity(&self) -> &str {
        self.credential.as_ref().map_or(&self.actor, |credential| &credential.key)
    }

    /// Whose authority work has that goes on after whoever started it has gone: `operator`, or `account:` or `key:` with an
    /// id.
    pub(crate) fn on_behalf(&self) -> String {
        match (&self.credential, self.grantor) {
            (Some(held), _) => format!("key:{}", held.key),
            (None, Grantor::Account(id)) => format!("account:{id}"),
            (None, _) => "operator".to_owned(),
        }
    }

    /// Whose role bounds the scopes of Keyward's own that it gives.
    pub fn grantor(&self) -> Grantor {
        self.grantor
    }

    /// Who holds a key that is made without an owner: whoever asks, or nobody for the command line and for keys.
    pub fn default_owner(&self) -> &str {
        &self.owner
    }

    /// The one owner whose keys it reaches, or `None` for all: a member manages just their own.
    pub fn only_owner(&self) -> Option<&str> {
        (self.role == Role::Member).then_some(self.owner.as_str())
    }

    /// The name of the one tenant it reaches, or `None` for all: a key acts in its own.
    pub fn only_tenant(&self) -> Option<&str> {
        self.credential.as_ref()?.tenant.as_deref()
    }

    /// Whether it reaches what belongs to this tenant; an empty name stands for what belongs to all of them.
    pub fn reaches_tenant(&self, name: &str) -> bool {
        self.only_tenant().is_none_or(|tenant| tenant == name)
    }

    /// The part of these calls that are made with keys it reaches; `None` when there is none. A key is looked at by its id
    /// elsewhere.
    pub fn within_reach<'a>(&'a self, of: CallsOf<'a>) -> Option<CallsOf<'a>> {
        let within = |bound: Option<&'a str>, asked: Option<&'a str>| match (bound, asked) {
            (Some(bound), Some(asked)) if bound != asked => None,
            (bound, asked) => Some(bound.or(asked)),
        };
        let (owner, tenant) = (within(self.only_owner(), of.owner)?, within(self.only_tenant(), of.tenant)?);
        Some(CallsOf { owner, tenant, ..of })
    }

    /// Whether it reaches this key. One that it does not reach looks as if it did not exist.
    pub fn reaches(&self, key: &Key) -> bool {
        self.only_owner().is_none_or(|owner| owner == key.spec.owner.as_str())
            && self.reaches_tenant(key.tenant.name.as_str())
    }
}

fn holds(scopes: &Scopes, name: &str) -> bool {
    scopes.iter().any(|scope| scope.as_str() == name)
}

/// Whether doing this reaches beyond any one tenant.
fn concerns_all_tenants(action: Action) -> bool {
    match action {
        Action::ReadAudit
        | Action::ReadAccounts
        | Action::ManageAccounts
        | Action::ManageTenants
        | Action::ManagePolicy
        | Action::ManageSetup
        | Action::CheckGateways => true,
        Action::ReadKeys
        | Action::WriteKeys
        | Action::GrantReserved
        | Action::ReadCatalog
        | Action::WriteCatalog
        | Action::PurgeKeys => false,
    }
}

/// The scopes of Keyward's own of which any lets a key do this. Which of them a route asks for, the route says.
fn scopes_for(action: Action) -> &'static [&'static str] {
    match action {
        Action::ReadKeys => &["keyward.keys.read", "keyward.keys.write", "keyward.usage.read", "keyward.audit.read"],
        Action::WriteKeys | Action::GrantReserved | Action::PurgeKeys => &["keyward.keys.write"],
        Action::ReadAudit => &["keyward.audit.read"],
        Action::ReadAccounts => &["keyward.accounts.read", "keyward.accounts.write"],
        Action::ManageAccounts => &["keyward.accounts.write"],
        Action::ReadCatalog => {
            &["keyward.catalog.read", "keyward.catalog.write", "keyward.policy.read", "keyward.policy.write"]
        }
        Action::WriteCatalog | Action::ManageTenants => &["keyward.catalog.write"],
        Action::ManagePolicy => &["keyward.policy.write"],
        Action::ManageSetup | Action::CheckGateways => &[],
    }
}

#[cfg(test)]
mod tests {
    use model::{example::example, scope::RESERVED};

    use super::*;

    fn permit(role: Role) -> Permit {
        Permit { role, owner: "someone".to_owned(), ..Permit::for_operator() }
    }

    #[test]
    fn a_member_reaches_just_their_own_keys() {
        for role in Role::ALL {
            assert_eq!(permit(role).only_owner().is_some(), role == Role::Member, "{role}");
        }
    }

    /// A key does what its scopes say and its grantor may, both; and every scope that is asked for is one of Keyward's own.
    #[test]
    fn a_key_does_no_more_than_its_scopes_and_its_grantor() {
        for action in Action::ALL {
            for scope in scopes_for(action) {
                assert!(RESERVED.iter().any(|(known, _)| known == scope), "{scope}");
            }
            for role in Role::ALL {
                for (scope, _) in RESERVED {
                    let mut key = example();
                    key.spec.scopes = Scopes::parse(scope).unwrap();
                    let held = Permit::for_key(&key, permit(role));
                    let expected = role.may(action) && scopes_for(action).contains(scope);
                    let within = expected && !concerns_all_tenants(action);
                    assert_eq!(held.allows(action).is_ok(), within, "{role} {scope} {action:?}");
                    key.spec.scopes = Scopes::parse(&format!("{scope} keyward.any_tenant")).unwrap();
                    let crossing = Permit::for_key(&key, permit(role));
                    assert_eq!(crossing.allows(action).is_ok(), expected, "{role} {scope} {action:?} anywhere");
                    assert_eq!(held.only_owner(), permit(role).only_owner(), "{role}");
                }
            }
        }
    }

    #[test]
    fn a_key_stays_in_its_tenant_unless_it_may_cross_and_gives_what_it_has() {
        let mut key = example();
        key.spec.scopes = Scopes::parse("keyward.keys.write keyward.verify").unwrap();
        let bounded = Permit::for_key(&key, permit(Role::Admin));
        assert_eq!(bounded.only_tenant(), Some("default"));
        assert!(bounded.reaches_tenant("default") && !bounded.reaches_tenant("other") && !bounded.reaches_tenant(""));
        let scope = |text| Scope::parse(text).unwrap();
        assert!(bounded.may_grant(&scope("keyward.verify")) && !bounded.may_grant(&scope("keyward.audit.read")));
        assert!(permit(Role::Admin).may_grant(&scope("keyward.audit.read")));
        let calls = |tenant, owner| CallsOf { tenant, owner, ..CallsOf::ALL };
        for (asked, expected) in [
            (calls(None, None), Some(calls(Some("default"), None))),
            (calls(Some("default"), Some("o")), Some(calls(Some("default"), Some("o")))),
            (calls(Some("other"), None), None),
        ] {
            assert_eq!(bounded.within_reach(asked), expected);
        }
        let member = permit(Role::Member);
        assert_eq!(member.within_reach(CallsOf::ALL), Some(calls(None, Some("someone"))));
        assert_eq!(member.within_reach(calls(None, Some("other"))), None);
        key.spec.scopes = Scopes::parse("keyward.keys.write keyward.any_tenant").unwrap();
        let crossing = Permit::for_key(&key, permit(Role::Superadmin));
        assert!(crossing.reaches_tenant("other") && crossing.reaches_tenant(""));
    }
}
