//! How often a key may be used: rate limits, which smooth calls over a window, and quotas, which refill with the
//! calendar. Arithmetic alone: who counts, and where, is somebody else's concern.

use std::fmt;

use crate::time::{DAY, HOUR, Timestamp};

/// The most rate limits of one key.
pub const MAX_LIMITS: usize = 4;
/// The most calls a limit or a quota may allow.
pub const MAX_CALLS: i64 = 1_000_000_000;

/// A length of time that calls are counted in: its word, and its milliseconds.
const WINDOWS: [(&str, i64); 4] = [("second", 1000), ("minute", 60_000), ("hour", HOUR), ("day", DAY)];

/// So many calls in a window, such as `100/minute`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Calls allowed in a window.
    pub calls: i64,
    window: (&'static str, i64),
}

/// A key's rate limits; each of them holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limits(Vec<Limit>);

/// So many calls in a period of the calendar (UTC), such as `10000/month`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Calls allowed in a period.
    pub calls: i64,
    /// When it refills.
    pub period: Period,
}

/// When a quota refills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    /// At midnight, UTC.
    Day,
    /// On the first of the month, UTC.
    Month,
}

/// Why a text is no limit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LimitError {
    /// Not of the form.
    #[error("\u{201c}{0}\u{201d} is no limit. Use calls per second, minute, hour or day, such as 100/minute.")]
    Limit(String),
    /// Too many.
    #[error("A key has at most {MAX_LIMITS} rate limits.")]
    TooMany,
    /// Not of a quota's form.
    #[error("\u{201c}{0}\u{201d} is no quota. Use calls per day or month, such as 10000/month.")]
    Quota(String),
}

/// Calls and the word after the stroke.
fn split(word: &str) -> Option<(i64, &str)> {
    let (calls, per) = word.split_once('/')?;
    let calls = calls.parse::<i64>().ok().filter(|calls| (1..=MAX_CALLS).contains(calls))?;
    calls_are_digits(word).then_some((calls, per))
}

fn calls_are_digits(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit())
}

impl Limit {
    fn parse(word: &str) -> Result<Self, LimitError> {
        let read = || {
            let (calls, per) = split(word)?;
            let window = WINDOWS.into_iter().find(|(name, _)| *name == per)?;
            Some(Self { calls, window })
        };
        read().ok_or_else(|| LimitError::Limit(word.chars().take(64).collect()))
    }

    /// The window's word: `minute`.
    pub fn per(self) -> &'static str {
        self.window.0
    }

    /// The window's length in milliseconds.
    pub fn window(self) -> i64 {
        self.window.1
    }

    /// The generic cell rate algorithm (ITU-T I.371, annex A), on microseconds of a steady clock. `full_at` is the
    /// instant at which the whole allowance is there again; it moves with every call. A whole window's calls may come at
    /// once.
    pub fn consume(self, full_at: i64, now: i64, cost: i64) -> Allowance {
        let window = self.window.1.saturating_mul(1000);
        let full_at = full_at.max(now);
        let after = full_at.saturating_add(share(window, cost, self.calls));
        let late = after.saturating_sub(now).saturating_sub(window);
        if late > 0 {
            return Allowance { full_at, remaining: self.left(full_at, now), wait: late };
        }
        Allowance { full_at: after, remaining: self.left(after, now), wait: 0 }
    }

    /// Calls that may come at once now.
    fn left(self, full_at: i64, now: i64) -> i64 {
        let window = self.window.1.saturating_mul(1000);
        share(self.calls, window.saturating_sub(full_at.saturating_sub(now)).max(0), window)
    }
}

/// `of` times `part` through `whole`, rounded down, without overflow.
fn share(of: i64, part: i64, whole: i64) -> i64 {
    let exact = i128::from(of) * i128::from(part) / i128::from(whole.max(1));
    i64::try_from(exact).unwrap_or(i64::MAX)
}

/// What a limit says of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// When the whole allowance is there again, in microseconds; unmoved when the call must wait.
    pub full_at: i64,
    /// Calls that may follow at once.
    pub remaining: i64,
    /// Microseconds until the call would pass; 0 when it passes.
    pub wait: i64,
}

impl Limits {
    /// The words of the windows that calls are counted in, the shortest first.
    pub fn units() -> [&'static str; WINDOWS.len()] {
        WINDOWS.map(|(word, _)| word)
    }

    /// Reads limits separated by white space or commas; may be empty.
    pub fn parse(text: &str) -> Result<Self, LimitError> {
        let words = text.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty());
        let limits = words.map(Limit::parse).collect::<Result<Vec<_>, _>>()?;
        if limits.len() > MAX_LIMITS { Err(LimitError::TooMany) } else { Ok(Self(limits)) }
    }

    /// The limits, as they were written.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Limit> {
        self.0.iter().copied()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Quota {
    /// The words of the periods of the calendar, the shortest first.
    pub fn units() -> [&'static str; Period::ALL.len()] {
        Period::ALL.map(Period::word)
    }

    /// Reads a quota; empty for none.
    pub fn parse(text: &str) -> Result<Option<Self>, LimitError> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(None);
        }
        let read = || {
            let (calls, per) = split(text)?;
            let period = Period::ALL.into_iter().find(|period| period.word() == per)?;
            Some(Self { calls, period })
        };
        read().map(Some).ok_or_else(|| LimitError::Quota(text.chars().take(64).collect()))
    }
}

impl Period {
    const ALL: [Self; 2] = [Self::Day, Self::Month];

    /// `day` or `month`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Month => "month",
        }
    }

    /// The period `now` lies in: its first instant, and the first of the next.
    pub fn around(self, now: Timestamp) -> (Timestamp, Timestamp) {
        match self {
            Self::Day => {
                let start = Timestamp::from_millis(now.millis().div_euclid(DAY).saturating_mul(DAY));
                (start, start.plus(DAY))
            }
            Self::Month => now.month(),
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.calls, self.per())
    }
}

impl fmt::Display for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.calls, self.period.word())
    }
}

/// Separated by single spaces.
impl fmt::Display for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&words.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_and_quotas_are_calls_through_a_length() {
        for (text, expected) in [
            ("", Some("")),
            ("100/minute", Some("100/minute")),
            ("5/second, 1000/hour\n20000/day", Some("5/second 1000/hour 20000/day")),
            ("1/week", None),
            ("0/minute", None),
            ("-1/minute", None),
            ("+1/minute", None),
            ("1000000001/day", None),
            ("100", None),
            ("/minute", None),
            ("1/day 1/day 1/day 1/day 1/day", None),
        ] {
            assert_eq!(Limits::parse(text).ok().map(|limits| limits.to_string()).as_deref(), expected, "{text:?}");
        }
        for (text, expected) in
            [("", Some("")), ("10000/month", Some("10000/month")), (" 5/day ", Some("5/day")), ("5/hour", None)]
        {
            let quota = Quota::parse(text).ok().map(|quota| quota.map(|quota| quota.to_string()).unwrap_or_default());
            assert_eq!(quota.as_deref(), expected, "{text:?}");
        }
    }

    /// Every call of any pattern: never more than a window's calls at once, and never more than one window's calls beyond
    /// what has refilled.
    #[test]
    fn a_limit_lets_a_burst_through_and_then_its_rate() {
        let limit = Limit::parse("60/minute").unwrap();
        let second = 1_000_000;
        let (mut full_at, mut passed) = (i64::MIN, 0);
        for _ in 0..100 {
            let allowance = limit.consume(full_at, 0, 1);
            full_at = allowance.full_at;
            passed += i64::from(allowance.wait == 0);
        }
        assert_eq!(passed, 60, "one window's calls at once");
        let refused = limit.consume(full_at, 0, 1);
        assert_eq!((refused.remaining, refused.wait), (0, second), "the next one comes in a second");
        assert_eq!(limit.consume(full_at, second, 1).wait, 0);
        assert_eq!(limit.consume(full_at, 30 * second, 1).remaining, 29, "half of it is back after half a window");
        assert_eq!(limit.consume(full_at, 600 * second, 1).remaining, 59, "and never more than all of it");
        assert!(limit.consume(i64::MIN, 0, 61).wait > 0, "what costs more than a window never passes");
        assert!(limit.consume(i64::MAX, 0, 1).wait > 0, "no overflow lets a call through");
    }

    #[test]
    fn a_period_is_the_calendars() {
        let at = |text: &str| Timestamp::parse(text).unwrap();
        for (period, now, first, next) in [
            (Period::Day, "2026-12-31T23:59:59Z", "2026-12-31T00:00:00Z", "2027-01-01T00:00:00Z"),
            (Period::Month, "2026-12-31T23:59:59Z", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"),
            (Period::Month, "2028-02-29T12:00:00Z", "2028-02-01T00:00:00Z", "2028-03-01T00:00:00Z"),
        ] {
            assert_eq!(period.around(at(now)), (at(first), at(next)), "{now}");
        }
    }
}
