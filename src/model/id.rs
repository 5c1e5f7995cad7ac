//! Typed identifiers: 16 characters of base62, public, compared byte by byte. An id never grants anything.

use std::fmt;

/// The base62 alphabet, in the order of its digits.
pub const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The length of every id, in characters.
pub const ID_LENGTH: usize = 16;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; ID_LENGTH]);

        impl $name {
            /// Reads an id; `None` unless it is exactly 16 characters of base62.
            pub fn parse(text: &str) -> Option<Self> {
                let bytes: [u8; ID_LENGTH] = text.as_bytes().try_into().ok()?;
                bytes.iter().all(u8::is_ascii_alphanumeric).then_some(Self(bytes))
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                str::from_utf8(&self.0).unwrap_or_default()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

id! {
    /// A key's public id: the middle of its token, and its name everywhere else.
    KeyId
}
id! {
    /// A tenant: the domain a key belongs to and works in.
    TenantId
}
id! {
    /// Someone who may sign in to the console.
    AccountId
}
id! {
    /// What an administrator keeps in the catalog: a group, an identity, a scope, a template.
    EntryId
}
/// A tenant is an entry: they share their id.
impl From<EntryId> for TenantId {
    fn from(EntryId(id): EntryId) -> Self {
        Self(id)
    }
}

id! {
    /// A public key that verifies signatures beside a key's token.
    RequestSigningKeyId
}
id! {
    /// Work that takes longer than a request.
    JobId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_exactly_sixteen_base62_characters() {
        for good in ["0000000000000000", "AZaz09AZaz09AZaz"] {
            assert_eq!(KeyId::parse(good).map(|id| id.to_string()).as_deref(), Some(good));
        }
        for bad in ["", "short", "AZaz09AZaz09AZaz0", "AZaz09AZaz09AZa-", "AZaz09AZaz09AZa\0", "ééééééééé"] {
            assert_eq!(KeyId::parse(bad), None, "{bad:?}");
        }
    }
}
