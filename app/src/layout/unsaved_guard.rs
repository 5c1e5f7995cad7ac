//! What was typed is not lost: leaving asks first, and a form is sent only while its session goes on.

use leptos::{ev, prelude::*, task};

use crate::{browser, error::ApiError, routes, ui::closing::once_closed};

const KEPT: &str = "Nothing was sent, and nothing you typed is lost while this page stays open. Sign in in a new tab, come back, and \
                    send it again.";

/// Why a form waits; it is kept by the browser.
#[derive(Clone, Copy)]
pub(crate) struct UnsavedGuard {
    error_banner: RwSignal<Option<ApiError>>,
    busy: StoredValue<bool>,
}

impl UnsavedGuard {
    /// Nothing waits.
    pub(crate) fn new() -> Self {
        Self { error_banner: RwSignal::new(None), busy: StoredValue::new(false) }
    }

    /// Watches the forms of the page.
    pub(crate) fn start(self) {
        window_event_listener(ev::beforeunload, |event| {
            if browser::forms::has_unsaved() {
                event.prevent_default();
            }
        });
        window_event_listener(ev::submit, move |event| {
            if browser::forms::hold(&event) {
                self.send();
            }
        });
    }

    /// Sends the form if its session goes on; says so if not.
    fn send(self) {
        if self.busy.get_value() {
            return;
        }
        self.busy.set_value(true);
        task::spawn_local(async move {
            let visitor = crate::layout::visitor::visitor().await;
            self.busy.set_value(false);
            match visitor {
                Ok(_) => {
                    self.error_banner.set(None);
                    browser::forms::send_held();
                }
                Err(error) => self.error_banner.set(Some(error)),
            }
        });
    }
}

/// The dialog of a form that waits.
#[component]
pub(crate) fn Waiting(
    /// Why.
    guard: UnsavedGuard,
) -> impl IntoView {
    move || guard.error_banner.get().map(|error| view! { <Over guard error/> })
}

#[component]
fn Over(guard: UnsavedGuard, error: ApiError) -> impl IntoView {
    let dialog = NodeRef::new();
    Effect::new(move |_| browser::open(dialog));
    let is_over = error == ApiError::SignedOut;
    let (title, text) =
        if is_over { ("Your session is over", KEPT.to_owned()) } else { ("Not sent", error.to_string()) };
    view! {
        <dialog class="narrow" node_ref=dialog aria-labelledby="over-title" aria-describedby="over-text" on:close=once_closed(dialog, move || guard.error_banner.set(None))>
            <header class="row"><h2 id="over-title">{title}</h2></header>
            <div class="body"><p id="over-text">{text}</p></div>
            <footer class="row">
                <button class="btn quiet" type="button" on:click=move |_| browser::close(dialog)>"Back to the form"</button>
                <button class="btn" type="button" on:click=move |_| guard.send()>"Send again"</button>
                <a class="btn primary" href=routes::SIGN_IN target="_blank" hidden=!is_over>"Sign in in a new tab"</a>
            </footer>
        </dialog>
    }
}
