//! Authority as an argument: every use case takes a permit, and only the authenticators of this crate make one.

use model::{
    account::{Account, Action, Role},
    key::Key,
};

/// The proof that someone may act. Only the authenticators of this crate make one.
#[derive(Clone, Debug)]
pub struct Permit {
    actor: String,
    role: Role,
    is_operator: bool,
}

/// A permit does not reach so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this role may not do that")]
pub struct Forbidden;

impl Permit {
    /// For a signed-in account. The caller has checked the session and that the account is not disabled.
    pub(crate) fn for_account(account: &Account) -> Self {
        Self { actor: account.email.to_string(), role: account.role, is_operator: false }
    }

    /// For whoever runs a command on the machine. The caller has checked that they hold the master key.
    pub(crate) fn for_operator() -> Self {
        Self { actor: "command line".to_owned(), role: Role::Superadmin, is_operator: true }
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
        if self.role.may(action) { Ok(()) } else { Err(Forbidden) }
    }

    /// Who holds a key that is made without an owner: whoever asks, or nobody for the command line.
    pub fn default_owner(&self) -> &str {
        if self.is_operator { "" } else { &self.actor }
    }

    /// The one owner whose keys it reaches, or `None` for all: a member manages just their own.
    pub fn only_owner(&self) -> Option<&str> {
        (self.role == Role::Member).then_some(self.actor.as_str())
    }

    /// Whether it reaches this key. One that it does not reach looks as if it did not exist.
    pub fn reaches(&self, key: &Key) -> bool {
        self.only_owner().is_none_or(|owner| owner == key.spec.owner.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_reaches_just_their_own_keys() {
        for role in Role::ALL {
            let permit = Permit { actor: "someone".to_owned(), role, is_operator: false };
            assert_eq!(permit.only_owner().is_some(), role == Role::Member, "{role}");
        }
    }
}
