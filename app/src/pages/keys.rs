//! The list of keys.

use leptos::prelude::*;

use super::{
    frame::Loaded,
    keys_empty::{NoKeys, NoMatch},
};
use crate::{
    api,
    components::{Ago, AllAccess, Icon, Mask, Scopes, Status, Switch},
    query::{encode, query},
    routes,
    view::{GroupView, KeyRow, KeysView, StatusView},
};

/// What the address asks for.
#[derive(Clone, Default)]
struct Asked {
    words: String,
    archived: bool,
    tenant: Option<String>,
    group: Option<String>,
    after: Option<String>,
}

impl Asked {
    fn here() -> Self {
        let chosen = |name| query(name).filter(|value| !value.is_empty());
        Self {
            words: query("q").unwrap_or_default(),
            archived: query("archived").is_some_and(|archived| archived == "1"),
            tenant: chosen("tenant"),
            group: chosen("group"),
            after: query("after"),
        }
    }

    /// The list's address with all this.
    fn address(&self) -> String {
        let words = Some(&self.words).filter(|words| !words.is_empty());
        let archived = self.archived.then(|| "1".to_owned());
        let parts = [
            ("q", words),
            ("archived", archived.as_ref()),
            ("tenant", self.tenant.as_ref()),
            ("group", self.group.as_ref()),
            ("after", self.after.as_ref()),
        ];
        let parts = parts.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", encode(value?))));
        let parts: Vec<_> = parts.collect();
        if parts.is_empty() { routes::KEYS.to_owned() } else { format!("{}?{}", routes::KEYS, parts.join("&")) }
    }

    /// The same from its beginning.
    fn first(&self) -> Self {
        Self { after: None, ..self.clone() }
    }

    /// Whether it leaves out keys that are not archived.
    fn is_narrow(&self) -> bool {
        !self.words.is_empty() || self.tenant.is_some() || self.group.is_some()
    }
}

/// `/keys`.
#[component]
pub(crate) fn Keys() -> impl IntoView {
    let asked = Asked::here();
    let Asked { words, archived, tenant, group, after } = asked.clone();
    let load = api::list_keys(words, archived, tenant, group, after);
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
    let shown = view.rows.len();
    let next = view.next.map(|next| Asked { after: Some(next), ..asked.clone() }.address());
    let filters = view! { <Filters tenants=view.tenants groups=view.groups asked=asked.first()/> };
    let newest = asked.after.is_some().then(|| asked.first().address());
    let body = if shown == 0 {
        let everything = Asked { archived: true, ..Asked::default() }.address();
        view! { <NoMatch narrowed=asked.is_narrow() archived=asked.archived everything/> }.into_any()
    } else {
        let may_write = view.may_write;
        let may_purge = view.may_purge;
        let rows = view.rows.into_iter().map(|row| view! { <Row row may_write may_purge/> }).collect_view();
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
                    {newest.map(|newest| view! { <a class="btn" href=newest>"Newest"</a> })}
                    {next.map(|next| view! { <a class="btn" href=next rel="next">"Next"</a> })}
                </span>
            </div>
        }
        .into_any()
    };
    view! {
        {filters}
        {body}
    }
}

/// The search and the filters, all of them in the address.
#[component]
fn Filters(tenants: Vec<String>, groups: Vec<GroupView>, asked: Asked) -> impl IntoView {
    let archived = asked.archived;
    let toggle = Asked { archived: !archived, ..asked.clone() }.address();
    let tenant = |name: &String| {
        let chosen = Asked { tenant: Some(name.clone()), group: None, ..asked.clone() };
        (name.clone(), chosen.address(), asked.tenant.as_ref() == Some(name))
    };
    let in_tenant = groups.iter().filter(|group| asked.tenant.as_ref().is_none_or(|tenant| *tenant == group.tenant));
    let several = tenants.len() > 1;
    let group = |group: &GroupView| {
        let name = if several { format!("{}, {}", group.name, group.tenant) } else { group.name.clone() };
        let chosen = Asked { group: Some(group.id.clone()), ..asked.clone() };
        (name, chosen.address(), asked.group.as_ref() == Some(&group.id))
    };
    let of_tenants: Vec<_> = tenants.iter().filter(|_| several).map(tenant).collect();
    let of_groups: Vec<_> = in_tenant.map(group).collect();
    let any_tenant = Asked { tenant: None, group: None, ..asked.clone() }.address();
    let any_group = Asked { group: None, ..asked.clone() }.address();
    let kept = [("archived", archived.then(|| "1".to_owned())), ("tenant", asked.tenant), ("group", asked.group)];
    let kept = kept.map(|(name, value)| value.map(|value| view! { <input type="hidden" name=name value=value/> }));
    view! {
        <form class="row toolbar" method="get" action=routes::KEYS role="search">
            <label class="search">
                <Icon name="search"/><span class="hide">"Search keys"</span>
                <input class="input" type="search" name="q" value=asked.words placeholder="Name, id or owner" data-search=""/>
                <kbd aria-hidden="true">"/"</kbd>
            </label>
            {kept}
            <a class="btn filter" href=toggle aria-current=archived.then_some("true")>
                <Icon name=if archived { "check" } else { "plus" }/>"With archived"
            </a>
            <Filter id="by-tenant" label="Tenant" all="All tenants" everything=any_tenant choices=of_tenants/>
            <Filter id="by-group" label="Group" all="All groups" everything=any_group choices=of_groups/>
        </form>
    }
}

/// One filter: a menu of links, each with its words, its address and whether it is chosen. Nothing when there is nothing
/// to choose.
#[component]
fn Filter(
    id: &'static str,
    label: &'static str,
    all: &'static str,
    everything: String,
    choices: Vec<(String, String, bool)>,
) -> impl IntoView {
    let chosen = choices.iter().find(|(_, _, is_chosen)| *is_chosen).map(|(words, _, _)| words.clone());
    let is_chosen = chosen.is_some();
    let item = |(words, href, is_chosen): (String, String, bool)| {
        view! { <a class="item" href=href aria-current=is_chosen.then_some("true")><bdi>{words}</bdi></a> }
    };
    (!choices.is_empty()).then(|| view! {
        <div class="host">
            <button class="btn filter" type="button" popovertarget=id aria-current=is_chosen.then_some("true")>
                <Icon name=if is_chosen { "check" } else { "plus" }/>{label}{chosen.map(|chosen| view! { ": "<bdi>{chosen}</bdi> })}
            </button>
            <div class="menu long" id=id popover="auto">
                {item((all.to_owned(), everything, !is_chosen))}
                <hr/>
                {choices.into_iter().map(item).collect_view()}
            </div>
        </div>
    })
}

#[component]
fn Row(row: KeyRow, may_write: bool, may_purge: bool) -> impl IntoView {
    let KeyRow { mask, name, owner, tenant, group, scopes, all_access, status, created, expires, last_used, .. } = row;
    let id = mask.id.clone();
    let ends = match status {
        StatusView::Archived => None,
        StatusView::Expired => Some("is-bad"),
        StatusView::ExpiresSoon(days) if days < 7 => Some("is-bad"),
        StatusView::ExpiresSoon(_) => Some("is-warn"),
        StatusView::Active | StatusView::Off => Some(""),
    };
    let last_used = match last_used {
        Some(when) => view! { <Ago when/> }.into_any(),
        None => view! { <span class=if row.unused_for_long { "is-warn" } else { "muted" }>"never"</span> }.into_any(),
    };
    let shown = if scopes.len() > 2 { 1 } else { 2 };
    view! {
        <tr role="row" data-row="">
            <th class="c-key" scope="row" role="rowheader"><a href=routes::key(&id) title=name.clone()><bdi>{name.clone()}</bdi></a><span class="sub"><Mask of=mask/>{group.map(|group| view! { " \u{b7} "<bdi>{group.name}</bdi> })}</span></th>
            <td class="c-owner" role="cell"><bdi title=owner.clone()>{owner.clone()}</bdi>" "<span class="sub">{tenant}</span></td>
            <td class="c-scopes less" role="cell"><Scopes of=scopes shown/>{all_access.then(|| view! { <AllAccess/> })}</td>
            <td class="c-made fit less" role="cell"><Ago when=created/><span class="sub" title=row.created_by.clone()>"by "<bdi>{row.created_by.clone()}</bdi></span></td>
            <td class="c-last fit" role="cell" data-label="Used" data-live=format!("last-{id}")>{last_used}</td>
            <td class="c-ends fit" role="cell" data-label="Expires">{match ends {
                Some(tone) => view! { <span class=tone><Ago when=expires/></span> }.into_any(),
                None => view! { <span class="muted">"\u{2014}"</span> }.into_any(),
            }}</td>
            <td class="c-state fit" role="cell" data-live=format!("state-{id}")><Status of=status/></td>
            <td class="c-menu fit" role="cell"><Menu id name status may_write may_purge/></td>
        </tr>
    }
}

/// What can be done with one key, in the fixed order.
#[component]
fn Menu(id: String, name: String, status: StatusView, may_write: bool, may_purge: bool) -> impl IntoView {
    let menu = format!("menu-{id}");
    let rest = match status {
        StatusView::Archived if may_purge => view! {
            <hr/>
            <a class="item risky" href=routes::purge_key(&id)><Icon name="x"/>"Purge\u{2026}"</a>
        }
        .into_any(),
        // Without a script there would be nothing in it.
        _ if status == StatusView::Archived || !may_write => {
            view! { <a class="item" href=routes::key(&id)><Icon name="key"/>"Open"</a> }.into_any()
        }
        _ => view! {
            <hr/>
            <a class="item" href=routes::edit_key(&id) data-edit=""><Icon name="edit"/>"Edit\u{2026}"</a>
            <hr/>
            <Switch id=id.clone() is_on=status != StatusView::Off class="item"/>
            {status.works().then(|| view! { <a class="item" href=routes::rotate_key(&id)><Icon name="rotate"/>"Rotate\u{2026}"</a> })}
            <a class="item risky" href=routes::archive_key(&id) data-archive=id.clone()><Icon name="archive"/>"Archive\u{2026}"</a>
        }
        .into_any(),
    };
    view! {
        <div class="host">
            <button class="btn quiet square" type="button" popovertarget=menu.clone() aria-label=format!("Actions for {name}")><Icon name="more"/></button>
            <div class="menu" id=menu popover="auto">
                <button class="item" type="button" data-copy=id hidden><Icon name="copy"/>"Copy id"</button>
                {rest}
            </div>
        </div>
    }
}
