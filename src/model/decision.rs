//! Yes or no. [`decide`] is pure and total: the same facts give the same answer to the verify API, forward auth, the
//! command line and the console. Consuming anything is somebody else's step, whose outcome is one of the facts.

use std::net::IpAddr;

use crate::{
    codes::codes,
    key::{Key, KeyState, SignedWrites},
    scope::{ClosedGates, RequiredScopes},
    tenant::{CredentialSource, CredentialSources},
    time::Timestamp,
};

/// What a decision rests on.
#[derive(Clone, Copy, Debug)]
pub struct DecisionInput<'a> {
    /// What was presented.
    pub lookup: KeyLookup<'a>,
    /// How it was presented, if that is known.
    pub source: Option<CredentialSource>,
    /// What the policy accepts of it.
    pub accepted: CredentialSources,
    /// When.
    pub now: Timestamp,
    /// The name of the tenant the service is in; `None` accepts the key's own.
    pub tenant: Option<&'a str>,
    /// Where the call came from, if that is known.
    pub address: Option<IpAddr>,
    /// What the service needs the key to hold.
    pub required: &'a RequiredScopes,
    /// The gates in the way of the key's scopes that are closed for its tenant.
    pub closed: &'a ClosedGates,
    /// Whether the request writes.
    pub writes: bool,
    /// What became of its signature.
    pub signature: Signature,
    /// What its limits and its quota say.
    pub limit: LimitOutcome,
}

/// What the presented text turned out to be.
#[derive(Clone, Copy, Debug)]
pub enum KeyLookup<'a> {
    /// Not a token: wrong shape or wrong checksum.
    Malformed,
    /// A token no key has, or whose secret is not that key's.
    Unknown,
    /// The exact secret of this key.
    Known(&'a Key),
}

/// What became of a request's signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Signature {
    /// There was none.
    #[default]
    Missing,
    /// It proves nothing.
    Invalid,
    /// It proves the request, for the second time.
    Replayed,
    /// It proves the request.
    Proved,
}

/// What limits and quota say, once all else allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum LimitOutcome {
    /// There is enough left, or nobody asked.
    #[default]
    Nothing,
    /// A rate limit is used up.
    Rate,
    /// The quota is used up.
    Quota,
}

codes! {
    /// Why a key is refused. The codes are public and fixed; the words say what to do.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum Reason {
        /// Not of a token's form.
        Malformed = "malformed" => "This is not a key. Check that all of it was copied.",
        /// No such key.
        NotFound = "not_found" => "No key has this secret. Check that it was copied from this Keyward.",
        /// Archived.
        Archived = "archived" => "The key was archived. Ask its owner for a new one.",
        /// Switched off.
        Inactive = "inactive" => "The key is switched off. Ask its owner to switch it on.",
        /// Its owner was disabled.
        OwnerInactive = "owner_inactive" => "The owner of the key was disabled. Ask for a key of someone else.",
        /// The identity it acts as was switched off.
        SubjectInactive = "subject_inactive" => "The identity this key acts as is switched off.",
        /// Past its expiry.
        Expired = "expired" => "The key has expired. Ask its owner for a new one.",
        /// Belongs to another tenant.
        WrongTenant = "wrong_tenant" => "The key belongs to another tenant.",
        /// Came in a way that is switched off.
        PresentationNotAccepted = "presentation_not_accepted" => "Keys are not accepted this way. Present it as Authorization: Bearer KEY.",
        /// Came from an address that is not on its list.
        AddressNotAllowed = "address_not_allowed" => "The key may not be used from this address.",
        /// Does not hold what is asked for.
        InsufficientScope = "insufficient_scope" => "The key does not hold the scope this needs.",
        /// A write without a signature.
        SignatureRequired = "signature_required" => "Writes with this key need a signature (RFC 9421).",
        /// A signature that proves nothing.
        SignatureInvalid = "signature_invalid" => "The signature does not prove this request.",
        /// A signature that was used before.
        Replayed = "replayed" => "This signed request was used before. Sign each request anew.",
        /// Too often.
        RateLimited = "rate_limited" => "The key was used too often. Wait and try again.",
        /// Too much.
        QuotaExhausted = "quota_exhausted" => "The key has used up its quota. It refills later.",
    }
}

codes! {
    /// The checks, in the order they are made.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Check {
        /// It is a key of ours.
        Existence = "existence" => "It is a key",
        /// It was not archived or switched off.
        KeyState = "state" => "It is switched on",
        /// Its owner, and the identity it acts as, are active.
        Owner = "owner" => "Its owner and its identity are active",
        /// It has not expired.
        Time = "time" => "It has not expired",
        /// It belongs to the tenant that asks, and came in a way that tenant accepts.
        Tenant = "tenant" => "It is in the right tenant",
        /// It came from an address on its list.
        Address = "address" => "It came from an allowed address",
        /// It holds what is asked for.
        Scope = "scope" => "It holds the scope",
        /// The request is signed where it must be.
        Signature = "signature" => "The request is signed where it must be",
        /// It is within its rate limits.
        Limits = "limits" => "It is within its rate limits",
        /// It is within its quota.
        Quota = "quota" => "It is within its quota",
    }
}

impl Reason {
    /// The check that fails for this reason.
    pub fn check(self) -> Check {
        match self {
            Self::Malformed | Self::NotFound => Check::Existence,
            Self::Archived | Self::Inactive => Check::KeyState,
            Self::OwnerInactive | Self::SubjectInactive => Check::Owner,
            Self::Expired => Check::Time,
            Self::WrongTenant | Self::PresentationNotAccepted => Check::Tenant,
            Self::AddressNotAllowed => Check::Address,
            Self::InsufficientScope => Check::Scope,
            Self::SignatureRequired | Self::SignatureInvalid | Self::Replayed => Check::Signature,
            Self::RateLimited => Check::Limits,
            Self::QuotaExhausted => Check::Quota,
        }
    }
}

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Every check passes.
    Allow,
    /// It does not: the check that failed first, and why.
    Deny(Check, Reason),
}

/// Decides. The first check that fails names the reason.
pub fn decide(input: &DecisionInput<'_>) -> Decision {
    let key = match input.lookup {
        KeyLookup::Malformed => return Decision::Deny(Check::Existence, Reason::Malformed),
        KeyLookup::Unknown => return Decision::Deny(Check::Existence, Reason::NotFound),
        KeyLookup::Known(key) => key,
    };
    let accepted = input.accepted.and(key.tenant.presentations);
    let unsigned = input.writes && input.signature == Signature::Missing;
    // A tenant is a boundary: beyond it nothing is said of a key.
    let refusals = [
        (Check::Tenant, Reason::WrongTenant, input.tenant.is_some_and(|tenant| tenant != key.tenant.name.as_str())),
        (Check::KeyState, Reason::Archived, matches!(key.state, KeyState::Archived(_))),
        (Check::KeyState, Reason::Inactive, matches!(key.state, KeyState::Off(_))),
        (Check::Owner, Reason::OwnerInactive, !key.owner_active),
        (Check::Owner, Reason::SubjectInactive, key.spec.subject.as_ref().is_some_and(|subject| !subject.active)),
        (Check::Time, Reason::Expired, input.now >= key.spec.expires_at),
        (Check::Tenant, Reason::PresentationNotAccepted, input.source.is_some_and(|way| !accepted.contain(way))),
        (Check::Address, Reason::AddressNotAllowed, !key.spec.addresses.allow(input.address)),
        (Check::Scope, Reason::InsufficientScope, !input.required.is_met_by(&key.spec.scopes, input.closed)),
        (Check::Signature, Reason::SignatureRequired, unsigned && key.spec.signed_writes == SignedWrites::Required),
        (Check::Signature, Reason::SignatureInvalid, input.signature == Signature::Invalid),
        (Check::Signature, Reason::Replayed, input.signature == Signature::Replayed),
        (Check::Limits, Reason::RateLimited, input.limit == LimitOutcome::Rate),
        (Check::Quota, Reason::QuotaExhausted, input.limit == LimitOutcome::Quota),
    ];
    let failed = refusals.into_iter().find(|(.., fails)| *fails);
    failed.map_or(Decision::Allow, |(check, reason, _)| Decision::Deny(check, reason))
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
    pub fn checks(self) -> impl Iterator<Item = (Check, Option<bool>)> {
        let failed = match self {
            Self::Allow => Check::ALL.len(),
            Self::Deny(check, _) => check as usize,
        };
        // Of another tenant's key nothing was looked at but whose it is.
        let hidden = matches!(self, Self::Deny(_, Reason::WrongTenant));
        let outcome = move |check: Check| match (check as usize).cmp(&failed) {
            std::cmp::Ordering::Less => (!hidden || check == Check::Existence).then_some(true),
            std::cmp::Ordering::Equal => Some(false),
            std::cmp::Ordering::Greater => None,
        };
        Check::ALL.into_iter().map(move |check| (check, outcome(check)))
    }
}

/// What would have made a refused request pass, for whoever may know all of it.
pub fn remedy(input: &DecisionInput<'_>, reason: Reason) -> String {
    let KeyLookup::Known(key) = input.lookup else { return reason.words().to_owned() };
    let spec = &key.spec;
    let unknown = || "an unknown address".to_owned();
    match reason {
        Reason::Archived => match &key.state {
            KeyState::Archived(gone) => {
                format!("{} archived it at {}: {}. Only a new key helps.", gone.by, gone.at.long(), gone.reason.words())
            }
            _ => reason.words().to_owned(),
        },
        Reason::Inactive => "Switch the key on.".to_owned(),
        Reason::OwnerInactive => {
            format!("Its owner {} was disabled: enable them, or give the key another owner.", spec.owner)
        }
        Reason::SubjectInactive => {
            let subject = key.spec.subject.as_ref().map_or("", |subject| subject.name.as_str());
            format!("It acts as {subject}, who is switched off: switch them on, or let the key act as somebody else.")
        }
        Reason::Expired => format!("It expired at {}: extend it, or make a new one.", spec.expires_at.long()),
        Reason::WrongTenant => {
            format!("It is in tenant {}; the request is for {}.", key.tenant.name, input.tenant.unwrap_or_default())
        }
        Reason::PresentationNotAccepted => {
            let way = input.source.map_or("", CredentialSource::words);
            format!("It came as {way}, which tenant {} or the policy does not accept.", key.tenant.name)
        }
        Reason::AddressNotAllowed => {
            let address = input.address.map_or_else(unknown, |address| address.to_string());
            format!("The call came from {address}; the key allows {}.", spec.addresses)
        }
        Reason::InsufficientScope => match input.required.kept_from(&spec.scopes, input.closed) {
            Some(scope) => format!(
                "{scope} is gated and closed for tenant {}, which no wide scope passes: a superadmin opens it there.",
                key.tenant.name
            ),
            None => format!("The request needs {}; the key holds {}.", input.required, spec.scopes),
        },
        Reason::SignatureRequired => {
            "It was a write, or not known to be a read, and came without a signature: sign it as RFC 9421 says."
                .to_owned()
        }
        Reason::RateLimited => format!("Its limits are {}: call less often, or raise them.", spec.limits),
        Reason::QuotaExhausted => {
            let quota = spec.quota.map(|quota| quota.to_string()).unwrap_or_default();
            format!("Its quota is {quota}: wait until it refills, or raise it.")
        }
        Reason::Malformed | Reason::NotFound | Reason::SignatureInvalid | Reason::Replayed => reason.words().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::{fmt::Write, sync::LazyLock};

    use super::*;
    use crate::{
        address::Addresses,
        example::example,
        id::EntryId,
        key::{ArchiveReason, Archived, Identity, SwitchedOff},
        time::DAY,
    };

    const BEFORE: Timestamp = Timestamp::from_millis(100 * DAY - 1);

    static CLOSED: LazyLock<ClosedGates> = LazyLock::new(|| ClosedGates::parse("things"));

    type Change = fn(&mut Key, &mut DecisionInput<'_>);

    /// Everything that can be wrong, each with what it does to a key and to the facts that are right otherwise.
    fn wrongs() -> Vec<(&'static str, Change)> {
        vec![
            ("archived", |key, _| {
                let evidence = Archived { at: BEFORE, by: "ops".to_owned(), reason: ArchiveReason::NotNeeded };
                key.state = KeyState::Archived(evidence);
            }),
            ("off", |key, _| {
                if !matches!(key.state, KeyState::Archived(_)) {
                    key.state = KeyState::Off(SwitchedOff { at: BEFORE, by: "ops".to_owned() });
                }
            }),
            ("owner", |key, _| key.owner_active = false),
            ("subject", |key, _| {
                let id = EntryId::parse("0000000000000000").unwrap();
                key.spec.subject = Some(Identity { id, name: "kiosk".to_owned(), active: false });
            }),
            ("expired", |_, input| input.now = Timestamp::from_millis(100 * DAY)),
            ("tenant", |_, input| input.tenant = Some("other")),
            ("presented", |_, input| input.source = Some(CredentialSource::Query)),
            ("address", |key, _| key.spec.addresses = Addresses::parse("192.0.2.1").unwrap()),
            ("scope", |key, _| key.spec.scopes = crate::scope::Scopes::parse("others").unwrap()),
            ("gate", |key, input| {
                key.spec.scopes = crate::scope::Scopes::parse("public").unwrap();
                input.closed = &CLOSED;
            }),
            ("unsigned", |key, input| {
                key.spec.signed_writes = SignedWrites::Required;
                input.signature = Signature::Missing;
            }),
            ("forged", |_, input| input.signature = Signature::Invalid),
            ("replayed", |_, input| input.signature = Signature::Replayed),
            ("rate", |_, input| input.limit = LimitOutcome::Rate),
            ("quota", |_, input| input.limit = LimitOutcome::Quota),
        ]
    }

    fn decided(chosen: &[Change]) -> (Decision, String) {
        let required = RequiredScopes::parse("things.read").unwrap();
        let mut key = example();
        let mut input = DecisionInput {
            lookup: KeyLookup::Unknown,
            source: Some(CredentialSource::Bearer),
            accepted: CredentialSources::parse("bearer").unwrap(),
            now: BEFORE,
            tenant: Some("default"),
            address: Some("198.51.100.7".parse().unwrap()),
            required: &required,
            closed: ClosedGates::NONE,
            writes: true,
            signature: Signature::Proved,
            limit: LimitOutcome::Nothing,
        };
        for wrong in chosen {
            wrong(&mut key, &mut input);
        }
        let input = DecisionInput { lookup: KeyLookup::Known(&key), ..input };
        let decision = decide(&input);
        for (lookup, code) in [(KeyLookup::Malformed, "malformed"), (KeyLookup::Unknown, "not_found")] {
            assert_eq!(decide(&DecisionInput { lookup, ..input }).code(), code, "existence comes first");
        }
        let remedy = if let Decision::Deny(_, reason) = decision { remedy(&input, reason) } else { String::new() };
        (decision, remedy)
    }

    /// The truth table: everything that can be wrong alone, and every two of them together, against the one reason that
    /// is named and what is said of it.
    #[test]
    fn the_truth_table() {
        let wrongs = wrongs();
        let mut table =
            format!("{:<10} {:<10} -> code\n{:<10} {:<10} -> {}\n", "wrong", "and", "-", "-", decided(&[]).0.code());
        for (index, (one, change)) in wrongs.iter().enumerate() {
            let (decision, remedy) = decided(&[*change]);
            let Decision::Deny(check, reason) = decision else { panic!("{one} is wrong") };
            assert_eq!(check, reason.check(), "{one}");
            let _ = writeln!(table, "{one:<10} {:<10} -> {}: {remedy}", "-", decision.code());
            // A signature is in one state, and so is what was spent.
            let group = |name: &str| match name {
                "unsigned" | "forged" | "replayed" => 1,
                "rate" | "quota" => 2,
                "scope" | "gate" => 3,
                _ => 0,
            };
            for (other, also) in
                wrongs[index + 1..].iter().filter(|(other, _)| group(other) == 0 || group(other) != group(one))
            {
                let code = decided(&[*change, *also]).0.code();
                assert_eq!(code, decided(&[*also, *change]).0.code(), "{one} and {other}, in either order");
                let _ = writeln!(table, "{one:<10} {other:<10} -> {code}");
            }
        }
        assert_eq!(table, include_str!("decision.table.txt"), "the table as found:\n{table}");
        let named = Reason::ALL.into_iter().filter(|reason| table.contains(&format!("-> {}: ", reason.code()))).count();
        assert_eq!(named, Reason::ALL.len() - 2, "every reason but those of existence is somebody's first");
    }

    #[test]
    fn what_the_service_leaves_out_is_not_held_against_a_key() {
        let wrong = |change: Change| decided(&[change]).0.code();
        assert_eq!(wrong(|_, input| input.tenant = None), "valid");
        assert_eq!(wrong(|_, input| input.source = None), "valid");
        assert_eq!(wrong(|_, input| input.address = None), "valid");
        assert_eq!(wrong(|_, input| input.signature = Signature::Missing), "valid");
        assert_eq!(
            wrong(|key, input| {
                key.spec.addresses = Addresses::parse("10.0.0.0/8").unwrap();
                input.address = None;
            }),
            "address_not_allowed",
            "an unknown address passes no list"
        );
        assert_eq!(
            wrong(|key, input| {
                key.spec.signed_writes = SignedWrites::Required;
                input.signature = Signature::Missing;
                input.writes = false;
            }),
            "valid",
            "reads need no signature"
        );
        assert_eq!(
            wrong(|key, _| key.tenant.presentations = CredentialSources::parse("query").unwrap()),
            "presentation_not_accepted",
            "the tenant and the policy both have to accept it"
        );
    }

    #[test]
    fn the_checks_stop_at_the_first_failure() {
        let checks: Vec<_> = Decision::Deny(Check::Time, Reason::Expired).checks().map(|(_, passed)| passed).collect();
        assert_eq!(checks[..5], [Some(true), Some(true), Some(true), Some(false), None]);
        assert!(checks[4..].iter().all(Option::is_none) && checks.len() == Check::ALL.len());
        let hidden = Decision::Deny(Check::Tenant, Reason::WrongTenant)
            .checks()
            .filter_map(|(check, passed)| Some((check, passed?)));
        assert!(
            hidden.eq([(Check::Existence, true), (Check::Tenant, false)]),
            "beyond a tenant nothing is said of a key"
        );
        assert!(Decision::Allow.checks().all(|(_, outcome)| outcome == Some(true)));
        for (index, check) in Check::ALL.into_iter().enumerate() {
            assert_eq!(check as usize, index, "a check's place is its number");
        }
    }
}
