//! Instants and days. Everything is UTC; a value comes in as an argument, nothing here reads a clock.

use std::fmt;

use jiff::{civil, tz::TimeZone};

use crate::civil::Civil;

/// Milliseconds in a day.
pub const DAY: i64 = 86_400_000;
/// Milliseconds in an hour.
pub const HOUR: i64 = 3_600_000;

/// An instant: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

impl Timestamp {
    /// After every other: the expiry of what never expires.
    pub const NEVER: Self = Self(i64::MAX);

    /// From milliseconds since the Unix epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the Unix epoch.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// This instant moved by so many milliseconds, stopping at the ends of the range.
    #[must_use]
    pub const fn plus(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// Milliseconds from `earlier` to this instant; negative when it lies after.
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The last second of a calendar day in UTC, from `2027-03-14`, or an exact instant with its offset, from
    /// `2027-03-14T09:00:00+01:00` (RFC 3339).
    pub fn parse(text: &str) -> Option<Self> {
        if let Ok(instant) = text.parse::<jiff::Timestamp>() {
            return Some(Self(instant.as_millisecond()));
        }
        let day: civil::Date = (text.len() == 10).then(|| text.parse().ok())??;
        let end = day.at(23, 59, 59, 0).to_zoned(TimeZone::UTC).ok()?;
        Some(Self(end.timestamp().as_millisecond()))
    }

    /// The month it lies in, in UTC: its first instant, and the first of the next. Out of range, all of time.
    pub fn month(self) -> (Self, Self) {
        let first = |date: civil::Date| Some(Self(date.to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond()));
        let bounds = || {
            let at = jiff::Timestamp::from_millisecond(self.0).ok()?.to_zoned(TimeZone::UTC);
            let date = at.date().first_of_month();
            Some((first(date)?, first(date.checked_add(jiff::Span::new().months(1)).ok()?)?))
        };
        bounds().unwrap_or((Self(i64::MIN), Self::NEVER))
    }

    /// A day and a time in UTC as a form's field has them: `2027-03-14T09:30`.
    pub fn of_field(text: &str) -> Option<Self> {
        Civil::parse(text.trim()).map(|civil| Self(civil.seconds() * 1000))
    }

    /// For a form's field, in whole minutes: `2027-03-14T09:30`.
    pub fn to_field(self) -> String {
        self.written(|at| format!("{:04}-{:02}-{:02}T{:02}:{:02}", at.year, at.month, at.day, at.time[0], at.time[1]))
    }

    /// For people: `14 Mar 2027, 23:59 UTC`.
    pub fn long(self) -> String {
        self.written(|at| {
            format!("{} {} {:04}, {:02}:{:02} UTC", at.day, at.month_name(), at.year, at.time[0], at.time[1])
        })
    }

    /// For people, the day alone: `14 Mar 2027`.
    pub fn day(self) -> String {
        self.written(|at| format!("{} {} {:04}", at.day, at.month_name(), at.year))
    }

    /// For people who know the day, the time alone: `23:59`.
    pub fn clock(self) -> String {
        self.written(|at| format!("{:02}:{:02}", at.time[0], at.time[1]))
    }

    /// For people who know the year: `14 Mar`.
    pub fn short_day(self) -> String {
        self.written(|at| format!("{} {}", at.day, at.month_name()))
    }

    /// For a date field: `2027-03-14`.
    pub fn iso_day(self) -> String {
        self.written(|at| format!("{:04}-{:02}-{:02}", at.year, at.month, at.day))
    }

    /// RFC 3339, in UTC, to the millisecond, which is all of it: `2027-03-14T23:59:59.042Z`.
    pub fn exact(self) -> String {
        let whole = self.to_string();
        match whole.strip_suffix('Z') {
            Some(seconds) => format!("{seconds}.{:03}Z", self.0.rem_euclid(1000)),
            None => whole,
        }
    }

    fn written(self, write: impl FnOnce(Civil) -> String) -> String {
        Civil::of(self.0.div_euclid(1000)).map_or_else(|| self.nameless().to_owned(), write)
    }

    /// What is said of an instant that no calendar has.
    fn nameless(self) -> &'static str {
        if self == Self::NEVER { "never" } else { "out of range" }
    }
}

/// RFC 3339, in UTC, to the second: `2027-03-14T23:59:59Z`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Civil::of(self.0.div_euclid(1000)) {
            Some(Civil { year, month, day, time: [hour, minute, second] }) => {
                write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
            }
            None => f.write_str(self.nameless()),
        }
    }
}

/// A length of time in milliseconds, of `0`, `30m`, `24h` or `7d`.
pub fn span(text: &str) -> Option<i64> {
    let text = text.trim();
    let (count, unit) = match text.strip_suffix(['m', 'h', 'd']) {
        Some(count) if text.ends_with('m') => (count, 60_000),
        Some(count) if text.ends_with('h') => (count, HOUR),
        Some(count) => (count, DAY),
        None => return (text == "0").then_some(0),
    };
    let digits = count.bytes().all(|b| b.is_ascii_digit());
    count.parse::<i64>().ok().filter(|_| digits)?.checked_mul(unit)
}

/// How long ago, or how soon, in the largest whole unit: `just now`, `5 min ago`, `in 12 days`.
pub fn relative(then: Timestamp, now: Timestamp) -> String {
    if then == Timestamp::NEVER {
        return "never".to_owned();
    }
    let gone = now.since(then);
    let size = gone.saturating_abs();
    let (count, unit) = match size {
        ..60_000 => return if gone >= 0 { "just now".to_owned() } else { "in under a minute".to_owned() },
        60_000..HOUR => (size / 60_000, "min"),
        HOUR..DAY => (size / HOUR, "h"),
        _ => match whole_days(gone) {
            1 => (1, "day"),
            days => (days, "days"),
        },
    };
    if gone >= 0 { format!("{count} {unit} ago") } else { format!("in {count} {unit}") }
}

/// Past days are over; coming ones are rounded, so that a key made for 90 days does not say 89 a minute later.
fn whole_days(gone: i64) -> i64 {
    let size = gone.saturating_abs();
    if gone >= 0 { size / DAY } else { size.saturating_add(DAY / 2) / DAY }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_with_its_last_second_and_an_instant_keeps_its_offset() {
        for (text, expected) in [
            ("2027-03-14", Some("2027-03-14T23:59:59Z")),
            ("2028-02-29", Some("2028-02-29T23:59:59Z")),
            ("2027-03-14T09:00:00+01:00", Some("2027-03-14T08:00:00Z")),
            ("2027-03-14T09:00:00Z", Some("2027-03-14T09:00:00Z")),
            ("2027-02-29", None),
            ("2027-03-14T09:00:00", None),
            ("14.03.2027", None),
            ("20270314", None),
            ("", None),
        ] {
            assert_eq!(Timestamp::parse(text).map(|at| at.to_string()).as_deref(), expected, "{text:?}");
        }
    }

    #[test]
    fn a_length_of_time_has_its_unit() {
        for (text, expected) in [
            ("0", Some(0)),
            ("30m", Some(30 * 60_000)),
            (" 24h ", Some(DAY)),
            ("7d", Some(7 * DAY)),
            ("24", None),
            ("-1h", None),
            ("+1h", None),
            ("h", None),
            ("1 h", None),
            ("9223372036854775807d", None),
            ("", None),
        ] {
            assert_eq!(span(text), expected, "{text:?}");
        }
    }

    #[test]
    fn relative_names_the_largest_whole_unit() {
        let now = Timestamp::from_millis(100 * DAY);
        for (offset, expected) in [
            (0, "just now"),
            (-59_999, "just now"),
            (-60_000, "1 min ago"),
            (-HOUR, "1 h ago"),
            (-DAY, "1 day ago"),
            (-34 * DAY, "34 days ago"),
            (30_000, "in under a minute"),
            (3 * DAY + 5, "in 3 days"),
            (90 * DAY - 60_000, "in 90 days"),
            (DAY, "in 1 day"),
        ] {
            assert_eq!(relative(now.plus(offset), now), expected, "{offset}");
        }
    }

    #[test]
    fn the_ends_of_the_range_neither_panic_nor_wrap() {
        for edge in [i64::MIN, i64::MAX] {
            let at = Timestamp::from_millis(edge);
            assert_eq!(at.long(), if at == Timestamp::NEVER { "never" } else { "out of range" });
            assert_eq!(at.to_string(), at.long());
            let _ = (at.plus(edge), at.since(Timestamp::from_millis(-1)), relative(at, Timestamp::default()));
        }
    }
}
