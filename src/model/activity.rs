//! What is seen of the calls with a key: what became of them, how they came, and how they are added up over a period.
//! Everything here is a value; whoever counts brings the clock.

use std::{borrow::Cow, net::IpAddr};

use crate::{
    codes::codes,
    decision::{Decision, Reason},
    scope::RequiredScopes,
    time::{DAY, HOUR, Timestamp},
};

/// Milliseconds in a minute.
pub const MINUTE: i64 = 60_000;
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

    /// What became of calls that were counted under `valid` or the code of a refusal.
    pub fn of_code(code: &str) -> Self {
        match Reason::parse(code) {
            Some(Reason::RateLimited | Reason::QuotaExhausted) => Self::Limited,
            Some(_) => Self::Refused,
            None => Self::Allowed,
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
            Self::Month => DAY,
        }
    }

    /// How many bars there are.
    pub fn bars(self) -> usize {
        match self {
            Self::Hour => 60,
            Self::Day => 24,
            Self::Month => 30,
        }
    }

    /// When its first bar begins. The last one is the one that `now` lies in.
    pub fn start(self, now: Timestamp) -> Timestamp {
        let last = now.millis().div_euclid(self.step()) * self.step();
        Timestamp::from_millis(last).plus(-self.step() * (i64::try_from(self.bars()).unwrap_or(i64::MAX) - 1))
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

/// Calls over a period, bar by bar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    /// The period.
    pub period: Period,
    /// When the first bar begins.
    pub start: Timestamp,
    /// The bars, earliest first.
    pub bars: Vec<CallCounts>,
}

impl Series {
    /// The period that ends now, with nothing in it.
    pub fn empty(period: Period, now: Timestamp) -> Self {
        Self { period, start: period.start(now), bars: vec![CallCounts::default(); period.bars()] }
    }

    /// Adds calls of one instant. What lies outside of the period is left out.
    pub fn add(&mut self, at: Timestamp, outcome: Outcome, calls: i64) {
        let place = at.since(self.start).div_euclid(self.period.step());
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
        for (period, expected) in [(Period::Hour, MINUTE), (Period::Day, HOUR), (Period::Month, DAY)] {
            let now = Timestamp::from_millis(1000 * DAY + HOUR / 2);
            let mut series = Series::empty(period, now);
            let length = i64::try_from(period.bars()).unwrap() * expected;
            assert_eq!(series.start.millis() % expected, 0, "{period:?}");
            series.add(now, Outcome::Allowed, 1);
            series.add(series.start, Outcome::Limited, 2);
            series.add(series.start.plus(-1), Outcome::Refused, 4);
            series.add(series.start.plus(length), Outcome::Refused, 8);
            assert_eq!(series.bars.last().unwrap().allowed, 1, "{period:?}");
            assert_eq!(series.bars[0].limited, 2, "{period:?}");
            assert_eq!((series.total(), series.total().all()), (CallCounts { allowed: 1, limited: 2, refused: 0 }, 3));
        }
    }
}
