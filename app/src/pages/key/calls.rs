//! Calls with a key over a period: as bars, in all, and as numbers.

use keyward::activity::{Outcome, Period};
use leptos::prelude::*;

use crate::{
    components::{Bar, Bars, Swatch, grouped, top},
    routes,
    view::{CallsView, TallyView},
};

/// What became of calls: its colour's class, its words, and how many there are of it.
fn parts(of: TallyView) -> [(&'static str, &'static str, i64); 3] {
    [
        ("s-allow", Outcome::Allowed.words(), of.allowed),
        ("s-limit", Outcome::Limited.words(), of.limited),
        ("s-deny", Outcome::Refused.words(), of.refused),
    ]
}

/// In words, without what there is none of.
fn said(of: TallyView) -> String {
    let some = parts(of).into_iter().filter(|(.., calls)| *calls > 0);
    let words: Vec<_> = some.map(|(_, words, calls)| format!("{} {}", grouped(calls), words.to_lowercase())).collect();
    if words.is_empty() { "no calls".to_owned() } else { words.join(", ") }
}

/// What one bar of a period is.
fn each(period: Period) -> &'static str {
    match period {
        Period::Hour => "minute by minute",
        Period::Day => "hour by hour",
        Period::Month => "day by day",
    }
}

/// The panel.
#[component]
pub(super) fn Calls(id: String, calls: CallsView) -> impl IntoView {
    let period = calls.period();
    let CallsView { bars, ticks, total, .. } = calls;
    let most = top(bars.iter().map(|(_, bar)| bar.all()).max().unwrap_or_default());
    let drawn = bars.iter().map(|(time, bar)| Bar {
        title: format!("{time}: {}", said(*bar)),
        parts: parts(*bar).into_iter().map(|(class, _, calls)| (class, calls)).collect(),
    });
    let choice = |one: Period| {
        let current = (one == period).then_some("true");
        view! { <a href=routes::key_calls(&id, one.code()) aria-current=current>{one.words()}</a> }
    };
    let legend = |(class, words, calls): (&'static str, &'static str, i64)| {
        let why =
            (class == "s-deny" && calls > 0).then(|| view! { <a class="link" href=routes::why_key(&id)>"why?"</a> });
        view! { <li class="row tight"><Swatch of=class/>{words}" "<b>{grouped(calls)}</b>{why}</li> }
    };
    let row = |(time, bar): &(String, TallyView)| {
        let cell = |(class, _, calls): (&'static str, &'static str, i64)| {
            let tone = if class == "s-deny" && calls > 0 { "num is-bad" } else { "num" };
            view! { <td class=tone>{grouped(calls)}</td> }
        };
        view! { <tr><th scope="row">{time.clone()}</th>{parts(*bar).map(cell)}</tr> }
    };
    let filled: Vec<_> = bars.iter().filter(|(_, bar)| bar.all() > 0).collect();
    let label = format!("Calls in {}, {}: {}", period.words(), each(period), said(total));
    view! {
        <section class="panel" aria-labelledby="calls">
            <header class="row">
                <h2 id="calls">"Calls"</h2>
                <span class="muted" data-live=format!("total-{id}")>{grouped(total.all())}" in "{period.words()}</span>
                <nav class="segment end" aria-label="Period">{Period::ALL.map(choice)}</nav>
            </header>
            <div class="body stack tight">
                <div data-live=format!("calls-{id}")>
                    <Bars bars=drawn.collect() top=most scale=vec![grouped(most), grouped(most / 2), "0".to_owned()] ticks label/>
                </div>
                <ul class="row legend" data-live=format!("legend-{id}")>{parts(total).map(legend)}</ul>
            </div>
            <details class="numbers">
                <summary class="row nowrap">"As a table"</summary>
                <div data-live=format!("numbers-{id}")>
                    {if filled.is_empty() {
                        view! { <p class="muted">"No calls in this time."</p> }.into_any()
                    } else {
                        view! {
                            <div class="table-wrap"><table class="data">
                                <caption class="hide">{format!("Calls in {}, {}", period.words(), each(period))}</caption>
                                <thead><tr><th scope="col">"When"</th>{parts(total).map(|(_, words, _)| view! { <th class="num" scope="col">{words}</th> })}</tr></thead>
                                <tbody>{filled.into_iter().map(row).collect_view()}</tbody>
                            </table></div>
                            <p class="muted small">"Times without a call are left out."</p>
                        }.into_any()
                    }}
                </div>
            </details>
        </section>
    }
}
