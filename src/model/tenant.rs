//! Tenants: the domains keys belong to. A tenant says how its keys may be presented, where its API is documented and
//! whether a key may open everything.

use std::fmt;

use crate::{
    codes::codes,
    entry_input::{Field, Reading, Source},
    id::{EntryId, TenantId},
    name::{Name, Prefix},
};

codes! {
    /// How a key comes with a request.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum CredentialSource {
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
pub struct CredentialSources(u8);

impl CredentialSources {
    /// Every presentation.
    pub const ALL: Self = Self(u8::MAX);

    /// Reads codes separated by white space; `None` when one is unknown or there is none.
    pub fn parse(text: &str) -> Option<Self> {
        let mut set = 0;
        for code in text.split_whitespace() {
            set |= Self::bit(CredentialSource::parse(code)?);
        }
        (set != 0).then_some(Self(set))
    }

    /// As [`Self::parse`], with a sentence for the person who chose none.
    pub(crate) fn typed(text: &str) -> Result<Self, String> {
        let known = || CredentialSource::ALL.map(CredentialSource::code).join(", ");
        Self::parse(text).ok_or_else(|| format!("Choose at least one of {}.", known()))
    }

    /// The set as bits, for whoever keeps it in one atomic.
    pub fn bits(self) -> u8 {
        self.0
    }

    /// Reads what [`CredentialSources::bits`] wrote.
    pub fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    fn bit(presentation: CredentialSource) -> u8 {
        1 << presentation as u8
    }

    /// Whether it is among them.
    pub fn contain(self, presentation: CredentialSource) -> bool {
        self.0 & Self::bit(presentation) != 0
    }

    /// Those but this one.
    #[must_use]
    pub fn without(self, presentation: CredentialSource) -> Self {
        Self(self.0 & !Self::bit(presentation))
    }

    /// Those in both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

/// Codes separated by single spaces.
impl fmt::Display for CredentialSources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let codes: Vec<_> =
            CredentialSource::ALL.into_iter().filter(|one| self.contain(*one)).map(CredentialSource::code).collect();
        f.write_str(&codes.join(" "))
    }
}

/// Names of headers or of authorization schemes, in lower case: letters, digits and hyphens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tokens(Vec<String>);

/// The most names of one kind that a tenant may add.
const MAX_TOKENS: usize = 8;

/// How the name of a header that carries a key ends: what browsers, proxies and HTTP itself send does not, but for
/// [`USED`].
const ENDINGS: [&str; 3] = ["key", "token", "secret"];
/// Parts of names that end so and carry something else.
const USED: [&str; 16] = [
    "x-api-key",
    "csrf",
    "xsrf",
    "idempotency",
    "websocket",
    "cache",
    "surrogate",
    "binding",
    "continuation",
    "sec-",
    "proxy-",
    "x-keyward",
    "x-forwarded",
    "x-original",
    "x-amz",
    "x-envoy",
];
/// Schemes that are registered for other uses, or read already (IANA, HTTP Authentication Schemes).
const SCHEMES: [&str; 16] = [
    "basic",
    "bearer",
    "concealed",
    "digest",
    "dpop",
    "gnap",
    "hoba",
    "mutual",
    "negotiate",
    "ntlm",
    "oauth",
    "privatetoken",
    "scram-sha-1",
    "scram-sha-256",
    "signature",
    "vapid",
];

impl Tokens {
    /// Reads names of headers separated by white space or commas.
    pub fn headers(text: &str) -> Result<Self, String> {
        Self::read(text, |word| match is_header_of_keys(word) {
            true => Ok(()),
            false if ENDINGS.iter().any(|ending| word.ends_with(ending)) => {
                Err(format!("{word} has a meaning of its own; choose another."))
            }
            false => Err(format!("{word} may carry something else: choose a name that ends in key, token or secret.")),
        })
    }

    /// Reads names of schemes separated by white space or commas.
    pub fn schemes(text: &str) -> Result<Self, String> {
        Self::read(text, |word| {
            if is_scheme_of_keys(word) {
                Ok(())
            } else {
                Err(format!("{word} has a meaning of its own; choose another."))
            }
        })
    }

    /// The names of headers among stored ones that may carry keys. What earlier versions took and this one does not
    /// carries none.
    pub fn stored_headers(text: &str) -> Self {
        Self::stored(text, is_header_of_keys)
    }

    /// The same of schemes.
    pub fn stored_schemes(text: &str) -> Self {
        Self::stored(text, is_scheme_of_keys)
    }

    fn stored(text: &str, may: fn(&str) -> bool) -> Self {
        Self(text.split_whitespace().filter(|word| is_token(word) && may(word)).map(str::to_owned).collect())
    }

    fn read(text: &str, may: impl Fn(&str) -> Result<(), String>) -> Result<Self, String> {
        let mut names = Vec::new();
        for word in text.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty()) {
            let word = word.to_ascii_lowercase();
            if !is_token(&word) {
                let start: String = word.chars().take(40).collect();
                return Err(format!(
                    "\u{201c}{start}\u{201d} is no name of this kind: use letters, digits and hyphens."
                ));
            }
            may(&word)?;
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

fn is_token(word: &str) -> bool {
    word.len() <= 40
        && word.starts_with(|c: char| c.is_ascii_lowercase())
        && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn is_header_of_keys(word: &str) -> bool {
    ENDINGS.iter().any(|ending| word.ends_with(ending)) && !USED.iter().any(|used| word.contains(used))
}

fn is_scheme_of_keys(word: &str) -> bool {
    !SCHEMES.contains(&word) && !word.starts_with("aws4-")
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
    pub presentations: CredentialSources,
    /// Headers of its own that carry a key.
    pub headers: Tokens,
    /// Schemes of its own in `Authorization`.
    pub schemes: Tokens,
    /// Where its API is documented: an `http` or `https` address, or empty.
    pub docs: String,
    /// Whether its keys may open everything.
    pub all_access: AllAccess,
}

impl Tenant {
    pub(crate) fn read(id: EntryId, reading: &mut Reading) -> Option<Self> {
        let name = reading.field(Field::Name, Name::parse);
        // Tenants are named in lists separated by spaces.
        let has_spaces = name.as_ref().is_some_and(|name| name.as_str().contains(char::is_whitespace));
        reading.refuse_if(has_spaces, Field::Name, "Use a name without spaces.");
        let prefix = reading.field(Field::Prefix, Prefix::parse);
        let docs = reading.field(Field::Docs, |text| Ok::<_, String>(text.to_owned()));
        let is_no_link = docs.as_deref().is_some_and(|docs| !is_link_or_empty(docs));
        reading.refuse_if(is_no_link, Field::Docs, "Type an address that begins with https://.");
        let presentations = reading.field(Field::Presentations, CredentialSources::typed);
        let (headers, schemes) = match reading.source {
            Source::Request => {
                (reading.field(Field::Headers, Tokens::headers), reading.field(Field::Schemes, Tokens::schemes))
            }
            Source::Storage => (
                reading.field(Field::Headers, |text| Ok::<_, String>(Tokens::stored_headers(text))),
                reading.field(Field::Schemes, |text| Ok::<_, String>(Tokens::stored_schemes(text))),
            ),
        };
        let all_access = reading.choice(Field::AllAccess, &AllAccess::ALL, AllAccess::code);
        Some(Self {
            id: id.into(),
            name: name?,
            prefix: prefix?,
            presentations: presentations?,
            headers: headers?,
            schemes: schemes?,
            docs: docs?,
            all_access: all_access?,
        })
    }

    pub(crate) fn pairs(&self) -> [(Field, String); 7] {
        [
            (Field::Name, self.name.to_string()),
            (Field::Prefix, self.prefix.to_string()),
            (Field::Docs, self.docs.clone()),
            (Field::Presentations, self.presentations.to_string()),
            (Field::Headers, self.headers.to_string()),
            (Field::Schemes, self.schemes.to_string()),
            (Field::AllAccess, self.all_access.code().to_owned()),
        ]
    }
}

fn is_link_or_empty(text: &str) -> bool {
    let is_web = text.starts_with("https://") || text.starts_with("http://");
    text.is_empty() || (is_web && text.len() <= 300 && text.bytes().all(|b| b.is_ascii_graphic()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presentations_are_a_set() {
        let some = CredentialSources::parse("query bearer").unwrap();
        assert_eq!(some.to_string(), "bearer query");
        assert!(some.contain(CredentialSource::Query) && !some.contain(CredentialSource::Cookie));
        assert_eq!(CredentialSources::parse(&CredentialSources::ALL.to_string()), Some(CredentialSources::ALL));
        for bad in ["", "bearer telepathy"] {
            assert_eq!(CredentialSources::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_tenants_own_headers_cannot_take_a_name_that_means_something() {
        assert_eq!(Tokens::headers("apiKey, X-Acme-Token").unwrap().to_string(), "apikey x-acme-token");
        for bad in [
            "accept",
            "user-agent",
            "forwarded",
            "origin",
            "referer",
            "range",
            "te",
            "via",
            "cookie",
            "host",
            "dnt",
            "if-none-match",
            "x-real-ip",
            "x-request-id",
            "x-requested-with",
            "sec-websocket-key",
            "sec-fetch-site",
            "x-csrf-token",
            "x-xsrf-token",
            "idempotency-key",
            "x-original-url",
            "x-http-method-override",
            "traceparent",
            "X-API-Key",
            "Authorization",
            "x-keyward-key",
            "a b:c",
            "\u{e9}key",
            "x-forwarded-token",
            "proxy-token",
            "x_acme_key",
            "x.acme.key",
        ] {
            assert!(Tokens::headers(bad).is_err(), "{bad:?}");
        }
        assert_eq!(Tokens::stored_headers("accept apikey").to_string(), "apikey", "what was taken once carries no key");
    }

    #[test]
    fn a_tenants_own_schemes_are_nobody_elses() {
        assert_eq!(Tokens::schemes("Token ApiKey").unwrap().to_string(), "token apikey");
        for bad in ["Bearer", "basic", "Digest", "DPoP", "AWS4-HMAC-SHA256", "a b:c"] {
            assert!(Tokens::schemes(bad).is_err(), "{bad:?}");
        }
        assert_eq!(Tokens::stored_schemes("digest token").to_string(), "token");
    }
}
