//! Signing in, and the permit that a session gives.

use super::{Console, ConsoleError};
use crate::{
    id::UserId,
    name::Email,
    password::{Password, Passwords},
    people::{Permit, User},
    store::StoreError,
    time::{HOUR, Timestamp},
};

/// How long a session lasts whatever happens in it, in milliseconds.
pub const SESSION_LIFE: i64 = 12 * HOUR;

/// Someone who has just signed in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// Who.
    pub user: User,
    /// When.
    pub at: Timestamp,
}

/// Why a sign-in was refused. Unknown users and wrong passwords are one.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// No such user, a wrong password, or a user who may not sign in.
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

impl Console {
    /// Checks who someone is. `address` is where they come from, for the throttle.
    pub async fn sign_in(&self, email: &str, password: String, address: &str) -> Result<SignedIn, SignInError> {
        let now = self.clock.now();
        let throttled = [format!("email {}", email.trim().to_lowercase()), format!("address {address}")];
        if let Some(wait) = throttled.iter().filter_map(|who| self.throttle.wait(who, now)).max() {
            tracing::warn!(address, wait, "a sign-in was throttled");
            return Err(SignInError::Wait(wait));
        }
        let found = match Email::parse(email) {
            Ok(email) => self.store.user_by_email(&email).await?,
            Err(_) => None,
        };
        let found = found.filter(|stored| stored.user.disabled_at.is_none());
        let hash = found.as_ref().map(|stored| stored.password_hash.clone());
        let outdated = hash.as_deref().is_some_and(Passwords::is_outdated);
        let again = outdated.then(|| Password::typed(password.clone()));
        let right = self.passwords.verify(Password::typed(password), hash).await.map_err(|_| SignInError::Busy)?;
        let Some(stored) = found.filter(|_| right) else {
            for who in &throttled {
                self.throttle.failed(who, now);
            }
            tracing::warn!(address, "a sign-in was refused");
            return Err(SignInError::Wrong);
        };
        self.throttle.succeeded(&throttled[0]);
        if let Some(password) = again {
            let hash = self.passwords.hash(password).await.map_err(|_| SignInError::Busy)?;
            self.store.rehash(stored.user.id, &stored.password_hash, &hash).await?;
        }
        tracing::info!(user = %stored.user.id, address, "signed in");
        Ok(SignedIn { user: stored.user, at: now })
    }

    /// The permit of a session that began at `since`; `None` when it is over or its user may not sign in any more.
    pub async fn permit(&self, user: UserId, since: Timestamp) -> Result<Option<(Permit, User)>, ConsoleError> {
        let now = self.clock.now();
        let user = self.store.user(user).await?;
        let user = user.filter(|user| {
            user.disabled_at.is_none() && since >= user.sessions_from && now.since(since) < SESSION_LIFE
        });
        Ok(user.map(|user| (Permit::for_user(&user), user)))
    }
}
