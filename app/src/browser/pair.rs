//! What the page of request signing keys asks of the browser: a new pair, a place for its private half until sign-out, and files.

use leptos::{ev, html, prelude::*};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Crypto, CryptoKey, HtmlInputElement, Storage, SubtleCrypto,
    js_sys::{Array, Object, Reflect},
};

/// Before the names of all that is kept for a session.
const KEPT: &str = "keyward.pair.";

/// A new ECDSA P-256 pair made by the browser: `d`, `x` and `y` of its JWK (RFC 7518, 6.2), joined by dots. `None` where
/// it makes none: on pages of plain HTTP.
pub(crate) async fn new_pair() -> Option<String> {
    let member = |object: &JsValue, name: &str| Reflect::get(object, &JsValue::from_str(name)).ok();
    let crypto = window().crypto().ok()?;
    let subtle: SubtleCrypto = member(&crypto, "subtle").filter(JsValue::is_object)?.unchecked_into();
    let algorithm = Object::new();
    for (name, value) in [("name", "ECDSA"), ("namedCurve", "P-256")] {
        Reflect::set(&algorithm, &JsValue::from_str(name), &JsValue::from_str(value)).ok()?;
    }
    let uses = Array::of2(&JsValue::from_str("sign"), &JsValue::from_str("verify"));
    let pair = JsFuture::from(subtle.generate_key_with_object(&algorithm, true, &uses).ok()?).await.ok()?;
    let private: CryptoKey = member(&pair, "privateKey")?.unchecked_into();
    let jwk = JsFuture::from(subtle.export_key("jwk", &private).ok()?).await.ok()?;
    let text = |name| member(&jwk, name)?.as_string();
    Some([text("d")?, text("x")?, text("y")?].join("."))
}

/// So many bytes of the browser's generator, which is there on every page.
pub(crate) fn random() -> Option<[u8; 32]> {
    let crypto: Crypto = window().crypto().ok()?;
    let mut bytes = [0; 32];
    crypto.get_random_values_with_u8_array(&mut bytes).ok()?;
    Some(bytes)
}

/// Keeps a text in this tab, for this session, and says whether that was possible.
pub(crate) fn keep(session: &str, name: &str, text: &str) -> bool {
    storage().is_some_and(|storage| storage.set_item(&entry(session, name), text).is_ok())
}

/// What was kept.
pub(crate) fn kept(session: &str, name: &str) -> Option<String> {
    storage()?.get_item(&entry(session, name)).ok()?
}

/// Forgets what was kept for any other session.
pub(crate) fn forget_other_sessions(session: &str) {
    let Some(storage) = storage() else { return };
    let count = storage.length().unwrap_or_default();
    let names: Vec<String> = (0..count).filter_map(|place| storage.key(place).ok()?).collect();
    let ours = entry(session, "");
    for name in names.iter().filter(|name| name.starts_with(KEPT) && !name.starts_with(&ours)) {
        _ = storage.remove_item(name);
    }
}

fn entry(session: &str, name: &str) -> String {
    format!("{KEPT}{session}.{name}")
}

/// What is of this tab alone, and gone with it. A browser may be set to have none.
fn storage() -> Option<Storage> {
    window().session_storage().ok()?
}

/// The content of the file that was chosen, up to as much as a key may be. The same file can then be chosen again.
pub(crate) async fn file_text(event: ev::Event) -> Option<String> {
    const LONGEST: f64 = 65_536.0;
    let input: HtmlInputElement = event.target()?.dyn_into().ok()?;
    let file = input.files()?.get(0)?.slice_with_f64_and_f64(0.0, LONGEST).ok()?;
    input.set_value("");
    JsFuture::from(file.text()).await.ok()?.as_string()
}

/// What a field for several lines holds.
pub(crate) fn text_of(field: NodeRef<html::Textarea>) -> String {
    field.get_untracked().map(|field| field.value()).unwrap_or_default()
}

/// Puts a text in the place of what a field holds.
pub(crate) fn write_into(field: NodeRef<html::Textarea>, text: &str) {
    if let Some(field) = field.get_untracked() {
        field.set_value(text);
    }
}
