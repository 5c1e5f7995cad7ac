//! The only `web_sys` in the project: what islands ask of the browser. On the server these exist and are never called.

pub(crate) mod boxes;
pub(crate) mod filter;
pub(crate) mod forms;
pub(crate) mod live;
pub(crate) mod pair;
pub(crate) mod places;
pub(crate) mod scopes;
pub(crate) mod search;
pub(crate) mod switches;
pub(crate) mod times;

use std::time::Duration;

use leptos::{ev, html, prelude::*};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, Clipboard, Document, Element, FormData, HtmlAnchorElement, HtmlElement, HtmlInputElement,
    HtmlTextAreaElement, Url,
    js_sys::{Array, Reflect},
};

pub(crate) use crate::browser::places::{is_apple, places};

/// How long a button says "Copied".
pub(crate) const COPIED_FOR: Duration = Duration::from_secs(2);

/// A form's fields and values, in order.
pub(crate) fn pairs(form: NodeRef<html::Form>) -> Vec<(String, String)> {
    let data = form.get_untracked().and_then(|form| FormData::new_with_form(&form).ok());
    data.map(|data| pairs_of(&data)).unwrap_or_default()
}

fn pairs_of(data: &FormData) -> Vec<(String, String)> {
    let pair = |pair: JsValue| {
        let pair: Array = pair.unchecked_into();
        Some((pair.get(0).as_string()?, pair.get(1).as_string()?))
    };
    Array::from(&data.entries()).iter().filter_map(pair).collect()
}

/// The name of the control that an event comes from.
pub(crate) fn field_of(event: &ev::Event) -> String {
    let control = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    control.and_then(|control| control.get_attribute("name")).unwrap_or_default()
}

/// Opens a dialog over everything else. One that is open stays so.
pub(crate) fn open(dialog: NodeRef<html::Dialog>) {
    if let Some(dialog) = dialog.get_untracked()
        && !dialog.open()
    {
        _ = dialog.show_modal();
    }
}

/// Closes a dialog; what had the focus before it has it again.
pub(crate) fn close(dialog: NodeRef<html::Dialog>) {
    if let Some(dialog) = dialog.get_untracked() {
        dialog.close();
    }
}

/// Whether a dialog is open.
pub(crate) fn is_open(dialog: NodeRef<html::Dialog>) -> bool {
    dialog.get_untracked().is_some_and(|dialog| dialog.open())
}

/// Whether any dialog is open.
pub(crate) fn any_dialog() -> bool {
    find("dialog[open]").is_some()
}

/// Shows a popover.
pub(crate) fn pop_up(popover: NodeRef<html::Div>) {
    if let Some(popover) = popover.get_untracked() {
        _ = popover.show_popover();
    }
}

/// Hides a popover; what had the focus before it has it again.
pub(crate) fn pop_down(popover: NodeRef<html::Div>) {
    if let Some(popover) = popover.get_untracked() {
        _ = popover.hide_popover();
    }
}

/// Whether a popover is shown.
pub(crate) fn is_up(popover: NodeRef<html::Div>) -> bool {
    popover.get_untracked().is_some_and(|popover| popover.matches(":popover-open").unwrap_or_default())
}

/// Whether the event is about the dialog itself and nothing in it: for a mouse, its backdrop.
pub(crate) fn is_backdrop(event: &ev::MouseEvent) -> bool {
    event.target() == event.current_target()
}

/// Puts the focus on the first element of a selector.
pub(crate) fn focus(selector: &str) {
    if let Some(element) = find(selector) {
        _ = element.focus();
    }
}

/// Writes a text into the first element of a selector.
pub(crate) fn set_text(selector: &str, text: &str) {
    if let Some(element) = find(selector) {
        element.set_text_content(Some(text));
    }
}

/// Follows the first link of a selector.
pub(crate) fn follow(selector: &str) {
    if let Some(element) = find(selector) {
        element.click();
    }
}

/// Moves the focus from link to link of a table's rows. From elsewhere it goes to the first row.
pub(crate) fn step(rows: &str, forward: bool) {
    let Ok(list) = document().query_selector_all(rows) else { return };
    let rows = Array::from(&list);
    let here = document().active_element();
    let inside = |row: &JsValue| row.unchecked_ref::<Element>().contains(here.as_ref().map(AsRef::as_ref));
    let place = rows.iter().position(|row| inside(&row));
    let next = match place {
        None => Some(0),
        Some(place) if forward => Some(place + 1),
        Some(place) => place.checked_sub(1),
    };
    let row = next.and_then(|next| rows.iter().nth(next));
    if let Some(Ok(Some(link))) = row.map(|row| row.unchecked_ref::<Element>().query_selector("a")) {
        _ = link.unchecked_ref::<HtmlElement>().focus();
    }
}

/// Selects all of an element's text, for a copy by hand.
pub(crate) fn select(selector: &str) {
    let Some(element) = find(selector) else { return };
    _ = element.focus();
    match element.dyn_ref::<HtmlInputElement>() {
        Some(input) => input.select(),
        None => {
            if let Ok(Some(selection)) = window().get_selection() {
                _ = selection.select_all_children(&element);
            }
        }
    }
}

/// Copies, and says whether that was possible. Pages on plain HTTP have no clipboard, which `web_sys` takes for granted.
pub(crate) async fn copy(text: &str) -> bool {
    match Reflect::get(&window().navigator(), &JsValue::from_str("clipboard")) {
        Ok(found) if !found.is_undefined() => {
            JsFuture::from(found.unchecked_into::<Clipboard>().write_text(text)).await.is_ok()
        }
        _ => false,
    }
}

/// What to press to copy what is selected.
pub(crate) fn copy_hint() -> &'static str {
    if is_apple() { "Press \u{2318}C to copy" } else { "Press Ctrl+C to copy" }
}

/// Adds a line to what is typed in a text area.
pub(crate) fn add_line(selector: &str, line: &str) {
    let Some(Ok(area)) = find(selector).map(JsCast::dyn_into::<HtmlTextAreaElement>) else { return };
    let typed = area.value();
    let there = typed.trim_end();
    if !there.lines().any(|other| other.trim() == line) {
        area.set_value(&if there.is_empty() { line.to_owned() } else { format!("{there}\n{line}") });
    }
}

/// Ticks just those boxes of a selector that have one of these values.
pub(crate) fn tick(boxes: &str, values: &[String]) {
    let Ok(list) = document().query_selector_all(boxes) else { return };
    for element in Array::from(&list).iter() {
        let tick: HtmlInputElement = element.unchecked_into();
        tick.set_checked(values.contains(&tick.value()));
    }
}

/// Saves a text as a file. Its address is forgotten as soon as the browser has surely begun.
pub(crate) fn download(file: &str, text: &str) {
    let parts = Array::of1(&JsValue::from_str(text));
    let url = Blob::new_with_str_sequence(&parts).and_then(|blob| Url::create_object_url_with_blob(&blob));
    let (Ok(url), Ok(link)) = (url, document().create_element("a")) else { return };
    let link: HtmlAnchorElement = link.unchecked_into();
    link.set_href(&url);
    link.set_download(file);
    link.click();
    let forget = move || _ = Url::revoke_object_url(&url);
    set_timeout(forget, Duration::from_secs(1));
}

/// Loads the page anew.
pub(crate) fn reload() {
    _ = location().reload();
}

/// Adds a step to the history that leads nowhere: Back undoes it, and can be asked about.
pub(crate) fn push_step() {
    if let Ok(history) = window().history() {
        _ = history.push_state(&JsValue::NULL, "");
    }
}

/// Takes back the step and puts another page in the place of this one.
pub(crate) fn leave_step(path: String) {
    let go = move || _ = location().replace(&path);
    let late = go.clone();
    window_event_listener(ev::popstate, move |_| go());
    _ = window().history().and_then(|history| history.back());
    // A browser that dropped the step from its history says nothing.
    set_timeout(late, Duration::from_millis(500));
}

/// Whether a click is for the page: not for a new tab or window, and nobody took it before.
pub(crate) fn is_plain(event: &ev::MouseEvent) -> bool {
    event.button() == 0
        && !(event.default_prevented() || event.ctrl_key() || event.meta_key() || event.alt_key() || event.shift_key())
}

/// Whether a key is for the page: no shortcut of the browser's, and nobody is typing.
pub(crate) fn is_command(event: &ev::KeyboardEvent) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<HtmlElement>().ok());
    let typing = target.is_some_and(|target| {
        target.is_content_editable()
            || target.matches("input:not([type=checkbox], [type=radio]), textarea, select").unwrap_or_default()
    });
    !(typing || event.default_prevented() || event.ctrl_key() || event.meta_key() || event.alt_key())
}

/// An element of the page outside of the islands.
pub(crate) struct ElementRef(HtmlElement);

impl ElementRef {
    /// What was clicked on, if it is in an element of the selector.
    pub(crate) fn clicked(event: &ev::MouseEvent, selector: &str) -> Option<Self> {
        let target = event.target()?.dyn_into::<Element>().ok()?;
        Some(Self(target.closest(selector).ok()??.unchecked_into()))
    }

    /// The value of an attribute; empty when there is none.
    pub(crate) fn attribute(&self, name: &str) -> String {
        self.0.get_attribute(name).unwrap_or_default()
    }

    /// Puts the focus where it should return to after a dialog: on it, or, as its menu is closed, on the menu's button.
    pub(crate) fn take_focus(&self) {
        _ = self.0.focus();
        if let Ok(Some(menu)) = self.0.closest("[popover]") {
            _ = menu.unchecked_ref::<HtmlElement>().hide_popover();
        }
    }

    /// Lets its icon be a tick for two seconds.
    pub(crate) fn tick(&self) {
        let Ok(Some(icon)) = self.0.query_selector("use") else { return };
        let classes = self.0.class_list();
        if classes.contains("done") {
            return;
        }
        let before = icon.get_attribute("href").unwrap_or_default();
        _ = classes.add_1("done");
        _ = icon.set_attribute("href", "/icons.svg#i-check");
        let restore = move || {
            _ = classes.remove_1("done");
            _ = icon.set_attribute("href", &before);
        };
        set_timeout(restore, COPIED_FOR);
    }
}

/// Marks the document: what needs its islands can count on them from now on.
pub(crate) fn say_alive() {
    if let Some(root) = document().document_element() {
        _ = root.set_attribute("data-alive", "");
    }
}

/// Shows what is of no use without JavaScript.
pub(crate) fn reveal(selector: &str) {
    reveal_in(&document(), selector);
}

/// Writes the instants of the page as they stand now; the server's clock is ahead by so much.
pub(crate) fn tell_times(skew: i64) {
    crate::browser::times::tell_times(&document(), skew);
}

fn reveal_in(document: &Document, selector: &str) {
    let Ok(list) = document.query_selector_all(selector) else { return };
    for element in Array::from(&list).iter() {
        _ = element.unchecked_ref::<Element>().remove_attribute("hidden");
    }
}

fn all(selector: &str) -> Vec<Element> {
    let list = document().query_selector_all(selector).ok();
    list.map(|list| Array::from(&list).iter().map(JsCast::unchecked_into).collect()).unwrap_or_default()
}

fn find(selector: &str) -> Option<HtmlElement> {
    document().query_selector(selector).ok()?.map(JsCast::unchecked_into)
}
