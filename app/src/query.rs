//! The query of the page's address. The router's own map decodes a value twice, so that `%2525` would not survive.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// The first value of this name, decoded once.
pub(crate) fn query(name: &str) -> Option<String> {
    let search = use_location().search.get_untracked();
    value(&search, name)
}

fn value(search: &str, name: &str) -> Option<String> {
    form_urlencoded::parse(search.as_bytes()).find(|(known, _)| known == name).map(|(_, value)| value.replace('\0', ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_decoded_once() {
        for (search, expected) in [
            ("q=a%2520b", Some("a%20b")),
            ("archived=1&q=a+b", Some("a b")),
            ("q=", Some("")),
            ("q=%ff", Some("\u{fffd}")),
            ("other=1", None),
        ] {
            assert_eq!(value(search, "q").as_deref(), expected, "{search}");
        }
    }
}
