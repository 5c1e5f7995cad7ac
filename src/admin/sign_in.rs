//! Signing in, and the permit that a session gives.

use std::net::IpAddr;

use model::{
    account::Account,
    address::client_network,
    id::{AccountId, KeyId},
    key::{Grantor, Key},
    name::Email,
    time::{HOUR, Timestamp},
};
use store::StoreError;

use super::{Admin, AdminError, throttle::Attempt};
use crate::{
    Permit,
    password::{Checked, Password, Passwords},
};

/// How long a session lasts whatever happens in it, in milliseconds.
pub const SESSION_LIFE: i64 = 12 * HOUR;

/// Someone who has just signed in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// Who.
    pub account: Account,
    /// When.
    pub at: Timestamp,
}

/// Why a sign-in was refused. Unknown users and wrong passwords are one.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// No such account, a wrong password, or an account that was disabled.
    #[error("the mail address or the password is wrong")]
    Wrong,
    /// Too many wrong ones; so many seconds to wait.
    #[error("too many attempts")]
    Wait(u64),
    /// Too many sign-ins at once.
    #[error("Keyward is busy")]
    Busy,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Admin {
    /// Checks who someone is. `address` is where they come from, as far as that is known, for the throttle.
    pub async fn sign_in(
        &self,
        email: &str,
        password: String,
        address: Option<IpAddr>,
    ) -> Result<SignedIn, SignInError> {
        let now = self.clock.now();
        let network = address.map(|address| client_network(address).to_string());
        // What no account can have is refused before it costs anything.
        let (Ok(email), false) = (Email::parse(email), Password::is_too_large(&password)) else {
            tracing::warn!(network, "a sign-in was refused");
            return Err(SignInError::Wrong);
        };
        let found = self.store.account_by_email(&email).await?;
        let id = found.as_ref().map(|stored| stored.account.id);
        let is_known = match &network {
            Some(network) => self.store.has_place(id, network).await?,
            None => false,
        };
        let attempt = Attempt::new(email.as_str(), network.as_deref(), is_known);
        if let Err(wait) = self.throttle.begin(&attempt, now) {
            tracing::warn!(network, wait, "a sign-in was throttled");
            return Err(SignInError::Wait(wait));
        }
        let found = found.filter(|stored| stored.account.disabled_at.is_none());
        let hash = found.as_ref().map(|stored| stored.password_hash.clone());
        let checked = self.passwords.verify(Password::typed(password.clone()), hash).await;
        let checked = checked.map_err(|_| {
            self.throttle.undone(&attempt);
            SignInError::Busy
        })?;
        let Some(stored) = found.filter(|_| checked.is_right()) else {
            tracing::warn!(network, "a sign-in was refused");
            return Err(SignInError::Wrong);
        };
        self.throttle.succeeded(&attempt);
        if let Some(network) = &network {
            self.store.keep_place(stored.account.id, network, now).await?;
        }
        if checked == Checked::RightAsTyped || Passwords::is_outdated(&stored.password_hash) {
            let hash = self.passwords.hash(Password::typed(password)).await.map_err(|_| SignInError::Busy)?;
            self.store.rehash(stored.account.id, &stored.password_hash, &hash).await?;
        }
        tracing::info!(account = %stored.account.id, network, "signed in");
        Ok(SignedIn { account: stored.account, at: now })
    }

    /// The permit of a key that calls the REST API, whose secret was verified: what its scopes say, within what whoever gave
    /// it these may do today. `None` when nobody gave it any, or their account was disabled.
    pub async fn permit_of_key(&self, key: &Key) -> Result<Option<Permit>, AdminError> {
        let grantor = match key.granted_by {
            Grantor::Nobody => None,
            Grantor::Operator => Some(Permit::for_operator()),
            Grantor::Account(id) => {
                let account = self.store.account(id).await?.filter(|account| account.disabled_at.is_none());
                account.map(|account| Permit::for_account(&account))
            }
        };
        Ok(grantor.map(|grantor| Permit::for_key(key, grantor)))
    }

    /// The permit of work that was started on somebody's behalf ([`Permit::on_behalf`]), as far as they may do it today:
    /// `None` when their account was disabled, or their key no longer works.
    pub(crate) async fn permit_on_behalf(&self, of: &str) -> Result<Option<Permit>, AdminError> {
        if of == "operator" {
            return Ok(Some(Permit::for_operator()));
        }
        if let Some(id) = of.strip_prefix("account:").and_then(AccountId::parse) {
            let account = self.store.account(id).await?.filter(|account| account.disabled_at.is_none());
            return Ok(account.map(|account| Permit::for_account(&account)));
        }
        let Some(id) = of.strip_prefix("key:").and_then(KeyId::parse) else { return Ok(None) };
        let now = self.clock.now();
        match self.store.key(id).await? {
            Some((stored, _)) if stored.key.status(now).works() => self.permit_of_key(&stored.key).await,
            _ => Ok(None),
        }
    }

    /// The permit of a session that began at `since`; `None` when it is over or its account was disabled.
    pub async fn permit(&self, account: AccountId, since: Timestamp) -> Result<Option<(Permit, Account)>, AdminError> {
        let now = self.clock.now();
        let account = self.store.account(account).await?;
        let account = account.filter(|account| {
            account.disabled_at.is_none() && since >= account.sessions_from && now.since(since) < SESSION_LIFE
        });
        Ok(account.map(|account| (Permit::for_account(&account), account)))
    }
}
