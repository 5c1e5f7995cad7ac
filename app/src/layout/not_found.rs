//! No page at this address. The server answers it with 404.

use leptos::prelude::*;

use crate::{layout::centered::Centered, routes};

/// Says so, and leads back.
#[component]
pub(crate) fn NotFound() -> impl IntoView {
    view! {
        <Centered title="There is no page here" lead="The address may be mistyped, or what it led to is gone.">
            <a class="btn primary wide" href=routes::KEYS>"Go to the keys"</a>
        </Centered>
    }
}
