//! A key and its states. It holds no secret and no digest: what it takes to prove a key lives with the store.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    address::Addresses,
    codes::codes,
    id::{AccountId, EntryId, KeyId},
    label::Labels,
    limit::{Limits, Quota},
    name::{Description, Name, Owner, Prefix, Word},
    scope::Scopes,
    tenant::Tenant,
    time::{DAY, Timestamp},
    token,
};

/// The sequence number of the audit event that last changed a thing. Later changes have greater ones.
pub type Generation = i64;

/// A key, as everyone but its bearer knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The public id.
    pub id: KeyId,
    /// The tenant it works in.
    pub tenant: Tenant,
    /// What was asked for, and may be edited.
    pub spec: KeySpec,
    /// Whether its owner may still sign in; an owner the console does not know counts as one who may.
    pub owner_active: bool,
    /// What its secret looks like.
    pub form: Form,
    /// Whom it was made for.
    pub purpose: Purpose,
    /// The prefix its token was made with.
    pub prefix: Prefix,
    /// The last four characters of its token.
    pub last_four: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who made it.
    pub created_by: String,
    /// The key whose place it took.
    pub rotated_from: Option<KeyId>,
    /// The id of the first key of its series: rotation gives a new id and keeps this one.
    pub series: KeyId,
    /// Whose role bounds what its scopes of Keyward's own open.
    pub granted_by: Grantor,
    /// Whether it still works.
    pub state: KeyState,
    /// When it last changed.
    pub generation: Generation,
}

/// Who gave a key its scopes of Keyward's own: it opens no more than they may do themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Grantor {
    /// Nobody: it opens nothing but verification.
    #[default]
    Nobody,
    /// The command line, which may do everything.
    Operator,
    /// This account.
    Account(AccountId),
}

impl Grantor {
    /// Reads what is stored: an account's id, `operator`, or nothing.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "" => Some(Self::Nobody),
            "operator" => Some(Self::Operator),
            id => AccountId::parse(id).map(Self::Account),
        }
    }
}

/// What is stored.
impl fmt::Display for Grantor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nobody => Ok(()),
            Self::Operator => f.write_str("operator"),
            Self::Account(id) => id.fmt(f),
        }
    }
}

/// What is asked of a key, and may be changed later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySpec {
    /// What it is called.
    pub name: Name,
    /// What it is for.
    pub description: Description,
    /// The person or service that holds it.
    pub owner: Owner,
    /// What it may do.
    pub scopes: Scopes,
    /// Why it may do everything, if it may.
    pub all_access_reason: Description,
    /// The group it is in.
    pub group: Option<Named>,
    /// The identity it acts as.
    pub subject: Option<Identity>,
    /// The role it acts in, in the words of the services that ask; may be empty.
    pub role: Word,
    /// What it can be found by.
    pub labels: Labels,
    /// When it stops by itself: valid before, refused from this instant on.
    pub expires_at: Timestamp,
    /// Where it may be used from.
    pub addresses: Addresses,
    /// How often it may be used.
    pub limits: Limits,
    /// How much it may be used in all.
    pub quota: Option<Quota>,
    /// What services are told with it: a JSON object.
    pub metadata: Metadata,
    /// Whether writes need a signature.
    pub signed_writes: SignedWrites,
}

impl KeySpec {
    /// What asks for nothing but this.
    pub fn new(name: Name, owner: Owner, scopes: Scopes, expires_at: Timestamp) -> Self {
        Self {
            name,
            description: Description::default(),
            owner,
            scopes,
            all_access_reason: Description::default(),
            group: None,
            subject: None,
            role: Word::default(),
            labels: Labels::default(),
            expires_at,
            addresses: Addresses::default(),
            limits: Limits::default(),
            quota: None,
            metadata: Metadata::default(),
            signed_writes: SignedWrites::default(),
        }
    }
}

/// Something with an id and a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Its id.
    pub id: EntryId,
    /// Its name.
    pub name: String,
}

/// The identity a key acts as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Its id.
    pub id: EntryId,
    /// Its name.
    pub name: String,
    /// Whether its keys work.
    pub active: bool,
}

codes! {
    /// What a key's secret looks like.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
    pub enum Form {
        /// Prefix, id and secret.
        #[default]
        Token = "token" => "Token",
        /// A signed statement that services can read by themselves (RFC 9068).
        Jwt = "jwt" => "JWT",
        /// The string that another system gave out, imported from there.
        Imported = "imported" => "Imported",
    }
}

codes! {
    /// Whom a key was made for.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
    pub enum Purpose {
        /// A person or a service.
        #[default]
        Ordinary = "ordinary" => "Ordinary",
        /// Keyward itself, to test a gateway: it counts towards no cap and keeps to no policy.
        Canary = "canary" => "Canary of the gateway self-test",
    }
}

codes! {
    /// Whether writes need a signature (RFC 9421) beside the key.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
    pub enum SignedWrites {
        /// They do not.
        #[default]
        Optional = "optional" => "Writes pass without a signature",
        /// They do.
        Required = "required" => "Writes need a signature",
    }
}

/// The most bytes of metadata.
pub const MAX_METADATA: usize = 4096;

/// A JSON object that services are told with a key, as its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata(String);

impl Metadata {
    /// Takes a text that is a JSON object already; whoever has a JSON parser checks it.
    pub fn from_checked(text: String) -> Self {
        Self(text)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.0 == "{}"
    }
}

/// No metadata.
impl Default for Metadata {
    fn default() -> Self {
        Self("{}".to_owned())
    }
}

/// Whether a key works, with the evidence when it does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// It works until it expires.
    Live,
    /// It was switched off and can be switched on again.
    Off(SwitchedOff),
    /// It was archived, for good.
    Archived(Archived),
}

/// When and by whom a key was switched off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SwitchedOff {
    /// Refused from this instant on.
    pub at: Timestamp,
    /// Who did it.
    pub by: String,
}

/// When, by whom and why a key was archived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archived {
    /// Refused from this instant on.
    pub at: Timestamp,
    /// Who did it.
    pub by: String,
    /// Why.
    pub reason: ArchiveReason,
}

codes! {
    /// Why a key was archived.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
    pub enum ArchiveReason {
        /// Nobody needs it any more.
        #[default]
        NotNeeded = "not_needed" => "No longer needed",
        /// Another key took its place.
        Superseded = "superseded" => "Replaced by another key",
        /// Its secret is known to someone it should not be.
        Compromised = "compromised" => "Leaked or compromised",
        /// Its owner is gone.
        OwnerLeft = "owner_left" => "Its owner left",
    }
}

/// A key cannot be archived twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlreadyArchived(pub Archived);

/// A key that ends within this many milliseconds expires soon.
pub const EXPIRES_SOON: i64 = 30 * DAY;

codes! {
    /// How a key stands, in the eyes of a person: the first that holds.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
    pub enum KeyStatus {
        /// Archived, for good.
        Archived = "archived" => "Archived",
        /// Switched off.
        Off = "off" => "Off",
        /// Its owner was disabled.
        OwnerDisabled = "owner_disabled" => "Owner disabled",
        /// The identity it acts as was switched off.
        IdentityOff = "identity_off" | "user_off" => "Identity off",
        /// Past its expiry.
        Expired = "expired" => "Expired",
        /// Expires in less than 30 days.
        Expiring = "expiring" => "Expires soon",
        /// Works, but more than a tenth of its calls in 24 hours were beyond its limits.
        Limited = "limited" => "Limited",
        /// Works, but more than a tenth of its calls in 24 hours were refused otherwise.
        Refusing = "refusing" => "Refusing",
        /// Works.
        Active = "active" => "Active",
    }
}

impl KeyStatus {
    /// Whether calls with the key can pass.
    pub fn works(self) -> bool {
        matches!(self, Self::Expiring | Self::Limited | Self::Refusing | Self::Active)
    }
}

/// For how long archiving can be undone, in milliseconds.
pub const UNDO: i64 = 10 * 60_000;

impl Archived {
    /// Why it cannot be undone at `now` by this actor, in a sentence; `None` when it can: for ten minutes, by those who
    /// did it and by superadmins, unless the key was compromised.
    pub fn is_final(&self, actor: &str, is_superadmin: bool, now: Timestamp) -> Option<&'static str> {
        if self.reason == ArchiveReason::Compromised {
            Some("It was archived as compromised, which is final. Create a new key.")
        } else if now.since(self.at) >= UNDO {
            Some("It was archived more than 10 minutes ago, which is final. Create a new key.")
        } else if self.by != actor && !is_superadmin {
            Some("Somebody else archived it: ask them, or a superadmin, to undo it.")
        } else {
            None
        }
    }
}

impl Key {
    /// Archives the key.
    pub fn archive(self, evidence: Archived) -> Result<Self, AlreadyArchived> {
        match self.state {
            KeyState::Live | KeyState::Off(_) => Ok(Self { state: KeyState::Archived(evidence), ..self }),
            KeyState::Archived(before) => Err(AlreadyArchived(before)),
        }
    }

    /// How it stands at `now`, whatever became of its calls.
    pub fn status(&self, now: Timestamp) -> KeyStatus {
        let left = self.spec.expires_at.since(now);
        match self.state {
            KeyState::Archived(_) => KeyStatus::Archived,
            KeyState::Off(_) => KeyStatus::Off,
            KeyState::Live if !self.owner_active => KeyStatus::OwnerDisabled,
            KeyState::Live if self.spec.subject.as_ref().is_some_and(|subject| !subject.active) => {
                KeyStatus::IdentityOff
            }
            KeyState::Live if left <= 0 => KeyStatus::Expired,
            KeyState::Live if left < EXPIRES_SOON && self.spec.expires_at != Timestamp::NEVER => KeyStatus::Expiring,
            KeyState::Live => KeyStatus::Active,
        }
    }

    /// Whole days until it expires; negative once it has.
    pub fn days_left(&self, now: Timestamp) -> i64 {
        self.spec.expires_at.since(now) / DAY
    }

    /// Whether calls with it pass, or would if it, its owner or its identity were switched on.
    pub fn may_work_again(&self, now: Timestamp) -> bool {
        !matches!(self.state, KeyState::Archived(_)) && now < self.spec.expires_at
    }

    /// How it is shown: prefix, id and last four.
    pub fn masked(&self) -> String {
        token::mask(self.prefix.as_str(), self.id, &self.last_four)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::example;

    #[test]
    fn archiving_is_undone_for_ten_minutes_by_those_who_did_it_and_superadmins() {
        for (reason, actor, is_superadmin, after, expected) in [
            (ArchiveReason::NotNeeded, "ops@example.com", false, 0, true),
            (ArchiveReason::NotNeeded, "ops@example.com", false, UNDO - 1, true),
            (ArchiveReason::NotNeeded, "ops@example.com", true, UNDO, false),
            (ArchiveReason::NotNeeded, "ada@example.com", false, 0, false),
            (ArchiveReason::NotNeeded, "ada@example.com", true, 0, true),
            (ArchiveReason::OwnerLeft, "ops@example.com", false, 0, true),
            (ArchiveReason::Compromised, "ops@example.com", true, 0, false),
        ] {
            let archived = Archived { at: Timestamp::from_millis(5), by: "ops@example.com".to_owned(), reason };
            let found = archived.is_final(actor, is_superadmin, Timestamp::from_millis(5 + after));
            assert_eq!(found.is_none(), expected, "{reason:?} {actor} {is_superadmin} after {after}: {found:?}");
        }
    }

    #[test]
    fn archived_is_for_good() {
        let evidence = |millis| Archived {
            at: Timestamp::from_millis(millis),
            by: "ops@example.com".to_owned(),
            reason: ArchiveReason::NotNeeded,
        };
        let archived = example().archive(evidence(1)).unwrap();
        assert_eq!(archived.status(Timestamp::from_millis(2)), KeyStatus::Archived);
        assert_eq!(archived.archive(evidence(2)), Err(AlreadyArchived(evidence(1))), "the first evidence stays");
    }

    #[test]
    fn the_first_status_that_holds_wins() {
        for (now, expected) in [
            (0, KeyStatus::Active),
            (70 * DAY, KeyStatus::Active),
            (70 * DAY + 1, KeyStatus::Expiring),
            (100 * DAY - 1, KeyStatus::Expiring),
            (100 * DAY, KeyStatus::Expired),
            (i64::MAX, KeyStatus::Expired),
        ] {
            assert_eq!(example().status(Timestamp::from_millis(now)), expected, "{now}");
        }
        let off = SwitchedOff { at: Timestamp::from_millis(0), by: "ops@example.com".to_owned() };
        let off = Key { state: KeyState::Off(off), ..example() };
        assert_eq!(off.status(Timestamp::from_millis(i64::MAX)), KeyStatus::Off);
        let mut never = example();
        never.spec.expires_at = Timestamp::NEVER;
        assert_eq!(never.status(Timestamp::from_millis(i64::MAX - 1)), KeyStatus::Active);
    }
}
