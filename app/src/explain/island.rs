//! What a key could do: a request is typed, and every check is walked as one types, by the function that decides for real.
//! Without JavaScript the same form leads to the page that tests keys.

use leptos::{ev, html, prelude::*};

use crate::{
    browser,
    explain::{
        simulation::{SimulatedKey, SimulatedRequest},
        view::ExplanationView,
    },
    routes,
    ui::{
        checks::{Checks, Verdict},
        field::{Field, error_of},
    },
};

/// The panel.
#[island(lazy)]
pub(crate) fn Simulate(
    /// What a decision needs to know of the key.
    key_: SimulatedKey,
    /// Scopes to choose from.
    scopes: Vec<String>,
    /// The time by the server's clock, in milliseconds.
    now: i64,
) -> impl IntoView {
    let id = key_.id().to_owned();
    let form = NodeRef::<html::Form>::new();
    let typed = RwSignal::new(SimulatedRequest::default());
    let at = RwSignal::new(String::new());
    let shown = StoredValue::new(None);
    let found = Memo::new(move |_| {
        let passed = shown.get_value().map_or(0, |shown| browser::times::here() - shown);
        key_.hold(&SimulatedRequest { at: at.get(), ..typed.get() }, now + passed)
    });
    // The last walk stays while something is mistyped.
    let explain_checks = Memo::new(move |before: Option<&ExplanationView>| {
        let empty = || ExplanationView {
            allowed: false,
            code: String::new(),
            words: String::new(),
            checks: Vec::new(),
            remedy: String::new(),
        };
        found.get().unwrap_or_else(|_| before.cloned().unwrap_or_else(empty))
    });
    let error = move |field: &'static str| {
        Signal::derive(move || found.with(|found| found.as_ref().err().and_then(|errors| error_of(errors, field))))
    };
    let invalid = move |field| {
        let error = error(field);
        move || error.with(|error| error.as_ref().map(|_| "true"))
    };
    let follow = move || {
        let mut request = SimulatedRequest::default();
        for (field, value) in browser::pairs(form) {
            match field.as_str() {
                "scope" => request.scope = value,
                "address" => request.address = value,
                "method" => request.method = value,
                _ => {}
            }
        }
        typed.set(request);
    };
    // Whoever comes back to the page finds what they typed judged.
    Effect::new(move |_| {
        shown.set_value(Some(browser::times::here()));
        follow();
    });
    // What would be sent is shown already.
    let submit = move |event: ev::SubmitEvent| event.prevent_default();
    view! {
        <section class="panel" aria-labelledby="trial">
            <header class="row">
                <h2 id="trial">"What could this key do?"</h2>
                {move || view! { <Verdict allowed=explain_checks.with(|explain_checks| explain_checks.allowed)/> }}
                <span class="grow muted trial-words" role="status">{move || explain_checks.with(|explain_checks| explain_checks.words.clone())}</span>
            </header>
            <form class="body grid trial" node_ref=form method="post" action=routes::WHY aria-labelledby="trial"
                on:input=move |_| follow() on:submit=submit>
                <input type="hidden" name="asked" value=id/>
                <Field id="trial-scope" label="Scope" error=error("scope")>
                    <input class="input mono" id="trial-scope" name="scope" list="trial-scopes" placeholder="any" autocomplete="off" autocapitalize="none"
                        spellcheck="false" aria-describedby="trial-scope-error" aria-invalid=invalid("scope")/>
                    <datalist id="trial-scopes">{scopes.into_iter().map(|scope| view! { <option value=scope></option> }).collect_view()}</datalist>
                </Field>
                <Field id="trial-address" label="From" error=error("address")>
                    <input class="input mono" id="trial-address" name="address" placeholder="not known" autocomplete="off" autocapitalize="none"
                        spellcheck="false" aria-describedby="trial-address-error" aria-invalid=invalid("address")/>
                </Field>
                <Field id="trial-method" label="Request" error=Signal::stored(None::<String>)>
                    <select class="input" id="trial-method" name="method">
                        <option value="GET">"reads"</option>
                        <option value="POST">"writes"</option>
                    </select>
                </Field>
                <div class="scripted">
                    <Field id="trial-at" label="When, in UTC" error=error("at")>
                        <input class="input" type="datetime-local" id="trial-at" prop:value=at aria-describedby="trial-at-error" aria-invalid=invalid("at")
                            on:input=move |event| at.set(event_target_value(&event))/>
                    </Field>
                </div>
                <button class="btn unscripted">"Check"</button>
            </form>
            {move || explain_checks.with(|explain_checks| view! { <Checks of=explain_checks.checks.clone() remedy=explain_checks.remedy.clone()/> })}
            <footer class="muted small">"Judged by the function that decides for real. Nothing is sent, counted or used up; without a time, it is now."</footer>
        </section>
    }
}
