//! What would stop: said before anything that takes keys down, in one way everywhere.

use leptos::prelude::*;

use crate::{
    keys::view::When,
    ui::{
        count::{grouped, keys as so_many_keys},
        icon::Icon,
        time::Ago,
    },
};

/// How many keys would stop, how many of all of them are in use, and since when.
#[component]
pub(crate) fn AtStake(
    /// Keys that would stop.
    keys: i64,
    /// Those used in the last 24 hours.
    in_use: i64,
    /// When one of them was used last, if any was.
    last_used: Option<When>,
) -> impl IntoView {
    let used = last_used.map(|when| view! { " The last call was "<Ago when/>"." });
    let (tone, icon, said, what) = match (keys, in_use) {
        (0, _) => ("banner ok", "ok", "No key that works would stop.".to_owned(), ""),
        (_, 0) => ("banner", "clock", format!("{} would stop, none used in 24 h.", so_many_keys(keys)), ""),
        (1, _) => ("banner warn", "warning", "1 key would stop, and it is in use.".to_owned(), IN_USE),
        (_, in_use) => {
            let said = format!("{} would stop, {} of them used in 24 h.", so_many_keys(keys), grouped(in_use));
            ("banner warn", "warning", said, IN_USE)
        }
    };
    view! { <div class=tone><Icon name=icon/><p><b>{said}</b>{used}{what}</p></div> }
}

const IN_USE: &str = " Whoever calls with a key in use will be refused.";
