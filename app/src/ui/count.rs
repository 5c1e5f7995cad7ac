//! Numbers for people.

/// A number with its thousands apart: `1,234`.
pub(crate) fn grouped(number: i64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) && !text.ends_with('-') {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// So many calls: `1 call`, `1,234 calls`.
pub(crate) fn calls(number: i64) -> String {
    format!("{} {}", grouped(number), if number == 1 { "call" } else { "calls" })
}

/// So many keys: `1 key`, `1,234 keys`.
pub(crate) fn keys(number: i64) -> String {
    format!("{} {}", grouped(number), if number == 1 { "key" } else { "keys" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_apart() {
        for (number, expected) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567"), (-100, "-100")] {
            assert_eq!(grouped(number), expected);
        }
    }

    #[test]
    fn one_call_is_one() {
        for (number, expected) in [(0, "0 calls"), (1, "1 call"), (1000, "1,000 calls")] {
            assert_eq!(calls(number), expected);
            assert_eq!(keys(number), expected.replace("call", "key"));
        }
    }
}
