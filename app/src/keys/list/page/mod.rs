//! The list of keys.

pub(crate) mod columns;
pub(crate) mod row;
pub(crate) mod select;
pub(crate) mod table;
pub(crate) mod toolbar;

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::{
    keys::list::{
        empty::{NoKeys, NoMatch},
        page::{
            select::Bulk,
            table::{Pager, Table},
            toolbar::Toolbar,
        },
        query::{Column, ListQuery},
        view::KeysView,
    },
    layout::{head::PageHead, page::Loaded},
    overview::{first_run::FirstRun, view::FirstRunView},
    routes,
    ui::{count::grouped, icon::Icon},
};

/// `/keys`.
#[component]
pub(crate) fn Keys() -> impl IntoView {
    let query = use_location().search.get_untracked();
    // What cannot be read is refused by the server function, with words of its own.
    let asked = ListQuery::parse(&query).unwrap_or_default();
    let load = async move {
        let first_run = crate::overview::load::first_run().await?;
        Ok((crate::keys::list::load::list_keys(query).await?, first_run))
    };
    let show = move |(view, first_run): (KeysView, FirstRunView)| {
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
                view! { <FirstRun of=first_run/> <List view asked/> }.into_any()
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
    let (next, matches, may_write, may_purge) =
        (view.next.take(), view.matches.clone(), view.may_write, view.may_purge);
    let shown = rows.len();
    let body = if shown == 0 && asked.list.after.is_some() {
        view! { <p class="empty center muted">"There is nothing after this. "<a class="link" href=asked.with(|_| ()).address()>"Go to the first page"</a></p> }
            .into_any()
    } else if shown == 0 {
        let everything = ListQuery::parse("status=any").unwrap_or_default().address();
        let archived = asked.list.which == model::listing::StatusFilter::Any;
        view! { <NoMatch narrowed=asked.is_narrow() archived everything/> }.into_any()
    } else {
        view! {
            {may_write.then(|| view! { <Bulk asked=asked.clone() matches=matches.clone()/> })}
            <Table rows columns=columns.clone() asked=asked.clone() may_write may_purge/>
            <Pager asked=asked.clone() shown matches next/>
        }
        .into_any()
    };
    view! {
        <Toolbar view asked columns/>
        {body}
    }
}
