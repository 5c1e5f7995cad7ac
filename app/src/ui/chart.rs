//! Stacked bars, drawn as plain SVG, with a link over each of them that says in a card what it stands for. One of the links
//! is a tab stop, and the arrow keys go from bar to bar. A finger's first tap takes the bar, which shows the card and makes
//! the link one for the next tap. Beside each chart the same numbers stand in words or in a table, whose links need no script.

use leptos::prelude::*;

use crate::{keys::detail::view::Tick, ui::time::Told};

/// One bar: its card, and its parts from the ground up, each with its class and its size.
#[derive(Clone, Debug)]
pub(crate) struct Bar {
    /// When it begins.
    pub(crate) begins: Tick,
    /// What else is to be said of its time, such as how long it is; may be empty.
    pub(crate) length: &'static str,
    /// How much there is of what, each with its class.
    pub(crate) said: Vec<(&'static str, String)>,
    /// The parts.
    pub(crate) parts: Vec<(&'static str, i64)>,
    /// Where it leads.
    pub(crate) href: String,
}

/// The width of a bar with the gap beside it, and the height of the whole, in the drawing's own units.
const WIDTH: usize = 20;
const HEIGHT: i64 = 1000;
/// The least height of a part that is not nothing, and the gap above each.
const LEAST: i64 = 12;
const GAP: i64 = 7;

/// The number a scale ends with: the least of 2, 4, 6, 8 or 10 times a power of ten that nothing exceeds.
pub(crate) fn top(most: i64) -> i64 {
    let mut power: i64 = 1;
    while power.saturating_mul(10) < most {
        power = power.saturating_mul(10);
    }
    [2, 4, 6, 8]
        .into_iter()
        .map(|step| power.saturating_mul(step))
        .find(|top| *top >= most)
        .unwrap_or(power.saturating_mul(10))
}

/// Where the parts of a bar lie: from the top, and how high. Parts of nothing are left out.
fn stacked(parts: &[(&'static str, i64)], top: i64) -> Vec<(&'static str, i64, i64)> {
    let mut ground = HEIGHT;
    let mut drawn = Vec::new();
    for (class, size) in parts.iter().filter(|(_, size)| *size > 0) {
        let height = (size.saturating_mul(HEIGHT) / top.max(1)).max(LEAST).min(ground);
        ground -= height;
        drawn.push((*class, ground + GAP.min(height / 2), height - GAP.min(height / 2)));
    }
    drawn
}

/// Bars with a scale that begins at nothing.
#[component]
pub(crate) fn Bars(
    /// The bars, the earliest first.
    bars: Vec<Bar>,
    /// Where the scale ends.
    top: i64,
    /// The scale's words, from the top down.
    scale: Vec<String>,
    /// What stands below, evenly spread.
    ticks: Vec<Tick>,
    /// All of it in words.
    #[prop(into)]
    label: String,
    /// Less high.
    #[prop(optional)]
    low: bool,
) -> impl IntoView {
    let (count, width) = (bars.len(), bars.len() * WIDTH);
    let draw = |(place, bar): (usize, &Bar)| {
        let left = place * WIDTH + 2;
        let part =
            |(class, from, height)| view! { <rect class=class x=left y=from width=WIDTH - 4 height=height></rect> };
        stacked(&bar.parts, top).into_iter().map(part).collect_view()
    };
    let line = |y: i64| view! { <line x1="0" x2=width y1=y y2=y vector-effect="non-scaling-stroke"></line> };
    let lines = if low { vec![0, HEIGHT] } else { vec![0, HEIGHT / 2, HEIGHT] };
    let drawn = bars.iter().enumerate().map(draw).collect_view();
    // The card of a bar begins, lies in the middle or ends above it, so that it stays within the chart.
    let sides = ["", "mid", "last"];
    let linked = |(place, bar): (usize, Bar)| {
        let stop = if place + 1 == count { "0" } else { "-1" };
        let none = bar.said.is_empty().then_some(": no calls");
        let title = view! { <Told of=bar.begins kind="full"/>{bar.length}{none} }.into_any();
        view! { <li class=sides[place * 3 / count] tabindex="-1"><a href=bar.href tabindex=stop><Card title said=bar.said/></a></li> }
    };
    view! {
        <div class=if low { "chart low" } else { "chart" }>
            <ol class="scale" aria-hidden="true">{scale.into_iter().map(|word| view! { <li>{word}</li> }).collect_view()}</ol>
            <div class="plot">
                <svg viewBox=format!("0 0 {width} {HEIGHT}") preserveAspectRatio="none" role="img" aria-label=label>
                    {lines.into_iter().map(line).collect_view()}
                    {drawn}
                </svg>
                <ol class="bars" data-bars="" aria-label="Bar by bar">{bars.into_iter().enumerate().map(linked).collect_view()}</ol>
            </div>
            <div class="ticks" aria-hidden="true">{ticks.into_iter().map(|tick| view! { <Told of=tick kind="clock"/> }).collect_view()}</div>
        </div>
    }
}

/// What bars stand for, beside them while they are pointed at or have the focus.
#[component]
pub(crate) fn Card(
    /// What it is about.
    #[prop(into)]
    title: AnyView,
    /// How much there is of what, each with its class.
    said: Vec<(&'static str, String)>,
) -> impl IntoView {
    let line = |(class, words)| view! { <span class="row nowrap tight"><Swatch of=class/>{words}</span> };
    view! { <span class="tip"><b>{title}</b>{said.into_iter().map(line).collect_view()}</span> }
}

/// What a colour stands for.
#[component]
pub(crate) fn Swatch(
    /// The class of the parts it stands for.
    of: &'static str,
) -> impl IntoView {
    view! { <svg viewBox="0 0 10 10" aria-hidden="true"><rect class=of width="10" height="10" rx="2"></rect></svg> }
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
    fn a_scale_ends_with_an_even_number_that_nothing_exceeds() {
        for (most, expected) in
            [(0, 2), (1, 2), (3, 4), (10, 10), (11, 20), (61, 80), (81, 100), (1234, 2000), (i64::MAX, i64::MAX)]
        {
            assert_eq!(top(most), expected, "{most}");
        }
    }

    #[test]
    fn parts_stand_on_each_other_and_none_disappears() {
        let drawn = stacked(&[("a", 500), ("b", 0), ("c", 1)], 1000);
        assert_eq!(drawn, [("a", 507, 493), ("c", 494, 6)]);
        for (class, from, height) in stacked(&[("a", 999), ("b", 1), ("c", 1)], 1000) {
            assert!(from >= 0 && height >= 0 && from + height <= HEIGHT, "{class} {from} {height}");
        }
    }
}
