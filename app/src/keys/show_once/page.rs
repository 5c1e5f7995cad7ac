//! The page that shows a secret once, as the answer to a plain form. It is plain HTML: an island's properties would carry
//! the secret a second time. Its one script copies and hides the secret, and asks before the page is left.

use std::sync::Arc;

use leptos::prelude::*;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{
    document::Document,
    keys::{
        issued_secret::{ENV_NAME, IssuedSecret},
        view::KeyView,
    },
    layout::{head::PageHead, page::Loaded},
    routes,
    ui::icon::Icon,
};

/// The mark of a form that makes a key: the one it came with, or a new one.
pub(crate) fn mark(came_with: &str) -> String {
    match use_context::<Document>() {
        Some(document) if came_with.is_empty() => document.mark,
        _ => came_with.to_owned(),
    }
}

/// The answer to a form that was posted again: a double click, or a reload of the page that showed the secret.
#[component]
pub(crate) fn Already(id: String) -> impl IntoView {
    let show = move |view: KeyView| {
        let KeyView { row, archived, may_write, .. } = view;
        let rotate =
            (archived.is_none() && row.status.of.works() && may_write).then(|| routes::rotate_key(&row.mask.id));
        view! {
            <div class="empty stack center">
                <h1>"This form was sent already"</h1>
                <p>"It made the key "<a class="link" href=routes::key(&row.mask.id)><bdi>{row.name}</bdi></a>" the first time. A second one was not made."</p>
                <p class="muted">"Its secret was shown once, then, and nobody can show it again. If you did not store it, rotate the key: its successor has a new secret."</p>
                <div class="row center">
                    <a class="btn primary" href=routes::key(&row.mask.id)>"Go to the key"</a>
                    {rotate.map(|rotate| view! { <a class="btn" href=rotate><Icon name="rotate"/>"Rotate\u{2026}"</a> })}
                    <a class="btn" href=routes::NEW_KEY>"Create another key"</a>
                </div>
            </div>
        }
    };
    view! { <Loaded title="Sent already" current=routes::KEYS load=crate::keys::detail::load::show_key(id) show/> }
}

/// The answer to the plain form: the secret, once.
#[component]
pub(crate) fn Stored(once: Arc<IssuedSecret>) -> impl IntoView {
    let show = move |()| view! { <StoreNow once/> };
    view! { <Loaded title="Store this key now" current=routes::KEYS load=async { Ok(()) } show/> }
}

#[component]
fn StoreNow(once: Arc<IssuedSecret>) -> impl IntoView {
    let file = format!("data:text/plain;charset=utf-8,{}", percent(&once.env()));
    view! {
        <PageHead title="Store this key now" is_focused=true/>
        <div class="stack ask" id="once">
            <p class="muted">
                <b class="on"><bdi>{once.name.clone()}</bdi></b> " works from now. Nobody can show its secret again, owners included."
            </p>
            <div class="field">
                <div class="row">
                    <span class="label" id="once-label">"Token"</span>
                    <a class="btn end" download=format!("{}.env", once.name) href=file><Icon name="download"/>"Download .env"</a>
                </div>
                <div class="code-box secret" role="group" aria-labelledby="once-label" aria-describedby="once-hint">
                    <code translate="no" id="once-token">{once.token.clone()}</code>
                    <button class="btn quiet square" type="button" id="once-show" aria-label="Show the key" aria-pressed="true" hidden><Icon name="eye"/></button>
                    <button class="btn" type="button" id="once-copy" hidden>"Copy key"</button>
                </div>
                <span class="muted" id="once-hint">"A click selects all of it, to copy."</span>
                <span class="is-warn" id="once-said" role="status"></span>
            </div>
            {once.pair().map(|(id, secret)| view! { <Pair id=id.to_owned() secret=secret.to_owned()/> })}
            <div class="field">
                <span class="label" id="once-test">"Test it"</span>
                <div class="code-box" role="group" aria-labelledby="once-test"><pre tabindex="0"><code translate="no">{once.curl()}</code></pre></div>
                <span class="muted">{format!("It reads the key from the variable {ENV_NAME}, as the .env file sets it.")}</span>
            </div>
            {(!once.docs.is_empty()).then(|| view! {
                <p><a class="link" href=once.docs.clone() target="_blank" rel="noreferrer">"API documentation"</a></p>
            })}
            <form class="row" method="get" action=routes::key(&once.id) id="once-done">
                <label class="row nowrap tick grow"><input type="checkbox" required/>"I have stored this key"</label>
                <button class="btn primary">"Done"</button>
            </form>
        </div>
        <script src="/once.js" defer></script>
    }
}

/// The token as two values, folded away: most systems take it as it is.
#[component]
fn Pair(id: String, secret: String) -> impl IntoView {
    view! {
        <details class="fold">
            <summary class="row"><Icon name="chevron"/><b>"As two values"</b><span class="muted end">"id and secret"</span></summary>
            <div class="stack">
                <p class="muted">"For systems that ask for a name and a password, as HTTP Basic does. The token above holds both."</p>
                <div class="field">
                    <span class="label" id="pair-id-label">"API key (id)"</span>
                    <div class="code-box whole" role="group" aria-labelledby="pair-id-label"><code translate="no" id="pair-id">{id}</code></div>
                </div>
                <div class="field">
                    <span class="label" id="pair-secret-label">"API secret"</span>
                    <div class="code-box whole" role="group" aria-labelledby="pair-secret-label"><code translate="no" id="pair-secret">{secret}</code></div>
                </div>
            </div>
        </details>
    }
}

/// What a URL takes as it is (RFC 3986, 2.3); everything else is encoded.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A text in a URL.
fn percent(text: &str) -> String {
    utf8_percent_encode(text, UNRESERVED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_in_a_link_keeps_every_byte() {
        assert_eq!(percent("KEYWARD_KEY=kw_a-b\n"), "KEYWARD_KEY%3Dkw_a-b%0A");
        assert_eq!(percent("é#"), "%C3%A9%23");
    }
}
