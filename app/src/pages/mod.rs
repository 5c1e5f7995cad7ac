//! The pages. Each loads what it shows and arranges it; all are rendered whole before they are sent, so that they read
//! the same without JavaScript.

mod archive_key;
mod audit;
mod frame;
mod key;
mod keys;
mod keys_empty;
mod new_key;
mod not_found;
mod setup;
mod sign_in;
mod solo;

use leptos::prelude::*;
use leptos_router::{
    SsrMode,
    components::{FlatRoutes, Route, Router},
    path,
};

/// Every page of [`crate::routes`].
#[component]
pub fn App() -> impl IntoView {
    view! {
        <Router>
            <FlatRoutes fallback=not_found::NotFound>
                <Route path=path!("/setup") view=setup::Setup ssr=SsrMode::Async/>
                <Route path=path!("/sign-in") view=sign_in::SignIn ssr=SsrMode::Async/>
                <Route path=path!("/keys") view=keys::Keys ssr=SsrMode::Async/>
                <Route path=path!("/keys/new") view=new_key::NewKey ssr=SsrMode::Async/>
                <Route path=path!("/keys/:id") view=key::KeyPage ssr=SsrMode::Async/>
                <Route path=path!("/keys/:id/archive") view=archive_key::ArchiveKey ssr=SsrMode::Async/>
                <Route path=path!("/audit") view=audit::Audit ssr=SsrMode::Async/>
            </FlatRoutes>
        </Router>
    }
}
