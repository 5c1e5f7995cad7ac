//! What is asked before an edit that changes what a key opens, or would lock out callers seen lately. Everything typed is
//! carried on.

use leptos::prelude::*;

use crate::{
    keys::{
        detail::view::{BrokenView, EditPreviewView},
        edit::changes::Changes,
        form::{ANYWAY, BACK, EditForm},
    },
    layout::head::{PageHead, above_key, above_keys},
    routes,
    ui::{
        callers::{Callers, coverage},
        icon::Icon,
    },
};

/// What would change, who would be refused and why, and the two ways on.
#[component]
pub(crate) fn Confirm(
    /// The form as typed.
    form: EditForm,
    /// What it would do.
    found: EditPreviewView,
) -> impl IntoView {
    let EditPreviewView { id, name, changes, broken, seen, calls } = found;
    let locks_out = !broken.is_empty();
    let title = if locks_out { "This would lock somebody out" } else { "Save these changes?" };
    let group = |BrokenView { callers, why }: BrokenView| {
        view! {
            <section class="panel">
                <header class="row"><h2 class="grow">{why}</h2></header>
                <Callers of=callers caption="Callers that would be refused"/>
            </section>
        }
    };
    let fields = form.form.pairs();
    let fields = fields.into_iter().filter(|(_, value)| !value.is_empty());
    let carried =
        fields.map(|(field, value)| view! { <input type="hidden" name=field value=value.to_owned()/> }).collect_view();
    let (class, icon, rest) = if locks_out {
        ("banner warn", "warning", view! { " These callers used "<bdi>{name.clone()}</bdi>" in the last 7 days and would be refused if you saved it this way." }.into_any())
    } else {
        ("banner", "edit", view! { " This changes what "<bdi>{name.clone()}</bdi>" opens, at once on this node and within a second on every other." }.into_any())
    };
    let save = if locks_out { ("btn danger", "Save anyway") } else { ("btn primary", "Save") };
    view! {
        <PageHead title above=vec![above_keys(), above_key(&id, &name)] here="Edit"/>
        <div class="stack ask">
            <div class=class><Icon name=icon/><p><b>"Nothing is saved yet."</b>{rest}</p></div>
            <section class="panel" aria-labelledby="changes-title">
                <header class="row"><h2 id="changes-title">"What will change"</h2></header>
                <div class="body stack"><Changes of=changes/></div>
            </section>
            {broken.into_iter().map(group).collect_view()}
            {locks_out.then(|| view! { <p class="muted">{coverage(seen, calls)}" Callers that are not in it may be locked out as well."</p> })}
            <form class="row" method="post" action=routes::edit_key(&id)>
                {carried}
                <input type="hidden" name="seen" value=form.seen/>
                <button class="btn end" name="step" value=BACK>"Go back and change it"</button>
                <button class=save.0 name="step" value=ANYWAY>{save.1}</button>
            </form>
        </div>
    }
}
