//! The first run's checklist: what is left before this installation can be relied on. Steps tick themselves while one
//! looks; a day after the last it is gone.

use leptos::prelude::*;
use model::{catalog::Kind, first_run::FirstRunStep, sample_set::SampleSet};

use crate::{
    catalog::samples::OfferedOn,
    overview::view::{ChecklistView, FirstRunView},
    routes,
    ui::icon::Icon,
};

/// What is left to do, or that all is done. What a step's tick changed is also said to those who do not see it.
#[component]
pub(crate) fn FirstRun(
    /// How far it has come.
    of: FirstRunView,
) -> impl IntoView {
    let said = match &of {
        FirstRunView::Nothing => String::new(),
        FirstRunView::Open(list) => progress(&list.steps),
        FirstRunView::Done => "Every step of the setup is done.".to_owned(),
    };
    let shown = match of {
        FirstRunView::Nothing => ().into_any(),
        FirstRunView::Open(list) => view! { <Checklist list/> }.into_any(),
        FirstRunView::Done => view! {
            <div class="banner ok"><Icon name="ok"/><p><b>"Keyward is set up."</b>" Every step is done. This goes by itself tomorrow."</p></div>
        }
        .into_any(),
    };
    view! {
        <p class="hide" role="status" data-live="first-run-said">{said}</p>
        <div class="first-run" data-live="first-run">{shown}</div>
    }
}

fn progress(steps: &[(FirstRunStep, bool)]) -> String {
    let done = steps.iter().filter(|(_, done)| *done).count();
    format!("{done} of {} done", steps.len())
}

#[component]
fn Checklist(list: ChecklistView) -> impl IntoView {
    let progress = progress(&list.steps);
    let hide = list.may_hide.then(|| {
        view! {
            <form class="end" method="post" action=routes::HIDE_FIRST_RUN>
                <button class="btn quiet" aria-label="Hide the setup checklist for everyone">"Hide"</button>
            </form>
        }
    });
    let steps = list.steps.clone().into_iter().map(|(step, done)| {
        let todo = (!done).then(|| (todo(step, &list), act(step)));
        let (class, icon, state) = if done { ("step is-done", "ok", "Done: ") } else { ("step", "circle", "To do: ") };
        let (todo, act) = todo.unzip();
        view! {
            <li class=class>
                <Icon name=icon/>
                <div class="stack tight"><h3><span class="hide">{state}</span>{step.words()}</h3>{todo}</div>
                {act}
            </li>
        }
    });
    view! {
        <section class="panel" aria-labelledby="first-run">
            <header class="row"><h2 id="first-run">"Finish the setup"</h2><span class="muted">{progress}</span>{hide}</header>
            <ol class="lines">{steps.collect_view()}</ol>
        </section>
    }
}

/// What to do for a step.
fn todo(step: FirstRunStep, list: &ChecklistView) -> AnyView {
    match step {
        FirstRunStep::FirstKey => view! {
            <p class="muted">"Give it a name, what it may do and for how long. You see its secret once."</p>
            {list.no_scopes.then(|| view! { <Begin/> })}
        }
        .into_any(),
        FirstRunStep::FirstCall if !list.has_key() => {
            view! { <p class="muted">"Once there is a key, ask with it. The command stands here then."</p> }.into_any()
        }
        FirstRunStep::FirstCall => {
            let ask =
                format!("curl -i \"{}/forward-auth?scope=any\" -H \"Authorization: Bearer $KEYWARD_KEY\"", list.origin);
            view! {
                <p class="muted">"Put the key's secret into "<code translate="no">"KEYWARD_KEY"</code>" and ask. 200 means that it is let in; anything else says why not. This ticks itself within seconds."</p>
                <div class="code-box"><pre tabindex="0"><code translate="no">{ask.clone()}</code></pre>
                    <button class="btn quiet square" type="button" data-copy=ask aria-label="Copy command" hidden><Icon name="copy"/></button></div>
            }
            .into_any()
        }
        FirstRunStep::Gateway => view! {
            <p class="muted">"Have a proxy ask Keyward before it lets a request in: the "<a class="link" href=routes::REFERENCE>"API reference"</a>" says how. This ticks itself when a call comes through one."</p>
        }
        .into_any(),
        FirstRunStep::SecondSuperadmin => {
            view! { <p class="muted">"If one of you cannot sign in, the other can help."</p> }.into_any()
        }
        FirstRunStep::MasterKeyCopy => view! {
            <p class="muted">"No backup of the database works without the file "<code translate="no">{list.master_key_file.clone()}</code>" on this machine. Keep a copy of it apart from the backups."</p>
        }
        .into_any(),
    }
}

/// The button that does it, or leads to where it is done.
fn act(step: FirstRunStep) -> AnyView {
    let link = |href: &'static str, icon: &'static str, words: &'static str| {
        view! { <a class="btn" href=href><Icon name=icon/>{words}</a> }.into_any()
    };
    match step {
        FirstRunStep::FirstKey => link(routes::NEW_KEY, "plus", "New key"),
        FirstRunStep::FirstCall => ().into_any(),
        FirstRunStep::Gateway => link(routes::GATEWAY, "shield", "Check a gateway"),
        FirstRunStep::SecondSuperadmin => link(routes::NEW_PERSON, "user", "Add someone"),
        FirstRunStep::MasterKeyCopy => view! {
            <form method="post" action=routes::CONFIRM_MASTER_KEY>
                <button class="btn"><Icon name="check"/>"I have a copy"</button>
            </form>
        }
        .into_any(),
    }
}

/// How to begin while no scope is listed.
#[component]
fn Begin() -> impl IntoView {
    let set = |set: SampleSet| {
        let label = format!("Add the sample set {}", set.words());
        view! { <button class="btn" name="set" value=set.code() aria-label=label><Icon name="layers"/>{set.words()}</button> }
    };
    view! {
        <p class="muted">"No scopes are listed yet. "<a class="link" href=routes::new_entry(Kind::Scope)>"Add your own"</a>", or begin with a sample set:"</p>
        <form class="row" method="post" action=routes::ADD_SAMPLES>
            <input type="hidden" name="on" value=OfferedOn::Overview.address()/>
            {SampleSet::ALL.map(set)}
        </form>
    }
}
