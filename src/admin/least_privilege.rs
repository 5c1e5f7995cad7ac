//! Least privilege from use: scopes that a key holds and that no call of the last 30 days asked for. It suggests only what
//! the record proves, and changes nothing.

use model::{
    account::Action,
    audit::{Event, Verb},
    id::KeyId,
    key::{Form, KeyState},
    scope::{RequiredScopes, Scopes},
    time::{DAY, Timestamp},
};
use store::AskedScopes;

use super::{Admin, AdminError};
use crate::Permit;

/// For how long a key must have had its scopes before any of them is called unused, in milliseconds.
const SETTLED: i64 = 7 * DAY;
/// The latest events of a key that are looked through for a change of its scopes.
const EVENTS: u16 = 10;

/// What calls asked for, and what the key could do without.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnusedScopes {
    /// What was asked for, each scope once.
    pub asked: Vec<String>,
    /// Scopes of the key that nothing asked for.
    pub unused: Vec<String>,
}

impl Admin {
    /// The scopes of a key that 30 days of calls did not ask for. `None` when there are none, and when that is not known: no
    /// calls, calls that were not described or asked for any valid key, scopes younger than a week, and a JWT, which
    /// services check without asking.
    pub async fn unused_scopes(&self, permit: &Permit, id: KeyId) -> Result<Option<UnusedScopes>, AdminError> {
        permit.allows(Action::WriteKeys)?;
        let (key, _) = self.seen_key(permit, id).await?;
        let now = self.clock.now();
        let is_settled = now.since(key.created_at) >= SETTLED;
        if !is_settled || key.form == Form::Jwt || matches!(key.state, KeyState::Archived(_)) {
            return Ok(None);
        }
        let asked = self.store.asked_scopes(id, now).await?;
        let Some(found) = unused(&key.spec.scopes, &asked) else { return Ok(None) };
        let events = self.key_audit(permit, id, None, EVENTS).await?.events;
        Ok(has_kept_scopes(&events, now).then_some(found))
    }
}

/// What of `held` no call asked for, if all calls are described and something was asked for.
fn unused(held: &Scopes, asked: &AskedScopes) -> Option<UnusedScopes> {
    if asked.described < asked.calls {
        return None;
    }
    let mut wanted = Vec::new();
    for required in &asked.required {
        let RequiredScopes::All(scopes) = required else { return None };
        wanted.extend(scopes.iter());
    }
    wanted.sort_unstable_by_key(|scope| scope.as_str());
    wanted.dedup();
    // What Keyward's own scopes let a key do is not recorded of each call.
    let is_unused =
        |held: &&model::scope::Scope| !held.is_reserved() && !wanted.iter().any(|wanted| held.covers(wanted));
    let unused: Vec<_> = held.iter().filter(is_unused).map(ToString::to_string).collect();
    let is_of_use = !wanted.is_empty() && !unused.is_empty() && unused.len() < held.iter().len();
    is_of_use.then(|| UnusedScopes { asked: wanted.into_iter().map(ToString::to_string).collect(), unused })
}

/// Whether no edit of the last week changed the scopes, by the latest events of the key. When all of them are younger than
/// that, earlier ones of the week may be missing: then it is not known.
fn has_kept_scopes(latest: &[Event], now: Timestamp) -> bool {
    let is_young = |event: &&Event| now.since(event.at) < SETTLED;
    let changes_scopes = |event: &Event| {
        let detail = serde_json::from_str::<serde_json::Value>(&event.detail).unwrap_or_default();
        event.verb == Verb::EditKey.code() && detail["changes"].get("scopes").is_some()
    };
    let young: Vec<_> = latest.iter().filter(is_young).collect();
    let reaches_back = young.len() < latest.len() || latest.is_empty();
    reaches_back && !young.into_iter().any(changes_scopes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_whole_record_did_not_ask_for_is_unused() {
        let held = |text: &str| Scopes::parse(text).unwrap();
        for (scopes, required, described, calls, expected) in [
            ("a.read b.read c", &["a.read"][..], 5, 5, Some((&["a.read"][..], &["b.read", "c"][..]))),
            ("a b", &["a.read"], 5, 5, Some((&["a.read"], &["b"]))),
            // Each of several that cover a demand may be the one that is used.
            ("a a.read b", &["a.read"], 1, 1, Some((&["a.read"], &["b"]))),
            ("a b", &["a.read b.write"], 1, 1, None),
            // Not known: what was asked for, or by a part of the calls.
            ("a b", &["a", "any"], 2, 2, None),
            ("a b", &["a"], 4, 5, None),
            ("a b", &[], 0, 0, None),
            // Nothing would be left, or nothing is left out.
            ("a b", &["z"], 1, 1, None),
            ("a", &["a"], 1, 1, None),
            // Keyward's own scopes are used in ways that no call names.
            ("a keyward.any_tenant", &["a"], 1, 1, None),
        ] {
            let required = required.iter().map(|text| RequiredScopes::parse(text).unwrap()).collect();
            let found = unused(&held(scopes), &AskedScopes { required, described, calls });
            let found = found.as_ref().map(|found| (found.asked.as_slice(), found.unused.as_slice()));
            let same = match (found, expected) {
                (Some((asked, unused)), Some((all, rest))) => asked == all && unused == rest,
                (None, None) => true,
                _ => false,
            };
            assert!(same, "{scopes} {expected:?}: {found:?}");
        }
    }

    #[test]
    fn scopes_that_an_edit_gave_lately_are_not_called_unused() {
        let now = Timestamp::from_millis(100 * DAY);
        let event = |days: i64, verb: Verb, detail: &str| Event {
            seq: 1,
            at: now.plus(-days * DAY),
            actor: "ops@example.com".to_owned(),
            verb: verb.code().to_owned(),
            target: String::new(),
            detail: detail.to_owned(),
            hash: model::audit::GENESIS,
        };
        let of_scopes = r#"{"changes":{"scopes":["a","a b"]}}"#;
        let of_name = r#"{"changes":{"name":["a","b"]}}"#;
        let made = || event(40, Verb::IssueKey, "{}");
        for (events, expected) in [
            (vec![made()], true),
            (vec![event(1, Verb::EditKey, of_name), made()], true),
            (vec![event(1, Verb::EditKey, of_scopes), made()], false),
            (vec![event(8, Verb::EditKey, of_scopes), made()], true),
            (vec![event(1, Verb::EditKey, of_name), event(2, Verb::EditKey, of_name)], false),
            (vec![], true),
        ] {
            assert_eq!(has_kept_scopes(&events, now), expected, "{events:?}");
        }
    }
}
