//! Backups in a folder: named by their time, each read again before it counts, the last of them kept. What else lies in the
//! folder is left alone.

use std::{
    fs::{self, TryLockError},
    io,
    path::{Path, PathBuf},
};

use crypto::{clock::Clock, secret::private};
use model::time::Timestamp;
use store::{BackupError, Progress, Store};

use crate::{config::BackupPlan, state::AppState};

/// The version that backups say they were made by.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

const BEFORE: &str = "keyward-";
const ENDING: &str = ".backup";
/// What a backup is called until it is whole.
const PART: &str = ".backup.part";

/// The name of a backup of this instant: `keyward-20270314T235959Z.backup`.
pub fn name(at: Timestamp) -> String {
    let digits = at.to_string().replace(['-', ':'], "");
    format!("{BEFORE}{digits}{ENDING}")
}

/// The instant that a name tells, when it is one of ours.
fn time_of(name: &str) -> Option<Timestamp> {
    let digits = name.strip_prefix(BEFORE)?.strip_suffix(ENDING)?;
    let bounds = [0..4, 4..6, 6..8, 9..11, 11..13, 13..15];
    let [year, month, day, hour, minute, second] = bounds.map(|part| digits.get(part).unwrap_or_default());
    let at = Timestamp::parse(&format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z"))?;
    (self::name(at) == name).then_some(at)
}

/// The backups in a folder, oldest first.
pub fn list(folder: &Path) -> io::Result<Vec<(Timestamp, PathBuf)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let at = path.file_name().and_then(|name| name.to_str()).and_then(time_of);
        found.extend(at.map(|at| (at, path)));
    }
    found.sort();
    Ok(found)
}

/// Makes a backup as the settings say, when its time has come.
pub async fn make_if_due(app: &AppState) -> Result<(), BackupError> {
    let Some(plan) = &app.config.backups else { return Ok(()) };
    if let Some(made) = make(&app.store, plan, &app.clock, false, |_| {}).await? {
        tracing::info!(file = %made.display(), "backup made");
    }
    Ok(())
}

/// Makes a backup in the folder of a plan and forgets those beyond its number. `None` when another process is at it, or,
/// unless it is made at once, when the last one is young enough.
pub async fn make(
    store: &Store,
    plan: &BackupPlan,
    clock: &Clock,
    at_once: bool,
    progress: impl Fn(Progress),
) -> Result<Option<PathBuf>, BackupError> {
    let folder = &plan.folder;
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |error| BackupError::File(path, error)
    };
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder).map_err(failed(folder))?;
    let lock = folder.join(".keyward-backup.lock");
    let locked = private().append(true).create(true).open(&lock).map_err(failed(&lock))?;
    match locked.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(None),
        Err(TryLockError::Error(error)) => return Err(failed(&lock)(error)),
    }
    let now = clock.now();
    let newest = list(folder).map_err(failed(folder))?.pop();
    let is_due = newest.is_none_or(|(at, _)| at.plus(plan.every) <= now);
    if !is_due && !at_once {
        return Ok(None);
    }
    let path = folder.join(name(now));
    if store.back_up(&path, VERSION, now, progress).await?.is_none() {
        return Ok(None);
    }
    if let Err(broken) = store.verify_own_backup(&path).await {
        fs::remove_file(&path).map_err(failed(&path))?;
        return Err(broken);
    }
    prune(folder, plan.keep).map_err(failed(folder))?;
    Ok(Some(path))
}

/// Removes the oldest backups beyond a number, and what was left by one that was cut off. The newest was read just now.
fn prune(folder: &Path, keep: usize) -> io::Result<()> {
    let backups = list(folder)?;
    for (_, path) in backups.iter().take(backups.len().saturating_sub(keep.max(1))) {
        fs::remove_file(path)?;
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_suffix(PART));
        if name.is_some_and(|name| time_of(&format!("{name}{ENDING}")).is_some()) {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// How the backups in a folder stand, in a sentence; the error says what is wrong.
pub fn stand(plan: &BackupPlan, now: Timestamp) -> Result<String, String> {
    let folder = plan.folder.display();
    let all = list(&plan.folder).map_err(|error| format!("{folder}: {error}"))?;
    let Some((newest, _)) = all.last() else {
        return Err(format!("there is none in {folder} yet: the log of the server says why"));
    };
    let words = format!("{} in {folder}, the last of {}", all.len(), newest.long());
    if newest.plus(plan.every.saturating_mul(2)) < now {
        return Err(format!("{words}, which is long ago: the log of the server says why"));
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_names_are_read_and_removed() {
        let at = Timestamp::parse("2027-03-14T23:59:59Z").unwrap();
        assert_eq!(name(at), "keyward-20270314T235959Z.backup");
        assert_eq!(time_of(&name(at)), Some(at));
        let others = [
            "keyward-20270314T235959Z.backup.txt",
            "keyward-20270314T235959.backup",
            "keyward-20271314T235959Z.backup",
            "keyward-.backup",
            "keyward-é0270314T235959Z.backup",
            "before-restore.backup",
        ];
        let folder = tempfile::tempdir().unwrap();
        for other in others {
            assert_eq!(time_of(other), None, "{other}");
            fs::write(folder.path().join(other), "").unwrap();
        }
        let days: Vec<_> = (1..=5).map(|day| at.plus(day * model::time::DAY)).collect();
        for day in &days {
            fs::write(folder.path().join(name(*day)), "").unwrap();
        }
        fs::write(folder.path().join(format!("{}.part", name(at))), "").unwrap();
        prune(folder.path(), 2).unwrap();
        let left: Vec<_> = list(folder.path()).unwrap().into_iter().map(|(at, _)| at).collect();
        assert_eq!(left, days[3..]);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), others.len() + 2);
        prune(folder.path(), 0).unwrap();
        assert_eq!(list(folder.path()).unwrap().len(), 1, "the last one stays");
    }
}
