//! Users at rest.

use sqlx::FromRow;

use super::{
    Store, StoreError,
    change::{Change, within},
    reading, writing,
};
use crypto::secret::hex;
use model::{
    id::UserId,
    name::Email,
    people::{Role, User},
    time::{DAY, Timestamp},
};

/// A user and the hash their password is checked against.
pub struct StoredUser {
    /// The user.
    pub user: User,
    /// A PHC string.
    pub password_hash: String,
}

#[derive(FromRow)]
struct UserRow {
    id: String,
    email: String,
    role: String,
    password_hash: String,
    created_at: i64,
    sessions_from: i64,
    disabled_at: Option<i64>,
}

impl UserRow {
    fn read(self) -> Result<StoredUser, StoreError> {
        let user = || {
            Some(User {
                id: UserId::parse(&self.id)?,
                email: Email::parse(&self.email).ok()?,
                role: Role::parse(&self.role)?,
                created_at: Timestamp::from_millis(self.created_at),
                sessions_from: Timestamp::from_millis(self.sessions_from),
                disabled_at: self.disabled_at.map(Timestamp::from_millis),
            })
        };
        let user = user().ok_or(StoreError::Corrupt("user"))?;
        Ok(StoredUser { user, password_hash: self.password_hash })
    }
}

impl Store {
    /// The user with this mail address.
    pub async fn user_by_email(&self, email: &Email) -> Result<Option<StoredUser>, StoreError> {
        let sql = "SELECT * FROM users WHERE email = $1";
        let row: Option<UserRow> =
            reading!(self, db => sqlx::query_as(sql).bind(email.as_str()).fetch_optional(db).await?);
        row.map(UserRow::read).transpose()
    }

    /// The user with this id.
    pub async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        let sql = "SELECT * FROM users WHERE id = $1";
        let row: Option<UserRow> =
            reading!(self, db => sqlx::query_as(sql).bind(id.as_str()).fetch_optional(db).await?);
        Ok(row.map(UserRow::read).transpose()?.map(|stored| stored.user))
    }

    /// Every user, oldest first.
    pub async fn users(&self) -> Result<Vec<User>, StoreError> {
        let sql = "SELECT * FROM users ORDER BY created_at, id";
        let rows: Vec<UserRow> = reading!(self, db => sqlx::query_as(sql).fetch_all(db).await?);
        rows.into_iter().map(|row| row.read().map(|stored| stored.user)).collect()
    }

    /// Whether there is a superadmin who may sign in.
    pub async fn has_superadmin(&self) -> Result<bool, StoreError> {
        let sql = "SELECT COUNT(*) FROM users WHERE role = 'superadmin' AND disabled_at IS NULL";
        let (count,): (i64,) = reading!(self, db => sqlx::query_as(sql).fetch_one(db).await?);
        Ok(count > 0)
    }

    /// Stores the same password's hash with today's parameters in the place of the one it was checked against: a password
    /// that was changed meanwhile stays changed.
    pub async fn rehash(&self, id: UserId, before: &str, password_hash: &str) -> Result<(), StoreError> {
        let sql = "UPDATE users SET password_hash = $1 WHERE id = $2 AND password_hash = $3";
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
    pub async fn has_place(&self, id: Option<UserId>, network: &str) -> Result<bool, StoreError> {
        let id = id.as_ref().map_or("", UserId::as_str);
        let sql = "SELECT COUNT(*) FROM sign_in_places WHERE user_id = $1 AND place = $2";
        let place = self.place(id, network);
        let (count,): (i64,) = reading!(self, db => sqlx::query_as(sql).bind(id).bind(place).fetch_one(db).await?);
        Ok(count > 0)
    }

    /// Remembers that a user signed in from this network; of an account, the latest ones.
    pub async fn keep_place(&self, id: UserId, network: &str, now: Timestamp) -> Result<(), StoreError> {
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
    /// Inserts a user; [`StoreError::Taken`] when the mail address is in use. Once there is a superadmin, no setup link
    /// makes another.
    pub async fn insert_user(&mut self, user: &User, password_hash: &str) -> Result<(), StoreError> {
        let sql = "INSERT INTO users (id, email, role, password_hash, created_at, sessions_from) VALUES ($1, $2, $3, $4, $5, $6)";
        within!(self, db => sqlx::query(sql)
            .bind(user.id.as_str())
            .bind(user.email.as_str())
            .bind(user.role.code())
            .bind(password_hash)
            .bind(user.created_at.millis())
            .bind(user.sessions_from.millis())
            .execute(db)
            .await
            .map(drop))?;
        if user.role == Role::Superadmin {
            within!(self, db => sqlx::query("DELETE FROM setup_links").execute(db).await.map(drop))?;
        }
        Ok(())
    }

    /// The user with this id, as this change sees them.
    pub async fn user(&mut self, id: UserId) -> Result<Option<User>, StoreError> {
        let sql = "SELECT * FROM users WHERE id = $1";
        let row: Option<UserRow> = within!(self, db => sqlx::query_as(sql).bind(id.as_str()).fetch_optional(db).await?);
        Ok(row.map(UserRow::read).transpose()?.map(|stored| stored.user))
    }

    /// How many superadmins may sign in, as this change sees them.
    pub async fn superadmins(&mut self) -> Result<i64, StoreError> {
        let sql = "SELECT COUNT(*) FROM users WHERE role = 'superadmin' AND disabled_at IS NULL";
        let (count,): (i64,) = within!(self, db => sqlx::query_as(sql).fetch_one(db).await?);
        Ok(count)
    }

    /// Stores whether a user may sign in, and since when their sessions count.
    pub async fn update_user(&mut self, user: &User) -> Result<(), StoreError> {
        let sql = "UPDATE users SET sessions_from = $1, disabled_at = $2 WHERE id = $3";
        within!(self, db => sqlx::query(sql)
            .bind(user.sessions_from.millis())
            .bind(user.disabled_at.map(Timestamp::millis))
            .bind(user.id.as_str())
            .execute(db)
            .await
            .map(drop))?;
        let theirs = "UPDATE keys SET due_at = 0 WHERE owner = $1";
        within!(self, db => sqlx::query(theirs).bind(user.email.as_str()).execute(db).await.map(drop))?;
        Ok(())
    }

    /// Stores a new password's hash.
    pub async fn set_password(&mut self, id: UserId, password_hash: &str) -> Result<(), StoreError> {
        let sql = "UPDATE users SET password_hash = $1 WHERE id = $2";
        within!(self, db => sqlx::query(sql).bind(password_hash).bind(id.as_str()).execute(db).await.map(drop))?;
        Ok(())
    }
}
