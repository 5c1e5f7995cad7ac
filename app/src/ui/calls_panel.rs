//! The panel of calls, of one key or of all: a period or one bar of it, with the links between them.

use leptos::prelude::*;
use model::activity::Period;

use crate::{
    keys::detail::view::{CallsView, OneBarView, RefusedCallView},
    routes,
    ui::{
        calls::{CallsBars, CallsLegend, CallsNumbers},
        count::{calls as number_of_calls, grouped},
        icon::Icon,
        time::Told,
    },
};

/// The periods to choose from. Beside one bar none is current: each leads back to all of its bars.
#[component]
pub(crate) fn Periods(
    /// The page's path.
    page: String,
    /// The period that is shown.
    period: Period,
    /// Whether it is one bar of it.
    is_bar: bool,
) -> impl IntoView {
    let choice = |one: Period| {
        let current = (one == period && !is_bar).then_some("true");
        view! { <a href=routes::calls(&page, one.code()) aria-current=current>{one.words()}</a> }
    };
    view! { <nav class="segment end" aria-label="Period">{Period::ALL.map(choice)}</nav> }
}

/// The panel.
#[component]
pub(crate) fn CallsPanel(
    /// The calls.
    calls: CallsView,
    /// The page's path.
    page: String,
    /// What tells its parts from those of another page; empty, or a dash and an id.
    mark: String,
    /// Where refusals are explained.
    why: String,
    /// The choice of a period, unless it stands elsewhere.
    #[prop(optional, into)]
    periods: Option<AnyView>,
) -> impl IntoView {
    let (total, period) = (calls.total, calls.period());
    let live = |part: &str| format!("{part}{mark}");
    let count = match &calls.one {
        Some(_) => number_of_calls(total.all()),
        None => format!("{} in {}", grouped(total.all()), period.words()),
    };
    let bar = calls.one.clone().map(|one| view! { <OneBar one page=page.clone() period/> });
    // The page of one key does not name it in every row, and has no other list of reasons.
    let is_of_key = !mark.is_empty();
    let refused = calls
        .one
        .as_ref()
        .map(|_| view! { <div data-live=live("refused")><Refused calls=calls.clone() is_of_key/></div> });
    let is_coarse = calls.one.as_ref().is_some_and(|one| one.is_coarse);
    let parts = (calls.bars.len() > 1).then(|| {
        let (bars, numbers) = (calls.clone(), calls.clone());
        let chart = view! { <CallsBars calls=bars page=page.clone()/> };
        let table = view! {
            <details class="numbers">
                <summary class="row nowrap">"As a table"</summary>
                <div data-live=live("numbers")><CallsNumbers calls=numbers page=page.clone()/></div>
            </details>
        };
        (chart, table)
    });
    let (chart, table) = parts.unzip();
    let shown = if total.all() == 0 && is_of_key && calls.one.is_none() {
        view! { <p class="muted no-calls">"No calls in "{period.words()}"."</p> }.into_any()
    } else {
        view! { <div class="stack tight">{chart}<ul class="row legend"><CallsLegend total why/></ul></div> }.into_any()
    };
    view! {
        <section class="panel" aria-labelledby="calls">
            <header class="row">
                <h2 id="calls">"Calls"</h2>
                <span class="muted" data-live=live("total")>{count}</span>
                {periods}
            </header>
            {bar}
            <div class="body stack tight">
                <div data-live=live("calls")>{shown}</div>
                {is_coarse.then(|| view! { <p class="muted small">"It is not known minute by minute any more: minutes are kept for 3 hours."</p> })}
            </div>
            {table}
            {refused}
        </section>
    }
}

/// Which bar is shown, with the ways to the ones beside it and back to all.
#[component]
fn OneBar(one: OneBarView, page: String, period: Period) -> impl IntoView {
    let OneBarView { begins, ends, neighbors: [earlier, later], .. } = one;
    let step = |at: Option<String>, words: &'static str, class: &'static str| {
        let icon = view! { <Icon name="chevron"/> };
        match at {
            Some(at) => {
                let href = routes::calls_at(&page, period.code(), &at);
                view! { <a class=class href=href aria-label=words>{icon}</a> }.into_any()
            }
            None => view! { <span class=class aria-hidden="true">{icon}</span> }.into_any(),
        }
    };
    view! {
        <div class="row one-bar">
            {step(earlier, "Earlier", "btn quiet square back")}
            <b><Told of=begins kind="full"/>{ends.map(|ends| view! { " to "<Told of=ends kind="clock"/> })}</b>
            {step(later, "Later", "btn quiet square")}
            <a class="link end" href=routes::calls(&page, period.code())>"All of "{period.words()}</a>
        </div>
    }
}

/// What was refused within the bar.
#[component]
fn Refused(calls: CallsView, is_of_key: bool) -> impl IntoView {
    let stopped = calls.total.limited + calls.total.refused;
    let listed = calls.refused.len();
    if stopped == 0 && listed == 0 {
        return ().into_any();
    }
    let reason = calls.reasons.into_iter().map(|reason| {
        view! { <li class="row tight"><code translate="no" tabindex="0" title=reason.words>{reason.code}</code><b>{grouped(reason.calls)}</b></li> }
    });
    let row = |call: RefusedCallView| {
        let (id, name) = call.key;
        let key = match id.as_str() {
            _ if is_of_key => ().into_any(),
            "" => view! { <span class="sub">"no key"</span> }.into_any(),
            id => view! { <span class="sub"><a href=routes::key(id)><bdi>{name}</bdi></a></span> }.into_any(),
        };
        view! {
            <li class="row nowrap">
                <span class="grow who"><span><a class="link" href=routes::why_request(&call.request_id)><code translate="no">{call.code}</code></a></span>{key}</span>
                <span class="end muted"><Told of=call.at kind="clock"/></span>
            </li>
        }
    };
    let rest = match listed {
        0 => Some(
            "The requests are not kept any more: refusals are kept for 7 days, and no more than the latest 10,000.",
        ),
        listed if i64::try_from(listed).unwrap_or_default() < stopped => Some("The latest that are kept."),
        _ => None,
    };
    view! {
        <div class="refused-calls">
            <div class="row"><h3>"Refused requests"</h3>{is_of_key.then(|| view! { <ul class="row legend">{reason.collect_view()}</ul> })}</div>
            <ul class="lines">{calls.refused.into_iter().map(row).collect_view()}</ul>
            {rest.map(|words| view! { <p class="muted small">{words}</p> })}
        </div>
    }
    .into_any()
}
