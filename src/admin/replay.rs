//! What was done since a backup, done again on the database that it restores. Whatever ended or narrowed access counts: a
//! key that was archived, switched off, purged or edited, an account or an identity that was disabled. What an event does not
//! tell, such as the new public key of a key that signs, switches its key off. What was made since is not in the backup,
//! and stays lost.

use std::collections::BTreeMap;

use model::{
    account::Account,
    address::Addresses,
    audit::{Event, Head, Verb},
    catalog::{Entry, Kind, Settings},
    entry_input::{EntryInput, Field},
    id::{AccountId, EntryId, KeyId},
    key::{ArchiveReason, Archived, Grantor, Identity, Key, KeyState, Leak, Named, SignedWrites, SwitchedOff},
    key_input::KeyInput,
    label::Labels,
    limit::{Limits, Quota},
    name::{Description, Name, Owner, Word},
    scope::Scopes,
    time::Timestamp,
};
use serde_json::Value;
use store::{Change, Store, StoreError};

use crate::{
    Admin, AdminError,
    keys::{changes, metadata},
    password::Password,
};

/// What happened after a backup was made, in order.
#[derive(Clone, Debug)]
pub struct Later {
    events: Vec<Event>,
    is_proven: bool,
}

/// The events do not belong to the backup.
#[derive(Debug, thiserror::Error)]
pub enum OtherHistory {
    /// An event that both have differs.
    #[error("event {0} is another one than in the backup: this audit is of another database, or of another time of it")]
    Differs(i64),
    /// Two sources have the same event differently.
    #[error("two of the audits that were given have event {0} differently")]
    Contradicts(i64),
}

/// What became of an event from after the backup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redone {
    /// It was done again.
    Again,
    /// The event does not tell enough: its key was switched off instead.
    SwitchedOff,
    /// It made something that is not in the backup, and is lost.
    Lost,
    /// It was not done again: it gave access, or a person has to look at it.
    Left,
}

impl Redone {
    /// A word for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Again => "done_again",
            Self::SwitchedOff => "switched_off",
            Self::Lost => "lost",
            Self::Left => "left",
        }
    }
}

/// An event from after the backup, and what became of it.
#[derive(Clone, Debug)]
pub struct Replayed {
    /// The event.
    pub event: Event,
    /// What became of it.
    pub redone: Redone,
}

impl Replayed {
    /// What the thing it happened to is called; its id where the event does not say.
    pub fn name(&self) -> String {
        let detail = detail(&self.event);
        let name = detail["name"].as_str().or_else(|| detail["email"].as_str()).unwrap_or(&self.event.target);
        name.to_owned()
    }
}

impl Later {
    /// Nothing is known of what happened after.
    pub fn nothing() -> Self {
        Self { events: Vec::new(), is_proven: false }
    }

    /// The events after `head`, where a backup's chain ends. They are proven when they follow it one by one, each with its
    /// keyed hash; from others nothing is believed that would give access.
    pub fn new(store: &Store, head: Head, events: impl IntoIterator<Item = Event>) -> Result<Self, OtherHistory> {
        let mut ordered: BTreeMap<i64, Event> = BTreeMap::new();
        for event in events {
            if event.seq == head.seq && event.hash != head.hash {
                return Err(OtherHistory::Differs(event.seq));
            }
            match ordered.get(&event.seq) {
                Some(known) if known.hash != event.hash => return Err(OtherHistory::Contradicts(event.seq)),
                _ => drop(ordered.insert(event.seq, event)),
            }
        }
        let events: Vec<_> = ordered.into_values().filter(|event| event.seq > head.seq).collect();
        let walked = events.iter().try_fold(head, |head, event| head.step(event, |bytes| store.audit_mac(bytes)));
        Ok(Self { is_proven: walked.is_ok(), events })
    }

    /// Whether every event is known to be what Keyward wrote, and none is missing between them.
    pub fn is_proven(&self) -> bool {
        self.is_proven
    }

    /// The number of the last event, if there is any.
    pub fn last(&self) -> Option<i64> {
        self.events.last().map(|event| event.seq)
    }
}

/// What a replay works with.
pub(super) struct Replay<'a> {
    pub(super) admin: &'a Admin,
    pub(super) change: &'a mut Change,
    pub(super) later: &'a Later,
    pub(super) actor: &'a str,
    pub(super) now: Timestamp,
    pub(super) replayed: Vec<Replayed>,
}

impl Replay<'_> {
    /// Does all of it again, each thing at once: what was undone later counts as undone.
    pub(super) async fn run(&mut self) -> Result<(), AdminError> {
        let later = self.later;
        let mut things: BTreeMap<(&str, &str), Vec<&Event>> = BTreeMap::new();
        for event in &later.events {
            let family = event.verb.split_once('.').map_or(event.verb.as_str(), |(family, _)| family);
            things.entry((family, &event.target)).or_default().push(event);
        }
        // Identities and accounts before keys: an edit may name one.
        for family in ["entry", "user", "signing_key", "key"] {
            for ((_, target), events) in things.iter().filter(|((of, _), _)| *of == family) {
                match family {
                    "entry" => self.entry(target, events).await?,
                    "user" => self.account(target, events).await?,
                    "signing_key" => self.signing_key(events).await?,
                    _ => self.key(target, events).await?,
                }
            }
        }
        let known = ["entry", "user", "signing_key", "key"];
        for event in things.iter().filter(|((family, _), _)| !known.contains(family)).flat_map(|(_, events)| events) {
            match Verb::parse(&event.verb) {
                Some(Verb::SeedKeys | Verb::ImportKeys) => self.note(event, Redone::Lost),
                // They change nothing that a key or a person may do.
                Some(_) => {}
                None => self.note(event, Redone::Left),
            }
        }
        self.replayed.sort_by_key(|replayed| replayed.event.seq);
        Ok(())
    }

    fn note(&mut self, event: &Event, redone: Redone) {
        self.replayed.push(Replayed { event: event.clone(), redone });
    }

    fn note_all(&mut self, events: &[&Event], redone: Redone) {
        for event in events {
            self.note(event, redone);
        }
    }

    async fn record(&mut self, verb: Verb, target: &str, mut said: Value, events: &[&Event]) -> Result<(), StoreError> {
        said["replayed"] = events.iter().map(|event| event.seq).collect();
        self.change.record(self.now, self.actor, verb, target, &said.to_string()).await
    }

    async fn key(&mut self, target: &str, events: &[&Event]) -> Result<(), AdminError> {
        let before = match KeyId::parse(target) {
            Some(id) => self.change.key(id).await?,
            None => None,
        };
        let Some(before) = before else {
            self.note_all(events, Redone::Lost);
            return Ok(());
        };
        let mut key = before.clone();
        let (mut gone, mut purged, mut off) = (None, None, None);
        let (mut edits, mut unclear, mut left) = (Vec::new(), Vec::new(), Vec::new());
        for event in events.iter().copied() {
            match Verb::parse(&event.verb) {
                Some(Verb::ArchiveKey) => gone = Some(event),
                Some(Verb::RestoreKey) if gone.take().is_none() => left.push(event),
                Some(Verb::SwitchOffKey) => off = Some(event),
                Some(Verb::LeakKey) => {
                    let source = detail(event)["source"].as_str().unwrap_or_default().to_owned();
                    key.leak = Some(Leak { at: event.at, source });
                    off = Some(event);
                }
                Some(Verb::SwitchOnKey) if off.take().is_none() => left.push(event),
                Some(Verb::SwitchOnKey) => key.leak = None,
                Some(Verb::RestoreKey) => {}
                Some(Verb::PurgeKey) => purged = Some(event),
                Some(Verb::RotateKey | Verb::CutKey | Verb::ExtendOverlap) => {
                    match detail(event)["expires"].as_str().and_then(Timestamp::parse) {
                        Some(end) if end < key.spec.expires_at || self.later.is_proven => {
                            key.spec.expires_at = end;
                            edits.push(event);
                        }
                        Some(_) => left.push(event),
                        None => unclear.push(event),
                    }
                }
                Some(Verb::EditKey) if self.later.is_proven => match self.amended(&key, event).await? {
                    Some(amended) => {
                        key = amended;
                        edits.push(event);
                    }
                    None => unclear.push(event),
                },
                _ => unclear.push(event),
            }
        }
        let id = before.id;
        let name = key.spec.name.as_str().to_owned();
        if (&key.spec, key.granted_by) != (&before.spec, before.granted_by) {
            key.generation = self.change.generation();
            self.change.update_key(&key).await?;
            let changed = changes(&KeyInput::of(&before).pairs(), &KeyInput::of(&key).pairs());
            let said = serde_json::json!({ "name": name, "changes": changed });
            self.record(Verb::EditKey, target, said, &edits).await?;
        }
        self.note_all(&edits, Redone::Again);
        self.note_all(&left, Redone::Left);
        let off_by = off.into_iter().chain(unclear.iter().copied()).next();
        if let (Some(first), KeyState::Live) = (off_by, &key.state) {
            let (at, by) = off.map_or((self.now, self.actor), |event| (event.at, event.actor.as_str()));
            let state = KeyState::Off(SwitchedOff { at, by: by.to_owned() });
            key = Key { state, generation: self.change.generation(), ..key };
            self.change.update_key(&key).await?;
            let mut said = serde_json::json!({ "name": name });
            if off.is_none() {
                said["reason"] = "what was changed cannot be told from the audit".into();
            }
            self.record(Verb::SwitchOffKey, target, said, &[first]).await?;
        }
        self.note_all(&unclear, Redone::SwitchedOff);
        self.note_all(&off.into_iter().collect::<Vec<_>>(), Redone::Again);
        if let Some(event) = gone.or(purged)
            && !matches!(before.state, KeyState::Archived(_))
        {
            let reason = detail(event)["reason"].as_str().and_then(ArchiveReason::parse).unwrap_or_default();
            let evidence = Archived { at: event.at, by: event.actor.clone(), reason };
            self.change.archive_key(id, &evidence).await?;
            let said = serde_json::json!({ "name": name, "reason": reason.code() });
            self.record(Verb::ArchiveKey, target, said, &[event]).await?;
        }
        self.note_all(&gone.into_iter().collect::<Vec<_>>(), Redone::Again);
        if let Some(event) = purged {
            self.change.purge_key(id).await?;
            self.record(Verb::PurgeKey, target, serde_json::json!({ "name": name }), &[event]).await?;
            self.note(event, Redone::Again);
        }
        Ok(())
    }

    /// The key after an edit, or `None` when what it became cannot be told.
    async fn amended(&mut self, key: &Key, event: &Event) -> Result<Option<Key>, StoreError> {
        let detail = detail(event);
        let Some(changed) = detail["changes"].as_object() else { return Ok(None) };
        let mut amended = key.clone();
        let tenant = key.tenant.name.to_string();
        for (field, values) in changed {
            let Some(text) = values[1].as_str() else { return Ok(None) };
            let named = match (field.as_str(), text) {
                ("group", "") => {
                    amended.spec.group = None;
                    continue;
                }
                ("acts_as", "") => {
                    amended.spec.subject = None;
                    continue;
                }
                ("group", name) => self.change.entry_named(Kind::Group, &tenant, name).await?,
                ("acts_as", name) => self.change.entry_named(Kind::Identity, &tenant, name).await?,
                _ => None,
            };
            if set(&mut amended, field, text, named).is_none() {
                return Ok(None);
            }
        }
        Ok(Some(amended))
    }

    async fn account(&mut self, target: &str, events: &[&Event]) -> Result<(), AdminError> {
        let before = match AccountId::parse(target) {
            Some(id) => self.change.account(id).await?,
            None => None,
        };
        let Some(mut account) = before else {
            self.note_all(events, Redone::Lost);
            return Ok(());
        };
        let (mut disabled, mut reset) = (None, None);
        for event in events.iter().copied() {
            match Verb::parse(&event.verb) {
                Some(Verb::DisableAccount) => disabled = Some(event),
                Some(Verb::EnableAccount) if disabled.take().is_none() => self.note(event, Redone::Left),
                Some(Verb::EnableAccount) => {}
                Some(Verb::ResetAccount) => reset = Some(event),
                _ => self.note(event, Redone::Left),
            }
        }
        let said = serde_json::json!({ "email": account.email.as_str(), "role": account.role.code() });
        if let Some(event) = reset {
            // The password from before may be why it was reset: nobody knows the one that it gets here.
            let nobody = Password::chosen(self.admin.entropy.code().reveal().to_owned(), account.email.as_str());
            let nobody = nobody.map_err(|error| AdminError::field("password", error))?;
            let hash = self.admin.passwords.hash(nobody).await?;
            self.change.set_password(account.id, &hash).await?;
            self.record(Verb::ResetAccount, target, said.clone(), &[event]).await?;
            self.note(event, Redone::Again);
        }
        if let Some(event) = disabled {
            if account.disabled_at.is_none() {
                account = Account { disabled_at: Some(event.at), sessions_from: self.now, ..account };
                self.change.update_account(&account).await?;
                self.record(Verb::DisableAccount, target, said, &[event]).await?;
            }
            self.note(event, Redone::Again);
        }
        Ok(())
    }

    async fn entry(&mut self, target: &str, events: &[&Event]) -> Result<(), AdminError> {
        let kind = events.iter().find_map(|event| Kind::parse(detail(event)["kind"].as_str()?));
        let before = match (kind, EntryId::parse(target)) {
            (Some(kind), Some(id)) => self.change.entry(kind, id).await?,
            _ => None,
        };
        let Some(mut entry) = before else {
            let is_made =
                |event: &&&Event| matches!(Verb::parse(&event.verb), Some(Verb::CreateEntry | Verb::AddSampleSet));
            let redone = if events.iter().any(|event| is_made(&event)) { Redone::Lost } else { Redone::Left };
            self.note_all(events, redone);
            return Ok(());
        };
        for event in events.iter().copied() {
            let after = match Verb::parse(&event.verb) {
                Some(Verb::DisableEntry) => Some(Entry { disabled_at: Some(event.at), ..entry.clone() }),
                // Only what was switched off since is switched on again.
                Some(Verb::EnableEntry) if self.later.is_proven => Some(Entry { disabled_at: None, ..entry.clone() }),
                Some(Verb::EditEntry) if self.later.is_proven => edited(&entry, event),
                _ => None,
            };
            let (Some(after), Some(verb)) = (after, Verb::parse(&event.verb)) else {
                self.note(event, Redone::Left);
                continue;
            };
            entry = Entry { generation: self.change.generation(), ..after };
            self.change.update_entry(&entry).await?;
            let changed = detail(event)["changes"].clone();
            let said = serde_json::json!({ "kind": entry.kind().code(), "name": entry.name(), "changes": changed });
            self.record(verb, target, said, &[event]).await?;
            self.note(event, Redone::Again);
        }
        Ok(())
    }

    /// The key that signed JWTs was replaced since: it is again, by one of its own.
    async fn signing_key(&mut self, events: &[&Event]) -> Result<(), AdminError> {
        let key = crypto::jwt::JwtSigningKey::generate(&self.admin.entropy);
        let retired = self.change.retire_jwt_signing_key(self.now).await?;
        self.change.insert_jwt_signing_key(&key, self.now, self.actor, &self.admin.entropy).await?;
        let said = serde_json::json!({ "retired": retired });
        self.record(Verb::RotateSigningKey, &key.kid(), said, events).await?;
        self.note_all(events, Redone::Again);
        Ok(())
    }
}

fn detail(event: &Event) -> Value {
    serde_json::from_str(&event.detail).unwrap_or_default()
}

/// An entry after an edit, or `None` when what it became cannot be told.
fn edited(entry: &Entry, event: &Event) -> Option<Entry> {
    let detail = detail(event);
    let changed = detail["changes"].as_object()?;
    let given = changed.iter().map(|(field, values)| Some((Field::parse(field)?, values[1].as_str()?.to_owned())));
    let given: EntryInput = given.collect::<Option<Vec<_>>>()?.into_iter().collect();
    let settings = Settings::parse(entry.kind(), entry.id, &entry.settings.input().with(&given)).ok()?;
    Some(Entry { settings, ..entry.clone() })
}

/// Sets one field of a key to what an audit event says of it.
fn set(key: &mut Key, field: &str, text: &str, named: Option<Entry>) -> Option<()> {
    let spec = &mut key.spec;
    match field {
        "name" => spec.name = Name::parse(text).ok()?,
        "description" => spec.description = Description::parse(text).ok()?,
        "owner" => spec.owner = Owner::parse(text).ok()?,
        "scopes" => spec.scopes = Scopes::parse(text).ok()?,
        "all_access_reason" => spec.all_access_reason = Description::parse(text).ok()?,
        "expires" if text == "never" => spec.expires_at = Timestamp::NEVER,
        "expires" => spec.expires_at = Timestamp::parse(text)?,
        "group" => {
            let entry = named?;
            spec.group = Some(Named { id: entry.id, name: entry.name().to_owned() });
        }
        "acts_as" => {
            let entry = named?;
            let (name, active) = (entry.name().to_owned(), entry.disabled_at.is_none());
            spec.subject = Some(Identity { id: entry.id, name, active });
        }
        "role" => spec.role = Word::parse(text).ok()?,
        "labels" => spec.labels = Labels::parse(text).ok()?,
        "addresses" => spec.addresses = Addresses::parse(text).ok()?,
        "limits" => spec.limits = Limits::parse(text).ok()?,
        "quota" => spec.quota = Quota::parse(text).ok()?,
        "metadata" => spec.metadata = metadata(text).ok()?,
        "signed_writes" => spec.signed_writes = SignedWrites::parse(text)?,
        "granted_by" => key.granted_by = Grantor::parse(text)?,
        _ => return None,
    }
    Some(())
}
