//! The form's fields. They keep what is typed themselves, as any form does; the island reads them all at once.

use leptos::prelude::*;

use super::summary::ends;
use crate::{
    components::{ErrorText, Field, error_of},
    form::IssueKeyForm,
    view::{FieldErrorView, NewKeyView, ScopeChoice},
};

type Errors = RwSignal<Vec<FieldErrorView>>;

/// The fields that may have to be mended, in the order of the page, and how a sentence names them.
pub(super) const FIELDS: [(&str, &str); 5] = [
    ("name", "name"),
    ("description", "description"),
    ("owner", "owner"),
    ("scopes", "scopes"),
    ("expires", "how long it lives"),
];

/// The field that a control of this name belongs to.
pub(super) fn of(control: &str) -> &str {
    match control {
        "scope" => "scopes",
        "life" | "date" => "expires",
        other => other,
    }
}

/// The selector of the control that mends a field.
pub(super) fn control(field: &str, life: &str) -> String {
    match field {
        "expires" if life == "date" => "#date".to_owned(),
        "expires" => "#expires :checked".to_owned(),
        field => format!("#{field}"),
    }
}

fn error_at(errors: Errors, field: &'static str) -> Signal<Option<String>> {
    Signal::derive(move || errors.with(|errors| error_of(errors, field)))
}

fn invalid(error: Signal<Option<String>>) -> impl Fn() -> Option<&'static str> + Send + Sync + 'static {
    move || error.with(|error| error.as_ref().map(|_| "true"))
}

/// What the key is for, and who answers for it.
#[component]
pub(super) fn Purpose(form: IssueKeyForm, may_choose_owner: bool, errors: Errors) -> impl IntoView {
    let error = error_at(errors, "description");
    let owner_hint = if may_choose_owner {
        "Who answers for it: a person, a team or a service."
    } else {
        "Your role makes keys of your own only."
    };
    view! {
        <fieldset class="section stack">
            <legend>"What it is for"</legend>
            <Line id="name" label="Name" hint="What you will look for in the list in a year." value=form.name errors/>
            <Field id="description" label="Description" optional=true hint="What uses it, and where." error>
                <textarea class="input" id="description" name="description" aria-describedby="description-hint description-error"
                    aria-invalid=invalid(error)>{as_text(&form.description)}</textarea>
            </Field>
            <Line id="owner" label="Owner" hint=owner_hint value=form.owner readonly=!may_choose_owner errors/>
        </fieldset>
    }
}

/// The content of a `<textarea>`, which the renderer writes out as it is. A browser drops the first line break.
fn as_text(value: &str) -> String {
    format!("\n{}", value.replace('&', "&amp;").replace('<', "&lt;"))
}

/// One line of text. A page that comes back with mistakes starts at the first.
#[component]
fn Line(
    id: &'static str,
    label: &'static str,
    hint: &'static str,
    value: String,
    errors: Errors,
    #[prop(optional)] mono: bool,
    #[prop(optional)] readonly: bool,
) -> impl IntoView {
    let error = error_at(errors, id);
    let first = errors.with_untracked(|errors| errors.first().is_some_and(|error| error.field == id));
    view! {
        <Field id label hint error>
            <input class=if mono { "input mono" } else { "input" } id=id name=id value=value readonly=readonly autofocus=first
                autocomplete="off" autocapitalize="none" spellcheck="false"
                aria-describedby=format!("{id}-hint {id}-error") aria-invalid=invalid(error)/>
        </Field>
    }
}

/// What the key may do: scopes to tick, and more to type.
#[component]
pub(super) fn Scopes(view: NewKeyView, form: IssueKeyForm, errors: Errors) -> impl IntoView {
    let none = view.known.is_empty() && view.reserved.is_empty();
    let ticked = form.ticked.clone();
    view! {
        <fieldset class="section stack">
            <legend>"What it may do"</legend>
            {(!none).then(|| view! {
                <div class="scopes" role="group" aria-label="Scopes" aria-describedby="scopes-error">
                    <Choices title="Held by other keys" choices=view.known ticked=form.ticked/>
                    <Choices title="Keyward itself" choices=view.reserved ticked explained=true/>
                </div>
            })}
            <Line id="scopes" label=if none { "Scopes" } else { "More scopes" } mono=true value=form.typed errors
                hint="Separated by spaces, such as bookings.read occupancy.read."/>
        </fieldset>
    }
}

/// A titled list of scopes; nothing if there are none. Their sentences are there when each says something of its own.
#[component]
fn Choices(
    title: &'static str,
    choices: Vec<ScopeChoice>,
    ticked: Vec<String>,
    #[prop(optional)] explained: bool,
) -> impl IntoView {
    let choice = move |ScopeChoice { scope, sentence }| {
        let id = format!("scope-{scope}");
        let says = explained.then(|| view! { <span class="says muted" id=format!("{id}-says")>{sentence}</span> });
        let writes = scope
            .rsplit_once('.')
            .is_some_and(|(_, last)| last == "write")
            .then(|| view! { <span class="chip">"Writes"</span> });
        view! {
            <li><label>
                <input type="checkbox" name="scope" value=scope.clone() checked=ticked.contains(&scope)
                    aria-labelledby=id.clone() aria-describedby=explained.then(|| format!("{id}-says"))/>
                <code id=id.clone()>{scope}</code>
                <span>{writes}</span>
                {says}
            </label></li>
        }
    };
    (!choices.is_empty()).then(|| view! { <h2>{title}</h2> <ul>{choices.into_iter().map(choice).collect_view()}</ul> })
}

/// How long the key lives. The date is asked for when it is what counts.
#[component]
pub(super) fn Life(
    view: NewKeyView,
    form: IssueKeyForm,
    typed: RwSignal<IssueKeyForm>,
    errors: Errors,
) -> impl IntoView {
    let error = error_at(errors, "expires");
    let (shortest, longest) = view.days;
    let (first, last) = view.dates;
    let lives = StoredValue::new(view.lives.clone());
    let days = view.lives.into_iter().map(|life| (life.days.to_string(), format!("{} days", life.days)));
    let option = move |(value, words): (String, String)| {
        let checked = value == form.life;
        view! { <label><input type="radio" name="life" value=value checked=checked/>{words}</label> }
    };
    let until = move || {
        let ends = typed.with(|form| lives.with_value(|lives| ends(form, lives)));
        ends.map(|ends| format!("Ends {ends}. "))
    };
    view! {
        <fieldset class="section stack life">
            <legend>"How long it lives"</legend>
            <div class="field">
                <div class="segment" id="expires" role="radiogroup" aria-label="Lifetime" aria-describedby="expires-hint expires-error"
                    aria-invalid=invalid(error)>
                    {days.chain([("date".to_owned(), "Pick a date".to_owned())]).map(option).collect_view()}
                </div>
                <span class="muted" id="expires-hint">
                    <span class="scripted">{until}</span>
                    {format!("A key lives {shortest} to {longest} days.")}
                </span>
                <ErrorText id="expires-error".to_owned() error/>
            </div>
            <div class="field date">
                <label for="date">"Date"</label>
                <input class="input auto" type="date" id="date" name="date" min=first max=last value=form.date
                    aria-describedby="date-hint expires-error" aria-invalid=invalid(error)/>
                <span class="muted" id="date-hint">"The key ends at 23:59 UTC of that day."</span>
            </div>
        </fieldset>
    }
}
