//! The hint that a key could do with fewer scopes, by what its calls asked for.

use admin::UnusedScopes;
use leptos::prelude::*;

use crate::routes;

/// What calls asked for, and a link to the form without the rest.
#[component]
pub(crate) fn LeastPrivilege(
    /// The key's id.
    id: String,
    /// What was found.
    found: UnusedScopes,
) -> impl IntoView {
    let UnusedScopes { asked, unused } = found;
    let href = format!("{}?drop={}", routes::edit_key(&id), unused.join("+"));
    let words = match unused.as_slice() {
        [one] => format!("Drop {one}\u{2026}"),
        rest => format!("Drop the other {}\u{2026}", rest.len()),
    };
    let asked = asked.into_iter().map(|scope| view! { " " <span translate="no" class="chip code">{scope}</span> });
    view! {
        <div class="stack tight">
            <p class="wrapped">"In 30 days it asked only for"{asked.collect_view()}"."</p>
            <p><a class="link" href=href title=unused.join(", ")>{words}</a></p>
        </div>
    }
}
