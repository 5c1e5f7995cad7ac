//! The dialog that shows a new key's secret, once. It lives in one signal and in this dialog's nodes, nowhere else; both
//! are emptied before the page is left. Every way out asks first, and none is closed for good.

pub(crate) mod held;
pub(crate) mod leave;
#[cfg(feature = "ssr")]
pub(crate) mod page;
pub(crate) mod pair;
pub(crate) mod token;

use leptos::{ev, html, prelude::*, task};

use crate::{
    browser,
    keys::show_once::{
        held::Held,
        leave::Leave,
        pair::Pair,
        token::{Test, Token},
    },
    routes,
    ui::{copied::Copied, icon::Icon},
};

/// The dialog. `once` is `Some` while it exists.
#[component]
pub(crate) fn OnceDialog(once: Held) -> impl IntoView {
    let (dialog, confirm) = (NodeRef::new(), NodeRef::new());
    let stored = RwSignal::new(false);
    let copied = Copied::new();
    let by_hand = move || {
        !matches!(
            copied.text(),
            "" | crate::keys::show_once::token::KEY
                | crate::keys::show_once::token::COMMAND
                | crate::keys::show_once::pair::ID
                | crate::keys::show_once::pair::SECRET
        )
    };
    let name = once.with_untracked(|once| once.as_ref().map(|once| once.name.clone())).unwrap_or_default();
    let ask = move || browser::open(confirm);
    let finish = move || finish(once);
    Effect::new(move |_| {
        browser::open(dialog);
        browser::push_step();
    });
    guard(once, confirm);
    // A browser that closes it all the same finds it open again.
    let reopen = move |_| {
        browser::open(dialog);
        ask();
    };
    view! {
        <dialog node_ref=dialog closedby="none" aria-labelledby="once-title" aria-describedby="once-text"
            on:cancel=move |event: ev::Event| { event.prevent_default(); ask() } on:close=reopen
            on:mousedown=move |event: ev::MouseEvent| if browser::is_backdrop(&event) { event.prevent_default(); ask() }>
            <header class="row nowrap">
                <h2 id="once-title">"Store this key now"</h2>
                <button class="btn quiet end square" type="button" aria-label="Close" on:click=move |_| ask()><Icon name="x"/></button>
            </header>
            <div class="body stack">
                <p class="muted" id="once-text">
                    <b class="on"><bdi>{name.clone()}</bdi></b> " works from now. Nobody can show its secret again, owners included."
                </p>
                <Token once copied/>
                <p class=move || if by_hand() { "is-warn" } else { "hide" } role="status">{move || copied.text()}</p>
                <Pair once copied/>
                <Test once copied/>
                <Docs once/>
            </div>
            <footer class="row">
                <label class="row nowrap tick grow">
                    <input type="checkbox" on:change=move |event| stored.set(event_target_checked(&event))/>
                    "I have stored this key"
                </label>
                <button class="btn primary" type="button" disabled=move || !stored.get() on:click=move |_| finish()>"Done"</button>
            </footer>
        </dialog>
        <Leave node=confirm name leave=move || finish()/>
    }
}

/// Where the API that the key opens is documented.
#[component]
fn Docs(once: Held) -> impl IntoView {
    let docs = once.with_untracked(|once| once.as_ref().map(|once| once.docs.clone())).unwrap_or_default();
    (!docs.is_empty()).then(|| {
        view! {
            <p><a class="link" href=docs target="_blank" rel="noreferrer">"API documentation"</a></p>
        }
    })
}

/// Lets go of the secret, then goes to the key's page. The nodes that showed it are gone with the next tick.
fn finish(once: Held) {
    let Some(id) = once.with_untracked(|once| once.as_ref().map(|once| once.id.clone())) else { return };
    once.set(None);
    task::spawn_local(async move {
        task::tick().await;
        browser::leave_step(routes::key(&id));
    });
}

/// Watches the ways out that are not in the dialog: Escape, Back, and leaving the page. A page that is left all the same
/// keeps no secret for a browser that brings it back.
fn guard(once: Held, confirm: NodeRef<html::Dialog>) {
    let held = move || once.with_untracked(Option::is_some);
    let escape = move |event: ev::KeyboardEvent| {
        if event.key() != "Escape" {
            return;
        }
        // Taken as a key, it never becomes a request to close, which a browser grants the second time.
        event.prevent_default();
        if event.repeat() {
            return;
        }
        if browser::is_open(confirm) { browser::close(confirm) } else { browser::open(confirm) }
    };
    let back = move |_| {
        if held() {
            browser::push_step();
            browser::open(confirm);
        }
    };
    let listeners = [
        window_event_listener(ev::keydown, escape),
        window_event_listener(ev::popstate, back),
        window_event_listener(ev::beforeunload, move |event| {
            if held() {
                event.prevent_default();
            }
        }),
        window_event_listener(ev::pagehide, move |_| once.set(None)),
    ];
    on_cleanup(move || listeners.into_iter().for_each(WindowListenerHandle::remove));
}
