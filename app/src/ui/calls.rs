//! Calls over a period: as bars, in all, and as numbers.

use leptos::prelude::*;
use model::activity::{Outcome, Period};

use crate::{
    keys::detail::view::{BarView, CallCountsView, CallsView},
    routes,
    ui::{
        chart::{Bar, Bars, Swatch, top},
        count::grouped,
        time::Told,
    },
};

/// What became of calls: its colour's class, its words, and how many there are of it.
pub(crate) fn parts(of: CallCountsView) -> [(&'static str, &'static str, i64); 3] {
    [
        ("s-allow", Outcome::Allowed.words(), of.allowed),
        ("s-limit", Outcome::Limited.words(), of.limited),
        ("s-deny", Outcome::Refused.words(), of.refused),
    ]
}

/// In words, each with its class, without what there is none of.
pub(crate) fn said(of: CallCountsView) -> Vec<(&'static str, String)> {
    let some = parts(of).into_iter().filter(|(.., calls)| *calls > 0);
    some.map(|(class, words, calls)| (class, format!("{} {}", grouped(calls), words.to_lowercase()))).collect()
}

/// The chart in words.
fn summary(calls: &CallsView) -> String {
    let words: Vec<_> = said(calls.total).into_iter().map(|(_, words)| words).collect();
    let words = if words.is_empty() { "no calls".to_owned() } else { words.join(", ") };
    if let Some(one) = &calls.one {
        return format!("Calls from {}: {words}", one.begins.words);
    }
    let period = calls.period();
    let each = match period {
        Period::Hour => "minute by minute",
        Period::Day => "hour by hour",
        Period::Week => "by quarters of a day",
        Period::Month => "day by day",
    };
    format!("Calls in {}, {each}: {words}", period.words())
}

/// As bars, each of which leads to its calls on the same page.
#[component]
pub(crate) fn CallsBars(
    calls: CallsView,
    /// The page's path.
    page: String,
) -> impl IntoView {
    let label = summary(&calls);
    let most = top(calls.bars.iter().map(|bar| bar.calls.all()).max().unwrap_or_default());
    let scale = vec![grouped(most), grouped(most / 2), "0".to_owned()];
    let draw = |bar: BarView| Bar {
        begins: bar.begins,
        // Others are as long as their scale tells.
        length: if calls.of_bars == Period::Week.code() { ", 6 h" } else { "" },
        said: said(bar.calls),
        parts: parts(bar.calls).into_iter().map(|(class, _, calls)| (class, calls)).collect(),
        href: routes::calls_at(&page, &calls.of_bars, &bar.at),
    };
    view! { <Bars bars=calls.bars.into_iter().map(draw).collect() top=most scale ticks=calls.ticks label/> }
}

/// What the colours stand for, and how much there is of each.
#[component]
pub(crate) fn CallsLegend(
    /// All bars together.
    total: CallCountsView,
    /// Where refusals are explained.
    #[prop(into)]
    why: String,
) -> impl IntoView {
    let item = |(class, words, calls): (&'static str, &'static str, i64)| {
        let why = (class == "s-deny" && calls > 0).then(|| view! { <a class="link" href=why.clone()>"why?"</a> });
        view! { <li class="row tight"><Swatch of=class/>{words}" "<b>{grouped(calls)}</b>{why}</li> }
    };
    parts(total).map(item).collect_view()
}

/// As numbers, each bar with a link to its calls.
#[component]
pub(crate) fn CallsNumbers(
    calls: CallsView,
    /// The page's path.
    page: String,
) -> impl IntoView {
    let caption = summary(&calls);
    let row = |bar: BarView| {
        let cell = |(class, _, calls): (&'static str, &'static str, i64)| {
            let tone = if class == "s-deny" && calls > 0 { "num is-bad" } else { "num" };
            view! { <td class=tone>{grouped(calls)}</td> }
        };
        let href = routes::calls_at(&page, &calls.of_bars, &bar.at);
        view! { <tr><th scope="row"><a class="link" href=href><Told of=bar.begins kind="full"/></a></th>{parts(bar.calls).map(cell)}</tr> }
    };
    if calls.total.all() == 0 {
        return view! { <p class="muted">"No calls in this time."</p> }.into_any();
    }
    let rows = calls.bars.into_iter().filter(|bar| bar.calls.all() > 0).map(row).collect_view();
    view! {
        <div class="table-wrap"><table class="data">
            <caption class="hide">{caption}</caption>
            <thead><tr><th scope="col">"From"</th>{parts(calls.total).map(|(_, words, _)| view! { <th class="num" scope="col">{words}</th> })}</tr></thead>
            <tbody>{rows}</tbody>
        </table></div>
        <p class="muted small">"Times without a call are left out."</p>
    }
    .into_any()
}
