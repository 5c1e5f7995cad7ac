//! What a form's POST did, on the page it led to. Without JavaScript it stands at the top of the page; with it, it is a
//! toast from the start, which the page's actions take over.

use leptos::prelude::*;

use crate::{flash::Flash, routes};

/// The sentence, and the form that takes it back.
#[component]
pub(crate) fn FlashNote(
    /// What was done.
    said: Flash,
) -> impl IntoView {
    let undo = said.undo();
    let (key, to_on) = (undo.map(|(key, _)| key.to_string()), undo.is_some_and(|(_, on)| on));
    let form = undo.map(|(key, on)| {
        view! {
            <form method="post" action=routes::switch_key(key.as_str())>
                <input type="hidden" name="to" value=if on { "on" } else { "off" }/>
                <button class="btn quiet">"Undo"</button>
            </form>
        }
    });
    view! {
        <div class="said" data-said=said.words() data-undo=key data-undo-on=to_on role="status">
            <div class="toast row nowrap"><span class="grow">{said.words()}</span>{form}</div>
        </div>
    }
}
