//! Checks in their order: passed, failed, not reached. Always an icon and a word.

use leptos::prelude::*;

use crate::{
    explain::view::{CheckView, ExplanationView, Mark},
    ui::icon::Icon,
};

/// How a check went.
#[component]
pub(crate) fn Marked(
    /// How.
    of: Mark,
) -> impl IntoView {
    let (tone, icon, word) = match of {
        Mark::Passed => ("ok", "ok", "Passed"),
        Mark::Failed => ("bad", "stop", "Failed"),
        Mark::NotReached => ("", "skip", "Not reached"),
        Mark::Unclear => ("warn", "warning", "Unclear"),
    };
    view! { <span class=format!("status {tone}")><Icon name=icon/>{word}</span> }
}

/// Yes or no, as a chip.
#[component]
pub(crate) fn Verdict(
    /// Whether it is yes.
    allowed: bool,
) -> impl IntoView {
    let (tone, icon, verdict) = if allowed { ("ok", "ok", "Let in") } else { ("bad", "stop", "Refused") };
    view! { <span class=format!("chip pill {tone}")><Icon name=icon/>{verdict}</span> }
}

/// The checks, and what would mend the one that failed.
#[component]
pub(crate) fn Checks(
    /// The checks, in their order.
    of: Vec<CheckView>,
    /// What would have made it pass.
    remedy: String,
) -> impl IntoView {
    let row = move |check: CheckView| {
        let (class, failed) = match check.mark {
            Mark::Failed => ("fail", true),
            Mark::NotReached => ("skip muted", false),
            Mark::Passed | Mark::Unclear => ("", false),
        };
        let fact = if check.mark == Mark::NotReached { String::new() } else { check.fact };
        view! {
            <li class=class>
                <b>{check.words}</b>
                <span class="fact muted"><bdi>{fact}</bdi></span>
                <Marked of=check.mark/>
                {failed.then(|| view! { <p class="remedy">{remedy.clone()}</p> })}
            </li>
        }
    };
    view! { <ol class="checks">{of.into_iter().map(row).collect_view()}</ol> }
}

/// A verdict and the checks that led to it.
#[component]
pub(crate) fn Explanation(
    /// The walk.
    of: ExplanationView,
    /// The heading's id.
    id: &'static str,
    /// What the heading says before the verdict; may be empty.
    #[prop(optional)]
    when: &'static str,
) -> impl IntoView {
    let ExplanationView { allowed, code, words, checks, remedy } = of;
    view! {
        <section class="panel" aria-labelledby=format!("{id}-when {id}")>
            <header class="row">
                {(!when.is_empty()).then(|| view! { <span class="muted" id=format!("{id}-when")>{when}</span> })}
                <Verdict allowed/>
                <h2 class="grow" id=id>{words}</h2>
                <code translate="no" class="muted">{code}</code>
            </header>
            <Checks of=checks remedy/>
        </section>
    }
}
