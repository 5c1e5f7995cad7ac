//! The page that archives every key of a group, after saying how many that are.

use keyward::{key::ArchiveReason, registry::Kind};
use leptos::prelude::*;

use super::{asked_id, sent};
use crate::{
    api,
    components::{FormTrouble, Icon},
    pages::frame::Loaded,
    routes,
    settings::GroupKeysView,
};

/// `/settings/groups/:id/archive`.
#[component]
pub(crate) fn ArchiveGroup() -> impl IntoView {
    let (typed, errors, failure) = sent();
    let chosen = typed.map(|typed| typed.get("reason").to_owned()).unwrap_or_default();
    let show = move |view: GroupKeysView| {
        let GroupKeysView { id, name, keys } = view;
        let back = routes::settings(Kind::Group);
        if keys == 0 {
            return view! {
                <div class="empty stack center">
                    <h1>"No live key in "<bdi>{name}</bdi></h1>
                    <p class="muted">"There is nothing to archive."</p>
                    <p><a class="btn" href=back>"Back to the groups"</a></p>
                </div>
            }
            .into_any();
        }
        let count = if keys == 1 { "1 key".to_owned() } else { format!("{keys} keys") };
        let reasons = ArchiveReason::ALL.into_iter().map(|reason| {
            view! { <option value=reason.code() selected=chosen == reason.code()>{reason.words()}</option> }
        });
        view! {
            <div class="ask stack">
                <h1>"Archive "{count.clone()}" of "<bdi>{name}</bdi>"?"</h1>
                <p class="muted">"They stop at once on this node and within a second on every other. An archived key cannot come back; the group stays."</p>
                <FormTrouble fields=Vec::new() errors failure/>
                <p><a class="link" href=routes::keys_of_group(&id)>"See which keys these are"</a></p>
                <form class="stack" method="post" action=routes::archive_group(&id)>
                    <div class="field">
                        <label for="reason">"Reason"</label>
                        <select class="input" id="reason" name="reason">{reasons.collect_view()}</select>
                    </div>
                    <div class="row">
                        <a class="btn end" href=back>"Cancel"</a>
                        <button class="btn danger"><Icon name="archive"/>{format!("Archive {count}")}</button>
                    </div>
                </form>
            </div>
        }
        .into_any()
    };
    let load = api::group_keys(asked_id().unwrap_or_default());
    view! { <Loaded title="Archive a group's keys" current=routes::settings(Kind::Group) load show/> }
}
