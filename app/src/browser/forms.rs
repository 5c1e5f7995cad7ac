//! What was typed and not sent: `form[data-guard]` is asked about before the page is left.

use std::cell::RefCell;

use leptos::{ev, html, prelude::*};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{HtmlFormElement, HtmlInputElement, HtmlOptionElement, HtmlTextAreaElement, js_sys::Array};

use crate::browser::find;

const GUARDED: &str = "form[data-guard]";

/// Whether leaving would lose something: what a form of the page holds, or an act that is not over.
pub(crate) fn has_unsaved() -> bool {
    if find("[data-busy]").is_some() {
        return true;
    }
    let Ok(list) = document().query_selector_all(GUARDED) else { return false };
    Array::from(&list).iter().any(|form| is_changed(form.unchecked_ref()))
}

/// Whether a control differs from what the page came with, or the page came back with something to mend.
fn is_changed(form: &HtmlFormElement) -> bool {
    let Ok(list) =
        form.query_selector_all("input:not([type=hidden], [data-filter]), textarea, option, [aria-invalid=true]")
    else {
        return false;
    };
    Array::from(&list).iter().any(|control| differs(&control))
}

fn differs(control: &JsValue) -> bool {
    if let Some(input) = control.dyn_ref::<HtmlInputElement>() {
        let is_invalid = input.get_attribute("aria-invalid").is_some_and(|invalid| invalid == "true");
        return is_invalid
            || match input.type_().as_str() {
                "checkbox" | "radio" => input.checked() != input.default_checked(),
                _ => input.value() != input.default_value(),
            };
    }
    if let Some(area) = control.dyn_ref::<HtmlTextAreaElement>() {
        return area.default_value().is_ok_and(|before| area.value() != before);
    }
    // A list that names no choice shows its first, which is no change.
    control.dyn_ref::<HtmlOptionElement>().is_some_and(|option| {
        option.selected() != option.default_selected() && (option.default_selected() || option.index() > 0)
    })
}

thread_local! {
    /// The form that waits to be sent.
    static HELD: RefCell<Option<HtmlFormElement>> = const { RefCell::new(None) };
}

/// Holds back a form that the browser is about to send, if leaving it would have been asked about. Says whether it did.
pub(crate) fn hold(event: &ev::SubmitEvent) -> bool {
    let form = event.target().and_then(|target| target.dyn_into::<HtmlFormElement>().ok());
    let Some(form) = form.filter(|form| !event.default_prevented() && form.matches(GUARDED).unwrap_or(false)) else {
        return false;
    };
    event.prevent_default();
    HELD.set(Some(form));
    true
}

/// Sends what is held back. Nothing is asked: what was typed goes with it.
pub(crate) fn send_held() {
    if let Some(form) = HELD.take() {
        _ = form.remove_attribute("data-guard");
        _ = form.submit();
    }
}

/// What is typed into a form is safe: leaving it is no loss.
pub(crate) fn settle(form: NodeRef<html::Form>) {
    if let Some(form) = form.get_untracked() {
        _ = form.remove_attribute("data-guard");
    }
}
