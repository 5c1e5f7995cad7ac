//! Switching a key where it is shown: at once, and back when the server says no.

use leptos::{prelude::*, task};
use model::{id::KeyId, key::KeyStatus};

use crate::{
    browser,
    flash::Flash,
    keys::{switch::button::switch_face, view::StatusView},
    layout::{live::Live, toasts::Toasts},
    ui::key::status,
};

/// What switching needs.
#[derive(Clone, Copy)]
pub(crate) struct Switching {
    /// Where it is said.
    pub(crate) toasts: Toasts,
    /// What shows the rest.
    pub(crate) live: Live,
    /// Whether one is under way.
    pub(crate) busy: StoredValue<bool>,
}

impl Switching {
    /// Switches a key. A second click while the first is under way does nothing.
    pub(crate) fn run(self, id: String, on: bool) {
        if self.busy.get_value() {
            return;
        }
        self.busy.set_value(true);
        self.live.act();
        let hoped = StatusView { of: if on { KeyStatus::Active } else { KeyStatus::Off }, days: 0 };
        let before = browser::switches::show_state(&id, status(hoped));
        task::spawn_local(async move {
            match crate::keys::switch::act::switch_key(id.clone(), on).await {
                Ok(is) => {
                    browser::switches::show_state(&id, status(is));
                    let (to, icon, words) = switch_face(on);
                    browser::switches::offer(&id, to, icon, words);
                    if let Some(key) = KeyId::parse(&id) {
                        self.toasts.say(Flash::switched(key, on).words(), Some((id, !on)));
                    }
                }
                Err(error) => {
                    before.restore();
                    self.toasts.fail(format!("Not switched {}. {error}", if on { "on" } else { "off" }));
                }
            }
            self.busy.set_value(false);
            self.live.acted().await;
        });
    }

    /// Says what a form did that led to this page.
    pub(crate) fn take_over(self) {
        if let Some((words, undo)) = browser::switches::take_said() {
            self.toasts.say(words, undo);
        }
    }
}
