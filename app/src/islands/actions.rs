//! What every page can do: copy a value, archive a key without leaving the page, and be driven by keyboard. The pages
//! mark their elements; all listening is here, once.

use leptos::{ev, prelude::*, task};

use super::{archive::ArchiveDialog, copied::Copied, shortcuts::Shortcuts};
use crate::{
    browser::{self, Spot},
    components::Icon,
    routes::KEYS,
};

const COPIED: &str = "Copied";

/// Listens for `[data-copy]`, `a[data-archive]` and the keys. Rendered once in each page's frame.
#[island]
pub(crate) fn PageActions() -> impl IntoView {
    let copied = Copied::new();
    let by_hand = RwSignal::new(None::<String>);
    let archive = RwSignal::new(None::<String>);
    let help = RwSignal::new(false);
    let copy = move |spot: Spot| {
        task::spawn_local(async move {
            let value = spot.attribute("data-copy");
            if browser::copy(&value).await {
                spot.tick();
                copied.say(COPIED);
            } else {
                spot.take_focus();
                by_hand.set(Some(value));
            }
        });
    };
    let click = move |event: ev::MouseEvent| {
        if let Some(spot) = Spot::clicked(&event, "[data-copy]") {
            copy(spot);
        } else if let Some(link) = Spot::clicked(&event, "a[data-archive]").filter(|_| browser::is_plain(&event))
            && let Some(id) = key_of(&link.attribute("href"))
        {
            event.prevent_default();
            link.take_focus();
            archive.set(Some(id));
        }
    };
    Effect::new(move |_| {
        browser::reveal("[data-copy][hidden]");
        window_event_listener(ev::click, click);
        window_event_listener(ev::keydown, move |event| press(&event, help));
    });
    view! {
        <p class="hide" role="status">{move || copied.text()}</p>
        {move || by_hand.get().map(|value| view! { <ByHand value closed=move || by_hand.set(None)/> })}
        {move || archive.get().map(|id| view! { <ArchiveDialog id closed=move || archive.set(None)/> })}
        {move || help.get().then(|| view! { <Shortcuts closed=move || help.set(false)/> })}
    }
}

/// The key that a link to an archive page is about.
fn key_of(href: &str) -> Option<String> {
    let id = href.strip_prefix(KEYS)?.strip_prefix('/')?.strip_suffix("/archive")?;
    Some(id.to_owned())
}

/// One key, one act. Letters are for whoever is not typing and has no dialog open.
fn press(event: &ev::KeyboardEvent, help: RwSignal<bool>) {
    if !browser::is_command(event) || browser::any_dialog() {
        return;
    }
    match event.key().as_str() {
        "/" => browser::focus("[data-search]"),
        "c" => browser::follow("a[data-create]"),
        "j" => browser::step("tr[data-row]", true),
        "k" => browser::step("tr[data-row]", false),
        "?" => help.set(true),
        _ => return,
    }
    event.prevent_default();
}

/// The value to copy by hand, selected, where the browser does not let a page copy.
#[component]
fn ByHand(value: String, closed: impl Fn() + 'static) -> impl IntoView {
    let toast = NodeRef::new();
    Effect::new(move |_| {
        browser::pop_up(toast);
        browser::select("#by-hand");
    });
    let toggled = move |_| {
        if !browser::is_up(toast) {
            closed();
        }
    };
    // The browser copies after this event, so what is selected has to stay for it.
    let later = move |_| request_animation_frame(move || browser::pop_down(toast));
    view! {
        <div class="toasts" popover="auto" node_ref=toast on:toggle=toggled>
            <div class="toast row nowrap">
                <label class="grow" for="by-hand">{browser::copy_hint()}</label>
                <input class="input mono" id="by-hand" readonly value=value on:copy=later/>
                <button class="btn quiet square" type="button" aria-label="Close" on:click=move |_| browser::pop_down(toast)>
                    <Icon name="x"/>
                </button>
            </div>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routes;

    #[test]
    fn a_link_to_an_archive_page_names_its_key() {
        assert_eq!(key_of(&routes::archive_key("a")).as_deref(), Some("a"));
        for other in [routes::key("a").as_str(), routes::KEYS, ""] {
            assert_eq!(key_of(other), None, "{other:?}");
        }
    }
}
