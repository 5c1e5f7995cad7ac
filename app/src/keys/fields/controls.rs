//! One control with its label, its hint and what is wrong with it.

use leptos::prelude::*;

use crate::{
    keys::fields::{Draft, invalid},
    ui::field::{Field, as_text},
};

/// One line of text. A page that comes back with mistakes starts at the first.
#[component]
pub(crate) fn Line(
    draft: Draft,
    id: &'static str,
    label: &'static str,
    #[prop(optional, into)] hint: String,
    value: String,
    #[prop(optional)] mono: bool,
    #[prop(optional)] optional: bool,
    #[prop(optional)] readonly: bool,
    /// The id of a list of suggestions.
    #[prop(optional)]
    list: Option<&'static str>,
) -> impl IntoView {
    let error = draft.error(id);
    view! {
        <Field id label hint optional error>
            <input class=if mono { "input mono" } else { "input" } id=id name=id value=value readonly=readonly list=list
                autofocus=draft.is_first(id) autocomplete="off" autocapitalize="none" spellcheck="false"
                aria-describedby=format!("{id}-hint {id}-error") aria-invalid=invalid(error)/>
        </Field>
    }
}

/// Several lines of text.
#[component]
pub(crate) fn Lines(
    draft: Draft,
    id: &'static str,
    label: &'static str,
    #[prop(into)] hint: String,
    value: String,
    #[prop(optional)] mono: bool,
) -> impl IntoView {
    let error = draft.error(id);
    view! {
        <Field id label hint optional=true error>
            <textarea class=if mono { "input mono" } else { "input" } id=id name=id spellcheck=mono.then_some("false")
                autofocus=draft.is_first(id) aria-describedby=format!("{id}-hint {id}-error")
                aria-invalid=invalid(error)>{as_text(&value)}</textarea>
        </Field>
    }
}

/// One of several names, those of a tenant together.
#[component]
pub(crate) fn Choose(
    draft: Draft,
    id: &'static str,
    label: &'static str,
    #[prop(into)] hint: String,
    value: String,
    /// What choosing nothing means.
    #[prop(optional)]
    nothing: Option<&'static str>,
    /// Tenant and name, by tenant; one without a tenant is by itself.
    choices: Vec<(String, String)>,
) -> impl IntoView {
    let error = draft.error(id);
    let tenant = draft.tenant().get_untracked();
    let several = choices.iter().any(|(of, _)| *of != choices[0].0);
    let option = |of: &str, name: &str| {
        let selected = name == value && (of.is_empty() || of == tenant);
        view! { <option value=name.to_owned() selected=selected>{name.to_owned()}</option> }
    };
    let options = choices
        .chunk_by(|(one, _), (other, _)| one == other)
        .map(|together| {
            let names = together.iter().map(|(of, name)| option(of, name)).collect_view();
            match together {
                [(of, _), ..] if several => view! { <optgroup label=of.clone()>{names}</optgroup> }.into_any(),
                _ => names.into_any(),
            }
        })
        .collect_view();
    view! {
        <Field id label hint optional=nothing.is_some() error>
            <select class="input" id=id name=id aria-describedby=format!("{id}-hint {id}-error") aria-invalid=invalid(error)>
                {nothing.map(|words| view! { <option value="">{words}</option> })}
                {options}
            </select>
        </Field>
    }
}
