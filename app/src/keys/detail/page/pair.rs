//! A key and its successor while both are there: how far callers have changed over, who still has not, and the end of it.

use leptos::prelude::*;

use crate::{
    form_outcome::FormErrors,
    keys::{
        detail::view::{PairState, PairView, Tick},
        form::rotation::{OVERLAPS, RotateForm},
        rotate::fields::OverlapFields,
        view::KeyRow,
    },
    routes,
    ui::{
        callers::Callers,
        chart::{Bar, Bars, Swatch},
        count::{calls, grouped},
        fields::FormErrorBanner,
        icon::Icon,
        key::Mask,
        time::Moment,
    },
};

/// Hundredths that one of two numbers is of both, of which there are some.
fn share(of: i64, other: i64) -> i64 {
    of.saturating_mul(100) / of.saturating_add(other).max(1)
}

#[component]
fn Link(to: KeyRow) -> impl IntoView {
    view! { <a class="link" href=routes::key(&to.mask.id)><bdi>{to.name}</bdi></a>" "<Mask of=to.mask/> }
}

/// The panel.
#[component]
pub(crate) fn Pair(
    pair: PairView,
    /// The id of the key whose page it is.
    page: String,
    /// The overlap that was asked for and refused, with whose it was.
    asked: Option<(String, RotateForm, FormErrors)>,
) -> impl IntoView {
    let asked = asked.filter(|(old, ..)| *old == pair.old.mask.id);
    let (overlap, refused) = asked.map(|(_, form, refused)| (form, refused)).unwrap_or_default();
    let (tone, icon, word) = match pair.state {
        PairState::Over => ("", "stop", "Old key stopped"),
        PairState::Safe => ("ok", "ok", "Safe to cut"),
        PairState::InUse => ("warn", "warning", "Still in use"),
    };
    let place = routes::key(&page);
    let old = pair.old.mask.id.clone();
    let title = format!("pair-{old}");
    let look = if pair.state == PairState::Safe { "btn primary end" } else { "btn end" };
    let cut = (pair.may_write && pair.state != PairState::Over).then(|| {
        view! {
            <form class="end" method="post" action=routes::cut_key(&old)>
                <input type="hidden" name="page" value=page.clone()/>
                <button class=look>"Stop the old key now"</button>
            </form>
        }
    });
    let other = if pair.is_old { pair.new.clone() } else { pair.old.clone() };
    let about = if pair.is_old { "Its successor is " } else { "It takes the place of " };
    let extend = (pair.may_write && pair.may_extend).then(|| {
        view! { <Extend pair=pair.clone() page overlap refused=refused.clone()/> }
    });
    view! {
        <section class="panel" aria-labelledby=title.clone()>
            <header class="row">
                <h2 id=title.clone()>"Rotation"</h2>
                <span data-live=format!("pair-state-{old}")><span class=format!("chip pill {tone}")><Icon name=icon/>{word}</span></span>
                {cut}
            </header>
            <div class="body stack">
                <FormErrorBanner fields=Vec::new() errors=Vec::new() failure=refused.failure/>
                <p>{about}<Link to=other/>", made "<Moment when=pair.rotated.clone()/>"."</p>
                <div class="stack" data-live=format!("pair-{old}")><Drain pair=pair.clone() page=place/></div>
                {pair.jwt_ends.map(|when| view! {
                    <p class="muted">"The old key is a JWT. What is signed into it says that it ends "<Moment when/>": services that check it offline go by that, whatever is chosen here, and nothing lengthens it."</p>
                })}
                {extend}
            </div>
        </section>
    }
}

/// How far callers have changed over.
#[component]
fn Drain(pair: PairView, page: String) -> impl IntoView {
    let PairView { old, new, state, quiet, recent, of_bars, bars, ticks, callers, .. } = pair;
    let ends = old.expires.clone();
    let last = match quiet.as_str() {
        "" => view! { "The old key was never called." }.into_any(),
        quiet => view! { "The last call with the old key was "<b>{quiet.to_owned()}</b>"." }.into_any(),
    };
    let next = match state {
        PairState::Over => view! { " It stopped "<Moment when=ends/>" and is refused." }.into_any(),
        PairState::Safe => view! { " It stops by itself "<Moment when=ends/>"; nobody seen in the last 2 hours would notice if it stopped now." }.into_any(),
        PairState::InUse => view! { " It stops by itself "<Moment when=ends/>". Whoever still calls with it then is refused." }.into_any(),
    };
    let (of_old, of_new) = recent;
    let any = of_old + of_new > 0;
    let old_share = share(of_old, of_new);
    let bar = |(begins, old, new): &(Tick, i64, i64)| Bar {
        begins: begins.clone(),
        length: "",
        said: if old + new > 0 {
            vec![("s-allow", format!("{} new", grouped(*new))), ("s-limit", format!("{} old", grouped(*old)))]
        } else {
            Vec::new()
        },
        href: routes::calls_at(&page, &of_bars, &begins.iso),
        // Shares, so that what is left of the old key shows however much is called.
        parts: if old + new > 0 {
            vec![("s-allow", 100 - share(*old, *new)), ("s-limit", share(*old, *new))]
        } else {
            Vec::new()
        },
    };
    let moved = bars.iter().any(|(_, old, new)| old + new > 0);
    let label = format!(
        "Share of calls with the old key: {old_share} percent of {} in the last 2 hours",
        calls(of_old + of_new)
    );
    let legend = |class, word: &'static str, key: KeyRow, share: i64, number: i64| {
        view! {
            <li class="row tight"><Swatch of=class/>{word}" "<Mask of=key.mask/>
                {any.then(|| view! { <b>{share}"%"</b> })}<span class="muted">{calls(number)}" in 2 h"</span></li>
        }
    };
    view! {
        <p>{last}{next}</p>
        {moved.then(|| view! {
            <Bars bars=bars.iter().map(bar).collect() top=100 scale=vec!["100%".to_owned(), "0".to_owned()] ticks label low=true/>
        })}
        <ul class="row legend">
            {legend("s-allow", "New", new, 100 - old_share, of_new)}
            {legend("s-limit", "Old", old, old_share, of_old)}
        </ul>
        {(!callers.is_empty()).then(|| view! {
            <div class="stack tight"><h3>"Called with the old key since"</h3><Callers of=callers caption="Callers with the old key since the rotation"/></div>
        })}
    }
}

/// The form that lets the old key work for longer.
#[component]
fn Extend(pair: PairView, page: String, overlap: RotateForm, refused: FormErrors) -> impl IntoView {
    let FormErrors { errors, .. } = refused;
    let open = !errors.is_empty();
    let words = |words: &str| words.replace("After ", "In ");
    let choices = OVERLAPS[1..].iter().map(|(code, said)| ((*code).to_owned(), words(said), None)).collect();
    let bounds = (String::new(), pair.latest_field);
    let is_over = pair.state == PairState::Over;
    let verb = if is_over { "Let it work again" } else { "Extend" };
    view! {
        <details class="fold" open=open>
            <summary class="row nowrap">{if is_over { "Let the old key work again" } else { "Extend the overlap" }}<span class="end"></span><Icon name="chevron"/></summary>
            <div>
                <form class="stack" method="post" action=routes::extend_key(&pair.old.mask.id)>
                    <input type="hidden" name="page" value=page/>
                    <p class="muted">"Not beyond "<Moment when=pair.latest/>": what the old key was made for, and what the policy allows."</p>
                    <OverlapFields id=format!("until-{}", pair.new.mask.id) choices bounds form=overlap errors/>
                    <div class="row"><button class="btn end">{verb}</button></div>
                </form>
            </div>
        </details>
    }
}
