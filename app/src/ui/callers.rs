//! Callers as they were seen, in a table that becomes a list where it is narrow.

use leptos::prelude::*;

use crate::{
    keys::detail::view::SampleView,
    ui::{count::grouped, key::Scopes, time::Ago},
};

/// Scopes named before the rest is only counted.
const NAMED: usize = 3;

/// Where a caller is, and what it calls itself.
#[component]
fn Caller(address: String, agent: String) -> impl IntoView {
    let address = if address.is_empty() {
        view! { <span class="muted">"address not known"</span> }.into_any()
    } else {
        view! { <code translate="no">{address}</code> }.into_any()
    };
    view! { {address}<span class="sub agent"><bdi>{if agent.is_empty() { "no name given".to_owned() } else { agent }}</bdi></span> }
}

/// Callers, the latest first.
#[component]
pub(crate) fn Callers(
    /// The callers.
    of: Vec<SampleView>,
    /// What the table is, for whoever cannot see where it stands.
    caption: &'static str,
) -> impl IntoView {
    let row = |caller: SampleView| {
        let SampleView { address, agent, asked, last, calls } = caller;
        let refused = calls.limited + calls.refused;
        let tone = if refused > 0 { "num is-bad" } else { "num muted" };
        view! {
            <tr>
                <th scope="row" class="c-from"><Caller address agent/></th>
                <td class="c-asked"><Scopes of=asked shown=NAMED/></td>
                <td class="num" data-label="Allowed">{grouped(calls.allowed)}</td>
                <td class=tone data-label="Refused">{grouped(refused)}</td>
                <td class="num muted c-seen"><Ago when=last/></td>
            </tr>
        }
    };
    view! {
        <div class="table-wrap"><table class="data callers" role="table">
            <caption class="hide">{caption}</caption>
            <thead role="rowgroup"><tr role="row">
                <th scope="col" role="columnheader">"Caller"</th><th scope="col" role="columnheader">"Asked for"</th>
                <th class="num" scope="col" role="columnheader">"Allowed"</th><th class="num" scope="col" role="columnheader">"Refused"</th>
                <th class="num" scope="col" role="columnheader">"Last call"</th>
            </tr></thead>
            <tbody role="rowgroup">{of.into_iter().map(row).collect_view()}</tbody>
        </table></div>
    }
}

/// How much a record of calls covers.
pub(crate) fn coverage(seen: i64, calls: i64) -> String {
    match (seen, calls) {
        (_, 0) => "No calls in 7 days.".to_owned(),
        (seen, calls) if seen >= calls => {
            format!("All {} calls of the last 7 days are in this record.", grouped(calls))
        }
        (seen, calls) => format!(
            "Seen: {} of {} calls in 7 days. The rest was counted and not described: a busy key is sampled.",
            grouped(seen),
            grouped(calls)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_says_how_much_it_covers() {
        for (seen, calls, expected) in [
            (0, 0, "No calls in 7 days."),
            (9, 9, "All 9 calls of the last 7 days are in this record."),
            (1204, 1310, "Seen: 1,204 of 1,310 calls in 7 days."),
        ] {
            assert!(coverage(seen, calls).starts_with(expected), "{}", coverage(seen, calls));
        }
    }
}
