//! The button that switches a key off, or on again: a form of its own, since it changes something.

use leptos::prelude::*;

use super::Icon;
use crate::routes;

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
    let (to, words) = if is_on { ("off", "Switch off") } else { ("on", "Switch on") };
    view! {
        <form method="post" action=routes::switch_key(&id)>
            <input type="hidden" name="to" value=to/>
            <button class=class><Icon name=if is_on { "off" } else { "play" }/>{words}</button>
        </form>
    }
}
