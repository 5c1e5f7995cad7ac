//! The calls of a key in the last day, as small bars: their height is a share of the busiest hour. They lead to the chart of
//! the same day on the key's page, and say in a card how many there are.

use leptos::prelude::*;
use model::activity::Period;

use crate::{
    keys::detail::view::CallCountsView,
    routes,
    ui::{
        calls::{parts, said},
        chart::Card,
        count::calls,
    },
};

/// How tall the tallest bar is.
const TALL: i64 = 22;
/// How far a bar is from the next.
const STEP: usize = 4;

/// The bars of one key; a dotted line when it was not called.
#[component]
pub(crate) fn Spark(
    /// The key's id.
    id: String,
    /// Its hours, the oldest first; empty when there were no calls.
    hours: Vec<CallCountsView>,
) -> impl IntoView {
    let mut total = CallCountsView::default();
    for hour in &hours {
        total.allowed += hour.allowed;
        total.limited += hour.limited;
        total.refused += hour.refused;
    }
    let busiest = hours.iter().map(|hour| hour.all()).max().unwrap_or(0);
    let bars = hours.iter().enumerate().flat_map(|(place, hour)| {
        let mut floor = 24;
        parts(*hour)
            .into_iter()
            .filter(|(.., calls)| *calls > 0)
            .map(move |(class, _, calls)| {
                let height = (calls * TALL / busiest.max(1)).max(1);
                floor -= height;
                view! { <rect class=class x=place * STEP y=floor.max(0) width="3" height=height></rect> }
            })
            .collect::<Vec<_>>()
    });
    let number = if busiest == 0 { "No calls".to_owned() } else { calls(total.all()) };
    let title = format!("{number} in {}", Period::Day.words());
    view! {
        <a class="trend" href=routes::calls(&routes::key(&id), Period::Day.code())>
            <svg class="spark" shape-rendering="crispEdges" viewBox="0 0 96 24" aria-hidden="true">
                {if busiest == 0 {
                    view! { <path class="s-none" d="M0 23.5h96" stroke-dasharray="2 1"></path> }.into_any()
                } else {
                    bars.collect_view().into_any()
                }}
            </svg>
            <Card title=title.into_any() said=said(total)/>
        </a>
    }
}
