//! What was just copied: said for two seconds, on the button and to screen readers.

use leptos::prelude::*;

use crate::browser;

/// What was just copied.
#[derive(Clone, Copy)]
pub(crate) struct Copied {
    said: RwSignal<&'static str>,
    timer: StoredValue<Option<TimeoutHandle>>,
}

impl Copied {
    /// Nothing yet.
    pub(crate) fn new() -> Self {
        Self { said: RwSignal::new(""), timer: StoredValue::new(None) }
    }

    /// Says it for two seconds.
    pub(crate) fn say(self, what: &'static str) {
        self.hush();
        self.said.set(what);
        let hush = move || _ = self.said.try_set("");
        self.timer.set_value(set_timeout_with_handle(hush, browser::COPIED_FOR).ok());
    }

    /// Says it until something else is said.
    pub(crate) fn keep_saying(self, what: &'static str) {
        self.hush();
        self.said.set(what);
    }

    /// Says nothing.
    pub(crate) fn hush(self) {
        if let Some(timer) = self.timer.get_value() {
            timer.clear();
        }
        self.said.set("");
    }

    /// Whether this is what is said.
    pub(crate) fn says(self, what: &'static str) -> bool {
        self.said.get() == what
    }

    /// What is said; may be empty.
    pub(crate) fn text(self) -> &'static str {
        self.said.get()
    }
}

/// A button's icon and words, which say for two seconds that it copied.
#[component]
pub(crate) fn CopyFace(
    /// What was just copied.
    copied: Copied,
    /// What is said when it was this.
    what: &'static str,
    /// The button's words; none for an icon alone.
    #[prop(optional)]
    words: &'static str,
) -> impl IntoView {
    use crate::ui::icon::Icon;
    view! {
        {move || view! { <Icon name=if copied.says(what) { "check" } else { "copy" }/> }}
        {(!words.is_empty()).then_some(move || if copied.says(what) { "Copied" } else { words })}
    }
}
