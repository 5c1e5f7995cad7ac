//! Boxes to tick, wherever they stand.

use leptos::prelude::document;
use wasm_bindgen::JsCast;
use web_sys::{Event, EventInit, HtmlInputElement, js_sys::Array};

/// How many elements of the page a selector finds.
pub(crate) fn count(selector: &str) -> usize {
    document().query_selector_all(selector).map_or(0, |list| list.length() as usize)
}

/// Ticks all boxes of a selector, or none; whoever follows them hears of it once.
pub(crate) fn tick_all(selector: &str, ticked: bool) {
    let Ok(list) = document().query_selector_all(selector) else { return };
    let boxes = Array::from(&list);
    for element in boxes.iter() {
        element.unchecked_into::<HtmlInputElement>().set_checked(ticked);
    }
    let rising = EventInit::new();
    rising.set_bubbles(true);
    if let (Ok(event), Ok(first)) =
        (Event::new_with_event_init_dict("change", &rising), boxes.get(0).dyn_into::<HtmlInputElement>())
    {
        _ = first.dispatch_event(&event);
    }
}
