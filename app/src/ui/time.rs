//! Instants for people: in UTC as the server writes them, in the viewer's zone as soon as a script runs, by their mark.

use leptos::prelude::*;

use crate::keys::{detail::view::Tick, view::When};

/// Relative, with the absolute instant on hover: for lists.
#[component]
pub(crate) fn Ago(when: When) -> impl IntoView {
    if when.is_never() {
        return view! { <span class="is-warn">"never"</span> }.into_any();
    }
    view! { <time datetime=when.iso tabindex="-1" title=when.long data-when="ago">{when.relative}</time> }.into_any()
}

/// Absolute, with its zone: for details.
#[component]
pub(crate) fn Moment(when: When) -> impl IntoView {
    if when.is_never() {
        return view! { <span class="is-warn">"never"</span> }.into_any();
    }
    view! { <time datetime=when.iso tabindex="-1" title=when.relative data-when="full">{when.long}</time> }.into_any()
}

/// An instant of a chart.
#[component]
pub(crate) fn Told(
    of: Tick,
    /// How the browser writes it: `full`, or just its `clock`.
    kind: &'static str,
) -> impl IntoView {
    if of.iso.is_empty() {
        return view! { <span>{of.words}</span> }.into_any();
    }
    view! { <time datetime=of.iso data-when=kind>{of.words}</time> }.into_any()
}

/// How loud it is that something ends in so many days: louder at 30, 14, 7 days and one.
pub(crate) fn ends_in(days: i64) -> &'static str {
    match days {
        ..1 => "is-bad loud",
        1..7 => "is-bad",
        7..14 => "is-warn loud",
        14..30 => "is-warn",
        _ => "muted",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_gets_louder_at_30_14_7_days_and_one() {
        let mut before = "";
        let mut turns = Vec::new();
        for days in (0..40).rev() {
            let tone = ends_in(days);
            if tone != before {
                turns.push((days + 1, tone));
                before = tone;
            }
        }
        assert_eq!(turns[1..], [(30, "is-warn"), (14, "is-warn loud"), (7, "is-bad"), (1, "is-bad loud")]);
    }
}
