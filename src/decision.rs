//! Yes or no. [`judge`] is pure and total: the same facts give the same answer to the verify API, forward auth, the
//! command line and the console. Consuming anything is somebody else's step.

use crate::{
    key::{Key, State},
    scope::Demand,
    time::Timestamp,
};

/// What a decision rests on.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// What was presented.
    pub presented: Presented<'a>,
    /// When.
    pub now: Timestamp,
    /// The name of the tenant the service is in; `None` accepts the key's own.
    pub tenant: Option<&'a str>,
    /// What the service needs the key to hold.
    pub demand: &'a Demand,
}

/// What the presented text turned out to be.
#[derive(Clone, Copy, Debug)]
pub enum Presented<'a> {
    /// Not a token: wrong shape or wrong checksum.
    Malformed,
    /// A token no key has, or whose secret is not that key's.
    Unknown,
    /// The exact secret of this key.
    Known(&'a Key),
}

/// Why a key is refused. The codes are public and fixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Not of a token's form.
    Malformed,
    /// No such key.
    NotFound,
    /// Archived.
    Archived,
    /// Past its expiry.
    Expired,
    /// Belongs to another tenant.
    WrongTenant,
    /// Does not hold what is asked for.
    InsufficientScope,
}

impl Reason {
    /// Every reason, in the order of the checks, with its code and a sentence that says what to do.
    pub const ALL: [(Self, &'static str, &'static str); 6] = [
        (Self::Malformed, "malformed", "This is not a key. Check that all of it was copied."),
        (Self::NotFound, "not_found", "No key has this secret. Check that it was copied from this Keyward."),
        (Self::Archived, "archived", "The key was archived. Ask its owner for a new one."),
        (Self::Expired, "expired", "The key has expired. Ask its owner for a new one."),
        (Self::WrongTenant, "wrong_tenant", "The key belongs to another tenant."),
        (Self::InsufficientScope, "insufficient_scope", "The key does not hold the scope this needs."),
    ];

    /// The stable code.
    pub fn code(self) -> &'static str {
        Self::ALL.iter().find(|(reason, ..)| *reason == self).map_or("", |(_, code, _)| code)
    }

    /// The sentence.
    pub fn words(self) -> &'static str {
        Self::ALL.iter().find(|(reason, ..)| *reason == self).map_or("", |(.., words)| words)
    }
}

/// The checks, in the order they are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// It is a key of ours.
    Existence,
    /// It was not archived.
    State,
    /// It has not expired.
    Time,
    /// It belongs to the tenant that asks.
    Tenant,
    /// It holds what is asked for.
    Scope,
}

impl Check {
    /// Every check in order, with its code.
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::Existence, "existence"),
        (Self::State, "state"),
        (Self::Time, "time"),
        (Self::Tenant, "tenant"),
        (Self::Scope, "scope"),
    ];
}

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The key opens the door.
    Allow,
    /// It does not: the check that failed first, and why.
    Deny(Check, Reason),
}

/// Decides. The first check that fails names the reason.
pub fn judge(facts: &Facts<'_>) -> Decision {
    let key = match facts.presented {
        Presented::Malformed => return Decision::Deny(Check::Existence, Reason::Malformed),
        Presented::Unknown => return Decision::Deny(Check::Existence, Reason::NotFound),
        Presented::Known(key) => key,
    };
    if matches!(key.state, State::Archived(_)) {
        Decision::Deny(Check::State, Reason::Archived)
    } else if facts.now >= key.expires_at {
        Decision::Deny(Check::Time, Reason::Expired)
    } else if facts.tenant.is_some_and(|tenant| tenant != key.tenant.name.as_str()) {
        Decision::Deny(Check::Tenant, Reason::WrongTenant)
    } else if !facts.demand.is_met_by(&key.scopes) {
        Decision::Deny(Check::Scope, Reason::InsufficientScope)
    } else {
        Decision::Allow
    }
}

impl Decision {
    /// Whether it is yes.
    pub fn is_allow(self) -> bool {
        self == Self::Allow
    }

    /// `valid`, or the reason's code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Allow => "valid",
            Self::Deny(_, reason) => reason.code(),
        }
    }

    /// Every check in order: passed, failed, or (`None`) not reached.
    pub fn checks(self) -> impl Iterator<Item = (&'static str, Option<bool>)> {
        let failed = match self {
            Self::Allow => Check::ALL.len(),
            Self::Deny(check, _) => Check::ALL.iter().position(|(known, _)| *known == check).unwrap_or(0),
        };
        let outcome = move |index: usize| match index.cmp(&failed) {
            std::cmp::Ordering::Less => Some(true),
            std::cmp::Ordering::Equal => Some(false),
            std::cmp::Ordering::Greater => None,
        };
        Check::ALL.iter().enumerate().map(move |(index, (_, code))| (*code, outcome(index)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        key::{ArchiveReason, Archived, tests::example},
        time::DAY,
    };

    /// The truth table: every combination of what can be wrong, against the one reason that must be named.
    #[test]
    fn the_truth_table() {
        let before = Timestamp::from_millis(100 * DAY - 1);
        let after = Timestamp::from_millis(100 * DAY);
        let (met, unmet) = (Demand::parse("things.read").unwrap(), Demand::parse("things.write").unwrap());
        let mut table = String::from("archived expired foreign unscoped -> code\n");
        for bits in 0..16u8 {
            let [archived, expired, foreign, unscoped] = [8, 4, 2, 1].map(|bit| bits & bit != 0);
            let mut key = example();
            if archived {
                let evidence = Archived { at: before, by: "ops".to_owned(), reason: ArchiveReason::NotNeeded };
                key = key.archive(evidence).unwrap();
            }
            let facts = Facts {
                presented: Presented::Known(&key),
                now: if expired { after } else { before },
                tenant: Some(if foreign { "other" } else { "default" }),
                demand: if unscoped { &unmet } else { &met },
            };
            let decision = judge(&facts);
            let cell = |bad: bool| if bad { "yes" } else { "-" };
            let line = format!(
                "{:8} {:7} {:7} {:8} -> {}\n",
                cell(archived),
                cell(expired),
                cell(foreign),
                cell(unscoped),
                decision.code()
            );
            table.push_str(&line);
            for presented in [Presented::Malformed, Presented::Unknown] {
                let code = if matches!(presented, Presented::Malformed) { "malformed" } else { "not_found" };
                assert_eq!(judge(&Facts { presented, ..facts }).code(), code, "existence comes first");
            }
            assert_ne!(judge(&Facts { tenant: None, ..facts }).code(), "wrong_tenant");
        }
        assert_eq!(table, include_str!("decision.table.txt"), "the table as found:\n{table}");
    }

    #[test]
    fn the_checks_stop_at_the_first_failure() {
        let checks: Vec<_> = Decision::Deny(Check::Time, Reason::Expired).checks().collect();
        let expected = [
            ("existence", Some(true)),
            ("state", Some(true)),
            ("time", Some(false)),
            ("tenant", None),
            ("scope", None),
        ];
        assert_eq!(checks, expected);
        assert!(Decision::Allow.checks().all(|(_, outcome)| outcome == Some(true)));
    }

    #[test]
    fn every_reason_has_its_own_code_and_words() {
        let mut codes: Vec<_> = Reason::ALL
            .iter()
            .map(|(reason, code, words)| {
                assert_eq!((reason.code(), reason.words()), (*code, *words));
                *code
            })
            .collect();
        codes.dedup();
        assert_eq!(codes.len(), Reason::ALL.len());
    }
}
