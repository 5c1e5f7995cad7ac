//! One key's page.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::frame::Loaded;
use crate::{
    api,
    components::{Ago, Icon, Moment, Scopes, StatusPill, Timeline},
    routes,
    view::{ArchivedView, CallerView, KeyView, StakesView},
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
    let KeyView { row, description, last_address, archived, stakes, history, may_archive } = view;
    let id = row.mask.id.clone();
    view! {
        <nav class="row muted" aria-label="Breadcrumb">
            <a href=routes::KEYS>"Keys"</a><span aria-hidden="true">"/"</span><span aria-current="page"><bdi>{row.name.clone()}</bdi></span>
        </nav>
        <div class="row page-head">
            <h1><bdi>{row.name}</bdi></h1><StatusPill of=row.status/>
            {may_archive.then(|| view! {
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
                {archived.map(|archived| view! { <Gone archived/> })}
                {(!description.is_empty()).then(|| view! { <p class="prose">{description}</p> })}
                <Use stakes/>
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
fn Gone(archived: ArchivedView) -> impl IntoView {
    view! {
        <div class="banner bad">
            <Icon name="archive"/>
            <p><b>"Archived "<Moment when=archived.at/>" by "<bdi>{archived.by}</bdi>": "{archived.reason}"."</b>
                " It is refused everywhere and cannot come back. "<a class="link" href=routes::NEW_KEY>"Create a new key"</a>" instead."</p>
        </div>
    }
}

/// How much a key is used, and from where.
#[component]
fn Use(stakes: StakesView) -> impl IntoView {
    let StakesView { last_used, calls_day, calls_week, refused_day, callers, .. } = stakes;
    let unused = last_used.is_none() && refused_day == 0;
    let row = |caller: CallerView| view! { <tr><th scope="row"><code>{caller.address}</code></th><td class="num"><Ago when=caller.last/></td></tr> };
    view! {
        <dl class="grid tiles" aria-label="Calls">
            <div><dt>"Allowed, 24 h"</dt><dd class="value">{grouped(calls_day)}</dd></div>
            <div><dt>"Allowed, 7 d"</dt><dd class="value">{grouped(calls_week)}</dd></div>
            <div><dt>"Refused, 24 h"</dt><dd class="value">{grouped(refused_day)}</dd></div>
        </dl>
        <section class="panel" aria-labelledby="callers">
            <header class="row"><h2 id="callers">"Callers"</h2><span class="muted">"addresses in 7 d, latest first"</span></header>
            {if callers.is_empty() {
                let words = if unused { "Never used yet. Test it with the line you were shown with its secret." } else { "No caller's address is known." };
                view! { <div class="body muted">{words}</div> }.into_any()
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

/// A number with its thousands apart.
fn grouped(number: i64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) && !text.ends_with('-') {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn thousands_are_apart() {
        for (number, expected) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), expected);
        }
    }
}
