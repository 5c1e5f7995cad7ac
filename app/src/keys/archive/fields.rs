//! What archiving a key would break, and what is asked before: shared by the dialog and by the page without JavaScript.

use leptos::prelude::*;
use model::key::ArchiveReason;

use crate::{
    keys::{
        form::ArchiveForm,
        list::query::ListQuery,
        view::{CallerView, ImpactView},
    },
    routes,
    ui::{
        count::{calls, grouped},
        field::Field,
        icon::Icon,
        time::Ago,
    },
};

/// Addresses named before the rest is only counted.
const NAMED: usize = 5;

/// What is at stake, the reason, and for a key in use its name.
#[component]
pub(crate) fn ArchiveFields(
    /// What archiving would break.
    impact: ImpactView,
    /// What was chosen and typed.
    form: ArchiveForm,
    /// What is wrong with the name that was typed.
    #[prop(into)]
    error: Signal<Option<String>>,
) -> impl IntoView {
    let reasons = ArchiveReason::ALL.into_iter().map(|reason| {
        view! { <option value=reason.code() selected=form.reason == reason.code()>{reason.words()}</option> }
    });
    let name = impact.type_name.then(|| impact.name.clone());
    view! {
        <AtStake impact/>
        <div class="field">
            <label for="reason">"Reason"</label>
            <select class="input" id="reason" name="reason">{reasons.collect_view()}</select>
        </div>
        {name.map(|name| view! {
            <Field id="confirm" label="Name of the key" error>
                <input class="input" id="confirm" name="confirm" value=form.confirm autocomplete="off" autocapitalize="off" spellcheck="false"
                    aria-describedby="confirm-hint confirm-error" aria-invalid=move || error.get().map(|_| "true")/>
                <span class="muted prose" id="confirm-hint">"Type "<bdi class="on">{name}</bdi>" to archive a key in use."</span>
            </Field>
        })}
    }
}

#[component]
fn AtStake(impact: ImpactView) -> impl IntoView {
    let ImpactView { calls_day, calls_week, callers, last_used, .. } = impact;
    let Some(last_used) = last_used else {
        return view! {
            <div class="banner ok"><Icon name="ok"/><span><b>"Never used."</b>" Archiving it breaks nobody Keyward has seen."</span></div>
        }
        .into_any();
    };
    let tone = if calls_day > 0 { "banner warn" } else { "banner" };
    let addresses = match callers.len() {
        0 => String::new(),
        1 => " from 1 address".to_owned(),
        count => format!(" from {count} addresses"),
    };
    let more = callers.len().saturating_sub(NAMED);
    let line = |caller: CallerView| view! { <li class="row tight"><code translate="no">{caller.address}</code><span class="muted"><Ago when=caller.last/></span></li> };
    view! {
        <div class=tone>
            <Icon name="warning"/>
            <div class="stack tight">
                <p>
                    <b>{if calls_day > 0 { "In use: " } else { "Not used today: " }}{calls(calls_day)}" in 24 h, "{grouped(calls_week)}" in 7 d"{addresses}"."</b>
                    " Last used "<Ago when=last_used/>". Whoever calls with it will get 401."
                </p>
                <ul>{callers.into_iter().take(NAMED).map(line).collect_view()}</ul>
                {(more > 0).then(|| view! { <p class="muted">"and "{more}" more"</p> })}
            </div>
        </div>
    }
    .into_any()
}

/// A button that leads to archiving all keys that answer a question; it is asked first, and says which they are.
#[component]
pub(crate) fn ArchiveAll(
    /// The question.
    of: ListQuery,
    /// What the button says.
    label: &'static str,
    /// What it is called where several stand on a page.
    #[prop(optional, into)]
    name: Option<String>,
) -> impl IntoView {
    view! {
        <form method="post" action=routes::BULK>
            <input type="hidden" name="all" value="1"/><input type="hidden" name="query" value=of.query()/>
            <button class="btn risky" name="act" value="archive" aria-label=name><Icon name="archive"/>{label}</button>
        </form>
    }
}
