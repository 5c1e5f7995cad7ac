//! What a form is answered when its session had ended: all that was typed, to be sent again.

use leptos::prelude::*;

use crate::{layout::centered::Centered, routes, ui::icon::Icon};

/// Fields that say nothing to whoever typed the others.
const UNSAID: [&str; 2] = ["generation", "seen"];

/// The page.
#[component]
pub(crate) fn SessionOver(
    /// Where the form goes.
    action: String,
    /// What was typed, in order.
    fields: Vec<(String, String)>,
) -> impl IntoView {
    let said = fields.iter().filter(|(name, value)| !value.trim().is_empty() && !UNSAID.contains(&name.as_str()));
    let said = said.map(|(name, value)| {
        let name = name.replace('_', " ");
        view! { <dt>{name}</dt><dd class="prose">{value.clone()}</dd> }
    });
    let said = said.collect_view();
    let kept = fields.into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value/> });
    view! {
        <Centered title="Your session is over" lead="Nothing was changed, and nothing you typed is lost.">
            <form class="panel" method="post" action=action>
                <div class="body stack">
                    <ol class="bullets numbers stack tight">
                        <li><a class="link" href=routes::SIGN_IN target="_blank">"Sign in in a new tab"</a></li>
                        <li>"Come back to this one and send the form again."</li>
                    </ol>
                    {kept.collect_view()}
                    <button class="btn primary wide">"Send again"</button>
                    <details class="fold">
                        <summary class="row"><Icon name="chevron"/>"What you typed"</summary>
                        <div><dl class="facts typed">{said}</dl></div>
                    </details>
                </div>
            </form>
        </Centered>
    }
}
