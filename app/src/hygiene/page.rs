//! What somebody should look at: keys with too much, too long or for nobody, each with what mends it.

use leptos::prelude::*;
use model::listing::KeyFlag;

use crate::{
    keys::{
        archive::fields::ArchiveAll,
        list::{
            query::ListQuery,
            view::{HabitView, HygieneView},
        },
        view::{KeyRow, holder},
    },
    layout::{head::PageHead, page::Loaded},
    routes,
    ui::{icon::Icon, time::Ago},
};

/// `/hygiene`.
#[component]
pub(crate) fn Hygiene() -> impl IntoView {
    let show = |view: HygieneView| {
        let clean = view.habits.iter().all(|habit| habit.keys.is_empty());
        let may_write = view.may_write;
        view! {
            <PageHead title="Needs attention" lead="Keys that somebody should look at, the oldest first. Facts are brought up to date within seconds.".into_any()/>
            {if clean {
                view! { <div class="banner ok"><Icon name="ok"/><p><b>"Nothing to do."</b>" Every key expires, is used, is limited to what it needs, and its owner is still here."</p></div> }.into_any()
            } else {
                view! { <div class="stack">{view.habits.into_iter().map(|habit| view! { <Habit habit may_write/> }).collect_view()}</div> }.into_any()
            }}
        }
    };
    view! { <Loaded title="Needs attention" current=routes::HYGIENE load=crate::hygiene::load::hygiene() show/> }
}

/// Why it matters, and what mends one key: the button's words and whether it archives (or else edits).
fn advice(fact: KeyFlag) -> (&'static str, &'static str, bool) {
    match fact {
        KeyFlag::Leaked => (
            "Somebody found their secrets where they should not be. They are switched off. Give their holders new keys and archive these, or say why one may work again.",
            "Decide\u{2026}",
            false,
        ),
        KeyFlag::Refusing => (
            "More than a tenth of their calls today were refused. Find out why, and mend the key or tell its owner.",
            "Why refused?",
            false,
        ),
        KeyFlag::Limited => (
            "More than a tenth of their calls today were beyond their limits. Raise them, or ask their owner why.",
            "Edit limits\u{2026}",
            false,
        ),
        KeyFlag::OwnerDisabled => (
            "Their owner may not sign in any more. They are refused; archive them, or give them to somebody else.",
            "Archive\u{2026}",
            true,
        ),
        KeyFlag::AllAccess => {
            ("They open everything. Give them just the scopes they need.", "Choose scopes\u{2026}", false)
        }
        KeyFlag::Endless => {
            ("They work until somebody thinks of them. Give them an end.", "Set an expiry\u{2026}", false)
        }
        KeyFlag::Stale | KeyFlag::Unused => {
            ("They were made more than 7 days ago and nobody has called with them.", "Archive\u{2026}", true)
        }
        KeyFlag::Idle => ("Nobody has called with them for 90 days.", "Archive\u{2026}", true),
        KeyFlag::AnyAddress => (
            "Whoever copies one can use it from anywhere. List the addresses they are called from.",
            "List addresses\u{2026}",
            false,
        ),
    }
}

#[component]
fn Habit(habit: HabitView, may_write: bool) -> impl IntoView {
    let Some(fact) = KeyFlag::parse(&habit.fact) else { return ().into_any() };
    let (why, words, archives) = advice(fact);
    let list = ListQuery::default().with(|list| list.which = fact.worth_a_look()).toggled(fact);
    let (all, id, heading) = (list.address(), habit.fact.clone(), habit.fact.clone());
    let none = habit.keys.is_empty();
    let more = habit.count != habit.keys.len().to_string();
    let line = |row: KeyRow| {
        let key = row.mask.id.clone();
        let action = if archives {
            view! { <a class="btn risky" href=routes::archive_key(&key) data-archive=key.clone() aria-label=format!("Archive {}\u{2026}", row.name)>{words}</a> }.into_any()
        } else if fact == KeyFlag::Leaked {
            view! { <a class="btn" href=routes::key(&key) aria-label=format!("Decide about {}\u{2026}", row.name)>{words}</a> }
                .into_any()
        } else if fact == KeyFlag::Refusing {
            view! { <a class="btn" href=routes::why_key(&key) aria-label=format!("{words} {}", row.name)>{words}</a> }
                .into_any()
        } else {
            let field = match fact {
                KeyFlag::Limited => "limits",
                KeyFlag::Endless => "expires",
                KeyFlag::AnyAddress => "addresses",
                _ => "scopes",
            };
            view! { <a class="btn" href=format!("{}#{field}", routes::edit_key(&key)) aria-label=format!("{} {}", words.trim_end_matches('\u{2026}'), row.name)>{words}</a> }.into_any()
        };
        view! {
            <li class="row">
                <span class="grow"><a class="link" href=routes::key(&key)><bdi>{row.name.clone()}</bdi></a>
                    <span class="sub"><bdi>{holder(&row.owner).to_owned()}</bdi>" \u{b7} made "<Ago when=row.created/>" \u{b7} "{match row.last_used {
                        Some(when) => view! { "used "<Ago when/> }.into_any(),
                        None => "never used".into_any(),
                    }}</span></span>
                {may_write.then_some(action)}
            </li>
        }
    };
    view! {
        <section class="panel" aria-labelledby=id>
            <header class="row">
                {if none {
                    view! { <span class="status ok"><Icon name="ok"/></span> }.into_any()
                } else {
                    view! { <span class="status warn"><Icon name="warning"/></span> }.into_any()
                }}
                <h2 id=heading>{fact.words()}</h2>
                <span class="muted">{habit.count.clone()}{if habit.count == "1" { " key" } else { " keys" }}</span>
                {(!none).then(|| view! {
                    <span class="row tight end">
                        {more.then(|| view! { <a class="btn quiet" href=all>"See all "{habit.count.clone()}</a> })}
                        {(archives && may_write).then(|| view! {
                            <ArchiveAll of=list label="Archive all\u{2026}"/>
                        })}
                    </span>
                })}
            </header>
            {(!none).then(|| view! {
                <p class="body muted">{why}</p>
                <ul class="lines habit">{habit.keys.into_iter().map(line).collect_view()}</ul>
            })}
        </section>
    }
    .into_any()
}
