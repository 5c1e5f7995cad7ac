//! No page at this address.

use leptos::prelude::*;

/// Says so, with status 404, and leads back.
#[component]
pub(crate) fn NotFound() -> impl IntoView {
    #[cfg(feature = "ssr")]
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(axum::http::StatusCode::NOT_FOUND);
    }
    view! {
        <main class="solo" id="main">
            <div class="stack center">
                <h1>"There is no page here"</h1>
                <p class="muted">"The address may be mistyped, or the page has moved."</p>
                <a class="btn primary" href=crate::routes::KEYS>"Go to the keys"</a>
            </div>
        </main>
    }
}
