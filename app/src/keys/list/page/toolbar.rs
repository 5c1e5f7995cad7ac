//! What narrows the list: words, a status, a place, and what else holds. All of it is in the address.

use leptos::prelude::*;
use model::{
    id::EntryId,
    key::KeyStatus,
    listing::{KeyFlag, ListKeys, Sort, StatusFilter},
};

use crate::{
    keys::{
        archive::fields::ArchiveAll,
        list::{
            page::{columns::Columns, views::Views},
            query::{Column, ListQuery},
            view::KeysView,
        },
    },
    routes,
    ui::{count::grouped, icon::Icon},
};

/// The facts that stand as buttons; the others are in the menu.
const BUTTONS: [KeyFlag; 1] = [KeyFlag::Unused];

/// The search, the filters and the columns.
#[component]
pub(crate) fn Toolbar(view: KeysView, asked: ListQuery, columns: Vec<Column>) -> impl IntoView {
    let asked = asked.with(|_| ());
    let kept = asked.pairs().into_iter().filter(|(name, _)| *name != "q");
    let kept = kept.map(|(name, value)| view! { <input type="hidden" name=name value=value/> }).collect_view();
    let button = |fact: KeyFlag| {
        let is_on = asked.list.flags.contains(&fact);
        view! { <a class="btn filter" href=asked.toggled(fact).address() aria-current=is_on.then_some("true")><Icon name=if is_on { "check" } else { "plus" }/>{fact.words()}</a> }
    };
    let soon = StatusFilter::Only(KeyStatus::Expiring);
    let is_soon = asked.list.statuses() == soon;
    let expiring = asked.with(|list| {
        *list = list.with_statuses(if is_soon { StatusFilter::Current } else { soon });
        list.sort = if is_soon { Sort::default() } else { Sort::Expires };
    });
    view! {
        <div class="row toolbar">
            <form class="search-form" method="get" action=routes::KEYS role="search">
                <label class="search">
                    <Icon name="search"/><span class="hide">"Search keys"</span>
                    <input class="input" id="search" type="search" name="q" value=asked.list.words.clone() placeholder="Name, id, owner, scope, label" autocomplete="off" data-search=""/>
                    <kbd aria-hidden="true">"/"</kbd>
                </label>
                {kept}
            </form>
            <div class="row grow slide filters" role="group" aria-label="Filters" data-found="filters">
                <Views views=view.views.clone() asked=asked.clone() may_share=view.may_share/>
                <ByStatus statuses=view.statuses asked=asked.clone()/>
                <ByTenant tenants=view.tenants asked=asked.clone()/>
                <ByGroup groups=view.groups asked=asked.clone()/>
                <More asked=asked.clone()/>
                {BUTTONS.map(button)}
                <a class="btn filter" href=expiring.address() aria-current=is_soon.then_some("true")><Icon name=if is_soon { "check" } else { "plus" }/>"Expires in 30 d"</a>
                <Narrowed asked=asked.clone() may_write=view.may_write/>
            </div>
            <div data-found="sort"><BySort asked=asked.clone()/></div>
            <Columns asked shown=columns/>
        </div>
    }
}

/// One filter: a menu of links, each with its words, its address and whether it is chosen. Nothing when there is nothing
/// to choose.
#[component]
fn Filter(
    id: &'static str,
    label: &'static str,
    everything: (&'static str, String),
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
                {item((everything.0.to_owned(), everything.1, !is_chosen))}
                <hr/>
                {choices.into_iter().map(item).collect_view()}
            </div>
        </div>
    })
}

#[component]
fn ByStatus(statuses: Vec<(String, i64)>, asked: ListQuery) -> impl IntoView {
    let choice = |(code, keys): (String, i64)| {
        let status = KeyStatus::parse(&code)?;
        let which = StatusFilter::Only(status);
        let address = asked.with(|list| *list = list.with_statuses(which)).address();
        Some((format!("{} \u{b7} {}", status.words(), grouped(keys)), address, asked.list.statuses() == which))
    };
    // From what works to what is gone.
    let mut choices: Vec<_> = statuses.into_iter().rev().filter_map(choice).collect();
    let of = |which| (asked.with(|list| *list = list.with_statuses(which)).address(), asked.list.statuses() == which);
    let (any, is_any) = of(StatusFilter::Any);
    choices.push(("With archived".to_owned(), any, is_any));
    let (working, is_working) = of(StatusFilter::Working);
    choices.insert(0, ("All that work".to_owned(), working, is_working));
    let current = ("All but archived", of(StatusFilter::Current).0);
    view! { <Filter id="by-status" label="Status" everything=current choices/> }
}

#[component]
fn ByTenant(tenants: Vec<String>, asked: ListQuery) -> impl IntoView {
    let several = tenants.len() > 1;
    let choice = |name: String| {
        let chosen = asked.with(|list| (list.tenant, list.group) = (Some(name.clone()), None));
        let is_chosen = asked.list.tenant.as_ref() == Some(&name);
        (name, chosen.address(), is_chosen)
    };
    let choices = tenants.into_iter().filter(|_| several).map(choice).collect();
    let any = ("All tenants", asked.with(|list| (list.tenant, list.group) = (None, None)).address());
    view! { <Filter id="by-tenant" label="Tenant" everything=any choices/> }
}

#[component]
fn ByGroup(groups: Vec<crate::keys::view::GroupView>, asked: ListQuery) -> impl IntoView {
    let here = |tenant: &str| asked.list.tenant.as_ref().is_none_or(|chosen| chosen == tenant);
    let several = groups.iter().any(|group| group.tenant != groups[0].tenant) && asked.list.tenant.is_none();
    let choices = groups.into_iter().filter(|group| here(&group.tenant)).filter_map(|group| {
        let id = EntryId::parse(&group.id)?;
        let words = if several { format!("{}, {}", group.name, group.tenant) } else { group.name };
        Some((words, asked.with(|list| list.group = Some(id)).address(), asked.list.group == Some(id)))
    });
    let any = ("All groups", asked.with(|list| list.group = None).address());
    view! { <Filter id="by-group" label="Group" everything=any choices=choices.collect()/> }
}

/// The order, where the table has no headings that would sort it.
#[component]
fn BySort(asked: ListQuery) -> impl IntoView {
    let choice = |sort: Sort| {
        let mut words = sort.words().to_owned();
        words[..1].make_ascii_uppercase();
        (words, asked.with(|list| list.sort = sort).address(), asked.list.sort == sort && sort != Sort::default())
    };
    let choices = Sort::ALL.into_iter().filter(|sort| *sort != Sort::default()).map(choice).collect();
    let newest = ("Newest first", choice(Sort::default()).1);
    view! { <div class="by-sort"><Filter id="by-sort" label="Sort" everything=newest choices/></div> }
}

/// What is asked for less often: an owner, a scope, and other facts.
#[component]
fn More(asked: ListQuery) -> impl IntoView {
    let kept = asked.pairs().into_iter().filter(|(name, _)| !["owner", "scope"].contains(name));
    let kept = kept.filter(|(name, value)| *name != "only" || BUTTONS.iter().any(|fact| fact.code() == value));
    let kept = kept.map(|(name, value)| view! { <input type="hidden" name=name value=value/> }).collect_view();
    // What is a status, too, is in the menu of those.
    let offered = |fact: &KeyFlag| !BUTTONS.contains(fact) && fact.as_status().is_none();
    let facts = KeyFlag::ALL.into_iter().filter(offered).map(|fact| {
        let is_on = asked.list.flags.contains(&fact);
        view! { <label class="item"><input type="checkbox" name="only" value=fact.code() checked=is_on/>{fact.words()}</label> }
    });
    view! {
        <div class="host">
            <button class="btn filter" type="button" popovertarget="more-filters"><Icon name="plus"/>"More filters"</button>
            <form class="menu long ask-more" id="more-filters" popover="auto" method="get" action=routes::KEYS>
                {kept}
                <div class="field"><label for="by-owner">"Owner"</label>
                    <input class="input" id="by-owner" name="owner" value=asked.list.owner.clone() autocomplete="off"/></div>
                <div class="field"><label for="by-scope">"Scope"</label>
                    <input class="input mono" id="by-scope" name="scope" value=asked.list.scope.clone() placeholder="bookings.read" autocomplete="off" autocapitalize="none" spellcheck="false"/></div>
                <hr/>
                {facts.collect_view()}
                <hr/>
                <button class="btn primary wide">"Filter"</button>
            </form>
        </div>
    }
}

/// What was asked for in the menu, each with the way to take it back.
#[component]
fn Narrowed(asked: ListQuery, may_write: bool) -> impl IntoView {
    let without = |change: fn(&mut ListKeys)| asked.with(change).address();
    let mut chips: Vec<(String, String)> = Vec::new();
    chips.extend(asked.list.identity.map(|_| ("One identity".to_owned(), without(|list| list.identity = None))));
    chips.extend(asked.list.series.map(|_| ("One series".to_owned(), without(|list| list.series = None))));
    chips.extend(asked.list.owner.iter().map(|owner| (format!("Owner: {owner}"), without(|list| list.owner = None))));
    chips.extend(asked.list.scope.iter().map(|scope| (format!("Scope: {scope}"), without(|list| list.scope = None))));
    for fact in asked.list.flags.iter().filter(|fact| !BUTTONS.contains(fact)) {
        chips.push((fact.words().to_owned(), asked.toggled(*fact).address()));
    }
    let chip = |(words, href): (String, String)| {
        view! { <a class="btn filter" href=href aria-current="true" title="Take this filter away"><bdi>{words}</bdi><Icon name="x"/></a> }
    };
    let all = asked.is_narrow().then(|| {
        ListQuery { columns: asked.columns.clone(), ..ListQuery::default() }
            .with(|list| list.sort = asked.list.sort)
            .address()
    });
    view! {
        {chips.into_iter().map(chip).collect_view()}
        {all.map(|all| view! { <a class="btn quiet" href=all>"Clear"</a> })}
        {asked.list.owner.clone().filter(|_| may_write).map(|owner| {
            let theirs = ListQuery::default().with(|list| list.owner = Some(owner));
            view! { <ArchiveAll of=theirs label="Archive everything of this owner\u{2026}"/> }
        })}
    }
}
