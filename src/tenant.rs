//! Tenants: the domains keys belong to. A tenant says how its keys may be presented, where its API is documented and
//! whether a key may open everything.

use std::fmt;

use crate::{
    codes::codes,
    id::TenantId,
    name::{Name, Prefix},
};

codes! {
    /// How a key comes with a request.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum Presentation {
        /// RFC 6750.
        Bearer = "bearer" => "Authorization: Bearer KEY",
        /// The header's whole value.
        Raw = "raw" => "Authorization: KEY",
        /// RFC 7617: id and secret, or the key as one of the two.
        Basic = "basic" => "HTTP Basic with id and secret",
        /// A named parameter.
        RestApiKey = "rest_api_key" => "Authorization: rest_api_key=KEY",
        /// A header of its own.
        ApiKeyHeader = "x_api_key" => "X-API-Key: KEY",
        /// In the address, where logs and histories keep it.
        Query = "query" => "?api-key=KEY in the address",
        /// Sent by browsers on their own.
        Cookie = "cookie" => "the cookie api-key",
        /// A header or a scheme that the tenant named.
        Extra = "extra" => "the tenant's own headers and schemes",
    }
}

codes! {
    /// Whether keys of a tenant may hold the scope that opens everything.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
    pub enum AllAccess {
        /// Whoever grants it says why.
        #[default]
        Reasoned = "reasoned" => "With a reason",
        /// Nobody can grant it.
        Forbidden = "forbidden" => "Never",
    }
}

/// A set of presentations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Presentations(u8);

impl Presentations {
    /// Every presentation.
    pub const ALL: Self = Self(u8::MAX);

    /// Reads codes separated by white space; `None` when one is unknown or there is none.
    pub fn parse(text: &str) -> Option<Self> {
        let mut set = 0;
        for code in text.split_whitespace() {
            set |= Self::bit(Presentation::parse(code)?);
        }
        (set != 0).then_some(Self(set))
    }

    /// The set as bits, for whoever keeps it in one atomic.
    pub fn bits(self) -> u8 {
        self.0
    }

    /// Reads what [`Presentations::bits`] wrote.
    pub fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    fn bit(presentation: Presentation) -> u8 {
        1 << presentation as u8
    }

    /// Whether it is among them.
    pub fn contain(self, presentation: Presentation) -> bool {
        self.0 & Self::bit(presentation) != 0
    }

    /// Those in both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

/// Codes separated by single spaces.
impl fmt::Display for Presentations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let codes: Vec<_> =
            Presentation::ALL.into_iter().filter(|one| self.contain(*one)).map(Presentation::code).collect();
        f.write_str(&codes.join(" "))
    }
}

/// Names of headers or of authorization schemes, in lower case: tokens as RFC 9110, 5.6.2 has them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tokens(Vec<String>);

/// The most names of one kind that a tenant may add.
const MAX_TOKENS: usize = 8;

/// Headers that mean something already.
const TAKEN: [&str; 8] = [
    "authorization",
    "x-api-key",
    "cookie",
    "host",
    "content-length",
    "content-type",
    "transfer-encoding",
    "connection",
];

impl Tokens {
    /// Reads names separated by white space or commas.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut names = Vec::new();
        for word in text.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty()) {
            let word = word.to_ascii_lowercase();
            let is_token = word.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b));
            if !is_token || word.len() > 40 {
                return Err(format!(
                    "\u{201c}{}\u{201d} is no header's name.",
                    word.chars().take(40).collect::<String>()
                ));
            }
            if TAKEN.contains(&word.as_str()) || word.starts_with("x-keyward-") || word.starts_with("x-forwarded-") {
                return Err(format!("{word} has a meaning of its own; choose another."));
            }
            if !names.contains(&word) {
                names.push(word);
            }
        }
        if names.len() > MAX_TOKENS { Err(format!("Add at most {MAX_TOKENS}.")) } else { Ok(Self(names)) }
    }

    /// The names.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Separated by single spaces.
impl fmt::Display for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

/// A tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenant {
    /// Its id.
    pub id: TenantId,
    /// Its name, which people and proxies use.
    pub name: Name,
    /// The first part of its keys' tokens.
    pub prefix: Prefix,
    /// How its keys may be presented.
    pub presentations: Presentations,
    /// Headers of its own that carry a key.
    pub headers: Tokens,
    /// Schemes of its own in `Authorization`.
    pub schemes: Tokens,
    /// Where its API is documented: an `http` or `https` address, or empty.
    pub docs: String,
    /// Whether its keys may open everything.
    pub all_access: AllAccess,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presentations_are_a_set() {
        let some = Presentations::parse("query bearer").unwrap();
        assert_eq!(some.to_string(), "bearer query");
        assert!(some.contain(Presentation::Query) && !some.contain(Presentation::Cookie));
        assert_eq!(Presentations::parse(&Presentations::ALL.to_string()), Some(Presentations::ALL));
        for bad in ["", "bearer telepathy"] {
            assert_eq!(Presentations::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_tenants_own_headers_cannot_take_a_name_that_means_something() {
        assert_eq!(Tokens::parse("apiKey, X-Acme-Token").unwrap().to_string(), "apikey x-acme-token");
        for bad in ["X-API-Key", "Authorization", "x-keyward-subject", "a b:c", "é", "x-forwarded-for"] {
            assert!(Tokens::parse(bad).is_err(), "{bad:?}");
        }
    }
}
