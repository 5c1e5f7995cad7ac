//! One key's page.

pub(crate) mod access;
pub(crate) mod callers;
pub(crate) mod pair;

use admin::UnusedScopes;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use model::key::KeyStatus;

use crate::{
    audit::timeline::Timeline,
    error::ApiError,
    explain::island::Simulate,
    form_outcome::{FormErrors, FormOutcome},
    keys::{
        detail::{
            page::{access::Access, callers::Callers, pair::Pair},
            view::ActivityView,
        },
        edit::least_privilege::LeastPrivilege,
        form::rotation::RotateForm,
        issued_secret,
        switch::button::Switch,
        view::{ArchivedView, KeyView, LeakView, OffView, SpecView, StatusView, holder},
    },
    layout::{
        head::{PageHead, above_keys},
        page::Loaded,
    },
    query::query,
    routes,
    ui::{
        calls_panel::{CallsPanel, Periods},
        count::grouped,
        icon::Icon,
        key::{AllAccess, StatusPill},
        time::{Ago, Moment},
    },
};

/// `/keys/:id`.
#[component]
pub(crate) fn KeyPage() -> impl IntoView {
    let id = use_params_map().read_untracked().get("id").unwrap_or_default();
    let failure = match use_context::<FormOutcome>() {
        Some(FormOutcome::Switch(refused)) => refused.failure,
        _ => None,
    };
    let asked = match use_context::<FormOutcome>() {
        Some(FormOutcome::Overlap(old, form, refused)) => Some((old, form, refused)),
        _ => None,
    };
    let (period, at) = (query("period").unwrap_or_default(), query("at").unwrap_or_default());
    let load = async move {
        Ok((
            crate::keys::detail::load::show_key(id.clone()).await?,
            crate::keys::detail::activity::key_activity(id.clone(), period, at).await?,
            crate::keys::detail::load::unused_scopes(id).await?,
        ))
    };
    let show = move |(view, seen, unused): (KeyView, ActivityView, Option<UnusedScopes>)| {
        view! { <Detail view seen unused failure asked/> }
    };
    view! { <Loaded title="Key" current=routes::KEYS load show/> }
}

/// That a key was let in never, and how often it was refused within a day.
#[component]
fn NeverUsed(is_late: bool, refused: i64) -> impl IntoView {
    if refused > 0 {
        let words = format!("no call let in; {} refused in 24 h", grouped(refused));
        return view! { <span class="is-warn">{words}</span> }.into_any();
    }
    view! { <span class=if is_late { "is-warn" } else { "muted" }>"never"</span> }.into_any()
}

#[component]
fn Detail(
    view: KeyView,
    seen: ActivityView,
    unused: Option<UnusedScopes>,
    failure: Option<ApiError>,
    asked: Option<(String, RotateForm, FormErrors)>,
) -> impl IntoView {
    let KeyView {
        row,
        description,
        spec,
        last_address,
        archived,
        off,
        leak,
        impact,
        history,
        may_write,
        may_purge,
        origin,
    } = view;
    let id = row.mask.id.clone();
    let is_on = off.is_none();
    let leak = leak.filter(|_| archived.is_none());
    let may_switch = leak.is_none();
    let generation = history.first().map(|event| event.seq);
    // One that was rotated has no second successor while the first one is there.
    let has_successor = seen.pairs.iter().any(|pair| pair.is_old && pair.new.status.of != KeyStatus::Expired);
    let works = row.status.of.works() && !has_successor;
    let actions = match (archived.is_some(), may_write, may_purge) {
        (false, true, _) => view! { <Actions id=id.clone() is_on may_switch works/> }.into_any(),
        (true, _, true) => {
            view! { <a class="btn risky end" href=routes::purge_key(&id)><Icon name="x"/>"Delete for good\u{2026}"</a> }
                .into_any()
        }
        _ => ().into_any(),
    };
    let command = row.status.of.works().then(|| issued_secret::curl(&origin));
    let ActivityView { calls, record, pairs, simulate, scopes, now, may_audit, was_refused } = seen;
    let page = id.clone();
    let pair = move |pair| view! { <Pair pair page=page.clone() asked=asked.clone()/> };
    let used = impact.last_used.is_some();
    let (state, why) = (format!("state-{id}"), routes::why_key(&id));
    let place = routes::key(&id);
    let (period, is_bar) = (calls.period(), calls.one.is_some());
    let periods = view! { <Periods page=place.clone() period is_bar/> }.into_any();
    view! {
        <PageHead title=view! { <bdi>{row.name.clone()}</bdi> } above=vec![above_keys()] here=row.name attr:data-live-rows=generation attr:data-live-say="This key changed.">
            <span class="row tight" data-live=state>{row.also.iter().map(|also| view! { <StatusPill of=StatusView { of: *also, ..row.status }/> }).collect_view()}<StatusPill of=row.status/></span>
            {row.all_access.then(|| view! { <AllAccess/> })}
            {was_refused.then(|| view! { <a class="link" href=why>"Why refused?"</a> })}
            {actions}
        </PageHead>
        {failure.map(|error| view! { <div class="banner bad" role="alert"><Icon name="warning"/><span>{error.to_string()}</span></div> })}
        <dl class="facts row">
            <div><dt>"Owner"</dt><dd><bdi>{holder(&row.owner).to_owned()}</bdi></dd></div>
            <div><dt>"Last used"</dt><dd data-live=format!("last-{id}")>{match row.last_used {
                Some(when) => view! { <Ago when/>{last_address.map(|address| view! { ", "<code translate="no">{address}</code> })} }.into_any(),
                None => view! { <NeverUsed is_late=row.unused_for_long refused=impact.refused_day/> }.into_any(),
            }}</dd></div>
            <div><dt>"Expires"</dt><dd><Moment when=row.expires/></dd></div>
            <div><dt>"Tenant"</dt><dd>{row.tenant}</dd></div>
            {row.group.map(|group| view! {
                <div><dt>"Group"</dt><dd><a class="link" href=format!("{}?group={}", routes::KEYS, group.id)><bdi>{group.name}</bdi></a></dd></div>
            })}
            <div><dt>"Id"</dt><dd class="row nowrap"><code translate="no">{id.clone()}</code>
                <button class="btn quiet square copy" type="button" data-copy=id.clone() aria-label="Copy id" hidden><Icon name="copy"/></button></dd></div>
            <div><dt>"Created"</dt><dd><Moment when=row.created/>" by "<bdi>{row.created_by}</bdi></dd></div>
        </dl>
        <div class="split parts key-parts">
            <section class="panel" aria-labelledby="access"><header class="row"><h2 id="access">"Access"</h2></header>
                <div class="body"><Access id=impact.id.clone() scopes=row.scopes all_access=row.all_access spec=spec.clone()/></div>
                {unused.map(|found| view! { <footer><LeastPrivilege id=id.clone() found/></footer> })}</section>
            <div class="stack">
                {archived.map(|archived| view! { <Gone id=id.clone() archived may_write/> })}
                {match leak {
                    Some(leak) => view! { <Leaked id=id.clone() leak may_write/> }.into_any(),
                    None => view! { <div class="slot" data-own="off">{off.map(|off| view! { <Off id=id.clone() off may_write/> })}</div> }.into_any(),
                }}
                <Stopped spec/>
                {(!description.is_empty()).then(|| view! { <p class="prose">{description}</p> })}
                {pairs.into_iter().map(pair).collect_view()}
                <CallsPanel calls page=place.clone() mark=format!("-{id}") why=routes::why_key(&id) periods/>
                <Callers id=id.clone() record used command/>
                <Simulate key_=simulate scopes now/>
            </div>
            <section class="panel" aria-labelledby="history"><header class="row"><h2 id="history">"Audit"</h2>
                {may_audit.then(|| view! { <a class="btn quiet end" href=routes::audit_of(&id)>"All of it"</a> })}</header>
                <div class="body" data-own="history">{if history.is_empty() {
                    view! { <p class="muted">"No changes yet. It was made by rotating the key it replaces, whose audit says so."</p> }.into_any()
                } else {
                    view! { <Timeline events=history/> }.into_any()
                }}</div></section>
        </div>
    }
}

/// What can be done with a key, in the fixed order.
#[component]
fn Actions(id: String, is_on: bool, may_switch: bool, works: bool) -> impl IntoView {
    view! {
        <div class="row tight end acts">
            <a class="btn" href=routes::edit_key(&id) data-edit=""><Icon name="edit"/>"Edit\u{2026}"</a>
            {may_switch.then(|| view! { <Switch id=id.clone() is_on class="btn"/> })}
            <span class="slot" data-own="rotate">{works.then(|| view! { <a class="btn" href=routes::rotate_key(&id)><Icon name="rotate"/>"Rotate\u{2026}"</a> })}</span>
            <a class="btn risky" href=routes::archive_key(&id) data-archive=id.clone()><Icon name="archive"/>"Archive\u{2026}"</a>
        </div>
    }
}

/// A key whose secret was reported as leaked, and what to do.
#[component]
fn Leaked(id: String, leak: LeakView, may_write: bool) -> impl IntoView {
    let found = (!leak.source.is_empty()).then(|| view! { ", found in "<bdi>{leak.source}</bdi> });
    view! {
        <div class="banner bad">
            <Icon name="warning"/>
            <div class="stack tight">
                <p><b>"Reported as leaked "<Moment when=leak.at/>{found}"."</b>" It is switched off, and refused everywhere. Give its holder a new key, then archive this one. If the secret is safe, say why, and it works again."</p>
                {may_write.then(|| view! {
                    <form method="post" action=routes::switch_key(&id)>
                        <input type="hidden" name="to" value="on"/>
                        <div class="field">
                            <label for="reason">"Why it may work again"</label>
                            <div class="row nowrap">
                                <input class="input grow" id="reason" name="reason" required maxlength="200" autocomplete="off"/>
                                <button class="btn">"Switch on"</button>
                            </div>
                        </div>
                    </form>
                })}
            </div>
        </div>
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
fn Stopped(spec: SpecView) -> impl IntoView {
    let subject = spec.acts_as.filter(|subject| !subject.active);
    view! {
        {subject.map(|subject| view! {
            <div class="banner warn"><Icon name="off"/>
                <p><b>"It acts as "<bdi>{subject.name}</bdi>", who is switched off."</b>" It is refused until that identity is switched on, or it acts as somebody else."</p></div>
        })}
        {(!spec.owner_active).then(|| view! {
            <div class="banner warn"><Icon name="off"/>
                <p><b>"Its owner may no longer sign in."</b>" It is refused until that account is enabled, or somebody else holds it."</p></div>
        })}
    }
}

#[component]
fn Gone(id: String, archived: ArchivedView, may_write: bool) -> impl IntoView {
    if let Some(until) = archived.undo_until {
        return view! {
            <div class="banner warn">
                <Icon name="archive"/>
                <p class="grow"><b>"Archived "<Moment when=archived.at/>" by "<bdi>{archived.by}</bdi>": "{archived.reason}"."</b>
                    " It is refused everywhere. Until "<Moment when=until/>" it can be brought back as it was."</p>
                <form method="post" action=routes::restore_key(&id)><button class="btn">"Undo"</button></form>
            </div>
        }
        .into_any();
    }
    view! {
        <div class="banner bad">
            <Icon name="archive"/>
            <p><b>"Archived "<Moment when=archived.at/>" by "<bdi>{archived.by}</bdi>": "{archived.reason}"."</b>
                " It is refused everywhere and cannot come back."
                {may_write.then(|| view! { " "<a class="link" href=routes::NEW_KEY>"Create a new key"</a>" instead." })}</p>
        </div>
    }
    .into_any()
}
