//! The audit chain: what happened, in order, each event bound to the one before it. This module knows the form and how
//! a chain is walked; the keyed hash itself is an argument.

use crate::{codes::codes, time::Timestamp};

/// A link's hash, and the hash the first link follows.
pub type Hash = [u8; 32];
/// What the first event follows.
pub const GENESIS: Hash = [0; 32];

codes! {
    /// What someone did. The code is stored; it never changes. What concerns one key begins with `key.`.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Verb {
        /// A key was issued.
        IssueKey = "key.issue" => "Key created",
        /// A key was edited.
        EditKey = "key.edit" => "Key edited",
        /// A key was switched off.
        SwitchOffKey = "key.switch_off" => "Key switched off",
        /// A key was switched on again.
        SwitchOnKey = "key.switch_on" => "Key switched on",
        /// A key was given a successor.
        RotateKey = "key.rotate" => "Key rotated",
        /// A key that has a successor was stopped before its overlap was over.
        CutKey = "key.cut" => "Old key cut",
        /// A key that has a successor was let work for longer.
        ExtendOverlap = "key.extend" => "Overlap extended",
        /// A key was archived.
        ArchiveKey = "key.archive" => "Key archived",
        /// An archived key was brought back soon after.
        RestoreKey = "key.restore" => "Archiving undone",
        /// An archived key was removed with all that was known of it.
        PurgeKey = "key.purge" => "Key purged",
        /// Keys of another system were imported, so many in one event.
        ImportKeys = "keys.import" => "Keys imported",
        /// Made-up keys were made, to see how many feel.
        SeedKeys = "keys.seed" => "Example keys made",
        /// A request signing key was added to a key.
        AddRequestSigningKey = "key.add_verify_key" => "Request signing key added",
        /// A request signing key of a key was retired.
        RetireRequestSigningKey = "key.retire_verify_key" => "Request signing key retired",
        /// A user was added.
        CreateAccount = "user.create" => "Account added",
        /// A user may no longer sign in.
        DisableAccount = "user.disable" => "Account disabled",
        /// A user may sign in again.
        EnableAccount = "user.enable" => "Account enabled",
        /// A user was given a new password.
        ResetAccount = "user.reset" => "Password reset",
        /// An entry of the catalog was made.
        CreateEntry = "entry.create" => "Added",
        /// An entry of the catalog was edited.
        EditEntry = "entry.edit" => "Edited",
        /// An entry of the catalog was switched off.
        DisableEntry = "entry.disable" => "Switched off",
        /// An entry of the catalog was switched on.
        EnableEntry = "entry.enable" => "Switched on",
        /// An entry of the catalog was deleted.
        DeleteEntry = "entry.delete" => "Deleted",
        /// A sample set was added to the catalog: what of it was not there yet.
        AddSampleSet = "entry.add_samples" => "Sample set added",
        /// The key that signs JWTs was made, or replaced by a new one.
        RotateSigningKey = "signing_key.rotate" => "New signing key for JWTs",
        /// Keys were made to test a gateway with.
        ProbeGateway = "gateway.probe" => "Gateway test began",
        /// They were archived and removed.
        EndProbe = "gateway.end_probe" => "Gateway test ended",
        /// Somebody confirmed to have a copy of the master key.
        ConfirmMasterKeyCopy = "setup.master_key_copied" => "Copy of the master key confirmed",
        /// The first run's checklist was hidden for everybody.
        HideFirstRun = "setup.hide" => "Setup checklist hidden",
        /// It was shown again.
        ShowFirstRun = "setup.show" => "Setup checklist shown",
        /// The checkpoint file was lost, and a new one begun.
        AnchorAudit = "audit.anchor" => "Checkpoint begun anew",
    }
}

/// One event of the chain, as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its place in the chain, from 1, without gaps.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: String,
    /// What: a verb's code.
    pub verb: String,
    /// The id of the thing it happened to.
    pub target: String,
    /// More, as a JSON object without secrets.
    pub detail: String,
    /// The hash of this event, which the next one follows.
    pub hash: Hash,
}

impl Event {
    /// What the hash covers: the hash before, then each field led by its length in bytes (64 bits, big endian), so that
    /// no two different events share these bytes.
    pub fn bytes(&self, before: &Hash) -> Vec<u8> {
        let seq = self.seq.to_be_bytes();
        let at = self.at.millis().to_be_bytes();
        let fields: [&[u8]; 7] = [
            before,
            &seq,
            &at,
            self.actor.as_bytes(),
            self.verb.as_bytes(),
            self.target.as_bytes(),
            self.detail.as_bytes(),
        ];
        fields
            .iter()
            .flat_map(|field| (field.len() as u64).to_be_bytes().into_iter().chain(field.iter().copied()))
            .collect()
    }
}

/// A place in the chain: the last event's number and hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The last event's number; 0 before the first.
    pub seq: i64,
    /// The last event's hash.
    pub hash: Hash,
}

impl Head {
    /// Before the first event.
    pub const START: Self = Self { seq: 0, hash: GENESIS };

    /// Steps over the next event, or says why the chain breaks there.
    pub fn step(self, event: &Event, hash: impl Fn(&[u8]) -> Hash) -> Result<Self, Break> {
        if event.seq != self.seq + 1 {
            return Err(Break { seq: self.seq + 1, why: "the event is missing" });
        }
        if hash(&event.bytes(&self.hash)) != event.hash {
            return Err(Break { seq: event.seq, why: "the event is not what was written" });
        }
        Ok(Self { seq: event.seq, hash: event.hash })
    }
}

/// Where a chain breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("event {seq}: {why}")]
pub struct Break {
    /// The number of the event that is wrong or missing.
    pub seq: i64,
    /// What is wrong with it.
    pub why: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Not a keyed hash: enough to show that every byte counts.
    fn toy(bytes: &[u8]) -> Hash {
        let mut hash = [0u8; 32];
        for (index, byte) in bytes.iter().enumerate() {
            hash[index % 32] =
                hash[index % 32].wrapping_mul(31).wrapping_add(*byte).wrapping_add(u8::try_from(index % 251).unwrap());
        }
        hash
    }

    fn chain() -> Vec<Event> {
        let mut head = Head::START;
        let mut events = Vec::new();
        for seq in 1..=4 {
            let mut event = Event {
                seq,
                at: Timestamp::from_millis(seq * 1000),
                actor: "ops@example.com".to_owned(),
                verb: Verb::IssueKey.code().to_owned(),
                target: format!("key{seq}"),
                detail: "{}".to_owned(),
                hash: GENESIS,
            };
            event.hash = toy(&event.bytes(&head.hash));
            head = Head { seq, hash: event.hash };
            events.push(event);
        }
        events
    }

    fn walk(events: &[Event]) -> Result<Head, Break> {
        events.iter().try_fold(Head::START, |head, event| head.step(event, toy))
    }

    #[test]
    fn a_whole_chain_is_walked_to_its_head() {
        assert_eq!(walk(&chain()).unwrap().seq, 4);
        assert_eq!(walk(&[]), Ok(Head::START));
    }

    #[test]
    fn every_change_breaks_it_where_it_was_made() {
        type Change = fn(&mut Vec<Event>);
        let changes: [(&str, Change, i64); 7] = [
            ("an actor", |events| events[1].actor.push('x'), 2),
            ("a time", |events| events[2].at = Timestamp::from_millis(1), 3),
            ("a verb", |events| events[0].verb = "key.archive".to_owned(), 1),
            ("a detail", |events| events[3].detail = "{\"a\":1}".to_owned(), 4),
            ("a removed event", |events| drop(events.remove(1)), 2),
            ("two swapped events", |events| events.swap(1, 2), 2),
            (
                "a border moved between fields",
                |events| {
                    events[1].actor.push('k');
                    events[1].verb.remove(0);
                },
                2,
            ),
        ];
        for (what, change, expected) in changes {
            let mut events = chain();
            change(&mut events);
            assert_eq!(walk(&events).unwrap_err().seq, expected, "{what}");
        }
    }
}
