//! The frame of every signed-in page: sidebar, top bar on small screens, and the work. And what a page shows when it
//! could not load.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_location;
use model::{
    account::{Action, Role},
    catalog::Kind,
};

use crate::{
    catalog::fields::plural,
    document::Document,
    error::ApiError,
    flash::Flash,
    form_outcome::FormOutcome,
    layout::actions::PageActions,
    routes,
    ui::{count::grouped, flash::FlashNote, icon::Icon},
};

/// Loads a page's view and arranges it in the frame. Nothing is sent before it is whole.
#[component]
pub(crate) fn Loaded<T, F, V, W>(
    /// The page's title.
    #[prop(into)]
    title: String,
    /// The path of the sidebar's current item.
    current: &'static str,
    /// What to load.
    load: F,
    /// How to show it.
    show: V,
) -> impl IntoView
where
    T: Send + 'static,
    F: Future<Output = Result<T, ApiError>> + Send + 'static,
    V: FnOnce(T) -> W + Send + 'static,
    W: IntoView + 'static,
{
    let location = use_location();
    let here = format!("{}?{}", location.pathname.get_untracked(), location.search.get_untracked());
    let said = use_context::<Flash>();
    let barred = match use_context::<FormOutcome>() {
        Some(FormOutcome::Barred(action)) => Some(action),
        _ => None,
    };
    let title = if barred.is_some() { NOT_YOURS.to_owned() } else { title };
    let now = use_context::<Document>().map_or(0, |document| document.now);
    let page = Suspend::new(async move {
        let visitor = crate::layout::visitor::visitor().await;
        let body = match barred {
            // Nothing of the page is looked up.
            Some(action) => {
                let role = visitor.as_ref().map(|visitor| visitor.role.clone()).unwrap_or_default();
                view! { <Barred action role/> }.into_any()
            }
            None => match load.await {
                Ok(loaded) => show(loaded).into_any(),
                Err(error) => view! { <Failure error/> }.into_any(),
            },
        };
        view! {
            <a class="btn skip-link" href="#main">"Skip to content"</a>
            <div class="app">
                <header class="topbar">
                    <button class="btn quiet square" type="button" popovertarget="side" aria-label="Menu"><Icon name="menu"/></button>
                    <Brand/>
                    <button class="btn quiet square end scripted" type="button" data-palette="" aria-label="Search or jump to"><Icon name="search"/></button>
                </header>
                <nav class="side" id="side" popover="auto" aria-label="Main">
                    <Brand/>
                    <button class="btn jump scripted" type="button" data-palette=""><Icon name="search"/><span class="grow">"Search or jump to\u{2026}"</span><kbd class="wide" data-chord="" aria-hidden="true">"Ctrl K"</kbd></button>
                    <ul>
                        <Item href=routes::OVERVIEW icon="chart" label="Overview" current/>
                        <Item href=routes::KEYS icon="key" label="Keys" current/>
                        <Item href=routes::HYGIENE icon="check" label="Needs attention" current incidents=visitor.as_ref().map_or(0, |visitor| visitor.incidents)/>
                        <Item href=routes::WHY icon="play" label="Debug a request" current/>
                        {visitor.as_ref().is_ok_and(|visitor| visitor.may_audit)
                            .then(|| view! { <Item href=routes::AUDIT icon="list" label="Audit" current/> })}
                        {visitor.as_ref().is_ok_and(|visitor| visitor.may_probe)
                            .then(|| view! { <Item href=routes::GATEWAY icon="shield" label="Check a gateway" current/> })}
                    </ul>
                    <div>
                        <h2 id="settings"><a href=routes::ALL_SETTINGS aria-current=(current == routes::ALL_SETTINGS).then_some("page")>"Settings"</a></h2>
                        <ul aria-labelledby="settings">
                            {Kind::ALL.map(|kind| view! { <Item href=routes::settings(kind) icon=icon_of(kind) label=plural(kind) current/> }).collect_view()}
                            {visitor.as_ref().is_ok_and(|visitor| visitor.may_manage_people)
                                .then(|| view! { <Item href=routes::PEOPLE icon="user" label="People" current/> })}
                        </ul>
                    </div>
                    <ul class="about">
                        <li><a href=routes::REFERENCE aria-current=(current == routes::REFERENCE).then_some("page")>"API reference"</a></li>
                        <li><a href=routes::ABOUT aria-current=(current == routes::ABOUT).then_some("page")>"About"</a></li>
                    </ul>
                    {visitor.ok().map(|visitor| view! {
                        <div class="foot">
                            <span class="grow who" title=visitor.email.clone()><span>{visitor.email.clone()}</span><small class="sub">{visitor.role}</small></span>
                            <Themes here/>
                            <form method="post" action=routes::SIGN_OUT>
                                <button class="btn quiet square" aria-label="Sign out" title="Sign out"><Icon name="log-out"/></button>
                            </form>
                        </div>
                    })}
                </nav>
                <main id="main" tabindex="-1" autofocus=said.is_some()>{said.map(|said| view! { <FlashNote said/> })}{body}</main>
            </div>
            <PageActions now/>
        }
    });
    view! {
        <Title text=title/>
        <Suspense>{page}</Suspense>
    }
}

/// The themes: their codes, and their words.
const THEMES: [(&str, &str); 3] = [("", "System"), ("light", "Light"), ("dark", "Dark")];

/// The button that opens the list of themes, and the list.
#[component]
fn Themes(
    /// The page to come back to.
    here: String,
) -> impl IntoView {
    let chosen = use_context::<Document>().and_then(|document| document.theme).unwrap_or_default();
    let theme = |(code, words): (&'static str, &'static str)| {
        let is_chosen = code == chosen;
        view! {
            <button class="item" name="theme" value=code aria-current=is_chosen.then_some("true")>{words}</button>
        }
    };
    view! {
        <button class="btn quiet square" type="button" popovertarget="themes" aria-label="Theme" title="Theme"><Icon name="moon"/></button>
        <form class="menu" id="themes" popover="auto" method="post" action=routes::THEME aria-label="Theme">
            <input type="hidden" name="next" value=here/>
            {THEMES.map(theme).collect_view()}
        </form>
    }
}

/// The name and the mark, leading home.
#[component]
pub(crate) fn Brand() -> impl IntoView {
    view! { <a class="row brand" href=routes::HOME><Mark/>"Keyward"</a> }
}

/// The mark.
#[component]
pub(crate) fn Mark(
    /// Large, on a page of its own.
    #[prop(optional)]
    big: bool,
) -> impl IntoView {
    view! {
        <svg class=if big { "mark big" } else { "mark" } viewBox="0 0 24 24" aria-hidden="true">
            <rect width="24" height="24" rx="6.5"></rect>
            <g fill="none" stroke-width="2.25" stroke-linecap="round">
                <path d="M7.25 5.75v12.5M17 5.5a7.6 7.6 0 0 0 0 13"></path>
                <path d="M16.6 12h.01" stroke-width="3.8"></path>
            </g>
        </svg>
    }
}

#[component]
fn Item(
    href: &'static str,
    icon: &'static str,
    label: &'static str,
    current: &'static str,
    /// Keys whose calls are refused or limited.
    #[prop(optional)]
    incidents: i64,
) -> impl IntoView {
    // Beside the link and not in it: the palette lists the link by its words.
    let count = (incidents > 0).then(|| {
        let said = if incidents == 1 {
            " key leaked, or refuses or limits calls"
        } else {
            " keys leaked, or refuse or limit calls"
        };
        view! { <span class="count">{grouped(incidents)}<span class="hide">{said}</span></span> }
    });
    view! { <li><a class="item" href=href aria-current=(href == current).then_some("page")><Icon name=icon/>{label}</a>{count}</li> }
}

/// The icon of what administrators keep.
pub(crate) fn icon_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Tenant => "globe",
        Kind::Group => "layers",
        Kind::Identity => "group",
        Kind::Scope => "tag",
        Kind::Template => "columns",
        Kind::Policy => "settings",
    }
}

/// The heading of a page that a role may not use.
const NOT_YOURS: &str = "Not for your role";

/// What a page shows to a role that may not use it: which roles may.
#[component]
fn Barred(action: Action, role: String) -> impl IntoView {
    let may: Vec<_> = Role::ALL.into_iter().filter(|role| role.may(action)).map(Role::words).collect();
    let roles = match may.as_slice() {
        [one] => format!("for the role {one}"),
        [most @ .., last] => format!("for the roles {} and {last}", most.join(", ")),
        [] => "for nobody".to_owned(),
    };
    view! {
        <div class="empty stack center">
            <h1>{NOT_YOURS}</h1>
            <p>{action.words()}": "{roles}"."</p>
            <p class="muted">"Your role is "{role}". Ask one of them to do it, or a superadmin for another role."</p>
            <p><a class="btn" href=routes::KEYS>"Go to the keys"</a></p>
        </div>
    }
}

/// What a page shows when it could not load: what happened, and what to do.
#[component]
pub(crate) fn Failure(error: ApiError) -> impl IntoView {
    let title = match error {
        ApiError::NotFound => "Nothing here",
        ApiError::Forbidden => NOT_YOURS,
        _ => "This did not work",
    };
    view! {
        <div class="empty stack center">
            <h1>{title}</h1>
            <p class="muted">{error.to_string()}</p>
            <p><a class="btn" href=routes::KEYS>"Go to the keys"</a></p>
        </div>
    }
}
