//! All that can be set: what each list is for.

use leptos::prelude::*;
use model::catalog::Kind;

use crate::{
    catalog::fields::{plural, purpose},
    keys::view::VisitorView,
    layout::{
        head::PageHead,
        page::{Loaded, icon_of},
    },
    routes,
    ui::icon::Icon,
};

/// Words for those that a key has to do with, which are easily mistaken for each other.
const WORDS: [(&str, &str); 4] = [
    ("People", "They sign in to this console. Their role says what they may do here."),
    (
        "Owner",
        "Answers for a key: one of the people, or the name of a service. The policy limits how many live keys an owner has.",
    ),
    (
        "Identity",
        "Whom a key acts as in your services. It need not sign in here. Its keys stop when it is switched off.",
    ),
    ("Tenant", "The domain a key works in. A key belongs to one and is refused in every other."),
];

/// `/settings`.
#[component]
pub(crate) fn Settings() -> impl IntoView {
    let line = |href: &'static str, icon: &'static str, title: &'static str, words: &'static str| {
        view! {
            <li class="row">
                <Icon name=icon/>
                <span class="term"><a class="link" href=href>{title}</a></span>
                <span class="muted grow">{words}</span>
            </li>
        }
    };
    let show = move |visitor: VisitorView| {
        let kinds = Kind::ALL.map(|kind| line(routes::settings(kind), icon_of(kind), plural(kind), purpose(kind)));
        let people = visitor
            .may_manage_people
            .then(|| line(routes::PEOPLE, "user", "People", "Who may sign in to this console, and in which role."));
        view! {
            <PageHead title="Settings"/>
            <div class="stack loose">
            <section class="panel ask"><ul class="lines">{kinds.collect_view()}{people}{line(routes::JOBS, "layers", "Jobs", "Bulk changes and imports: how far they are, and what became of them.")}</ul></section>
            <section class="panel ask" aria-labelledby="words">
                <header class="row"><h2 id="words">"Who is who"</h2></header>
                <ul class="lines">{WORDS.map(|(word, says)| view! {
                    <li class="row"><span class="term">{word}</span><span class="muted grow">{says}</span></li>
                }).collect_view()}</ul>
            </section>
            </div>
        }
    };
    view! { <Loaded title="Settings" current=routes::ALL_SETTINGS load=crate::layout::visitor::visitor() show/> }
}
