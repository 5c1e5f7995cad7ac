//! What a list of keys can be asked: flags that are stored with each key, so that a filter is a look into an index, and
//! orders. Facts change with time, too; each set of them says when it has to be looked at again.

use crate::{
    activity::CallCounts,
    codes::codes,
    id::EntryId,
    key::{EXPIRES_SOON, Key, KeyStatus},
    time::{DAY, HOUR, Timestamp},
};

/// A key that was not used for so long, in milliseconds, is idle.
pub const IDLE: i64 = 90 * DAY;
/// A key that was never used is stale after so long, in milliseconds.
pub const STALE: i64 = 7 * DAY;
/// Fewer calls in a day than this say nothing about a key's health.
const TELLING: i64 = 10;
/// How often a key that is refused is looked at again, in milliseconds.
const CHECKUP: i64 = HOUR / 6;

codes! {
    /// What else a list can be narrowed to.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum KeyFlag {
        /// Never used.
        Unused = "unused" => "Never used",
        /// Never used, and older than 7 days.
        Stale = "stale" => "Never used in 7 days",
        /// Used, but not in the last 90 days.
        Idle = "idle" => "Idle for 90 days",
        /// It never expires.
        Endless = "endless" => "Never expires",
        /// It opens everything.
        AllAccess = "all_access" => "All access",
        /// It works from any address.
        AnyAddress = "any_address" => "Not limited to addresses",
        /// Its owner may not sign in any more.
        OwnerDisabled = "owner_disabled" => "Owner disabled",
    }
}

impl KeyFlag {
    /// Which of the keys that it holds for somebody should look at: those that work, and those that it keeps from working.
    pub fn worth_a_look(self) -> StatusFilter {
        if self == Self::OwnerDisabled { StatusFilter::Only(KeyStatus::OwnerDisabled) } else { StatusFilter::Working }
    }
}

codes! {
    /// An order of the list.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Hash)]
    pub enum Sort {
        /// The newest first.
        #[default]
        Newest = "newest" => "newest first",
        /// The oldest first.
        Oldest = "oldest" => "oldest first",
        /// By name.
        Name = "name" => "by name",
        /// By name, from its end.
        NameLast = "-name" => "by name, from Z to A",
        /// What will expire soonest first; what has expired comes after all that will.
        Expires = "expires" => "soonest to expire first",
        /// What expires last first.
        ExpiresLast = "-expires" => "last to expire first",
        /// What was used last first.
        Used = "used" => "latest use first",
        /// What was used longest ago first; never comes before everything else.
        UsedLast = "-used" => "longest unused first",
    }
}

/// Which statuses a list shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum StatusFilter {
    /// All but archived ones.
    #[default]
    Current,
    /// Those that work.
    Working,
    /// All.
    Any,
    /// Just this one.
    Only(KeyStatus),
}

impl StatusFilter {
    /// The statuses it shows.
    pub fn statuses(self) -> impl Iterator<Item = KeyStatus> {
        KeyStatus::ALL.into_iter().filter(move |status| match self {
            Self::Current => *status != KeyStatus::Archived,
            Self::Working => status.works(),
            Self::Any => true,
            Self::Only(only) => *status == only,
        })
    }
}

/// A question for a list of keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListKeys {
    /// Words, or their beginnings, in the name, the id, the last four, the prefix, the owner, the description or the labels; all have to
    /// be there.
    pub words: String,
    /// Which statuses.
    pub which: StatusFilter,
    /// Just this tenant's, by its name.
    pub tenant: Option<String>,
    /// Just this group's.
    pub group: Option<EntryId>,
    /// Just this owner's.
    pub owner: Option<String>,
    /// Just what holds this scope; without a direction, in any direction.
    pub scope: Option<String>,
    /// Just what all of this holds for.
    pub flags: Vec<KeyFlag>,
    /// In this order.
    pub sort: Sort,
    /// After this place.
    pub after: Option<Cursor>,
}

/// A place in the list: the last key shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The key's number in the order of creation.
    pub seq: i64,
    /// What the list is ordered by, of that key; empty in the order of creation.
    pub value: String,
}

impl Cursor {
    /// Reads what [`Cursor::to_text`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        let (seq, value) = text.split_once('-').unwrap_or((text, ""));
        Some(Self { seq: seq.parse().ok()?, value: value.to_owned() })
    }

    /// The place, for a URL.
    pub fn to_text(&self) -> String {
        if self.value.is_empty() { self.seq.to_string() } else { format!("{}-{}", self.seq, self.value) }
    }
}

/// What is stored of a key for lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assessment {
    /// How it stands.
    pub status: KeyStatus,
    /// What else holds for it.
    pub flags: Vec<KeyFlag>,
    /// When this has to be looked at again; [`Timestamp::NEVER`] when only a change can alter it.
    pub due: Timestamp,
}

/// How a key stands at `now`.
pub fn assess(key: &Key, last_use: Option<Timestamp>, health: CallCounts, now: Timestamp) -> Assessment {
    let calls = health.allowed + health.limited + health.refused;
    let tenth = |part: i64| calls >= TELLING && part * 10 > calls;
    let status = match key.status(now) {
        KeyStatus::Active if tenth(health.limited) => KeyStatus::Limited,
        KeyStatus::Active if tenth(health.refused) => KeyStatus::Refusing,
        status => status,
    };
    let is_endless = key.spec.expires_at == Timestamp::NEVER;
    let unused_since = last_use.is_none().then_some(key.created_at);
    let holds = |fact: &KeyFlag| match fact {
        KeyFlag::Unused => last_use.is_none(),
        KeyFlag::Stale => unused_since.is_some_and(|since| now.since(since) >= STALE),
        KeyFlag::Idle => last_use.is_some_and(|at| now.since(at) >= IDLE),
        KeyFlag::Endless => is_endless,
        KeyFlag::AllAccess => key.spec.scopes.is_all_access(),
        KeyFlag::AnyAddress => key.spec.addresses.is_empty(),
        KeyFlag::OwnerDisabled => !key.owner_active,
    };
    let turns = [
        (!is_endless).then_some(key.spec.expires_at),
        (!is_endless).then(|| key.spec.expires_at.plus(1 - EXPIRES_SOON)),
        unused_since.map(|since| since.plus(STALE)),
        last_use.map(|at| at.plus(IDLE)),
        (health.limited + health.refused > 0).then(|| now.plus(CHECKUP)),
    ];
    let due = turns.into_iter().flatten().filter(|turn| *turn > now).min();
    Assessment { status, flags: KeyFlag::ALL.into_iter().filter(holds).collect(), due: due.unwrap_or(Timestamp::NEVER) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        example::example,
        key::{KeyState, SwitchedOff},
    };

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    /// A key of 100 days, through its life: each turn is said before it comes, and nothing turns in between.
    #[test]
    fn every_turn_is_known_beforehand() {
        let key = example();
        for last_use in [None, Some(at(2 * DAY))] {
            let mut now = at(0);
            let mut statuses = Vec::new();
            while now < at(200 * DAY) {
                let stands = assess(&key, last_use.filter(|used| *used <= now), CallCounts::default(), now);
                statuses.push(stands.status);
                let until = stands.due.min(at(200 * DAY));
                for moment in [now.plus((until.since(now)) / 2), until.plus(-1)] {
                    let then = assess(&key, last_use.filter(|used| *used <= now), CallCounts::default(), moment);
                    assert_eq!(
                        (then.status, &then.flags),
                        (stands.status, &stands.flags),
                        "{} {}",
                        now.millis(),
                        moment.millis()
                    );
                }
                now = until;
            }
            statuses.dedup();
            assert_eq!(statuses, [KeyStatus::Active, KeyStatus::Expiring, KeyStatus::Expired]);
        }
    }

    #[test]
    fn a_tenth_refused_is_told_when_there_are_calls_enough() {
        let status = |allowed, limited, refused| {
            let stands = assess(&example(), Some(at(0)), CallCounts { allowed, limited, refused }, at(1));
            (stands.status, stands.due <= at(1 + CHECKUP))
        };
        assert_eq!(status(100, 0, 0), (KeyStatus::Active, false));
        assert_eq!(status(90, 10, 0), (KeyStatus::Active, true));
        assert_eq!(status(89, 11, 0), (KeyStatus::Limited, true));
        assert_eq!(status(89, 0, 11), (KeyStatus::Refusing, true));
        assert_eq!(status(70, 15, 15), (KeyStatus::Limited, true));
        assert_eq!(status(0, 0, 9), (KeyStatus::Active, true), "too few to tell");
    }

    #[test]
    fn facts_are_what_they_say() {
        let flags = |key: &Key, last_use, now| assess(key, last_use, CallCounts::default(), now).flags;
        assert_eq!(flags(&example(), None, at(STALE - 1)), [KeyFlag::Unused, KeyFlag::AnyAddress]);
        assert_eq!(flags(&example(), None, at(STALE)), [KeyFlag::Unused, KeyFlag::Stale, KeyFlag::AnyAddress]);
        assert_eq!(flags(&example(), Some(at(0)), at(IDLE)), [KeyFlag::Idle, KeyFlag::AnyAddress]);
        let mut open = example();
        open.spec.expires_at = Timestamp::NEVER;
        open.spec.scopes = crate::scope::Scopes::parse("public").unwrap();
        open.owner_active = false;
        let off = SwitchedOff { at: at(0), by: "ops@example.com".to_owned() };
        let open = Key { state: KeyState::Off(off), ..open };
        let all = [KeyFlag::Endless, KeyFlag::AllAccess, KeyFlag::AnyAddress, KeyFlag::OwnerDisabled];
        assert_eq!(flags(&open, Some(at(0)), at(1)), all);
        assert_eq!(assess(&open, Some(at(0)), CallCounts::default(), at(1)).status, KeyStatus::Off);
    }

    #[test]
    fn places_read_back() {
        for (seq, value) in [(1, ""), (12, "7"), (3, "a-b c")] {
            let place = Cursor { seq, value: value.to_owned() };
            assert_eq!(Cursor::parse(&place.to_text()), Some(place));
        }
        for text in ["", "x", "x-1"] {
            assert_eq!(Cursor::parse(text), None, "{text}");
        }
    }
}
