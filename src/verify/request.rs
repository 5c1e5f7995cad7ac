//! What a service asks.

use std::net::IpAddr;

use crypto::signature::Message;
use model::{scope::RequiredScopes, tenant::CredentialSource};

/// What a service wants to know.
pub struct VerifyRequest<'a> {
    /// The text that was presented: a token, a JWT, `ID:SECRET`, or `TOKEN:` and `:TOKEN` as HTTP Basic has them.
    pub credential: &'a str,
    /// How it was presented, if that is known.
    pub source: Option<CredentialSource>,
    /// What the service needs the key to hold.
    pub required: &'a RequiredScopes,
    /// The name of the tenant the service is in; `None` accepts the key's own.
    pub tenant: Option<&'a str>,
    /// Where the call came from.
    pub address: Option<IpAddr>,
    /// What the caller calls itself, if it does: its `User-Agent`.
    pub agent: Option<&'a str>,
    /// Whether the request writes.
    pub writes: bool,
    /// The request itself, as far as a signature covers it, if it is known.
    pub signed: Option<Signed<'a>>,
    /// How many calls it counts as.
    pub cost: i64,
}

/// A request that may carry a signature (RFC 9421).
pub struct Signed<'a> {
    /// What a signature covers.
    pub message: Message<'a>,
    /// The digest of the body that arrived, in the form of `Content-Digest`, if the service took it.
    pub digest: Option<&'a str>,
}

impl<'a> VerifyRequest<'a> {
    /// Whether a key may do what needs these scopes: from nowhere known, in the key's own tenant, for one request that
    /// reads.
    pub fn new(credential: &'a str, required: &'a RequiredScopes) -> Self {
        Self {
            credential,
            source: None,
            required,
            tenant: None,
            address: None,
            agent: None,
            writes: false,
            signed: None,
            cost: 1,
        }
    }
}
