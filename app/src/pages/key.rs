//! One key's page.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::frame::Loaded;
use crate::{
    api,
    components::{Ago, AllAccess, Icon, Moment, Scopes, StatusPill, Switch, Timeline, grouped},
    error::ApiError,
    once,
    posted::Posted,
    routes,
    view::{ArchivedView, CallerView, CardView, KeyView, OffView, StakesView},
};

/// `/keys/:id`.
#[component]
pub(crate) fn KeyPage() -> impl IntoView {
    let id = use_params_map().read_untracked().get("id").unwrap_or_default();
    let failure = match use_context::<Posted>() {
        Some(Posted::Switch(refused)) => refused.failure,
        _ => None,
    };
    let show = move |view: KeyView| view! { <Detail view failure/> };
    view! { <Loaded title="Key" current=routes::KEYS load=api::show_key(id) show/> }
}

#[component]
fn Detail(view: KeyView, failure: Option<ApiError>) -> impl IntoView {
    let KeyView { row, description, card, last_address, archived, off, stakes, history, may_write, may_purge, origin } =
        view;
    let id = row.mask.id.clone();
    let is_on = off.is_none();
    let generation = history.first().map(|event| event.seq);
    let actions = match (archived.is_some(), may_write, may_purge) {
        (false, true, _) => view! { <Actions id=id.clone() is_on works=row.status.works()/> }.into_any(),
        (true, _, true) => {
            view! { <a class="btn risky end" href=routes::purge_key(&id)><Icon name="x"/>"Purge\u{2026}"</a> }
                .into_any()
        }
        _ => ().into_any(),
    };
    let command = row.status.works().then(|| once::curl(&origin));
    view! {
        <nav class="row muted" aria-label="Breadcrumb">
            <a href=routes::KEYS>"Keys"</a><span aria-hidden="true">"/"</span><span aria-current="page"><bdi>{row.name.clone()}</bdi></span>
        </nav>
        <div class="row page-head" data-live-rows=generation data-live-say="This key changed.">
            <h1><bdi>{row.name}</bdi></h1><span data-live=format!("state-{id}")><StatusPill of=row.status/></span>
            {row.all_access.then(|| view! { <AllAccess/> })}
            <a class="link" href=routes::why_key(&id)>"Why refused?"</a>
            {actions}
        </div>
        {failure.map(|error| view! { <div class="banner bad" role="alert"><Icon name="warning"/><span>{error.to_string()}</span></div> })}
        <dl class="facts row">
            <div><dt>"Id"</dt><dd class="row nowrap"><code>{id.clone()}</code>
                <button class="btn quiet square copy" type="button" data-copy=id.clone() aria-label="Copy id" hidden><Icon name="copy"/></button></dd></div>
            <div><dt>"Owner"</dt><dd><bdi>{row.owner}</bdi></dd></div>
            <div><dt>"Tenant"</dt><dd>{row.tenant}</dd></div>
            {row.group.map(|group| view! {
                <div><dt>"Group"</dt><dd><a class="link" href=format!("{}?group={}", routes::KEYS, group.id)><bdi>{group.name}</bdi></a></dd></div>
            })}
            <div><dt>"Created"</dt><dd><Moment when=row.created/>" by "<bdi>{row.created_by}</bdi></dd></div>
            <div><dt>"Expires"</dt><dd><Moment when=row.expires/></dd></div>
            <div><dt>"Signatures"</dt><dd><a class="link" href=routes::signing_keys(&stakes.id)>"Signing keys"</a></dd></div>
            <div><dt>"Last used"</dt><dd data-live=format!("last-{id}")>{match row.last_used {
                Some(when) => view! { <Ago when/>{last_address.map(|address| view! { ", "<code>{address}</code> })} }.into_any(),
                None => view! { <span class=if row.unused_for_long { "is-warn" } else { "muted" }>"never"</span> }.into_any(),
            }}</dd></div>
        </dl>
        <div class="split parts">
            <div class="stack">
                {archived.map(|archived| view! { <Gone archived may_write/> })}
                <div class="slot" data-own="off">{off.map(|off| view! { <Off id off may_write/> })}</div>
                <Stopped card=card.clone()/>
                {(!description.is_empty()).then(|| view! { <p class="prose">{description}</p> })}
                <Use stakes command/>
            </div>
            <div class="stack">
                <section class="panel" aria-labelledby="access"><header class="row"><h2 id="access">"Access"</h2></header>
                    <div class="body"><Access scopes=row.scopes all_access=row.all_access card/></div></section>
                <section class="panel" aria-labelledby="history"><header class="row"><h2 id="history">"Audit"</h2></header>
                    <div class="body" data-own="history"><Timeline events=history/></div></section>
            </div>
        </div>
    }
}

/// What can be done with a key, in the fixed order.
#[component]
fn Actions(id: String, is_on: bool, works: bool) -> impl IntoView {
    view! {
        <div class="row tight end">
            <a class="btn" href=routes::edit_key(&id) data-edit=""><Icon name="edit"/>"Edit\u{2026}"</a>
            <Switch id=id.clone() is_on class="btn"/>
            <span class="slot" data-own="rotate">{works.then(|| view! { <a class="btn" href=routes::rotate_key(&id)><Icon name="rotate"/>"Rotate\u{2026}"</a> })}</span>
            <a class="btn risky" href=routes::archive_key(&id) data-archive=id.clone()><Icon name="archive"/>"Archive\u{2026}"</a>
        </div>
    }
}

/// All that decides whether a call passes, and what services are told.
#[component]
fn Access(scopes: Vec<String>, all_access: bool, card: CardView) -> impl IntoView {
    let CardView { acts_as, role, all_access_reason, addresses, limits, quota, metadata, form, signed_writes, .. } =
        card;
    let chips = |of: Vec<String>, none: &'static str| match of.as_slice() {
        [] => none.into_any(),
        all => view! { <Scopes of=of.clone() shown=all.len()/> }.into_any(),
    };
    let limits: Vec<_> = limits.into_iter().chain((!quota.is_empty()).then_some(quota)).collect();
    let acts_as = acts_as.map_or_else(|| "itself".to_owned(), |subject| subject.name);
    view! {
        <dl class="facts">
            <dt>"Scopes"</dt><dd class="wrapped">{chips(scopes, "none")}</dd>
            {all_access.then(|| view! { <dt>"All access"</dt><dd class="prose">{all_access_reason}</dd> })}
            <dt>"Acts as"</dt><dd><bdi>{acts_as}</bdi>{(!role.is_empty()).then(|| view! { ", in role "<bdi>{role}</bdi> })}</dd>
            <dt>"Works from"</dt><dd class="wrapped">{chips(addresses, "anywhere")}</dd>
            <dt>"Limits"</dt><dd class="wrapped">{chips(limits, "none")}</dd>
            <dt>"Writes"</dt><dd>{if signed_writes { "need a signature" } else { "need no signature" }}</dd>
            <dt>"Form"</dt><dd>{form}</dd>
            {(!metadata.is_empty()).then(|| view! { <dt>"Metadata"</dt><dd><code class="prose">{metadata}</code></dd> })}
            {card.rotated_from.map(|before| view! {
                <dt>"Replaces"</dt><dd><a class="link" href=routes::key(&before)><code>{before.clone()}</code></a></dd>
            })}
            {(!card.docs.is_empty()).then(|| view! {
                <dt>"Its API"</dt><dd><a class="link" href=card.docs.clone() target="_blank" rel="noreferrer">"API documentation"</a></dd>
            })}
        </dl>
    }
}

/// A key that was switched off, and how to mend it.
#[component]
fn Off(id: String, off: OffView, may_write: bool) -> impl IntoView {
    view! {
        <div class="banner warn">
            <Icon name="off"/>
            <div class="stack tight">
                <p><b>"Switched off "<Moment when=off.at/>" by "<bdi>{off.by}</bdi>"."</b>" It is refused everywhere until it is switched on."</p>
                {may_write.then(|| view! { <Switch id is_on=false class="btn"/> })}
            </div>
        </div>
    }
}

/// Others by whom a key stands still.
#[component]
fn Stopped(card: CardView) -> impl IntoView {
    let subject = card.acts_as.filter(|subject| !subject.active);
    view! {
        {subject.map(|subject| view! {
            <div class="banner warn"><Icon name="off"/>
                <p><b>"It acts as "<bdi>{subject.name}</bdi>", who is switched off."</b>" It is refused until that user is switched on, or it acts as somebody else."</p></div>
        })}
        {(!card.owner_active).then(|| view! {
            <div class="banner warn"><Icon name="off"/>
                <p><b>"Its owner may no longer sign in."</b>" It is refused until that account is enabled, or somebody else holds it."</p></div>
        })}
    }
}

#[component]
fn Gone(archived: ArchivedView, may_write: bool) -> impl IntoView {
    view! {
        <div class="banner bad">
            <Icon name="archive"/>
            <p><b>"Archived "<Moment when=archived.at/>" by "<bdi>{archived.by}</bdi>": "{archived.reason}"."</b>
                " It is refused everywhere and cannot come back."
                {may_write.then(|| view! { " "<a class="link" href=routes::NEW_KEY>"Create a new key"</a>" instead." })}</p>
        </div>
    }
}

/// How much a key is used, and from where; for one that was not used yet and works, the command that tries it.
#[component]
fn Use(stakes: StakesView, command: Option<String>) -> impl IntoView {
    let StakesView { last_used, calls_day, calls_week, refused_day, callers, .. } = stakes;
    let row = |caller: CallerView| view! { <tr><th scope="row"><code>{caller.address}</code></th><td class="num"><Ago when=caller.last/></td></tr> };
    view! {
        <dl class="tiles" aria-label="Calls" data-live="calls">
            <div><dt>"Allowed, 24 h"</dt><dd class="value">{grouped(calls_day)}</dd></div>
            <div><dt>"Allowed, 7 d"</dt><dd class="value">{grouped(calls_week)}</dd></div>
            <div><dt>"Refused, 24 h"</dt><dd class="value">{grouped(refused_day)}</dd></div>
        </dl>
        <section class="panel" aria-labelledby="callers">
            <header class="row"><h2 id="callers">"Callers"</h2><span class="muted">"addresses in 7 d, latest first"</span></header>
            {if callers.is_empty() {
                view! { <NoCallers used=last_used.is_some() command/> }.into_any()
            } else {
                view! {
                    <div class="table-wrap"><table class="data">
                        <caption class="hide">"Callers in the last 7 days"</caption>
                        <thead><tr><th scope="col">"Address"</th><th class="num" scope="col">"Last call"</th></tr></thead>
                        <tbody>{callers.into_iter().map(row).collect_view()}</tbody>
                    </table></div>
                }.into_any()
            }}
            <footer class="muted small">"Counted in memory and written every few seconds: numbers may lag that much."</footer>
        </section>
    }
}

#[component]
fn NoCallers(used: bool, command: Option<String>) -> impl IntoView {
    let try_it = |command: String| {
        view! {
            <p class="muted">"Never used yet. Try it, with the secret you stored:"</p>
            <div class="code-box">
                <pre tabindex="0"><code>{command.clone()}</code></pre>
                <button class="btn quiet square" type="button" data-copy=command aria-label="Copy command" hidden><Icon name="copy"/></button>
            </div>
        }
    };
    view! {
        <div class="body stack tight">
            {match command {
                _ if used => view! { <p class="muted">"Nobody called in 7 d."</p> }.into_any(),
                Some(command) => try_it(command).into_any(),
                None => view! { <p class="muted">"Never used."</p> }.into_any(),
            }}
        </div>
    }
}
