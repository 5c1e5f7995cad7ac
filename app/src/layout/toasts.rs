//! What was just done, said in one place and announced. It goes by itself, but not while someone points at it or has the
//! focus in it.

use std::time::Duration;

use leptos::prelude::*;

use crate::{browser, ui::icon::Icon};

/// How long it stays.
const STAYS: Duration = Duration::from_secs(8);

/// What takes it back: a key's id, and whether to switch it on.
pub(crate) type Undo = (String, bool);

#[derive(Clone)]
struct Note {
    words: String,
    is_bad: bool,
    undo: Option<Undo>,
}

/// What is said now.
#[derive(Clone, Copy)]
pub(crate) struct Toasts {
    note: RwSignal<Option<Note>>,
    timer: StoredValue<Option<TimeoutHandle>>,
}

impl Toasts {
    /// Nothing yet.
    pub(crate) fn new() -> Self {
        Self { note: RwSignal::new(None), timer: StoredValue::new(None) }
    }

    /// Says what was done, and offers to take it back.
    pub(crate) fn say(self, words: impl Into<String>, undo: Option<Undo>) {
        self.show(Note { words: words.into(), is_bad: false, undo });
    }

    /// Says what failed.
    pub(crate) fn fail(self, words: String) {
        self.show(Note { words, is_bad: true, undo: None });
    }

    fn show(self, note: Note) {
        self.note.set(Some(note));
        self.go_soon();
    }

    fn go_soon(self) {
        self.stay();
        let go = move || _ = self.note.try_set(None);
        self.timer.set_value(set_timeout_with_handle(go, STAYS).ok());
    }

    fn stay(self) {
        if let Some(timer) = self.timer.try_update_value(Option::take).flatten() {
            timer.clear();
        }
    }

    /// Says nothing any more. The focus, if it was here, goes back to the page's work.
    fn close(self) {
        self.stay();
        browser::focus("#main");
        self.note.set(None);
    }
}

/// The place.
#[component]
pub(crate) fn Toast(
    /// What is said.
    toasts: Toasts,
    /// Takes something back.
    undo: impl Fn(Undo) + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let show = move |note: Note| {
        let back = note.undo.map(|what| {
            let click = move |_| {
                toasts.close();
                undo(what.clone());
            };
            view! { <button class="btn quiet" type="button" on:click=click>"Undo"</button> }
        });
        view! {
            <div class="toast row nowrap" class:bad=note.is_bad on:mouseenter=move |_| toasts.stay() on:mouseleave=move |_| toasts.go_soon()
                on:focusin=move |_| toasts.stay() on:focusout=move |_| toasts.go_soon()>
                <span class="grow">{note.words}</span>
                {back}
                <button class="btn quiet square" type="button" aria-label="Close" on:click=move |_| toasts.close()><Icon name="x"/></button>
            </div>
        }
    };
    view! { <div class="toasts" role="status">{move || toasts.note.get().map(show)}</div> }
}
