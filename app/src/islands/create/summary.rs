//! What the form amounts to, in plain words, and the button that makes it so.

use leptos::{ev, prelude::*};

use super::{
    Course, FORM,
    fields::{FIELDS, control},
};
use crate::{
    browser,
    components::Icon,
    error::ApiError,
    form::IssueKeyForm,
    islands::trouble::Trouble,
    routes,
    view::{LifeChoice, NewKeyView},
};

/// So many scopes are named in the sentence; the facts below it name all.
const NAMED: usize = 3;

/// The panel beside the form.
#[component]
pub(super) fn Summary(view: NewKeyView, typed: RwSignal<IssueKeyForm>, course: Course) -> impl IntoView {
    let lives = StoredValue::new(view.lives);
    let scopes = Memo::new(move |_| typed.with(scopes));
    let ends = Memo::new(move |_| typed.with(|form| lives.with_value(|lives| ends(form, lives))));
    view! {
        <aside class="panel plain sticky" aria-labelledby="summary-title">
            <header class="row"><h2 id="summary-title">"This key"</h2></header>
            <div class="body stack">
                <div class="stack scripted">
                    <Sentence tenant=view.tenant typed scopes ends/>
                    <dl class="facts">
                        <dt>"Scopes"</dt>
                        <dd class="row tight">{move || chips(&scopes.get())}</dd>
                        <dt>"Ends"</dt>
                        <dd>{move || ends.get().unwrap_or_else(|| "Not chosen yet".to_owned())}</dd>
                    </dl>
                </div>
                <Mend typed course/>
                <div class="stack tight">
                    <button class="btn primary wide" form=FORM aria-disabled=move || course.busy.get().then_some("true")>
                        {move || if course.busy.get() { "Creating\u{2026}" } else { "Create key" }}
                    </button>
                    <a class="btn quiet wide" href=routes::KEYS>"Cancel"</a>
                </div>
            </div>
            <footer class="muted">"You will see the secret once, on the next screen."</footer>
        </aside>
    }
}

/// The key in one sentence.
#[component]
fn Sentence(
    tenant: String,
    typed: RwSignal<IssueKeyForm>,
    scopes: Memo<Vec<String>>,
    ends: Memo<Option<String>>,
) -> impl IntoView {
    let or = |text: &str, otherwise: &str| {
        if text.trim().is_empty() { otherwise.to_owned() } else { text.trim().to_owned() }
    };
    let day = |ends: Option<String>| match ends.as_deref().and_then(|ends| ends.split(',').next()) {
        Some(day) => day.to_owned(),
        None => "a day you pick".to_owned(),
    };
    view! {
        <p class="sentence">
            <b><bdi>{move || typed.with(|form| or(&form.name, "This key"))}</bdi></b> " can use "
            <b>{move || scopes.with(|scopes| named(scopes))}</b> " in tenant " <b>{tenant}</b> ", held by "
            <b><bdi>{move || typed.with(|form| or(&form.owner, "you"))}</bdi></b> ", until " <b>{move || day(ends.get())}</b> "."
        </p>
    }
}

/// What has to be mended, with a link to each field, or why it failed otherwise.
#[component]
fn Mend(typed: RwSignal<IssueKeyForm>, course: Course) -> impl IntoView {
    let link = move |(place, (field, words)): (usize, (&'static str, &'static str))| {
        let control = move || typed.with_untracked(|form| control(field, &form.life));
        let go = move |event: ev::MouseEvent| {
            event.prevent_default();
            browser::focus(&control());
        };
        view! { {if place == 0 { " " } else { ", " }} <a class="link" href=format!("#{field}") on:click=go>{words}</a> }
    };
    let mend = move || {
        let errors = course.errors.get();
        let bad = FIELDS.into_iter().filter(|(field, _)| errors.iter().any(|error| error.field == *field));
        let bad: Vec<_> = bad.enumerate().collect();
        // A mistake that is at none of the fields is said here.
        let known = |field: &str| FIELDS.iter().any(|(known, _)| *known == field);
        let other = errors.into_iter().find(|error| !known(&error.field)).map(|error| error.message);
        let count = match bad.len() {
            0 => None,
            1 => Some("One field needs you:".to_owned()),
            count => Some(format!("{count} fields need you:")),
        };
        (count.is_some() || other.is_some()).then(|| view! {
            <div class="banner bad">
                <Icon name="warning"/>
                <span>{count.map(|count| view! { {count} {bad.into_iter().map(link).collect_view()} ". " })} {other}</span>
            </div>
        })
    };
    view! {
        <div class="slot" role="alert">
            {move || course.failure.get().map(|error| view! { <Trouble error/> })}
            {move || (course.failure.get() == Some(ApiError::Offline)).then(|| view! {
                <p class="muted">
                    "The key may have been made all the same, and nobody has its secret. Look for it in "
                    <a class="link" href=routes::KEYS target="_blank">"the list"</a> " before you try again."
                </p>
            })}
            {mend}
        </div>
    }
}

/// All scopes, ticked and typed, each once.
fn scopes(form: &IssueKeyForm) -> Vec<String> {
    let all = form.scopes();
    let mut found: Vec<String> = Vec::new();
    for word in all.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty()) {
        if !found.iter().any(|other| other == word) {
            found.push(word.to_owned());
        }
    }
    found
}

/// `bookings.read, doors and 2 more`.
fn named(scopes: &[String]) -> String {
    match scopes {
        [] => "nothing yet".to_owned(),
        [one] => one.clone(),
        [most @ .., last] if scopes.len() <= NAMED => format!("{} and {last}", most.join(", ")),
        _ => format!("{} and {} more", scopes[..NAMED - 1].join(", "), scopes.len() - NAMED + 1),
    }
}

fn chips(scopes: &[String]) -> AnyView {
    match scopes {
        [] => "None yet".into_any(),
        _ => scopes
            .iter()
            .map(|scope| view! { <span class="chip code">{scope.clone()}</span> })
            .collect_view()
            .into_any(),
    }
}

/// When the key would end: `14 Mar 2027, 14:02 UTC`.
pub(super) fn ends(form: &IssueKeyForm, lives: &[LifeChoice]) -> Option<String> {
    if form.life == "date" {
        return day(&form.date).map(|day| format!("{day}, 23:59 UTC"));
    }
    lives.iter().find(|life| life.days.to_string() == form.life).map(|life| life.ends.clone())
}

/// `14 Mar 2027` of `2027-03-14`. By hand: a calendar would be a third of what the browser loads.
fn day(iso: &str) -> Option<String> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let mut parts = iso.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let month = MONTHS.get(month.parse::<usize>().ok()?.checked_sub(1)?)?;
    Some(format!("{} {month} {year}", day.parse::<u8>().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_said_as_everywhere_else() {
        for (iso, expected) in [
            ("2027-03-04", Some("4 Mar 2027")),
            ("2026-12-31", Some("31 Dec 2026")),
            ("2027-13-01", None),
            ("2027-00-01", None),
            ("", None),
        ] {
            assert_eq!(day(iso).as_deref(), expected, "{iso:?}");
        }
    }

    #[test]
    fn a_sentence_names_three_scopes_at_most() {
        for (typed, expected) in [
            ("", "nothing yet"),
            ("a", "a"),
            ("a, b", "a and b"),
            ("a b c a", "a, b and c"),
            ("a b c d", "a, b and 2 more"),
        ] {
            let form = IssueKeyForm { typed: typed.to_owned(), ..IssueKeyForm::empty("") };
            assert_eq!(named(&scopes(&form)), expected, "{typed:?}");
        }
    }
}
