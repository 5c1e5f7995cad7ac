//! Search as both databases do it: the texts a key is found by, cut into pieces of three letters. A term of three or more
//! letters is found wherever its pieces stand in a row, a shorter one at the beginning of a word.

use std::ops::Range;

use model::{
    key::Key,
    listing::{SearchField, Term, terms},
};
use unicode_normalization::char::is_combining_mark;

use super::{Db, change::Transaction};
use crate::fold::{folded, words};

/// Letters of a piece.
const PIECE: usize = 3;
/// Terms of a search, and letters of a term: beyond, nothing is found.
const TERMS: usize = 16;
const LETTERS: usize = 200;
/// Bytes of a value by which it is told from others; `PostgreSQL` takes no word of more than 2,046.
const TELLING: usize = 500;
/// Places left out between two texts: more than pieces that are asked for lie apart.
const APART: usize = PIECE + 1;
/// Stands between two texts: no term goes on from one to the next.
const GAP: char = '\u{e0ff}';

/// Which database's language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    /// FTS5.
    Sqlite,
    /// `tsvector` and `tsquery`.
    Postgres,
}

impl Db {
    pub(super) fn language(&self) -> Language {
        if matches!(self, Self::Sqlite { .. }) { Language::Sqlite } else { Language::Postgres }
    }
}

impl Transaction {
    pub(super) fn language(&self) -> Language {
        if matches!(self, Self::Sqlite(_)) { Language::Sqlite } else { Language::Postgres }
    }
}

/// The texts that a key is found by.
fn texts_of(key: &Key) -> Vec<(SearchField, String)> {
    let spec = &key.spec;
    let mut texts = vec![
        (SearchField::Name, spec.name.to_string()),
        (SearchField::Id, format!("{}_{}", key.prefix, key.id)),
        (SearchField::Owner, spec.owner.to_string()),
    ];
    texts.extend(spec.scopes.iter().map(|scope| (SearchField::Scope, scope.to_string())));
    texts.extend(spec.group.iter().map(|group| (SearchField::Group, group.name.clone())));
    texts.extend(spec.labels.iter().map(|(name, value)| (SearchField::Label, format!("{name}={value}"))));
    texts.push((SearchField::Description, spec.description.to_string()));
    texts
}

/// The letters of a text as they are looked for: folded, spaces as one, and punctuation as letters that both databases
/// take for parts of a word (Unicode's private use area).
fn letters(text: &str) -> Vec<char> {
    let mut letters = Vec::new();
    for letter in folded(text).chars() {
        let letter = match letter {
            _ if letter.is_whitespace() => ' ',
            _ => letter,
        };
        if letter != ' ' || letters.last().is_some_and(|last| *last != plain(' ')) {
            letters.push(plain(letter));
        }
    }
    letters
}

fn plain(letter: char) -> char {
    match u32::from(letter) {
        code if letter.is_ascii() && !letter.is_alphanumeric() => char::from_u32(0xe000 + code).unwrap_or(GAP),
        _ => letter,
    }
}

fn pieces(letters: &[char]) -> impl Iterator<Item = String> {
    letters.windows(PIECE).map(|piece| piece.iter().collect())
}

/// The first letters, too few for a piece, of words and of what stands between spaces.
fn beginnings(text: &str) -> impl Iterator<Item = String> {
    let spaced = folded(text);
    let spaced: Vec<_> = spaced.split_whitespace().map(str::to_owned).collect();
    let begun = words(text).chain(spaced);
    begun.flat_map(|word| (1..PIECE).map(move |length| word.chars().take(length).collect::<String>()))
}

/// What the index gets of a key: words that stand for values, and the pieces of its texts in their places.
pub(super) fn document(key: &Key, mut values: Vec<String>, language: Language) -> String {
    let texts = texts_of(key);
    values.extend(texts.iter().flat_map(|(_, text)| beginnings(text)).map(|begun| value('b', &begun)));
    values.push(value('4', &folded(&key.last_four)));
    values.sort_unstable();
    values.dedup();
    let mut document: Vec<String> = match language {
        Language::Sqlite => values,
        Language::Postgres => values.iter().map(|value| format!("'{value}'")).collect(),
    };
    let mut place = 0;
    for (_, text) in texts {
        for piece in pieces(&letters(&text)) {
            place += 1;
            document.push(match language {
                Language::Sqlite => piece,
                Language::Postgres => format!("'{piece}':{place}"),
            });
        }
        place += APART;
        document.extend((language == Language::Sqlite).then(|| GAP.to_string()));
    }
    document.join(" ")
}

/// The word that stands for a value: its kind, and its bytes. No piece begins like it.
pub(super) fn value(kind: char, text: &str) -> String {
    let end = text.floor_char_boundary(TELLING);
    format!("={kind}{}", crypto::secret::hex(&text.as_bytes()[..end]))
}

/// The word that no key has.
const NOTHING: &str = "=-";

/// A search as conditions of the index, all of which hold. Statuses are left out.
pub(super) fn conditions(search: &str, language: Language) -> Vec<String> {
    let terms = terms(search);
    let too_many = (terms.len() > TERMS).then(|| language.is(NOTHING));
    terms.iter().take(TERMS).filter_map(|term| condition(term, language)).chain(too_many).collect()
}

fn condition(term: &Term, language: Language) -> Option<String> {
    let begins = |kind, text: &str| match language {
        Language::Sqlite => format!("\"{}\"*", value(kind, text)),
        Language::Postgres => format!("'{}':*", value(kind, text)),
    };
    match term {
        Term::Status(_) => None,
        Term::Owner(owner) => Some(begins('u', &folded(owner))),
        Term::Scope(scope) => Some(begins('s', &scope.to_lowercase())),
        Term::Tenant(tenant) => Some(begins('n', &folded(tenant))),
        Term::Text(text) => Some(match letters(text) {
            found if found.is_empty() || found.len() > LETTERS => language.is(NOTHING),
            found if found.len() < PIECE => language.is(&value('b', &folded(text))),
            found => {
                let row = language.in_a_row(&found);
                let is_whole = found.len() == 4 && found.iter().all(char::is_ascii_alphanumeric);
                if is_whole { language.either(&row, &language.is(&value('4', &folded(text)))) } else { row }
            }
        }),
    }
}

impl Language {
    /// The condition that this word is there.
    pub(super) fn is(self, word: &str) -> String {
        match self {
            Self::Sqlite => format!("\"{word}\""),
            Self::Postgres => format!("'{word}'"),
        }
    }

    /// The condition that all of these hold.
    pub(super) fn all(self, conditions: &[String]) -> String {
        conditions.join(if self == Self::Sqlite { " AND " } else { " & " })
    }

    fn either(self, one: &str, other: &str) -> String {
        format!("({one} {} {other})", if self == Self::Sqlite { "OR" } else { "|" })
    }

    /// The condition that these letters stand in a row.
    fn in_a_row(self, letters: &[char]) -> String {
        if self == Self::Sqlite {
            return format!("\"{}\"", pieces(letters).collect::<Vec<_>>().join(" "));
        }
        // As few pieces as hold all letters: each beside the one before it, the last one at the end.
        let last = letters.len() - PIECE;
        let mut before = None;
        let piece = |place: usize| {
            let piece: String = letters[place..place + PIECE].iter().collect();
            let distance = before.map_or(String::new(), |before| format!(" <{}> ", place - before));
            before = Some(place);
            format!("{distance}'{piece}'")
        };
        let row: String = (0..last).step_by(PIECE).chain([last]).map(piece).collect();
        format!("({row})")
    }
}

/// A text of a key in which a search found something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Where.
    pub field: SearchField,
    /// The text.
    pub text: String,
    /// What was found, as places of bytes in the text, in order.
    pub marks: Vec<Range<usize>>,
}

/// Where a search finds something in a key: the texts that hold any of its terms.
pub fn found_in(key: &Key, search: &str) -> Vec<Found> {
    let terms = terms(search);
    let mut texts = texts_of(key);
    texts.push((SearchField::LastFour, key.last_four.clone()));
    let mut found = Vec::new();
    for (field, text) in texts {
        let mut marks: Vec<_> = terms.iter().take(TERMS).flat_map(|term| marks(term, field, &text)).collect();
        marks.sort_by_key(|mark| mark.start);
        marks.dedup_by(|next, mark| {
            let touches = next.start <= mark.end;
            mark.end = if touches { mark.end.max(next.end) } else { mark.end };
            touches
        });
        if !marks.is_empty() {
            found.push(Found { field, text, marks });
        }
    }
    found
}

/// What of a text a term found.
fn marks(term: &Term, field: SearchField, text: &str) -> Vec<Range<usize>> {
    match (term, field) {
        (Term::Text(typed), SearchField::LastFour) => {
            (folded(typed) == folded(text)).then_some(0..text.len()).into_iter().collect()
        }
        (Term::Text(typed), _) => {
            let typed = letters(typed);
            marked(text, &typed, typed.len() < PIECE)
        }
        (Term::Owner(begun), SearchField::Owner) | (Term::Scope(begun), SearchField::Scope) => {
            marked(text, &letters(begun), false).into_iter().take(1).filter(|mark| mark.start == 0).collect()
        }
        _ => Vec::new(),
    }
}

/// Where these letters stand in a text.
fn marked(text: &str, typed: &[char], begins_words: bool) -> Vec<Range<usize>> {
    let mut written: Vec<(char, Range<usize>)> = Vec::new();
    let mut start = 0;
    while start < text.len() {
        // A letter with the marks that stand on it.
        let mut rest = text[start..].char_indices().skip(1);
        let end = rest.find(|(_, letter)| !is_combining_mark(*letter)).map_or(text.len(), |(end, _)| start + end);
        let is_space = text[start..end].starts_with(char::is_whitespace);
        if !(is_space && written.last().is_some_and(|(letter, _)| *letter == plain(' '))) {
            let letters = if is_space { vec![plain(' ')] } else { letters(&text[start..end]) };
            written.extend(letters.into_iter().map(|letter| (letter, start..end)));
        }
        start = end;
    }
    let mut marks = Vec::new();
    let mut place = 0;
    while !typed.is_empty() && place + typed.len() <= written.len() {
        let is_here = written[place..].iter().zip(typed).all(|((letter, _), typed)| letter == typed);
        let is_beginning = place == 0 || !written[place - 1].0.is_alphanumeric();
        if is_here && (is_beginning || !begins_words) {
            marks.push(written[place].1.start..written[place + typed.len() - 1].1.end);
            place += typed.len();
        } else {
            place += 1;
        }
    }
    marks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_found_is_marked_as_it_is_written() {
        let marked = |text: &str, typed: &str| {
            let typed = letters(typed);
            let marks = marked(text, &typed, typed.len() < PIECE);
            marks.into_iter().map(|mark| text[mark].to_owned()).collect::<Vec<_>>()
        };
        for (text, typed, expected) in [
            ("Team-9 and team-95", "team-9", vec!["Team-9", "team-9"]),
            ("Cafe\u{301} Straße", "café", vec!["Cafe\u{301}"]),
            ("Cafe\u{301} Straße", "STRASSE", vec!["Straße"]),
            ("front  desk", "front desk", vec!["front  desk"]),
            ("kiosk", "osk", vec!["osk"]),
            ("kiosk o-k", "o", vec!["o"]),
            ("kiosk", "os", vec![]),
            ("ＫＥＹ one", "key o", vec!["ＫＥＹ o"]),
        ] {
            assert_eq!(marked(text, typed), expected, "{text} {typed}");
        }
    }

    #[test]
    fn a_term_is_asked_for_in_each_language() {
        let dash = plain('-');
        assert_eq!(
            conditions("team-9 ab", Language::Sqlite),
            [format!("\"tea eam am{dash} m{dash}9\""), "\"=b6162\"".to_owned()]
        );
        let long = "a".repeat(LETTERS + 1);
        for nothing in [long.as_str(), "\u{301}"] {
            assert_eq!(conditions(nothing, Language::Sqlite), ["\"=-\""], "{nothing}");
        }
        assert_eq!(conditions(&"k ".repeat(TERMS + 1), Language::Postgres).pop().unwrap(), "'=-'");
        assert_eq!(conditions("team-9", Language::Postgres), [format!("('tea' <3> 'm{dash}9')")]);
        assert_eq!(conditions("lobby", Language::Postgres), ["('lob' <2> 'bby')"]);
        assert_eq!(conditions("9f3k", Language::Sqlite), ["(\"9f3 f3k\" OR \"=43966336b\")"]);
        assert_eq!(conditions("status:off - owner:A", Language::Sqlite), ["\"=b2d\"", "\"=u61\"*"]);
    }
}
