//! The ticks of the list: how many there are, and all at once.

use leptos::{ev, prelude::*};

use crate::browser;

/// The boxes in the rows.
const BOXES: &str = "input[name=key][form=bulk]";

/// Ticks all rows of the page, or none.
#[island]
pub(crate) fn SelectAll() -> impl IntoView {
    let (ticked, all) = watch();
    let whole = move || ticked.get() > 0 && ticked.get() == all.get();
    let partly = move || ticked.get() > 0 && ticked.get() < all.get();
    let turn = move |event: ev::Event| browser::boxes::tick_all(BOXES, event_target_checked(&event));
    view! {
        <label class="hit scripted">
            <input type="checkbox" prop:checked=whole prop:indeterminate=partly on:change=turn/>
            <span class="hide">"Select all on this page"</span>
        </label>
    }
}

/// How many rows are ticked, and the way to tick none.
#[island]
pub(crate) fn Selected() -> impl IntoView {
    let (ticked, _) = watch();
    // The bar goes with the ticks; the focus does not.
    let clear = move |_| {
        browser::boxes::tick_all(BOXES, false);
        browser::focus("tr[data-row] th a");
    };
    view! {
        <b aria-live="polite">{move || match ticked.get() {
            0 => "Ticked keys".to_owned(),
            count => format!("{count} selected"),
        }}</b>
        <button class="btn quiet square scripted" type="button" aria-label="Clear selection" on:click=clear>
            <crate::ui::icon::Icon name="x"/>
        </button>
    }
}

/// How many boxes are ticked, of how many; followed as they change.
fn watch() -> (RwSignal<usize>, RwSignal<usize>) {
    let (ticked, all) = (RwSignal::new(0), RwSignal::new(0));
    Effect::new(move |_| {
        let count = move || {
            _ = ticked.try_set(browser::boxes::count(&format!("{BOXES}:checked")));
            _ = all.try_set(browser::boxes::count(BOXES));
        };
        count();
        window_event_listener(ev::change, move |_| count());
    });
    (ticked, all)
}
