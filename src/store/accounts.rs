//! Users at rest.

use crypto::secret::hex;
use model::{
    account::{Account, Role},
    id::AccountId,
    name::Email,
    time::{DAY, Timestamp},
};
use sqlx::FromRow;

use super::{
    Store, StoreError,
    change::{Change, within},
    reading, writing,
};

/// A user and the hash their password is checked against.
pub struct StoredAccount {
    /// The user.
    pub account: Account,
    /// A PHC string.
    pub password_hash: String,
}

#[derive(FromRow)]
struct AccountRow {
    id: String,
    email: String,
    role: String,
    password_hash: String,
    created_at: i64,
    sessions_from: i64,
    disabled_at: Option<i64>,
}

impl AccountRow {
    fn read(self) -> Result<StoredAccount, StoreError> {
        let account = || {
            Some(Account {
                id: AccountId::parse(&self.id)?,
                email: Email::parse(&self.email).ok()?,
                role: Role::parse(&self.role)?,
                created_at: Timestamp::from_millis(self.created_at),
                sessions_from: Timestamp::from_millis(self.sessions_from),
                disabled_at: self.disabled_at.map(Timestamp::from_millis),
            })
        };
        let account = account().ok_or(StoreError::Corrupt("account"))?;
        Ok(StoredAccount { account, password_hash: self.password_hash })
    }
}

impl Store {
    /// The user with this mail address.
    pub async fn account_by_email(&self, email: &Email) -> Result<Option<StoredAccount>, StoreError> {
        let sql = "SELECT * FROM accounts WHERE email = $1";
        let row: Option<AccountRow> =
            reading!(self, db => sqlx::query_as(sql).bind(email.as_str()).fetch_optional(db).await?);
        row.map(AccountRow::read).transpose()
    }

    /// The user with this id.
    pub async fn account(&self, id: AccountId) -> Result<Option<Account>, StoreError> {
        let sql = "SELECT * FROM accounts WHERE id = $1";
        let row: Option<AccountRow> =
            reading!(self, db => sqlx::query_as(sql).bind(id.as_str()).fetch_optional(db).await?);
        Ok(row.map(AccountRow::read).transpose()?.map(|stored| stored.account))
    }

    /// Every user, oldest first.
    pub async fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        let sql = "SELECT * FROM accounts ORDER BY created_at, id";
        let rows: Vec<AccountRow> = reading!(self, db => sqlx::query_as(sql).fetch_all(db).await?);
        rows.into_iter().map(|row| row.read().map(|stored| stored.account)).collect()
    }

    /// Whether there is a superadmin who may sign in.
    pub async fn has_superadmin(&self) -> Result<bool, StoreError> {
        let sql = "SELECT COUNT(*) FROM accounts WHERE role = 'superadmin' AND disabled_at IS NULL";
        let (count,): (i64,) = reading!(self, db => sqlx::query_as(sql).fetch_one(db).await?);
        Ok(count > 0)
    }

    /// Stores the same password's hash with today's parameters in the place of the one it was checked against: a password
    /// that was changed meanwhile stays changed.
    pub async fn rehash(&self, id: AccountId, before: &str, password_hash: &str) -> Result<(), StoreError> {
        let sql = "UPDATE accounts SET password_hash = $1 WHERE id = $2 AND password_hash = $3";
        writing!(self, db => sqlx::query(sql)
            .bind(password_hash)
            .bind(id.as_str())
            .bind(before)
            .execute(db)
            .await
            .map(drop))?;
        Ok(())
    }
}

/// Places remembered of an account.
const PLACES: i64 = 20;
/// How long a place is remembered after the last sign-in from it, in milliseconds.
const PLACE_KEPT: i64 = 90 * DAY;

impl Store {
    /// Whether this user signed in from this network before. An unknown user did not, which takes as long to find out.
    pub async fn has_place(&self, id: Option<AccountId>, network: &str) -> Result<bool, StoreError> {
        let id = id.as_ref().map_or("", AccountId::as_str);
        let sql = "SELECT COUNT(*) FROM sign_in_places WHERE user_id = $1 AND place = $2";
        let place = self.place(id, network);
        let (count,): (i64,) = reading!(self, db => sqlx::query_as(sql).bind(id).bind(place).fetch_one(db).await?);
        Ok(count > 0)
    }

    /// Remembers that an account signed in from this network; the latest ones of each.
    pub async fn keep_place(&self, id: AccountId, network: &str, now: Timestamp) -> Result<(), StoreError> {
        let put = "INSERT INTO sign_in_places (user_id, place, last_at) VALUES ($1, $2, $3) \
                   ON CONFLICT (user_id, place) DO UPDATE SET last_at = excluded.last_at";
        let trim = "DELETE FROM sign_in_places WHERE user_id = $1 AND place NOT IN \
                    (SELECT place FROM sign_in_places WHERE user_id = $1 ORDER BY last_at DESC, place LIMIT $2)";
        let place = self.place(id.as_str(), network);
        writing!(self, db => {
            sqlx::query(put).bind(id.as_str()).bind(place).bind(now.millis()).execute(db).await?;
            sqlx::query(trim).bind(id.as_str()).bind(PLACES).execute(db).await?;
        });
        Ok(())
    }

    /// Forgets places that were not used for long.
    pub async fn sweep_places(&self, now: Timestamp) -> Result<(), StoreError> {
        let sql = "DELETE FROM sign_in_places WHERE last_at < $1";
        writing!(self, db => sqlx::query(sql).bind(now.plus(-PLACE_KEPT).millis()).execute(db).await.map(drop))?;
        Ok(())
    }

    /// A place as it is stored: nobody reads addresses out of it without the master key.
    fn place(&self, id: &str, network: &str) -> String {
        hex(&self.inner.master.mac("place", format!("{id} {network}").as_bytes()))
    }
}

impl Change {
    /// Inserts an account; [`StoreError::Taken`] when the mail address is in use. Once there is a superadmin, no setup link
    /// makes another.
    pub async fn insert_account(&mut self, account: &Account, password_hash: &str) -> Result<(), StoreError> {
        let sql = "INSERT INTO accounts (id, email, role, password_hash, created_at, sessions_from) VALUES ($1, $2, $3, $4, $5, $6)";
        within!(self, db => sqlx::query(sql)
            .bind(account.id.as_str())
            .bind(account.email.as_str())
            .bind(account.role.code())
            .bind(password_hash)
            .bind(account.created_at.millis())
            .bind(account.sessions_from.millis())
            .execute(db)
            .await
            .map(drop))?;
        if account.role == Role::Superadmin {
            within!(self, db => sqlx::query("DELETE FROM setup_links").execute(db).await.map(drop))?;
        }
        Ok(())
    }

    /// The user with this id, as this change sees them.
    pub async fn account(&mut self, id: AccountId) -> Result<Option<Account>, StoreError> {
        let sql = "SELECT * FROM accounts WHERE id = $1";
        let row: Option<AccountRow> =
            within!(self, db => sqlx::query_as(sql).bind(id.as_str()).fetch_optional(db).await?);
        Ok(row.map(AccountRow::read).transpose()?.map(|stored| stored.account))
    }

    /// How many superadmins may sign in, as this change sees them.
    pub async fn superadmins(&mut self) -> Result<i64, StoreError> {
        let sql = "SELECT COUNT(*) FROM accounts WHERE role = 'superadmin' AND disabled_at IS NULL";
        let (count,): (i64,) = within!(self, db => sqlx::query_as(sql).fetch_one(db).await?);
        Ok(count)
    }

    /// Stores whether an account may sign in, and since when their sessions count.
    pub async fn update_account(&mut self, account: &Account) -> Result<(), StoreError> {
        let sql = "UPDATE accounts SET sessions_from = $1, disabled_at = $2 WHERE id = $3";
        within!(self, db => sqlx::query(sql)
            .bind(account.sessions_from.millis())
            .bind(account.disabled_at.map(Timestamp::millis))
            .bind(account.id.as_str())
            .execute(db)
            .await
            .map(drop))?;
        let theirs = "UPDATE keys SET due_at = 0 WHERE owner = $1";
        within!(self, db => sqlx::query(theirs).bind(account.email.as_str()).execute(db).await.map(drop))?;
        Ok(())
    }

    /// Stores a new password's hash.
    pub async fn set_password(&mut self, id: AccountId, password_hash: &str) -> Result<(), StoreError> {
        let sql = "UPDATE accounts SET password_hash = $1 WHERE id = $2";
        within!(self, db => sqlx::query(sql).bind(password_hash).bind(id.as_str()).execute(db).await.map(drop))?;
        Ok(())
    }
}
