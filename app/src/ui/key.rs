//! How a key is shown: its state with icon and word, its mask, its scopes.

use leptos::prelude::*;
use model::key::KeyStatus;

use crate::{
    keys::view::{MaskView, StatusView},
    ui::icon::Icon,
};

/// Tone, icon, word and what to do about it.
pub(crate) fn status(status: StatusView) -> (&'static str, &'static str, &'static str, String) {
    let StatusView { of, days } = status;
    let (tone, icon, advice) = match of {
        KeyStatus::Active => ("ok", "ok", "It works."),
        KeyStatus::Limited => (
            "warn",
            "warning",
            "More than a tenth of its calls today were beyond its limits. Raise them, or ask its owner why.",
        ),
        KeyStatus::Refusing => {
            ("warn", "warning", "More than a tenth of its calls today were refused. Why refused? tells the reasons.")
        }
        KeyStatus::Expiring => {
            let left = match days {
                0 => "in less than a day".to_owned(),
                1 => "in a day".to_owned(),
                days => format!("in {days} days"),
            };
            let tone = if days < 7 { "bad" } else { "warn" };
            return (tone, "clock", of.words(), format!("It stops {left}. Make a new key and change over before."));
        }
        KeyStatus::Expired => ("bad", "stop", "It is refused. Make a new key."),
        KeyStatus::Off => ("warn", "stop", "It is refused until it is switched on."),
        KeyStatus::OwnerDisabled => {
            ("bad", "stop", "It is refused: its owner was disabled. Give it to somebody else, or archive it.")
        }
        KeyStatus::IdentityOff => (
            "bad",
            "stop",
            "It is refused: the identity it acts as is switched off. Switch that identity on, or let it act as somebody else.",
        ),
        KeyStatus::Archived => ("", "archive", "It is refused for good."),
    };
    (tone, icon, of.words(), advice.to_owned())
}

/// A state in a list.
#[component]
pub(crate) fn Status(
    /// The state.
    of: StatusView,
) -> impl IntoView {
    let (tone, icon, word, advice) = status(of);
    view! { <span class=format!("status {tone}") tabindex="-1" title=advice><Icon name=icon/>{word}</span> }
}

/// A state with what else a key counts as. Incidents come first.
#[component]
pub(crate) fn Statuses(
    /// The state.
    of: StatusView,
    /// What else.
    also: Vec<KeyStatus>,
    /// Whether a successor takes its place: that it ends is no alarm then.
    is_replaced: bool,
) -> impl IntoView {
    let also = also.into_iter().map(|also| view! { <Status of=StatusView { of: also, ..of }/> }).collect_view();
    let of = if is_replaced && of.of == KeyStatus::Expiring {
        let advice = "Its successor is there. It stops when the overlap ends.";
        view! { <span class="status" tabindex="-1" title=advice><Icon name="rotate"/>"Replaced"</span> }.into_any()
    } else {
        view! { <Status of/> }.into_any()
    };
    view! { <span class="statuses">{also}{of}</span> }
}

/// A state in a title.
#[component]
pub(crate) fn StatusPill(
    /// The state.
    of: StatusView,
) -> impl IntoView {
    let (tone, icon, word, advice) = status(of);
    view! { <span class=format!("chip pill {tone}") tabindex="0" title=advice><Icon name=icon/>{word}</span> }
}

/// That a key opens everything.
#[component]
pub(crate) fn AllAccess() -> impl IntoView {
    view! { <span class="chip bad" tabindex="-1" title="It holds the scope public, which opens everything but Keyward itself."><Icon name="warning"/>"All access"</span> }
}

/// A key without its secret; both ends carry the eye.
#[component]
pub(crate) fn Mask(
    /// The key.
    of: MaskView,
) -> impl IntoView {
    let MaskView { prefix, id, last_four } = of;
    let start: String = id.chars().take(4).collect();
    view! {
        <code translate="no" class="mask small muted" title=format!("id {id}")>{prefix}"_"<b>{start}</b>"\u{2026}_\u{2026}"<b>{last_four}</b></code>
    }
}

/// The letters of a scope that stay in one line.
const WHOLE: usize = 16;

/// The first scopes, and how many more there are.
#[component]
pub(crate) fn Scopes(
    /// All of them.
    of: Vec<String>,
    /// How many are shown.
    shown: usize,
) -> impl IntoView {
    // One that is too long for its column breaks before its verb.
    let broken = |scope: &str| match scope.rfind('.') {
        Some(dot) if scope.len() > WHOLE => {
            let (thing, verb) = scope.split_at(dot + 1);
            view! { {thing.to_owned()}<wbr/>{verb.to_owned()} }.into_any()
        }
        _ => scope.to_owned().into_any(),
    };
    let rest = of.get(shown..).unwrap_or_default().join(", ");
    let more = of.len().saturating_sub(shown);
    view! {
        <span class="row nowrap tight">
            {of.into_iter().take(shown).map(|scope| view! { <span translate="no" class="chip code" title=scope.clone()>{broken(&scope)}</span> }).collect_view()}
            {(more > 0).then(|| view! { <span class="muted" tabindex="-1" title=rest.clone()>"+"{more}<span class="hide">" more: "{rest.clone()}</span></span> })}
        </span>
    }
}
