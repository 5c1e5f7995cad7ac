//! The end of the first run: a key is there, and nobody has asked about it. It is gone for good soon
//! after the first call was allowed.

use leptos::prelude::*;

use crate::{overview::view::FirstRunView, routes, ui::icon::Icon};

/// What is left to do, or that it is done.
#[component]
pub(crate) fn FirstRun(
    /// How far it has come.
    of: FirstRunView,
) -> impl IntoView {
    let said = match of {
        FirstRunView::Ask(origin) => view! { <Ask origin/> }.into_any(),
        FirstRunView::Done => view! {
            <div class="banner ok"><Icon name="ok"/><p><b>"The first call was allowed."</b>" Keyward is in use: what comes next is counted here. To let a proxy ask, see the "<a class="link" href=routes::REFERENCE>"API reference"</a>"."</p></div>
        }
        .into_any(),
        FirstRunView::Nothing => ().into_any(),
    };
    view! { <div class="first-run" data-live="first-run" role="status">{said}</div> }
}

#[component]
fn Ask(origin: String) -> impl IntoView {
    let ask = format!("curl -i \"{origin}/forward-auth?scope=any\" -H \"Authorization: Bearer $KEYWARD_KEY\"");
    view! {
        <section class="panel plain" aria-labelledby="first-run">
            <div class="body stack tight">
                <h2 id="first-run">"One step left: have a key verified"</h2>
                <p class="muted">"Put the key's secret into "<code translate="no">"KEYWARD_KEY"</code>" and ask. 200 means that it is let in; anything else says why not. This turns to done within seconds of the first call that is allowed."</p>
                <div class="code-box"><pre tabindex="0"><code translate="no">{ask.clone()}</code></pre>
                    <button class="btn quiet square" type="button" data-copy=ask aria-label="Copy command" hidden><Icon name="copy"/></button></div>
            </div>
        </section>
    }
}
