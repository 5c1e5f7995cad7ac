//! The page by keyboard: one key, one act; `g` and a letter for a page of the sidebar. Letters are for whoever is not
//! typing and has no dialog open.

use std::time::Duration;

use leptos::{ev, prelude::*};

use crate::{browser, routes};

/// How long `g` waits for its letter.
const GO: Duration = Duration::from_millis(1500);

/// A row of the list, and what is in it.
const ROW: &str = "tr[data-row]";
const ROW_EDIT: &str = "a[data-edit], a[href$=\"/edit\"]";
/// The bar of a chart that has the focus, and all bars of that chart.
const BAR: &str = "[data-bars] a:focus";
const BARS: &str = "[data-bars]:focus-within li";
const PAGE_EDIT: &str = "a[data-edit]:not(tr *)";

/// What keys open, and what was pressed before.
#[derive(Clone, Copy)]
pub(crate) struct Keyboard {
    /// The list of keys.
    pub(crate) help: RwSignal<bool>,
    /// The palette.
    pub(crate) palette: RwSignal<bool>,
    going: StoredValue<Option<TimeoutHandle>>,
}

impl Keyboard {
    /// Nothing is open.
    pub(crate) fn new() -> Self {
        Self { help: RwSignal::new(false), palette: RwSignal::new(false), going: StoredValue::new(None) }
    }

    /// One key.
    pub(crate) fn press(self, event: &ev::KeyboardEvent) {
        let key = event.key();
        if (event.ctrl_key() || event.meta_key()) && !event.alt_key() && !event.shift_key() && key == "k" {
            // The browser's own search must not open over a page, whatever is open on it.
            event.prevent_default();
            if self.palette.get_untracked() || !browser::any_dialog() {
                self.palette.update(|open| *open = !*open);
            }
            return;
        }
        if key == "ArrowDown" && browser::places::has("[data-search]:focus") {
            event.prevent_default();
            return browser::step(ROW, true);
        }
        if !browser::is_command(event) || browser::any_dialog() {
            return;
        }
        if let Some(timer) = self.going.try_update_value(Option::take).flatten() {
            timer.clear();
            if let Some(place) = browser::places::place_with(&key) {
                event.prevent_default();
                browser::places::go(&place.href);
                return;
            }
        }
        match key.as_str() {
            "/" if browser::places::has("[data-search]") => browser::focus("[data-search]"),
            "/" => browser::places::go(&format!("{}#search", routes::KEYS)),
            "c" if browser::places::has("a[data-create]") => browser::follow("a[data-create]"),
            // Whoever may not create keys has no button for it on the list, either.
            "c" => browser::places::go(routes::NEW_KEY),
            "j" => browser::step(ROW, true),
            "k" => browser::step(ROW, false),
            "x" => _ = browser::places::click_in_row("input[name=key]"),
            "e" => {
                if !browser::places::click_in_row(ROW_EDIT) {
                    browser::follow(PAGE_EDIT);
                }
            }
            "g" => {
                let forget = move || _ = self.going.try_update_value(Option::take);
                self.going.set_value(set_timeout_with_handle(forget, GO).ok());
            }
            "?" => self.help.set(true),
            "ArrowLeft" if browser::places::has(BAR) => browser::step(BARS, false),
            "ArrowRight" if browser::places::has(BAR) => browser::step(BARS, true),
            _ => return,
        }
        event.prevent_default();
    }
}
