//! The table of keys and its headings, which sort it.

use leptos::prelude::*;
use model::listing::Sort;

use crate::{
    keys::list::{
        page::row::Row,
        query::{Column, ListQuery},
        select::SelectAll,
        view::ListedView,
    },
    ui::icon::Icon,
};

/// The rows under their headings.
#[component]
pub(crate) fn Table(
    rows: Vec<ListedView>,
    columns: Vec<Column>,
    asked: ListQuery,
    may_write: bool,
    may_purge: bool,
) -> impl IntoView {
    let caption = format!("Keys, {}", asked.list.sort.words());
    // What a browser compares to know whether the list is still the same.
    let ids: Vec<_> = rows.iter().map(|listed| listed.row.mask.id.clone()).collect();
    let heads = columns.iter().map(|column| view! { <Head column=*column asked=asked.clone()/> }).collect_view();
    let rows = rows
        .into_iter()
        .map(|listed| view! { <Row listed columns=columns.clone() may_write may_purge/> })
        .collect_view();
    // Columns that somebody chose stay where it is narrow.
    let class = if columns == Column::USUAL { "data cards keys" } else { "data cards keys chosen" };
    view! {
        <div class="table-wrap bleed"><table class=class role="table" data-live-rows=ids.join(" ")>
            <caption class="hide">{caption}</caption>
            <thead role="rowgroup"><tr role="row">
                {may_write.then(|| view! { <th class="fit" scope="col" role="columnheader"><SelectAll/></th> })}
                <th scope="col" role="columnheader" data-found="head-key" aria-sort=aria_sort(asked.list.sort, [Sort::Name, Sort::NameLast])><Sorted asked=asked.clone() ways=[Sort::Name, Sort::NameLast] words="Key"/></th>
                {heads}
                <th class="fit" scope="col" role="columnheader"><span class="hide">"Actions"</span></th>
            </tr></thead>
            <tbody role="rowgroup" data-found="rows">{rows}</tbody>
        </table></div>
    }
}

/// The two ways in which a column sorts, the usual one first.
fn ways(column: Column) -> Option<[Sort; 2]> {
    match column {
        Column::Last => Some([Sort::Used, Sort::UsedLast]),
        Column::Created => Some([Sort::Newest, Sort::Oldest]),
        Column::Expires => Some([Sort::Expires, Sort::ExpiresLast]),
        _ => None,
    }
}

fn aria_sort(sort: Sort, ways: [Sort; 2]) -> Option<&'static str> {
    let descends = matches!(sort, Sort::Newest | Sort::NameLast | Sort::ExpiresLast | Sort::Used);
    ways.contains(&sort).then_some(if descends { "descending" } else { "ascending" })
}

#[component]
fn Head(column: Column, asked: ListQuery) -> impl IntoView {
    let words = column.names().1;
    let class = match column {
        Column::Owner | Column::Tenant | Column::Group => "",
        Column::Scopes => "less",
        Column::Created | Column::Creator | Column::Use => "fit less",
        Column::Last | Column::Expires | Column::Status => "fit",
    };
    match ways(column) {
        Some(ways) => {
            let sort = aria_sort(asked.list.sort, ways);
            view! { <th class=class scope="col" role="columnheader" data-found=format!("head-{}", column.names().0) aria-sort=sort><Sorted asked ways words/></th> }
                .into_any()
        }
        None => view! { <th class=class scope="col" role="columnheader">{words}</th> }.into_any(),
    }
}

/// A heading that sorts; once more, the other way round.
#[component]
fn Sorted(asked: ListQuery, ways: [Sort; 2], words: &'static str) -> impl IntoView {
    let [first, second] = ways;
    let sort = asked.list.sort;
    let to = if sort == first { second } else { first };
    let icon = ways.contains(&sort).then(|| {
        let up = aria_sort(sort, ways) == Some("ascending");
        view! { <span class=if up { "turned" } else { "" }><Icon name="chevron"/></span> }
    });
    view! { <a class="sort" href=asked.with(|list| list.sort = to).address() title=format!("Sort: {}", to.words())>{words}{icon}</a> }
}
