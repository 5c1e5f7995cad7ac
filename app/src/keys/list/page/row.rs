//! One key of the list.

use leptos::prelude::*;
use model::{key::KeyStatus, listing::SearchField};

use crate::{
    keys::{
        detail::view::CallCountsView,
        list::{
            query::{Column, ListQuery},
            view::{FoundView, ListedView},
        },
        switch::button::Switch,
        view::{KeyRow, StatusView, When, holder},
    },
    routes,
    ui::{
        icon::Icon,
        key::{AllAccess, Mask, Scopes, Statuses},
        spark::Spark,
        time::{Ago, ends_in},
    },
};

/// A row with the chosen columns.
#[component]
pub(crate) fn Row(listed: ListedView, columns: Vec<Column>, may_write: bool, may_purge: bool) -> impl IntoView {
    let ListedView { row, hours, successor, found } = listed;
    let is_replaced = successor.is_some();
    let replaced = successor.filter(|_| row.status.of != KeyStatus::Archived).map(|(new, last_four)| {
        view! { <span class="sub">"Replaced by "<a class="link" href=routes::key(&new)><code translate="no">"\u{2026}"{last_four}</code></a></span> }
    });
    let (id, name, status) = (row.mask.id.clone(), row.name.clone(), row.status);
    let (mask, place) = (row.mask.clone(), id.clone());
    let places = !columns.contains(&Column::Tenant) && !columns.contains(&Column::Group);
    let shows_owner = columns.contains(&Column::Owner) && !row.owner.is_empty();
    let cells = columns
        .into_iter()
        .map(|column| view! { <Cell column row=row.clone() hours=hours.clone() found=found.clone() places is_replaced/> })
        .collect_view();
    let tick = view! {
        <td class="c-tick fit" role="cell"><label class="hit"><input type="checkbox" name="key" value=id.clone() form="bulk"/><span class="hide">"Select "{name.clone()}</span></label></td>
    };
    view! {
        <tr role="row" data-row=place>
            {may_write.then_some(tick)}
            <th class="c-key" scope="row" role="rowheader"><a href=routes::key(&mask.id) title=name.clone()><bdi><Marked text=name.clone() field=SearchField::Name found=found.clone()/></bdi></a><span class="sub"><Mask of=mask.clone()/></span>{replaced}<FoundElsewhere found shows_owner/></th>
            {cells}
            <td class="c-menu fit" role="cell"><Menu id name status=status.of is_replaced may_write may_purge/></td>
        </tr>
    }
}

/// A text of the row, with what the search found in it.
#[component]
fn Marked(text: String, field: SearchField, found: Vec<FoundView>) -> impl IntoView {
    match found.into_iter().find(|found| found.field == field.code()) {
        Some(found) => view! { <Pieces of=found.pieces/> }.into_any(),
        None => text.into_any(),
    }
}

#[component]
fn Pieces(of: Vec<(bool, String)>) -> impl IntoView {
    let piece = |(is_mark, text): (bool, String)| {
        if is_mark { view! { <mark>{text}</mark> }.into_any() } else { text.into_any() }
    };
    of.into_iter().map(piece).collect_view()
}

/// So many texts that are not in the row are shown.
const ELSEWHERE: usize = 2;

/// What the search found in texts that are not in the row.
#[component]
fn FoundElsewhere(found: Vec<FoundView>, shows_owner: bool) -> impl IntoView {
    let line = |found: FoundView| {
        let field = SearchField::parse(&found.field).filter(|field| match field {
            SearchField::Name => false,
            SearchField::Owner => !shows_owner,
            _ => true,
        })?;
        Some(view! { <span class="sub found">{field.words()}" "<bdi><Pieces of=found.pieces/></bdi></span> })
    };
    found.into_iter().filter_map(line).take(ELSEWHERE).collect_view()
}

#[component]
fn Cell(
    column: Column,
    row: KeyRow,
    hours: Vec<CallCountsView>,
    found: Vec<FoundView>,
    places: bool,
    is_replaced: bool,
) -> impl IntoView {
    let id = row.mask.id.clone();
    match column {
        Column::Owner => {
            let theirs = ListQuery::default().with(|list| list.owner = Some(row.owner.clone())).address();
            let place = match row.group {
                Some(group) => format!("{} / {}", row.tenant, group.name),
                None => row.tenant,
            };
            view! {
                <td class="c-owner" role="cell">{if row.owner.is_empty() {
                        view! { <span class="muted">{holder("")}</span> }.into_any()
                    } else {
                        view! { <a class="plain" href=theirs title=format!("All keys of {}", row.owner)><bdi><Marked text=row.owner.clone() field=SearchField::Owner found/></bdi></a> }.into_any()
                    }}
                    {places.then(|| view! { " "<span class="sub" title=place.clone()><bdi>{place.clone()}</bdi></span> })}</td>
            }
            .into_any()
        }
        Column::Tenant => view! { <td class="c-text" role="cell" data-label="Tenant"><bdi>{row.tenant}</bdi></td> }.into_any(),
        Column::Group => view! {
            <td class="c-text" role="cell" data-label="Group">{match row.group {
                Some(group) => view! { <a class="plain" href=routes::keys_of_group(&group.id)><bdi>{group.name}</bdi></a> }.into_any(),
                None => view! { <span class="muted">"\u{2014}"</span> }.into_any(),
            }}</td>
        }
        .into_any(),
        Column::Scopes => {
            view! { <td class="c-scopes less" role="cell">{row.all_access.then(|| view! { <AllAccess/> })}<Scopes of=row.scopes shown=1/></td> }.into_any()
        }
        Column::Use => view! { <td class="c-use fit less" role="cell" data-live=format!("bars-{id}")><Spark id=id.clone() hours/></td> }.into_any(),
        Column::Last => view! {
            <td class="c-last fit" role="cell" data-label="Used" data-live=format!("last-{id}")><LastUse at=row.last_used unused_for_long=row.unused_for_long is_idle=row.is_idle/></td>
        }
        .into_any(),
        Column::Created => view! { <td class="c-made fit less" role="cell" data-label="Created"><Ago when=row.created/></td> }.into_any(),
        Column::Creator => view! { <td class="c-maker fit less" role="cell" data-label="By"><bdi title=row.created_by.clone()>{row.created_by.clone()}</bdi></td> }.into_any(),
        Column::Expires => view! { <td class="c-ends fit" role="cell" data-label="Expires"><Ends status=row.status expires=row.expires is_replaced/></td> }.into_any(),
        Column::Status => view! { <td class="c-state fit" role="cell" data-live=format!("state-{id}")><Statuses of=row.status also=row.also is_replaced/></td> }.into_any(),
    }
}

/// When a key was used last: amber when that never happened, or long ago.
#[component]
fn LastUse(at: Option<When>, unused_for_long: bool, is_idle: bool) -> impl IntoView {
    match at {
        Some(when) if is_idle => view! { <span class="is-warn"><Ago when/></span> }.into_any(),
        Some(when) => view! { <Ago when/> }.into_any(),
        None if unused_for_long => {
            view! { <span class="is-warn" tabindex="-1" title="It is older than 7 days and was never used.">"never"</span> }
                .into_any()
        }
        None => view! { <span class="muted">"never"</span> }.into_any(),
    }
}

/// When a key ends: louder at 30, 14, 7 days and one.
#[component]
fn Ends(status: StatusView, expires: When, is_replaced: bool) -> impl IntoView {
    let tone = match status.of {
        // Its successor is there: nothing is to be done.
        KeyStatus::Expiring if is_replaced => "muted",
        KeyStatus::Archived => return view! { <span class="muted">"\u{2014}"</span> }.into_any(),
        KeyStatus::Expired => "is-bad",
        KeyStatus::Expiring => ends_in(status.days),
        _ => "",
    };
    view! { <span class=tone><Ago when=expires/></span> }.into_any()
}

/// What can be done with one key, in the fixed order.
#[component]
fn Menu(
    id: String,
    name: String,
    status: KeyStatus,
    is_replaced: bool,
    may_write: bool,
    may_purge: bool,
) -> impl IntoView {
    // A replaced key has no second successor.
    let rotates = status.works() && !is_replaced;
    let menu = format!("menu-{id}");
    let test = routes::why_key(&id);
    let rest = match status {
        KeyStatus::Archived if may_purge => view! {
            <hr/>
            <a class="item risky" href=routes::purge_key(&id)><Icon name="x"/>"Delete for good\u{2026}"</a>
        }
        .into_any(),
        _ if status == KeyStatus::Archived || !may_write => ().into_any(),
        _ => view! {
            <hr/>
            <a class="item" href=routes::edit_key(&id) data-edit=""><Icon name="edit"/>"Edit\u{2026}"</a>
            <hr/>
            <Switch id=id.clone() is_on=status != KeyStatus::Off class="item"/>
            {rotates.then(|| view! { <a class="item" href=routes::rotate_key(&id)><Icon name="rotate"/>"Rotate\u{2026}"</a> })}
            <a class="item risky" href=routes::archive_key(&id) data-archive=id.clone()><Icon name="archive"/>"Archive\u{2026}"</a>
        }
        .into_any(),
    };
    view! {
        <div class="host">
            <button class="btn quiet square" type="button" popovertarget=menu.clone() aria-label=format!("Actions for {name}")><Icon name="more"/></button>
            <div class="menu" id=menu popover="auto">
                <button class="item" type="button" data-copy=id hidden><Icon name="copy"/>"Copy id"</button>
                <a class="item" href=test><Icon name="play"/>"Test this key"</a>
                {rest}
            </div>
        </div>
    }
}
