//! What the form amounts to, in plain words, and the button that makes it so.

use leptos::prelude::*;

use crate::{
    error::ApiError,
    keys::{
        create::island::course::{Course, FORM},
        fields::{
            Draft,
            expiry::{NEVER_ENDS, ends},
            field_errors::FieldErrors,
            more::from,
            scopes::all_scopes,
        },
        form::NEVER,
    },
    routes,
};

/// So many scopes are named in the sentence; the facts below it name all.
const NAMED: usize = 3;

/// The panel beside the form.
#[component]
pub(crate) fn Summary(course: Course) -> impl IntoView {
    let draft = course.draft;
    let scopes = Memo::new(move |_| draft.typed.with(all_scopes));
    let ends = Memo::new(move |_| draft.typed.with(|form| draft.view.with_value(|view| ends(form, &view.lives))));
    let offline = move || course.failure.get() == Some(ApiError::Offline);
    view! {
        <aside class="panel plain sticky" aria-labelledby="summary-title">
            <header class="row"><h2 id="summary-title">"This key"</h2></header>
            <div class="body stack">
                <div class="stack scripted">
                    <Sentence draft scopes ends/>
                    <dl class="facts">
                        <dt>"Scopes"</dt>
                        <dd class="row tight">{move || chips(&scopes.get())}</dd>
                        <dt>"Ends"</dt>
                        <dd>{move || ends.get().unwrap_or_else(|| "Not chosen yet".to_owned())}</dd>
                    </dl>
                    {move || draft.typed.with(|form| form.life == NEVER).then_some(view! { <p class="is-warn">{NEVER_ENDS}</p> })}
                </div>
                <FieldErrors draft failure=course.failure>
                    {move || offline().then(|| view! {
                        <p class="muted">
                            "The key may have been made all the same, and nobody has its secret. Look for it in "
                            <a class="link" href=routes::KEYS target="_blank">"the list"</a> " before you try again."
                        </p>
                    })}
                </FieldErrors>
                <div class="stack tight save">
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
fn Sentence(draft: Draft, scopes: Memo<Vec<String>>, ends: Memo<Option<String>>) -> impl IntoView {
    let typed = draft.typed;
    let tenant = draft.tenant();
    let or = |text: &str, otherwise: &str| {
        if text.trim().is_empty() { otherwise.to_owned() } else { text.trim().to_owned() }
    };
    let until = |ends: Option<String>| match ends.as_deref().and_then(|ends| ends.split(',').next()) {
        Some("never") => "someone archives it".to_owned(),
        Some(day) => day.to_owned(),
        None => "a day you pick".to_owned(),
    };
    let acting = move || {
        let name = typed.with(|form| form.input.acts_as.trim().to_owned());
        (!name.is_empty()).then(|| view! { ", acting as " <b><bdi>{name}</bdi></b> })
    };
    let from = move || {
        let from = typed.with(|form| (!form.input.addresses.trim().is_empty()).then(|| from(form)));
        from.map(|from| view! { ", from " <b>{from}</b> })
    };
    view! {
        <p class="sentence">
            <b><bdi>{move || typed.with(|form| or(&form.input.name, "This key"))}</bdi></b> " can use "
            <b>{move || scopes.with(|scopes| named(scopes))}</b> " in tenant " <b>{move || tenant.get()}</b> ", held by "
            <b><bdi>{move || typed.with(|form| or(&form.input.owner, "you"))}</bdi></b> {acting} {from} ", until " <b>{move || until(ends.get())}</b> "."
        </p>
    }
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
            .map(|scope| view! { <span translate="no" class="chip code">{scope.clone()}</span> })
            .collect_view()
            .into_any(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::key_input::KeyInput;

    use crate::keys::form::KeyForm;

    #[test]
    fn a_sentence_names_three_scopes_at_most() {
        for (typed, expected) in [
            ("", "nothing yet"),
            ("a", "a"),
            ("a, b", "a and b"),
            ("a b c a", "a, b and c"),
            ("a b c d", "a, b and 2 more"),
        ] {
            let form =
                KeyForm { input: KeyInput { scopes: typed.to_owned(), ..KeyInput::default() }, ..KeyForm::empty("") };
            assert_eq!(named(&all_scopes(&form)), expected, "{typed:?}");
        }
    }
}
