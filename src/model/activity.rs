//! What is seen of the calls with a key: what became of them, how they came, and how they are added up over a period.
//! Everything here is a value; whoever counts brings the clock.

use std::{borrow::Cow, net::IpAddr};

use crate::{
    codes::codes,
    decision::{Decision, Reason},
    scope::RequiredScopes,
    tenant::CredentialSource,
    time::{DAY, HOUR, Timestamp},
};

/// Milliseconds in a minute.
pub const MINUTE: i64 = 60_000;
/// For how long calls are told apart by the minute, in milliseconds.
pub const MINUTES_KEPT: i64 = 3 * HOUR;
/// For how long calls are told apart by the hour, in milliseconds.
pub const HOURS_KEPT: i64 = 400 * DAY;
/// The most characters of a caller's name for itself that are kept.
pub const MAX_AGENT: usize = 120;

codes! {
    /// What became of a call, as far as charts tell it apart.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Outcome {
        /// It passed.
        Allowed = "allowed" => "Allowed",
        /// A rate limit or the quota was used up.
        Limited = "limited" => "Over a limit",
        /// It was refused for anything else.
        Refused = "refused" => "Refused",
    }
}

impl Outcome {
    /// What became of a call that was decided so.
    pub fn of(decision: Decision) -> Self {
        match decision {
            Decision::Allow => Self::Allowed,
            Decision::Deny(_, Reason::RateLimited | Reason::QuotaExhausted) => Self::Limited,
            Decision::Deny(..) => Self::Refused,
        }
    }

    /// What became of calls that were counted under `valid` or the code of a refusal; minutes were once counted under the
    /// code of an outcome.
    pub fn of_code(code: &str) -> Self {
        match Reason::parse(code) {
            Some(Reason::RateLimited | Reason::QuotaExhausted) => Self::Limited,
            Some(_) => Self::Refused,
            None => Self::parse(code).unwrap_or(Self::Allowed),
        }
    }
}

codes! {
    /// How a request came.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum RequestKind {
        /// It reads.
        Read = "read" => "reads",
        /// It writes, or is not known to read, and nothing proved its signature.
        Write = "write" => "writes",
        /// It writes, with a signature that proved it.
        SignedWrite = "signed_write" => "signed writes",
    }
}

impl RequestKind {
    /// How a request came that writes or not, with a signature that proved it or not.
    pub fn of(writes: bool, proved: bool) -> Self {
        match (writes, proved) {
            (false, _) => Self::Read,
            (true, false) => Self::Write,
            (true, true) => Self::SignedWrite,
        }
    }
}

/// A kind of call that was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallSample {
    /// Where it came from, if that was known.
    pub address: Option<IpAddr>,
    /// What the caller calls itself, shortened; may be empty.
    pub agent: String,
    /// What was asked for.
    pub required: RequiredScopes,
    /// How the key was presented, if that is known.
    pub source: Option<CredentialSource>,
    /// How it came.
    pub kind: RequestKind,
    /// What became of it.
    pub outcome: Outcome,
    /// The last such call.
    pub at: Timestamp,
    /// How many such calls there were.
    pub calls: i64,
}

/// What a caller calls itself, fit to be kept: at most [`MAX_AGENT`] characters, and none that control anything.
pub fn agent(said: &str) -> Cow<'_, str> {
    let end = said.char_indices().nth(MAX_AGENT).map_or(said.len(), |(end, _)| end);
    let short = said[..end].trim();
    if short.contains(char::is_control) {
        short.chars().filter(|c| !c.is_control()).collect::<String>().into()
    } else {
        short.into()
    }
}

codes! {
    /// A stretch of time up to now, in bars of one length.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
    pub enum Period {
        /// An hour, minute by minute.
        Hour = "hour" => "1 h",
        /// A day, hour by hour.
        #[default]
        Day = "day" => "24 h",
        /// 7 days, in quarters of a day.
        Week = "week" => "7 d",
        /// 30 days, day by day.
        Month = "month" => "30 d",
    }
}

impl Period {
    /// The length of a bar, in milliseconds.
    pub fn step(self) -> i64 {
        match self {
            Self::Hour => MINUTE,
            Self::Day => HOUR,
            Self::Week => 6 * HOUR,
            Self::Month => DAY,
        }
    }

    /// The period that has bars of this length.
    pub fn of_step(step: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|period| period.step() == step)
    }

    /// Its bars up to now. The last one is the one that `now` lies in.
    pub fn range(self, now: Timestamp) -> TimeRange {
        let bars: u16 = match self {
            Self::Hour => 60,
            Self::Day => 24,
            Self::Week => 28,
            Self::Month => 30,
        };
        let start = floor(now, self.step()).plus(-self.step() * (i64::from(bars) - 1));
        TimeRange { start, step: self.step(), bars }
    }

    /// One of its bars in shorter ones, as far as calls are told apart so long after.
    fn bar(self, start: Timestamp, now: Timestamp) -> TimeRange {
        let (step, bars) = match self {
            Self::Hour => (MINUTE, 1),
            Self::Day if now.since(start) < MINUTES_KEPT => (MINUTE, 60),
            Self::Day => (HOUR, 1),
            Self::Week => (HOUR, 6),
            Self::Month => (HOUR, 24),
        };
        TimeRange { start, step, bars }
    }
}

/// The last instant before or at `at` that is a multiple of a length.
fn floor(at: Timestamp, step: i64) -> Timestamp {
    Timestamp::from_millis(at.millis().div_euclid(step) * step)
}

/// A stretch of time in bars of one length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeRange {
    /// When the first bar begins.
    pub start: Timestamp,
    /// The length of a bar, in milliseconds.
    pub step: i64,
    /// How many bars there are.
    pub bars: u16,
}

impl TimeRange {
    /// How long it is, in milliseconds.
    pub fn length(self) -> i64 {
        self.step * i64::from(self.bars)
    }

    /// The first instant after it.
    pub fn end(self) -> Timestamp {
        self.start.plus(self.length())
    }

    /// As long a time before it.
    #[must_use]
    pub fn before(self) -> Self {
        Self { start: self.start.plus(-self.length()), ..self }
    }
}

/// What a chart is asked for: a period up to now, or one bar of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChartQuery {
    /// The period.
    pub period: Period,
    /// When the bar begins; `None` for the whole period.
    pub bar: Option<Timestamp>,
}

impl ChartQuery {
    /// A whole period.
    pub fn of(period: Period) -> Self {
        Self { period, bar: None }
    }

    /// From a period's code, which is a day if it is none, and an instant within a bar (RFC 3339). An instant that is none,
    /// lies ahead or is longer ago than calls are kept asks for the period.
    pub fn parse(period: &str, at: &str, now: Timestamp) -> Self {
        let period = Period::parse(period).unwrap_or_default();
        let oldest = if period == Period::Hour { MINUTES_KEPT } else { HOURS_KEPT };
        let at = Timestamp::parse(at).map(|at| floor(at, period.step()));
        Self { period, bar: at.filter(|at| *at <= now && now.since(*at) < oldest) }
    }

    /// The time that is shown.
    pub fn range(self, now: Timestamp) -> TimeRange {
        self.bar.map_or_else(|| self.period.range(now), |start| self.period.bar(start, now))
    }

    /// The bar before the one that is shown and the one after it, as far as there can be calls in them.
    pub fn neighbors(self, now: Timestamp) -> [Option<Timestamp>; 2] {
        let step = self.period.step();
        [-step, step].map(|far| {
            let at = self.bar?.plus(far).to_string();
            Self::parse(self.period.code(), &at, now).bar
        })
    }
}

/// Calls by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallCounts {
    /// Those that passed.
    pub allowed: i64,
    /// Those over a limit.
    pub limited: i64,
    /// Those refused for anything else.
    pub refused: i64,
}

impl CallCounts {
    /// Adds calls.
    pub fn add(&mut self, outcome: Outcome, calls: i64) {
        let count = match outcome {
            Outcome::Allowed => &mut self.allowed,
            Outcome::Limited => &mut self.limited,
            Outcome::Refused => &mut self.refused,
        };
        *count = count.saturating_add(calls);
    }

    /// How many calls there were in all.
    pub fn all(self) -> i64 {
        self.allowed.saturating_add(self.limited).saturating_add(self.refused)
    }
}

/// Calls over a time, bar by bar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    /// The time.
    pub range: TimeRange,
    /// The bars, earliest first.
    pub bars: Vec<CallCounts>,
}

impl Series {
    /// A time with nothing in it.
    pub fn empty(range: TimeRange) -> Self {
        Self { range, bars: vec![CallCounts::default(); range.bars.into()] }
    }

    /// Adds calls of one instant. What lies outside of the time is left out.
    pub fn add(&mut self, at: Timestamp, outcome: Outcome, calls: i64) {
        let place = at.since(self.range.start).div_euclid(self.range.step);
        if let Some(bar) = usize::try_from(place).ok().and_then(|place| self.bars.get_mut(place)) {
            bar.add(outcome, calls);
        }
    }

    /// All bars together.
    pub fn total(&self) -> CallCounts {
        let mut total = CallCounts::default();
        for bar in &self.bars {
            total.add(Outcome::Allowed, bar.allowed);
            total.add(Outcome::Limited, bar.limited);
            total.add(Outcome::Refused, bar.refused);
        }
        total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_callers_call_themselves_is_shortened_and_made_fit() {
        let long = "é".repeat(MAX_AGENT + 1);
        for (said, expected) in [
            ("curl/8.5.0", "curl/8.5.0".to_owned()),
            (" kiosk \n", "kiosk".to_owned()),
            ("a\r\nb\u{1b}[31m", "ab[31m".to_owned()),
            (long.as_str(), "é".repeat(MAX_AGENT)),
            ("", String::new()),
        ] {
            assert_eq!(agent(said), expected, "{said:?}");
        }
        assert!(matches!(agent("curl/8.5.0"), Cow::Borrowed(_)), "an ordinary name costs nothing");
    }

    #[test]
    fn every_refusal_is_of_one_kind_however_it_is_told() {
        for reason in Reason::ALL {
            assert_eq!(Outcome::of(Decision::Deny(reason.check(), reason)), Outcome::of_code(reason.code()));
            assert_ne!(Outcome::of_code(reason.code()), Outcome::Allowed);
        }
        assert_eq!(Outcome::of(Decision::Allow), Outcome::of_code(Decision::Allow.code()));
    }

    #[test]
    fn a_series_ends_with_the_bar_of_now_and_leaves_out_what_is_before_it() {
        for (period, step, bars) in [
            (Period::Hour, MINUTE, 60),
            (Period::Day, HOUR, 24),
            (Period::Week, 6 * HOUR, 28),
            (Period::Month, DAY, 30),
        ] {
            let now = Timestamp::from_millis(1000 * DAY + HOUR / 2);
            let range = period.range(now);
            let mut series = Series::empty(range);
            assert_eq!((range.start.millis() % step, range.length()), (0, bars * step), "{period:?}");
            assert_eq!(Period::of_step(step), Some(period));
            series.add(now, Outcome::Allowed, 1);
            series.add(range.start, Outcome::Limited, 2);
            series.add(range.start.plus(-1), Outcome::Refused, 4);
            series.add(range.end(), Outcome::Refused, 8);
            assert_eq!(series.bars.last().unwrap().allowed, 1, "{period:?}");
            assert_eq!(series.bars[0].limited, 2, "{period:?}");
            assert_eq!((series.total(), series.total().all()), (CallCounts { allowed: 1, limited: 2, refused: 0 }, 3));
            assert_eq!(range.before().end(), range.start, "{period:?}");
        }
    }

    #[test]
    fn a_bar_is_shown_in_shorter_ones_as_long_as_they_are_kept() {
        let now = Timestamp::parse("2026-11-22T15:50:30Z").unwrap();
        for (period, at, start, step, bars) in [
            ("hour", "2026-11-22T15:49:59Z", "2026-11-22T15:49:00Z", MINUTE, 1),
            ("day", "2026-11-22T15:00:00Z", "2026-11-22T15:00:00Z", MINUTE, 60),
            ("day", "2026-11-22T16:59:00+03:00", "2026-11-22T13:00:00Z", MINUTE, 60),
            ("day", "2026-11-22T12:00:00Z", "2026-11-22T12:00:00Z", HOUR, 1),
            ("week", "2026-11-22T12:00:00Z", "2026-11-22T12:00:00Z", HOUR, 6),
            ("month", "2026-11-22", "2026-11-22T00:00:00Z", HOUR, 24),
            ("month", "2025-11-22", "2025-11-22T00:00:00Z", HOUR, 24),
            ("?", "2026-11-22T15:00:00Z", "2026-11-22T15:00:00Z", MINUTE, 60),
        ] {
            let range = ChartQuery::parse(period, at, now).range(now);
            let start = Timestamp::parse(start).unwrap();
            assert_eq!(range, TimeRange { start, step, bars }, "{period} {at}");
        }
        for (period, at) in [
            ("day", ""),
            ("day", "yesterday"),
            ("day", "2026-11-22T16:00:00Z"),
            ("hour", "2026-11-22T12:00:00Z"),
            ("month", "2025-01-01"),
        ] {
            let asked = ChartQuery::parse(period, at, now);
            assert_eq!(asked, ChartQuery::of(Period::parse(period).unwrap()), "{period} {at}");
            assert_eq!(asked.neighbors(now), [None, None]);
        }
        let last = ChartQuery::parse("day", "2026-11-22T15:00:00Z", now);
        assert_eq!(last.neighbors(now), [Timestamp::parse("2026-11-22T14:00:00Z"), None]);
    }
}
