//! Bars of stacked values, drawn as SVG with attributes alone, and the same numbers as a table.

use leptos::prelude::*;

use super::grouped;

/// The drawing's size; it is stretched to the room there is.
const WIDTH: i64 = 960;
const HEIGHT: i64 = 160;

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
pub(crate) struct Bar {
    /// What it stands for.
    pub(crate) label: String,
    /// A value of each series, from the bottom up.
    pub(crate) values: Vec<i64>,
}

/// What the axis ends at: the least of 2, 4, 10, 20, 40, 100… that is not below the highest bar.
fn top(highest: i64) -> i64 {
    let mut power = 1i64;
    loop {
        for step in [2, 4, 10] {
            if step * power >= highest {
                return step * power;
            }
        }
        power = power.saturating_mul(10);
    }
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
pub(crate) fn Bars(
    /// What the chart shows, in a sentence that sums it up.
    #[prop(into)]
    summary: String,
    /// What the bars' labels are: `Hour (UTC)`.
    axis: &'static str,
    /// What is stacked, from the bottom up.
    series: Vec<Series>,
    /// The bars, in order.
    bars: Vec<Bar>,
) -> impl IntoView {
    let end = top(bars.iter().map(|bar| bar.values.iter().sum()).max().unwrap_or(0));
    let count = i64::try_from(bars.len()).unwrap_or(1).max(1);
    let slot = WIDTH / count;
    let gap = (slot / 5).max(1);
    let rects = (0i64..).zip(&bars).flat_map(|(place, bar)| {
        let mut below = 0;
        let series = series.clone();
        bar.values.iter().zip(series).filter_map(move |(value, series)| {
            let (from, to) = (below * HEIGHT / end, (below + value) * HEIGHT / end);
            below += value;
            // What is there is seen, however little it is.
            let height = (to - from).max(2);
            (*value > 0).then(|| view! {
                <rect class=series.class x=place * slot + gap / 2 y=(HEIGHT - to).min(HEIGHT - 2) width=slot - gap height=height></rect>
            })
        })
    });
    let rects = rects.collect_view();
    let lines = [0, HEIGHT / 2, HEIGHT];
    let lines = lines.map(|y| view! { <line vector-effect="non-scaling-stroke" x1="0" x2=WIDTH y1=y y2=y></line> });
    let ticks: Vec<_> = bars.iter().map(|bar| bar.label.clone()).step_by((bars.len() / 6).max(1)).collect();
    let heads = series.iter().map(|one| view! { <th class="num" scope="col">{one.name}</th> }).collect_view();
    let row = |bar: Bar| {
        let cells = bar.values.iter().map(|value| view! { <td class="num">{grouped(*value)}</td> }).collect_view();
        view! { <tr><th scope="row">{bar.label}</th>{cells}</tr> }
    };
    view! {
        <div class="bars">
            <ol aria-hidden="true"><li>{short(end)}</li><li>{short(end / 2)}</li><li>"0"</li></ol>
            <svg shape-rendering="crispEdges" viewBox=format!("0 0 {WIDTH} {HEIGHT}") preserveAspectRatio="none" role="img" aria-label=summary>
                {lines}
                {rects}
            </svg>
            <div aria-hidden="true">{ticks.into_iter().map(|tick| view! { <span>{tick}</span> }).collect_view()}</div>
        </div>
        <details class="numbers">
            <summary><span class="link">"The same as a table"</span></summary>
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
        view! { <li class="row tight"><svg viewBox="0 0 10 10" aria-hidden="true"><rect class=one.class width="10" height="10" rx="2"></rect></svg>{one.name}</li> }
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
    fn the_axis_ends_above_the_highest_bar() {
        for (highest, expected) in [(0, 2), (2, 2), (3, 4), (5, 10), (11, 20), (4001, 10_000), (54_000, 100_000)] {
            assert_eq!(top(highest), expected, "{highest}");
        }
    }

    #[test]
    fn numbers_on_the_axis_are_short() {
        for (number, expected) in
            [(0, "0"), (4000, "4,000"), (20_000, "20 k"), (1_500_000, "1.5 M"), (2_000_000, "2 M")]
        {
            assert_eq!(short(number), expected);
        }
    }
}
