//! What a key may do: the catalogue as a table to tick, which the server renders, and more to type.

use leptos::prelude::*;
use model::scope::ALL_ACCESS;

use crate::{
    browser,
    keys::{
        fields::{Draft, controls::Line},
        form::{KeyForm, words},
    },
};

/// What the key may do.
#[component]
pub(crate) fn Scopes(
    draft: Draft,
    /// The catalogue, to tick.
    table: Children,
) -> impl IntoView {
    let all = draft.view.with_value(|view| view.boxes);
    let tenant = draft.tenant();
    // What a key holds already stays open to it; its tenant is no choice.
    if !draft.is_edit {
        Effect::new(move |_| browser::scopes::lock(&tenant.get()));
    }
    let error = draft.error("all_access_reason");
    let opens_all = move || draft.typed.with(|form| all_scopes(form).iter().any(|scope| scope == ALL_ACCESS));
    view! {
        <fieldset class="section stack" aria-labelledby="may-do">
            <legend><span id="may-do">"What it may do"</span>" "
                {(all > 0).then(|| view! { <span class="muted small ticked">{move || format!("{} of {all} ticked", draft.typed.with(|form| form.ticked.len()))}</span> })}</legend>
            {table()}
            <div class="reason" class:shown=move || opens_all() || error.with(Option::is_some)>
                <Line draft id="all_access_reason" label="Why it may open everything" value=draft.was(|form| &form.input.all_access_reason)
                    hint="Everyone who looks at the key reads this."/>
            </div>
            <Line draft id="scopes" label=if all == 0 { "Scopes" } else { "More scopes" } mono=true value=draft.was(|form| &form.input.scopes)
                hint="Separated by spaces, such as rooms.read badges.write."/>
        </fieldset>
    }
}

/// All scopes, ticked and typed, each once.
pub(crate) fn all_scopes(form: &KeyForm) -> Vec<String> {
    let all = form.scopes();
    let mut found: Vec<String> = Vec::new();
    for word in words(&all) {
        if !found.iter().any(|other| other == word) {
            found.push(word.to_owned());
        }
    }
    found
}
