//! The filter of a long table: `input[data-filter]` names its rows, `[data-filtered]` says what was found. What is hidden
//! stays as it is, ticked or not.

use leptos::ev;
use wasm_bindgen::JsCast;
use web_sys::{HtmlInputElement, js_sys::JsString};

use crate::browser::{all, boxes, set_text};

/// Hides the rows that do not hold what is typed, if the event comes from a filter. Says whether it did.
pub(crate) fn apply(event: &ev::Event) -> bool {
    let input = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
    let Some((input, rows)) = input.and_then(|input| Some((input.clone(), input.get_attribute("data-filter")?))) else {
        return false;
    };
    let lower = |text: &str| JsString::from(text).to_lower_case();
    let wanted = String::from(lower(input.value().trim()));
    let (mut found, mut of) = (0, 0);
    for row in all(&rows) {
        let is_found = lower(&row.text_content().unwrap_or_default()).includes(&wanted, 0);
        _ = row.toggle_attribute_with_force("hidden", !is_found);
        of += 1;
        found += i32::from(is_found);
    }
    let ticked = match boxes::count(&format!("{rows}[hidden] :checked")) {
        0 => String::new(),
        ticked => format!(" Ticked and hidden: {ticked}."),
    };
    let says = match found {
        0 => format!("Nothing matches. Clear the field to see all.{ticked}"),
        found if found == of => String::new(),
        found => format!("{found} of {of} match.{ticked}"),
    };
    set_text("[data-filtered]", &says);
    true
}
