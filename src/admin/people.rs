//! People: the first superadmin through a setup link, others by an operator.

use super::{Admin, AdminError, FieldError, keys::field};
use crate::Permit;
use crate::password::{Password, PasswordError};
use crypto::secret::{Digest, Plaintext};
use model::{
    audit::Verb,
    id::UserId,
    name::Email,
    people::{Action, Role, User},
    time::HOUR,
};
use store::StoreError;

/// How long a setup link works, in milliseconds.
const SETUP_LINK_LIFE: i64 = 24 * HOUR;

/// The form for a new user, as typed.
pub struct NewUser {
    /// How they sign in.
    pub email: String,
    /// Their password; wiped when dropped.
    pub password: String,
}

/// Why there is no setup.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The link does not work (any more), or setup is done.
    #[error("this link does not work")]
    DeadLink,
    /// As for any other use case.
    #[error(transparent)]
    Admin(#[from] AdminError),
}

impl From<StoreError> for SetupError {
    fn from(error: StoreError) -> Self {
        Self::Admin(error.into())
    }
}

impl Admin {
    /// A fresh code for the page that makes the first superadmin; `None` once there is one.
    pub async fn setup_link(&self, permit: &Permit) -> Result<Option<Plaintext>, AdminError> {
        permit.allows(Action::ManageUsers)?;
        if self.store.has_superadmin().await? {
            return Ok(None);
        }
        let code = self.entropy.code();
        let now = self.clock.now();
        self.store.put_setup_link(Digest::of(code.reveal().as_bytes()), now.plus(SETUP_LINK_LIFE), now).await?;
        Ok(Some(code))
    }

    /// Whether a setup link's code still works.
    pub async fn setup_works(&self, code: &str) -> Result<bool, StoreError> {
        self.store.has_setup_link(Digest::of(code.as_bytes()), self.clock.now()).await
    }

    /// Makes the first superadmin and uses the link up, in one change.
    pub async fn set_up(&self, code: &str, form: NewUser) -> Result<User, SetupError> {
        if !self.setup_works(code).await? {
            return Err(SetupError::DeadLink);
        }
        let (user, hash) = self.new_user(form, Role::Superadmin).await?;
        let mut change = self.store.change().await?;
        if !change.take_setup_link(Digest::of(code.as_bytes()), user.created_at).await? {
            return Err(SetupError::DeadLink);
        }
        change.insert_user(&user, &hash).await?;
        change.commit(user.created_at, "setup link", Verb::CreateUser, user.id.as_str(), &detail(&user)).await?;
        Ok(user)
    }

    /// Adds a user.
    pub async fn create_user(&self, permit: &Permit, form: NewUser, role: Role) -> Result<User, AdminError> {
        permit.allows(Action::ManageUsers)?;
        let (user, hash) = self.new_user(form, role).await?;
        let mut change = self.store.change().await?;
        change.insert_user(&user, &hash).await.map_err(|error| match error {
            StoreError::Taken => AdminError::field("email", "Someone with this mail address exists already."),
            other => other.into(),
        })?;
        change.commit(user.created_at, permit.actor(), Verb::CreateUser, user.id.as_str(), &detail(&user)).await?;
        Ok(user)
    }

    /// Every user.
    pub async fn users(&self, permit: &Permit) -> Result<Vec<User>, AdminError> {
        permit.allows(Action::ManageUsers)?;
        Ok(self.store.users().await?)
    }

    /// The user who signs in with this mail address.
    pub async fn user_named(&self, permit: &Permit, email: &str) -> Result<User, AdminError> {
        let users = self.users(permit).await?;
        let email = Email::parse(email).map_err(|_| AdminError::NotFound)?;
        users.into_iter().find(|user| user.email == email).ok_or(AdminError::NotFound)
    }

    /// Keeps someone from signing in: their sessions end, and their keys are refused. The last superadmin stays, and so
    /// does whoever asks.
    pub async fn disable_user(&self, permit: &Permit, id: UserId) -> Result<User, AdminError> {
        permit.allows(Action::ManageUsers)?;
        let mut change = self.store.change().await?;
        let user = change.user(id).await?.ok_or(AdminError::NotFound)?;
        if user.disabled_at.is_some() {
            return Ok(user);
        }
        if user.email.as_str() == permit.actor() {
            return Err(AdminError::field("email", "Nobody disables themselves: ask another superadmin."));
        }
        if user.role == Role::Superadmin && change.superadmins().await? <= 1 {
            return Err(AdminError::field("email", "This is the last superadmin who may sign in. Add another first."));
        }
        let now = self.clock.now();
        let user = User { disabled_at: Some(now), sessions_from: now, ..user };
        change.update_user(&user).await?;
        change.commit(now, permit.actor(), Verb::DisableUser, user.id.as_str(), &detail(&user)).await?;
        Ok(user)
    }

    /// Lets someone sign in again, with the password they had.
    pub async fn enable_user(&self, permit: &Permit, id: UserId) -> Result<User, AdminError> {
        permit.allows(Action::ManageUsers)?;
        let mut change = self.store.change().await?;
        let user = change.user(id).await?.ok_or(AdminError::NotFound)?;
        if user.disabled_at.is_none() {
            return Ok(user);
        }
        let user = User { disabled_at: None, ..user };
        change.update_user(&user).await?;
        change.commit(self.clock.now(), permit.actor(), Verb::EnableUser, user.id.as_str(), &detail(&user)).await?;
        Ok(user)
    }

    /// Gives someone a new password and ends the sessions they have.
    pub async fn reset_password(&self, permit: &Permit, id: UserId, password: String) -> Result<User, AdminError> {
        permit.allows(Action::ManageUsers)?;
        let user = self.store.user(id).await?.ok_or(AdminError::NotFound)?;
        let chosen = Password::chosen(password, user.email.as_str());
        let hash = self.passwords.hash(chosen.map_err(|error| AdminError::field("password", error))?).await?;
        let now = self.clock.now();
        let mut change = self.store.change().await?;
        // Read again: hashing took its time.
        let user = change.user(id).await?.ok_or(AdminError::NotFound)?;
        let user = User { sessions_from: now, ..user };
        change.set_password(id, &hash).await?;
        change.update_user(&user).await?;
        change.commit(now, permit.actor(), Verb::ResetUser, user.id.as_str(), &detail(&user)).await?;
        Ok(user)
    }

    async fn new_user(&self, form: NewUser, role: Role) -> Result<(User, String), AdminError> {
        let mut errors: Vec<FieldError> = Vec::new();
        let typed = form.email.trim().to_lowercase();
        let email = field(&mut errors, "email", Email::parse(&form.email));
        let password = field::<_, PasswordError>(&mut errors, "password", Password::chosen(form.password, &typed));
        let (Some(email), Some(password)) = (email, password) else { return Err(AdminError::Invalid(errors)) };
        let hash = self.passwords.hash(password).await?;
        let now = self.clock.now();
        let id = self.entropy.user_id();
        Ok((User { id, email, role, created_at: now, sessions_from: now, disabled_at: None }, hash))
    }
}

fn detail(user: &User) -> String {
    serde_json::json!({ "email": user.email.as_str(), "role": user.role.code() }).to_string()
}
