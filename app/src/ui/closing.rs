//! What follows when the browser says that something was closed. It says so a moment later.

use leptos::{html, prelude::*};

use crate::browser;

/// Does this as long as whoever asked for it is there.
pub(crate) fn while_there<E>(act: impl Fn() + 'static) -> impl Fn(E) + 'static {
    let there = StoredValue::new(());
    move |_| {
        if there.try_get_value().is_some() {
            act();
        }
    }
}

/// Does this when the dialog was closed, unless it was opened again since.
pub(crate) fn once_closed<E>(dialog: NodeRef<html::Dialog>, act: impl Fn() + 'static) -> impl Fn(E) + 'static {
    while_there(move || {
        if !browser::is_open(dialog) {
            act();
        }
    })
}
