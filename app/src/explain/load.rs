//! Refusals explained and gateways tested, as views. What was pasted goes into the use case and into no view.

use admin::{AdminError, FieldError, GatewayForm, GatewayReport, Outcome};
use model::{decision::Check, id::KeyId, key::Key, time::Timestamp};
use verify::{RecordedRefusal, Verification, Verifier};

use crate::{
    error::ApiError,
    explain::{
        answer::{ExplainForm, Explanation, explain, latest_refusals},
        checks::explain_checks,
        view::{
            CallView, ExplanationView, FindingView, FoundView, GatewayView, KeyName, Mark, RefusalView, ReportView,
            WhyView,
        },
    },
    keys::to_view::{field_errors, when},
    session::context::{RequestContext, closed},
};

/// The page that answers this visit; `asked` is what was pasted, if the form was sent.
pub async fn why(context: &RequestContext, verifier: &Verifier, asked: Option<&str>, form: &ExplainForm) -> WhyView {
    let id = asked.map(str::trim).filter(|asked| KeyId::parse(asked).is_some()).unwrap_or_default();
    let mut view = WhyView { id: id.to_owned(), ..WhyView::default() };
    let answered = async {
        let permit = context.permit()?;
        let found = match asked {
            Some(asked) => Some(explain(&context.admin, permit, verifier, asked, form).await),
            None => None,
        };
        let of_key = KeyId::parse(id).filter(|_| matches!(found, Some(Ok(Explanation::Named(_)))));
        let latest = latest_refusals(permit, verifier, of_key).await.map_err(closed)?;
        Ok::<_, ApiError>((found, latest))
    };
    let now = context.admin.clock().now();
    let (found, latest) = match answered.await {
        Ok(answered) => answered,
        Err(error) => {
            view.failure = Some(error);
            return view;
        }
    };
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
        Explanation::Unknown => FoundView::Unknown,
    }
}

fn name(answer: &Verification) -> Option<KeyName> {
    let key = &answer.key.as_ref()?.key;
    Some(KeyName { id: key.id.to_string(), name: key.spec.name.to_string() })
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
            fact("Presented", some(then.source.map(|way| way.words().to_owned()), "not known")),
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
