//! How the text of a record is cut and compared, wherever words are looked for in it.

/// Whether a character is a mark: punctuation that belongs to no word.
pub fn is_mark(c: char) -> bool {
    c.is_ascii_punctuation()
        || matches!(
            c,
            '…' | '–'
                | '—'
                | '‘'
                | '’'
                | '“'
                | '”'
                | '«'
                | '»'
                | '¿'
                | '¡'
                | '؟'
                | '،'
                | '؛'
        )
}

/// The tokens of a text: its longest runs without white space.
pub fn tokens(text: &str) -> impl Iterator<Item = &str> {
    text.split_whitespace()
}

/// A token as required phrases compare it: lower case, no marks but a full stop between two digits,
/// and a spoken digit as the digit. A token of marks alone gives an empty text.
pub fn squeeze(token: &str) -> String {
    let mut squeezed = String::with_capacity(token.len());
    let mut before = None;
    let mut rest = token.chars().peekable();
    while let Some(c) = rest.next() {
        let is_point = c == '.'
            && before.is_some_and(|before: char| before.is_ascii_digit())
            && rest.peek().is_some_and(char::is_ascii_digit);
        if is_point || !is_mark(c) {
            squeezed.push(c.to_ascii_lowercase());
        }
        before = Some(c);
    }
    match spoken_digit(&squeezed) {
        Some(digit) => digit.to_owned(),
        None => squeezed,
    }
}

fn spoken_digit(word: &str) -> Option<&'static str> {
    Some(match word {
        "zero" => "0",
        "one" => "1",
        "two" => "2",
        "three" => "3",
        "four" => "4",
        "five" => "5",
        "six" => "6",
        "seven" => "7",
        "eight" => "8",
        "nine" => "9",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_squeezed() {
        for (token, squeezed) in [
            ("APR", "apr"),
            ("pre-qual", "prequal"),
            ("6.5%,", "6.5"),
            ("$2,150.", "2150"),
            ("1.2.3", "1.2.3"),
            ("v.1", "v1"),
            ("5..5", "55"),
            ("Seven,", "7"),
            ("seventy", "seventy"),
            ("don’t", "dont"),
            ("…", ""),
            ("؟", ""),
            ("É", "É"),
        ] {
            assert_eq!(squeeze(token), squeezed, "{token}");
        }
    }

    #[test]
    fn any_white_space_parts_tokens() {
        let cut: Vec<&str> = tokens(" a\u{a0}b\u{2003}c\td\u{200b}e ").collect();
        assert_eq!(cut, ["a", "b", "c", "d\u{200b}e"]);
    }
}
