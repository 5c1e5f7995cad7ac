//! Calls over a period: as bars, in all, and as numbers.

use leptos::prelude::*;
use model::activity::{Outcome, Period};

use crate::{
    keys::detail::view::{CallCountsView, CallsView},
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

/// In words, without what there is none of.
fn said(of: CallCountsView) -> String {
    let some = parts(of).into_iter().filter(|(.., calls)| *calls > 0);
    let words: Vec<_> = some.map(|(_, words, calls)| format!("{} {}", grouped(calls), words.to_lowercase())).collect();
    if words.is_empty() { "no calls".to_owned() } else { words.join(", ") }
}

/// The chart in words.
fn summary(calls: &CallsView) -> String {
    let period = calls.period();
    let each = match period {
        Period::Hour => "minute by minute",
        Period::Day => "hour by hour",
        Period::Month => "day by day",
    };
    format!("Calls in {}, {each}: {}", period.words(), said(calls.total))
}

/// As bars.
#[component]
pub(crate) fn CallsBars(calls: CallsView) -> impl IntoView {
    let label = summary(&calls);
    let most = top(calls.bars.iter().map(|(_, bar)| bar.all()).max().unwrap_or_default());
    let scale = vec![grouped(most), grouped(most / 2), "0".to_owned()];
    let draw = |(begins, bar)| Bar {
        begins,
        said: said(bar),
        parts: parts(bar).into_iter().map(|(class, _, calls)| (class, calls)).collect(),
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

/// As numbers.
#[component]
pub(crate) fn CallsNumbers(calls: CallsView) -> impl IntoView {
    let caption = summary(&calls);
    let row = |(begins, bar): (_, CallCountsView)| {
        let cell = |(class, _, calls): (&'static str, &'static str, i64)| {
            let tone = if class == "s-deny" && calls > 0 { "num is-bad" } else { "num" };
            view! { <td class=tone>{grouped(calls)}</td> }
        };
        view! { <tr><th scope="row"><Told of=begins kind="full"/></th>{parts(bar).map(cell)}</tr> }
    };
    if calls.total.all() == 0 {
        return view! { <p class="muted">"No calls in this time."</p> }.into_any();
    }
    let rows = calls.bars.into_iter().filter(|(_, bar)| bar.all() > 0).map(row).collect_view();
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
