//! A key as it is asked for: the fields that forms, commands and imports fill in, as text. This list is the one place that
//! names them; forms, the command line and the audit's changes are made from it.

use serde::{Deserialize, Serialize};

use crate::key::Key;

/// A field of [`KeyInput`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InputField {
    /// Its name in forms, commands and errors.
    pub name: &'static str,
    /// What it holds, in a sentence without its full stop.
    pub about: &'static str,
    /// Whether it holds several values, separated by white space or commas.
    pub is_list: bool,
    /// Whether an edit leaves it as it was.
    pub is_fixed: bool,
}

macro_rules! key_input {
    ($(#[doc = $doc:literal] $field:ident: $kind:ident,)+) => {
        /// A key as it is asked for. Every field is text, as browsers and command lines have it; empty means that nothing is
        /// said.
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct KeyInput {
            $(#[doc = $doc] pub $field: String,)+
        }

        impl KeyInput {
            /// The fields, in the order in which they are asked for.
            pub const FIELDS: [InputField; [$(stringify!($field)),+].len()] = [
                $(InputField {
                    name: stringify!($field),
                    about: $doc.trim_ascii(),
                    is_list: matches!(Kind::$kind, Kind::List),
                    is_fixed: matches!(Kind::$kind, Kind::Fixed),
                },)+
            ];

            /// The fields with their names, in the order of [`Self::FIELDS`].
            pub fn pairs(&self) -> [(&'static str, &str); Self::FIELDS.len()] {
                [$((stringify!($field), self.$field.as_str()),)+]
            }

            /// The field of this name.
            pub fn get_mut(&mut self, name: &str) -> Option<&mut String> {
                match name {
                    $(stringify!($field) => Some(&mut self.$field),)+
                    _ => None,
                }
            }
        }
    };
}

/// What a field holds.
enum Kind {
    /// A text.
    Text,
    /// Several values.
    List,
    /// A text that stays what it was.
    Fixed,
}

key_input! {
    /// What it is called
    name: Text,
    /// What it is for
    description: Text,
    /// The person or service that holds it; whoever asks by default
    owner: Text,
    /// The name of the tenant it works in; the default one by default
    tenant: Fixed,
    /// What it may do
    scopes: List,
    /// Why it may open everything, for a key with the scope public
    all_access_reason: Text,
    /// Until when: 90d from now, a date such as 2027-03-14, an instant with its offset, or never
    expires: Text,
    /// The name of its group
    group: Text,
    /// The name of the identity it acts as
    acts_as: Text,
    /// The role it acts in, in the words of the services that ask
    role: Text,
    /// Labels it can be found by, such as env=prod
    labels: List,
    /// Addresses and networks it may be used from; anywhere by default
    addresses: List,
    /// How often it may be used, such as 100/minute
    limits: List,
    /// How much it may be used, such as 10000/month
    quota: Text,
    /// Whether writes need a signature: required or optional
    signed_writes: Text,
    /// A JSON object that services are told with it
    metadata: Text,
    /// What its secret looks like: token, which is the default, or jwt
    form: Fixed,
}

impl KeyInput {
    /// What would make a key like this one.
    pub fn of(key: &Key) -> Self {
        let spec = &key.spec;
        Self {
            name: spec.name.to_string(),
            description: spec.description.to_string(),
            owner: spec.owner.to_string(),
            tenant: key.tenant.name.to_string(),
            scopes: spec.scopes.to_string(),
            all_access_reason: spec.all_access_reason.to_string(),
            expires: spec.expires_at.to_string(),
            group: spec.group.as_ref().map(|group| group.name.clone()).unwrap_or_default(),
            acts_as: spec.subject.as_ref().map(|subject| subject.name.clone()).unwrap_or_default(),
            role: spec.role.to_string(),
            labels: spec.labels.to_string(),
            addresses: spec.addresses.to_string(),
            limits: spec.limits.to_string(),
            quota: spec.quota.map(|quota| quota.to_string()).unwrap_or_default(),
            signed_writes: spec.signed_writes.code().to_owned(),
            metadata: if spec.metadata.is_empty() { String::new() } else { spec.metadata.as_str().to_owned() },
            form: key.form.code().to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_reached_by_its_name() {
        let mut input = KeyInput::default();
        for field in KeyInput::FIELDS {
            field.name.clone_into(input.get_mut(field.name).unwrap());
        }
        assert!(input.pairs().iter().all(|(name, value)| name == value), "{input:?}");
        assert_eq!(input.get_mut("admin"), None);
        assert!(KeyInput::FIELDS.iter().all(|field| !field.about.is_empty() && !field.about.ends_with('.')));
    }
}
