//! Refusals explained and gateways tested, as views. What was pasted goes into the use case and into no view.

use std::cmp::Reverse;

use admin::{AdminError, FieldError, GatewayForm, GatewayReport, Outcome, Permit};
use model::{
    account::Action,
    catalog::Kind,
    decision::{Check, Decision, Reason},
    id::KeyId,
    key::Key,
    time::Timestamp,
};
use verify::{RecordedRefusal, Verification, Verifier};

use crate::{
    error::ApiError,
    explain::{
        answer::{ExplainForm, Explanation, SUMMED, explain, latest_refusals, refusals_of_day},
        checks::explain_checks,
        view::{
            CallView, ExplanationView, FindingView, FoundView, GatewayView, KeyName, Mark, MendView, RefusalGroupView,
            RefusalView, RefusedView, ReportView, WhyView,
        },
    },
    keys::to_view::{field_errors, when},
    routes,
    session::context::{RequestContext, closed},
};

/// The page that answers this visit; `asked` is what was pasted, if anything was. Without a form, a key is held against
/// what was last refused of it.
pub async fn why(
    context: &RequestContext,
    verifier: &Verifier,
    asked: Option<&str>,
    form: Option<&ExplainForm>,
) -> WhyView {
    let id = asked.map(str::trim).filter(|asked| KeyId::parse(asked).is_some()).unwrap_or_default();
    let mut view = WhyView { id: id.to_owned(), ..WhyView::default() };
    let now = context.admin.clock().now();
    let answered = async {
        let permit = context.permit()?;
        let mut refused = match KeyId::parse(id) {
            Some(key) => refusals_of_day(permit, verifier, key, now).await.map_err(closed)?,
            None => Vec::new(),
        };
        let form = form.cloned().or_else(|| refused.first().map(ExplainForm::of)).unwrap_or_default();
        let found = match asked {
            Some(asked) => Some(explain(&context.admin, permit, verifier, asked, &form).await),
            None => None,
        };
        let key = match &found {
            Some(Ok(Explanation::Named(answer) | Explanation::Presented(answer))) => answer.key.clone(),
            _ => None,
        };
        let of_key = key.as_ref().map(|known| known.key.id);
        if let Some(key) = of_key.filter(|key| key.as_str() != id) {
            refused = refusals_of_day(permit, verifier, key, now).await.map_err(closed)?;
        }
        let summary = key.and_then(|known| summary(&refused, &known.key, permit, now));
        let latest = latest_refusals(permit, verifier, of_key).await.map_err(closed)?;
        Ok::<_, ApiError>((found, latest, summary, form))
    };
    let (found, latest, summary, form) = match answered.await {
        Ok(answered) => answered,
        Err(error) => {
            view.failure = Some(error);
            return view;
        }
    };
    view.refused = summary;
    view.latest = latest.iter().map(|refused| listed(refused, now)).collect();
    let Some(found) = found else { return view };
    match found {
        Err(AdminError::Invalid(errors)) => view.errors = field_errors(&errors),
        Err(error) => {
            view.failure = Some(closed(error));
            return view;
        }
        Ok(why) => view.found = Some(found_view(&why, now)),
    }
    // Fields that were understood are given back: a key that was pasted into the wrong one is not among them.
    let kept = |field: &str, typed: &str| {
        let wrong = view.errors.iter().any(|error| error.field == field);
        if wrong { String::new() } else { typed.trim().to_owned() }
    };
    let (scope, tenant) = (kept("scope", &form.scope), kept("tenant", &form.tenant));
    let (address, method) = (kept("address", &form.address), kept("method", &form.method));
    WhyView { scope, tenant, address, method, ..view }
}

fn found_view(why: &Explanation, now: Timestamp) -> FoundView {
    match why {
        Explanation::Presented(answer) => FoundView::Presented(answered(answer), name(answer)),
        Explanation::Named(answer) => FoundView::Named(answered(answer), name(answer)),
        Explanation::RecordedRefusal { then, now: judged } => {
            let explain_checks = explain_checks(then.decision, &then.remedy, |_| String::new());
            FoundView::Refused(Box::new(call(then, now)), explain_checks, judged.as_ref().map(answered))
        }
        Explanation::Several(keys) => FoundView::Several(keys.iter().map(key_name).collect()),
        Explanation::Unknown => FoundView::Unknown,
    }
}

fn key_name(key: &Key) -> KeyName {
    KeyName { id: key.id.to_string(), name: key.spec.name.to_string() }
}

/// The refusals of a day by their reasons; `None` when there is none.
fn summary(refused: &[RecordedRefusal], key: &Key, permit: &Permit, now: Timestamp) -> Option<RefusedView> {
    let since = refused.last()?.at;
    let mut groups: Vec<(String, Vec<&RecordedRefusal>)> = Vec::new();
    for one in refused {
        let asked = asked(one);
        match groups.iter_mut().find(|(known, of)| *known == asked && of[0].decision == one.decision) {
            Some((_, of)) => of.push(one),
            None => groups.push((asked, vec![one])),
        }
    }
    groups.sort_by_key(|(_, of)| Reverse(of.len()));
    let group = |(asked, of): (String, Vec<&RecordedRefusal>)| RefusalGroupView {
        count: of.len(),
        code: of[0].decision.code().to_owned(),
        words: reason(of[0]).map(Reason::words).unwrap_or_default().to_owned(),
        asked,
        last: when(of[0].at, now),
        request_id: of[0].request_id.clone(),
        mend: mend(of[0], key, permit),
    };
    Some(RefusedView {
        count: refused.len(),
        is_more: refused.len() >= usize::from(SUMMED),
        since: when(since, now),
        groups: groups.into_iter().map(group).collect(),
    })
}

fn reason(refused: &RecordedRefusal) -> Option<Reason> {
    match refused.decision {
        Decision::Deny(_, reason) => Some(reason),
        Decision::Allow => None,
    }
}

/// What of the request the reason rests on.
fn asked(refused: &RecordedRefusal) -> String {
    match reason(refused) {
        Some(Reason::InsufficientScope) => refused.required.to_string(),
        Some(Reason::AddressNotAllowed) => {
            refused.address.map_or_else(|| "an unknown address".to_owned(), |address| address.to_string())
        }
        Some(Reason::WrongTenant) => refused.tenant.clone().unwrap_or_default(),
        Some(Reason::PresentationNotAccepted) => {
            refused.source.map(|source| source.words().to_owned()).unwrap_or_default()
        }
        _ => String::new(),
    }
}

/// The one act that mends a refusal of this key, if there is one and the visitor may do it.
fn mend(refused: &RecordedRefusal, key: &Key, permit: &Permit) -> Option<MendView> {
    let id = key.id.as_str();
    let (edit, edits) = (routes::edit_key(id), permit.allows(Action::WriteKeys).is_ok());
    let page = |may: bool, path: String, words: &str| may.then(|| MendView::Page(path, words.to_owned()));
    match reason(refused)? {
        Reason::Archived => page(edits, routes::NEW_KEY.to_owned(), "Create a key\u{2026}"),
        Reason::Inactive => edits.then(|| MendView::SwitchOn(id.to_owned())),
        Reason::OwnerInactive => page(edits, format!("{edit}#owner"), "Choose another owner\u{2026}"),
        Reason::SubjectInactive => {
            let may = permit.allows(Action::WriteCatalog).is_ok();
            page(may, routes::settings(Kind::Identity).to_owned(), "Identities\u{2026}")
        }
        Reason::Expired => page(edits, edit, "Extend it\u{2026}"),
        Reason::AddressNotAllowed => {
            let address = refused.address?;
            page(edits, format!("{edit}?address={address}"), "Add address\u{2026}")
        }
        Reason::InsufficientScope => {
            let scope = refused.required.to_string();
            page(edits, format!("{edit}?scope={}", scope.replace(' ', "+")), "Add scope\u{2026}")
        }
        Reason::RateLimited => page(edits, format!("{edit}#limits"), "Raise limit\u{2026}"),
        Reason::QuotaExhausted => page(edits, format!("{edit}#quota"), "Raise quota\u{2026}"),
        Reason::SignatureRequired | Reason::SignatureInvalid | Reason::Replayed => {
            page(true, routes::signing_keys(id), "Signing keys")
        }
        Reason::PresentationNotAccepted => {
            let may = permit.allows(Action::ManageTenants).is_ok();
            page(may, routes::settings(Kind::Tenant).to_owned(), "Tenants\u{2026}")
        }
        Reason::Malformed | Reason::NotFound | Reason::WrongTenant => None,
    }
}

fn name(answer: &Verification) -> Option<KeyName> {
    answer.key.as_ref().map(|known| key_name(&known.key))
}

fn answered(answer: &Verification) -> ExplanationView {
    let fact = |check| answer.key.as_ref().map(|stored| fact(check, &stored.key, answer)).unwrap_or_default();
    explain_checks(answer.decision, &answer.remedy, fact)
}

/// What a check of this key rests on: of its limits, what this call left of them.
fn fact(check: Check, key: &Key, answer: &Verification) -> String {
    let left: Vec<_> = answer.limits.left.iter().map(|left| format!("{} of {}", left.remaining, left.limit)).collect();
    if check == Check::Limits && !left.is_empty() {
        return format!("{} left after this call", left.join(", "));
    }
    crate::explain::checks::fact(check, key)
}

fn call(then: &RecordedRefusal, now: Timestamp) -> CallView {
    let fact = |label: &str, value: String| (label.to_owned(), value);
    let some = |value: Option<String>, otherwise: &str| value.unwrap_or_else(|| otherwise.to_owned());
    CallView {
        request_id: then.request_id.clone(),
        at: when(then.at, now),
        key: then.key.map(|id| KeyName { id: id.to_string(), name: then.key_name.clone() }),
        facts: vec![
            fact("Endpoint", then.endpoint.clone()),
            fact("Needed", then.required.to_string()),
            fact("Tenant", some(then.tenant.clone(), "the key's own")),
            fact("Address", some(then.address.map(|address| address.to_string()), "not known")),
            fact("Sent as", some(then.source.map(|way| way.words().to_owned()), "not known")),
            fact("Request", if then.writes { "writes, or is not known to read" } else { "reads" }.to_owned()),
        ],
    }
}

fn listed(refused: &RecordedRefusal, now: Timestamp) -> RefusalView {
    RefusalView {
        request_id: refused.request_id.clone(),
        at: when(refused.at, now),
        code: refused.decision.code().to_owned(),
        key: refused.key_name.clone(),
        endpoint: refused.endpoint.clone(),
    }
}

fn gateway(form: &GatewayForm) -> GatewayView {
    GatewayView {
        url: form.url.clone(),
        scope: form.scope.clone(),
        tenant: form.tenant.clone(),
        ..GatewayView::default()
    }
}

/// The page with what was found.
pub fn gateway_report(form: &GatewayForm, report: &GatewayReport) -> GatewayView {
    let finding = |finding: &admin::Finding| FindingView {
        probe: finding.probe.words().to_owned(),
        expected: finding.expected.to_owned(),
        got: finding.got.map_or_else(|| "no answer".to_owned(), |status| status.to_string()),
        mark: match finding.outcome {
            Outcome::Passed => Mark::Passed,
            Outcome::Failed => Mark::Failed,
            Outcome::Unclear => Mark::Unclear,
        },
        words: finding.words.clone(),
    };
    let report = ReportView {
        gateway: report.gateway.clone(),
        guarded: report.is_guarded(),
        findings: report.findings.iter().map(finding).collect(),
    };
    GatewayView { report: Some(report), ..gateway(form) }
}

/// The page with what to mend.
pub fn gateway_refused(form: &GatewayForm, errors: &[FieldError]) -> GatewayView {
    GatewayView { errors: field_errors(errors), ..gateway(form) }
}

/// The page that says why nothing was tested.
pub fn gateway_failed(form: &GatewayForm, failure: ApiError) -> GatewayView {
    GatewayView { failure: Some(failure), ..gateway(form) }
}
