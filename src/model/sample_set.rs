//! Sample sets: entries of the catalog for one application each, to begin with or to learn from. They are added when
//! somebody asks for one, and are ordinary entries from then on.

use crate::{
    catalog::{DEFAULT_TENANT, Kind},
    codes::codes,
    entry_input::{EntryInput, Field},
};

codes! {
    /// A sample set.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum SampleSet {
        /// Screens beside the doors of meeting rooms.
        BookingPanel = "booking-panel" => "Booking Panel",
        /// Maps in lobbies.
        MapKiosk = "map-kiosk" => "Map Kiosk",
    }
}

/// A scope: name, what it opens, what it opens with `.read` and with `.write`, risk, gate.
type ScopeTexts = [&'static str; 6];

const GUESTS: ScopeTexts = [
    "guests",
    "What visitors may do without an account.",
    "See what visitors may see.",
    "Register a visit.",
    "low",
    "open",
];
const BOOKINGS: ScopeTexts = [
    "bookings",
    "Rooms and desks: see, make and cancel bookings.",
    "See bookings.",
    "Make, change and cancel bookings.",
    "medium",
    "open",
];
const CALENDAR: ScopeTexts = [
    "calendar",
    "The calendars of rooms.",
    "See what is on in a room.",
    "Put meetings into a room's calendar.",
    "medium",
    "open",
];
const SPACES: ScopeTexts = [
    "spaces",
    "Buildings, floors and rooms.",
    "See buildings, floors and rooms.",
    "Change buildings, floors and rooms.",
    "low",
    "open",
];
const MAPS: ScopeTexts =
    ["maps", "Floor plans and what is on them.", "See floor plans.", "Change floor plans.", "low", "open"];
const PEOPLE: ScopeTexts = [
    "people",
    "Names and whereabouts of people.",
    "Find people on a map.",
    "Change what is known of people.",
    "high",
    "open",
];
const DEVICES: ScopeTexts = [
    "devices",
    "Screens, lights and doors.",
    "See the state of devices.",
    "Switch devices and open doors.",
    "high",
    "gated",
];

impl SampleSet {
    /// What its application is.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::BookingPanel => {
                "The screen beside a meeting room's door: shows what is on and books the room on the spot."
            }
            Self::MapKiosk => "The map in the lobby: finds rooms, desks and, if granted, people.",
        }
    }

    /// Its entries as they are asked for. What two sets share is the same in both.
    pub fn entries(self) -> Vec<(Kind, EntryInput)> {
        let (scopes, required, optional, group, identity): (&[ScopeTexts], _, _, _, _) = match self {
            Self::BookingPanel => (
                &[BOOKINGS, CALENDAR, DEVICES, GUESTS, SPACES],
                "bookings calendar.read spaces.read",
                "devices guests.write",
                ("Meeting rooms", "The panels beside the doors of meeting rooms."),
                ("booking-panel", "The one that panels book as: meetings made at the door are in its name."),
            ),
            Self::MapKiosk => (
                &[BOOKINGS, MAPS, PEOPLE, SPACES],
                "maps.read spaces.read",
                "bookings.read people.read",
                ("Lobbies", "The maps that visitors see first."),
                ("map-kiosk", "The one that kiosks look up rooms and people as."),
            ),
        };
        let named = |(name, description): (&str, &str)| {
            input(&[(Field::Name, name), (Field::Tenant, DEFAULT_TENANT), (Field::Description, description)])
        };
        let template = input(&[
            (Field::Name, self.words()),
            (Field::Description, self.sentence()),
            (Field::Required, required),
            (Field::Optional, optional),
        ]);
        let rest = [(Kind::Template, template), (Kind::Group, named(group)), (Kind::Identity, named(identity))];
        scopes.iter().map(|texts| (Kind::Scope, scope(texts))).chain(rest).collect()
    }
}

fn input(fields: &[(Field, &str)]) -> EntryInput {
    fields.iter().map(|(field, text)| (*field, (*text).to_owned())).collect()
}

fn scope(&[name, sentence, read, write, risk, gate]: &ScopeTexts) -> EntryInput {
    input(&[
        (Field::Name, name),
        (Field::Sentence, sentence),
        (Field::Read, read),
        (Field::Write, write),
        (Field::Risk, risk),
        (Field::Gate, gate),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{catalog::Settings, id::EntryId, scope::Scope};

    #[test]
    fn every_set_is_whole_and_readable() {
        let id = EntryId::parse("0000000000000000").unwrap();
        for set in SampleSet::ALL {
            let entries: Vec<_> =
                set.entries().iter().map(|(kind, input)| Settings::parse(*kind, id, input).unwrap()).collect();
            let mut template = None;
            let mut scopes = Vec::new();
            for settings in &entries {
                match settings {
                    Settings::Template(found) => template = Some(found),
                    Settings::Scope(scope) => scopes.push(scope.name.as_str()),
                    _ => {}
                }
            }
            let template = template.expect("a template");
            let asked: Vec<_> = template.required.iter().chain(template.optional.iter()).map(Scope::base).collect();
            assert!(
                asked.iter().all(|scope| scopes.contains(scope)),
                "{set:?} has what its template asks for: {asked:?}"
            );
            assert!(scopes.iter().all(|scope| asked.contains(scope)), "{set:?} has no more: {scopes:?}");
            let kinds: Vec<_> = entries.iter().map(Settings::kind).collect();
            assert!(kinds.contains(&Kind::Group) && kinds.contains(&Kind::Identity), "{set:?}");
        }
    }
}
