//! The dialog that archives a key: what is at stake first, then the receipt. Its fields are those of the page that does
//! the same without JavaScript.

use leptos::{ev, prelude::*, task};
use model::key::ArchiveReason;

use crate::{
    browser,
    error::ApiError,
    keys::{
        archive::{act::ArchiveAnswer, fields::ArchiveFields},
        form::ArchiveForm,
        view::ImpactView,
    },
    routes,
    ui::{closing::once_closed, error_banner::ErrorBanner, field::error_of, icon::Icon},
};

/// The form's id, for the button in the footer.
const FORM: &str = "archive-key";

/// How far it is.
#[derive(Clone, Copy)]
struct Course {
    impact: RwSignal<Option<ImpactView>>,
    error: RwSignal<Option<String>>,
    failure: RwSignal<Option<ApiError>>,
    busy: RwSignal<bool>,
    archived: RwSignal<bool>,
    /// Whether it was archived for a reason that is final.
    compromised: RwSignal<bool>,
}

impl Course {
    /// Asks what archiving would break.
    fn load(self, id: String) {
        task::spawn_local(async move {
            match crate::keys::archive::act::archive_impact(id).await {
                Ok(impact) => {
                    _ = self.archived.try_set(impact.archived);
                    _ = self.impact.try_set(Some(impact));
                }
                Err(error) => _ = self.failure.try_set(Some(error)),
            }
        });
    }

    /// Archives.
    fn send(self, id: String, form: ArchiveForm) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.error.set(None);
        self.failure.set(None);
        let is_final = form.reason == ArchiveReason::Compromised.code();
        task::spawn_local(async move {
            let answer = crate::keys::archive::act::archive_key(id, form).await;
            _ = self.busy.try_set(false);
            match answer {
                Ok(ArchiveAnswer::Archived) => {
                    _ = self.compromised.try_set(is_final);
                    _ = self.archived.try_set(true);
                    task::tick().await;
                    browser::focus("#archive-done");
                }
                Ok(ArchiveAnswer::Refused(errors)) => {
                    _ = self.error.try_set(error_of(&errors, "confirm"));
                    task::tick().await;
                    browser::focus("dialog [name=confirm]");
                }
                Err(error) => _ = self.failure.try_set(Some(error)),
            }
        });
    }

    /// Whether what is at stake is still on its way.
    fn is_loading(self) -> bool {
        self.impact.with(Option::is_none) && self.failure.with(Option::is_none)
    }

    fn name(self) -> String {
        self.impact.with(|impact| impact.as_ref().map_or_else(|| "this key".to_owned(), |impact| impact.name.clone()))
    }
}

/// The dialog for one key.
#[component]
pub(crate) fn ArchiveDialog(
    /// The key's id.
    id: String,
    /// It was closed.
    closed: impl Fn() + 'static,
) -> impl IntoView {
    let dialog = NodeRef::new();
    let course = Course {
        impact: RwSignal::new(None),
        error: RwSignal::new(None),
        failure: RwSignal::new(None),
        busy: RwSignal::new(false),
        archived: RwSignal::new(false),
        compromised: RwSignal::new(true),
    };
    course.load(id.clone());
    Effect::new(move |_| browser::open(dialog));
    let title = move || {
        let (before, after) = if course.archived.get() { ("", " is archived") } else { ("Archive ", "?") };
        view! { {before}<bdi>{course.name()}</bdi>{after} }
    };
    let close = move || {
        if course.busy.get_untracked() {
            // The answer is on its way; closed, nobody would see it.
            browser::open(dialog);
        } else if course.archived.get_untracked() {
            // Behind the receipt, the page still shows the key at work.
            browser::reload();
        } else {
            closed();
        }
    };
    let shut = move |_| browser::close(dialog);
    view! {
        <dialog class:narrow=move || course.archived.get() node_ref=dialog aria-labelledby="archive-title" aria-describedby="archive-text"
            aria-busy=move || course.is_loading().to_string() on:close=once_closed(dialog, close)>
            <header class="row nowrap">
                <h2 id="archive-title">{title}</h2>
                <button class="btn quiet end square" type="button" aria-label="Close" on:click=shut><Icon name="x"/></button>
            </header>
            <div class="body stack">
                {move || if course.archived.get() {
                    view! { <Receipt id=id.clone() course/> }.into_any()
                } else {
                    view! { <Ask id=id.clone() course/> }.into_any()
                }}
            </div>
            <footer class="row">
                {move || if course.archived.get() {
                    view! { <button class="btn primary" id="archive-done" type="button" on:click=shut>"Done"</button> }.into_any()
                } else {
                    view! {
                        <button class="btn" type="button" autofocus on:click=shut>"Cancel"</button>
                        <button class="btn danger" form=FORM disabled=move || course.impact.with(Option::is_none)
                            aria-disabled=move || course.busy.get().then_some("true")>
                            <Icon name="archive"/>{move || if course.busy.get() { "Archiving\u{2026}" } else { "Archive key" }}
                        </button>
                    }.into_any()
                }}
            </footer>
        </dialog>
    }
}

/// What is at stake, and the question.
#[component]
fn Ask(id: String, course: Course) -> impl IntoView {
    let form = NodeRef::new();
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        match ArchiveForm::from_pairs(browser::pairs(form)) {
            Some(form) => course.send(id.clone(), form),
            None => course.failure.set(Some(ApiError::BadRequest)),
        }
    };
    let fields = move || match course.impact.get() {
        Some(impact) => view! { <ArchiveFields impact form=ArchiveForm::default() error=course.error/> }.into_any(),
        None if !course.is_loading() => ().into_any(),
        None => view! {
            <div class="skeleton stack tight"><span class="hide">"Loading\u{2026}"</span><i></i><i></i><i></i></div>
        }
        .into_any(),
    };
    view! {
        <p class="muted" id="archive-text">
            "It stops at once on this node and within a second on every other. You can undo it for 10 minutes, unless the key is compromised; then it is final."
        </p>
        <div class="slot" role="alert">{move || course.failure.get().map(|error| view! { <ErrorBanner error/> })}</div>
        <form class="stack" id=FORM node_ref=form on:submit=submit>{fields}</form>
    }
}

/// What is true from now on, and the way back.
#[component]
fn Receipt(id: String, course: Course) -> impl IntoView {
    view! {
        <div class="banner ok" id="archive-text" role="status">
            <Icon name="ok"/>
            <p class="grow"><b>"Refused from now on."</b> " It stays in the list of archived keys, with its history."</p>
            {(!course.compromised.get_untracked()).then(|| view! {
                <form method="post" action=routes::restore_key(&id)><button class="btn">"Undo"</button></form>
            })}
        </div>
    }
}
