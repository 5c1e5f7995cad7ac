//! Why a key is refused, or would be: for a pasted key, a key's id or the id of a refused request. This module finds what
//! was meant and asks the verifier; it decides nothing itself, keeps nothing of what was pasted, and counts nothing.

use std::{net::IpAddr, sync::Arc};

use admin::{Admin, AdminError, FieldError, Permit};
use model::{
    account::Action,
    decision::{Check, Decision, Reason, Signature},
    id::KeyId,
    key::Key,
    listing::{ListKeys, StatusFilter},
    name::Name,
    scope::RequiredScopes,
    time::{DAY, Timestamp},
};
use store::{CallsOf, RefusalFilter};
use verify::{KnownKey, LimitUsage, RecordedRefusal, Unavailable, Verification, Verifier, VerifyRequest};

/// Refusals that are listed.
const LISTED: u16 = 20;
/// Refusals of one key that are summed up.
pub const SUMMED: u16 = 1000;

/// The request that a key is held against, as typed. Fields that are left out are not held against it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExplainForm {
    /// What it has to hold: `any`, or scopes.
    pub scope: String,
    /// The tenant it is in; the key's own when empty.
    pub tenant: String,
    /// Where the call comes from.
    pub address: String,
    /// The request's method; one that reads when empty.
    pub method: String,
}

impl ExplainForm {
    /// What a refused request asked.
    pub fn of(refused: &RecordedRefusal) -> Self {
        Self {
            scope: Some(&refused.required)
                .filter(|required| **required != RequiredScopes::Any)
                .map(ToString::to_string)
                .unwrap_or_default(),
            tenant: refused.tenant.clone().unwrap_or_default(),
            address: refused.address.map(|address| address.to_string()).unwrap_or_default(),
            method: if refused.writes { "POST" } else { "GET" }.to_owned(),
        }
    }
}

struct Conditions {
    required: RequiredScopes,
    tenant: Option<String>,
    address: Option<IpAddr>,
    writes: bool,
}

impl Conditions {
    fn request<'a>(&'a self, credential: &'a str) -> VerifyRequest<'a> {
        VerifyRequest {
            tenant: self.tenant.as_deref(),
            address: self.address,
            writes: self.writes,
            ..VerifyRequest::new(credential, &self.required)
        }
    }
}

/// What became of the question.
#[derive(Debug)]
pub enum Explanation {
    /// A key was pasted: the answer to it.
    Presented(Verification),
    /// A key's id was given: the answer as if its secret had been presented.
    Named(Verification),
    /// The id of a request that was refused.
    RecordedRefusal {
        /// As it was decided.
        then: RecordedRefusal,
        /// What it would be now, if its key is still there.
        now: Option<Verification>,
    },
    /// A name was given that several keys have.
    Several(Vec<Key>),
    /// An id that is neither a key's nor a remembered refusal's, or a name that no key has.
    Unknown,
}

/// Walks every check for a pasted key, a key's id, its name, or a request's id. `asked` may be a secret: it goes nowhere but to the
/// verifier. What the permit does not reach looks unknown.
pub async fn explain(
    admin: &Admin,
    permit: &Permit,
    verifier: &Verifier,
    asked: &str,
    form: &ExplainForm,
) -> Result<Explanation, AdminError> {
    permit.allows(Action::ReadKeys)?;
    let conditions = conditions(admin, permit, form).await?;
    let asked = asked.trim();
    if asked.is_empty() {
        return Err(AdminError::field("asked", "Paste a key, its id or its name, or the id of a refused request."));
    }
    let Some(id) = KeyId::parse(asked).or_else(|| masked(asked)) else {
        let answer = verifier.dry_run(&conditions.request(asked)).await.map_err(busy)?;
        // Only what no key looks like is looked for among the names.
        if answer.decision == Decision::Deny(Check::Existence, Reason::Malformed) {
            let mut named = of_name(admin, permit, asked).await?;
            if named.len() > 1 {
                return Ok(Explanation::Several(named));
            }
            if let Some(key) = reached(admin, permit, named.pop().map(|key| key.id)).await? {
                let answer = verifier.dry_run_as(key, &conditions.request(""), Signature::Missing).await;
                return Ok(Explanation::Named(answer.map_err(busy)?));
            }
        }
        let reached = answer.key.as_ref().is_none_or(|stored| permit.reaches(&stored.key));
        return Ok(Explanation::Presented(if reached { answer } else { unknown() }));
    };
    if let Some(then) = verifier.refusal(id.as_str()).await? {
        let key = reached(admin, permit, then.key).await?;
        if key.is_none() && (permit.only_owner().is_some() || permit.only_tenant().is_some()) {
            return Ok(Explanation::Unknown);
        }
        let now = match key {
            Some(key) => Some(verifier.dry_run_as(key, &then.request(), signature(then.decision)).await.map_err(busy)?),
            None => None,
        };
        return Ok(Explanation::RecordedRefusal { then, now });
    }
    match reached(admin, permit, Some(id)).await? {
        Some(key) => {
            let answer = verifier.dry_run_as(key, &conditions.request(""), Signature::Missing).await;
            Ok(Explanation::Named(answer.map_err(busy)?))
        }
        None => Ok(Explanation::Unknown),
    }
}

/// The latest refusals that fit and that the permit reaches, at most `limit`.
pub async fn find_refusals(
    permit: &Permit,
    verifier: &Verifier,
    filter: &RefusalFilter<'_>,
    limit: u16,
) -> Result<Vec<RecordedRefusal>, AdminError> {
    permit.allows(Action::ReadKeys)?;
    match permit.within_reach(filter.of) {
        Some(of) => Ok(verifier.refusals(&RefusalFilter { of, ..filter.clone() }, limit).await?),
        None => Ok(Vec::new()),
    }
}

/// The latest refusals that the permit reaches, of one key or of all.
pub async fn latest_refusals(
    permit: &Permit,
    verifier: &Verifier,
    key: Option<KeyId>,
) -> Result<Vec<RecordedRefusal>, AdminError> {
    let filter = RefusalFilter { of: CallsOf { key, ..CallsOf::ALL }, ..RefusalFilter::default() };
    find_refusals(permit, verifier, &filter, LISTED).await
}

/// The refusals of a key within the last day, the latest first and at most [`SUMMED`].
pub async fn refusals_of_day(
    permit: &Permit,
    verifier: &Verifier,
    key: KeyId,
    now: Timestamp,
) -> Result<Vec<RecordedRefusal>, AdminError> {
    let filter = RefusalFilter { of: CallsOf::key(key), from: Some(now.plus(-DAY)), ..RefusalFilter::default() };
    find_refusals(permit, verifier, &filter, SUMMED).await
}

/// The keys of exactly this name.
async fn of_name(admin: &Admin, permit: &Permit, name: &str) -> Result<Vec<Key>, AdminError> {
    let Ok(name) = Name::parse(name) else { return Ok(Vec::new()) };
    let list = ListKeys { words: name.to_string(), which: StatusFilter::Any, ..ListKeys::default() };
    let found = admin.find_keys(permit, &list).await?.keys.into_iter().map(|listed| listed.key);
    Ok(found.filter(|key| key.spec.name.as_str().to_lowercase() == name.as_str().to_lowercase()).collect())
}

async fn reached(admin: &Admin, permit: &Permit, id: Option<KeyId>) -> Result<Option<Arc<KnownKey>>, AdminError> {
    match id {
        Some(id) => Ok(admin.find_key(permit, id).await?.map(KnownKey::new).map(Arc::new)),
        None => Ok(None),
    }
}

/// Reads the request. What was typed is not repeated: a key may have landed in the wrong field.
async fn conditions(admin: &Admin, permit: &Permit, form: &ExplainForm) -> Result<Conditions, AdminError> {
    let mut errors = Vec::new();
    let mut wrong = |field, message: &str| errors.push(FieldError { field, message: message.to_owned() });
    let required = match form.scope.trim() {
        "" => Some(RequiredScopes::Any),
        scope => RequiredScopes::parse(scope),
    };
    if required.is_none() {
        wrong("scope", "Type scopes such as bookings.read, or leave this empty.");
    }
    let tenant = Some(form.tenant.trim()).filter(|name| !name.is_empty());
    if let Some(name) = tenant
        && !(permit.reaches_tenant(name) && admin.has_tenant(name).await?)
    {
        wrong("tenant", "There is no tenant of this name.");
    }
    let address = Some(form.address.trim()).filter(|text| !text.is_empty()).map(str::parse);
    if matches!(address, Some(Err(_))) {
        wrong("address", "Type an address such as 192.0.2.7 or 2001:db8::1.");
    }
    let method = form.method.trim();
    if !method.bytes().all(|b| b.is_ascii_alphabetic()) || method.len() > 16 {
        wrong("method", "Type a method such as GET or POST.");
    }
    match required {
        Some(required) if errors.is_empty() => Ok(Conditions {
            required,
            tenant: tenant.map(str::to_owned),
            address: address.and_then(Result::ok),
            writes: !matches!(method, "" | "GET" | "HEAD" | "OPTIONS"),
        }),
        _ => Err(AdminError::Invalid(errors)),
    }
}

fn busy(_: Unavailable) -> AdminError {
    AdminError::Busy
}

/// The id in a key as it is shown without its secret.
fn masked(text: &str) -> Option<KeyId> {
    let (_, id) = text.split_once("_\u{2026}").map(|(shown, _)| shown)?.split_once('_')?;
    KeyId::parse(id)
}

/// How a key looks that the permit does not reach.
fn unknown() -> Verification {
    Verification {
        decision: Decision::Deny(Check::Existence, Reason::NotFound),
        remedy: Reason::NotFound.words().to_owned(),
        key: None,
        limits: LimitUsage::default(),
    }
}

/// What is known of the signature of a request that was refused: what the refusal says of it. One that was refused for
/// something else counts as rightly signed.
fn signature(then: Decision) -> Signature {
    match then {
        Decision::Deny(_, Reason::SignatureRequired) => Signature::Missing,
        Decision::Deny(_, Reason::SignatureInvalid) => Signature::Invalid,
        Decision::Deny(_, Reason::Replayed) => Signature::Replayed,
        _ => Signature::Proved,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_masked_key_names_its_id() {
        for (text, expected) in [
            ("kw_0123456789ABCDEF_\u{2026}wxyz", Some("0123456789ABCDEF")),
            ("kw_0123456789ABCDEF", None),
            ("kw_0123456789ABCDE_\u{2026}wxyz", None),
            ("_\u{2026}", None),
        ] {
            assert_eq!(masked(text).map(|id| id.to_string()).as_deref(), expected, "{text:?}");
        }
    }
}
