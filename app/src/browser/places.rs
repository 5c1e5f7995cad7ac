//! Where one can go from a page, read from the page itself: its sidebar, and what it offers to do.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, js_sys::Array};

use crate::browser::find;

/// The sidebar's links.
const SIDEBAR: &str = ".side a.item[href]";

/// Somewhere to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Its words.
    pub(crate) words: String,
    /// The address of its icon.
    pub(crate) icon: String,
    /// Its address.
    pub(crate) href: String,
}

/// The pages of the sidebar, in its order.
pub(crate) fn places() -> Vec<Place> {
    let list = document().query_selector_all(SIDEBAR).ok();
    let place = |link: Element| Place {
        words: link.text_content().unwrap_or_default().trim().to_owned(),
        icon: link.query_selector("use").ok().flatten().and_then(|icon| icon.get_attribute("href")).unwrap_or_default(),
        href: link.get_attribute("href").unwrap_or_default(),
    };
    list.map(|list| Array::from(&list).iter().map(|link| place(link.unchecked_into())).collect()).unwrap_or_default()
}

/// The first page of the sidebar whose words begin with this letter.
pub(crate) fn place_with(letter: &str) -> Option<Place> {
    let begins = |place: &Place| place.words.to_ascii_lowercase().starts_with(&letter.to_ascii_lowercase());
    (letter.chars().count() == 1).then(|| places().into_iter().find(begins))?
}

/// Whether the page has such an element.
pub(crate) fn has(selector: &str) -> bool {
    find(selector).is_some()
}

/// Goes to a page of ours.
pub(crate) fn go(href: &str) {
    _ = location().assign(href);
}

/// Clicks on what matches in the row that has the focus; says whether there was any.
pub(crate) fn click_in_row(selector: &str) -> bool {
    let row = document().active_element().and_then(|here| here.closest("tr[data-row]").ok()?);
    let found = row.and_then(|row| row.query_selector(selector).ok()?);
    if let Some(element) = &found {
        element.unchecked_ref::<HtmlElement>().click();
    }
    found.is_some()
}

/// Brings an element into view, where it is not.
pub(crate) fn bring(selector: &str) {
    if let Some(element) = find(selector) {
        let options = web_sys::ScrollIntoViewOptions::new();
        options.set_block(web_sys::ScrollLogicalPosition::Nearest);
        element.scroll_into_view_with_scroll_into_view_options(&options);
    }
}

/// Whether this is an Apple machine, whose command key does what Control does elsewhere.
pub(crate) fn is_apple() -> bool {
    window().navigator().platform().is_ok_and(|platform| platform.starts_with("Mac") || platform.starts_with("iP"))
}

/// How the keys that open the palette are called.
pub(crate) fn chord() -> &'static str {
    if is_apple() { "\u{2318}K" } else { "Ctrl K" }
}

/// Writes a text into every element that matches.
pub(crate) fn write_all(selector: &str, text: &str) {
    let Ok(list) = document().query_selector_all(selector) else { return };
    for element in Array::from(&list).iter() {
        element.unchecked_ref::<Element>().set_text_content(Some(text));
    }
}
