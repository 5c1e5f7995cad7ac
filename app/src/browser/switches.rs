//! The forms that switch a key, in place: what is sent, how the key is shown meanwhile, and what the forms offer then.

use leptos::ev;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, HtmlFormElement, HtmlInputElement, js_sys::Array};

use crate::browser::all;

/// What a form that switches a key asks for: its id, and whether to switch it on. The menu it stands in closes.
pub(crate) fn asked_switch(event: &ev::SubmitEvent) -> Option<(String, bool)> {
    let form: HtmlFormElement = event.target()?.dyn_into().ok()?;
    let id = form.get_attribute("data-switch")?;
    let to: HtmlInputElement = form.query_selector("[name=to]").ok()??.unchecked_into();
    if let Ok(Some(menu)) = form.closest("[popover]") {
        _ = menu.unchecked_ref::<HtmlElement>().hide_popover();
    }
    Some((id, to.value() == "on"))
}

/// How a key was shown before.
pub(crate) struct Before(Vec<(Element, String)>);

impl Before {
    /// Shows it so again.
    pub(crate) fn restore(self) {
        for (element, html) in self.0 {
            element.set_inner_html(&html);
        }
    }
}

/// Shows a key's state, wherever the page does: tone, icon, word and advice.
pub(crate) fn show_state(id: &str, (tone, icon, word, advice): (&str, &str, &str, String)) -> Before {
    let mut before = Vec::new();
    for place in all(&format!("[data-live=\"state-{id}\"]")) {
        let Ok(Some(shown)) = place.query_selector(".status, .pill") else { continue };
        before.push((place.clone(), place.inner_html()));
        let look = if shown.class_list().contains("pill") { "chip pill" } else { "status" };
        shown.set_class_name(&format!("{look} {tone}"));
        _ = shown.set_attribute("title", &advice);
        relabel(&shown, icon, word);
    }
    Before(before)
}

/// Has the forms offer the other direction: what they send, its icon and its words.
pub(crate) fn offer(id: &str, to: &str, icon: &str, words: &str) {
    for form in all(&format!("form[data-switch=\"{id}\"]")) {
        if let Ok(Some(input)) = form.query_selector("[name=to]") {
            input.unchecked_ref::<HtmlInputElement>().set_value(to);
        }
        if let Ok(Some(button)) = form.query_selector("button") {
            relabel(&button, icon, words);
        }
    }
}

/// Another icon, and other words behind it.
fn relabel(element: &Element, icon: &str, words: &str) {
    if let Ok(Some(shape)) = element.query_selector("use") {
        _ = shape.set_attribute("href", &format!("/icons.svg#i-{icon}"));
    }
    let nodes = Array::from(&element.child_nodes());
    let text = nodes
        .iter()
        .map(JsCast::unchecked_into::<web_sys::Node>)
        .find(|node| node.node_type() == web_sys::Node::TEXT_NODE);
    if let Some(text) = text {
        text.set_node_value(Some(words));
    }
}

/// What the page came with about what a form did, and the key to switch back with whether on, if it can be taken back. It
/// is shown otherwise from now on.
pub(crate) fn take_said() -> Option<(String, Option<(String, bool)>)> {
    let element = crate::browser::find("[data-said]")?;
    element.remove();
    let undo = element.get_attribute("data-undo").map(|key| (key, element.has_attribute("data-undo-on")));
    Some((element.get_attribute("data-said")?, undo))
}
