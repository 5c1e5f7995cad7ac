//! Keys of other systems, which keep their old strings: found by the digest of these, and before their first use by what
//! the other system kept.

use crypto::{
    imported::hmac_sha256,
    secret::{Digest, Entropy},
};
use model::id::{EntryId, KeyId};
use zeroize::Zeroizing;

use super::{
    Store, StoreError,
    change::{Change, within},
    reading, writing,
};

/// What the keys of MACs are sealed for.
const PURPOSE: &str = "imported hmac key";
/// Keys that are found by one beginning and are checked, at most.
const CANDIDATES: i64 = 8;

/// The shortest and the longest beginning by which an imported key is found, in characters.
pub const FOUND_BY: std::ops::RangeInclusive<usize> = 4..=64;

/// Whether keys were imported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imports {
    /// Any at all.
    pub any: bool,
    /// Any that were not used yet and are known by another system's hash.
    pub unused: bool,
}

/// A key that a text may be the string of.
pub struct Candidate {
    /// The key.
    pub key: KeyId,
    /// A salted hash that the text has to match; `None` where finding it was proof.
    pub hash: Option<String>,
}

/// What an imported key is checked against until its first use.
pub struct ImportedHash<'a> {
    /// The key.
    pub key: KeyId,
    /// By what it is found: a beginning, or [`mac_place`].
    pub found_by: &'a str,
    /// A salted hash; empty where finding it is proof.
    pub hash: &'a str,
}

impl ImportedHash<'_> {
    /// The same of every key that is imported from the same line.
    pub fn line(found_by: &str, hash: &str) -> Digest {
        Digest::of(format!("{found_by}\n{hash}").as_bytes())
    }
}

/// By what a key is found that another system kept the MAC of: lower-case hexadecimal digits under the key of this id.
pub fn mac_place(hmac_key: EntryId, mac: &str) -> String {
    format!("hmac:{hmac_key}:{mac}")
}

impl Store {
    /// Whether keys were imported.
    pub async fn imports(&self) -> Result<Imports, StoreError> {
        let any = "SELECT id FROM keys WHERE form = 'imported' LIMIT 1";
        let unused = "SELECT key_id FROM imported_hashes WHERE found_by IS NOT NULL LIMIT 1";
        let (any, unused): (Option<(String,)>, Option<(String,)>) = reading!(self, db => (
            sqlx::query_as(any).fetch_optional(db).await?,
            sqlx::query_as(unused).fetch_optional(db).await?,
        ));
        Ok(Imports { any: any.is_some(), unused: unused.is_some() })
    }

    /// The imported key whose string has this digest.
    pub async fn imported_key(&self, digest: &Digest) -> Result<Option<KeyId>, StoreError> {
        let sql = "SELECT id FROM keys WHERE form = 'imported' AND digest = $1";
        let row: Option<(String,)> =
            reading!(self, db => sqlx::query_as(sql).bind(digest.to_hex()).fetch_optional(db).await?);
        row.map(|(id,)| KeyId::parse(&id).ok_or(StoreError::Corrupt("key"))).transpose()
    }

    /// The imported keys that this text may be the string of and that were not used yet.
    pub async fn candidates(&self, text: &str) -> Result<Vec<Candidate>, StoreError> {
        let mut places: Vec<String> = Vec::new();
        for (id, key) in self.hmac_keys().await? {
            places.push(mac_place(id, &hmac_sha256(&key, text)));
        }
        let ends = text.char_indices().map(|(end, _)| end).chain([text.len()]);
        places.extend(ends.skip(*FOUND_BY.start()).take(FOUND_BY.count()).map(|end| text[..end].to_owned()));
        let mut sql =
            sqlx::QueryBuilder::<sqlx::Sqlite>::new("SELECT key_id, hash FROM imported_hashes WHERE found_by IN (");
        let mut list = sql.separated(", ");
        (1..=places.len()).for_each(|number| _ = list.push(format_args!("${number}")));
        sql.push(format_args!(") ORDER BY key_id LIMIT {CANDIDATES}"));
        let sql = sql.into_string();
        if places.is_empty() {
            return Ok(Vec::new());
        }
        let rows: Vec<(String, Option<String>)> = reading!(self, db => {
            let mut query = sqlx::query_as(sqlx::AssertSqlSafe(sql));
            for place in &places {
                query = query.bind(place);
            }
            query.fetch_all(db).await?
        });
        let read = |(id, hash): (String, Option<String>)| {
            let key = KeyId::parse(&id).ok_or(StoreError::Corrupt("imported hash"))?;
            Ok(Candidate { key, hash: hash.filter(|hash| !hash.is_empty()) })
        };
        rows.into_iter().map(read).collect()
    }

    async fn hmac_keys(&self) -> Result<Vec<(EntryId, Zeroizing<Vec<u8>>)>, StoreError> {
        let sql = "SELECT id, sealed FROM imported_hmac_keys ORDER BY id";
        let rows: Vec<(String, String)> = reading!(self, db => sqlx::query_as(sql).fetch_all(db).await?);
        let open = |(id, sealed): (String, String)| {
            let id = EntryId::parse(&id)?;
            Some((id, self.inner.master.unseal(PURPOSE, &sealed)?))
        };
        rows.into_iter().map(|row| open(row).ok_or(StoreError::Corrupt("HMAC key"))).collect()
    }

    /// From now on the key is known by the digest of its string, and the other system's hash is forgotten. Whoever found
    /// it by that string does this; who may do what stays the same, so that it is no change of the audit's.
    pub async fn settle_import(&self, key: KeyId, digest: &Digest) -> Result<(), StoreError> {
        let adopt = "UPDATE keys SET digest = $1 WHERE id = $2 AND form = 'imported' \
                     AND EXISTS (SELECT 1 FROM imported_hashes WHERE key_id = $2 AND found_by IS NOT NULL)";
        let forget = "UPDATE imported_hashes SET found_by = NULL, hash = NULL WHERE key_id = $1";
        writing!(self, db => {
            let mut transaction = db.begin().await?;
            sqlx::query(adopt).bind(digest.to_hex()).bind(key.as_str()).execute(&mut *transaction).await?;
            sqlx::query(forget).bind(key.as_str()).execute(&mut *transaction).await?;
            transaction.commit().await?;
        });
        Ok(())
    }

    /// Which of these digests are those of imported keys' strings, with the key of each.
    pub async fn imported_among(&self, digests: &[Digest]) -> Result<Vec<(String, KeyId)>, StoreError> {
        self.ids_of("SELECT digest, id FROM keys WHERE form = 'imported' AND digest IN (", digests).await
    }

    /// Which of these lines were imported already, with the key of each.
    pub async fn lines_among(&self, lines: &[Digest]) -> Result<Vec<(String, KeyId)>, StoreError> {
        self.ids_of("SELECT line, key_id FROM imported_hashes WHERE line IN (", lines).await
    }

    async fn ids_of(&self, select: &str, digests: &[Digest]) -> Result<Vec<(String, KeyId)>, StoreError> {
        if digests.is_empty() {
            return Ok(Vec::new());
        }
        let list: Vec<_> = digests.iter().map(|digest| format!("'{}'", digest.to_hex())).collect();
        let sql = format!("{select}{})", list.join(", "));
        let rows: Vec<(String, String)> = reading!(self, db => sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .persistent(false)
            .fetch_all(db)
            .await?);
        let read = |(text, id): (String, String)| Ok((text, KeyId::parse(&id).ok_or(StoreError::Corrupt("key"))?));
        rows.into_iter().map(read).collect()
    }

    /// Keeps another system's HMAC key, sealed; the id of the one that is kept.
    pub async fn keep_hmac_key(&self, key: &[u8], entropy: &Entropy) -> Result<EntryId, StoreError> {
        let digest = Digest::of(&[b"keyward imported hmac key\n", key].concat()).to_hex();
        let sealed = self.inner.master.seal(PURPOSE, key, entropy);
        let insert =
            "INSERT INTO imported_hmac_keys (id, digest, sealed) VALUES ($1, $2, $3) ON CONFLICT (digest) DO NOTHING";
        let find = "SELECT id FROM imported_hmac_keys WHERE digest = $1";
        let (id,): (String,) = writing!(self, db => {
            sqlx::query(insert).bind(entropy.entry_id().as_str()).bind(&digest).bind(&sealed).execute(db).await?;
            sqlx::query_as(find).bind(&digest).fetch_one(db).await?
        });
        EntryId::parse(&id).ok_or(StoreError::Corrupt("HMAC key"))
    }
}

impl Change {
    /// Notes what imported keys are checked against until their first use.
    pub async fn insert_imported_hashes(&mut self, hashes: &[ImportedHash<'_>]) -> Result<(), StoreError> {
        if hashes.is_empty() {
            return Ok(());
        }
        within!(self, db => {
            sqlx::QueryBuilder::new("INSERT INTO imported_hashes (key_id, line, found_by, hash) ")
                .push_values(hashes, |mut row, hash| {
                    row.push_bind(hash.key.as_str().to_owned())
                        .push_bind(ImportedHash::line(hash.found_by, hash.hash).to_hex())
                        .push_bind(hash.found_by)
                        .push_bind(hash.hash);
                })
                .build()
                .persistent(false)
                .execute(&mut *db)
                .await?;
        });
        Ok(())
    }
}
