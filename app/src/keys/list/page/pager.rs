//! What stands below the list: which of how many keys are shown, the way to others, and how many are on a page.

use leptos::prelude::*;
use model::listing::{Cursor, Rows, StatusFilter};

use crate::{keys::list::query::ListQuery, ui::count::grouped};

/// Where a page is among the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pages {
    /// Keys on it.
    pub(crate) shown: i64,
    /// Keys before it.
    pub(crate) passed: i64,
    /// All keys that answer the question, in words.
    pub(crate) matches: String,
    /// Those left out because they are archived, in words.
    pub(crate) archived: Option<String>,
    /// The `after` of the next page.
    pub(crate) next: Option<String>,
    /// The `before` of the previous page.
    pub(crate) previous: Option<String>,
}

/// The line below the list.
#[component]
pub(crate) fn Pager(asked: ListQuery, pages: Pages) -> impl IntoView {
    let Pages { shown, passed, matches, archived, next, previous } = pages;
    let with_archived = asked.with(|list| list.which = StatusFilter::Any).address();
    let left_out = archived.filter(|_| shown > 0).map(|archived| {
        view! { ", without "<a class="link" href=with_archived>{archived}" archived"</a> }
    });
    let range = match shown {
        0 => "No keys".to_owned(),
        1 => format!("{} of {matches}", grouped(passed + 1)),
        _ => format!("{}\u{2013}{} of {matches}", grouped(passed + 1), grouped(passed + shown)),
    };
    let tone = if shown == 0 { "hide" } else { "muted" };
    let first = asked.with(|_| ()).address();
    let is_second = passed <= i64::from(asked.list.rows.count());
    let back = previous
        .and_then(|place| Cursor::parse(&place))
        .map(|place| if is_second { first.clone() } else { asked.with(|list| list.before = Some(place)).address() });
    let on = next.and_then(|place| Cursor::parse(&place));
    let on = on.map(|place| asked.with(|list| list.after = Some(place)).address());
    let first = (back.is_some() && !is_second).then_some(first);
    let sizes = (on.is_some() || back.is_some() || shown > i64::from(Rows::Few.count()))
        .then(|| view! { <Sizes asked=asked.clone()/> });
    view! {
        <nav class="row pager" aria-label="Pages" data-found="pages">
            <span class=tone role="status">{range}{left_out}</span>
            <span class="row end">
                {(shown > 0).then(|| view! { <Export asked=asked.clone()/> })}
                {sizes}
                {first.map(|first| view! { <a class="btn" href=first rel="first">"First"</a> })}
                {back.map(|back| view! { <a class="btn" href=back rel="prev">"Previous"</a> })}
                {on.map(|on| view! { <a class="btn" href=on rel="next">"Next"</a> })}
            </span>
        </nav>
    }
}

/// All that the list finds, as a file.
#[component]
fn Export(asked: ListQuery) -> impl IntoView {
    view! {
        <div class="host">
            <button class="btn quiet" type="button" popovertarget="export">"Export"</button>
            <div class="menu" id="export" popover="auto">
                {[("csv", "CSV, for spreadsheets"), ("json", "JSON, for programs")].map(|(format, words)| view! { <a class="item" href=asked.export(format) download="">{words}</a> })}
            </div>
        </div>
    }
}

/// How many keys are on a page.
#[component]
fn Sizes(asked: ListQuery) -> impl IntoView {
    let size = |rows: Rows| {
        let address = asked.with(|list| list.rows = rows).address();
        view! { <a class="item" href=address aria-current=(rows == asked.list.rows).then_some("true")>{rows.words()}</a> }
    };
    view! {
        <div class="host">
            <button class="btn quiet" type="button" popovertarget="page-size">{asked.list.rows.words()}</button>
            <div class="menu" id="page-size" popover="auto">{Rows::ALL.map(size).collect_view()}</div>
        </div>
    }
}
