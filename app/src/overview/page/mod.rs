//! The overview: calls of the last day, what was refused, what stops soon, what changed.

pub(crate) mod panels;

use leptos::prelude::*;

use crate::{
    keys::detail::view::{CallCountsView, CallsView},
    layout::{head::PageHead, page::Loaded},
    overview::{
        first_run::FirstRun,
        page::panels::{Busiest, Changes, Expiring, Reasons},
        view::{FirstRunView, OverviewView},
    },
    routes,
    ui::{
        calls::{CallsBars, CallsLegend, CallsNumbers},
        count::{calls, grouped},
        icon::Icon,
    },
};

/// `/overview`.
#[component]
pub(crate) fn Overview() -> impl IntoView {
    let load = async { Ok((crate::overview::load::overview().await?, crate::overview::load::first_run().await?)) };
    let show = |(view, first_run): (OverviewView, FirstRunView)| view! { <Page view first_run/> };
    view! { <Loaded title="Overview" current=routes::OVERVIEW load show/> }
}

#[component]
fn Page(view: OverviewView, first_run: FirstRunView) -> impl IntoView {
    let whose = if view.own { "of your keys" } else { "of all keys" };
    view! {
        <PageHead title="Overview">
            <span class="muted">"Last 24 h, "{whose}</span>
            {view.may_write.then(|| view! {
                <a class="btn primary end" href=routes::NEW_KEY data-create=""><Icon name="plus"/>"Create key"<kbd aria-hidden="true">"c"</kbd></a>
            })}
        </PageHead>
        <FirstRun of=first_run/>
        <div class="stack">
            <div data-live="tiles"><Tiles of=view.clone()/></div>
            <div class="split">
                <Calls calls=view.calls/>
                <Reasons of=view.reasons/>
            </div>
            <div class="grid">
                <Expiring of=view.expiring/>
                <Busiest of=view.busiest/>
                {view.changes.map(|changes| view! { <Changes of=changes/> })}
            </div>
        </div>
    }
}

/// How this day compares with the one before.
fn compared(now: i64, before: i64) -> String {
    match before {
        0 if now == 0 => "none the day before either".to_owned(),
        0 => "none the day before".to_owned(),
        before => match (now - before) * 100 / before {
            0 => "as many as the day before".to_owned(),
            more @ 1.. => format!("{}% more than the day before", grouped(more)),
            less => format!("{}% fewer than the day before", -less),
        },
    }
}

/// A share in percent with two digits after the point, or one where it is large.
fn percent(part: i64, whole: i64) -> String {
    let hundredths = part * 10_000 / whole.max(1);
    match hundredths {
        0 if part > 0 => "<0.01".to_owned(),
        0 | 10_000 => (hundredths / 100).to_string(),
        1000.. => format!("{}.{}", hundredths / 100, hundredths % 100 / 10),
        _ => format!("{}.{:02}", hundredths / 100, hundredths % 100),
    }
}

#[component]
fn Tiles(of: OverviewView) -> impl IntoView {
    let CallCountsView { limited, refused, .. } = of.calls.total;
    let (all, no) = (of.calls.total.all(), limited + refused);
    let tone = |is_warning: bool| if is_warning { "small is-warn" } else { "small muted" };
    view! {
        <dl class="tiles">
            <div><dt>"Calls"</dt><dd class="value">{grouped(all)}</dd><dd class="small muted">{compared(all, of.before)}</dd></div>
            <div><dt>"Refused"</dt><dd class="value">{percent(no, all)}<small>"%"</small></dd><dd class=tone(no * 10 > all)>{calls(no)}", "{grouped(limited)}" over a limit"</dd></div>
            <div><dt>"Live keys"</dt><dd class="value">{grouped(of.live)}</dd><dd class="small muted">"that are let in now"</dd></div>
            <div><dt>"Expire in 30 days"</dt><dd class="value">{grouped(of.soon)}</dd><dd class=tone(of.soon > 0)>{if of.soon > 0 { "extend or replace them" } else { "nothing to do" }}</dd></div>
        </dl>
    }
}

#[component]
fn Calls(calls: CallsView) -> impl IntoView {
    view! {
        <section class="panel" aria-labelledby="calls">
            <header class="row"><h2 id="calls">"Calls"</h2><ul class="row legend end" data-live="legend"><CallsLegend total=calls.total why=routes::WHY/></ul></header>
            <div class="body" data-live="calls"><CallsBars calls=calls.clone()/></div>
            <details class="numbers"><summary class="row nowrap">"As a table"</summary><div data-live="numbers"><CallsNumbers calls/></div></details>
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_keep_small_ones_visible() {
        for (part, whole, expected) in
            [(0, 0, "0"), (0, 9, "0"), (1, 1_000_000, "<0.01"), (42, 10_000, "0.42"), (1, 8, "12.5"), (7, 7, "100")]
        {
            assert_eq!(percent(part, whole), expected, "{part} of {whole}");
        }
    }

    #[test]
    fn a_day_is_compared_with_the_one_before() {
        for (now, before, expected) in [
            (0, 0, "none the day before either"),
            (5, 0, "none the day before"),
            (1001, 1000, "as many as the day before"),
            (1080, 1000, "8% more than the day before"),
            (500, 1000, "50% fewer than the day before"),
        ] {
            assert_eq!(compared(now, before), expected);
        }
    }
}
