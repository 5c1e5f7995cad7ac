//! People: the first superadmin through a setup link, others by an operator.

use crypto::secret::{Digest, Plaintext};
use model::{
    account::{Account, Action, Role},
    audit::Verb,
    id::AccountId,
    key::Grantor,
    name::Email,
    time::HOUR,
};
use store::StoreError;

use super::{Admin, AdminError, FieldError, keys::field};
use crate::{
    Permit,
    password::{Password, PasswordError},
};

/// How long a setup link works, in milliseconds.
const SETUP_LINK_LIFE: i64 = 24 * HOUR;

/// The form for a new user, as typed.
pub struct NewAccount {
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
        permit.allows(Action::ManageAccounts)?;
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
    pub async fn set_up(&self, code: &str, form: NewAccount) -> Result<Account, SetupError> {
        if !self.setup_works(code).await? {
            return Err(SetupError::DeadLink);
        }
        let (account, hash) = self.new_user(form, Role::Superadmin).await?;
        let mut change = self.store.change().await?;
        if !change.take_setup_link(Digest::of(code.as_bytes()), account.created_at).await? {
            return Err(SetupError::DeadLink);
        }
        change.insert_account(&account, &hash).await?;
        change
            .commit(account.created_at, "setup link", Verb::CreateAccount, account.id.as_str(), &detail(&account))
            .await?;
        Ok(account)
    }

    /// Adds an account.
    pub async fn create_account(&self, permit: &Permit, form: NewAccount, role: Role) -> Result<Account, AdminError> {
        permit.allows(Action::ManageAccounts)?;
        let (account, hash) = self.new_user(form, role).await?;
        let mut change = self.store.change().await?;
        change.insert_account(&account, &hash).await.map_err(|error| match error {
            StoreError::Taken => AdminError::field("email", "Someone with this mail address exists already."),
            other => other.into(),
        })?;
        change
            .commit(account.created_at, permit.actor(), Verb::CreateAccount, account.id.as_str(), &detail(&account))
            .await?;
        Ok(account)
    }

    /// Every user.
    pub async fn accounts(&self, permit: &Permit) -> Result<Vec<Account>, AdminError> {
        permit.allows(Action::ReadAccounts)?;
        Ok(self.store.accounts().await?)
    }

    /// The user of this id.
    pub async fn account(&self, permit: &Permit, id: AccountId) -> Result<Account, AdminError> {
        permit.allows(Action::ReadAccounts)?;
        self.store.account(id).await?.ok_or(AdminError::NotFound)
    }

    /// The user who signs in with this mail address.
    pub async fn account_named(&self, permit: &Permit, email: &str) -> Result<Account, AdminError> {
        let accounts = self.accounts(permit).await?;
        let email = Email::parse(email).map_err(|_| AdminError::NotFound)?;
        accounts.into_iter().find(|account| account.email == email).ok_or(AdminError::NotFound)
    }

    /// Keeps someone from signing in: their sessions end, and their keys are refused. The last superadmin stays, and so
    /// does whoever asks.
    pub async fn disable_account(&self, permit: &Permit, id: AccountId) -> Result<Account, AdminError> {
        permit.allows(Action::ManageAccounts)?;
        let mut change = self.store.change().await?;
        let account = change.account(id).await?.ok_or(AdminError::NotFound)?;
        if account.disabled_at.is_some() {
            return Ok(account);
        }
        if permit.grantor() == Grantor::Account(id) {
            return Err(AdminError::field("email", "Nobody disables themselves: ask another superadmin."));
        }
        if account.role == Role::Superadmin && change.superadmins().await? <= 1 {
            return Err(AdminError::field("email", "This is the last superadmin who may sign in. Add another first."));
        }
        let now = self.clock.now();
        let account = Account { disabled_at: Some(now), sessions_from: now, ..account };
        change.update_account(&account).await?;
        change.commit(now, permit.actor(), Verb::DisableAccount, account.id.as_str(), &detail(&account)).await?;
        Ok(account)
    }

    /// Lets someone sign in again, with the password they had.
    pub async fn enable_account(&self, permit: &Permit, id: AccountId) -> Result<Account, AdminError> {
        permit.allows(Action::ManageAccounts)?;
        let mut change = self.store.change().await?;
        let account = change.account(id).await?.ok_or(AdminError::NotFound)?;
        if account.disabled_at.is_none() {
            return Ok(account);
        }
        let account = Account { disabled_at: None, ..account };
        change.update_account(&account).await?;
        change
            .commit(self.clock.now(), permit.actor(), Verb::EnableAccount, account.id.as_str(), &detail(&account))
            .await?;
        Ok(account)
    }

    /// Gives someone a new password and ends the sessions they have.
    pub async fn reset_password(
        &self,
        permit: &Permit,
        id: AccountId,
        password: String,
    ) -> Result<Account, AdminError> {
        permit.allows(Action::ManageAccounts)?;
        let account = self.store.account(id).await?.ok_or(AdminError::NotFound)?;
        let chosen = Password::chosen(password, account.email.as_str());
        let hash = self.passwords.hash(chosen.map_err(|error| AdminError::field("password", error))?).await?;
        let now = self.clock.now();
        let mut change = self.store.change().await?;
        // Read again: hashing took its time.
        let account = change.account(id).await?.ok_or(AdminError::NotFound)?;
        let account = Account { sessions_from: now, ..account };
        change.set_password(id, &hash).await?;
        change.update_account(&account).await?;
        change.commit(now, permit.actor(), Verb::ResetAccount, account.id.as_str(), &detail(&account)).await?;
        Ok(account)
    }

    async fn new_user(&self, form: NewAccount, role: Role) -> Result<(Account, String), AdminError> {
        let mut errors: Vec<FieldError> = Vec::new();
        let typed = form.email.trim().to_lowercase();
        let email = field(&mut errors, "email", Email::parse(&form.email));
        let password = field::<_, PasswordError>(&mut errors, "password", Password::chosen(form.password, &typed));
        let (Some(email), Some(password)) = (email, password) else { return Err(AdminError::Invalid(errors)) };
        let hash = self.passwords.hash(password).await?;
        let now = self.clock.now();
        let id = self.entropy.account_id();
        Ok((Account { id, email, role, created_at: now, sessions_from: now, disabled_at: None }, hash))
    }
}

fn detail(account: &Account) -> String {
    serde_json::json!({ "email": account.email.as_str(), "role": account.role.code() }).to_string()
}
