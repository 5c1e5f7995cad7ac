//! A backup read to its end without a database: whether it is whole, whether its audit chain is, and what it holds.

use std::{collections::BTreeMap, path::Path};

use crypto::secret::MasterKey;
use model::audit::Head;

use super::{
    BackupError,
    format::{BackupHeader, Reader, Table, event_of},
};
use crate::{MIGRATIONS, Store, proofs::proof_of};

/// What a whole backup holds.
#[derive(Clone, Debug)]
pub struct BackupReport {
    /// What it says of itself.
    pub header: BackupHeader,
    /// Keys by the code of their status when it was made.
    pub keys: BTreeMap<String, i64>,
    /// Audit events.
    pub events: i64,
    /// Whether its audit chain and its seal were checked.
    pub chain: ChainCheck,
}

/// Whether the audit chain of a backup was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChainCheck {
    /// It is whole, and the backup was sealed with this master key.
    Whole,
    /// There was no master key to check it with.
    NoMasterKey,
    /// The master key is another database's.
    OtherMasterKey,
}

impl BackupHeader {
    /// Whether the database it is of was made with this master key; a database from before that was kept says nothing.
    pub fn is_of(&self, master: &MasterKey) -> bool {
        self.proof.as_ref().is_none_or(|proof| *proof == proof_of(master))
    }

    /// Refuses what this program cannot read: a schema newer than its own, or one that it never had.
    pub fn check_schema(&self) -> Result<(), BackupError> {
        if MIGRATIONS.version_exists(self.schema) {
            return Ok(());
        }
        Err(BackupError::Newer(format!("{}, migration {}", self.version, self.schema)))
    }
}

impl Store {
    /// Reads a backup of this database to its end, on a thread of its own.
    pub async fn verify_own_backup(&self, path: &Path) -> Result<BackupReport, BackupError> {
        let (path, master) = (path.to_owned(), self.inner.master.clone());
        let checked = tokio::task::spawn_blocking(move || verify_backup(&path, Some(&master)));
        checked.await.map_err(BackupError::thread)?
    }
}

/// Reads a backup to its end. The chain is walked when there is a master key and it is the backup's. Blocks the thread.
pub fn verify_backup(path: &Path, master: Option<&MasterKey>) -> Result<BackupReport, BackupError> {
    let mut reader = Reader::open(path)?;
    let header = reader.header().clone();
    let own = master.filter(|master| header.is_of(master));
    let (mut head, mut stored, mut keys, mut events) = (Head::START, None, BTreeMap::new(), 0);
    let broken = |why: String| BackupError::broken(path, why);
    while let Some((at, row)) = reader.next()? {
        let Some(table) = header.tables.get(at) else { continue };
        match table.name.as_str() {
            "audit" => {
                events += 1;
                let event = event_of(table, row);
                let event = event.ok_or_else(|| broken(format!("its audit: row {events} is no event")))?;
                head = match own {
                    Some(master) => head
                        .step(&event, |bytes| master.mac("audit", bytes))
                        .map_err(|found| broken(format!("its audit chain is broken: {found}")))?,
                    None => Head { seq: event.seq, hash: event.hash },
                };
            }
            "audit_head" => stored = text(table, row, "hash").zip(number(table, row, "seq")),
            "keys" => {
                *keys.entry(text(table, row, "status").unwrap_or_default()).or_insert(0) += 1;
            }
            _ => {}
        }
    }
    let ends = |hash: &str, seq: i64| seq == head.seq && hash == crypto::secret::hex(&head.hash);
    if !stored.is_some_and(|(hash, seq)| ends(&hash, seq)) || !ends(&header.hash, header.events) {
        return Err(broken("its audit chain does not end where it should".to_owned()));
    }
    let chain = match (master, own) {
        (None, _) => ChainCheck::NoMasterKey,
        (Some(_), None) => ChainCheck::OtherMasterKey,
        (_, Some(master)) if reader.is_sealed_with(master) => ChainCheck::Whole,
        _ => return Err(broken("its seal is not of its master key: it was written by something else".to_owned())),
    };
    Ok(BackupReport { header, keys, events, chain })
}

fn text(table: &Table, row: &str, column: &str) -> Option<String> {
    Some(cell(table, row, column)?.as_str()?.to_owned())
}

fn number(table: &Table, row: &str, column: &str) -> Option<i64> {
    cell(table, row, column)?.as_i64()
}

fn cell(table: &Table, row: &str, column: &str) -> Option<serde_json::Value> {
    let mut cells: Vec<serde_json::Value> = serde_json::from_str(row).ok()?;
    let at = table.column(column)?;
    (at < cells.len()).then(|| cells.swap_remove(at))
}
