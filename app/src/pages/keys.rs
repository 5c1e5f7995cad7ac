//! The list of keys.

use leptos::prelude::*;

use super::{
    frame::Loaded,
    keys_empty::{NoKeys, NoMatch},
};
use crate::{
    api,
    components::{Ago, Icon, Mask, Scopes, Status},
    query::{encode, query},
    routes,
    view::{KeyRow, KeysView, StatusView},
};

/// What the address asks for.
#[derive(Clone)]
struct Asked {
    words: String,
    archived: bool,
    after: Option<String>,
}

impl Asked {
    /// The list's address with these words and this filter, from its beginning.
    fn address(words: &str, archived: bool, after: Option<&str>) -> String {
        let mut parts = Vec::new();
        if !words.is_empty() {
            parts.push(format!("q={}", encode(words)));
        }
        if archived {
            parts.push("archived=1".to_owned());
        }
        parts.extend(after.map(|after| format!("after={after}")));
        if parts.is_empty() { routes::KEYS.to_owned() } else { format!("{}?{}", routes::KEYS, parts.join("&")) }
    }
}

/// `/keys`.
#[component]
pub(crate) fn Keys() -> impl IntoView {
    let asked = Asked {
        words: query("q").unwrap_or_default(),
        archived: query("archived").is_some_and(|archived| archived == "1"),
        after: query("after"),
    };
    let load = api::list_keys(asked.words.clone(), asked.archived, asked.after.clone());
    let show = move |view: KeysView| {
        view! {
            <div class="row page-head">
                <h1>"Keys"</h1>
                {(view.all > 0).then(|| view! { <span class="muted">{view.live}" live of "{view.all}</span> })}
                {(view.may_write && view.all > 0).then(|| view! {
                    <a class="btn primary end" href=routes::NEW_KEY data-create=""><Icon name="plus"/>"Create key"<kbd aria-hidden="true">"c"</kbd></a>
                })}
            </div>
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
fn List(view: KeysView, asked: Asked) -> impl IntoView {
    let Asked { words, archived, after } = asked;
    let shown = view.rows.len();
    let narrowed = !words.is_empty();
    let next = view.next.map(|next| Asked::address(&words, archived, Some(&next)));
    let body = if shown == 0 {
        view! { <NoMatch narrowed archived everything=Asked::address("", true, None)/> }.into_any()
    } else {
        let may_write = view.may_write;
        let rows = view.rows.into_iter().map(|row| view! { <Row row may_write/> }).collect_view();
        view! {
            <div class="table-wrap bleed"><table class="data cards" role="table">
                <caption class="hide">"Keys, newest first"</caption>
                <thead role="rowgroup"><tr role="row">
                    <th scope="col" role="columnheader">"Key"</th>
                    <th scope="col" role="columnheader">"Owner"</th>
                    <th class="less" scope="col" role="columnheader">"Scopes"</th>
                    <th class="fit less" scope="col" role="columnheader">"Created"</th>
                    <th class="fit" scope="col" role="columnheader">"Last used"</th>
                    <th class="fit" scope="col" role="columnheader">"Expires"</th>
                    <th class="fit" scope="col" role="columnheader">"Status"</th>
                    <th class="fit" scope="col" role="columnheader"><span class="hide">"Actions"</span></th>
                </tr></thead>
                <tbody role="rowgroup">{rows}</tbody>
            </table></div>
            <div class="row pager">
                <span class="muted">{shown}" shown"{next.is_some().then_some(", more on the next page")}</span>
                <span class="row end">
                    {after.is_some().then(|| view! { <a class="btn" href=Asked::address(&words, archived, None)>"Newest"</a> })}
                    {next.map(|next| view! { <a class="btn" href=next rel="next">"Next"</a> })}
                </span>
            </div>
        }
        .into_any()
    };
    let toggle = Asked::address(&words, !archived, None);
    view! {
        <form class="row toolbar" method="get" action=routes::KEYS role="search">
            <label class="search">
                <Icon name="search"/><span class="hide">"Search keys"</span>
                <input class="input" type="search" name="q" value=words.clone() placeholder="Name, id or owner" data-search=""/>
                <kbd aria-hidden="true">"/"</kbd>
            </label>
            {archived.then(|| view! { <input type="hidden" name="archived" value="1"/> })}
            <a class="btn filter" href=toggle aria-current=archived.then_some("true")>
                <Icon name=if archived { "check" } else { "plus" }/>"With archived"
            </a>
        </form>
        {body}
    }
}

#[component]
fn Row(row: KeyRow, may_write: bool) -> impl IntoView {
    let KeyRow { mask, name, owner, tenant, scopes, status, created, expires, last_used, unused_for_long } = row;
    let id = mask.id.clone();
    let ends = match status {
        StatusView::Archived => None,
        StatusView::Expired => Some("is-bad"),
        StatusView::ExpiresSoon(days) if days < 7 => Some("is-bad"),
        StatusView::ExpiresSoon(_) => Some("is-warn"),
        StatusView::Active => Some(""),
    };
    let last_used = match last_used {
        Some(when) => view! { <Ago when/> }.into_any(),
        None => view! { <span class=if unused_for_long { "is-warn" } else { "muted" }>"never"</span> }.into_any(),
    };
    let live = status != StatusView::Archived;
    let shown = if scopes.len() > 2 { 1 } else { 2 };
    view! {
        <tr role="row" data-row="">
            <th class="c-key" scope="row" role="rowheader"><a href=routes::key(&id) title=name.clone()><bdi>{name.clone()}</bdi></a><span class="sub"><Mask of=mask/></span></th>
            <td class="c-owner" role="cell"><bdi title=owner.clone()>{owner.clone()}</bdi>" "<span class="sub">{tenant}</span></td>
            <td class="c-scopes less" role="cell"><Scopes of=scopes shown/></td>
            <td class="c-made fit less" role="cell"><Ago when=created/></td>
            <td class="c-last fit" role="cell" data-label="Used">{last_used}</td>
            <td class="c-ends fit" role="cell" data-label="Expires">{match ends {
                Some(tone) => view! { <span class=tone><Ago when=expires/></span> }.into_any(),
                None => view! { <span class="muted">"\u{2014}"</span> }.into_any(),
            }}</td>
            <td class="c-state fit" role="cell"><Status of=status/></td>
            <td class="c-menu fit" role="cell"><Menu id name archivable=live && may_write/></td>
        </tr>
    }
}

/// What can be done with one key, in the fixed order.
#[component]
fn Menu(id: String, name: String, archivable: bool) -> impl IntoView {
    let menu = format!("menu-{id}");
    view! {
        <div class="host">
            <button class="btn quiet square" type="button" popovertarget=menu.clone() aria-label=format!("Actions for {name}")><Icon name="more"/></button>
            <div class="menu" id=menu popover="auto">
                <a class="item" href=routes::key(&id)><Icon name="key"/>"Open"</a>
                <button class="item" type="button" data-copy=id.clone() hidden><Icon name="copy"/>"Copy id"</button>
                {archivable.then(|| view! {
                    <hr/>
                    <a class="item risky" href=routes::archive_key(&id) data-archive=id.clone()><Icon name="archive"/>"Archive\u{2026}"</a>
                })}
            </div>
        </div>
    }
}
