//! What may reach a browser. Views are made from domain types on the server and hold no secret: the one thing that does
//! is in [`crate::keys::issued_secret`].

use model::key::KeyStatus;
use serde::{Deserialize, Serialize};

use crate::keys::form::KeyForm;

/// An instant, for people: relative in lists, absolute with zone in details.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct When {
    /// RFC 3339, for `<time datetime>`.
    pub iso: String,
    /// `14 Mar 2027, 23:59 UTC`.
    pub long: String,
    /// `in 12 days`, `5 min ago`.
    pub relative: String,
}

impl When {
    /// Whether it lies after every other instant.
    pub fn is_never(&self) -> bool {
        self.iso == "never"
    }
}

/// A field that must be mended, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldErrorView {
    /// The form's name of the field.
    pub field: String,
    /// The sentence for whoever typed it.
    pub message: String,
}

/// Whether a key works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusView {
    /// How it stands.
    pub of: KeyStatus,
    /// Whole days until it expires.
    pub days: i64,
}

/// A key as it is shown without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaskView {
    /// The token's prefix.
    pub prefix: String,
    /// The public id.
    pub id: String,
    /// The token's last four characters.
    pub last_four: String,
}

/// A key in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRow {
    /// Its id and how it is shown.
    pub mask: MaskView,
    /// Its name.
    pub name: String,
    /// Who holds it.
    pub owner: String,
    /// The tenant it works in.
    pub tenant: String,
    /// The group it is in.
    pub group: Option<GroupView>,
    /// What it may do.
    pub scopes: Vec<String>,
    /// Whether one of them opens everything.
    pub all_access: bool,
    /// Whether it works.
    pub status: StatusView,
    /// What else it counts as: incidents, which come before a status that can wait.
    pub also: Vec<KeyStatus>,
    /// When it was made.
    pub created: When,
    /// Who made it.
    pub created_by: String,
    /// When it stops by itself.
    pub expires: When,
    /// Its last allowed call.
    pub last_used: Option<When>,
    /// Whether it was never used and is older than 7 days.
    pub unused_for_long: bool,
    /// Whether it was used, but not in the last 90 days.
    pub is_idle: bool,
}

/// A group of keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupView {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The tenant it is in.
    pub tenant: String,
}

/// Where a key was used from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallerView {
    /// The address.
    pub address: String,
    /// Its last call.
    pub last: When,
}

/// What archiving a key would break.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImpactView {
    /// The key's id.
    pub id: String,
    /// The key's name.
    pub name: String,
    /// Its last allowed call.
    pub last_used: Option<When>,
    /// Allowed calls in 24 hours.
    pub calls_day: i64,
    /// Allowed calls in 7 days.
    pub calls_week: i64,
    /// Refused calls in 24 hours.
    pub refused_day: i64,
    /// Addresses it was used from in 7 days, latest first, at most 20.
    pub callers: Vec<CallerView>,
    /// Whether the name has to be typed: the key was used in the last 24 hours.
    pub type_name: bool,
    /// Whether it is archived already.
    pub archived: bool,
}

/// The evidence of an archived key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchivedView {
    /// When.
    pub at: When,
    /// By whom.
    pub by: String,
    /// Why, in words.
    pub reason: String,
    /// Until when this visitor may undo it, if they may.
    pub undo_until: Option<When>,
}

/// When and by whom a key was switched off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OffView {
    /// When.
    pub at: When,
    /// By whom.
    pub by: String,
}

/// When a key was reported as leaked, and where it was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeakView {
    /// When.
    pub at: When,
    /// Where, as the report says; may be empty.
    pub source: String,
}

/// The identity a key acts as.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityView {
    /// Its name.
    pub name: String,
    /// Whether its keys work.
    pub active: bool,
}

/// All that a key says about itself beside what the list shows. Texts may be empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpecView {
    /// Whether its owner may still sign in.
    pub owner_active: bool,
    /// The identity it acts as.
    pub acts_as: Option<IdentityView>,
    /// The role it acts in.
    pub role: String,
    /// What it can be found by, each as `name=value`.
    pub labels: Vec<String>,
    /// Why it may do everything.
    pub all_access_reason: String,
    /// Where it may be used from; none for everywhere.
    pub addresses: Vec<String>,
    /// How often it may be used.
    pub limits: Vec<String>,
    /// How much it may be used in all.
    pub quota: String,
    /// A JSON object.
    pub metadata: String,
    /// What its secret looks like, in words.
    pub form: String,
    /// Whether writes need a signature.
    pub signed_writes: bool,
    /// Where its tenant's API is documented.
    pub docs: String,
    /// The id of the key whose place it took.
    pub rotated_from: Option<String>,
    /// The id of its series, and how many keys are of it, archived ones too.
    pub series: (String, i64),
}

/// A key's page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyView {
    /// What the list shows.
    pub row: KeyRow,
    /// What it is for; may be empty.
    pub description: String,
    /// What else it says.
    pub spec: SpecView,
    /// Where the last allowed call came from.
    pub last_address: Option<String>,
    /// When, by whom and why it was archived.
    pub archived: Option<ArchivedView>,
    /// When and by whom it was switched off.
    pub off: Option<OffView>,
    /// That its secret was reported as leaked.
    pub leak: Option<LeakView>,
    /// Its use.
    pub impact: ImpactView,
    /// What happened to it, newest first.
    pub history: Vec<EventView>,
    /// Whether this visitor may create and archive keys.
    pub may_write: bool,
    /// Whether this visitor may purge archived keys.
    pub may_purge: bool,
    /// The console's own address, for the command that tests it.
    pub origin: String,
}

/// An event of the audit chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventView {
    /// Its number.
    pub seq: i64,
    /// When.
    pub at: When,
    /// Who.
    pub actor: String,
    /// The stored code: `key.issue`, `key.archive`, `account.create`.
    pub verb: String,
    /// What happened, in words: `Key created`.
    pub what: String,
    /// The thing's name.
    pub target: String,
    /// The thing's page, if it has one.
    pub href: Option<String>,
    /// More, as label and value.
    pub detail: Vec<(String, String)>,
}

/// A scope of the catalogue, in the directions it is offered in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeRow {
    /// Its name, without a direction.
    pub name: String,
    /// What all of it opens, what reading and what writing opens; empty where it is not offered.
    pub sentences: [String; 3],
    /// What it puts at risk: `low`, `medium` or `high`.
    pub risk: String,
    /// The tenants it was opened for; `None` when it needs no opening.
    pub opened: Option<Vec<String>>,
    /// Whether it opens everything.
    pub all_access: bool,
    /// Whether it opens Keyward itself.
    pub reserved: bool,
}

impl ScopeRow {
    /// The scopes it is offered as, each with its sentence: all of it, to read, to write.
    pub fn choices(&self) -> [Option<(String, &str)>; 3] {
        let scope = |place: usize| match place {
            0 => self.name.clone(),
            1 => format!("{}.read", self.name),
            _ => format!("{}.write", self.name),
        };
        std::array::from_fn(|place| {
            let sentence = self.sentences[place].as_str();
            (!sentence.is_empty()).then(|| (scope(place), sentence))
        })
    }
}

/// A tenant one can choose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantChoice {
    /// Its name.
    pub name: String,
    /// Whether its keys may open everything.
    pub grants_all: bool,
}

/// A template one can begin with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateChoice {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is for; may be empty.
    pub description: String,
    /// The scopes the application needs.
    pub required: Vec<String>,
    /// The scopes it can use.
    pub optional: Vec<String>,
}

/// A user one can choose for a key to act as.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityChoice {
    /// Its name.
    pub name: String,
    /// The tenant it is in.
    pub tenant: String,
}

/// A life one can choose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LifeChoice {
    /// So many days.
    pub days: i64,
    /// Until when: `14 Mar 2027, 14:02 UTC`.
    pub ends: String,
}

/// What a key's form needs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewKeyView {
    /// The tenants, by name.
    pub tenants: Vec<TenantChoice>,
    /// Whether the owner may be someone else than the visitor.
    pub may_choose_owner: bool,
    /// How many live keys the visitor holds, and how many an owner may.
    pub holding: (i64, i64),
    /// Templates, by name.
    pub templates: Vec<TemplateChoice>,
    /// The catalogue, by name; then Keyward's own scopes, when the visitor may grant them. The server makes the table of it.
    #[serde(skip)]
    pub scopes: Vec<ScopeRow>,
    /// How many scopes there are to tick.
    pub boxes: usize,
    /// Groups, by tenant and name.
    pub groups: Vec<GroupView>,
    /// Users a key can act as, by tenant and name; those that are switched off are left out.
    pub identities: Vec<IdentityChoice>,
    /// Lives offered.
    pub lives: Vec<LifeChoice>,
    /// Whether a key may be made that never expires.
    pub never: bool,
    /// The shortest and the longest life, in days.
    pub days: (i64, i64),
    /// The first and the last day of the date field, as `2027-03-14`.
    pub dates: (String, String),
    /// Where the visitor comes from.
    pub address: Option<String>,
}

impl NewKeyView {
    /// Whether there is a box to tick for this scope.
    pub fn offers(&self, scope: &str) -> bool {
        self.scopes.iter().flat_map(ScopeRow::choices).flatten().any(|(offered, _)| offered == scope)
    }

    /// The tenant a form means: the chosen one, or the one that keys are in when nothing is chosen.
    pub fn tenant<'a>(&'a self, chosen: &'a str) -> &'a str {
        let first = || self.tenants.first().map_or(DEFAULT_TENANT, |tenant| tenant.name.as_str());
        match chosen {
            "" if self.tenants.iter().any(|tenant| tenant.name == DEFAULT_TENANT) => DEFAULT_TENANT,
            "" => first(),
            chosen => chosen,
        }
    }
}

/// The tenant of keys that are made without choosing one.
const DEFAULT_TENANT: &str = "default";

/// What the form that edits a key needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditKeyView {
    /// The key's id.
    pub id: String,
    /// The key's name.
    pub name: String,
    /// When it expires.
    pub expires: When,
    /// The generation that is edited.
    pub generation: i64,
    /// Whether it is a JWT, into which some fields are signed.
    pub is_jwt: bool,
    /// Whether it is archived, and stays as it is.
    pub is_archived: bool,
    /// The form as the key is.
    pub form: KeyForm,
    /// What can be chosen.
    pub choices: NewKeyView,
}

/// Who is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VisitorView {
    /// Their mail address.
    pub email: String,
    /// Their role, in words.
    pub role: String,
    /// Whether they may add and disable people.
    pub may_manage_people: bool,
    /// Whether they may see the audit.
    pub may_audit: bool,
    /// Whether they may test a gateway.
    pub may_probe: bool,
    /// Keys whose calls are refused or limited more than now and then.
    pub incidents: i64,
}

/// Who holds a key, in words.
pub fn holder(owner: &str) -> &str {
    if owner.is_empty() { "Nobody" } else { owner }
}
