//! The calendar, as far as an instant is shown or picked: days since 1970 and dates (Howard Hinnant, "chrono-compatible
//! low-level date algorithms"). It is all that the browser needs of one; a whole calendar would double what it loads.

/// The short names of the months.
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A date and a time of day in UTC, of the years 0 to 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Civil {
    /// The year.
    pub(crate) year: i64,
    /// The month, from 1.
    pub(crate) month: i64,
    /// The day, from 1.
    pub(crate) day: i64,
    /// Hours, minutes and seconds.
    pub(crate) time: [i64; 3],
}

impl Civil {
    /// Of so many seconds since 1970; `None` outside of the years.
    pub(crate) fn of(seconds: i64) -> Option<Self> {
        let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        // Eras of 400 years that begin on the first of March.
        let shifted = days + 719_468;
        let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let place = (5 * day_of_year + 2) / 153;
        let month = if place < 10 { place + 3 } else { place - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        let day = day_of_year - (153 * place + 2) / 5 + 1;
        let time = [rest / 3600, rest / 60 % 60, rest % 60];
        (0..=9999).contains(&year).then_some(Self { year, month, day, time })
    }

    /// Seconds since 1970.
    pub(crate) fn seconds(self) -> i64 {
        let Self { year, month, day, time: [hour, minute, second] } = self;
        let (year, place) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
        let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + (153 * place + 2) / 5 + day - 1;
        (era * 146_097 + day_of_era - 719_468) * 86_400 + hour * 3600 + minute * 60 + second
    }

    /// Reads a day and a time as a form's field has them: `2027-03-14T09:30`, with or without seconds.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (date, time) = text.split_once('T')?;
        let number = |part: &str, length: usize| {
            let digits = part.len() == length && part.bytes().all(|b| b.is_ascii_digit());
            part.parse::<i64>().ok().filter(|_| digits)
        };
        let mut parts = date.split('-').zip([4, 2, 2]).map(|(part, length)| number(part, length));
        let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
        let mut parts = time.split(':').map(|part| number(part, 2));
        let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next().unwrap_or(Some(0))?);
        let read = Self { year, month, day, time: [hour, minute, second] };
        // A day that no month has comes back as another.
        let is_whole = date.len() == 10 && parts.next().is_none() && (1..=12).contains(&month);
        (is_whole && Self::of(read.seconds()) == Some(read)).then_some(read)
    }

    /// The short name of its month.
    pub(crate) fn month_name(self) -> &'static str {
        usize::try_from(self.month - 1).ok().and_then(|month| MONTHS.get(month)).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use jiff::{Timestamp, tz::TimeZone};

    use super::*;

    #[test]
    fn dates_are_those_of_a_whole_calendar() {
        let (first, last) = (-62_167_219_200_i64, 253_402_300_799);
        // The other calendar keeps two days clear of its end.
        let steps = (0..199_900).map(|step| first + step * ((last - first) / 200_000) + step % 86_400);
        for seconds in steps.chain([first, 0, -1, 951_782_399, 951_782_400]) {
            let ours = Civil::of(seconds).unwrap();
            let theirs = Timestamp::from_second(seconds).unwrap().to_zoned(TimeZone::UTC);
            assert_eq!(ours.seconds(), seconds);
            assert_eq!((ours.year, ours.month), (i64::from(theirs.year()), i64::from(theirs.month())), "{seconds}");
            assert_eq!(ours.day, i64::from(theirs.day()), "{seconds}");
            assert_eq!(ours.time, [theirs.hour(), theirs.minute(), theirs.second()].map(i64::from), "{seconds}");
            assert_eq!(ours.month_name(), theirs.strftime("%b").to_string());
        }
        let end = Civil { year: 9999, month: 12, day: 31, time: [23, 59, 59] };
        assert_eq!((Civil::of(last), end.seconds()), (Some(end), last));
        assert_eq!((Civil::of(first - 1), Civil::of(last + 1)), (None, None));
    }

    #[test]
    fn a_field_is_read_only_if_there_is_such_a_time() {
        for (text, expected) in [
            ("2027-03-14T09:30", Some([2027, 3, 14, 9, 30, 0])),
            ("2028-02-29T23:59:59", Some([2028, 2, 29, 23, 59, 59])),
            ("2027-02-29T09:30", None),
            ("2027-13-01T09:30", None),
            ("2027-00-01T09:30", None),
            ("2027-03-14T24:00", None),
            ("2027-03-14T09:60", None),
            ("2027-3-14T09:30", None),
            ("2027-03-14-01T09:30", None),
            ("2027-03-14T09:30:00:00", None),
            ("2027-03-14T09:30:0Z", None),
            ("2027-03-14T09", None),
            ("2027-03-14", None),
            ("", None),
        ] {
            let read = Civil::parse(text)
                .map(|read| [read.year, read.month, read.day, read.time[0], read.time[1], read.time[2]]);
            assert_eq!(read, expected, "{text:?}");
        }
    }
}
