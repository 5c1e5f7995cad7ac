//! The secret itself, masked until it is asked for, and a command that tries it.

use leptos::{prelude::*, task};

use crate::{
    browser,
    keys::{
        issued_secret::{ENV_NAME, IssuedSecret},
        show_once::held::Held,
    },
    ui::{
        copied::{Copied, CopyFace},
        icon::Icon,
    },
};

/// Said when the whole token was copied.
pub(crate) const KEY: &str = "Key copied";
/// Said when the command was copied.
pub(crate) const COMMAND: &str = "Command copied";

/// Reads what is held, for a moment. Nothing is left of it once it is let go.
pub(crate) fn of(once: Held, read: impl Fn(&IssuedSecret) -> String) -> String {
    once.with(|once| once.as_ref().map(read)).unwrap_or_default()
}

/// As [`of`], outside of the view.
pub(crate) fn now(once: Held, read: impl Fn(&IssuedSecret) -> String) -> String {
    untrack(|| of(once, read))
}

/// Copies, or where that is not possible shows and selects the text for a copy by hand.
pub(crate) fn copy(
    copied: Copied,
    text: String,
    said: &'static str,
    show: impl Fn() + 'static,
    selector: &'static str,
) {
    task::spawn_local(async move {
        if browser::copy(&text).await {
            copied.say(said);
        } else {
            show();
            task::tick().await;
            browser::select(selector);
            copied.keep_saying(browser::copy_hint());
        }
    });
}

/// The token: masked with an eye, to copy, and to save.
#[component]
pub(crate) fn Token(once: Held, copied: Copied) -> impl IntoView {
    let shown = RwSignal::new(false);
    let token = |once: &IssuedSecret| once.token.clone();
    let value = move || if shown.get() { of(once, token) } else { of(once, |once| mask(&once.token)) };
    let take = move |_| copy(copied, now(once, token), KEY, move || shown.set(true), "#once-token");
    let save = move |_| {
        browser::download(&format!("{}.env", now(once, |once| once.name.clone())), &now(once, IssuedSecret::env));
    };
    view! {
        <div class="stack tight">
            <div class="row">
                <span class="label" id="once-label">"Token"</span>
                <button class="btn end" type="button" on:click=save><Icon name="download"/>"Download .env"</button>
            </div>
            <div class="code-box secret" role="group" aria-labelledby="once-label">
                <code translate="no" id="once-token" tabindex="-1" aria-hidden=move || (!shown.get()).then_some("true")>{value}</code>
                <span class="hide">{move || if shown.get() { "" } else { "Hidden. Show it, or copy it." }}</span>
                <button class="btn quiet square" type="button" aria-label="Show the key" aria-pressed=move || shown.get().to_string()
                    on:click=move |_| shown.update(|shown| *shown = !*shown)><Icon name="eye"/></button>
                <button class="btn" class:done=move || copied.says(KEY) type="button" autofocus on:click=take>
                    <CopyFace copied what=KEY words="Copy key"/>
                </button>
            </div>
        </div>
    }
}

/// A command that tries the key and has no secret in it.
#[component]
pub(crate) fn Test(once: Held, copied: Copied) -> impl IntoView {
    let command = now(once, IssuedSecret::curl);
    let variable = format!("${ENV_NAME}");
    let (before, after) =
        command.split_once(&variable).map(|(before, after)| (before.to_owned(), after.to_owned())).unwrap_or_default();
    let take = move |_| copy(copied, command.clone(), COMMAND, || (), "#once-command");
    view! {
        <div class="field">
            <span class="label" id="once-test">"Test it"</span>
            <div class="code-box" role="group" aria-labelledby="once-test">
                <pre tabindex="0"><code translate="no" id="once-command" tabindex="-1">{before}<span class="k">{variable}</span>{after}</code></pre>
                <button class="btn quiet square" class:done=move || copied.says(COMMAND) type="button" aria-label="Copy command"
                    on:click=take>
                    <CopyFace copied what=COMMAND/>
                </button>
            </div>
            <span class="muted">{format!("It reads the key from the variable {ENV_NAME}, as the .env file sets it.")}</span>
        </div>
    }
}

/// The prefix, and a row of dots that says nothing about the rest. A JWT has no prefix.
fn mask(token: &str) -> String {
    let prefix = token.split_once('_').filter(|_| !token.contains('.')).map_or("", |(prefix, _)| prefix);
    format!("{prefix}{}{}", if prefix.is_empty() { "" } else { "_" }, "\u{2022}".repeat(28))
}
