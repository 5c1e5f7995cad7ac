//! The search of a list, whose address follows what is typed.

use leptos::{ev, prelude::*};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    Element, FormData, HtmlFormElement,
    js_sys::{JsString, RegExp},
};

use crate::browser::{find, pairs_of};

const FORM: &str = "form:has([data-search])";

/// Whether the page has one.
pub(crate) fn is_there() -> bool {
    find(FORM).is_some()
}

/// Calls back for every letter that is typed into it, and when it is sent, which then is not.
pub(crate) fn on_search(typed: impl Fn() + 'static, sent: impl Fn() + 'static) {
    let is_in = |event: &ev::Event| {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        target.is_some_and(|target| target.closest(FORM).is_ok_and(|form| form.is_some()))
    };
    window_event_listener(ev::input, move |event| {
        if is_in(&event) {
            typed();
        }
    });
    window_event_listener(ev::submit, move |event| {
        if is_in(&event) {
            event.prevent_default();
            sent();
        }
    });
}

/// As [`model::token::without_secrets`], by what the browser has for it: a key that was pasted stays out of the address.
fn without_secrets(value: &str) -> String {
    let secret = RegExp::new("[_.]*[0-9A-Za-z]{32}\\S*", "g");
    JsString::from(value).replace_by_pattern(&secret, "").trim().into()
}

/// Makes the search the page's address. Says whether it was another one.
pub(crate) fn moved() -> bool {
    let Some(Ok(form)) = find(FORM).map(JsCast::dyn_into::<HtmlFormElement>) else { return false };
    let Ok(data) = FormData::new_with_form(&form) else { return false };
    let pairs = pairs_of(&data).into_iter().map(|(name, value)| (name, without_secrets(&value)));
    let pairs = pairs.filter(|(_, value)| !value.is_empty());
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let path = location().pathname().unwrap_or_default();
    let address = if query.is_empty() { path.clone() } else { format!("{path}?{query}") };
    let here = format!("{path}{}", location().search().unwrap_or_default());
    let is_other = address != here;
    if is_other && let Ok(history) = window().history() {
        _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&address));
    }
    is_other
}
