//! The list of a kind.

use leptos::prelude::*;
use model::{account::Action, catalog::Kind};

use crate::{
    catalog::{
        fields::{plural, purpose},
        page::{
            asked_id, asked_kind,
            cells::{cells, columns},
            entry::EntryPage,
            sent,
            stop::{Stop, StopForm},
        },
        samples::{OfferedOn, SampleSets},
        view::{EntriesView, EntryRow, StopView},
    },
    layout::{head::PageHead, page::Loaded},
    routes,
    ui::{fields::FormErrorBanner, icon::Icon},
};

/// `/settings/:kind`. There is just one policy: its list is its form.
#[component]
pub(crate) fn Entries() -> impl IntoView {
    let (code, kind) = asked_kind();
    if kind == Some(Kind::Policy) {
        return view! { <EntryPage/> }.into_any();
    }
    let title = kind.map_or("Settings", plural);
    let current = kind.map_or("", routes::settings);
    let show = move |view: EntriesView| kind.map(|kind| view! { <List kind view/> });
    view! { <Loaded title current load=crate::catalog::load::list_entries(code) show/> }.into_any()
}

/// `/settings/:kind/:id/switch`: asks before an identity is switched off.
#[component]
pub(crate) fn SwitchOff() -> impl IntoView {
    let (code, kind) = asked_kind();
    let current = kind.map_or("", routes::settings);
    let show = move |view: StopView| {
        let of = Stop {
            list: (current, kind.map_or("", plural)),
            act: "Switch off",
            says: "Keys that act as it are refused everywhere within a second. They work again when it is switched on.",
            name: "Its name",
        };
        view! { <StopForm of view/> }
    };
    let load = crate::catalog::load::stop_entry(code, asked_id().unwrap_or_default());
    view! { <Loaded title="Switch off" current load show/> }
}

#[component]
fn List(kind: Kind, view: EntriesView) -> impl IntoView {
    let EntriesView { rows, may_write } = view;
    let (_, errors, failure) = sent();
    let count = rows.len();
    let what = kind.words().to_lowercase();
    let add = move || {
        let words = format!("Add {what}");
        may_write.then(|| view! { <a class="btn primary" href=routes::new_entry(kind)><Icon name="plus"/>{words}</a> })
    };
    let head = (count > 0).then(|| view! { <span class="end">{add()}</span> });
    view! {
        <PageHead title=plural(kind) lead=purpose(kind).into_any()>{head}</PageHead>
        <FormErrorBanner fields=Vec::new() errors failure/>
        {if count == 0 {
            view! {
                <div class="empty stack center">
                    <h2>{format!("No {} yet", plural(kind).to_lowercase())}</h2>
                    {add()}
                </div>
                {(may_write && kind.action() == Action::WriteCatalog).then(|| view! {
                    <section class="empty stack" aria-labelledby="samples">
                        <h2 id="samples">"Or begin with a sample set"</h2>
                        <SampleSets on=OfferedOn::List(kind)/>
                    </section>
                })}
            }.into_any()
        } else {
            view! { <Table kind rows may_write/> }.into_any()
        }}
    }
}

#[component]
fn Table(kind: Kind, rows: Vec<EntryRow>, may_write: bool) -> impl IntoView {
    let heads = columns(kind).iter().map(|title| view! { <th scope="col" role="columnheader">{*title}</th> });
    view! {
        <div class="table-wrap bleed"><table class="data cards entries" role="table">
            <caption class="hide">{plural(kind)}", by name"</caption>
            <thead role="rowgroup"><tr role="row">
                {heads.collect_view()}
                <th class="fit" scope="col" role="columnheader"><span class="hide">"Actions"</span></th>
            </tr></thead>
            <tbody role="rowgroup">{rows.into_iter().map(|row| view! { <tr role="row">{cells(kind, &row, may_write)}</tr> }).collect_view()}</tbody>
        </table></div>
    }
}
