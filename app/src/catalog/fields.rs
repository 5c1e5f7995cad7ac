//! How the catalog is shown: what its kinds and their fields are called, and how each field is filled in.

use model::{catalog::Kind, entry_input::Field};

use crate::catalog::view::EntryView;

/// What many of a kind are called.
pub(crate) fn plural(kind: Kind) -> &'static str {
    match kind {
        Kind::Tenant => "Tenants",
        Kind::Group => "Groups",
        Kind::Identity => "Identities",
        Kind::Scope => "Scopes",
        Kind::Template => "Templates",
        Kind::Policy => "Policy",
    }
}

/// What a kind is for, in a sentence.
pub(crate) fn purpose(kind: Kind) -> &'static str {
    match kind {
        Kind::Tenant => "A key belongs to one tenant and works only there.",
        Kind::Group => "Keys that belong together: filter by them, archive them together.",
        Kind::Identity => "Identities that keys act as. A key stops when its identity is switched off.",
        Kind::Scope => "What keys may do, in words that whoever grants them understands.",
        Kind::Template => "The scopes an application needs, ready to be ticked.",
        Kind::Policy => "What holds for every key made from now on.",
    }
}

/// The title of an entry's page, and the words of the button that saves it.
pub(crate) fn titles(kind: Kind, view: &EntryView) -> (String, &'static str) {
    match (&view.id, kind) {
        (_, Kind::Policy) => (plural(kind).to_owned(), "Save policy"),
        (None, _) => (format!("Add {}", kind.words().to_lowercase()), "Add"),
        (Some(_), _) => (view.name.clone(), "Save changes"),
    }
}

/// How a field is filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Widget {
    /// One line.
    Line,
    /// Several lines.
    Lines,
    /// One of these, as code and words.
    One(&'static [(&'static str, &'static str)]),
    /// Any of the ways to present a key.
    CredentialSources,
    /// The name of a tenant.
    Tenant,
    /// The names of any tenants.
    Tenants,
}

const RISKS: &[(&str, &str)] = &[("low", "Low"), ("medium", "Medium"), ("high", "High")];
const GATES: &[(&str, &str)] = &[("open", "Open"), ("gated", "Gated: off until a superadmin opens it for a tenant")];
const ALL_ACCESS: &[(&str, &str)] = &[("reasoned", "Allowed, with a reason"), ("forbidden", "Forbidden")];
const NEVER: &[(&str, &str)] =
    &[("forbidden", "Every key must expire"), ("allowed", "A key may be made that never expires")];
const PROBES: &[(&str, &str)] = &[("forbidden", "Only public addresses"), ("allowed", "Private addresses too")];

/// How a field of a kind is shown: its label, a sentence that helps (may be empty), and how it is filled in.
pub(crate) fn shown(kind: Kind, field: Field) -> (&'static str, &'static str, Widget) {
    use Widget::{CredentialSources, Line, Lines, One, Tenants};
    match field {
        Field::Name => match kind {
            Kind::Tenant => ("Name", "Services and proxies use it.", Line),
            Kind::Identity => ("Name", "As your services know it: a mail address, a login, an id.", Line),
            Kind::Scope => ("Scope", "Words joined by dots, without .read or .write, such as bookings.", Line),
            Kind::Template => ("Name", "The application it is for.", Line),
            Kind::Group | Kind::Policy => ("Name", "", Line),
        },
        Field::Prefix => ("Token prefix", "The first part of its keys' tokens: 2 to 12 letters and digits.", Line),
        Field::Docs => ("API documentation", "A link shown beside every key.", Line),
        Field::Presentations => match kind {
            Kind::Policy => ("How keys may be sent", "In every tenant; a tenant may allow fewer.", CredentialSources),
            _ => ("How its keys may be sent", "What is off is refused.", CredentialSources),
        },
        Field::Headers => (
            "More headers",
            "Headers that carry a key, such as apiKey: names that end in key, token or secret. Separate them by spaces.",
            Line,
        ),
        Field::Schemes => ("More schemes", "Schemes in Authorization, such as Token. Separate them by spaces.", Line),
        Field::AllAccess => ("The scope public", "It opens everything but closed gates.", One(ALL_ACCESS)),
        Field::Tenant => ("Tenant", "", Widget::Tenant),
        Field::Description if kind == Kind::Group => ("Description", "What its keys have in common.", Lines),
        Field::Description => ("Description", "", Lines),
        Field::Sentence => ("It opens", "A plain sentence for whoever grants it.", Line),
        Field::Read => ("With .read", "What reading opens.", Line),
        Field::Write => ("With .write", "What writing opens.", Line),
        Field::Risk => ("Risk", "", One(RISKS)),
        Field::Gate => ("Granting", "", One(GATES)),
        Field::Opened => (
            "Opened for",
            "The tenants whose keys may hold it, when it is gated. Only a superadmin changes this.",
            Tenants,
        ),
        Field::Required => {
            ("Required scopes", "The application does not work without. Separate them by spaces.", Lines)
        }
        Field::Optional => ("Optional scopes", "Granted when ticked. Separate them by spaces.", Lines),
        Field::MinDays => ("Shortest life", "In days.", Line),
        Field::MaxDays => ("Longest life", "In days.", Line),
        Field::Never => ("Expiry", "", One(NEVER)),
        Field::KeysPerOwner => ("Live keys per owner", "Archived and expired ones do not count.", Line),
        Field::Probes => ("Gateway self-test", "Which addresses it may call.", One(PROBES)),
    }
}

/// Whether a form sends a field once for each choice that is ticked.
pub fn is_ticked(kind: Kind, field: Field) -> bool {
    matches!(shown(kind, field).2, Widget::CredentialSources | Widget::Tenants)
}

#[cfg(test)]
mod tests {
    use model::{
        catalog::{Gate, Risk},
        policy::Permission,
        tenant::AllAccess,
    };

    use super::*;

    #[test]
    fn every_choice_is_a_code_that_reads_back() {
        fn codes<T: PartialEq, const N: usize>(choices: &[(&str, &str)], parse: fn(&str) -> Option<T>, all: [T; N]) {
            let read: Vec<_> = choices.iter().filter_map(|(code, _)| parse(code)).collect();
            assert!(read.len() == N && all.iter().all(|one| read.contains(one)), "{choices:?}");
        }
        codes(RISKS, Risk::parse, Risk::ALL);
        codes(GATES, Gate::parse, Gate::ALL);
        codes(ALL_ACCESS, AllAccess::parse, AllAccess::ALL);
        codes(NEVER, Permission::parse, Permission::ALL);
        codes(PROBES, Permission::parse, Permission::ALL);
    }
}
