//! The API reference: what services and proxies can ask, from the document that tools read.

use leptos::prelude::*;

use crate::{
    form_outcome::FormOutcome,
    layout::{head::PageHead, page::Loaded},
    reference::view::{CodeRow, FieldRow, OperationView, ReferenceView},
    routes,
    ui::icon::Icon,
};

/// `/reference`.
#[component]
pub(crate) fn Reference() -> impl IntoView {
    let view = match use_context::<FormOutcome>() {
        Some(FormOutcome::Reference(view)) => *view,
        _ => ReferenceView::default(),
    };
    let load = async { Ok((view, crate::layout::visitor::visitor().await?.may_probe)) };
    let show = |(view, may_probe): (ReferenceView, bool)| view! { <Page view may_probe/> };
    view! { <Loaded title="API reference" current=routes::REFERENCE load show/> }
}

/// The group of what proxies and services ask.
const VERIFICATION: &str = "verification";

#[component]
fn Page(view: ReferenceView, may_probe: bool) -> impl IntoView {
    let link = |operation: &OperationView| {
        view! { <li><a class="link" href=format!("#{}", operation.id)>{operation.summary.clone()}</a></li> }
    };
    let group = |of: &[OperationView]| {
        let name = of.first().map(|operation| operation.group.replace('-', " ")).unwrap_or_default();
        view! { <li><b class="group">{name}</b><ul>{of.iter().map(link).collect_view()}</ul></li> }
    };
    let links = view.operations.chunk_by(|one, other| one.group == other.group).map(group).collect_view();
    let ways = view.ways.into_iter().map(|way| view! { <li>{way}</li> }).collect_view();
    let lead = view! {
        "What services and proxies ask Keyward, and everything the console does, for programs: those use a key with one of Keyward's own scopes. Every answer carries its request's id in "<code translate="no">"X-Keyward-Request-Id"</code>"; the page "<a class="link" href=routes::WHY>"Debug a request"</a>" explains a refusal by it."
    }
    .into_any();
    view! {
        <PageHead title="API reference" lead>
            <a class="btn end" href=view.document rel="external"><Icon name="download"/>"OpenAPI 3.1"</a>
        </PageHead>
        <div class="reference">
            <nav aria-label="On this page" class="contents">
                <ul>{links}
                    <li><a class="link" href="#ways">"How a key is presented"</a></li>
                    <li><a class="link" href="#codes">"Codes"</a></li>
                    <li><a class="link" href="#proxies">"Proxies"</a></li>
                </ul>
            </nav>
            <div class="stack loose">
                {view.operations.chunk_by(|one, other| one.group == other.group).map(|of| view! { <Group of=of.to_vec()/> }).collect_view()}
                <section class="stack tight" id="ways" aria-labelledby="ways-title">
                    <h2 id="ways-title">"How a key is presented"</h2>
                    <ul class="bullets">{ways}</ul>
                    <p class="muted">"A tenant or the policy may accept fewer ways. Two keys at once are refused."</p>
                </section>
                <Codes of=view.codes/>
                <section class="stack tight" id="proxies" aria-labelledby="proxies-title">
                    <h2 id="proxies-title">"Proxies"</h2>
                    <p>"Configurations for nginx, Caddy, HAProxy, Traefik and Envoy come with Keyward, in "<code translate="no">"server/deploy/proxies/"</code>"; scripts that sign a write are in "<code translate="no">"server/deploy/signing/"</code>". Name the proxy's network in "<code translate="no">"KEYWARD_TRUSTED_PROXIES"</code>", or every request counts as a write and no forwarded address is believed."</p>
                    {may_probe.then(|| view! {
                        <p>"The page "<a class="link" href=routes::GATEWAY>"Check a gateway"</a>" tries from outside whether one guards what it should."</p>
                    })}
                </section>
            </div>
        </div>
    }
}

/// The operations on one thing: what proxies and services ask at length, the others folded, for they are many and alike.
#[component]
fn Group(of: Vec<OperationView>) -> impl IntoView {
    let name = of.first().map(|operation| operation.group.clone()).unwrap_or_default();
    if name == VERIFICATION {
        return of.into_iter().map(|operation| view! { <Operation operation/> }).collect_view().into_any();
    }
    let folded = |operation: OperationView| {
        let OperationView { id, method, path, summary, .. } = operation.clone();
        view! {
            <details class="fold" id=id>
                <summary class="row"><Icon name="chevron"/><code translate="no" class="chip code">{method}</code><code translate="no" class="path">{path}</code><span class="muted end">{summary}</span></summary>
                <Operation operation/>
            </details>
        }
    };
    let title = format!("group-{name}");
    view! {
        <section class="stack tight" aria-labelledby=title.clone()>
            <h2 class="group" id=title.clone()>{name.replace('-', " ")}</h2>
            {of.into_iter().map(folded).collect_view()}
        </section>
    }
    .into_any()
}

#[component]
fn Operation(operation: OperationView) -> impl IntoView {
    let title = format!("{}-title", operation.id);
    // What it is folded into has its id.
    let is_folded = operation.group != VERIFICATION;
    let id = (!is_folded).then_some(operation.id);
    let named = title.clone();
    let example = operation.example;
    let status =
        |(status, words): (String, String)| view! { <dt><code translate="no">{status}</code></dt><dd>{words}</dd> };
    view! {
        <section class="operation" id=id aria-labelledby=named>
            <div class="stack">
                <div class="stack tight">
                    {if is_folded {
                        view! { <h3 id=title>{operation.summary}</h3> }.into_any()
                    } else {
                        view! {
                            <h2 id=title>{operation.summary}</h2>
                            <p><code translate="no" class="chip code">{operation.method}</code>" "<code translate="no">{operation.path}</code></p>
                        }
                        .into_any()
                    }}
                    <p class="muted">{operation.description}</p>
                </div>
                <Fields title="Parameters" of=operation.parameters/>
                <Fields title="The body" of=operation.question/>
                <Fields title="The answer" of=operation.answer/>
            </div>
            <div class="stack beside">
                <div class="code-box"><pre tabindex="0"><code translate="no">{example.clone()}</code></pre>
                    <button class="btn quiet square" type="button" data-copy=example aria-label="Copy command" hidden><Icon name="copy"/></button></div>
                <dl class="facts">{operation.statuses.into_iter().map(status).collect_view()}</dl>
            </div>
        </section>
    }
}

#[component]
fn Fields(title: &'static str, of: Vec<FieldRow>) -> impl IntoView {
    let row = |field: FieldRow| {
        view! {
            <li>
                <p class="row tight"><code translate="no"><b>{field.name}</b></code><span class="small muted">{field.kind}</span>{field.required.then(|| view! { <span class="chip">"required"</span> })}</p>
                <p class="muted">{field.words}</p>
            </li>
        }
    };
    (!of.is_empty()).then(|| {
        view! {
            <div class="stack tight">
                <h3>{title}</h3>
                <ul class="panel lines">{of.into_iter().map(row).collect_view()}</ul>
            </div>
        }
    })
}

#[component]
fn Codes(of: Vec<CodeRow>) -> impl IntoView {
    let row = |code: CodeRow| {
        view! { <tr><th scope="row"><code translate="no">{code.code}</code></th><td class="num">{code.status}</td><td class="says">{code.words}</td></tr> }
    };
    view! {
        <section class="stack tight" id="codes" aria-labelledby="codes-title">
            <h2 id="codes-title">"Codes"</h2>
            <p class="muted">"The checks are made in this order; the first that fails names the code. The verify API answers 200 with any of them. A bearer whose key is malformed or not found is told "<code translate="no">"invalid_key"</code>" alone. Beside these, "<code translate="no">"missing_credentials"</code>", "<code translate="no">"ambiguous_credentials"</code>" and "<code translate="no">"unavailable"</code>" say that nothing could be judged."</p>
            <table class="data codes">
                <thead><tr><th scope="col">"Code"</th><th scope="col" class="num">"Forward auth"</th><th scope="col">"Means, and what to do"</th></tr></thead>
                <tbody>{of.into_iter().map(row).collect_view()}</tbody>
            </table>
        </section>
    }
}
