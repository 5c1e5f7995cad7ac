//! The page of the gateway self-test: an address behind a gateway, and what came back for keys that should and should not
//! be let in.

use leptos::prelude::*;

use crate::{
    error::ApiError,
    explain::view::{FindingView, GatewayView, ReportView},
    form_outcome::FormOutcome,
    keys::view::VisitorView,
    layout::{
        head::PageHead,
        page::{Failure, Loaded},
    },
    routes,
    ui::{
        checks::Marked,
        field::{Line, error_of},
        icon::Icon,
    },
};

/// `/settings/gateway`.
#[component]
pub(crate) fn Gateway() -> impl IntoView {
    let view = match use_context::<FormOutcome>() {
        Some(FormOutcome::Gateway(view)) => *view,
        _ => GatewayView::default(),
    };
    let show = |visitor: VisitorView| {
        if visitor.may_probe {
            view! { <Test view/> }.into_any()
        } else {
            view! { <Failure error=ApiError::Forbidden/> }.into_any()
        }
    };
    view! { <Loaded title="Check a gateway" current=routes::GATEWAY load=crate::layout::visitor::visitor() show/> }
}

#[component]
fn Test(view: GatewayView) -> impl IntoView {
    let GatewayView { url, scope, tenant, errors, failure, report } = view;
    let [url_error, scope_error, tenant_error] = ["url", "scope", "tenant"].map(|field| error_of(&errors, field));
    view! {
        <PageHead title="Check a gateway" lead="Sends some GET requests to an address that your proxy guards with Keyward: with a key that works, with keys that must not, with none, and with forged identity headers. The keys are made for this, live for minutes, and are gone afterwards. If the address answers with the headers it was sent, the test also sees what the service is told.".into_any()/>
        {failure.map(|error| view! { <div class="banner bad lead" role="alert"><Icon name="warning"/><span>{error.to_string()}</span></div> })}
        <form class="row ask-line" method="post" action=routes::GATEWAY aria-label="Check a gateway">
            <div class="wide"><Line id="url" label="Address" value=url error=url_error/></div>
            <Line id="scope" label="Scope" value=scope placeholder="any" error=scope_error/>
            <Line id="tenant" label="Tenant" value=tenant placeholder="default" error=tenant_error/>
            <button class="btn primary"><Icon name="shield"/>"Test"</button>
        </form>
        {report.map(|report| view! { <Report report/> })}
    }
}

#[component]
fn Report(report: ReportView) -> impl IntoView {
    let ReportView { gateway, guarded, findings } = report;
    let (tone, icon, verdict, words) = if guarded {
        ("ok", "ok", "Guarded", "The gateway guards this address, as far as can be seen from outside")
    } else {
        ("bad", "stop", "Failed", "The gateway does not guard this address as it should")
    };
    let row = |finding: FindingView| {
        let class = if finding.mark == crate::explain::view::Mark::Failed { "fail" } else { "" };
        view! {
            <li class=class>
                <b>{finding.probe}</b>
                <span class="fact"><code translate="no">{finding.got}</code></span>
                <span class="fact muted"><bdi>{finding.words}</bdi>" Expected "{finding.expected}"."</span>
                <Marked of=finding.mark/>
            </li>
        }
    };
    view! {
        <section class="panel" aria-labelledby="report">
            <header class="row"><span class=format!("chip pill {tone}")><Icon name=icon/>{verdict}</span><h2 class="grow" id="report">{words}</h2><code translate="no" class="muted">{gateway}</code></header>
            <ol class="checks plain">{findings.into_iter().map(row).collect_view()}</ol>
        </section>
    }
}
