//! The overview: calls of a period or of one bar of it, what was refused, what stops soon, what changed.

pub(crate) mod panels;

use leptos::prelude::*;
use model::activity::Period;

use crate::{
    form_outcome::{FormErrors, FormOutcome},
    keys::detail::view::CallCountsView,
    layout::{head::PageHead, page::Loaded},
    overview::{
        first_run::FirstRun,
        page::panels::{Busiest, Changes, Expiring, Reasons},
        view::{FirstRunView, OverviewView},
    },
    query::query,
    routes,
    ui::{
        calls_panel::{CallsPanel, Periods},
        count::{calls, grouped},
        fields::FormErrorBanner,
        icon::Icon,
    },
};

/// `/overview`.
#[component]
pub(crate) fn Overview() -> impl IntoView {
    let (period, at) = (query("period").unwrap_or_default(), query("at").unwrap_or_default());
    let load =
        async { Ok((crate::overview::load::overview(period, at).await?, crate::overview::load::first_run().await?)) };
    let show = |(view, first_run): (OverviewView, FirstRunView)| view! { <Page view first_run/> };
    view! { <Loaded title="Overview" current=routes::OVERVIEW load show/> }
}

#[component]
fn Page(view: OverviewView, first_run: FirstRunView) -> impl IntoView {
    let whose = if view.own { "your keys" } else { "all keys" };
    let (period, is_bar) = (view.calls.period(), view.calls.one.is_some());
    let about = if is_bar { format!("Of {whose}") } else { format!("Last {}, of {whose}", period.words()) };
    let (stopped, shown) = (view.calls.reasons.clone(), view.calls.clone());
    let failed = match use_context::<FormOutcome>() {
        Some(FormOutcome::FirstRun(FormErrors { errors, failure })) => {
            Some(view! { <FormErrorBanner fields=Vec::new() errors failure/> })
        }
        _ => None,
    };
    view! {
        <PageHead title="Overview">
            <span class="muted">{about}</span>
            <Periods page=routes::OVERVIEW.to_owned() period is_bar/>
            {view.may_write.then(|| view! {
                <a class="btn primary" href=routes::NEW_KEY data-create=""><Icon name="plus"/>"Create key"<kbd aria-hidden="true">"c"</kbd></a>
            })}
        </PageHead>
        {failed}
        <FirstRun of=first_run/>
        <div class="stack">
            <div data-live="tiles"><Tiles of=view.clone()/></div>
            <div class="split">
                <CallsPanel calls=view.calls page=routes::OVERVIEW.to_owned() mark=String::new() why=routes::WHY.to_owned()/>
                <Reasons of=stopped/>
            </div>
            <div class="grid">
                <Expiring of=view.expiring/>
                <Busiest of=view.busiest calls=shown/>
                {view.changes.map(|changes| view! { <Changes of=changes/> })}
            </div>
        </div>
    }
}

/// How a period compares with the one before.
fn compared(period: Period, now: i64, before: i64) -> String {
    let other = match period {
        Period::Hour => "the hour before",
        Period::Day => "the day before",
        Period::Week => "the 7 days before",
        Period::Month => "the 30 days before",
    };
    match before {
        0 if now == 0 => format!("none {other} either"),
        0 => format!("none {other}"),
        before => match (now - before) * 100 / before {
            0 => format!("as many as {other}"),
            more @ 1.. => format!("{}% more than {other}", grouped(more)),
            less => format!("{}% fewer than {other}", -less),
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
    let beside = match of.before {
        Some(before) => compared(of.calls.period(), all, before),
        None => "in this time".to_owned(),
    };
    view! {
        <dl class="tiles">
            <div><dt>"Calls"</dt><dd class="value">{grouped(all)}</dd><dd class="small muted">{beside}</dd></div>
            <div><dt>"Refused"</dt><dd class="value">{percent(no, all)}<small>"%"</small></dd><dd class=tone(no * 10 > all)>{calls(no)}", "{grouped(limited)}" over a limit"</dd></div>
            <div><dt>"Live keys"</dt><dd class="value">{grouped(of.live)}</dd><dd class="small muted">"that are let in now"</dd></div>
            <div><dt>"Expire in 30 days"</dt><dd class="value">{grouped(of.soon)}</dd><dd class=tone(of.soon > 0)>{if of.soon > 0 { "extend or replace them" } else { "nothing to do" }}</dd></div>
        </dl>
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
    fn a_period_is_compared_with_the_one_before() {
        for (period, now, before, expected) in [
            (Period::Day, 0, 0, "none the day before either"),
            (Period::Day, 5, 0, "none the day before"),
            (Period::Hour, 1001, 1000, "as many as the hour before"),
            (Period::Week, 1080, 1000, "8% more than the 7 days before"),
            (Period::Month, 500, 1000, "50% fewer than the 30 days before"),
        ] {
            assert_eq!(compared(period, now, before), expected);
        }
    }
}
