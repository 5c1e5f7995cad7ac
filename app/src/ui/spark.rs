//! The calls of the last 36 hours, as small bars: their height is a share of the busiest hour.

use leptos::prelude::*;

use crate::{
    keys::detail::view::CallCountsView,
    ui::{calls::parts, count::calls},
};

/// How tall the tallest bar is.
const TALL: i64 = 22;
/// How far a bar is from the next.
const STEP: usize = 3;

/// The bars of one key; a dotted line when it was not called.
#[component]
pub(crate) fn Spark(
    /// Its hours, the oldest first; empty when there were no calls.
    hours: Vec<CallCountsView>,
) -> impl IntoView {
    let sum = |part: fn(&CallCountsView) -> i64| hours.iter().map(part).sum::<i64>();
    let (allowed, stopped) = (sum(|hour| hour.allowed), sum(|hour| hour.limited + hour.refused));
    let label = match (allowed, stopped) {
        (0, 0) => "No calls in 36 h".to_owned(),
        (allowed, 0) => format!("{} in 36 h", calls(allowed)),
        (allowed, stopped) => format!("{} allowed and {} refused in 36 h", calls(allowed), calls(stopped)),
    };
    let busiest = hours.iter().map(|hour| hour.all()).max().unwrap_or(0);
    let bars = hours.iter().enumerate().flat_map(|(place, hour)| {
        let mut floor = 24;
        parts(*hour)
            .into_iter()
            .filter(|(.., calls)| *calls > 0)
            .map(move |(class, _, calls)| {
                let height = (calls * TALL / busiest.max(1)).max(1);
                floor -= height;
                view! { <rect class=class x=place * STEP y=floor.max(0) width="2" height=height></rect> }
            })
            .collect::<Vec<_>>()
    });
    view! {
        <svg class="spark" shape-rendering="crispEdges" viewBox="0 0 108 24" role="img" aria-label=label.clone()>
            <title>{label.clone()}</title>
            {if busiest == 0 {
                view! { <path class="s-none" d="M0 23.5h108" stroke-dasharray="2 1"></path> }.into_any()
            } else {
                bars.collect_view().into_any()
            }}
        </svg>
    }
}
