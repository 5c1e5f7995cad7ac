//! The gateway self-test: whether a guarded address lets the right key in and nothing else. Keys are made for it and are
//! gone after it. This module knows what to try and what the answers mean; how an address is reached, and which may not
//! be, is somebody else's.

use std::{fmt::Write, sync::Arc};

use crypto::secret::{Digest, Plaintext};
use model::{
    account::Action,
    audit::Verb,
    catalog::DEFAULT_TENANT,
    codes,
    id::KeyId,
    key::{ArchiveReason, Archived, Form, Grantor, Key, KeySpec, KeyState, Purpose},
    name::{Description, Name, Owner},
    scope::{Scope, Scopes},
    tenant::Tenant,
    time::{HOUR, Timestamp},
    token,
};
use store::{NewKey, StoreError};
use tokio::task::JoinSet;

use super::{Admin, AdminError, FieldError, keys::error};
use crate::Permit;

/// How long the keys live, in milliseconds, should nothing remove them.
const LIFE: i64 = 5 * 60_000;
/// How long ago the expired one expired, so that no node's clock disagrees.
const EXPIRED: i64 = 5 * 60_000;
/// The scope of a key that lacks the right one.
const OTHER_SCOPE: &str = "self-test";

/// The form of the self-test, as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GatewayForm {
    /// An address behind the gateway that answers GET.
    pub url: String,
    /// What the gateway asks of a key; empty when any key will do.
    pub scope: String,
    /// The tenant the gateway is in; empty for the default one.
    pub tenant: String,
}

codes! {
    /// What is tried, all of it with GET.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum GatewayCheck {
        /// Bearer, with the scope.
        Good = "good" => "A key that works",
        /// Bearer.
        Expired = "expired" => "A key that has expired",
        /// Bearer, without the scope.
        WrongScope = "wrong_scope" => "A key without the scope",
        /// Bearer.
        Archived = "archived" => "A key that was archived",
        /// Nothing.
        Nothing = "nothing" => "No key",
        /// Headers such as Keyward itself would set.
        Forged = "forged" => "No key, but forged identity headers",
        /// The same, beside a good key.
        ForgedBeside = "forged_beside" => "A key that works, and forged identity headers",
        /// The same, with headers that say where it came from.
        ForgedAddress = "forged_address" => "A key that works, and a forged address",
        /// `//path`
        Slashes = "slashes" => "No key, and two slashes before the path",
        /// `/./path`
        Dot = "dot" => "No key, and a dot segment before the path",
        /// `/%70ath`
        Encoded = "encoded" => "No key, and the path percent-encoded",
        /// `/;path`
        Parameter = "parameter" => "No key, and an empty segment with a parameter before the path",
        /// `/%u0070ath`
        Unicode = "unicode" => "No key, and the path in an encoding that is none",
        /// `%c0%afpath`
        Overlong = "overlong" => "No key, and a slash encoded too long before the path",
    }
}

codes! {
    /// What an answer means.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Outcome {
        /// As it should be.
        Passed = "passed" => "Passed",
        /// Not as it should be.
        Failed = "failed" => "Failed",
        /// It cannot be told from outside.
        Unclear = "unclear" => "Unclear",
    }
}

/// One request to the guarded address.
pub struct Attempt {
    /// Which one.
    pub probe: GatewayCheck,
    /// The key to present, if any.
    pub key: Option<Arc<Plaintext>>,
    /// The value for every identity header, or every header with an address, if they are to be forged.
    pub forged: Option<String>,
}

/// What came back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The status.
    pub status: u16,
    /// The headers, as text to search in.
    pub headers: String,
    /// The first part of the body.
    pub body: String,
}

/// What became of a probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which one.
    pub probe: GatewayCheck,
    /// What should have come.
    pub expected: &'static str,
    /// The status that came, if one did.
    pub got: Option<u16>,
    /// What it means.
    pub outcome: Outcome,
    /// The same in words.
    pub words: String,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewayReport {
    /// The address, without its query.
    pub gateway: String,
    /// What was tried, in order.
    pub findings: Vec<Finding>,
}

impl GatewayReport {
    /// Whether the gateway is guarded as it should, as far as can be seen from outside.
    pub fn is_guarded(&self) -> bool {
        self.findings.iter().all(|finding| finding.outcome != Outcome::Failed)
    }
}

/// The keys of one test.
struct Canaries {
    all: Vec<KeyId>,
    tokens: Vec<(GatewayCheck, Arc<Plaintext>)>,
    good: KeyId,
}

impl Canaries {
    fn token(&self, probe: GatewayCheck) -> Option<Arc<Plaintext>> {
        let beside = matches!(probe, GatewayCheck::ForgedBeside | GatewayCheck::ForgedAddress);
        let probe = if beside { GatewayCheck::Good } else { probe };
        self.tokens.iter().find(|(made_for, _)| *made_for == probe).map(|(_, token)| token.clone())
    }
}

impl Admin {
    /// Whether the self-test may call private addresses.
    pub async fn probes_private(&self, permit: &Permit) -> Result<bool, AdminError> {
        permit.allows(Action::CheckGateways)?;
        Ok(self.store.policy().await?.probes_private)
    }

    /// Tests a gateway: `fetch` sends an attempt to the address of the form, and `gateway` names that in the audit. The
    /// keys made for it are removed at the end, also when whoever asked has gone.
    pub async fn probe_gateway<F, A>(
        self: &Arc<Self>,
        permit: &Permit,
        form: &GatewayForm,
        gateway: String,
        fetch: F,
    ) -> Result<GatewayReport, AdminError>
    where
        F: Fn(Attempt) -> A + Send + Sync + 'static,
        A: Future<Output = Result<Seen, String>> + Send + 'static,
    {
        permit.allows(Action::CheckGateways)?;
        let (scope, tenant) = self.gateway(permit, form).await?;
        let (admin, permit) = (self.clone(), permit.clone());
        let work = tokio::spawn(async move {
            let canaries = admin.make_canaries(&permit, scope.as_ref(), &tenant, &gateway).await?;
            let forged = format!("forged-{}", admin.entropy.key_id());
            let mut attempts = JoinSet::new();
            for probe in GatewayCheck::ALL {
                if probe == GatewayCheck::WrongScope && scope.is_none() {
                    continue;
                }
                let lies =
                    matches!(probe, GatewayCheck::Forged | GatewayCheck::ForgedBeside | GatewayCheck::ForgedAddress);
                let forged = lies.then(|| forged.clone());
                let answer = fetch(Attempt { probe, key: canaries.token(probe), forged });
                attempts.spawn(async move { (probe, answer.await) });
            }
            // An attempt that ended in a panic is no answer.
            let mut answers = Vec::new();
            while let Some(answer) = attempts.join_next().await {
                answers.extend(answer);
            }
            answers.sort_by_key(|(probe, _)| *probe);
            let findings = decide(&answers, canaries.good, &forged);
            let report = GatewayReport { gateway, findings };
            admin.remove_canaries(permit.actor(), &canaries.all, &report.gateway, Some(report.is_guarded())).await?;
            Ok(report)
        });
        work.await.unwrap_or(Err(AdminError::Busy))
    }

    /// Reads the form. The keys of the test may be no more than whoever runs it could make.
    async fn gateway(&self, permit: &Permit, form: &GatewayForm) -> Result<(Option<Scope>, Tenant), AdminError> {
        let name = Some(form.tenant.trim()).filter(|name| !name.is_empty()).unwrap_or(DEFAULT_TENANT);
        let Some(tenant) = self.store.tenant(name).await? else {
            return Err(AdminError::field("tenant", "There is no tenant of this name."));
        };
        let scope = match form.scope.trim() {
            "" | "any" => return Ok((None, tenant)),
            scope => Scope::parse(scope).map_err(|error| AdminError::field("scope", error))?,
        };
        if scope.is_reserved() {
            return Err(AdminError::field(
                "scope",
                "Choose the scope of the guarded service: this one is Keyward's own.",
            ));
        }
        let scopes = Scopes::from(scope.clone());
        let refused = self.refused_scopes(permit, &scopes, None, &tenant, "gateway self-test").await?;
        if refused.is_empty() {
            return Ok((Some(scope), tenant));
        }
        let errors = refused.into_iter().map(|FieldError { message, .. }| error("scope", message));
        Err(AdminError::Invalid(errors.collect()))
    }

    /// Makes the keys, in one change with one event.
    async fn make_canaries(
        &self,
        permit: &Permit,
        scope: Option<&Scope>,
        tenant: &Tenant,
        gateway: &str,
    ) -> Result<Canaries, AdminError> {
        let now = self.clock.now();
        let other = Scope::parse(OTHER_SCOPE).map_err(|error| AdminError::field("scope", error))?;
        let wanted = scope.unwrap_or(&other);
        let mut change = self.store.change().await?;
        let (mut all, mut tokens) = (Vec::new(), Vec::new());
        for (probe, scope, expires_at) in [
            (GatewayCheck::Good, wanted, now.plus(LIFE)),
            (GatewayCheck::Expired, wanted, now.plus(-EXPIRED)),
            (GatewayCheck::WrongScope, &other, now.plus(LIFE)),
            (GatewayCheck::Archived, wanted, now.plus(LIFE)),
        ] {
            let id = self.entropy.key_id();
            let token = self.entropy.token(&tenant.prefix, id);
            let spec = spec(probe, permit.actor(), scope.clone(), expires_at)?;
            let key = Key {
                id,
                prefix: tenant.prefix.clone(),
                tenant: tenant.clone(),
                spec,
                owner_active: true,
                form: Form::Token,
                purpose: Purpose::Canary,
                last_four: token.last_four(),
                created_at: now,
                created_by: permit.actor().to_owned(),
                rotated_from: None,
                series: id,
                granted_by: Grantor::Nobody,
                state: KeyState::Live,
                leak: None,
                generation: change.generation(),
            };
            let secret = token::parse(token.reveal()).map_or(token.reveal(), |parts| parts.secret);
            let digest = Digest::of(secret.as_bytes());
            change.insert_key(NewKey { key: &key, digest }).await?;
            if probe == GatewayCheck::Archived {
                change.archive_key(id, &evidence(now, permit.actor())).await?;
            }
            all.push(id);
            tokens.push((probe, Arc::new(token)));
        }
        let detail = serde_json::json!({
            "tenant": tenant.name.as_str(), "scope": wanted.as_str(), "keys": text(&all),
        });
        change.commit(now, permit.actor(), Verb::ProbeGateway, gateway, &detail.to_string()).await?;
        Ok(Canaries { good: all[0], all, tokens })
    }

    /// Archives and removes the keys, in one change with one event.
    async fn remove_canaries(
        &self,
        actor: &str,
        canaries: &[KeyId],
        gateway: &str,
        guarded: Option<bool>,
    ) -> Result<(), AdminError> {
        let now = self.clock.now();
        let mut change = self.store.change().await?;
        for id in canaries {
            change.archive_key(*id, &evidence(now, actor)).await?;
            change.purge_key(*id).await?;
        }
        if guarded == Some(true) {
            change.note_gateway_seen(now).await?;
        }
        let mut detail = serde_json::json!({ "keys": text(canaries) });
        if let Some(guarded) = guarded {
            detail["guarded"] = if guarded { "yes" } else { "no" }.into();
        }
        Ok(change.commit(now, actor, Verb::EndProbe, gateway, &detail.to_string()).await?)
    }

    /// Removes what a test left behind whose process ended.
    pub(super) async fn sweep_canaries(&self, now: Timestamp) -> Result<(), StoreError> {
        let left = self.store.canaries_before(now.plus(-HOUR)).await?;
        if left.is_empty() {
            return Ok(());
        }
        match self.remove_canaries("keyward", &left, "left over", None).await {
            Err(AdminError::Store(error)) => Err(error),
            _ => Ok(()),
        }
    }
}

fn spec(probe: GatewayCheck, owner: &str, scope: Scope, expires_at: Timestamp) -> Result<KeySpec, AdminError> {
    let wrong = |error: model::name::TextError| AdminError::field("scope", error);
    let name = Name::parse(&format!("Self-test: {}", probe.code())).map_err(wrong)?;
    let owner = Owner::parse(owner).map_err(wrong)?;
    let description = Description::parse(Purpose::Canary.words()).map_err(wrong)?;
    Ok(KeySpec { description, ..KeySpec::new(name, owner, scope.into(), expires_at) })
}

fn evidence(at: Timestamp, by: &str) -> Archived {
    Archived { at, by: by.to_owned(), reason: ArchiveReason::NotNeeded }
}

fn text(ids: &[KeyId]) -> String {
    ids.iter().enumerate().fold(String::new(), |mut text, (index, id)| {
        let _ = write!(text, "{}{id}", if index == 0 { "" } else { " " });
        text
    })
}

/// What the answers mean.
fn decide(answers: &[(GatewayCheck, Result<Seen, String>)], good_id: KeyId, forged: &str) -> Vec<Finding> {
    let good =
        answers.iter().find(|(probe, _)| *probe == GatewayCheck::Good).and_then(|(_, answer)| answer.as_ref().ok());
    let findings = answers.iter().map(|(probe, answer)| {
        let (outcome, words) = match answer {
            Ok(seen) => meaning(*probe, seen, good, good_id, forged),
            Err(error) => (Outcome::Failed, format!("No answer: {error}.")),
        };
        let got = answer.as_ref().ok().map(|seen| seen.status);
        Finding { probe: *probe, expected: expected(*probe), got, outcome, words }
    });
    findings.collect()
}

fn expected(probe: GatewayCheck) -> &'static str {
    match probe {
        GatewayCheck::Good | GatewayCheck::ForgedBeside | GatewayCheck::ForgedAddress => "2xx",
        GatewayCheck::WrongScope => "403",
        GatewayCheck::Expired | GatewayCheck::Archived | GatewayCheck::Nothing | GatewayCheck::Forged => "401",
        GatewayCheck::Slashes
        | GatewayCheck::Dot
        | GatewayCheck::Encoded
        | GatewayCheck::Parameter
        | GatewayCheck::Unicode
        | GatewayCheck::Overlong => "not 2xx",
    }
}

fn meaning(probe: GatewayCheck, seen: &Seen, good: Option<&Seen>, good_id: KeyId, forged: &str) -> (Outcome, String) {
    use Outcome::{Failed, Passed, Unclear};
    let status = seen.status;
    let let_in = (200..300).contains(&status);
    let refused = matches!(status, 401 | 403);
    let same = good.is_some_and(|good| !good.body.is_empty() && good.body == seen.body);
    let told = |value: &str| seen.body.contains(value) || seen.headers.contains(value);
    let (outcome, words) = match probe {
        GatewayCheck::Good if let_in => (Passed, "It was let in.".to_owned()),
        GatewayCheck::Good if refused => {
            let words = "It was refused. Does the gateway ask this Keyward, for this scope and this tenant?";
            (Failed, words.to_owned())
        }
        GatewayCheck::Good | GatewayCheck::ForgedBeside | GatewayCheck::ForgedAddress if status >= 500 => {
            (Failed, "The gateway, or the service behind it, failed. Its log says why.".to_owned())
        }
        GatewayCheck::Good => (Unclear, "It was not refused. Choose an address that answers GET with 200.".to_owned()),
        GatewayCheck::ForgedBeside if told(forged) => (
            Failed,
            "The service was told the forged identity: the gateway passes the client's own headers on.".to_owned(),
        ),
        GatewayCheck::ForgedAddress if told(forged) => {
            let words = "The service was told the forged address: the gateway passes Forwarded, X-Real-IP or one of \
                         their kin on. Have it drop them, or the service not read them.";
            (Failed, words.to_owned())
        }
        GatewayCheck::ForgedAddress if told(good_id.as_str()) => {
            (Passed, "The service was told who the key is, and not the forged address.".to_owned())
        }
        GatewayCheck::ForgedBeside if told(good_id.as_str()) => {
            (Passed, "The service was told who the key is, and not the forged identity.".to_owned())
        }
        GatewayCheck::ForgedBeside | GatewayCheck::ForgedAddress if refused || status == 400 => {
            (Passed, "It was refused.".to_owned())
        }
        GatewayCheck::ForgedBeside | GatewayCheck::ForgedAddress => {
            let words = "What the service was told cannot be seen from outside. Try an address that answers with the \
                         headers it was sent.";
            (Unclear, words.to_owned())
        }
        GatewayCheck::Slashes
        | GatewayCheck::Dot
        | GatewayCheck::Encoded
        | GatewayCheck::Parameter
        | GatewayCheck::Unicode
        | GatewayCheck::Overlong => match (let_in, same) {
            (true, true) => (Failed, "It was let in: the same came back as with a key.".to_owned()),
            (true, false) => (Unclear, "Something came back. See whether the gateway should guard it.".to_owned()),
            (false, _) => (Passed, "It was not let in.".to_owned()),
        },
        GatewayCheck::WrongScope if let_in => {
            (Failed, "It was let in. The gateway asks for another scope, or does not ask Keyward.".to_owned())
        }
        _ if let_in => {
            (Failed, "It was let in. The gateway does not ask Keyward, or not about this address.".to_owned())
        }
        _ if refused && status.to_string() == expected(probe) => (Passed, "It was refused.".to_owned()),
        _ if refused => (Passed, "It was refused, with another status than Keyward's own.".to_owned()),
        _ if status >= 500 => {
            (Failed, "It was not let in, but by a failure: the gateway does not understand a refusal.".to_owned())
        }
        _ => (Unclear, "It was neither let in nor refused.".to_owned()),
    };
    (outcome, words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_answers_mean() {
        use GatewayCheck::{
            Archived, Dot, Encoded, Expired, Forged, ForgedAddress, ForgedBeside, Good, Nothing, Overlong, Parameter,
            Slashes, Unicode, WrongScope,
        };
        use Outcome::{Failed, Passed, Unclear};
        let good_id = KeyId::parse("0123456789ABCDEF").unwrap();
        for (probe, status, body, expected) in [
            (Good, 200, "", Passed),
            (Good, 204, "", Passed),
            (Good, 401, "", Failed),
            (Good, 403, "", Failed),
            (Good, 500, "", Failed),
            (Good, 404, "", Unclear),
            (Good, 302, "", Unclear),
            (Expired, 401, "", Passed),
            (Expired, 403, "", Passed),
            (Expired, 200, "", Failed),
            (Archived, 206, "", Failed),
            (Archived, 500, "", Failed),
            (WrongScope, 403, "", Passed),
            (WrongScope, 200, "", Failed),
            (Nothing, 401, "", Passed),
            (Nothing, 302, "", Unclear),
            (Nothing, 200, "", Failed),
            (Forged, 200, "", Failed),
            (Forged, 401, "", Passed),
            (ForgedBeside, 200, "who: forged-1", Failed),
            (ForgedBeside, 404, "who: forged-1", Failed),
            (ForgedBeside, 200, "who: 0123456789ABCDEF", Passed),
            (ForgedBeside, 200, "who: 0123456789ABCDEF, forged-1", Failed),
            (ForgedBeside, 200, "welcome", Unclear),
            (ForgedBeside, 400, "", Passed),
            (ForgedBeside, 502, "", Failed),
            (ForgedAddress, 200, "from: forged-1", Failed),
            (ForgedAddress, 200, "who: 0123456789ABCDEF", Passed),
            (ForgedAddress, 200, "welcome", Unclear),
            (ForgedAddress, 502, "", Failed),
            (Slashes, 200, "welcome", Failed),
            (Parameter, 200, "welcome", Failed),
            (Unicode, 400, "", Passed),
            (Overlong, 200, "welcome", Failed),
            (Dot, 200, "something else", Unclear),
            (Encoded, 404, "welcome", Passed),
        ] {
            let welcome = Seen { status: 200, body: "welcome".to_owned(), ..Seen::default() };
            let seen = Seen { status, body: body.to_owned(), ..Seen::default() };
            let (outcome, words) = meaning(probe, &seen, Some(&welcome), good_id, "forged-1");
            assert_eq!(outcome, expected, "{probe:?} {status} {body:?}: {words}");
        }
        let silent = decide(&[(Nothing, Err("nobody listens".to_owned()))], good_id, "forged-1");
        assert_eq!((silent[0].outcome, silent[0].words.as_str()), (Failed, "No answer: nobody listens."));
    }
}
