//! The list of keys.

pub(crate) mod columns;
pub(crate) mod pager;
pub(crate) mod row;
pub(crate) mod select;
pub(crate) mod table;
pub(crate) mod toolbar;
pub(crate) mod views;

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::{
    form_outcome::FormOutcome,
    keys::list::{
        empty::{NoKeys, NoMatch},
        page::{
            pager::{Pager, Pages},
            select::Bulk,
            table::Table,
            toolbar::Toolbar,
        },
        query::{Column, ListQuery},
        view::KeysView,
    },
    layout::{head::PageHead, page::Loaded},
    routes,
    ui::{count::grouped, fields::FormErrorBanner, icon::Icon},
};

/// `/keys`.
#[component]
pub(crate) fn Keys() -> impl IntoView {
    let query = use_location().search.get_untracked();
    // What cannot be read is refused by the server function, with words of its own.
    let asked = ListQuery::parse(&query).unwrap_or_default();
    let load = crate::keys::list::load::list_keys(query);
    let show = move |view: KeysView| {
        view! {
            <PageHead title="Keys">
                {(view.all > 0).then(|| view! { <span class="muted" data-live="key-counts">{grouped(view.live)}" live of "{grouped(view.all)}</span> })}
                {(view.may_write && view.all > 0).then(|| view! {
                    <a class="btn primary end" href=routes::NEW_KEY data-create=""><Icon name="plus"/>"Create key"<kbd aria-hidden="true">"c"</kbd></a>
                })}
            </PageHead>
            {if view.all == 0 {
                view! { <NoKeys may_write=view.may_write origin=view.origin/> }.into_any()
            } else {
                view! { <List view asked/> }.into_any()
            }}
        }
    };
    view! { <Loaded title="Keys" current=routes::KEYS load show/> }
}

#[component]
fn List(mut view: KeysView, asked: ListQuery) -> impl IntoView {
    let remembered = view.columns.as_deref().and_then(Column::remembered);
    let columns = asked.shown(remembered);
    let rows = std::mem::take(&mut view.rows);
    let (matches, may_write, may_purge) = (view.matches.clone(), view.may_write, view.may_purge);
    let pages = Pages {
        shown: i64::try_from(rows.len()).unwrap_or_default(),
        passed: view.passed,
        matches: matches.clone(),
        archived: view.archived.take(),
        next: view.next.take(),
        previous: view.previous.take(),
    };
    let nothing = if pages.shown > 0 {
        ().into_any()
    } else if asked.list.after.is_some() {
        view! { <p class="empty center muted">"There is nothing after this. "<a class="link" href=asked.with(|_| ()).address()>"Go to the first page"</a></p> }
            .into_any()
    } else {
        view! { <NoMatch asked=asked.clone() archived=pages.archived.clone()/> }.into_any()
    };
    let not_saved = match use_context::<FormOutcome>() {
        Some(FormOutcome::View(errors)) => {
            Some(view! { <FormErrorBanner fields=Vec::new() errors=errors.errors failure=errors.failure/> })
        }
        _ => None,
    };
    // What is marked with `data-found` follows the search as it is typed; the table is there without rows, too.
    view! {
        {not_saved}
        <Toolbar view asked=asked.clone() columns=columns.clone()/>
        {may_write.then(|| view! { <Bulk asked=asked.clone() matches/> })}
        <Table rows columns asked=asked.clone() may_write may_purge/>
        <div data-found="nothing">{nothing}</div>
        <Pager asked pages/>
    }
}
