//! What was typed is not lost: leaving asks first, and a form is sent only while its session goes on.

use leptos::{ev, prelude::*, task};

use super::trouble::Trouble;
use crate::{api, browser, error::ApiError, routes};

/// Why a form waits; it is kept by the browser.
#[derive(Clone, Copy)]
pub(super) struct Guard {
    trouble: RwSignal<Option<ApiError>>,
    busy: RwSignal<bool>,
}

impl Guard {
    /// Nothing waits.
    pub(super) fn new() -> Self {
        Self { trouble: RwSignal::new(None), busy: RwSignal::new(false) }
    }

    /// Watches the forms of the page.
    pub(super) fn start(self) {
        window_event_listener(ev::beforeunload, |event| {
            if browser::has_unsaved() {
                event.prevent_default();
            }
        });
        window_event_listener(ev::submit, move |event| {
            if browser::hold(&event) {
                self.send();
            }
        });
    }

    /// Sends the form if its session goes on; says so if not.
    fn send(self) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        task::spawn_local(async move {
            let visitor = api::visitor().await;
            self.busy.set(false);
            match visitor {
                Ok(_) => {
                    self.trouble.set(None);
                    browser::send_held();
                }
                Err(error) => self.trouble.set(Some(error)),
            }
        });
    }
}

/// The dialog of a form that waits.
#[component]
pub(super) fn Waiting(
    /// Why.
    guard: Guard,
) -> impl IntoView {
    move || guard.trouble.get().map(|error| view! { <Over guard error/> })
}

#[component]
fn Over(guard: Guard, error: ApiError) -> impl IntoView {
    let dialog = NodeRef::new();
    Effect::new(move |_| browser::open(dialog));
    let is_over = error == ApiError::SignedOut;
    let text = if is_over {
        view! {
            <p id="over-text">"Nothing was sent, and nothing you typed is lost while this page stays open. Sign in in a new tab, come back, and send it again."</p>
        }
        .into_any()
    } else {
        view! { <div id="over-text"><Trouble error/></div> }.into_any()
    };
    view! {
        <dialog class="narrow" node_ref=dialog aria-labelledby="over-title" aria-describedby="over-text" on:close=move |_| guard.trouble.set(None)>
            <header class="row"><h2 id="over-title">{if is_over { "Your session is over" } else { "Not sent" }}</h2></header>
            <div class="body">{text}</div>
            <footer class="row">
                <button class="btn quiet" type="button" on:click=move |_| browser::close(dialog)>"Back to the form"</button>
                <button class="btn" class:primary=!is_over type="button" aria-disabled=move || guard.busy.get().then_some("true") on:click=move |_| guard.send()>"Send again"</button>
                {is_over.then(|| view! { <a class="btn primary" href=routes::SIGN_IN target="_blank" autofocus>"Sign in in a new tab"</a> })}
            </footer>
        </dialog>
    }
}
