//! People: the first superadmin through a setup link, others by an operator.

use super::{Console, ConsoleError, FieldError, keys::field};
use crate::{
    audit::Verb,
    name::Email,
    password::{Password, PasswordError},
    people::{Action, Permit, Role, User},
    secret::{Digest, Plaintext},
    store::StoreError,
    time::HOUR,
};

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
    Console(#[from] ConsoleError),
}

impl From<StoreError> for SetupError {
    fn from(error: StoreError) -> Self {
        Self::Console(error.into())
    }
}

impl Console {
    /// A fresh code for the page that makes the first superadmin; `None` once there is one.
    pub async fn setup_link(&self, permit: &Permit) -> Result<Option<Plaintext>, ConsoleError> {
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
    pub async fn create_user(&self, permit: &Permit, form: NewUser, role: Role) -> Result<User, ConsoleError> {
        permit.allows(Action::ManageUsers)?;
        let (user, hash) = self.new_user(form, role).await?;
        let mut change = self.store.change().await?;
        change.insert_user(&user, &hash).await.map_err(|error| match error {
            StoreError::Taken => ConsoleError::field("email", "Someone with this mail address exists already."),
            other => other.into(),
        })?;
        change.commit(user.created_at, permit.actor(), Verb::CreateUser, user.id.as_str(), &detail(&user)).await?;
        Ok(user)
    }

    /// Every user.
    pub async fn users(&self, permit: &Permit) -> Result<Vec<User>, ConsoleError> {
        permit.allows(Action::ManageUsers)?;
        Ok(self.store.users().await?)
    }

    async fn new_user(&self, form: NewUser, role: Role) -> Result<(User, String), ConsoleError> {
        let mut errors: Vec<FieldError> = Vec::new();
        let typed = form.email.trim().to_lowercase();
        let email = field(&mut errors, "email", Email::parse(&form.email));
        let password = field::<_, PasswordError>(&mut errors, "password", Password::chosen(form.password, &typed));
        let (Some(email), Some(password)) = (email, password) else { return Err(ConsoleError::Invalid(errors)) };
        let hash = self.passwords.hash(password).await?;
        let now = self.clock.now();
        let id = self.entropy.user_id();
        Ok((User { id, email, role, created_at: now, sessions_from: now, disabled_at: None }, hash))
    }
}

fn detail(user: &User) -> String {
    serde_json::json!({ "email": user.email.as_str(), "role": user.role.code() }).to_string()
}
