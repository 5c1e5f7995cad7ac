//! Search or jump: the pages the sidebar has, what this page can do, and keys by a few words. A combobox with a list
//! (ARIA 1.2): the focus stays where one types, the arrows choose.

use std::time::Duration;

use leptos::{ev, prelude::*, task};
use model::key::KeyStatus;

use crate::{
    browser,
    keys::list::found::KeyMatch,
    routes,
    ui::{closing::once_closed, icon::Icon},
};

/// How long typing pauses before keys are asked for.
const PAUSE: Duration = Duration::from_millis(150);

/// What the page itself can do: the words, the icon, and what is clicked on.
const ACTS: [(&str, &str, &str); 6] = [
    ("Create key", "plus", "a[data-create]"),
    ("Edit this key", "edit", "a[data-edit]:not(tr *)"),
    ("Theme: system", "moon", "form[action=\"/theme\"] [value=\"\"]"),
    ("Theme: light", "moon", "form[action=\"/theme\"] [value=light]"),
    ("Theme: dark", "moon", "form[action=\"/theme\"] [value=dark]"),
    ("Sign out", "log-out", "form[action=\"/sign-out\"] button"),
];

/// What choosing does.
#[derive(Clone, PartialEq, Eq)]
enum Act {
    Go(String),
    Click(&'static str),
}

/// One line of the list.
#[derive(Clone, PartialEq, Eq)]
struct Entry {
    group: &'static str,
    icon: String,
    words: String,
    note: String,
    act: Act,
}

impl Entry {
    fn plain(group: &'static str, icon: String, words: String, act: Act) -> Self {
        Self { group, icon, words, note: String::new(), act }
    }

    fn key(key: KeyMatch) -> Self {
        let KeyMatch { id, name, owner, status } = key;
        let act = Act::Go(routes::key(&id));
        // What is fine needs no word.
        let state = if status == KeyStatus::Active { "" } else { status.words() };
        let note =
            [owner.as_str(), state].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" \u{b7} ");
        Self { note, ..Self::plain("Keys", sprite("key"), name, act) }
    }

    fn matches(&self, typed: &str) -> bool {
        let words = self.words.to_ascii_lowercase();
        typed.to_ascii_lowercase().split_whitespace().all(|word| words.contains(word))
    }
}

fn sprite(icon: &str) -> String {
    format!("/icons.svg#i-{icon}")
}

/// What can be chosen without asking the server.
fn known() -> Vec<Entry> {
    let pages = browser::places().into_iter();
    let pages = pages.map(|place| Entry::plain("Go to", place.icon, place.words, Act::Go(place.href)));
    let acts = ACTS.into_iter().filter(|(_, _, selector)| browser::places::has(selector));
    let acts =
        acts.map(|(words, icon, selector)| Entry::plain("Do", sprite(icon), words.to_owned(), Act::Click(selector)));
    pages.chain(acts).collect()
}

/// What is typed, what was found, and what is chosen.
#[derive(Clone, Copy)]
struct Search {
    typed: RwSignal<String>,
    keys: RwSignal<Vec<KeyMatch>>,
    place: RwSignal<usize>,
    timer: StoredValue<Option<TimeoutHandle>>,
}

impl Search {
    /// Takes note of what is typed, and asks for keys when typing pauses.
    fn follow(self, typed: String) {
        self.typed.set(typed);
        self.place.set(0);
        // What was found for other words is not to be chosen in haste.
        self.keys.set(Vec::new());
        if let Some(timer) = self.timer.try_update_value(Option::take).flatten() {
            timer.clear();
        }
        if self.words().is_empty() {
            return;
        }
        let ask = move || {
            let words = self.words();
            task::spawn_local(async move {
                // A list that cannot be asked for is empty; searching all keys says why.
                let found = crate::keys::list::find::find_keys(words.clone()).await.unwrap_or_default();
                if self.typed.try_with_untracked(|typed| typed.trim() == words) == Some(true) {
                    self.keys.set(found);
                }
            });
        };
        self.timer.set_value(set_timeout_with_handle(ask, PAUSE).ok());
    }

    fn words(self) -> String {
        self.typed.try_with_untracked(|typed| typed.trim().to_owned()).unwrap_or_default()
    }

    /// Everything that can be chosen now, in order.
    fn entries(self, known: &[Entry]) -> Vec<Entry> {
        let typed = self.typed.get();
        let typed = typed.trim();
        let keys = self.keys.get().into_iter().map(Entry::key);
        let everywhere = (!typed.is_empty()).then(|| {
            let words = format!("Search all keys for \u{201c}{typed}\u{201d}");
            Entry::plain("Keys", sprite("search"), words, Act::Go(routes::keys_found(typed)))
        });
        known.iter().filter(|entry| entry.matches(typed)).cloned().chain(keys).chain(everywhere).collect()
    }
}

/// The palette, open.
#[component]
pub(crate) fn Palette(
    /// It was closed.
    closed: impl Fn() + 'static,
) -> impl IntoView {
    let dialog = NodeRef::new();
    let search = Search {
        typed: RwSignal::new(String::new()),
        keys: RwSignal::new(Vec::new()),
        place: RwSignal::new(0),
        timer: StoredValue::new(None),
    };
    let known = known();
    let entries = Memo::new(move |_| search.entries(&known));
    Effect::new(move |_| browser::open(dialog));
    let choose = move |place: usize| {
        let Some(entry) = entries.with_untracked(|entries| entries.get(place).cloned()) else { return };
        browser::close(dialog);
        match entry.act {
            Act::Go(href) => browser::places::go(&href),
            Act::Click(selector) => browser::follow(selector),
        }
    };
    let press = move |event: ev::KeyboardEvent| {
        let (place, count) = (search.place.get_untracked(), entries.with_untracked(Vec::len));
        match event.key().as_str() {
            "ArrowDown" => search.place.set(if place + 1 < count { place + 1 } else { 0 }),
            "ArrowUp" => search.place.set(place.checked_sub(1).unwrap_or(count.saturating_sub(1))),
            "Enter" if !event.is_composing() => choose(place),
            _ => return,
        }
        event.prevent_default();
        request_animation_frame(|| browser::places::bring("#palette-list [aria-selected=true]"));
    };
    let count = move || match entries.with(Vec::len) {
        0 => "Nothing found".to_owned(),
        1 => "1 result".to_owned(),
        count => format!("{count} results"),
    };
    let active = move || (entries.with(Vec::len) > 0).then(|| format!("palette-{}", search.place.get()));
    view! {
        <dialog class="palette" node_ref=dialog closedby="any" aria-label="Search or jump to" on:close=once_closed(dialog, closed)>
            <div class="row nowrap ask-for">
                <Icon name="search"/>
                <input class="grow" type="text" role="combobox" aria-label="Search or jump to" placeholder="A page, something to do, or a key"
                    aria-autocomplete="list" aria-expanded="true" aria-controls="palette-list" aria-activedescendant=active
                    autocomplete="off" autocapitalize="none" spellcheck="false" autofocus
                    on:input=move |event| search.follow(event_target_value(&event)) on:keydown=press/>
                <kbd class="wide" aria-hidden="true">"Esc"</kbd>
            </div>
            <div id="palette-list" role="listbox" aria-label="Results">
                {move || lines(entries.get(), search.place, choose)}
            </div>
            <p class="hide" role="status">{count}</p>
        </dialog>
    }
}

/// The entries; the first of a kind names it.
fn lines(
    entries: Vec<Entry>,
    place: RwSignal<usize>,
    choose: impl Fn(usize) + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let kind = |index: usize| {
        let group = entries[index].group;
        if index == 0 || entries[index - 1].group != group { group } else { "" }
    };
    (0..entries.len()).map(|index| line(index, kind(index), entries[index].clone(), place, choose)).collect_view()
}

fn line(
    index: usize,
    kind: &'static str,
    entry: Entry,
    place: RwSignal<usize>,
    choose: impl Fn(usize) + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let Entry { icon, words, note, .. } = entry;
    view! {
        <span class="kind" aria-hidden="true" hidden=kind.is_empty()>{kind}</span>
        <div class="item" role="option" id=format!("palette-{index}") aria-selected=move || (place.get() == index).to_string()
            on:mousemove=move |_| if place.get_untracked() != index { place.set(index) } on:click=move |_| choose(index)>
            <svg class="icon" aria-hidden="true"><use href=icon></use></svg>
            <bdi class="grow">{words}</bdi><bdi class="muted by">{note}</bdi>
        </div>
    }
}
