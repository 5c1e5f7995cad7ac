//! Sessions for tower-sessions, kept in our store under the digest of their id. How long an idle one lives is counted
//! here, by our clock.

use std::fmt;

use async_trait::async_trait;
use crypto::{clock::Clock, secret::Digest};
use store::{Store, StoreError, StoredSession};
use time::OffsetDateTime;
use tower_sessions::{
    SessionStore,
    session::{Id, Record},
    session_store::{Error, Result},
};

/// How long a session lives without being used, in minutes.
pub const SESSION_IDLE: i64 = 60;

/// The store, seen as a session store.
#[derive(Clone)]
pub struct Sessions {
    store: Store,
    clock: Clock,
}

impl Sessions {
    /// Sessions in this store.
    pub fn new(store: Store, clock: Clock) -> Self {
        Self { store, clock }
    }

    fn stored(&self, record: &Record) -> Result<StoredSession> {
        let data = serde_json::to_string(&record.data).map_err(|error| Error::Encode(error.to_string()))?;
        Ok(StoredSession { data, expires_at: self.clock.now().plus(SESSION_IDLE * 60_000) })
    }
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sessions")
    }
}

#[async_trait]
impl SessionStore for Sessions {
    async fn create(&self, record: &mut Record) -> Result<()> {
        loop {
            match self.store.create_session(digest(&record.id), &self.stored(record)?).await {
                Err(StoreError::Taken) => record.id = Id::default(),
                result => return result.map_err(backend),
            }
        }
    }

    async fn save(&self, record: &Record) -> Result<()> {
        self.store.save_session(digest(&record.id), &self.stored(record)?).await.map_err(backend)
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let Some(session) = self.store.session(digest(id), self.clock.now()).await.map_err(backend)? else {
            return Ok(None);
        };
        let data = serde_json::from_str(&session.data).map_err(|error| Error::Decode(error.to_string()))?;
        let expiry_date = OffsetDateTime::from_unix_timestamp(session.expires_at.millis() / 1000)
            .map_err(|error| Error::Decode(error.to_string()))?;
        Ok(Some(Record { id: *id, data, expiry_date }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        self.store.delete_session(digest(id)).await.map_err(backend)
    }
}

fn digest(id: &Id) -> Digest {
    Digest::of(&id.0.to_be_bytes())
}

fn backend(error: StoreError) -> Error {
    Error::Backend(error.to_string())
}
