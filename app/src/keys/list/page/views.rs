//! The saved questions: a menu that leads to each, and saves or deletes one.

use leptos::prelude::*;

use crate::{
    keys::list::{query::ListQuery, view::SavedViewView},
    routes,
    ui::icon::Icon,
};

/// The button and its menu.
#[component]
pub(crate) fn Views(views: Vec<SavedViewView>, asked: ListQuery, may_share: bool) -> impl IntoView {
    let query = asked.with(|_| ()).query();
    let current = views.iter().find(|view| view.query == query && !query.is_empty()).map(|view| view.name.clone());
    let is_current = current.is_some();
    let can_save = !query.is_empty() && !is_current;
    let none = views.is_empty();
    let here = query.clone();
    let line = |view: SavedViewView| {
        let href =
            if view.query.is_empty() { routes::KEYS.to_owned() } else { format!("{}?{}", routes::KEYS, view.query) };
        let chosen = (view.query == here).then_some("true");
        let delete = view.may_delete.then(|| {
            let label = format!("Delete the view {}", view.name);
            view! { <form method="post" action=routes::delete_view(&view.id)><button class="btn quiet square" aria-label=label><Icon name="x"/></button></form> }
        });
        view! {
            <div class="row nowrap tight view">
                <a class="item grow" href=href aria-current=chosen><bdi>{view.name}</bdi>{view.shared_by.map(|by| view! { <span class="muted small">" by "<bdi>{by}</bdi></span> })}</a>
                {delete}
            </div>
        }
    };
    view! {
        <div class="host">
            <button class="btn filter" type="button" popovertarget="views" aria-current=is_current.then_some("true")>
                <Icon name="columns"/>"Views"{current.map(|name| view! { ": "<bdi>{name}</bdi> })}
            </button>
            <div class="menu long views" id="views" popover="auto">
                {views.into_iter().map(line).collect_view()}
                {(none && !can_save).then(|| view! { <p class="muted small">"Search or filter first: what the list is asked can be saved here under a name."</p> })}
                {can_save.then(|| view! {
                    {(!none).then(|| view! { <hr/> })}
                    <form class="stack tight" method="post" action=routes::VIEWS>
                        <input type="hidden" name="query" value=query/>
                        <div class="field"><label for="view-name">"Save this view as"</label>
                            <input class="input" id="view-name" name="name" required maxlength="80" autocomplete="off"/></div>
                        {may_share.then(|| view! { <label class="row tight"><input type="checkbox" name="shared" value="1"/>"For everybody"</label> })}
                        <button class="btn primary wide">"Save view"</button>
                    </form>
                })}
            </div>
        </div>
    }
}
