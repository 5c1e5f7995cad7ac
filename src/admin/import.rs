//! Keys of other systems: each line of a file becomes a key that keeps its old string. A step reads some hundred lines,
//! and stores what is right of them in one change with what became of each.

use std::collections::HashMap;

use crypto::{imported::SaltedHash, secret::Digest};
use model::{
    account::Action,
    audit::Verb,
    id::{EntryId, KeyId},
    job::{Job, JobKind, LineOutcome},
    key::{Form, Grantor, Key, KeySpec, KeyState, Purpose, SwitchedOff},
    key_input::KeyInput,
    label::Labels,
    name::{Description, Name, Owner, Prefix, is_seen},
    policy::Policy,
};
use serde::{Deserialize, Serialize};
use store::{FOUND_BY, ImportedHash, JobLine, JobStep, KeyInBatch, NewJobLine, StoredJob, mac_place};

use super::{Admin, AdminError, FieldError, keys};
use crate::Permit;

/// Lines of one step, which are one change.
const STEP: u16 = 500;
/// Lines of one file.
const MOST: usize = 1_000_000;
/// Bytes of a line that the job keeps.
const LINE: usize = 16 * 1024;
/// What imported keys are shown with in front of their id.
const PREFIX: &str = "imported";

/// What another system knows of a key's string.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum ImportedSecret {
    /// Its SHA-256, in 64 hexadecimal digits.
    Sha256(String),
    /// Its HMAC-SHA256 in hexadecimal digits, and the id of the HMAC key.
    Hmac(String, String),
    /// A salted hash, and the beginning of the string by which it is found.
    Salted {
        /// The hash.
        hash: String,
        /// The beginning.
        found_by: String,
    },
}

/// A line of an import.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ImportLine {
    /// The key as it is asked for.
    pub input: KeyInput,
    /// What is known of its string.
    pub secret: ImportedSecret,
    /// The last four characters of its string, if they are known.
    pub last_four: String,
    /// Whether it is off.
    pub is_off: bool,
}

/// A line that could be read, or what is wrong with it.
pub type ReadLine = Result<ImportLine, Vec<FieldMistake>>;

/// What is wrong with a field of a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldMistake {
    /// The field's name; empty for the line as a whole.
    pub field: String,
    /// What is wrong, in a sentence.
    pub message: String,
}

impl FieldMistake {
    fn said(mistakes: &[Self]) -> String {
        let one = |mistake: &Self| match mistake.field.as_str() {
            "" => mistake.message.clone(),
            field => format!("{field}: {}", mistake.message),
        };
        mistakes.iter().map(one).collect::<Vec<_>>().join(" ")
    }
}

impl From<FieldError> for FieldMistake {
    fn from(error: FieldError) -> Self {
        Self { field: error.field.to_owned(), message: error.message }
    }
}

/// A line that is right, about to become a key.
struct Ready {
    line: i64,
    spec: KeySpec,
    shape: usize,
    secret: ImportedSecret,
    last_four: String,
    is_off: bool,
}

/// What lines of one step have in common, read once: a file repeats itself.
struct Shapes<'a> {
    permit: &'a Permit,
    policy: Policy,
    read: HashMap<String, usize>,
    all: Vec<Result<keys::Read, Vec<FieldError>>>,
    owners: HashMap<String, OwnerOfLines>,
}

/// What is known of an owner.
struct OwnerOfLines {
    mistakes: Vec<FieldError>,
    live: i64,
}

impl Admin {
    /// Starts an import of these lines, or finds out what it would do. Lines that could not be read stay in it, with what is
    /// wrong with them. Only whoever may make keys for anybody imports.
    pub async fn start_import(
        &self,
        permit: &Permit,
        lines: Vec<(i64, ReadLine)>,
        check_only: bool,
    ) -> Result<Job, AdminError> {
        may_import(permit)?;
        if lines.len() > MOST {
            return Err(AdminError::field("file", format!("More than {MOST} lines: split the file.")));
        }
        let stored = |(line, read): (i64, ReadLine)| {
            let asked = serde_json::to_string(&read).unwrap_or_default();
            if asked.len() <= LINE {
                return NewJobLine { line, asked };
            }
            let message = format!("The line has more than {LINE} bytes.");
            let read: ReadLine = Err(vec![FieldMistake { field: String::new(), message }]);
            NewJobLine { line, asked: serde_json::to_string(&read).unwrap_or_default() }
        };
        let lines = lines.into_iter().map(stored).collect();
        let kind = if check_only { JobKind::ImportCheck } else { JobKind::Import };
        self.start_job(permit, kind, &serde_json::json!({}), lines).await
    }

    /// Keeps another system's HMAC key, sealed, for the lines that name it; its id.
    pub async fn keep_hmac_key(&self, permit: &Permit, key: &[u8]) -> Result<EntryId, AdminError> {
        may_import(permit)?;
        if key.len() < 8 || key.len() > 1024 {
            return Err(AdminError::field("hmac_key", "An HMAC key has 8 to 1,024 bytes."));
        }
        Ok(self.store.keep_hmac_key(key, &self.entropy).await?)
    }

    /// One step of an import. Whether there may be more.
    pub(super) async fn step_import(&self, permit: &Permit, stored: &StoredJob) -> Result<bool, AdminError> {
        may_import(permit)?;
        let waiting = self.store.waiting_lines(stored.job.id, stored.place, STEP).await?;
        let Some(last) = waiting.last().map(|line| line.line) else { return Ok(false) };
        let (mut done, mut ready) = (Vec::new(), Vec::new());
        let mut shapes = Shapes {
            permit,
            policy: self.store.policy().await?,
            read: HashMap::new(),
            all: Vec::new(),
            owners: HashMap::new(),
        };
        for NewJobLine { line, asked } in waiting {
            let read: ReadLine = serde_json::from_str(&asked).unwrap_or_else(|_| {
                Err(vec![FieldMistake { field: String::new(), message: "The line could not be kept.".to_owned() }])
            });
            let looked_at = match read {
                Ok(read) => self.look_at_line(&mut shapes, line, read).await?,
                Err(mistakes) => Err(FieldMistake::said(&mistakes)),
            };
            match looked_at {
                Ok(one) => ready.push(one),
                Err(why) => done.push(refused(line, why)),
            }
        }
        self.leave_out_known(&mut ready, &mut done).await?;
        within_caps(&mut shapes, &mut ready, &mut done);
        let check_only = stored.job.kind == JobKind::ImportCheck;
        if check_only {
            let fine = |one: &Ready| outcome(one.line, None, LineOutcome::Done);
            done.extend(ready.iter().map(fine));
            done.sort_by_key(|line| line.line);
            self.store.note_job_step(stored.job.id, &JobStep { lines: &done, place: last }).await?;
        } else {
            self.store_lines(permit, stored, &shapes, ready, done, last).await?;
        }
        Ok(true)
    }

    /// Reads one line against the policy, the catalog and the people.
    async fn look_at_line(
        &self,
        shapes: &mut Shapes<'_>,
        line: i64,
        asked: ImportLine,
    ) -> Result<Result<Ready, String>, AdminError> {
        let ImportLine { input, secret, last_four, is_off } = asked;
        let mut mistakes = Vec::new();
        let name = keys::field(&mut mistakes, "name", Name::parse(&input.name));
        if name.is_some() && !is_seen(&input.name) {
            mistakes.push(keys::error("name", "Nothing of this name can be seen. Type letters or digits."));
        }
        let description = keys::field(&mut mistakes, "description", Description::parse(&input.description));
        let labels = keys::field(&mut mistakes, "labels", Labels::parse(&input.labels));
        let metadata = keys::field(&mut mistakes, "metadata", keys::metadata(&input.metadata));
        let owner = match input.owner.trim() {
            "" => shapes.permit.default_owner(),
            owner => owner,
        };
        let owner = keys::field(&mut mistakes, "owner", Owner::parse(owner));
        if let Some(owner) = &owner {
            mistakes.extend(self.owner_of_lines(shapes, owner).await?);
        }
        if !input.form.is_empty() && input.form != Form::Imported.code() {
            mistakes.push(keys::error("form", "An imported key keeps the form it has: leave this out."));
        }
        if let ImportedSecret::Salted { hash, found_by } = &secret {
            if let Err(why) = SaltedHash::parse(hash) {
                mistakes.push(keys::error("hash", why));
            }
            if !FOUND_BY.contains(&found_by.chars().count()) {
                let words = "Say by which beginning of its string the key is found, in 4 to 64 characters.";
                mistakes.push(keys::error("found_by", words));
            }
        }
        // What is a line's own is read above: the rest is the same for many lines.
        let common = KeyInput {
            name: "Imported".to_owned(),
            description: String::new(),
            labels: String::new(),
            metadata: String::new(),
            owner: String::new(),
            form: String::new(),
            ..input
        };
        let told = common.pairs().map(|(_, text)| text).join("\n");
        let shape = if let Some(shape) = shapes.read.get(&told) {
            *shape
        } else {
            let read = match self.read(shapes.permit, &common, None, shapes.policy).await {
                Ok(read) if read.spec.scopes.iter().any(model::scope::Scope::is_reserved) => {
                    let words = "An imported key holds no scope of Keyward's own. Make a new key for that.";
                    Err(vec![keys::error("scopes", words)])
                }
                Ok(read) => Ok(read),
                Err(AdminError::Invalid(errors)) => Err(errors),
                Err(error) => return Err(error),
            };
            shapes.all.push(read);
            shapes.read.insert(told, shapes.all.len() - 1);
            shapes.all.len() - 1
        };
        let common = match &shapes.all[shape] {
            Ok(read) => Some(read.spec.clone()),
            Err(errors) => {
                mistakes.extend(errors.iter().cloned());
                None
            }
        };
        Ok(match (common, name, description, labels, metadata, owner) {
            (Some(common), Some(name), Some(description), Some(labels), Some(metadata), Some(owner))
                if mistakes.is_empty() =>
            {
                let spec = KeySpec { name, description, labels, metadata, owner, ..common };
                Ok(Ready { line, spec, shape, secret, last_four, is_off })
            }
            _ => Err(FieldMistake::said(&mistakes.into_iter().map(FieldMistake::from).collect::<Vec<_>>())),
        })
    }

    async fn owner_of_lines(&self, shapes: &mut Shapes<'_>, owner: &Owner) -> Result<Vec<FieldError>, AdminError> {
        if let Some(known) = shapes.owners.get(owner.as_str()) {
            return Ok(known.mistakes.clone());
        }
        let mut mistakes = self.disabled_holders(None, Some(owner), None).await?;
        if !owner.as_str().is_empty() && !is_seen(owner.as_str()) {
            mistakes.push(keys::error("owner", "Nothing of this name can be seen. Type letters or digits."));
        }
        let live = self.store.live_keys_of(owner.as_str(), self.clock.now()).await?;
        shapes.owners.insert(owner.to_string(), OwnerOfLines { mistakes: mistakes.clone(), live });
        Ok(mistakes)
    }

    /// Takes out what was imported before, and what is there twice.
    async fn leave_out_known(&self, ready: &mut Vec<Ready>, done: &mut Vec<JobLine>) -> Result<(), AdminError> {
        let (mut digests, mut hashes) = (Vec::new(), Vec::new());
        for one in ready.iter() {
            match one.secret.place() {
                Place::Digest(digest) => digests.push(digest),
                Place::Line(line) => hashes.push(line),
            }
        }
        let mut known: HashMap<String, Option<KeyId>> = HashMap::new();
        known.extend(self.store.imported_among(&digests).await?.into_iter().map(|(text, id)| (text, Some(id))));
        known.extend(self.store.lines_among(&hashes).await?.into_iter().map(|(text, id)| (text, Some(id))));
        ready.retain(|one| {
            let place = match one.secret.place() {
                Place::Digest(place) | Place::Line(place) => place.to_hex(),
            };
            match known.get(&place) {
                Some(Some(id)) => {
                    done.push(outcome(one.line, Some(*id), LineOutcome::Same));
                    false
                }
                Some(None) => {
                    done.push(refused(one.line, "The same key stands in a line before this one.".to_owned()));
                    false
                }
                None => {
                    known.insert(place, None);
                    true
                }
            }
        });
        Ok(())
    }

    /// Stores the keys with what became of all lines, in one change.
    async fn store_lines(
        &self,
        permit: &Permit,
        stored: &StoredJob,
        shapes: &Shapes<'_>,
        ready: Vec<Ready>,
        mut done: Vec<JobLine>,
        last: i64,
    ) -> Result<(), AdminError> {
        let id = stored.job.id;
        if ready.is_empty() {
            self.store.note_job_step(id, &JobStep { lines: &done, place: last }).await?;
            return Ok(());
        }
        let now = self.clock.now();
        let prefix = Prefix::parse(PREFIX).map_err(|_| AdminError::NotFound)?;
        let mut change = self.store.change().await?;
        let (mut keys, mut salted) = (Vec::new(), Vec::new());
        for Ready { line, spec, shape, secret, last_four, is_off } in ready {
            let Ok(read) = &shapes.all[shape] else { continue };
            let key = self.entropy.key_id();
            let digest = match secret {
                ImportedSecret::Sha256(digest) => Digest::from_hex(&digest),
                ImportedSecret::Hmac(mac, hmac_key) => {
                    let place = EntryId::parse(&hmac_key).map(|id| mac_place(id, &mac));
                    salted.extend(place.map(|place| (key, place, String::new())));
                    None
                }
                ImportedSecret::Salted { hash, found_by } => {
                    salted.push((key, found_by, hash));
                    None
                }
            };
            let off = || SwitchedOff { at: now, by: permit.actor().to_owned() };
            let key = Key {
                id: key,
                tenant: read.tenant.clone(),
                spec,
                owner_active: true,
                form: Form::Imported,
                purpose: Purpose::Ordinary,
                prefix: prefix.clone(),
                last_four,
                created_at: now,
                created_by: permit.actor().to_owned(),
                rotated_from: None,
                series: key,
                granted_by: Grantor::Nobody,
                leak: None,
                state: if is_off { KeyState::Off(off()) } else { KeyState::Live },
                generation: change.generation(),
            };
            done.push(outcome(line, Some(key.id), LineOutcome::Done));
            let digest = digest.unwrap_or_else(|| Digest::of_nothing(&self.entropy));
            keys.push(KeyInBatch { key, digest, last_use: None });
        }
        done.sort_by_key(|line| line.line);
        change.insert_keys(&keys, now).await?;
        let hashes: Vec<_> =
            salted.iter().map(|(key, found_by, hash)| ImportedHash { key: *key, found_by, hash }).collect();
        change.insert_imported_hashes(&hashes).await?;
        change.note_job_step(id, &JobStep { lines: &done, place: last }).await?;
        let ids: Vec<_> = keys.iter().map(|one| one.key.id.to_string()).collect();
        let detail = serde_json::json!({ "job": id.as_str(), "keys": ids.len(), "ids": ids.join(" ") });
        let target = format!("{} keys", ids.len());
        change.commit(now, permit.actor(), Verb::ImportKeys, &target, &detail.to_string()).await?;
        Ok(())
    }
}

/// Where it is seen that a line was imported before.
enum Place {
    Digest(Digest),
    Line(Digest),
}

impl ImportedSecret {
    fn place(&self) -> Place {
        match self {
            Self::Sha256(digest) => Place::Digest(Digest::from_hex(digest).unwrap_or_else(|| Digest::of(b""))),
            Self::Hmac(mac, id) => {
                let place = EntryId::parse(id).map(|id| mac_place(id, mac)).unwrap_or_default();
                Place::Line(ImportedHash::line(&place, ""))
            }
            Self::Salted { hash, found_by } => Place::Line(ImportedHash::line(found_by, hash)),
        }
    }
}

/// Refuses lines that would give an owner more live keys than the policy allows.
fn within_caps(shapes: &mut Shapes<'_>, ready: &mut Vec<Ready>, done: &mut Vec<JobLine>) {
    let most = shapes.policy.keys_per_owner;
    ready.retain(|one| {
        let owner = one.spec.owner.as_str();
        let Some(known) = shapes.owners.get_mut(owner).filter(|_| !owner.is_empty()) else { return true };
        if known.live >= most {
            let words = format!(
                "owner: {owner} would hold more than {most} live keys. Raise keys_per_owner in the policy first, or divide them."
            );
            done.push(refused(one.line, words));
            return false;
        }
        known.live += 1;
        true
    });
}

fn may_import(permit: &Permit) -> Result<(), AdminError> {
    permit.allows(Action::WriteKeys)?;
    if permit.only_owner().is_some() { Err(AdminError::Forbidden) } else { Ok(()) }
}

fn refused(line: i64, detail: String) -> JobLine {
    JobLine { line, key: None, outcome: Some(LineOutcome::Refused), detail }
}

fn outcome(line: i64, key: Option<KeyId>, outcome: LineOutcome) -> JobLine {
    JobLine { line, key, outcome: Some(outcome), detail: String::new() }
}
