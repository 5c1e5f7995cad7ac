//! What is asked before an edit of the settings that would refuse calls seen lately. Everything typed is carried on.

use leptos::prelude::*;
use model::catalog::Kind;

use crate::{
    catalog::{
        fields::{plural, titles},
        view::{BreakView, BrokenKeyView, EntryView, Typed},
    },
    keys::{
        form::{ANYWAY, BACK},
        view::FieldErrorView,
    },
    layout::head::PageHead,
    routes,
    ui::{
        count::{calls as so_many_calls, keys as so_many_keys},
        field::{Field, error_of},
        icon::Icon,
        time::Ago,
    },
};

/// Keys that are listed before the rest is only counted.
const LISTED: usize = 20;

/// Whose calls would be refused and why, and the two ways on.
#[component]
pub(crate) fn WouldBreak(
    kind: Kind,
    /// The entry as it is.
    view: EntryView,
    /// The form as typed.
    typed: Typed,
    /// What it would break.
    found: BreakView,
    /// What has to be mended of the answer.
    errors: Vec<FieldErrorView>,
) -> impl IntoView {
    let (here, _) = titles(kind, &view);
    let action = view.id.as_deref().map_or_else(String::new, |id| routes::entry(kind, id));
    let above = match kind {
        Kind::Policy => vec![(routes::settings(kind).to_owned(), plural(kind).to_owned())],
        _ => vec![(routes::settings(kind).to_owned(), plural(kind).to_owned()), (action.clone(), here.clone())],
    };
    let BreakView { name, keys, more } = found;
    let error = Signal::stored(error_of(&errors, "confirm"));
    let number = |count: usize| so_many_keys(i64::try_from(count).unwrap_or(i64::MAX));
    let count = keys.len();
    let rest = count.saturating_sub(LISTED);
    let at_least = if more { "at least " } else { "" };
    let said = format!("Nothing is saved yet. Calls with {at_least}{} would be refused.", number(count));
    let fields = typed.fields.into_iter().map(|(field, text)| view! { <input type="hidden" name=field value=text/> });
    view! {
        <PageHead title="This would lock somebody out" above here="Save"/>
        <div class="stack loose">
            <div class="banner warn"><Icon name="warning"/><p><b>{said}</b>" They called in the last 7 days in a way that would not be accepted any more."</p></div>
            <section class="panel" aria-labelledby="broken">
                <header class="row"><h2 id="broken">"Whom it would refuse"</h2></header>
                <ul class="lines">{keys.into_iter().take(LISTED).map(|key| view! { <Line key/> }).collect_view()}</ul>
                {(rest > 0).then(|| view! { <footer class="muted">"And "{number(rest)}" more."</footer> })}
            </section>
            <p class="muted prose">"Busy keys are sampled: callers that are not in the record may be refused as well."</p>
            <form class="stack ask" method="post" action=action>
                {fields.collect_view()}
                {typed.generation.map(|generation| view! { <input type="hidden" name="generation" value=generation.to_string()/> })}
                <Field id="confirm" label="Confirm" error>
                    <input class="input" id="confirm" name="confirm" autocomplete="off" autocapitalize="off" spellcheck="false"
                        aria-describedby="confirm-hint confirm-error" aria-invalid=move || error.get().map(|_| "true")/>
                    <span class="muted prose" id="confirm-hint">"Type "<bdi class="on">{name}</bdi>" to save it anyway."</span>
                </Field>
                <div class="row">
                    <button class="btn danger" name="step" value=ANYWAY>"Save anyway"</button>
                    <button class="btn quiet" name="step" value=BACK>"Go back and change it"</button>
                </div>
            </form>
        </div>
    }
}

#[component]
fn Line(key: BrokenKeyView) -> impl IntoView {
    let BrokenKeyView { id, name, owner, why, calls, last } = key;
    view! {
        <li class="row">
            <Icon name="key"/>
            <span class="grow"><a class="link" href=routes::key(&id)><bdi>{name}</bdi></a><span class="sub"><bdi>{owner}</bdi>" \u{b7} "{why}</span></span>
            <span class="muted end">{so_many_calls(calls)}", last "<Ago when=last/></span>
        </li>
    }
}
