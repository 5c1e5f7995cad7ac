//! The button that switches a key off, or on again: a form of its own, since it changes something.

use leptos::prelude::*;

use crate::{routes, ui::icon::Icon};

/// What the button of a key offers: where to, its icon and its words.
pub(crate) fn switch_face(is_on: bool) -> (&'static str, &'static str, &'static str) {
    if is_on { ("off", "off", "Switch off") } else { ("on", "play", "Switch on") }
}

/// Switches a key to the other state.
#[component]
pub(crate) fn Switch(
    /// The key's id.
    id: String,
    /// Whether it is on now.
    is_on: bool,
    /// How it looks: `btn`, or `item` in a menu.
    class: &'static str,
) -> impl IntoView {
    let (to, icon, words) = switch_face(is_on);
    view! {
        <form method="post" action=routes::switch_key(&id) data-switch=id.clone()>
            <input type="hidden" name="to" value=to/>
            <button class=class><Icon name=icon/>{words}</button>
        </form>
    }
}
