//! The list when there is nothing to list: what to do first, or how to see more.

use leptos::prelude::*;

use model::listing::StatusFilter;

use crate::{keys::list::query::ListQuery, routes, ui::icon::Icon};

/// There is no key at all.
#[component]
pub(crate) fn NoKeys(may_write: bool, origin: String) -> impl IntoView {
    let ask = format!(
        "curl {origin}/api/v1/verify \\\n  -H \"Authorization: Bearer $VERIFY_KEY\" \\\n  -d '{{\"key\": \"'$KEYWARD_KEY'\", \"scope\": \"bookings.read\"}}'"
    );
    view! {
        <div class="empty stack loose">
            <header class="stack tight center">
                <Art/>
                <h2>"No keys yet"</h2>
                <p class="muted">"A key lets a service call yours. You choose what it may do and for how long; Keyward says yes or no to each call."</p>
            </header>
            <ol class="timeline">
                <li><span class="node now" aria-hidden="true">"1"</span><div class="stack tight">
                    <h2>"Create the first key"</h2>
                    <p class="muted">"Give it a name, one scope and 90 days. You see its secret once."</p>
                    {may_write.then(|| view! {
                        <div class="row"><a class="btn primary" href=routes::NEW_KEY data-create=""><Icon name="plus"/>"Create key"<kbd aria-hidden="true">"c"</kbd></a></div>
                    })}
                </div></li>
                <li><span class="node" aria-hidden="true">"2"</span><div class="stack tight">
                    <h2>"Ask Keyward about it"</h2>
                    <p class="muted">"Any service that holds a key with the scope "<code translate="no">"keyward.verify"</code>" may ask. The answer says yes or no, and why."</p>
                    <div class="code-box"><pre tabindex="0"><code translate="no">{ask.clone()}</code></pre>
                        <button class="btn quiet square" type="button" data-copy=ask aria-label="Copy command" hidden><Icon name="copy"/></button></div>
                </div></li>
                <li><span class="node" aria-hidden="true">"3"</span><div class="stack tight">
                    <h2>"Put it before your service"</h2>
                    <p class="muted">"A proxy can ask on your behalf, no code needed: it forwards each request's headers to this address, and lets it pass on 200. The "<a class="link" href=routes::REFERENCE>"API reference"</a>" has all of it."</p>
                    <div class="code-box"><pre tabindex="0"><code translate="no">{origin}"/forward-auth?scope=bookings.read"</code></pre></div>
                </div></li>
            </ol>
        </div>
    }
}

/// There are keys, but none that was looked for.
#[component]
pub(crate) fn NoMatch(
    /// What was looked for.
    asked: ListQuery,
    /// How many archived keys would match, in words.
    archived: Option<String>,
) -> impl IntoView {
    let title = if asked.is_narrow() { "No key matches" } else { "No keys here" };
    let searched = (!asked.list.words.is_empty()).then(|| {
        view! {
            <p class="muted">"Search finds names, ids, owners, scopes, groups, labels and descriptions, and the last four characters as a whole. Put double quotes around words that belong together."</p>
            <p class="muted">"To look in one place: "{["owner:ana", "scope:maps", "tenant:north", "status:off"].map(|filter| view! { <code translate="no">{filter}</code>" " }).collect_view()}</p>
        }
    });
    let with_archived = archived.map(|archived| {
        let address = asked.with(|list| list.which = StatusFilter::Any).address();
        view! { <a class="btn" href=address>"Show "{archived}" archived"</a> }
    });
    view! {
        <div class="empty stack center">
            <h2>{title}</h2>
            {searched}
            <p class="row">
                {asked.is_narrow().then(|| view! { <a class="btn" href=routes::KEYS>"Clear filters"</a> })}
                {with_archived}
            </p>
        </div>
    }
}

#[component]
fn Art() -> impl IntoView {
    view! {
        <svg class="empty-art" fill="none" stroke-width="1.5" stroke-linecap="round" viewBox="0 0 72 72" aria-hidden="true">
            <circle class="soft" cx="36" cy="36" r="34" stroke-dasharray="186 28" transform="rotate(38 36 36)"></circle>
            <circle class="soft" cx="36" cy="36" r="26" stroke-dasharray="138 26" transform="rotate(200 36 36)"></circle>
            <circle cx="29" cy="43" r="8"></circle>
            <path d="M34.8 37.2 50 22M43.5 28.5l5 5"></path>
        </svg>
    }
}
