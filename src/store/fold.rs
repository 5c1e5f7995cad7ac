//! Text as it is looked for: whoever types `cafe`, `muller` or `STRASSE` finds Café, Müller and Straße, on every database.

use unicode_normalization::UnicodeNormalization;

/// A mark that stands on a letter of Latin, Greek or Cyrillic script (Unicode's blocks of combining diacritical marks).
/// Marks of other scripts, which tell words apart, stay.
fn is_diacritic(letter: char) -> bool {
    matches!(letter, '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

/// The text in one form (NFKC), without case (Unicode's full case folding, by way of capital letters) and diacritics.
pub fn folded(text: &str) -> String {
    let letters = text.nfkd().filter(|letter| !is_diacritic(*letter));
    // Folding may make letters that are composed of others in turn.
    let cased = letters.flat_map(char::to_lowercase).flat_map(char::to_uppercase).flat_map(char::to_lowercase);
    cased.nfkd().filter(|letter| !is_diacritic(*letter)).nfc().collect()
}

/// The words of a text as they are looked for: letters and digits.
pub fn words(text: &str) -> impl Iterator<Item = String> {
    let folded = folded(text);
    let words = folded.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_owned).collect::<Vec<_>>().into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_alike_is_alike() {
        for (written, typed) in [
            ("Café", "cafe"),
            ("Cafe\u{301}", "café"),
            ("Müller", "muller"),
            ("Straße", "STRASSE"),
            ("STRA\u{1e9e}E", "straße"),
            ("İstanbul", "istanbul"),
            ("ISTANBUL", "istanbul"),
            ("ﬁle", "file"),
            ("Ｋｅｙ①", "key1"),
            ("ΟΔΟΣ", "οδός"),
            ("οδος", "ΟΔΌΣ"),
            ("Ёлка", "елка"),
            ("한국", "\u{1112}\u{1161}\u{11ab}\u{1100}\u{116e}\u{11a8}"),
        ] {
            assert_eq!(folded(written), folded(typed), "{written} {typed}");
        }
        assert_ne!(folded("हिन्दी"), folded("हन्द"), "marks that are letters stay");
        assert_ne!(folded("Muller"), folded("Miller"));
    }

    #[test]
    fn words_are_letters_and_digits() {
        let found = |text| words(text).collect::<Vec<_>>();
        assert_eq!(found("Kiosk-Lobby (north) 3b"), ["kiosk", "lobby", "north", "3b"]);
        assert_eq!(found("ÄRGER@example.com"), ["arger", "example", "com"]);
        assert_eq!(found(" '\"=%_* "), Vec::<String>::new());
    }
}
