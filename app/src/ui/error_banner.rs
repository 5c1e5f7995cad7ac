//! Why the server did not answer, and the way on.

use leptos::prelude::*;

use crate::{error::ApiError, routes, ui::icon::Icon};

/// A banner with the reason. Whoever has to sign in again does it in another tab, so that nothing typed is lost.
#[component]
pub(crate) fn ErrorBanner(
    /// The reason.
    error: ApiError,
) -> impl IntoView {
    view! {
        <div class="banner bad">
            <Icon name="warning"/>
            <span>
                {error.to_string()}
                {(error == ApiError::SignedOut).then(|| view! {
                    " " <a class="link" href=routes::SIGN_IN target="_blank">"Sign in in a new tab"</a>
                })}
            </span>
        </div>
    }
}
