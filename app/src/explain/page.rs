//! The page that explains refusals: every check for a pasted key, a key's id or the id of a refused request. A pasted key
//! is never given back: its field comes back empty.

use leptos::prelude::*;

use crate::{
    explain::view::{CallView, FoundView, KeyName, MendView, RefusalGroupView, RefusalView, RefusedView, WhyView},
    form_outcome::FormOutcome,
    keys::switch::button::Switch,
    layout::{head::PageHead, page::Loaded},
    routes,
    ui::{
        checks::Explanation,
        count::grouped,
        field::{Field, Line, error_of},
        icon::Icon,
        time::{Ago, Moment},
    },
};

/// `/why`.
#[component]
pub(crate) fn Why() -> impl IntoView {
    let view = match use_context::<FormOutcome>() {
        Some(FormOutcome::Why(view)) => *view,
        _ => WhyView::default(),
    };
    let show = |view: WhyView| view! { <ListQuery view/> };
    view! { <Loaded title="Debug a request" current=routes::WHY load=async { Ok(view) } show/> }
}

#[component]
fn ListQuery(view: WhyView) -> impl IntoView {
    let WhyView { id, scope, tenant, address, method, errors, failure, found, refused, latest } = view;
    let [asked_error, scope_error, tenant_error, address_error, method_error] =
        ["asked", "scope", "tenant", "address", "method"].map(|field| error_of(&errors, field));
    let reads = matches!(method.as_str(), "" | "GET" | "HEAD" | "OPTIONS");
    let of_key = matches!(found, Some(FoundView::Named(..) | FoundView::Presented(_, Some(_))));
    view! {
        <PageHead title="Debug a request" lead="See what a key may do, and why a request was refused. Nothing is counted, no limit is used, and what you paste is kept nowhere.".into_any()/>
        {failure.map(|error| view! { <div class="banner bad lead" role="alert"><Icon name="warning"/><span>{error.to_string()}</span></div> })}
        <form class="row ask-line" method="post" action=routes::WHY aria-label="Debug a request">
            <div class="wide"><Line id="asked" label="Key, its id or name, or a request id" value=id error=asked_error/></div>
            <Line id="scope" label="Scope" value=scope placeholder="any" error=scope_error/>
            <Line id="tenant" label="Tenant" value=tenant placeholder="the key's own" error=tenant_error/>
            <Line id="address" label="Address" value=address placeholder="not known" error=address_error/>
            <Field id="method" label="Request" error=Signal::stored(method_error)>
                <select class="input" id="method" name="method">
                    <option value="GET" selected=reads>"reads"</option>
                    <option value="POST" selected=!reads>"writes"</option>
                </select>
            </Field>
            <button class="btn primary"><Icon name="play"/>"Check"</button>
        </form>
        <div class="stack loose">
            {refused.map(|of| view! { <Refused of/> })}
            {found.map(|found| view! { <Found found/> })}
            <Latest latest of_key/>
        </div>
    }
}

#[component]
fn Found(found: FoundView) -> impl IntoView {
    let about = |key: Option<KeyName>| key.map(|key| view! { <p>"The key "<KeyLink key/>"."</p> });
    match found {
        FoundView::Presented(explain_checks, key) => view! { <div class="stack">{about(key)}<Explanation of=explain_checks id="now"/></div> }.into_any(),
        FoundView::Named(explain_checks, key) => view! {
            <div class="stack">
                {about(key)}
                <div class="banner"><Icon name="key"/><p>"Judged as if its secret had been presented: an id proves nothing, so whether a caller has the right secret is not known."</p></div>
                <Explanation of=explain_checks id="now"/>
            </div>
        }
        .into_any(),
        FoundView::Refused(call, then, now) => view! {
            <div class="split">
                <div class="stack">
                    {match now {
                        Some(now) if now.agrees(&then) => view! {
                            <Explanation of=now id="then" when="Then and now"/>
                        }.into_any(),
                        Some(now) => view! {
                            <Explanation of=then id="then" when="Then"/>
                            <Explanation of=now id="now" when="Now"/>
                            <p class="muted small">"The same request judged again. Its signature counts as it did then, or as right if it was not reached."</p>
                        }.into_any(),
                        None => view! {
                            <Explanation of=then id="then" when="Then"/>
                            <p class="muted">"It cannot be judged again: the secret was no key's, or its key is gone. What was presented is not kept."</p>
                        }.into_any(),
                    }}
                </div>
                <Call call=*call/>
            </div>
        }
        .into_any(),
        FoundView::Several(keys) => view! {
            <section class="panel" aria-labelledby="several">
                <header class="row"><h2 id="several">{format!("{} keys have this name", keys.len())}</h2></header>
                <ul class="lines">{keys.into_iter().map(|key| view! {
                    <li class="row">
                        <a class="link" href=routes::why_key(&key.id)><bdi>{key.name}</bdi></a>
                        <code translate="no">{key.id.clone()}</code>
                    </li>
                }).collect_view()}</ul>
            </section>
        }
        .into_any(),
        FoundView::Unknown => view! {
            <div class="panel"><div class="body stack tight">
                <h2>"No key and no refusal has this id or name"</h2>
                <p>"Only refusals are kept, for 7 days and no more than the latest 10,000; those of other nodes come within 5 seconds. A request's id is in the header "
                    <code translate="no">"X-Keyward-Request-Id"</code>" of its answer, and in a refusal's "<code translate="no">"request_id"</code>"."</p>
            </div></div>
        }
        .into_any(),
    }
}

/// What was refused of a key within a day, and what mends it.
#[component]
fn Refused(of: RefusedView) -> impl IntoView {
    let RefusedView { count, is_more, since, groups } = of;
    let all = match groups.as_slice() {
        [one] if one.asked.is_empty() => format!(", all {}", one.code),
        [one] => format!(", all {}: {}", one.code, one.asked),
        several => format!(", for {} reasons", several.len()),
    };
    let more = if is_more { " or more" } else { "" };
    let row = |group: RefusalGroupView| {
        let mend = group.mend.map(|mend| match mend {
            MendView::Page(href, words) => view! { <a class="btn" href=href>{words}</a> }.into_any(),
            MendView::SwitchOn(id) => view! { <Switch id is_on=false class="btn"/> }.into_any(),
        });
        view! {
            <li class="row">
                <b>{grouped(i64::try_from(group.count).unwrap_or(i64::MAX))}</b>
                <span translate="no" class="chip code">{group.code}</span>
                <span class="grow">{group.words}" "{(!group.asked.is_empty()).then(|| view! { <code translate="no">{group.asked}</code> })}</span>
                <a class="muted" href=routes::why_request(&group.request_id)>"last "<Ago when=group.last/></a>
                {mend}
            </li>
        }
    };
    view! {
        <section class="panel" aria-labelledby="refused">
            <header class="row"><h2 id="refused">{format!("{}{more} refused in 24 h{all}", grouped(i64::try_from(count).unwrap_or(i64::MAX)))}</h2>
                <span class="muted end">"since "<Moment when=since/></span></header>
            <ul class="lines">{groups.into_iter().map(row).collect_view()}</ul>
        </section>
    }
}

#[component]
fn KeyLink(key: KeyName) -> impl IntoView {
    view! { <a class="link" href=routes::key(&key.id)><bdi>{key.name}</bdi></a> }
}

/// The refused request.
#[component]
fn Call(call: CallView) -> impl IntoView {
    let CallView { request_id, at, key, facts } = call;
    let fact = |(label, value): (String, String)| view! { <dt>{label}</dt><dd>{value}</dd> };
    view! {
        <section class="panel sticky" aria-labelledby="call">
            <header class="row"><h2 id="call">"The request"</h2></header>
            <div class="body"><dl class="facts">
                <dt>"Id"</dt><dd><code translate="no">{request_id}</code></dd>
                <dt>"When"</dt><dd><Moment when=at.clone()/><span class="sub"><Ago when=at/></span></dd>
                <dt>"Key"</dt><dd>{match key {
                    Some(key) => view! { <KeyLink key/> }.into_any(),
                    None => view! { <span class="muted">"none has that secret"</span> }.into_any(),
                }}</dd>
                {facts.into_iter().map(fact).collect_view()}
            </dl></div>
        </section>
    }
}

/// The latest refusals, each leading to its explanation.
#[component]
fn Latest(latest: Vec<RefusalView>, of_key: bool) -> impl IntoView {
    let row = |refusal: RefusalView| {
        let key = if refusal.key.is_empty() { "no key's secret".to_owned() } else { refusal.key };
        view! {
            <li class="row">
                <a class="link" href=routes::why_request(&refusal.request_id)><code translate="no">{refusal.request_id.clone()}</code></a>
                <span translate="no" class="chip code">{refusal.code}</span>
                <span class="grow"><bdi>{key}</bdi></span>
                <span class="muted">{refusal.endpoint}</span>
                <span class="muted"><Ago when=refusal.at/></span>
            </li>
        }
    };
    view! {
        <section class="panel" aria-labelledby="latest">
            <header class="row"><h2 id="latest">"Latest refusals"</h2>{of_key.then(|| view! { <span class="muted">"of this key"</span> })}</header>
            {if latest.is_empty() {
                view! { <div class="body"><p class="muted">"Nothing was refused in the last 7 days."</p></div> }.into_any()
            } else {
                view! { <ul class="lines">{latest.into_iter().map(row).collect_view()}</ul> }.into_any()
            }}
        </section>
    }
}
