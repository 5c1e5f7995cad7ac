//! How often and how much a key may be used: numbers of calls, each with its unit. What is sent becomes the text of the
//! domain in [`crate::keys::form`].

use leptos::{prelude::*, task};
use model::limit::{Limits, MAX_LIMITS, Quota as Period};

use crate::{
    browser,
    keys::{
        fields::{Draft, invalid},
        form::{LIMIT_ROWS, limits},
    },
    ui::{
        field::{ErrorText, Field},
        icon::Icon,
    },
};

/// The rate limits, a row for each. Without JavaScript there is one row to spare.
#[component]
pub(crate) fn RateLimits(draft: Draft) -> impl IntoView {
    let typed = draft.form.with_value(|form| limits(&form.input.limits));
    let spare = typed.len();
    let shown = RwSignal::new(spare.max(1));
    let row = |(place, id): (usize, &'static str)| {
        let error = draft.error(id);
        let is_left_out = move || place >= shown.get();
        let value = typed.get(place).cloned().unwrap_or_default();
        view! {
            <div class="field" class:unscripted=move || is_left_out() && place == spare hidden=move || is_left_out() && place != spare>
                <Calls draft id name="limits" says=format!("Rate limit {}", place + 1) value units=Limits::units().into() usual="minute"/>
                <ErrorText id=format!("{id}-error") error/>
            </div>
        }
    };
    let rows = LIMIT_ROWS.into_iter().enumerate().map(row).collect_view();
    let is_full = move || shown.get() >= MAX_LIMITS;
    let add = move |_| {
        let next = LIMIT_ROWS.get(shown.get_untracked()).copied().unwrap_or_default();
        shown.update(|shown| *shown += 1);
        task::spawn_local(async move {
            task::tick().await;
            browser::focus(&format!("#{next}"));
        });
    };
    view! {
        <div class="field" role="group" aria-labelledby="limits-label" aria-describedby="limits-hint">
            <span class="label" id="limits-label">"Rate limits " <span class="opt muted">"optional"</span></span>
            {rows}
            <span class="muted" id="limits-hint">"Each of them holds. An empty row is no limit."</span>
            <button class="btn scripted start" type="button" on:click=add hidden=is_full><Icon name="plus"/>"Add a limit"</button>
        </div>
    }
}

/// The quota: one number of calls in a day or a month of the calendar.
#[component]
pub(crate) fn Quota(draft: Draft) -> impl IntoView {
    let error = draft.error("quota");
    let value = draft.form.with_value(|form| limits(&form.input.quota)).into_iter().next().unwrap_or_default();
    view! {
        <Field id="quota" label="Quota" optional=true hint="It refills with the calendar, at midnight UTC. Empty is no quota." error>
            <Calls draft id="quota" name="quota" says="Quota".to_owned() value units=Period::units().into() usual="month"/>
        </Field>
    }
}

/// A number of calls and its unit.
#[component]
fn Calls(
    draft: Draft,
    id: &'static str,
    /// What both are sent as; the unit with `_per` behind it.
    name: &'static str,
    /// What it is, for whoever cannot see where it stands.
    says: String,
    /// The number and the unit, as typed.
    value: (String, String),
    /// The units to choose from.
    units: Vec<&'static str>,
    /// The unit of a row that is empty.
    usual: &'static str,
) -> impl IntoView {
    let error = draft.error(id);
    let (calls, per) = value;
    let option = |unit: &'static str| {
        let is_chosen = if per.is_empty() { unit == usual } else { unit == per };
        view! { <option value=unit selected=is_chosen>{unit}</option> }
    };
    let options = units.into_iter().map(option).collect_view();
    view! {
        <div class="row nowrap tight">
            <input class="input calls" id=id name=name value=calls inputmode="numeric" autocomplete="off" aria-label=format!("{says}: calls")
                aria-describedby=format!("{name}-hint {id}-error") aria-invalid=invalid(error)/>
            <span class="muted" aria-hidden="true">"calls per"</span>
            <select class="input auto" name=format!("{name}_per") aria-label=format!("{says}: per")>{options}</select>
        </div>
    }
}
