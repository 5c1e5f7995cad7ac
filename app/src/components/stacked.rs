//! A chart of stacked values with what its colours mean and the same numbers as a table; a share of a whole.

use leptos::prelude::*;

use super::{Bar, Bars, Swatch, grouped, top};

/// One kind of value, the same in every bar.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Series {
    /// Its name.
    pub(crate) name: &'static str,
    /// The class that fills it.
    pub(crate) class: &'static str,
}

/// One bar.
#[derive(Clone, Debug)]
pub(crate) struct Slot {
    /// What it stands for.
    pub(crate) label: String,
    /// A value of each series, from the bottom up.
    pub(crate) values: Vec<i64>,
}

/// A number on the axis: `60 k`, `1.5 M`.
fn short(number: i64) -> String {
    let (part, unit) = match number {
        1_000_000.. => (number / 100_000, " M"),
        10_000.. => (number / 100, " k"),
        _ => return grouped(number),
    };
    if part % 10 == 0 { format!("{}{unit}", grouped(part / 10)) } else { format!("{}.{}{unit}", part / 10, part % 10) }
}

/// A chart with a table behind it.
#[component]
pub(crate) fn Stacked(
    /// What the chart shows, in a sentence that sums it up.
    #[prop(into)]
    summary: String,
    /// What the bars' labels are: `Hour (UTC)`.
    axis: &'static str,
    /// What is stacked, from the bottom up.
    series: Vec<Series>,
    /// The bars, in order.
    bars: Vec<Slot>,
) -> impl IntoView {
    let end = top(bars.iter().map(|bar| bar.values.iter().sum()).max().unwrap_or(0));
    let draw = |bar: &Slot| {
        let said: Vec<_> = bar.values.iter().zip(&series).filter(|(value, _)| **value > 0).collect();
        let said: Vec<_> =
            said.iter().map(|(value, one)| format!("{} {}", grouped(**value), one.name.to_lowercase())).collect();
        Bar {
            title: format!("{}: {}", bar.label, if said.is_empty() { "no calls".to_owned() } else { said.join(", ") }),
            parts: series.iter().map(|one| one.class).zip(bar.values.iter().copied()).collect(),
        }
    };
    let drawn: Vec<_> = bars.iter().map(draw).collect();
    let ticks: Vec<_> = bars.iter().map(|bar| bar.label.clone()).step_by((bars.len() / 6).max(1)).collect();
    let heads = series.iter().map(|one| view! { <th class="num" scope="col">{one.name}</th> }).collect_view();
    let row = |bar: Slot| {
        let cells = bar.values.iter().map(|value| view! { <td class="num">{grouped(*value)}</td> }).collect_view();
        view! { <tr><th scope="row">{bar.label}</th>{cells}</tr> }
    };
    view! {
        <Bars bars=drawn top=end scale=vec![short(end), short(end / 2), "0".to_owned()] ticks label=summary/>
        <details class="numbers">
            <summary>"As a table"</summary>
            <table class="data">
                <thead><tr><th scope="col">{axis}</th>{heads}</tr></thead>
                <tbody>{bars.into_iter().map(row).collect_view()}</tbody>
            </table>
        </details>
    }
}

/// What the colours mean.
#[component]
pub(crate) fn Legend(
    /// What is stacked.
    series: Vec<Series>,
) -> impl IntoView {
    let item = |one: Series| {
        view! { <li class="row tight"><Swatch of=one.class/>{one.name}</li> }
    };
    view! { <ul class="row legend end">{series.into_iter().map(item).collect_view()}</ul> }
}

/// A part of a whole, beside the number it draws.
#[component]
pub(crate) fn Share(
    /// The part.
    part: i64,
    /// The whole.
    whole: i64,
    /// The class that fills the part.
    class: &'static str,
) -> impl IntoView {
    let width = part * 1000 / whole.max(1);
    view! {
        <svg class="share" viewBox="0 0 1000 6" preserveAspectRatio="none" aria-hidden="true">
            <rect class="s-rest" width="1000" height="6"></rect>
            <rect class=class width=width height="6"></rect>
        </svg>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_on_the_axis_are_short() {
        for (number, expected) in
            [(0, "0"), (4000, "4,000"), (20_000, "20 k"), (1_500_000, "1.5 M"), (2_000_000, "2 M")]
        {
            assert_eq!(short(number), expected);
        }
    }
}
