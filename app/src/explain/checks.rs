//! A decision as the checks that led to it, with what each rested on. The same on the server and in the browser.

use model::{
    decision::{Check, Decision},
    key::{Key, KeyState, SignedWrites},
    time::Timestamp,
};

use crate::{
    explain::view::{CheckView, ExplanationView, Mark},
    keys::view::holder,
};

/// Every check of a decision, with the facts that are known of each.
pub(crate) fn explain_checks(decision: Decision, remedy: &str, fact: impl Fn(Check) -> String) -> ExplanationView {
    let check = |(check, passed): (Check, Option<bool>)| CheckView {
        words: check.words().to_owned(),
        fact: fact(check),
        mark: match passed {
            Some(true) => Mark::Passed,
            Some(false) => Mark::Failed,
            None => Mark::NotReached,
        },
    };
    ExplanationView {
        allowed: decision.is_allow(),
        code: decision.code().to_owned(),
        words: match decision {
            Decision::Allow => "Every check passes.".to_owned(),
            Decision::Deny(_, reason) => reason.words().to_owned(),
        },
        checks: decision.checks().map(check).collect(),
        remedy: remedy.to_owned(),
    }
}

/// What a check of this key rests on.
pub(crate) fn fact(check: Check, key: &Key) -> String {
    let spec = &key.spec;
    let or = |text: String, otherwise: &str| if text.is_empty() { otherwise.to_owned() } else { text };
    match check {
        Check::Existence => key.masked(),
        Check::KeyState => match &key.state {
            KeyState::Live => "switched on".to_owned(),
            KeyState::Off(off) => format!("switched off by {}", off.by),
            KeyState::Archived(gone) => format!("archived by {}", gone.by),
        },
        Check::Owner => match &key.spec.subject {
            Some(subject) => format!("{}, acting as {}", holder(spec.owner.as_str()), subject.name),
            None => holder(spec.owner.as_str()).to_owned(),
        },
        Check::Time => match spec.expires_at {
            Timestamp::NEVER => "never expires".to_owned(),
            at => format!("until {}", at.long()),
        },
        Check::Tenant => key.tenant.name.to_string(),
        Check::Address => or(spec.addresses.to_string(), "from everywhere"),
        Check::Scope => spec.scopes.to_string(),
        Check::Signature => match spec.signed_writes {
            SignedWrites::Optional => "needs none".to_owned(),
            SignedWrites::Required => "needed by writes".to_owned(),
        },
        Check::Limits => or(spec.limits.to_string(), "has none"),
        Check::Quota => or(spec.quota.map(|quota| quota.to_string()).unwrap_or_default(), "has none"),
    }
}
