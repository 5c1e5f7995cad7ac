//! The token as two values, for systems that ask for a name and a password.

use leptos::prelude::*;

use crate::{
    keys::{
        issued_secret::IssuedSecret,
        show_once::{
            held::Held,
            token::{copy, now, of},
        },
    },
    ui::{
        copied::{Copied, CopyFace},
        icon::Icon,
    },
};

/// Said when the public id was copied.
pub(crate) const ID: &str = "API key copied";
/// Said when the secret was copied.
pub(crate) const SECRET: &str = "API secret copied";

fn id(once: &IssuedSecret) -> String {
    once.id.clone()
}

fn secret(once: &IssuedSecret) -> String {
    once.pair().map(|(_, secret)| secret.to_owned()).unwrap_or_default()
}

/// Both values, folded away: most systems take the token as it is. A JWT has none.
#[component]
pub(crate) fn Pair(once: Held, copied: Copied) -> impl IntoView {
    let shown = RwSignal::new(false);
    let value = move || if shown.get() { of(once, secret) } else { "\u{2022}".repeat(28) };
    let take_id = move |_| copy(copied, now(once, id), ID, || (), "#pair-id");
    let take_secret = move |_| copy(copied, now(once, secret), SECRET, move || shown.set(true), "#pair-secret");
    let has_pair = once.with_untracked(|once| once.as_ref().is_some_and(|once| once.pair().is_some()));
    has_pair.then(|| view! {
        <details class="fold">
            <summary class="row"><Icon name="chevron"/><b>"As two values"</b><span class="muted end">"id and secret"</span></summary>
            <div class="stack">
                <p class="muted">"For systems that ask for a name and a password, as HTTP Basic does. The token above holds both."</p>
                <div class="field">
                    <span class="label" id="pair-id-label">"API key (id)"</span>
                    <div class="code-box" role="group" aria-labelledby="pair-id-label">
                        <code translate="no" id="pair-id" tabindex="-1">{move || of(once, id)}</code>
                        <button class="btn quiet square" class:done=move || copied.says(ID) type="button" aria-label="Copy API key" on:click=take_id>
                            <CopyFace copied what=ID/>
                        </button>
                    </div>
                </div>
                <div class="field">
                    <span class="label" id="pair-secret-label">"API secret"</span>
                    <div class="code-box" role="group" aria-labelledby="pair-secret-label">
                        <code translate="no" id="pair-secret" tabindex="-1" aria-hidden=move || (!shown.get()).then_some("true")>{value}</code>
                        <span class="hide">{move || if shown.get() { "" } else { "Hidden. Show it, or copy it." }}</span>
                        <button class="btn quiet square" type="button" aria-label="Show the API secret" aria-pressed=move || shown.get().to_string()
                            on:click=move |_| shown.update(|shown| *shown = !*shown)><Icon name="eye"/></button>
                        <button class="btn quiet square" class:done=move || copied.says(SECRET) type="button" aria-label="Copy API secret"
                            on:click=take_secret>
                            <CopyFace copied what=SECRET/>
                        </button>
                    </div>
                </div>
            </div>
        </details>
    })
}
