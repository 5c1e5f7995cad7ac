//! The pages. Each loads what it shows and arranges it; all are rendered whole before they are sent, so that they read
//! the same without JavaScript.

mod about;
mod archive_key;
mod audit;
mod bulk;
mod centered;
mod edit_key;
mod first_run;
mod gateway;
mod hygiene;
mod key;
mod keys;
mod keys_empty;
mod layout;
mod new_key;
mod not_found;
mod overview;
mod purge_key;
mod reference;
mod rotate_key;
mod session_over;
mod settings;
mod setup;
mod sign_in;
mod signing;
mod tighten;
mod why;

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
                <Route path=path!("/overview") view=overview::Overview ssr=SsrMode::Async/>
                <Route path=path!("/reference") view=reference::Reference ssr=SsrMode::Async/>
                <Route path=path!("/about") view=about::About ssr=SsrMode::Async/>
                <Route path=path!("/keys") view=keys::Keys ssr=SsrMode::Async/>
                <Route path=path!("/hygiene") view=hygiene::Hygiene ssr=SsrMode::Async/>
                <Route path=path!("/keys/bulk") view=bulk::Bulk ssr=SsrMode::Async/>
                <Route path=path!("/keys/new") view=new_key::NewKey ssr=SsrMode::Async/>
                <Route path=path!("/keys/:id") view=key::KeyPage ssr=SsrMode::Async/>
                <Route path=path!("/keys/:id/edit") view=edit_key::EditKey ssr=SsrMode::Async/>
                <Route path=path!("/keys/:id/rotate") view=rotate_key::RotateKey ssr=SsrMode::Async/>
                <Route path=path!("/keys/:id/purge") view=purge_key::PurgeKey ssr=SsrMode::Async/>
                <Route path=path!("/keys/:id/archive") view=archive_key::ArchiveKey ssr=SsrMode::Async/>
                <Route path=path!("/settings/gateway") view=gateway::Gateway ssr=SsrMode::Async/>
                <Route path=path!("/settings/people") view=settings::People ssr=SsrMode::Async/>
                <Route path=path!("/settings/people/new") view=settings::NewPerson ssr=SsrMode::Async/>
                <Route path=path!("/settings/:kind") view=settings::Entries ssr=SsrMode::Async/>
                <Route path=path!("/settings/:kind/new") view=settings::EntryPage ssr=SsrMode::Async/>
                <Route path=path!("/settings/:kind/:id") view=settings::EntryPage ssr=SsrMode::Async/>
                <Route path=path!("/keys/:id/signing") view=signing::SigningKeys ssr=SsrMode::Async/>
                <Route path=path!("/audit") view=audit::Audit ssr=SsrMode::Async/>
                <Route path=path!("/why") view=why::Why ssr=SsrMode::Async/>
            </FlatRoutes>
        </Router>
    }
}
