//! Questions to the list of keys that were saved under a name. They are nobody's business but their owner's, unless they
//! are shared: the audit does not know them.

use model::{id::EntryId, time::Timestamp};

use super::{Store, StoreError, reading, writing};

/// A question that was saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedView {
    /// Its id.
    pub id: EntryId,
    /// The mail address of who saved it.
    pub owner: String,
    /// Its name.
    pub name: String,
    /// The query of the list's address.
    pub query: String,
    /// Since when everybody sees it.
    pub shared_at: Option<Timestamp>,
}

impl Store {
    /// What this owner saved and what is shared, by name.
    pub async fn views(&self, owner: &str) -> Result<Vec<SavedView>, StoreError> {
        let sql = "SELECT id, owner, name, query, shared_at FROM views WHERE owner = $1 OR shared_at IS NOT NULL \
                   ORDER BY name, created_at LIMIT 200";
        let rows: Vec<(String, String, String, String, Option<i64>)> =
            reading!(self, db => sqlx::query_as(sql).bind(owner).fetch_all(db).await?);
        let read = |(id, owner, name, query, shared_at): (String, String, String, String, Option<i64>)| {
            let id = EntryId::parse(&id).ok_or(StoreError::Corrupt("view"))?;
            Ok(SavedView { id, owner, name, query, shared_at: shared_at.map(Timestamp::from_millis) })
        };
        rows.into_iter().map(read).collect()
    }

    /// Saves a question.
    pub async fn insert_view(&self, view: &SavedView, now: Timestamp) -> Result<(), StoreError> {
        let sql = "INSERT INTO views (id, owner, name, query, shared_at, created_at) VALUES ($1, $2, $3, $4, $5, $6)";
        writing!(self, db => sqlx::query(sql)
            .bind(view.id.as_str())
            .bind(&view.owner)
            .bind(&view.name)
            .bind(&view.query)
            .bind(view.shared_at.map(Timestamp::millis))
            .bind(now.millis())
            .execute(db)
            .await
            .map(drop))?;
        Ok(())
    }

    /// Deletes a saved question.
    pub async fn delete_view(&self, id: EntryId) -> Result<(), StoreError> {
        let sql = "DELETE FROM views WHERE id = $1";
        writing!(self, db => sqlx::query(sql).bind(id.as_str()).execute(db).await.map(drop))?;
        Ok(())
    }
}
