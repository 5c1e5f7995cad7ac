//! A page that keeps itself up to date: the stream of changes, the page asked for again, and its parts put in place where
//! nobody reads, types or points.

use std::cell::RefCell;

use leptos::{ev, prelude::*};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Document, DomParser, Element, EventSource, Headers, RequestInit, Response, SupportedType, Url, VisibilityState,
    js_sys::Array,
};

use crate::{
    browser::{find, reveal_in, times::tell_times},
    routes,
};

/// The header of a request that nobody made.
const MARK: &str = "x-keyward-live";

thread_local! {
    /// The page's one stream.
    static STREAM: RefCell<Option<Stream>> = const { RefCell::new(None) };
}

/// The stream of changes. It ends when it is dropped.
struct Stream {
    source: EventSource,
    _heard: [Closure<dyn Fn()>; 3],
}

impl Stream {
    fn open(
        address: &str,
        news: impl Fn() + 'static,
        opened: impl Fn() + 'static,
        lost: impl Fn() + 'static,
    ) -> Option<Self> {
        let source = EventSource::new(address).ok()?;
        let heard = [Closure::<dyn Fn()>::new(news), Closure::<dyn Fn()>::new(opened), Closure::<dyn Fn()>::new(lost)];
        for (event, place) in [("change", 0), ("use", 0), ("open", 1), ("error", 2)] {
            _ = source.add_event_listener_with_callback(event, heard[place].as_ref().unchecked_ref());
        }
        Some(Self { source, _heard: heard })
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.source.close();
    }
}

/// Opens the stream of changes and calls back: for news, once it is open, and when it is lost.
pub(crate) fn open_stream(
    address: &str,
    news: impl Fn() + 'static,
    opened: impl Fn() + 'static,
    lost: impl Fn() + 'static,
) {
    STREAM.set(Stream::open(address, news, opened, lost));
}

/// Ends it. What was heard by it may be running: it is let go of afterwards.
pub(crate) fn close_stream() {
    if let Some(stream) = STREAM.take() {
        stream.source.close();
        queue_microtask(move || drop(stream));
    }
}

/// Whether there is one.
pub(crate) fn has_stream() -> bool {
    STREAM.with_borrow(Option::is_some)
}

/// Whether someone may be looking at the page.
pub(crate) fn is_visible() -> bool {
    document().visibility_state() == VisibilityState::Visible
}

/// Calls back when the page is shown or hidden, and when the network comes or goes.
pub(crate) fn on_reach(act: impl Fn() + Clone + 'static) {
    let (shown, online) = (act.clone(), act.clone());
    window_event_listener(ev::visibilitychange, move |_| shown());
    window_event_listener(ev::online, move |_| online());
    window_event_listener(ev::offline, move |_| act());
}

/// Whether there is a network at all.
pub(crate) fn is_online() -> bool {
    window().navigator().on_line()
}

/// Whether the page has anything that changes by itself.
pub(crate) fn has_live() -> bool {
    find("[data-live], [data-live-rows]").is_some()
}

/// Why the page could not be asked for again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missed {
    /// Nobody answers.
    Offline,
    /// The session is over.
    SignedOut,
    /// There is no such page now, or the server could not make it.
    Refused,
    /// The visitor asked for another one meanwhile.
    Stale,
}

/// Which parts of the page follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// What changes by itself.
    Live,
    /// That, and what the visitor's own act changes.
    Own,
    /// What changes by itself, and what a search finds.
    Found,
}

/// The page as it is now.
pub(crate) struct Fetched(Document);

/// Asks for this page again. Nobody made that request, unless the visitor searched.
pub(crate) async fn fetch_again(reach: Reach) -> Result<Fetched, Missed> {
    let here = location().href().unwrap_or_default();
    let page = fetch(reach).await;
    if location().href().unwrap_or_default() == here { page } else { Err(Missed::Stale) }
}

async fn fetch(reach: Reach) -> Result<Fetched, Missed> {
    let asked = async {
        let headers = Headers::new()?;
        if reach != Reach::Found {
            headers.set(MARK, "1")?;
        }
        headers.set("accept", "text/html")?;
        let options = RequestInit::new();
        options.set_headers(&headers);
        let href = location().href()?;
        let address = href.split('#').next().unwrap_or_default();
        JsFuture::from(window().fetch_with_str_and_init(address, &options)).await
    };
    let response: Response = asked.await.map_err(|_: JsValue| Missed::Offline)?.unchecked_into();
    if Url::new(&response.url()).is_ok_and(|url| url.pathname() == routes::SIGN_IN) {
        return Err(Missed::SignedOut);
    }
    if !response.ok() {
        return Err(Missed::Refused);
    }
    let text = JsFuture::from(response.text().map_err(|_| Missed::Refused)?).await.map_err(|_| Missed::Offline)?;
    let parser = DomParser::new().map_err(|_| Missed::Refused)?;
    let page = parser.parse_from_string(&text.as_string().unwrap_or_default(), SupportedType::TextHtml);
    page.map(Fetched).map_err(|_| Missed::Refused)
}

impl Fetched {
    /// Puts what changed in its place. After one's own act what changed is known; otherwise parts that are in use stay as
    /// they are.
    pub(crate) fn put(&self, skew: i64, reach: Reach) {
        tell_times(&document(), skew);
        tell_times(&self.0, skew);
        reveal_in(&self.0, "[data-copy][hidden]");
        let own = reach != Reach::Live;
        let parts = match reach {
            Reach::Live => "[data-live]",
            Reach::Own => "[data-live], [data-own]",
            Reach::Found => "[data-live], [data-found]",
        };
        let Ok(list) = self.0.query_selector_all(parts) else { return };
        for new in Array::from(&list).iter() {
            let new: Element = new.unchecked_into();
            let Some(old) = ["data-live", "data-own", "data-found"].into_iter().find_map(|mark| twin(&new, mark))
            else {
                continue;
            };
            let html = new.inner_html();
            if old.inner_html() == html {
                continue;
            }
            let has_focus = old.contains(document().active_element().as_deref());
            if own {
                old.set_inner_html(&html);
                if has_focus {
                    refocus(&old);
                }
            } else if !has_focus && !is_held(&old) {
                old.set_inner_html(&html);
            }
        }
        if reach == Reach::Found
            && let Ok(changed) = web_sys::Event::new("change")
        {
            // The boxes are others.
            _ = window().dispatch_event(&changed);
        }
        if own && let (Some(old), Some(new)) = (rows(&document()), rows(&self.0)) {
            _ = old.set_attribute("data-live-rows", &new.get_attribute("data-live-rows").unwrap_or_default());
        }
    }

    /// What to say when there are other rows than those that are shown.
    pub(crate) fn rows_changed(&self) -> Option<String> {
        let (old, new) = (rows(&document())?, rows(&self.0)?);
        let changed = old.get_attribute("data-live-rows") != new.get_attribute("data-live-rows");
        changed.then(|| old.get_attribute("data-live-say").unwrap_or_else(|| "The list changed.".to_owned()))
    }
}

fn rows(document: &Document) -> Option<Element> {
    document.query_selector("[data-live-rows]").ok()?
}

/// The part of the page that is shown with the same mark.
fn twin(new: &Element, mark: &str) -> Option<Element> {
    let id = new.get_attribute(mark)?;
    let is_plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    is_plain.then(|| document().query_selector(&format!("[{mark}=\"{id}\"]")).ok()?)?
}

/// Whether something in it is open or selected.
fn is_held(element: &Element) -> bool {
    let open = element.query_selector(":popover-open, dialog[open], details[open]").is_ok_and(|found| found.is_some());
    let selected = window().get_selection().ok().flatten().is_some_and(|selection| {
        !selection.is_collapsed()
            && selection.contains_node_with_allow_partial_containment(element, true).unwrap_or(false)
    });
    open || selected
}

/// Where the focus goes when what had it was replaced: to the same kind of thing, or to the page's work.
fn refocus(part: &Element) {
    let inside = part.query_selector("button, a").ok().flatten().map(JsCast::unchecked_into);
    if let Some(element) = inside.or_else(|| find("#main")) {
        _ = element.focus();
    }
}
