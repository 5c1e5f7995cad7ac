//! Many keys at once. They are stored as keys are that were made one by one, in a fraction of the statements.

use std::collections::BTreeMap;

use crypto::secret::Digest;
use model::{
    activity::CallCounts,
    key::{Key, KeyState},
    listing::{Assessment, assess},
    time::Timestamp,
};
use sqlx::QueryBuilder;

use super::{
    LastUse, StoreError,
    change::{Change, within},
    key_index::document_of,
};
use crate::fold::folded;

/// Keys in one statement: both databases take as many values.
const ROWS: usize = 500;

/// One of many keys.
pub struct KeyInBatch {
    /// The key; its generation is the change's.
    pub key: Key,
    /// The digest of its secret.
    pub digest: Digest,
    /// Its last allowed call, if there was any.
    pub last_use: Option<LastUse>,
}

impl Change {
    /// Inserts them, with what lists find them by.
    pub async fn insert_keys(&mut self, keys: &[KeyInBatch], now: Timestamp) -> Result<(), StoreError> {
        let sql = "SELECT COALESCE(MAX(seq), 0) FROM keys";
        let (last,): (i64,) = within!(self, db => sqlx::query_as(sql).fetch_one(db).await?);
        let mut statuses = BTreeMap::new();
        let mut rows = Vec::new();
        for (seq, one) in (last + 1..).zip(keys) {
            let used = one.last_use.as_ref().map(|used| used.at);
            let stands = assess(&one.key, used, CallCounts::default(), now);
            *statuses.entry(stands.status.code()).or_insert(0) += 1;
            rows.push((seq, one, stands));
        }
        let language = self.transaction.language();
        for rows in rows.chunks(ROWS) {
            within!(self, db => {
                QueryBuilder::new(
                    "INSERT INTO keys (seq, id, tenant_id, prefix, last_four, digest, created_at, created_by, form, purpose, \
                     name, folded, description, owner, scopes, expires_at, addresses, off_at, off_by, archived_at, \
                     archived_by, archive_reason, generation, last_used_at, last_used_from, series, status, flags, due_at, \
                     all_access_reason, role, labels, limits, quota, metadata, signed_writes, group_id, subject_id, granted_by) ",
                )
                .push_values(rows, |mut row, (seq, KeyInBatch { key, digest, last_use }, stands)| {
                    let spec = &key.spec;
                    let off = if let KeyState::Off(off) = &key.state { Some(off) } else { None };
                    let archived = if let KeyState::Archived(archived) = &key.state { Some(archived) } else { None };
                    let flags: Vec<_> = stands.flags.iter().map(|fact| fact.code()).collect();
                    row.push_bind(*seq)
                        .push_bind(key.id.as_str())
                        .push_bind(key.tenant.id.as_str())
                        .push_bind(key.prefix.as_str())
                        .push_bind(&key.last_four)
                        .push_bind(digest.to_hex())
                        .push_bind(key.created_at.millis())
                        .push_bind(&key.created_by)
                        .push_bind(key.form.code())
                        .push_bind(key.purpose.code())
                        .push_bind(spec.name.as_str())
                        .push_bind(folded(spec.name.as_str()))
                        .push_bind(spec.description.as_str())
                        .push_bind(spec.owner.as_str())
                        .push_bind(spec.scopes.to_string())
                        .push_bind(spec.expires_at.millis())
                        .push_bind(spec.addresses.to_string())
                        .push_bind(off.map(|off| off.at.millis()))
                        .push_bind(off.map(|off| &off.by))
                        .push_bind(archived.map(|archived| archived.at.millis()))
                        .push_bind(archived.map(|archived| &archived.by))
                        .push_bind(archived.map(|archived| archived.reason.code()))
                        .push_bind(key.generation)
                        .push_bind(last_use.as_ref().map_or(0, |used| used.at.millis()))
                        .push_bind(last_use.as_ref().map_or("", |used| used.address.as_str()))
                        .push_bind(key.series.as_str())
                        .push_bind(stands.status.code())
                        .push_bind(flags.join(" "))
                        .push_bind(stands.due.millis())
                        .push_bind(spec.all_access_reason.as_str())
                        .push_bind(spec.role.as_str())
                        .push_bind(spec.labels.to_string())
                        .push_bind(spec.limits.to_string())
                        .push_bind(spec.quota.map(|quota| quota.to_string()).unwrap_or_default())
                        .push_bind(spec.metadata.as_str())
                        .push_bind(spec.signed_writes.code())
                        .push_bind(spec.group.as_ref().map(|group| group.id.to_string()))
                        .push_bind(spec.subject.as_ref().map(|subject| subject.id.to_string()))
                        .push_bind(key.granted_by.to_string());
                })
                .build()
                .persistent(false)
                .execute(&mut *db)
                .await?;
            });
            let document =
                |(seq, one, stands): &(i64, &KeyInBatch, Assessment)| (*seq, document_of(&one.key, stands, language));
            self.transaction.write_documents(&rows.iter().map(document).collect::<Vec<_>>()).await?;
        }
        for (status, keys) in statuses {
            self.transaction.count(status, keys).await?;
        }
        Ok(())
    }
}
