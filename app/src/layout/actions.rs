//! What every page can do: copy a value, switch or archive a key without leaving the page, be driven by keyboard, keep
//! itself up to date and what was typed safe. The pages mark their elements; all listening is here, once.

use std::time::Duration;

use leptos::{ev, mount::mount_to_body, prelude::*, task};

use crate::{
    browser::{self, ElementRef},
    keys::{archive::island::ArchiveDialog, switch::island::Switching},
    layout::{
        keyboard::Keyboard,
        live::{Live, Notices},
        palette::Palette,
        shortcuts::Shortcuts,
        toasts::{Toast, Toasts, Undo},
        unsaved_guard::{UnsavedGuard, Waiting},
    },
    routes::KEYS,
    ui::{closing::while_there, copied::Copied, icon::Icon},
};

const COPIED: &str = "Copied";
/// How often instants are told anew.
const TELL_EVERY: Duration = Duration::from_secs(30);

/// Listens for `[data-copy]`, `a[data-archive]`, `form[data-switch]`, `form[data-guard]`, `[data-palette]` and the keys.
/// Rendered once in each page's frame.
#[island]
pub(crate) fn PageActions(
    /// The server's time of the page, in milliseconds.
    now: i64,
) -> impl IntoView {
    let copied = Copied::new();
    let by_hand = RwSignal::new(None::<String>);
    let archive = RwSignal::new(None::<String>);
    let keyboard = Keyboard::new();
    let (toasts, live, guard) = (Toasts::new(), Live::new(now), UnsavedGuard::new());
    let switching = Switching { toasts, live, busy: StoredValue::new(false) };
    let copy = move |spot: ElementRef| {
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
        if let Some(spot) = ElementRef::clicked(&event, "[data-copy]") {
            copy(spot);
        } else if let Some(link) = ElementRef::clicked(&event, "a[data-archive]").filter(|_| browser::is_plain(&event))
            && let Some(id) = key_of(&link.attribute("href"))
        {
            event.prevent_default();
            link.take_focus();
            archive.set(Some(id));
        } else if ElementRef::clicked(&event, "[data-palette]").is_some() {
            keyboard.palette.set(true);
        }
    };
    let submit = move |event: ev::SubmitEvent| {
        if let Some((id, on)) = browser::switches::asked_switch(&event) {
            event.prevent_default();
            switching.run(id, on);
        }
    };
    Effect::new(move |_| {
        browser::reveal("[data-copy][hidden]");
        window_event_listener(ev::click, click);
        window_event_listener(ev::submit, submit);
        window_event_listener(ev::keydown, move |event| keyboard.press(&event));
        browser::places::write_all("[data-chord]", browser::places::chord());
        let skew = browser::times::clock_skew(now);
        let tell = move || browser::tell_times(skew);
        tell();
        browser::times::on_added(tell);
        set_interval(tell, TELL_EVERY);
        browser::say_alive();
        // The server has nothing to say here, so that nothing of this is hydrated, which would be twice the code.
        mount_to_body(move || {
            view! {
                <p class="hide" role="status">{move || copied.text()}</p>
                {move || by_hand.get().map(|value| view! { <ByHand value closed=move || by_hand.set(None)/> })}
                {move || archive.get().map(|id| view! { <ArchiveDialog id closed=move || archive.set(None)/> })}
                {move || keyboard.help.get().then(|| view! { <Shortcuts closed=move || keyboard.help.set(false)/> })}
                {move || keyboard.palette.get().then(|| view! { <Palette closed=move || keyboard.palette.set(false)/> })}
                <Waiting guard/>
                <Notices live/>
                <Toast toasts undo=move |(id, on): Undo| switching.run(id, on)/>
            }
        });
        switching.take_over();
        guard.start();
        live.start(skew);
    });
}

/// The key that a link to an archive page is about.
fn key_of(href: &str) -> Option<String> {
    let id = href.strip_prefix(KEYS)?.strip_prefix('/')?.strip_suffix("/archive")?;
    Some(id.to_owned())
}

/// The value to copy by hand, selected, where the browser does not let a page copy.
#[component]
fn ByHand(value: String, closed: impl Fn() + 'static) -> impl IntoView {
    let toast = NodeRef::new();
    Effect::new(move |_| {
        browser::pop_up(toast);
        browser::select("#by-hand");
    });
    let toggled = move || {
        if !browser::is_up(toast) {
            closed();
        }
    };
    // The browser copies after this event, so what is selected has to stay for it.
    let later = move |_| request_animation_frame(move || browser::pop_down(toast));
    view! {
        <div class="toasts" popover="auto" node_ref=toast on:toggle=while_there(toggled)>
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
