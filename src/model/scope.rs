//! Scopes: what a key may do. The grammar is words joined by dots; the modifiers `.read` and `.write` narrow a name.
//! Scopes that begin with `keyward.` open Keyward's own interfaces and are covered by nothing but themselves.

use std::{collections::BTreeSet, fmt, iter};

/// One permission, such as `bookings`, `bookings.read` or `keyward.verify`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Scope(String);

/// Why a text is no scope.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScopeError {
    /// Not of the grammar.
    #[error(
        "\u{201c}{0}\u{201d} is not a scope. Use words of a\u{2013}z, 0\u{2013}9, - and _, joined by dots, such as bookings.read."
    )]
    Form(String),
    /// Reserved for Keyward, and not one that exists.
    #[error("\u{201c}{0}\u{201d} is reserved: scopes that begin with keyward. are Keyward's own.")]
    Reserved(String),
    /// More scopes than a key may hold.
    #[error("A key holds at most {MAX_SCOPES} scopes.")]
    TooMany,
}

/// The scope that opens everything but Keyward's own interfaces.
pub const ALL_ACCESS: &str = "public";

/// The most scopes a key may hold.
pub const MAX_SCOPES: usize = 50;

/// Keyward's own scopes, each with its sentence.
pub const RESERVED: &[(&str, &str)] = &[
    ("keyward.verify", "Ask Keyward whether other keys of this tenant are valid."),
    ("keyward.keys.read", "See the keys of this tenant."),
    ("keyward.keys.write", "Create, edit, rotate and archive keys of this tenant, and see their new secrets."),
    ("keyward.usage.read", "See how keys of this tenant are used, and what was refused."),
    ("keyward.audit.read", "See the audit of keys; with keyward.any_tenant all of it."),
    ("keyward.catalog.read", "See tenants, groups, identities, scopes and templates."),
    (
        "keyward.catalog.write",
        "Change groups and identities of this tenant; with keyward.any_tenant all of the catalog.",
    ),
    ("keyward.policy.read", "See the policy."),
    ("keyward.policy.write", "Change the policy, together with keyward.any_tenant."),
    ("keyward.accounts.read", "See people, together with keyward.any_tenant."),
    ("keyward.accounts.write", "Disable and enable people, together with keyward.any_tenant."),
    ("keyward.leaks.write", "Report keys of this tenant as leaked."),
    (ANY_TENANT, "Use the other scopes of Keyward's own across tenants. Only a superadmin grants it."),
];

/// The scope that lets Keyward's other own scopes reach beyond their key's tenant.
pub const ANY_TENANT: &str = "keyward.any_tenant";

impl Scope {
    /// The most characters it may have.
    pub const MAX: usize = 64;

    /// Reads a scope: at most 64 characters of lower-case words joined by dots.
    pub fn parse(text: &str) -> Result<Self, ScopeError> {
        let word = |part: &str| {
            part.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
                && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_')
        };
        if text.len() > Self::MAX || !text.split('.').all(word) {
            return Err(ScopeError::Form(text.chars().take(Self::MAX).collect()));
        }
        let scope = Self(text.to_owned());
        if scope.is_reserved() && !RESERVED.iter().any(|(known, _)| *known == text) {
            return Err(ScopeError::Reserved(scope.0));
        }
        Ok(scope)
    }

    /// Whether it opens one of Keyward's own interfaces.
    pub fn is_reserved(&self) -> bool {
        self.0 == "keyward" || self.0.starts_with("keyward.")
    }

    /// Whether it lets Keyward's other own scopes cross tenants.
    pub fn crosses_tenants(&self) -> bool {
        self.0 == ANY_TENANT
    }

    /// Whether it opens everything but Keyward's own interfaces.
    pub fn is_all_access(&self) -> bool {
        self.0 == ALL_ACCESS
    }

    /// The scope without its direction: `bookings` of `bookings.read`.
    pub fn base(&self) -> &str {
        match self.0.rsplit_once('.') {
            Some((base, "read" | "write")) => base,
            _ => &self.0,
        }
    }

    /// The names it may have in the catalogue, where its gate is: without its direction.
    pub fn gates(&self) -> impl Iterator<Item = &str> {
        iter::successors(Some(self.base()), |name| undirected(name))
    }

    /// Whether holding this scope grants `other`: the same one, or, outside the reserved ones, `name` for `name.read`
    /// and `name.write`, and the one that opens everything for all.
    pub fn covers(&self, other: &Self) -> bool {
        if self.0 == other.0 || (self.is_all_access() && !other.is_reserved()) {
            return true;
        }
        !other.is_reserved() && undirected(&other.0) == Some(self.0.as_str())
    }

    /// This scope for one direction, as `?scope=things` of forward auth asks: `things.read` or `things.write`. A scope
    /// that already names a direction, and a reserved one, stays as it is.
    #[must_use]
    pub fn toward(self, writes: bool) -> Self {
        let directed = matches!(self.0.rsplit_once('.'), Some((_, "read" | "write")));
        if self.is_reserved() || directed {
            return self;
        }
        Self(format!("{}.{}", self.0, if writes { "write" } else { "read" }))
    }

    /// The scope as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A name without its last direction, if it has one.
fn undirected(name: &str) -> Option<&str> {
    name.strip_suffix(".read").or_else(|| name.strip_suffix(".write"))
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A set of scopes, in order, without repeats.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Scopes(BTreeSet<Scope>);

impl Scopes {
    /// Reads scopes separated by white space or commas. May be empty.
    pub fn parse(text: &str) -> Result<Self, ScopeError> {
        let words = text.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty());
        let scopes = words.map(Scope::parse).collect::<Result<BTreeSet<_>, _>>()?;
        if scopes.len() > MAX_SCOPES { Err(ScopeError::TooMany) } else { Ok(Self(scopes)) }
    }

    /// Whether one of these scopes covers `wanted`. Behind a closed gate nothing covers it but itself.
    pub fn cover(&self, wanted: &Scope, closed: &ClosedGates) -> bool {
        self.0.contains(wanted) || (!closed.close(wanted) && self.0.iter().any(|held| held.covers(wanted)))
    }

    /// The scopes, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Scope> {
        self.0.iter()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether one of them opens everything.
    pub fn is_all_access(&self) -> bool {
        self.0.iter().any(Scope::is_all_access)
    }
}

impl From<Scope> for Scopes {
    fn from(scope: Scope) -> Self {
        Self(BTreeSet::from([scope]))
    }
}

/// Separated by single spaces.
impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, scope) in self.0.iter().enumerate() {
            write!(f, "{}{scope}", if index == 0 { "" } else { " " })?;
        }
        Ok(())
    }
}

/// Names in the catalogue whose gate is closed for a tenant: no wide scope covers them there.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ClosedGates(Vec<String>);

impl ClosedGates {
    /// No gate is closed.
    pub const NONE: &Self = &Self(Vec::new());

    /// Reads names separated by white space, in order.
    pub fn parse(text: &str) -> Self {
        text.split_whitespace().map(str::to_owned).collect()
    }

    /// These and one more.
    #[must_use]
    pub fn with(mut self, name: &str) -> Self {
        self.0.push(name.to_owned());
        self
    }

    /// Whether this scope is behind one of them.
    pub fn close(&self, scope: &Scope) -> bool {
        !self.0.is_empty() && scope.gates().any(|name| self.0.iter().any(|closed| closed == name))
    }
}

impl FromIterator<String> for ClosedGates {
    fn from_iter<I: IntoIterator<Item = String>>(names: I) -> Self {
        Self(names.into_iter().collect())
    }
}

/// Separated by single spaces.
impl fmt::Display for ClosedGates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

/// What the asking service needs the key to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequiredScopes {
    /// `scope=any`: any key that is valid otherwise.
    Any,
    /// Every one of these.
    All(Scopes),
}

impl RequiredScopes {
    /// Reads a demand: `any`, or scopes separated by white space. `None` when it is empty or not of the grammar.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "any" {
            return Some(Self::Any);
        }
        Scopes::parse(text).ok().filter(|scopes| !scopes.is_empty()).map(Self::All)
    }

    /// Whether `held` satisfies it.
    pub fn is_met_by(&self, held: &Scopes, closed: &ClosedGates) -> bool {
        match self {
            Self::Any => true,
            Self::All(wanted) => wanted.iter().all(|scope| held.cover(scope, closed)),
        }
    }

    /// The first scope that these closed gates keep `held` from.
    pub fn kept_from<'a>(&'a self, held: &Scopes, closed: &ClosedGates) -> Option<&'a Scope> {
        let Self::All(wanted) = self else { return None };
        wanted.iter().find(|scope| !held.cover(scope, closed) && held.cover(scope, ClosedGates::NONE))
    }

    /// This demand for a request that reads or writes (see [`Scope::toward`]).
    #[must_use]
    pub fn toward(self, writes: bool) -> Self {
        match self {
            Self::Any => Self::Any,
            Self::All(scopes) => Self::All(Scopes(scopes.0.into_iter().map(|scope| scope.toward(writes)).collect())),
        }
    }
}

/// `any`, or the scopes.
impl fmt::Display for RequiredScopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any"),
            Self::All(scopes) => scopes.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_words_joined_by_dots() {
        for good in ["bookings", "bookings.read", "a-b_c.d1", "keyward.verify", "0"] {
            assert_eq!(Scope::parse(good).unwrap().as_str(), good);
        }
        let long = "a".repeat(65);
        for bad in [
            "",
            ".",
            "a.",
            ".a",
            "a..b",
            "A",
            "a b",
            "a*",
            "-a",
            "é",
            "a\n",
            long.as_str(),
            "keyward",
            "keyward.all",
            "keyward.verify.read",
        ] {
            assert!(Scope::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn the_wider_covers_the_narrower_and_nothing_covers_the_reserved() {
        let scope = |text: &str| Scope(text.to_owned());
        for (held, wanted, covered) in [
            ("things", "things", true),
            ("things", "things.read", true),
            ("things", "things.write", true),
            ("things.read", "things", false),
            ("things.read", "things.write", false),
            ("things", "things.other", false),
            ("thing", "things.read", false),
            ("keyward.verify", "keyward.verify", true),
            ("public", "things.write", true),
            ("public", "guests", true),
            ("public", "keyward.verify", false),
            ("public.read", "things.read", false),
            ("keyward", "keyward.verify", false),
            ("keyward.keys", "keyward.keys.read", false),
        ] {
            assert_eq!(scope(held).covers(&scope(wanted)), covered, "{held} covers {wanted}");
        }
    }

    #[test]
    fn a_demand_is_any_or_at_least_one_scope() {
        assert_eq!(RequiredScopes::parse("any"), Some(RequiredScopes::Any));
        assert_eq!(RequiredScopes::parse(""), None);
        assert_eq!(RequiredScopes::parse("Any"), None);
        let required = |text| RequiredScopes::parse(text).unwrap();
        assert_eq!(required("things").toward(false), required("things.read"));
        assert_eq!(required("things").toward(true), required("things.write"));
        assert_eq!(required("things.read").toward(true), required("things.read"));
        let held = Scopes::parse("things.read, doors").unwrap();
        let is_met = |text| required(text).is_met_by(&held, ClosedGates::NONE);
        assert!(is_met("things.read doors.write"));
        assert!(!is_met("things.read things.write"));
        assert!(RequiredScopes::Any.is_met_by(&Scopes::default(), ClosedGates::NONE));
    }

    /// Bar 38: a closed gate is passed by the very scope that was granted, and by no wider one.
    #[test]
    fn nothing_wide_covers_what_is_behind_a_closed_gate() {
        let closed = ClosedGates::parse("devices doors.west");
        for (held, wanted, open, behind) in [
            ("public", "devices", true, false),
            ("public", "devices.write", true, false),
            ("public", "devices.write.read", true, false),
            ("public", "doors", true, true),
            ("public", "doors.west.read", true, false),
            ("devices", "devices.read", true, false),
            ("devices", "devices", true, true),
            ("devices.read", "devices.read", true, true),
            ("devices.read", "devices.read.write", true, false),
            ("public devices.read", "devices.read", true, true),
            ("public devices.read", "devices.write", true, false),
            ("public", "devices.other", true, true),
            ("things", "things.read", true, true),
        ] {
            let (held, required) = (Scopes::parse(held).unwrap(), RequiredScopes::parse(wanted).unwrap());
            assert_eq!(required.is_met_by(&held, ClosedGates::NONE), open, "{held} for {wanted}");
            assert_eq!(required.is_met_by(&held, &closed), behind, "{held} for {wanted} behind a gate");
            assert_eq!(required.kept_from(&held, &closed).is_some(), open && !behind, "{held} kept from {wanted}");
        }
    }
}
