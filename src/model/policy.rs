//! The bounds on every key: how long it may live, how many an owner may hold, how it may be presented. The policy is a
//! value; whoever checks an expiry brings it and the instant.

use crate::{
    codes::codes,
    entry_input::{Field, Reading, Source},
    id::EntryId,
    tenant::CredentialSources,
    time::{DAY, Timestamp},
};

codes! {
    /// Whether the policy lets something be done.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
    pub enum Permission {
        /// Nobody does it.
        #[default]
        Forbidden = "forbidden" => "Forbidden",
        /// Those who may otherwise.
        Allowed = "allowed" => "Allowed",
    }
}

/// The bounds on keys that are made from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The shortest life, in days.
    pub min_days: i64,
    /// The longest life, in days.
    pub max_days: i64,
    /// Whether a key may be made that never expires.
    pub never: bool,
    /// Live keys one owner may hold.
    pub keys_per_owner: i64,
    /// How keys may be presented, in every tenant.
    pub presentations: CredentialSources,
    /// Whether the gateway self-test may call private addresses.
    pub probes_private: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            min_days: 7,
            max_days: 365,
            never: false,
            keys_per_owner: 5,
            presentations: CredentialSources::ALL,
            probes_private: false,
        }
    }
}

/// Lives offered as presets, in days.
pub const PRESETS: [i64; 5] = [7, 30, 90, 180, 365];
/// The preset a new form starts with.
pub const DEFAULT_DAYS: i64 = 90;

/// Why an expiry was refused. `Display` is the sentence for the person who chose it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExpiryError {
    /// Neither a number of days nor a date.
    #[error("Choose a number of days, such as 90d, or a date, such as 2027-03-14.")]
    Form,
    /// Sooner than the policy allows.
    #[error("A key lives at least {} days: choose {} or later.", .0.min_days, .1.day())]
    TooSoon(Policy, Timestamp),
    /// Later than the policy allows.
    #[error("A key lives at most {} days: choose {} or earlier.", .0.max_days, .1.day())]
    TooLate(Policy, Timestamp),
    /// `never`, which the policy forbids.
    #[error("A key must expire: choose at most {} days.", .0.max_days)]
    Never(Policy),
}

impl Policy {
    pub(crate) fn read(_: EntryId, reading: &mut Reading) -> Option<Self> {
        let min_days = reading.field(Field::MinDays, number);
        let max_days = reading.field(Field::MaxDays, number);
        let never = permission(reading, Field::Never);
        let keys_per_owner = reading.field(Field::KeysPerOwner, number);
        let presentations = reading.field(Field::Presentations, CredentialSources::typed);
        let probes = permission(reading, Field::Probes);
        let (min_days, max_days) = (min_days?, max_days?);
        if max_days < min_days {
            reading.mistake(Field::MaxDays, "The longest life must not be shorter than the shortest.".to_owned());
        }
        Some(Self {
            min_days,
            max_days,
            never: never? == Permission::Allowed,
            keys_per_owner: keys_per_owner?,
            presentations: presentations?,
            probes_private: probes? == Permission::Allowed,
        })
    }

    pub(crate) fn pairs(self) -> [(Field, String); 6] {
        let code = |is_allowed: bool| if is_allowed { Permission::Allowed } else { Permission::Forbidden }.code();
        [
            (Field::MinDays, self.min_days.to_string()),
            (Field::MaxDays, self.max_days.to_string()),
            (Field::Never, code(self.never).to_owned()),
            (Field::KeysPerOwner, self.keys_per_owner.to_string()),
            (Field::Presentations, self.presentations.to_string()),
            (Field::Probes, code(self.probes_private).to_owned()),
        ]
    }

    /// Reads an expiry, `90d`, `2027-03-14` (to its last second in UTC) or an exact RFC 3339 instant, and holds it
    /// against the bounds. The bounds are whole days: any instant of the first and of the last day is allowed.
    pub fn expiry(self, text: &str, now: Timestamp) -> Result<Timestamp, ExpiryError> {
        let text = text.trim();
        if text == "never" {
            return if self.never { Ok(Timestamp::NEVER) } else { Err(ExpiryError::Never(self)) };
        }
        let at = match text.strip_suffix('d').map(str::parse::<i64>) {
            Some(days) => now.plus(days.map_err(|_| ExpiryError::Form)?.saturating_mul(DAY)),
            None => Timestamp::parse(text).ok_or(ExpiryError::Form)?,
        };
        let (first, last) = self.bounds(now);
        if at < first {
            Err(ExpiryError::TooSoon(self, first))
        } else if at.iso_day() > last.iso_day() && at > last {
            Err(ExpiryError::TooLate(self, last))
        } else {
            Ok(at)
        }
    }

    /// The longest life of a key in milliseconds: a bound of days holds to the end of the last one.
    pub fn longest(self) -> i64 {
        self.max_days.saturating_add(1).saturating_mul(DAY)
    }

    /// The first and the last instant a key made now may expire.
    pub fn bounds(self, now: Timestamp) -> (Timestamp, Timestamp) {
        (now.plus(self.min_days * DAY), now.plus(self.max_days * DAY))
    }
}

/// Reads whether something is allowed. What is stored and cannot be read allows nothing.
fn permission(reading: &mut Reading, field: Field) -> Option<Permission> {
    match reading.source {
        Source::Request => reading.choice(field, &Permission::ALL, Permission::code),
        Source::Storage => {
            reading.field(field, |text| Ok::<_, String>(Permission::parse(text).unwrap_or(Permission::Forbidden)))
        }
    }
}

fn number(text: &str) -> Result<i64, &'static str> {
    let number = text.parse().ok().filter(|number| (1..=1_000_000).contains(number));
    number.ok_or("Type a whole number from 1 to 1000000.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_life_lies_within_the_bounds() {
        let policy = Policy::default();
        assert_eq!(Policy { never: true, ..policy }.expiry("never", Timestamp::from_millis(0)), Ok(Timestamp::NEVER));
        let now = Timestamp::parse("2026-03-01T12:00:00Z").unwrap();
        for (text, expected) in [
            ("7d", Ok("2026-03-08T12:00:00Z")),
            ("90d", Ok("2026-05-30T12:00:00Z")),
            ("365d", Ok("2027-03-01T12:00:00Z")),
            (" 30d ", Ok("2026-03-31T12:00:00Z")),
            ("2026-03-08", Ok("2026-03-08T23:59:59Z")),
            ("2027-03-01", Ok("2027-03-01T23:59:59Z")),
            ("2026-06-01T00:00:00+02:00", Ok("2026-05-31T22:00:00Z")),
            ("6d", Err("A key lives at least 7 days: choose 8 Mar 2026 or later.")),
            ("0d", Err("A key lives at least 7 days: choose 8 Mar 2026 or later.")),
            ("-1d", Err("A key lives at least 7 days: choose 8 Mar 2026 or later.")),
            ("2026-03-07", Err("A key lives at least 7 days: choose 8 Mar 2026 or later.")),
            ("366d", Err("A key lives at most 365 days: choose 1 Mar 2027 or earlier.")),
            ("9223372036854775807d", Err("A key lives at most 365 days: choose 1 Mar 2027 or earlier.")),
            ("2027-03-02", Err("A key lives at most 365 days: choose 1 Mar 2027 or earlier.")),
            ("never", Err("A key must expire: choose at most 365 days.")),
            ("", Err("Choose a number of days, such as 90d, or a date, such as 2027-03-14.")),
            ("d", Err("Choose a number of days, such as 90d, or a date, such as 2027-03-14.")),
            ("soon", Err("Choose a number of days, such as 90d, or a date, such as 2027-03-14.")),
        ] {
            let found = policy.expiry(text, now).map(|at| at.to_string()).map_err(|error| error.to_string());
            assert_eq!(found, expected.map(str::to_owned).map_err(str::to_owned), "{text:?}");
        }
    }
}
