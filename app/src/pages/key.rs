//! One key's page.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::frame::Loaded;
use crate::{
    api,
    components::{Ago, Icon, Moment, Scopes, StatusPill, Timeline, grouped},
    once, routes,
    view::{ArchivedView, CallerView, KeyView, StakesView, StatusView},
};

/// `/keys/:id`.
#[component]
pub(crate) fn KeyPage() -> impl IntoView {
    let id = use_params_map().read_untracked().get("id").unwrap_or_default();
    let show = |view: KeyView| view! { <Detail view/> };
    view! { <Loaded title="Key" current=routes::KEYS load=api::show_key(id) show/> }
}

#[component]
fn Detail(view: KeyView) -> impl IntoView {
    let KeyView { row, description, last_address, archived, stakes, history, may_write, origin } = view;
    let id = row.mask.id.clone();
    let works = matches!(row.status, StatusView::Active | StatusView::ExpiresSoon(_));
    let command = works.then(|| once::curl(&origin));
    view! {
        <nav class="row muted" aria-label="Breadcrumb">
            <a href=routes::KEYS>"Keys"</a><span aria-hidden="true">"/"</span><span aria-current="page"><bdi>{row.name.clone()}</bdi></span>
        </nav>
        <div class="row page-head">
            <h1><bdi>{row.name}</bdi></h1><StatusPill of=row.status/>
            {(may_write && archived.is_none()).then(|| view! {
                <a class="btn risky end" href=routes::archive_key(&id) data-archive=id.clone()><Icon name="archive"/>"Archive\u{2026}"</a>
            })}
        </div>
        <dl class="facts row">
            <div><dt>"Id"</dt><dd class="row nowrap"><code>{id.clone()}</code>
                <button class="btn quiet square copy" type="button" data-copy=id aria-label="Copy id" hidden><Icon name="copy"/></button></dd></div>
            <div><dt>"Owner"</dt><dd><bdi>{row.owner}</bdi></dd></div>
            <div><dt>"Tenant"</dt><dd>{row.tenant}</dd></div>
            <div><dt>"Created"</dt><dd><Moment when=row.created/></dd></div>
            <div><dt>"Expires"</dt><dd><Moment when=row.expires/></dd></div>
            <div><dt>"Last used"</dt><dd>{match row.last_used {
                Some(when) => view! { <Ago when/>{last_address.map(|address| view! { ", "<code>{address}</code> })} }.into_any(),
                None => view! { <span class=if row.unused_for_long { "is-warn" } else { "muted" }>"never"</span> }.into_any(),
            }}</dd></div>
        </dl>
        <div class="split parts">
            <div class="stack">
                {archived.map(|archived| view! { <Gone archived may_write/> })}
                {(!description.is_empty()).then(|| view! { <p class="prose">{description}</p> })}
                <Use stakes command/>
            </div>
            <div class="stack">
                <section class="panel" aria-labelledby="access"><header class="row"><h2 id="access">"Access"</h2></header>
                    <div class="body"><dl class="facts"><dt>"Scopes"</dt><dd class="wrapped"><Scopes of=row.scopes shown=50/></dd></dl></div></section>
                <section class="panel" aria-labelledby="history"><header class="row"><h2 id="history">"Audit"</h2></header>
                    <div class="body"><Timeline events=history/></div></section>
            </div>
        </div>
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
        <dl class="tiles" aria-label="Calls">
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
