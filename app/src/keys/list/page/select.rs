//! The bar that takes the toolbar's place while rows are ticked: what can be done with all of them. It is a plain form;
//! the boxes in the rows belong to it.

use leptos::prelude::*;

use crate::{
    keys::{
        bulk::form::ACTS,
        list::{query::ListQuery, select::Selected},
    },
    routes,
    ui::icon::Icon,
};

/// The acts that stand as buttons on a phone, too; the others are in a menu there.
fn icon(act: &str) -> &'static str {
    match act {
        "off" => "off",
        "on" => "play",
        "move" => "layers",
        "extend" => "clock",
        _ => "archive",
    }
}

/// The bar.
#[component]
pub(crate) fn Bulk(asked: ListQuery, matches: String) -> impl IntoView {
    let button = |act: &'static str, words: &'static str, class: &'static str| {
        view! { <button class=class name="act" value=act><Icon name=icon(act)/>{words}</button> }
    };
    let buttons = ACTS.map(|(act, words)| {
        let class = match act {
            "archive" => "btn quiet risky",
            "off" => "btn quiet",
            _ => "btn quiet desk",
        };
        button(act, words, class)
    });
    let rest = ACTS.into_iter().filter(|(act, _)| !["archive", "off"].contains(act));
    let query = asked.with(|_| ()).query();
    view! {
        <form class="row bulk" id="bulk" method="post" action=routes::BULK aria-label="Ticked keys">
            <Selected/>
            <span data-found="bulk-all">
                <label class="row nowrap tight every"><input type="checkbox" name="all" value="1"/>"All "{matches}" that match"</label>
                <input type="hidden" name="query" value=query/>
            </span>
            <span class="row tight end">
                {buttons}
                <span class="host phone">
                    <button class="btn quiet" type="button" popovertarget="bulk-more"><Icon name="more"/>"More"</button>
                    <span class="menu" id="bulk-more" popover="auto">{rest.map(|(act, words)| button(act, words, "item")).collect_view()}</span>
                </span>
            </span>
        </form>
    }
}
