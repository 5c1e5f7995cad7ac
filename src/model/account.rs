//! Who may use the console, and the permit that proves it. A use case takes a [`Permit`]; only a session, an API
//! credential or the operator at the machine's own command line can produce one.

use std::fmt;

use crate::{codes::codes, id::AccountId, name::Email, time::Timestamp};

codes! {
    /// What someone may do in the console, from most to least.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum Role {
        /// Everything.
        Superadmin = "superadmin" => "Superadmin",
        /// Keys, and reading the audit.
        Admin = "admin" => "Admin",
        /// Reading everything, changing nothing.
        Auditor = "auditor" => "Auditor",
        /// Just their own keys.
        Member = "member" => "Member",
    }
}

/// Someone who may sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Their id.
    pub id: AccountId,
    /// How they sign in.
    pub email: Email,
    /// What they may do.
    pub role: Role,
    /// Since when they exist.
    pub created_at: Timestamp,
    /// Sessions that began before this instant are over: it moves when the password changes.
    pub sessions_from: Timestamp,
    /// Since when they may not sign in, if so.
    pub disabled_at: Option<Timestamp>,
}

/// What a use case asks of a permit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// See keys.
    ReadKeys,
    /// Issue and archive keys.
    WriteKeys,
    /// Give a key one of the scopes that open Keyward itself.
    GrantReserved,
    /// See the audit chain.
    ReadAudit,
    /// See people.
    ReadAccounts,
    /// Add, disable and enable people.
    ManageAccounts,
    /// See tenants, groups, scopes and the other entries of the catalog.
    ReadCatalog,
    /// Make and edit groups, identities that keys act as, scopes and templates.
    WriteCatalog,
    /// Make and edit tenants; open gated scopes.
    ManageTenants,
    /// Edit the policy.
    ManagePolicy,
    /// Remove archived keys for good.
    PurgeKeys,
    /// Report keys as leaked by the digests of their secrets.
    ReportLeaks,
    /// Check a gateway, with keys that are made for it and removed again.
    CheckGateways,
    /// Confirm what the first run's checklist cannot know, hide it and show it again.
    ManageSetup,
}

impl Action {
    /// Every action, for tests that enumerate.
    pub const ALL: [Self; 14] = [
        Self::ReadKeys,
        Self::WriteKeys,
        Self::GrantReserved,
        Self::ReadAudit,
        Self::ReadAccounts,
        Self::ManageAccounts,
        Self::ReadCatalog,
        Self::WriteCatalog,
        Self::ManageTenants,
        Self::ManagePolicy,
        Self::PurgeKeys,
        Self::ReportLeaks,
        Self::CheckGateways,
        Self::ManageSetup,
    ];

    /// What it is, for whoever may not do it.
    pub fn words(self) -> &'static str {
        match self {
            Self::ReadKeys => "See keys",
            Self::WriteKeys => "Create and change keys",
            Self::GrantReserved => "Give a key access to Keyward itself",
            Self::ReadAudit => "See the audit",
            Self::ReadAccounts => "See people",
            Self::ManageAccounts => "Add, disable and enable people",
            Self::ReadCatalog => "See the settings",
            Self::WriteCatalog => "Change groups, identities, scopes and templates",
            Self::ManageTenants => "Change tenants",
            Self::ManagePolicy => "Change the policy",
            Self::PurgeKeys => "Delete archived keys for good",
            Self::ReportLeaks => "Report keys as leaked",
            Self::CheckGateways => "Check a gateway",
            Self::ManageSetup => "Change the setup checklist",
        }
    }
}

impl Role {
    /// Whether it reaches so far.
    pub fn may(self, action: Action) -> bool {
        match self {
            Self::Superadmin => true,
            Self::Admin => !matches!(
                action,
                Action::ReadAccounts
                    | Action::ManageAccounts
                    | Action::ManageTenants
                    | Action::ManagePolicy
                    | Action::PurgeKeys
                    | Action::ManageSetup
            ),
            Self::Auditor => matches!(action, Action::ReadKeys | Action::ReadAudit | Action::ReadCatalog),
            Self::Member => matches!(action, Action::ReadKeys | Action::WriteKeys | Action::ReadCatalog),
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_reaches_exactly_so_far() {
        use Action::{
            CheckGateways, GrantReserved, ReadAudit, ReadCatalog, ReadKeys, ReportLeaks, WriteCatalog, WriteKeys,
        };
        for role in Role::ALL {
            let reach: Vec<Action> = Action::ALL.into_iter().filter(|action| role.may(*action)).collect();
            let expected: &[Action] = match role {
                Role::Superadmin => &Action::ALL,
                Role::Admin => &[
                    ReadKeys,
                    WriteKeys,
                    GrantReserved,
                    ReadAudit,
                    ReadCatalog,
                    WriteCatalog,
                    ReportLeaks,
                    CheckGateways,
                ],
                Role::Auditor => &[ReadKeys, ReadAudit, ReadCatalog],
                Role::Member => &[ReadKeys, WriteKeys, ReadCatalog],
            };
            assert_eq!(reach, expected, "{role}");
        }
    }
}
