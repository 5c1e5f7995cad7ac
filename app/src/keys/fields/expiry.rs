//! How long a key lives: a preset, a number of days, a date, or what the policy allows beside them.

use leptos::prelude::*;

use crate::{
    keys::{
        fields::{Draft, invalid},
        form::{DATE, DAYS, KEEP, KeyForm, NEVER},
        view::LifeChoice,
    },
    ui::field::ErrorText,
};

/// What to know of a key without an end.
pub(crate) const NEVER_ENDS: &str =
    "It works until someone archives it. Choose an end unless nothing can replace the key in time.";

/// How long the key lives. Days and date are asked for when they are what counts.
#[component]
pub(crate) fn Expiry(
    draft: Draft,
    /// When it ends now, for a key that is there.
    #[prop(optional)]
    now: Option<String>,
) -> impl IntoView {
    let error = draft.error("expires");
    let (lives, never, (shortest, longest), (first, last)) =
        draft.view.with_value(|view| (view.lives.clone(), view.never, view.days, view.dates.clone()));
    let form = draft.form.get_value();
    let stored = StoredValue::new(lives.clone());
    let days = lives.into_iter().map(|life| (life.days.to_string(), format!("{} days", life.days)));
    let word = |value: &str, words: &str| (value.to_owned(), words.to_owned());
    let keep = now.is_some().then(|| word(KEEP, "As it is"));
    let options = keep.into_iter().chain(days).chain([word(DAYS, "Type days"), word(DATE, "Pick a date")]);
    let options = options.chain(never.then(|| word(NEVER, "Never ends")));
    let option = |(value, words): (String, String)| {
        let checked = value == form.life;
        view! { <label><input type="radio" name="life" value=value checked=checked/>{words}</label> }
    };
    let options = options.map(option).collect_view();
    let until = move || {
        let ends = draft.typed.with(|form| match (form.life.as_str(), &now) {
            (KEEP, Some(now)) => Some(now.clone()),
            _ => stored.with_value(|lives| ends(form, lives)),
        });
        ends.map(|ends| format!("Ends {ends}. "))
    };
    view! {
        <fieldset class="section stack life">
            <legend>"How long it lives"</legend>
            <div class="field">
                <div class="segment" id="expires" role="radiogroup" aria-label="Lifetime" aria-describedby="expires-hint expires-error"
                    aria-invalid=invalid(error)>{options}</div>
                <span class="muted" id="expires-hint">
                    <span class="scripted">{until}</span>
                    {format!("A key lives {shortest} to {longest} days.")}
                </span>
                <ErrorText id="expires-error".to_owned() error/>
            </div>
            <div class="field days">
                <label for="days">"Days"</label>
                <input class="input auto" type="number" id="days" name="days" min=shortest max=longest step="1" value=form.days
                    aria-describedby="expires-hint expires-error" aria-invalid=invalid(error)/>
            </div>
            <div class="field date">
                <label for="date">"Date"</label>
                <input class="input auto" type="date" id="date" name="date" min=first max=last value=form.date
                    aria-describedby="date-hint expires-error" aria-invalid=invalid(error)/>
                <span class="muted" id="date-hint">"The key ends at 23:59 UTC of that day."</span>
            </div>
            {never.then(|| view! {
                <p class="never is-warn">{NEVER_ENDS}</p>
            })}
        </fieldset>
    }
}

/// When the key would end: `14 Mar 2027, 14:02 UTC`.
pub(crate) fn ends(form: &KeyForm, lives: &[LifeChoice]) -> Option<String> {
    match form.life.as_str() {
        NEVER => Some("never".to_owned()),
        DATE => day(&form.date).map(|day| format!("{day}, 23:59 UTC")),
        DAYS => form.days.trim().parse::<u32>().ok().map(|days| format!("{days} days from now")),
        life => lives.iter().find(|choice| choice.days.to_string() == life).map(|choice| choice.ends.clone()),
    }
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
    fn every_life_has_its_end() {
        let lives = [LifeChoice { days: 7, ends: "29 Nov 2026, 12:00 UTC".to_owned() }];
        for (life, expected) in [
            ("7", Some("29 Nov 2026, 12:00 UTC")),
            ("8", None),
            (DAYS, Some("45 days from now")),
            (DATE, Some("14 Mar 2027, 23:59 UTC")),
            (NEVER, Some("never")),
        ] {
            let form = KeyForm {
                life: life.to_owned(),
                days: "45".to_owned(),
                date: "2027-03-14".to_owned(),
                ..KeyForm::default()
            };
            assert_eq!(ends(&form, &lives).as_deref(), expected, "{life}");
        }
    }
}
