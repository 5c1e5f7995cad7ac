//! Which columns the list has: boxes in a menu. The choice goes into the address, and is remembered.

use leptos::prelude::*;

use crate::{
    keys::list::query::{Column, ListQuery},
    routes,
    ui::icon::Icon,
};

/// The button and its menu.
#[component]
pub(crate) fn Columns(asked: ListQuery, shown: Vec<Column>) -> impl IntoView {
    let kept = ListQuery { columns: None, ..asked }.pairs();
    let tick = |column: Column| {
        let (code, words) = column.names();
        let is_shown = shown.contains(&column);
        view! { <label class="item"><input type="checkbox" name="col" value=code checked=is_shown/>{words}</label> }
    };
    view! {
        <div class="host desk" data-found="columns">
            <button class="btn" type="button" popovertarget="columns"><Icon name="columns"/>"Columns"</button>
            <form class="menu long" id="columns" popover="auto" method="get" action=routes::KEYS>
                {kept.into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value/> }).collect_view()}
                {Column::ALL.map(tick).collect_view()}
                <hr/>
                <button class="btn wide">"Show these"</button>
            </form>
        </div>
    }
}
