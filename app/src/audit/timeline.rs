//! What happened to a thing, newest first.

use leptos::prelude::*;

use crate::{
    keys::view::EventView,
    ui::{icon::Icon, time::Moment},
};

/// The events of one key.
#[component]
pub(crate) fn Timeline(
    /// Newest first.
    events: Vec<EventView>,
) -> impl IntoView {
    let item = |event: EventView| {
        let (icon, tone) = match event.verb.as_str() {
            "key.issue" => ("plus", "node ok"),
            "key.archive" => ("archive", "node"),
            _ => ("edit", "node"),
        };
        view! {
            <li>
                <span class=tone aria-hidden="true"><Icon name=icon/></span>
                <div><p><b>{event.what}</b></p><span class="sub"><Moment when=event.at/>" \u{b7} "<bdi>{event.actor}</bdi></span></div>
            </li>
        }
    };
    view! { <ol class="timeline">{events.into_iter().map(item).collect_view()}</ol> }
}
