//! About this Keyward.

use leptos::prelude::*;

use crate::{
    form_outcome::FormOutcome,
    layout::{head::PageHead, page::Loaded},
    reference::view::AboutView,
    routes,
};

/// `/about`.
#[component]
pub(crate) fn About() -> impl IntoView {
    let view = match use_context::<FormOutcome>() {
        Some(FormOutcome::About(view)) => *view,
        _ => AboutView::default(),
    };
    let show = |view: AboutView| view! { <Page view/> };
    view! { <Loaded title="About" current=routes::ABOUT load=async { Ok(view) } show/> }
}

#[component]
fn Page(view: AboutView) -> impl IntoView {
    let facts = |facts: Vec<(String, String)>| {
        facts.into_iter().map(|(name, value)| view! { <dt>{name}</dt><dd>{value}</dd> }).collect_view()
    };
    let health =
        |(path, words): (String, String)| view! { <dt><code translate="no">{path}</code></dt><dd>{words}</dd> };
    view! {
        <PageHead title="About" lead="Keyward: API keys, issued and verified by your own server.".into_any()/>
        <div class="grid broad">
            <section class="panel" aria-labelledby="this"><header class="row"><h2 id="this">"This Keyward"</h2></header>
                <div class="body"><dl class="facts wide">{facts(view.facts)}</dl></div></section>
            {(!view.settings.is_empty()).then(|| view! {
                <section class="panel" aria-labelledby="setup"><header class="row"><h2 id="setup">"How it is set up"</h2></header>
                    <div class="body"><dl class="facts wide">{facts(view.settings)}</dl></div></section>
            })}
            <section class="panel" aria-labelledby="health"><header class="row"><h2 id="health">"Health"</h2></header>
                <div class="body stack tight"><p class="muted">"Paths of the listener for health and metrics:"</p><dl class="facts wide">{view.health.into_iter().map(health).collect_view()}</dl></div></section>
        </div>
        <p class="parts"><a class="link" href=routes::REFERENCE>"API reference"</a></p>
        {view.may_show_checklist.then(|| view! {
            <form class="row" method="post" action=routes::SHOW_FIRST_RUN><button class="btn">"Show the setup checklist"</button></form>
        })}
    }
}
