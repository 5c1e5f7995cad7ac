//! Instants in the viewer's zone. The server writes UTC; the browser knows where it is.

use leptos::prelude::*;
use model::time::{Timestamp, relative};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{
    Document, Element, MutationObserver, MutationObserverInit,
    js_sys::{Array, Date, Object, Reflect},
};

/// What two clocks may differ by before it is taken for a difference: a page needs a while to arrive.
const LEEWAY: i64 = 90_000;

/// This browser's time, in milliseconds.
pub(crate) fn here() -> i64 {
    whole(Date::now())
}

/// Milliseconds as the browser counts them.
#[expect(clippy::cast_possible_truncation, reason = "whole milliseconds, far below 2^53")]
fn whole(millis: f64) -> i64 {
    millis as i64
}

/// How far the server's clock is ahead of this browser's, when it is by more than a page's way takes.
pub(crate) fn clock_skew(server: i64) -> i64 {
    let skew = server - here();
    if skew.abs() > LEEWAY { skew } else { 0 }
}

/// Writes every instant of a document as it stands now: relative ones anew, others in the viewer's zone, named.
pub(crate) fn tell_times(document: &Document, skew: i64) {
    let now = Timestamp::from_millis(here() + skew);
    let Ok(list) = document.query_selector_all("[data-when]") else { return };
    for element in Array::from(&list).iter() {
        tell(element.unchecked_ref(), now);
    }
}

fn tell(element: &Element, now: Timestamp) {
    // A drawing's tooltip has no attribute for an instant.
    let at = ["datetime", "data-at"].into_iter().find_map(|name| element.get_attribute(name));
    let parsed = Date::parse(&at.unwrap_or_default());
    if parsed.is_nan() {
        return;
    }
    let (ago, full) = (relative(Timestamp::from_millis(whole(parsed)), now), full(parsed));
    let (text, title) = match element.get_attribute("data-when").as_deref() {
        Some("full") => (full, ago),
        Some("clock") => (clock(parsed), full),
        _ => (ago, full),
    };
    // The node stays, since an island may hold it.
    if let Some(node) = element.first_child()
        && node.node_value().as_deref() != Some(&text)
    {
        node.set_node_value(Some(&text));
    }
    if element.get_attribute("title").is_some_and(|old| old != title) {
        _ = element.set_attribute("title", &title);
    }
}

/// `14 Mar 2027, 23:59 CET`: the page's language, in the viewer's zone.
fn full(millis: f64) -> String {
    let day = [("day", "numeric"), ("month", "short"), ("year", "numeric"), ("timeZoneName", "short")];
    written(millis, &day).replace("Sept ", "Sep ")
}

/// `23:59`, in the viewer's zone.
fn clock(millis: f64) -> String {
    written(millis, &[])
}

fn written(millis: f64, more: &[(&str, &str)]) -> String {
    let options = Object::new();
    for (name, value) in more.iter().chain(&[("hour", "2-digit"), ("minute", "2-digit"), ("hourCycle", "h23")]) {
        _ = Reflect::set(&options, &(*name).into(), &(*value).into());
    }
    String::from(Date::new(&JsValue::from_f64(millis)).to_locale_string("en-GB", &options))
}

/// Calls back, once for a moment, when something was added to the page.
pub(crate) fn on_added(act: impl Fn() + Clone + 'static) {
    let waiting = StoredValue::new(false);
    let seen = Closure::<dyn Fn()>::new(move || {
        if !waiting.get_value() {
            waiting.set_value(true);
            let act = act.clone();
            request_animation_frame(move || {
                waiting.set_value(false);
                act();
            });
        }
    });
    let options = MutationObserverInit::new();
    options.set_child_list(true);
    options.set_subtree(true);
    // It lives as long as the page.
    if let (Ok(observer), Some(body)) = (MutationObserver::new(seen.into_js_value().unchecked_ref()), document().body())
    {
        _ = observer.observe_with_options(&body, &options);
    }
}
