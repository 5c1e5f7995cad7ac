//! The overview's lists.

use leptos::prelude::*;
use model::activity::Period;

use crate::{
    audit::timeline::Timeline,
    keys::{
        detail::view::{CallsView, ReasonView},
        view::{EventView, When, holder},
    },
    overview::view::KeyLine,
    routes,
    ui::{
        chart::Share,
        count::{calls as number_of_calls, grouped},
        time::{Ago, ends_in},
    },
};

/// What was refused, by reason.
#[component]
pub(crate) fn Reasons(of: Vec<ReasonView>) -> impl IntoView {
    let most = of.iter().map(|reason| reason.calls).max().unwrap_or(0);
    let row = |reason: ReasonView| {
        let class = if reason.limited { "s-limit" } else { "s-deny" };
        view! {
            <li class="stack tight">
                <div class="row nowrap"><code translate="no" class="grow">{reason.code}</code><b>{grouped(reason.calls)}</b></div>
                <Share part=reason.calls whole=most class/>
                <p class="small muted">{reason.words}</p>
            </li>
        }
    };
    view! {
        <section class="panel" aria-labelledby="reasons" data-live="reasons">
            <header class="row"><h2 id="reasons">"Refusals by reason"</h2><a class="btn quiet end" href=routes::WHY>"Latest"</a></header>
            {if of.is_empty() {
                view! { <div class="body"><p class="muted">"No key was refused in this time."</p></div> }.into_any()
            } else {
                view! { <div class="body"><ul class="stack">{of.into_iter().map(row).collect_view()}</ul></div> }.into_any()
            }}
        </section>
    }
}

#[component]
fn Name(of: KeyLine, href: String) -> impl IntoView {
    view! { <b><a href=href><bdi>{of.name}</bdi></a></b><span class="sub"><bdi>{holder(&of.owner).to_owned()}</bdi></span> }
}

/// The keys that expire first.
#[component]
pub(crate) fn Expiring(of: Vec<(KeyLine, When, i64)>) -> impl IntoView {
    let row = |(key, when, days): (KeyLine, When, i64)| {
        let tone = format!("end {}", ends_in(days));
        let href = routes::key(&key.id);
        view! { <li class="row nowrap"><span class="grow who"><Name of=key href/></span><span class=tone><Ago when/></span></li> }
    };
    view! {
        <section class="panel" aria-labelledby="expiring" data-live="expiring">
            <header class="row"><h2 id="expiring">"Expiring first"</h2><a class="btn quiet end" href=routes::KEYS>"All keys"</a></header>
            {if of.is_empty() {
                view! { <div class="body"><p class="muted">"No live key has an end."</p></div> }.into_any()
            } else {
                view! { <ul class="lines">{of.into_iter().map(row).collect_view()}</ul> }.into_any()
            }}
        </section>
    }
}

/// The keys with the most calls, each with a link to those of the same time.
#[component]
pub(crate) fn Busiest(
    of: Vec<(KeyLine, i64)>,
    /// The calls of all.
    calls: CallsView,
) -> impl IntoView {
    let time = match (&calls.one, calls.period()) {
        (Some(_), _) => "in this time",
        (None, Period::Hour) => "this hour and the last",
        (None, _) => "last 24 h",
    };
    let row = |(key, number): (KeyLine, i64)| {
        let page = routes::key(&key.id);
        let href = match &calls.one {
            Some(one) => routes::calls_at(&page, &calls.period, &one.at),
            None => routes::calls(&page, &calls.period),
        };
        view! { <li class="row nowrap"><span class="grow who"><Name of=key href/></span><span class="end">{number_of_calls(number)}</span></li> }
    };
    view! {
        <section class="panel" aria-labelledby="busiest" data-live="busiest">
            <header class="row"><h2 id="busiest">"Busiest keys"</h2><span class="muted end">{time}</span></header>
            {if of.is_empty() {
                view! { <div class="body"><p class="muted">"No call was allowed in this time."</p></div> }.into_any()
            } else {
                view! { <ul class="lines">{of.into_iter().map(row).collect_view()}</ul> }.into_any()
            }}
        </section>
    }
}

/// What changed.
#[component]
pub(crate) fn Changes(of: Vec<EventView>) -> impl IntoView {
    let named = |event: EventView| EventView { what: format!("{}: {}", event.what, event.target), ..event };
    view! {
        <section class="panel" aria-labelledby="changes" data-live="changes">
            <header class="row"><h2 id="changes">"Recent changes"</h2><a class="btn quiet end" href=routes::AUDIT>"Audit"</a></header>
            <div class="body">{if of.is_empty() {
                view! { <p class="muted">"Nothing was changed yet."</p> }.into_any()
            } else {
                view! { <Timeline events=of.into_iter().map(named).collect()/> }.into_any()
            }}</div>
        </section>
    }
}
