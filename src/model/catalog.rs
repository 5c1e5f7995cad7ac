//! What administrators keep besides keys: tenants, groups, identities that keys act as, the scopes, templates and the
//! policy. Each kind is a type of its own; this module reads it from an [`EntryInput`] and writes it as one.

use crate::{
    account::Action,
    codes::codes,
    entry_input::{EntryInput, Field, Mistake, Reading, Source},
    id::EntryId,
    key::Generation,
    name::{Description, Name},
    policy::Policy,
    scope::{Scope, Scopes},
    tenant::{CredentialSources, Tenant},
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

/// Something an administrator keeps: of any kind, or of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry<T = Settings> {
    /// Its id.
    pub id: EntryId,
    /// What it says.
    pub settings: T,
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
    /// What it is.
    pub fn kind(&self) -> Kind {
        self.settings.kind()
    }

    /// Its name; the policy has none.
    pub fn name(&self) -> &str {
        self.settings.name()
    }

    /// The same as an entry of one kind; `None` when it is of another.
    pub fn of<T: Of>(self) -> Option<Entry<T>> {
        let Self { id, settings, created_at, created_by, disabled_at, generation } = self;
        Some(Entry { id, settings: T::of(settings)?, created_at, created_by, disabled_at, generation })
    }
}

/// What an entry of one kind says.
pub trait Of: Sized {
    /// The kind.
    const KIND: Kind;

    /// `None` when the settings are of another kind.
    fn of(settings: Settings) -> Option<Self>;
}

macro_rules! settings {
    ($($kind:ident($type:ty),)+) => {
        /// What an entry says.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Settings {
            $(#[doc = concat!("Of a [`Kind::", stringify!($kind), "`].")] $kind($type),)+
        }

        impl Settings {
            /// What it is.
            pub fn kind(&self) -> Kind {
                match self {
                    $(Self::$kind(_) => Kind::$kind,)+
                }
            }

            /// Every field of its kind, each in its one way of being written.
            pub fn input(&self) -> EntryInput {
                match self {
                    $(Self::$kind(settings) => settings.pairs().into_iter().collect(),)+
                }
            }

            fn read(kind: Kind, id: EntryId, reading: &mut Reading) -> Option<Self> {
                match kind {
                    $(Kind::$kind => <$type>::read(id, reading).map(Self::$kind),)+
                }
            }
        }

        $(impl Of for $type {
            const KIND: Kind = Kind::$kind;

            fn of(settings: Settings) -> Option<Self> {
                match settings {
                    Settings::$kind(settings) => Some(settings),
                    _ => None,
                }
            }
        })+
    };
}

settings! {
    Tenant(Tenant),
    Group(Group),
    Identity(Identity),
    Scope(ScopeEntry),
    Template(Template),
    Policy(Policy),
}

impl Settings {
    /// Its name; the policy has none.
    pub fn name(&self) -> &str {
        match self {
            Self::Tenant(tenant) => tenant.name.as_str(),
            Self::Group(group) => group.name.as_str(),
            Self::Identity(identity) => identity.name.as_str(),
            Self::Scope(entry) => entry.name.as_str(),
            Self::Template(template) => template.name.as_str(),
            Self::Policy(_) => "",
        }
    }

    /// The name of the tenant it belongs to; empty for kinds that belong to none.
    pub fn tenant(&self) -> &str {
        match self {
            Self::Group(group) => group.tenant.as_str(),
            Self::Identity(identity) => identity.tenant.as_str(),
            _ => "",
        }
    }

    /// Reads what is asked for, by the rules of today; or says what must be mended. Fields of other kinds are refused.
    pub fn parse(kind: Kind, id: EntryId, input: &EntryInput) -> Result<Self, Vec<Mistake>> {
        let mut reading = Reading::new(input, Source::Request);
        let settings = Self::read(kind, id, &mut reading);
        for (field, _) in input.iter().filter(|(field, _)| !kind.fields().contains(field)) {
            reading.mistake(field, format!("This is no field of {}.", kind.code()));
        }
        reading.end(settings)
    }

    /// Reads what was stored; `None` when it cannot be read.
    pub fn stored(kind: Kind, id: EntryId, input: &EntryInput) -> Option<Self> {
        let mut reading = Reading::new(input, Source::Storage);
        let settings = Self::read(kind, id, &mut reading);
        reading.end(settings).ok()
    }
}

/// Keys that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its name, unique in its tenant.
    pub name: Name,
    /// The name of its tenant.
    pub tenant: Name,
    /// What its keys have in common.
    pub description: Description,
}

impl Group {
    fn read(_: EntryId, reading: &mut Reading) -> Option<Self> {
        let name = reading.field(Field::Name, Name::parse);
        let tenant = reading.field(Field::Tenant, Name::parse);
        let description = reading.field(Field::Description, Description::parse);
        Some(Self { name: name?, tenant: tenant?, description: description? })
    }

    fn pairs(&self) -> [(Field, String); 3] {
        [
            (Field::Name, self.name.to_string()),
            (Field::Tenant, self.tenant.to_string()),
            (Field::Description, self.description.to_string()),
        ]
    }
}

/// Someone or something that keys act as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Its name as services know it, unique in its tenant.
    pub name: Name,
    /// The name of its tenant.
    pub tenant: Name,
    /// What it is.
    pub description: Description,
}

impl Identity {
    fn read(id: EntryId, reading: &mut Reading) -> Option<Self> {
        // It has the fields of a group.
        let Group { name, tenant, description } = Group::read(id, reading)?;
        Some(Self { name, tenant, description })
    }

    fn pairs(&self) -> [(Field, String); 3] {
        let Self { name, tenant, description } = self.clone();
        Group { name, tenant, description }.pairs()
    }
}

/// A scope that keys may hold, in words that those who grant it understand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeEntry {
    /// The scope, without `.read` and `.write`.
    pub name: Scope,
    /// What it opens; may be empty.
    pub sentence: Description,
    /// What it opens with `.read`; empty when it has no such direction.
    pub read: Description,
    /// What it opens with `.write`; empty when it has no such direction.
    pub write: Description,
    /// What it puts at risk.
    pub risk: Risk,
    /// Whether it can be granted to every key.
    pub gate: Gate,
    /// The names of the tenants it was opened for; they count when it is gated.
    pub opened: Vec<String>,
}

impl ScopeEntry {
    /// Whether keys of this tenant may hold it.
    pub fn is_open_for(&self, tenant: &str) -> bool {
        match self.gate {
            Gate::Open => true,
            Gate::Gated => self.opened.iter().any(|opened| opened == tenant),
        }
    }

    fn read(_: EntryId, reading: &mut Reading) -> Option<Self> {
        let name = reading.field(Field::Name, Scope::parse);
        if let Some(name) = &name {
            let is_reserved = name.is_reserved();
            reading.refuse_if(is_reserved, Field::Name, "Scopes that begin with keyward. are Keyward's own.");
            let has_direction = !is_reserved && name.base() != name.as_str();
            let message = format!("Leave .read and .write out: {}.", name.base());
            reading.refuse_if(has_direction, Field::Name, message);
        }
        let sentence = reading.field(Field::Sentence, Description::parse);
        let read = reading.field(Field::Read, Description::parse);
        let write = reading.field(Field::Write, Description::parse);
        let risk = reading.choice(Field::Risk, &Risk::ALL, Risk::code);
        let gate = reading.choice(Field::Gate, &Gate::ALL, Gate::code);
        // What is stored is separated by spaces; a name with a comma in it is nobody's.
        let is_request = reading.source == Source::Request;
        let ends = move |c: char| c.is_whitespace() || (is_request && c == ',');
        let words = |text: &str| text.split(ends).filter(|name| !name.is_empty()).map(str::to_owned).collect();
        let opened = reading.field(Field::Opened, |text| Ok::<_, String>(words(text)));
        Some(Self {
            name: name?,
            sentence: sentence?,
            read: read?,
            write: write?,
            risk: risk?,
            gate: gate?,
            opened: opened?,
        })
    }

    fn pairs(&self) -> [(Field, String); 7] {
        [
            (Field::Name, self.name.to_string()),
            (Field::Sentence, self.sentence.to_string()),
            (Field::Read, self.read.to_string()),
            (Field::Write, self.write.to_string()),
            (Field::Risk, self.risk.code().to_owned()),
            (Field::Gate, self.gate.code().to_owned()),
            (Field::Opened, self.opened.join(" ")),
        ]
    }
}

/// The scopes one application needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// The name of the application.
    pub name: Name,
    /// What the application does.
    pub description: Description,
    /// The scopes without which it does not work.
    pub required: Scopes,
    /// The scopes it can do without.
    pub optional: Scopes,
}

impl Template {
    fn read(_: EntryId, reading: &mut Reading) -> Option<Self> {
        let name = reading.field(Field::Name, Name::parse);
        let description = reading.field(Field::Description, Description::parse);
        let [required, optional] = [Field::Required, Field::Optional].map(|field| {
            let scopes = reading.field(field, Scopes::parse)?;
            let is_wrong = scopes.iter().any(Scope::is_reserved);
            reading.refuse_if(is_wrong, field, "No template covers Keyward's own scopes.");
            Some(scopes)
        });
        Some(Self { name: name?, description: description?, required: required?, optional: optional? })
    }

    fn pairs(&self) -> [(Field, String); 4] {
        [
            (Field::Name, self.name.to_string()),
            (Field::Description, self.description.to_string()),
            (Field::Required, self.required.to_string()),
            (Field::Optional, self.optional.to_string()),
        ]
    }
}

impl Kind {
    /// Its fields, in the order they are asked for.
    pub fn fields(self) -> &'static [Field] {
        use Field as F;
        match self {
            Self::Tenant => &[F::Name, F::Prefix, F::Docs, F::Presentations, F::Headers, F::Schemes, F::AllAccess],
            Self::Group | Self::Identity => &[F::Name, F::Tenant, F::Description],
            Self::Scope => &[F::Name, F::Sentence, F::Read, F::Write, F::Risk, F::Gate, F::Opened],
            Self::Template => &[F::Name, F::Description, F::Required, F::Optional],
            Self::Policy => &[F::MinDays, F::MaxDays, F::Never, F::KeysPerOwner, F::Presentations, F::Probes],
        }
    }

    /// The field of this name; `None` when the kind has none.
    pub fn field(self, name: &str) -> Option<Field> {
        Field::parse(name).filter(|field| self.fields().contains(field))
    }

    /// What an entry that is yet to be made says where nothing is given.
    pub fn blank(self) -> EntryInput {
        let value = |field: &Field| match field {
            Field::Presentations => Some(CredentialSources::ALL.to_string()),
            Field::Tenant => Some(DEFAULT_TENANT.to_owned()),
            _ => None,
        };
        self.fields().iter().filter_map(|field| Some((*field, value(field)?))).collect()
    }

    /// Whether its entries belong to a tenant. Others have a name that is theirs alone.
    pub fn is_in_tenant(self) -> bool {
        self.fields().contains(&Field::Tenant)
    }

    /// Whether a field stays as the entry was made: services, proxies and keys refer to it.
    pub fn keeps(self, field: Field) -> bool {
        matches!((self, field), (Self::Tenant | Self::Scope, Field::Name) | (_, Field::Tenant))
    }

    /// What it takes to make, edit and switch its entries.
    pub fn action(self) -> Action {
        match self {
            Self::Tenant => Action::ManageTenants,
            Self::Policy => Action::ManagePolicy,
            Self::Group | Self::Identity | Self::Scope | Self::Template => Action::WriteCatalog,
        }
    }

    /// Whether its entries can be deleted, once no key uses them.
    pub fn can_be_deleted(self) -> bool {
        matches!(self, Self::Group | Self::Identity | Self::Scope | Self::Template)
    }

    /// Whether its entries can be switched off.
    pub fn can_be_disabled(self) -> bool {
        self == Self::Identity
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id() -> EntryId {
        EntryId::parse("0000000000000000").unwrap()
    }

    fn input(kind: Kind, fields: &[(Field, &str)]) -> EntryInput {
        let whole: &[(Field, &str)] = match kind {
            Kind::Tenant => &[(Field::Name, "acme"), (Field::Prefix, "acme")],
            Kind::Scope => &[(Field::Name, "bookings")],
            Kind::Policy => &[(Field::MinDays, "7"), (Field::MaxDays, "365"), (Field::KeysPerOwner, "5")],
            Kind::Group | Kind::Identity | Kind::Template => &[(Field::Name, "a")],
        };
        let pairs = whole.iter().chain(fields).map(|(field, text)| (*field, (*text).to_owned()));
        kind.blank().with(&pairs.collect())
    }

    fn parse(kind: Kind, fields: &[(Field, &str)]) -> Result<Settings, Vec<Mistake>> {
        Settings::parse(kind, id(), &input(kind, fields))
    }

    #[test]
    fn each_field_is_written_in_one_way_or_refused() {
        for (kind, field, typed, expected) in [
            (Kind::Tenant, Field::Name, " acme ", Some("acme")),
            (Kind::Tenant, Field::Name, "two words", None),
            (Kind::Tenant, Field::Prefix, "a", None),
            (Kind::Tenant, Field::Docs, "https://docs.example.com/api", Some("https://docs.example.com/api")),
            (Kind::Tenant, Field::Docs, "javascript:alert(1)", None),
            (Kind::Tenant, Field::Headers, "apiKey", Some("apikey")),
            (Kind::Tenant, Field::Headers, "accept", None),
            (Kind::Tenant, Field::Schemes, "digest", None),
            (Kind::Tenant, Field::Presentations, "query bearer", Some("bearer query")),
            (Kind::Tenant, Field::Presentations, "", None),
            (Kind::Tenant, Field::AllAccess, "", Some("reasoned")),
            (Kind::Scope, Field::Name, "bookings", Some("bookings")),
            (Kind::Scope, Field::Name, "bookings.read", None),
            (Kind::Scope, Field::Name, "keyward.verify", None),
            (Kind::Scope, Field::Risk, "terrible", None),
            (Kind::Scope, Field::Gate, "", Some("open")),
            (Kind::Scope, Field::Opened, "acme, other", Some("acme other")),
            (Kind::Template, Field::Required, "b.read, a", Some("a b.read")),
            (Kind::Template, Field::Optional, "keyward.verify", None),
            (Kind::Policy, Field::MinDays, "0", None),
            (Kind::Policy, Field::MaxDays, "6", None),
            (Kind::Policy, Field::KeysPerOwner, " 7 ", Some("7")),
            (Kind::Policy, Field::Never, "", Some("forbidden")),
            (Kind::Policy, Field::Probes, "perhaps", None),
            (Kind::Group, Field::Description, "", Some("")),
            (Kind::Group, Field::Tenant, "", None),
            (Kind::Group, Field::Risk, "low", None),
        ] {
            let found = match parse(kind, &[(field, typed)]) {
                Ok(settings) => Ok(settings.input().get(field).to_owned()),
                Err(mistakes) => Err(mistakes.into_iter().map(|(field, _)| field).collect()),
            };
            let expected = expected.map(str::to_owned).ok_or(vec![field]);
            assert_eq!(found, expected, "{kind:?} {field:?} {typed:?}");
        }
    }

    #[test]
    fn every_field_that_has_to_be_mended_is_said_at_once() {
        let wrong = [(Field::Name, ""), (Field::Prefix, "a"), (Field::Docs, "nowhere"), (Field::Presentations, "")];
        let said: Vec<_> = parse(Kind::Tenant, &wrong).unwrap_err().into_iter().map(|(field, _)| field).collect();
        assert_eq!(said, wrong.map(|(field, _)| field));
    }

    #[test]
    fn every_kind_has_its_fields_and_reads_what_it_writes() {
        for kind in Kind::ALL {
            let settings = parse(kind, &[]).unwrap_or_else(|mistakes| panic!("{kind:?}: {mistakes:?}"));
            assert_eq!(settings.kind(), kind);
            let written = settings.input();
            let mut fields = kind.fields().to_vec();
            fields.sort();
            assert_eq!(written.iter().map(|(field, _)| field).collect::<Vec<_>>(), fields, "{kind:?}");
            assert_eq!(Settings::stored(kind, id(), &written), Some(settings.clone()));
            assert_eq!(Settings::parse(kind, id(), &written), Ok(settings));
        }
    }

    #[test]
    fn what_earlier_versions_took_is_read_and_what_is_missing_is_not() {
        let whole = |kind: Kind, field: Field, text: &str| {
            let written = parse(kind, &[]).unwrap().input();
            let input = written.with(&[(field, text.to_owned())].into_iter().collect());
            Settings::stored(kind, id(), &input).map(|settings| settings.input().get(field).to_owned())
        };
        for (kind, field, stored, expected) in [
            (Kind::Tenant, Field::Name, "two words", Some("two words")),
            (Kind::Tenant, Field::Headers, "accept apikey", Some("apikey")),
            (Kind::Scope, Field::Name, "bookings.read", Some("bookings.read")),
            (Kind::Scope, Field::Gate, "", None),
            (Kind::Scope, Field::Gate, "ajar", None),
            (Kind::Tenant, Field::Presentations, "", None),
            (Kind::Policy, Field::Probes, "", Some("forbidden")),
            (Kind::Policy, Field::Never, "perhaps", Some("forbidden")),
            (Kind::Scope, Field::Opened, "acme,other", Some("acme,other")),
            (Kind::Policy, Field::MinDays, "366", None),
        ] {
            assert_eq!(whole(kind, field, stored).as_deref(), expected, "{kind:?} {field:?} {stored:?}");
        }
    }

    #[test]
    fn a_gated_scope_is_open_only_for_whom_it_was_opened() {
        let is_open =
            |gate: &str, opened: &str| match parse(Kind::Scope, &[(Field::Gate, gate), (Field::Opened, opened)]) {
                Ok(Settings::Scope(entry)) => entry.is_open_for("acme"),
                other => panic!("{other:?}"),
            };
        assert!(is_open("open", ""));
        assert!(is_open("gated", "other acme"));
        assert!(!is_open("gated", "acme2"));
        assert!(!is_open("gated", ""));
    }
}
