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
            <section class="panel ask"><ul class="lines">{kinds.collect_view()}{people}</ul></section>
        }
    };
    view! { <Loaded title="Settings" current=routes::ALL_SETTINGS load=crate::layout::visitor::visitor() show/> }
}
