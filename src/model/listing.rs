//! What a list of keys can be asked: flags that are stored with each key, so that a filter is a look into an index, and
//! orders. Facts change with time, too; each set of them says when it has to be looked at again.

use crate::{
    activity::CallCounts,
    codes::codes,
    id::{EntryId, KeyId},
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
        /// Its secret was reported as leaked.
        Leaked = "leaked" => "Reported as leaked",
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
        /// It works, and more than a tenth of its calls today were beyond its limits.
        Limited = "limited" => "Limited",
        /// It works, and more than a tenth of its calls today were refused otherwise.
        Refusing = "refusing" => "Refusing",
    }
}

impl KeyFlag {
    /// The status that says the same, of a key that has no more urgent one.
    pub fn as_status(self) -> Option<KeyStatus> {
        match self {
            Self::Limited => Some(KeyStatus::Limited),
            Self::Refusing => Some(KeyStatus::Refusing),
            _ => None,
        }
    }

    /// Which of the keys that it holds for somebody should look at: those that work, and those that it keeps from working.
    pub fn worth_a_look(self) -> StatusFilter {
        match self {
            Self::OwnerDisabled => StatusFilter::Only(KeyStatus::OwnerDisabled),
            Self::Leaked => StatusFilter::Only(KeyStatus::Off),
            _ => StatusFilter::Working,
        }
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
    /// The filter of this name: `any`, `working`, a status's code, or its words.
    fn named(name: &str) -> Option<Self> {
        let plain = |text: &str| text.to_lowercase().replace(['_', '-'], " ");
        let name = plain(name);
        match name.as_str() {
            "any" => return Some(Self::Any),
            "working" | "live" => return Some(Self::Working),
            _ => {}
        }
        let of = |status: &KeyStatus| plain(status.code()) == name || plain(status.words()) == name;
        KeyStatus::ALL.into_iter().find(of).map(Self::Only)
    }

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
    /// What was typed into the search, as [`terms`] reads it.
    pub words: String,
    /// Which statuses, unless the search names one: see [`ListKeys::statuses`].
    pub which: StatusFilter,
    /// Just this tenant's, by its name.
    pub tenant: Option<String>,
    /// Just this group's.
    pub group: Option<EntryId>,
    /// Just what acts as this identity.
    pub identity: Option<EntryId>,
    /// Just the generations of this series.
    pub series: Option<KeyId>,
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
    /// Right before this place; nothing when there is an `after`.
    pub before: Option<Cursor>,
    /// So many on a page.
    pub rows: Rows,
}

codes! {
    /// Keys on a page of the list.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Hash)]
    pub enum Rows {
        /// 25.
        Few = "25" => "25 on a page",
        /// 50.
        #[default]
        Usual = "50" => "50 on a page",
        /// 100.
        Many = "100" => "100 on a page",
        /// 200.
        Most = "200" => "200 on a page",
    }
}

impl Rows {
    /// How many.
    pub fn count(self) -> u16 {
        match self {
            Self::Few => 25,
            Self::Usual => 50,
            Self::Many => 100,
            Self::Most => 200,
        }
    }
}

impl ListKeys {
    /// The same question, in whatever order and from the first page.
    #[must_use]
    pub fn question(&self) -> Self {
        let (sort, rows) = (Sort::default(), Rows::default());
        Self { sort, rows, after: None, before: None, ..self.clone() }
    }

    /// Whether it asks for statuses and nothing else.
    pub fn is_plain(&self) -> bool {
        self.question() == Self { which: self.which, ..Self::default() }
    }

    /// The same with these statuses, whatever the search names.
    #[must_use]
    pub fn with_statuses(&self, which: StatusFilter) -> Self {
        let is_status = |word: &String| matches!(Term::read(word.trim()), Some(Term::Status(_)));
        let written = |word: String| if word.contains(char::is_whitespace) { format!("\"{word}\"") } else { word };
        let words: Vec<_> = parts(&self.words).into_iter().filter(|word| !is_status(word)).map(written).collect();
        Self { words: words.join(" "), which, ..self.clone() }
    }

    /// Which statuses it shows: the one that the search names, or else those that were chosen.
    pub fn statuses(&self) -> StatusFilter {
        let named = terms(&self.words).into_iter().rev().find_map(|term| match term {
            Term::Status(named) => Some(named),
            _ => None,
        });
        named.unwrap_or(self.which)
    }
}

codes! {
    /// Where a search finds text in a key.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum SearchField {
        /// Its name.
        Name = "name" => "Name",
        /// Its prefix and id, as they stand in the key.
        Id = "id" => "Id",
        /// Its last four characters, which only match as a whole.
        LastFour = "last_four" => "Last four",
        /// Its owner.
        Owner = "owner" => "Owner",
        /// A scope.
        Scope = "scope" => "Scope",
        /// Its group.
        Group = "group" => "Group",
        /// A label, as `name=value`.
        Label = "label" => "Label",
        /// Its description.
        Description = "description" => "Description",
    }
}

/// One thing that a search asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Term {
    /// Text in any [`SearchField`].
    Text(String),
    /// `owner:`, the beginning of its owner.
    Owner(String),
    /// `scope:`, the beginning of a scope.
    Scope(String),
    /// `tenant:`, the beginning of its tenant's name.
    Tenant(String),
    /// `status:`, by its code or its words.
    Status(StatusFilter),
}

impl Term {
    /// Reads a term as it was typed. Text that names no filter, and a status that does not exist, are text.
    fn read(typed: &str) -> Option<Self> {
        let (name, value) = typed.split_once(':').unwrap_or_default();
        let value = value.trim().to_owned();
        let named = match name.to_lowercase().as_str() {
            "owner" => Some(Self::Owner(value)),
            "scope" => Some(Self::Scope(value)),
            "tenant" => Some(Self::Tenant(value)),
            "status" if value.is_empty() => return None,
            "status" => StatusFilter::named(&value).map(Self::Status),
            _ => None,
        };
        match named {
            // Somebody is about to type more.
            Some(Self::Owner(value) | Self::Scope(value) | Self::Tenant(value)) if value.is_empty() => None,
            Some(named) => Some(named),
            None => Some(Self::Text(typed.to_owned())),
        }
    }
}

/// The terms of a search: what stands between spaces, or between double quotes, stays together. A filter's value can be
/// quoted, too: `status:"expires soon"`. An ellipsis separates as a space does: keys are masked by it.
pub fn terms(search: &str) -> Vec<Term> {
    parts(search).iter().filter_map(|part| Term::read(part)).collect()
}

/// What a search is made of, without its quotes.
fn parts(search: &str) -> Vec<String> {
    let (mut typed, mut word, mut is_quoted) = (Vec::new(), String::new(), false);
    for letter in search.chars().chain([' ']) {
        match letter {
            '"' => is_quoted = !is_quoted,
            _ if (letter.is_whitespace() || letter == '\u{2026}') && !is_quoted => {
                typed.push(std::mem::take(&mut word));
            }
            _ => word.push(letter),
        }
    }
    // A quotation that is still being typed.
    typed.push(word);
    typed.iter().map(|word| word.trim()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// A place in the list: the last key shown, or the first one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    /// The key's number in the order of creation.
    pub seq: i64,
    /// What the list is ordered by, of that key; empty in the order of creation.
    pub value: String,
    /// How many keys came before the place when it was written down. The list may have changed since.
    pub passed: i64,
}

/// Before the value of a place among keys that had expired when it was written down.
pub const EXPIRED: &str = "x";
/// More keys than any list has.
const MOST_PASSED: i64 = 1_000_000_000_000;

impl Cursor {
    /// Reads what [`Cursor::to_text`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        let (numbers, value) = text.split_once('-').unwrap_or((text, ""));
        let (seq, passed) = numbers.split_once('.').unwrap_or((numbers, "0"));
        let passed = passed.parse().ok().filter(|passed| (0..=MOST_PASSED).contains(passed))?;
        Some(Self { seq: seq.parse().ok()?, value: value.to_owned(), passed })
    }

    /// The place, for a URL: `seq.passed-value`.
    pub fn to_text(&self) -> String {
        let mut text = self.seq.to_string();
        if self.passed > 0 {
            text = format!("{text}.{}", self.passed);
        }
        if !self.value.is_empty() {
            text = format!("{text}-{}", self.value);
        }
        text
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

impl Assessment {
    /// What else it counts as besides its status.
    pub fn also(&self) -> impl Iterator<Item = KeyStatus> {
        self.flags.iter().filter_map(|flag| flag.as_status()).filter(|status| *status != self.status)
    }
}

/// How a key stands at `now`.
pub fn assess(key: &Key, last_use: Option<Timestamp>, health: CallCounts, now: Timestamp) -> Assessment {
    let calls = health.allowed + health.limited + health.refused;
    let tenth = |part: i64| calls >= TELLING && part * 10 > calls;
    // What the calls say comes first only where nothing else is to be said: the flags keep it beside what else is.
    let status = match key.status(now) {
        KeyStatus::Active if tenth(health.limited) => KeyStatus::Limited,
        KeyStatus::Active if tenth(health.refused) => KeyStatus::Refusing,
        status => status,
    };
    let is_endless = key.spec.expires_at == Timestamp::NEVER;
    let unused_since = last_use.is_none().then_some(key.created_at);
    let holds = |fact: &KeyFlag| match fact {
        KeyFlag::Leaked => key.leak.is_some(),
        KeyFlag::Unused => last_use.is_none(),
        KeyFlag::Stale => unused_since.is_some_and(|since| now.since(since) >= STALE),
        KeyFlag::Idle => last_use.is_some_and(|at| now.since(at) >= IDLE),
        KeyFlag::Endless => is_endless,
        KeyFlag::AllAccess => key.spec.scopes.is_all_access(),
        KeyFlag::AnyAddress => key.spec.addresses.is_empty(),
        KeyFlag::OwnerDisabled => !key.owner_active,
        KeyFlag::Limited => status.works() && tenth(health.limited),
        KeyFlag::Refusing => status.works() && tenth(health.refused),
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
        for (seq, passed, value) in [(1, 0, ""), (12, 50, "7"), (3, 0, "a-b c"), (3, 9, "1.5")] {
            let place = Cursor { seq, passed, value: value.to_owned() };
            assert_eq!(Cursor::parse(&place.to_text()), Some(place));
        }
        for text in ["", "x", "x-1", "1.x", "1.-5", "1.9223372036854775807"] {
            assert_eq!(Cursor::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_search_is_read_as_it_was_typed() {
        let text = |text: &str| Term::Text(text.to_owned());
        for (typed, expected) in [
            ("  team-9  kiosk ", vec![text("team-9"), text("kiosk")]),
            ("\"front desk\" a,b", vec![text("front desk"), text("a,b")]),
            ("\"front de", vec![text("front de")]),
            ("owner:Ana tenant:\"north wing\"", vec![Term::Owner("Ana".into()), Term::Tenant("north wing".into())]),
            ("Scope:maps.", vec![Term::Scope("maps.".into())]),
            ("owner: status:", vec![]),
            ("status:off", vec![Term::Status(StatusFilter::Only(KeyStatus::Off))]),
            ("status:\"Expires soon\"", vec![Term::Status(StatusFilter::Only(KeyStatus::Expiring))]),
            ("status:any", vec![Term::Status(StatusFilter::Any)]),
            ("status:no", vec![text("status:no")]),
            ("https://example.com", vec![text("https://example.com")]),
            (" \" ", vec![]),
        ] {
            assert_eq!(terms(typed), expected, "{typed}");
        }
    }

    #[test]
    fn a_status_that_was_typed_comes_before_one_that_was_chosen() {
        let list = ListKeys { words: "status:archived".into(), ..ListKeys::default() };
        assert_eq!(list.statuses(), StatusFilter::Only(KeyStatus::Archived));
        assert_eq!(ListKeys::default().statuses(), StatusFilter::Current);
        let list = ListKeys { words: "a status:off \"b c\" status:\"expires soon\"".into(), ..list };
        let other = list.with_statuses(StatusFilter::Any);
        assert_eq!((other.words.as_str(), other.statuses()), ("a \"b c\"", StatusFilter::Any));
    }
}
