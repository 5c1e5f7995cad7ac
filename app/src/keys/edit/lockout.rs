//! What is asked before an edit that would lock out callers seen lately. Everything typed is carried on.

use leptos::prelude::*;

use crate::{
    keys::{
        detail::view::{BrokenView, TightenView},
        form::{ANYWAY, BACK, EditForm},
    },
    layout::head::{PageHead, above_key, above_keys},
    routes,
    ui::{
        callers::{Callers, coverage},
        icon::Icon,
    },
};

/// Who would be refused and why, and the two ways on.
#[component]
pub(crate) fn Tighten(
    /// The form as typed.
    form: EditForm,
    /// What it would break.
    found: TightenView,
) -> impl IntoView {
    let TightenView { id, name, broken, seen, calls } = found;
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
    view! {
        <PageHead title="This would lock somebody out" above=vec![above_keys(), above_key(&id, &name)] here="Edit"/>
        <div class="stack ask">
            <div class="banner warn"><Icon name="warning"/>
                <p><b>"Nothing is saved yet."</b>" These callers used "<bdi>{name}</bdi>" in the last 7 days and would be refused if you saved it this way."</p></div>
            {broken.into_iter().map(group).collect_view()}
            <p class="muted">{coverage(seen, calls)}" Callers that are not in it may be locked out as well."</p>
            <form class="row" method="post" action=routes::edit_key(&id)>
                {carried}
                <input type="hidden" name="seen" value=form.seen/>
                <button class="btn end" name="step" value=BACK>"Go back and change it"</button>
                <button class="btn danger" name="step" value=ANYWAY>"Save anyway"</button>
            </form>
        </div>
    }
}
