//! A key and its states. It holds no secret and no digest: what it takes to prove a key lives with the store.

use crate::{
    id::{KeyId, TenantId},
    name::{Description, Name, Owner, Prefix},
    scope::Scopes,
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
    /// What it is called.
    pub name: Name,
    /// What it is for.
    pub description: Description,
    /// The person or service that holds it.
    pub owner: Owner,
    /// What it may do.
    pub scopes: Scopes,
    /// The prefix its token was made with.
    pub prefix: Prefix,
    /// The last four characters of its token.
    pub last_four: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who made it.
    pub created_by: String,
    /// When it stops by itself: valid before, refused from this instant on.
    pub expires_at: Timestamp,
    /// Whether it still works.
    pub state: State,
    /// When it last changed.
    pub generation: Generation,
}

/// The tenant a key belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenant {
    /// Its id.
    pub id: TenantId,
    /// Its name, which people and proxies use.
    pub name: Name,
    /// The first part of its keys' tokens.
    pub prefix: Prefix,
}

/// Whether a key works, with the evidence when it no longer does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It works until it expires.
    Live,
    /// It was archived, for good.
    Archived(Archived),
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

/// Why a key was archived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ArchiveReason {
    /// Nobody needs it any more.
    #[default]
    NotNeeded,
    /// Another key took its place.
    Superseded,
    /// Its secret is known to someone it should not be.
    Compromised,
    /// Its owner is gone.
    OwnerLeft,
}

impl ArchiveReason {
    /// Every reason, with its code and its words.
    pub const ALL: [(Self, &'static str, &'static str); 4] = [
        (Self::NotNeeded, "not_needed", "No longer needed"),
        (Self::Superseded, "superseded", "Replaced by another key"),
        (Self::Compromised, "compromised", "Leaked or compromised"),
        (Self::OwnerLeft, "owner_left", "Its owner left"),
    ];

    /// Reads a code.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known, _)| *known == code).map(|(reason, ..)| *reason)
    }

    /// The stable code.
    pub fn code(self) -> &'static str {
        Self::ALL.iter().find(|(reason, ..)| *reason == self).map_or("", |(_, code, _)| code)
    }

    /// The words for people.
    pub fn words(self) -> &'static str {
        Self::ALL.iter().find(|(reason, ..)| *reason == self).map_or("", |(.., words)| words)
    }
}

/// A key cannot be archived twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlreadyArchived(pub Archived);

/// What a list says of a key: the first that holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Archived, for good.
    Archived,
    /// Past its expiry.
    Expired,
    /// Expires in less than 30 days; so many whole days are left.
    ExpiresSoon(i64),
    /// Works.
    Active,
}

impl Key {
    /// Archives the key; it cannot come back.
    pub fn archive(self, evidence: Archived) -> Result<Self, AlreadyArchived> {
        match self.state {
            State::Live => Ok(Self { state: State::Archived(evidence), ..self }),
            State::Archived(before) => Err(AlreadyArchived(before)),
        }
    }

    /// What a list says of it at `now`.
    pub fn status(&self, now: Timestamp) -> Status {
        let left = self.expires_at.since(now);
        match self.state {
            State::Archived(_) => Status::Archived,
            State::Live if left <= 0 => Status::Expired,
            State::Live if left < 30 * DAY => Status::ExpiresSoon(left / DAY),
            State::Live => Status::Active,
        }
    }

    /// How it is shown: prefix, id and last four.
    pub fn masked(&self) -> String {
        token::mask(self.prefix.as_str(), self.id, &self.last_four)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn example() -> Key {
        Key {
            id: KeyId::parse("0123456789ABCDEF").unwrap(),
            tenant: Tenant {
                id: TenantId::parse("00000000default0").unwrap(),
                name: Name::parse("default").unwrap(),
                prefix: Prefix::parse("kw").unwrap(),
            },
            name: Name::parse("example").unwrap(),
            description: Description::parse("").unwrap(),
            owner: Owner::parse("ops@example.com").unwrap(),
            scopes: Scopes::parse("things.read").unwrap(),
            prefix: Prefix::parse("kw").unwrap(),
            last_four: "wxyz".to_owned(),
            created_at: Timestamp::from_millis(0),
            created_by: "ops@example.com".to_owned(),
            expires_at: Timestamp::from_millis(100 * DAY),
            state: State::Live,
            generation: 1,
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
        assert_eq!(archived.status(Timestamp::from_millis(2)), Status::Archived);
        assert_eq!(archived.archive(evidence(2)), Err(AlreadyArchived(evidence(1))), "the first evidence stays");
    }

    #[test]
    fn the_first_status_that_holds_wins() {
        for (now, expected) in [
            (0, Status::Active),
            (70 * DAY, Status::Active),
            (70 * DAY + 1, Status::ExpiresSoon(29)),
            (100 * DAY - 1, Status::ExpiresSoon(0)),
            (100 * DAY, Status::Expired),
            (i64::MAX, Status::Expired),
        ] {
            assert_eq!(example().status(Timestamp::from_millis(now)), expected, "{now}");
        }
    }

    #[test]
    fn every_archive_reason_has_its_own_code() {
        for (reason, code, words) in ArchiveReason::ALL {
            assert_eq!(ArchiveReason::parse(code), Some(reason));
            assert_eq!((reason.code(), reason.words()), (code, words));
        }
        assert_eq!(ArchiveReason::parse(""), None);
    }
}
