//! What administrators keep besides keys: tenants, groups, identities that keys act as, the catalogue of scopes, templates
//! and the policy. Each kind is a name and a few fields of text; this module says which, and reads what was typed.

pub use crate::fields::Fields;
use crate::{
    account::Action,
    codes::codes,
    id::EntryId,
    key::Generation,
    name::{Description, Name, Prefix},
    policy::Policy,
    scope::{Scope, Scopes},
    tenant::{CredentialSource, CredentialSources, Tokens},
    time::Timestamp,
};

codes! {
    /// What an entry is.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum Kind {
        /// A domain that keys belong to.
        Tenant = "tenants" => "Tenant",
        /// Keys that belong together.
        Group = "groups" => "Group",
        /// Someone or something that keys act as.
        Identity = "identities" | "subjects" => "Identity",
        /// What a key may do.
        Scope = "scopes" => "Scope",
        /// Scopes for one application.
        Template = "templates" => "Template",
        /// The bounds on every key: there is just one.
        Policy = "policy" => "Policy",
    }
}

codes! {
    /// What a scope puts at risk in wrong hands.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
    pub enum Risk {
        /// Little.
        #[default]
        Low = "low" => "Low",
        /// Something.
        Medium = "medium" => "Medium",
        /// Much.
        High = "high" => "High",
    }
}

codes! {
    /// Whether a scope can be granted.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
    pub enum Gate {
        /// To every key.
        #[default]
        Open = "open" => "Anyone who may make keys grants it",
        /// To keys of the tenants it was opened for.
        Gated = "gated" => "Off until a superadmin opens it for a tenant",
    }
}

/// The name of the one policy.
pub const POLICY: &str = "policy";

/// The tenant that is there from the start.
pub const DEFAULT_TENANT: &str = "default";

/// A field that must be mended, and how.
pub type Mistake = (&'static str, String);

/// How a field is filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// One line.
    Line,
    /// Several lines.
    Lines,
    /// One of these, as code and words.
    One(&'static [(&'static str, &'static str)]),
    /// Any of the presentations.
    CredentialSources,
    /// The name of a tenant.
    Tenant,
    /// The names of any tenants.
    Tenants,
}

/// One field of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name in forms, commands and storage.
    pub name: &'static str,
    /// What people read.
    pub label: &'static str,
    /// A sentence that helps.
    pub hint: &'static str,
    /// How it is filled in.
    pub input: Input,
}

/// Something an administrator keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its id.
    pub id: EntryId,
    /// What it is.
    pub kind: Kind,
    /// Its fields, all of them, as [`check`] wrote them.
    pub fields: Fields,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who made it.
    pub created_by: String,
    /// Since when it is off, if it is.
    pub disabled_at: Option<Timestamp>,
    /// When it last changed.
    pub generation: Generation,
}

impl Entry {
    /// A field's text; empty when the kind has no such field.
    pub fn get(&self, field: &str) -> &str {
        self.fields.get(field).map_or("", String::as_str)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.get("name")
    }

    /// Whether a gated scope was opened for this tenant; an open one always is.
    pub fn is_open_for(&self, tenant: &str) -> bool {
        is_open_for(&self.fields, tenant)
    }
}

/// Whether a scope of these fields is open for a tenant. A gate that cannot be read is not open.
pub fn is_open_for(fields: &Fields, tenant: &str) -> bool {
    let get = |name: &str| fields.get(name).map_or("", String::as_str);
    match Gate::parse(get("gate")) {
        Some(Gate::Open) => true,
        Some(Gate::Gated) => get("opened").split_whitespace().any(|opened| opened == tenant),
        None => false,
    }
}

const fn field(name: &'static str, label: &'static str, hint: &'static str, input: Input) -> Field {
    Field { name, label, hint, input }
}

const RISKS: &[(&str, &str)] = &[("low", "Low"), ("medium", "Medium"), ("high", "High")];
const GATES: &[(&str, &str)] = &[("open", "Open"), ("gated", "Gated: off until a superadmin opens it for a tenant")];
const ALL_ACCESS: &[(&str, &str)] = &[("reasoned", "Allowed, with a reason"), ("forbidden", "Forbidden")];
const NEVER: &[(&str, &str)] =
    &[("forbidden", "Every key must expire"), ("allowed", "A key may be made that never expires")];
const PROBES: &[(&str, &str)] = &[("forbidden", "Only public addresses"), ("allowed", "Private addresses too")];

const TENANT: &[Field] = &[
    field("name", "Name", "Services and proxies use it.", Input::Line),
    field("prefix", "Token prefix", "The first part of its keys' tokens: 2 to 12 letters and digits.", Input::Line),
    field("docs", "API documentation", "A link shown beside every key.", Input::Line),
    field("presentations", "How its keys may be presented", "What is off is refused.", Input::CredentialSources),
    field(
        "headers",
        "More headers",
        "Headers that carry a key, such as apiKey: names that end in key, token or secret. Separate them by spaces.",
        Input::Line,
    ),
    field("schemes", "More schemes", "Schemes in Authorization, such as Token. Separate them by spaces.", Input::Line),
    field("all_access", "The scope public", "It opens everything but closed gates.", Input::One(ALL_ACCESS)),
];
const GROUP: &[Field] = &[
    field("name", "Name", "", Input::Line),
    field("tenant", "Tenant", "", Input::Tenant),
    field("description", "Description", "What its keys have in common.", Input::Lines),
];
const SUBJECT: &[Field] = &[
    field("name", "Name", "As your services know it: a mail address, a login, an id.", Input::Line),
    field("tenant", "Tenant", "", Input::Tenant),
    field("description", "Description", "", Input::Lines),
];
const SCOPE: &[Field] = &[
    field("name", "Scope", "Words joined by dots, without .read or .write, such as bookings.", Input::Line),
    field("sentence", "It opens", "A plain sentence for whoever grants it.", Input::Line),
    field("read", "With .read", "What reading opens.", Input::Line),
    field("write", "With .write", "What writing opens.", Input::Line),
    field("risk", "Risk", "", Input::One(RISKS)),
    field("gate", "Granting", "", Input::One(GATES)),
    field(
        "opened",
        "Opened for",
        "The tenants whose keys may hold it, when it is gated. Only a superadmin changes this.",
        Input::Tenants,
    ),
];
const TEMPLATE: &[Field] = &[
    field("name", "Name", "The application it is for.", Input::Line),
    field("description", "Description", "", Input::Lines),
    field(
        "required",
        "Required scopes",
        "The application does not work without. Separate them by spaces.",
        Input::Lines,
    ),
    field("optional", "Optional scopes", "Granted when ticked. Separate them by spaces.", Input::Lines),
];
const BOUNDS: &[Field] = &[
    field("min_days", "Shortest life", "In days.", Input::Line),
    field("max_days", "Longest life", "In days.", Input::Line),
    field("never", "Expiry", "", Input::One(NEVER)),
    field("keys_per_owner", "Live keys per owner", "Archived and expired ones do not count.", Input::Line),
    field(
        "presentations",
        "How keys may be presented",
        "In every tenant; a tenant may allow fewer.",
        Input::CredentialSources,
    ),
    field("probes", "Gateway self-test", "Which addresses it may call.", Input::One(PROBES)),
];

impl Kind {
    /// Its fields, in the order they are asked for. The first is the name, but for the policy, which has none.
    pub fn fields(self) -> &'static [Field] {
        match self {
            Self::Tenant => TENANT,
            Self::Group => GROUP,
            Self::Identity => SUBJECT,
            Self::Scope => SCOPE,
            Self::Template => TEMPLATE,
            Self::Policy => BOUNDS,
        }
    }

    /// What it is for, in a sentence.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Tenant => "A key belongs to one tenant and works only there.",
            Self::Group => "Keys that belong together: filter by them, archive them together.",
            Self::Identity => "Identities that keys act as. A key stops when its identity is switched off.",
            Self::Scope => "What keys may do, in words that whoever grants them understands.",
            Self::Template => "The scopes an application needs, ready to be ticked.",
            Self::Policy => "What holds for every key made from now on.",
        }
    }

    /// What many of it are called.
    pub fn title(self) -> &'static str {
        match self {
            Self::Tenant => "Tenants",
            Self::Group => "Groups",
            Self::Identity => "Identities",
            Self::Scope => "Scopes",
            Self::Template => "Templates",
            Self::Policy => "Policy",
        }
    }

    /// Whether its entries belong to a tenant. Others have a name that is theirs alone.
    pub fn is_in_tenant(self) -> bool {
        self.fields().iter().any(|field| field.input == Input::Tenant)
    }

    /// Whether a field stays as the entry was made: services, proxies and keys refer to it.
    pub fn keeps(self, field: &str) -> bool {
        matches!((self, field), (Self::Tenant | Self::Scope, "name") | (Self::Group | Self::Identity, "tenant"))
    }

    /// What it takes to make, edit and switch its entries.
    pub fn action(self) -> Action {
        match self {
            Self::Tenant | Self::Policy => Action::ManageTenants,
            Self::Group | Self::Identity | Self::Scope | Self::Template => Action::WriteCatalog,
        }
    }

    /// Whether its entries can be switched off.
    pub fn can_be_disabled(self) -> bool {
        self == Self::Identity
    }
}

/// The fields of a new entry before anything is typed.
pub fn blank(kind: Kind) -> Fields {
    let value = |input: Input| match input {
        Input::One(choices) => choices[0].0.to_owned(),
        Input::CredentialSources => CredentialSources::ALL.to_string(),
        Input::Tenant => DEFAULT_TENANT.to_owned(),
        Input::Line | Input::Lines | Input::Tenants => String::new(),
    };
    kind.fields().iter().map(|field| (field.name.to_owned(), value(field.input))).collect()
}

/// Reads what was typed: every field of the kind in its one way of being written, or what must be mended. Fields that
/// are missing are empty; unknown ones are refused.
pub fn check(kind: Kind, typed: &Fields) -> Result<Fields, Vec<Mistake>> {
    let mut mistakes = Vec::new();
    let mut fields = Fields::new();
    for field in kind.fields() {
        let text = typed.get(field.name).map_or("", |text| text.trim());
        match written(kind, field, text) {
            Ok(text) => {
                fields.insert(field.name.to_owned(), text);
            }
            Err(message) => mistakes.push((field.name, message)),
        }
    }
    if typed.keys().any(|name| !kind.fields().iter().any(|field| field.name == name)) {
        let known: Vec<_> = kind.fields().iter().map(|field| field.name).collect();
        mistakes.push(("name", format!("There is an unknown field. Known are {}.", known.join(", "))));
    }
    if kind == Kind::Policy && mistakes.is_empty() && Policy::read(&fields).is_none() {
        mistakes.push(("max_days", "The longest life must not be shorter than the shortest.".to_owned()));
    }
    if mistakes.is_empty() { Ok(fields) } else { Err(mistakes) }
}

fn written(kind: Kind, field: &Field, text: &str) -> Result<String, String> {
    let said = |error: &dyn ToString| error.to_string();
    match (kind, field.name, field.input) {
        (_, _, Input::One(choices)) => match choices.iter().find(|(code, _)| *code == text) {
            Some((code, _)) => Ok((*code).to_owned()),
            None if text.is_empty() => Ok(choices[0].0.to_owned()),
            None => {
                Err(format!("Choose one of {}.", choices.iter().map(|(code, _)| *code).collect::<Vec<_>>().join(", ")))
            }
        },
        (_, _, Input::CredentialSources) => {
            CredentialSources::parse(text).map(|set| set.to_string()).ok_or_else(|| {
                format!("Choose at least one of {}.", CredentialSource::ALL.map(CredentialSource::code).join(", "))
            })
        }
        (Kind::Tenant, "prefix", _) => {
            Prefix::parse(text).map(|prefix| prefix.to_string()).map_err(|error| said(&error))
        }
        (Kind::Tenant, "docs", _) => link(text),
        (Kind::Tenant, "headers", _) => Tokens::headers(text).map(|names| names.to_string()),
        (Kind::Tenant, "schemes", _) => Tokens::schemes(text).map(|names| names.to_string()),
        // Tenants are named in lists separated by spaces.
        (Kind::Tenant, "name", _) => match Name::parse(text) {
            Ok(name) if name.as_str().contains(char::is_whitespace) => Err("Use a name without spaces.".to_owned()),
            name => name.map(|name| name.to_string()).map_err(|error| said(&error)),
        },
        (Kind::Scope, "name", _) => match Scope::parse(text) {
            Ok(scope) if scope.is_reserved() => Err("Scopes that begin with keyward. are Keyward's own.".to_owned()),
            Ok(scope) if scope.base() != scope.as_str() => {
                Err(format!("Leave .read and .write out: {}.", scope.base()))
            }
            scope => scope.map(|scope| scope.to_string()).map_err(|error| said(&error)),
        },
        (Kind::Scope, "opened", _) => {
            Ok(text.split([' ', ',', '\n']).filter(|name| !name.is_empty()).collect::<Vec<_>>().join(" "))
        }
        (Kind::Template, "required" | "optional", _) => match Scopes::parse(text) {
            Ok(scopes) if scopes.iter().any(Scope::is_reserved) => {
                Err("No template covers Keyward's own scopes.".to_owned())
            }
            scopes => scopes.map(|scopes| scopes.to_string()).map_err(|error| said(&error)),
        },
        (Kind::Policy, "min_days" | "max_days" | "keys_per_owner", _) => match text.parse::<i64>() {
            Ok(number @ 1..=1_000_000) => Ok(number.to_string()),
            _ => Err("Type a whole number from 1 to 1000000.".to_owned()),
        },
        (_, "name" | "tenant", _) => Name::parse(text).map(|name| name.to_string()).map_err(|error| said(&error)),
        _ => Description::parse(text).map(|text| text.to_string()).map_err(|error| said(&error)),
    }
}

fn link(text: &str) -> Result<String, String> {
    let web = text.starts_with("https://") || text.starts_with("http://");
    let plain = text.len() <= 300 && text.bytes().all(|b| b.is_ascii_graphic());
    if text.is_empty() || (web && plain) {
        Ok(text.to_owned())
    } else {
        Err("Type an address that begins with https://.".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tenant::AllAccess;

    fn fields(pairs: &[(&str, &str)]) -> Fields {
        pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn each_field_is_written_in_one_way_or_refused() {
        for (kind, name, typed, expected) in [
            (Kind::Tenant, "name", " acme ", Some("acme")),
            (Kind::Tenant, "name", "two words", None),
            (Kind::Tenant, "prefix", "a", None),
            (Kind::Tenant, "docs", "https://docs.example.com/api", Some("https://docs.example.com/api")),
            (Kind::Tenant, "docs", "javascript:alert(1)", None),
            (Kind::Tenant, "headers", "apiKey", Some("apikey")),
            (Kind::Tenant, "presentations", "query bearer", Some("bearer query")),
            (Kind::Tenant, "presentations", "", None),
            (Kind::Tenant, "all_access", "", Some("reasoned")),
            (Kind::Scope, "name", "bookings", Some("bookings")),
            (Kind::Scope, "name", "bookings.read", None),
            (Kind::Scope, "name", "keyward.verify", None),
            (Kind::Scope, "risk", "terrible", None),
            (Kind::Scope, "opened", "acme, other", Some("acme other")),
            (Kind::Template, "required", "b.read, a", Some("a b.read")),
            (Kind::Template, "optional", "keyward.verify", None),
            (Kind::Policy, "min_days", "0", None),
            (Kind::Policy, "keys_per_owner", "5", Some("5")),
            (Kind::Group, "description", "", Some("")),
        ] {
            let field = kind.fields().iter().find(|field| field.name == name).unwrap();
            assert_eq!(written(kind, field, typed.trim()).ok().as_deref(), expected, "{kind:?} {name} {typed:?}");
        }
    }

    #[test]
    fn a_policy_holds_together_and_unknown_fields_are_refused() {
        let policy = |min: &str, max: &str| {
            fields(&[("min_days", min), ("max_days", max), ("keys_per_owner", "5"), ("presentations", "bearer")])
        };
        assert!(check(Kind::Policy, &policy("7", "365")).is_ok());
        assert_eq!(check(Kind::Policy, &policy("30", "7")).unwrap_err()[0].0, "max_days");
        assert!(check(Kind::Group, &fields(&[("name", "a"), ("tenant", "default"), ("colour", "red")])).is_err());
    }

    #[test]
    fn a_gated_scope_is_open_only_for_whom_it_was_opened() {
        let entry = |gate: &str, opened: &str| Entry {
            id: EntryId::parse("0000000000000000").unwrap(),
            kind: Kind::Scope,
            fields: fields(&[("name", "devices"), ("gate", gate), ("opened", opened)]),
            created_at: Timestamp::from_millis(0),
            created_by: String::new(),
            disabled_at: None,
            generation: 0,
        };
        assert!(entry("open", "").is_open_for("acme"));
        assert!(entry("gated", "other acme").is_open_for("acme"));
        assert!(!entry("gated", "acme2").is_open_for("acme"));
        assert!(!entry("", "acme").is_open_for("acme"), "what cannot be read is closed");
    }

    #[test]
    fn every_choice_is_a_code_that_reads_back() {
        assert!(RISKS.iter().all(|(code, _)| Risk::parse(code).is_some()) && RISKS.len() == Risk::ALL.len());
        assert!(GATES.iter().all(|(code, _)| Gate::parse(code).is_some()) && GATES.len() == Gate::ALL.len());
        assert!(ALL_ACCESS.iter().all(|(code, _)| AllAccess::parse(code).is_some()));
    }
}
