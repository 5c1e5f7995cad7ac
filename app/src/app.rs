//! The pages. Each loads what it shows and arranges it; all are rendered whole before they are sent, so that they read
//! the same without JavaScript.

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
            <FlatRoutes fallback=crate::layout::not_found::NotFound>
                <Route path=path!("/setup") view=crate::session::setup::Setup ssr=SsrMode::Async/>
                <Route path=path!("/sign-in") view=crate::session::sign_in::SignIn ssr=SsrMode::Async/>
                <Route path=path!("/overview") view=crate::overview::page::Overview ssr=SsrMode::Async/>
                <Route path=path!("/reference") view=crate::reference::page::Reference ssr=SsrMode::Async/>
                <Route path=path!("/about") view=crate::about::About ssr=SsrMode::Async/>
                <Route path=path!("/keys") view=crate::keys::list::page::Keys ssr=SsrMode::Async/>
                <Route path=path!("/hygiene") view=crate::hygiene::page::Hygiene ssr=SsrMode::Async/>
                <Route path=path!("/keys/bulk") view=crate::keys::bulk::page::Bulk ssr=SsrMode::Async/>
                <Route path=path!("/keys/new") view=crate::keys::create::page::NewKey ssr=SsrMode::Async/>
                <Route path=path!("/keys/:id") view=crate::keys::detail::page::KeyPage ssr=SsrMode::Async/>
                <Route path=path!("/keys/:id/edit") view=crate::keys::edit::page::EditKey ssr=SsrMode::Async/>
                <Route path=path!("/keys/:id/rotate") view=crate::keys::rotate::page::RotateKey ssr=SsrMode::Async/>
                <Route path=path!("/keys/:id/purge") view=crate::keys::purge::page::PurgeKey ssr=SsrMode::Async/>
                <Route path=path!("/keys/:id/archive") view=crate::keys::archive::page::ArchiveKey ssr=SsrMode::Async/>
                <Route path=path!("/settings") view=crate::catalog::page::settings::Settings ssr=SsrMode::Async/>
                <Route path=path!("/settings/gateway") view=crate::gateway::Gateway ssr=SsrMode::Async/>
                <Route path=path!("/settings/people") view=crate::accounts::People ssr=SsrMode::Async/>
                <Route path=path!("/settings/people/new") view=crate::accounts::NewPerson ssr=SsrMode::Async/>
                <Route path=path!("/settings/people/:id/switch") view=crate::accounts::DisablePerson ssr=SsrMode::Async/>
                <Route path=path!("/settings/:kind/:id/switch") view=crate::catalog::page::entries::SwitchOff ssr=SsrMode::Async/>
                <Route path=path!("/settings/:kind/:id/delete") view=crate::catalog::page::delete::DeleteEntry ssr=SsrMode::Async/>
                <Route path=path!("/settings/:kind") view=crate::catalog::page::entries::Entries ssr=SsrMode::Async/>
                <Route path=path!("/settings/:kind/new") view=crate::catalog::page::entry::EntryPage ssr=SsrMode::Async/>
                <Route path=path!("/settings/:kind/:id") view=crate::catalog::page::entry::EntryPage ssr=SsrMode::Async/>
                <Route path=path!("/keys/:id/signing") view=crate::request_signing::page::SigningKeys ssr=SsrMode::Async/>
                <Route path=path!("/audit") view=crate::audit::page::Audit ssr=SsrMode::Async/>
                <Route path=path!("/jobs") view=crate::jobs::page::Jobs ssr=SsrMode::Async/>
                <Route path=path!("/jobs/:id") view=crate::jobs::page::JobPage ssr=SsrMode::Async/>
                <Route path=path!("/why") view=crate::explain::page::Why ssr=SsrMode::Async/>
            </FlatRoutes>
        </Router>
    }
}
