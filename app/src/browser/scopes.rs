//! The locks of the table of scopes: each `[data-locked-in]` says why a scope cannot be granted in one tenant.

use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;

use crate::browser::all;

/// Locks the scopes that cannot be granted in this tenant, and opens the others.
pub(crate) fn lock(tenant: &str) {
    for why in all("[data-locked-in]") {
        let is_other = why.get_attribute("data-locked-in").is_none_or(|of| of != tenant);
        _ = why.toggle_attribute_with_force("hidden", is_other);
    }
    for lock in all("[data-lock]") {
        let Ok(Some(row)) = lock.closest("tr") else { continue };
        let is_open = row.query_selector("[data-locked-in]:not([hidden])").is_ok_and(|why| why.is_none());
        _ = lock.toggle_attribute_with_force("hidden", is_open);
        let Ok(list) = row.query_selector_all("[name=scope]") else { continue };
        for tick in web_sys::js_sys::Array::from(&list).iter() {
            tick.unchecked_into::<HtmlInputElement>().set_disabled(!is_open);
        }
    }
}
