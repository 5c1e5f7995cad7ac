//! The question before a secret is gone.

use leptos::{ev, html, prelude::*};

use crate::browser;

/// Asks whether to leave without storing the key. Staying is one key away.
#[component]
pub(crate) fn Leave(
    /// The dialog, for whoever opens it.
    node: NodeRef<html::Dialog>,
    /// The key's name.
    name: String,
    /// Leaves.
    leave: impl Fn() + 'static,
) -> impl IntoView {
    view! {
        <dialog class="narrow" node_ref=node closedby="none" role="alertdialog" aria-labelledby="leave-title" aria-describedby="leave-text"
            on:cancel=|event: ev::Event| event.prevent_default()>
            <header class="row"><h2 id="leave-title">"Leave without storing?"</h2></header>
            <div class="body">
                <p class="muted" id="leave-text">
                    <b class="on"><bdi>{name}</bdi></b>
                    " stays valid, but nobody can show its secret again. If it is lost, archive this key and create a new one."
                </p>
            </div>
            <footer class="row">
                <button class="btn" type="button" on:click=move |_| leave()>"Leave"</button>
                <button class="btn primary" type="button" autofocus on:click=move |_| browser::close(node)>"Go back"</button>
            </footer>
        </dialog>
    }
}
