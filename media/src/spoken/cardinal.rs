//! Numbers in English words.

/// Longer numbers are read digit by digit.
const MAX_DIGITS: usize = 15;

/// The words for 0 to 19.
pub(super) const ONES: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
/// The words for 20 to 90, by their first digit.
pub(super) const TENS: [&str; 10] =
    ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
/// What multiplies, the largest first.
pub(super) const SCALES: [(u64, &str); 4] = [
    (1_000_000_000_000, "trillion"),
    (1_000_000_000, "billion"),
    (1_000_000, "million"),
    (1_000, "thousand"),
];

/// A number as it was written: digits, perhaps grouped by commas, perhaps with a fraction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Number {
    /// Digits before the point, without commas; empty in ".5".
    pub whole: String,
    /// Digits after the point.
    pub fraction: Option<String>,
    /// Written with commas: a quantity, never a year or an id.
    pub grouped: bool,
}

impl Number {
    /// Reads "2150", "2,150", "6.5", ".5"; nothing else.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (whole, fraction) = match text.split_once('.') {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (text, None),
        };
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if fraction.is_some_and(|fraction| !digits(fraction)) {
            return None;
        }
        let groups: Vec<&str> = whole.split(',').collect();
        let grouped = 1 < groups.len();
        let sound = match groups.split_first() {
            Some((first, rest)) if grouped => {
                digits(first) && first.len() <= 3 && rest.iter().all(|g| digits(g) && g.len() == 3)
            }
            _ => digits(whole) || (whole.is_empty() && fraction.is_some()),
        };
        let whole = groups.concat();
        sound.then(|| Self { whole, fraction: fraction.map(str::to_owned), grouped })
    }

    /// The value of a number without a fraction that is not too long to be one.
    pub(super) fn integer(&self) -> Option<u64> {
        if self.fraction.is_some() || MAX_DIGITS < self.whole.len() {
            return None;
        }
        self.whole.parse().ok()
    }

    /// "six point five"; "two thousand one hundred fifty".
    pub(super) fn words(&self) -> Vec<String> {
        let mut words = whole_words(&self.whole);
        if let Some(fraction) = &self.fraction {
            words.push("point".to_owned());
            words.extend(digit_words(fraction));
        }
        words
    }

    /// Whether it is exactly one: "one dollar".
    pub(super) fn is_one(&self) -> bool {
        self.integer() == Some(1)
    }
}

/// The digits of a whole number as a quantity. A leading zero or great length: digit by digit.
fn whole_words(digits: &str) -> Vec<String> {
    if digits.is_empty() {
        return Vec::new();
    }
    if MAX_DIGITS < digits.len() || (digits.starts_with('0') && 1 < digits.len()) {
        return digit_words(digits);
    }
    digits.parse().map_or_else(|_| digit_words(digits), cardinal)
}

/// "one two three" for "123"; whatever is no digit is passed over.
pub(super) fn digit_words(digits: &str) -> Vec<String> {
    let ones = digits.chars().filter_map(|digit| digit.to_digit(10));
    ones.map(|digit| ONES[digit as usize].to_owned()).collect()
}

/// "one hundred five" for 105.
pub(super) fn cardinal(value: u64) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = value;
    for (scale, name) in SCALES {
        if scale <= rest {
            words.extend(cardinal(rest / scale));
            words.push(name.to_owned());
            rest %= scale;
        }
    }
    if 100 <= rest {
        words.extend([ONES[(rest / 100) as usize].to_owned(), "hundred".to_owned()]);
        rest %= 100;
    }
    if 20 <= rest {
        words.push(TENS[(rest / 10) as usize].to_owned());
        rest %= 10;
    }
    if rest != 0 || words.is_empty() {
        words.push(ONES[rest as usize].to_owned());
    }
    words
}

/// "twenty first" for 21.
pub(super) fn ordinal(value: u64) -> Vec<String> {
    let mut words = cardinal(value);
    if let Some(last) = words.last_mut() {
        *last = ordinal_of(last);
    }
    words
}

fn ordinal_of(word: &str) -> String {
    match word {
        "one" => "first".to_owned(),
        "two" => "second".to_owned(),
        "three" => "third".to_owned(),
        "five" => "fifth".to_owned(),
        "eight" => "eighth".to_owned(),
        "nine" => "ninth".to_owned(),
        "twelve" => "twelfth".to_owned(),
        word => match word.strip_suffix('y') {
            Some(stem) => format!("{stem}ieth"),
            None => format!("{word}th"),
        },
    }
}

/// "twenty twenty one" for 2021, "nineteen oh five", "two thousand eight", "nineteen hundred".
pub(super) fn year(value: u64) -> Vec<String> {
    let (century, rest) = (value / 100, value % 100);
    if !(1000..10_000).contains(&value) || value % 1_000 < 10 {
        return cardinal(value);
    }
    let mut words = cardinal(century);
    match rest {
        0 => words.push("hundred".to_owned()),
        1..10 => words.extend(["oh".to_owned(), ONES[rest as usize].to_owned()]),
        _ => words.extend(cardinal(rest)),
    }
    words
}

/// The plural of the last word: "nineteen eighties", "three quarters".
pub(super) fn plural(mut words: Vec<String>) -> Vec<String> {
    if let Some(last) = words.last_mut() {
        *last = match last.strip_suffix('y') {
            Some(stem) => format!("{stem}ies"),
            None if last.ends_with('x') => format!("{last}es"),
            None => format!("{last}s"),
        };
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_read_as_they_are_said() {
        for (value, words) in [
            (0, "zero"),
            (7, "seven"),
            (10, "ten"),
            (19, "nineteen"),
            (20, "twenty"),
            (45, "forty five"),
            (100, "one hundred"),
            (105, "one hundred five"),
            (741, "seven hundred forty one"),
            (2_150, "two thousand one hundred fifty"),
            (420_000, "four hundred twenty thousand"),
            (1_000_001, "one million one"),
            (
                999_999_999_999_999,
                concat!(
                    "nine hundred ninety nine trillion nine hundred ninety nine billion ",
                    "nine hundred ninety nine million nine hundred ninety nine thousand ",
                    "nine hundred ninety nine",
                ),
            ),
        ] {
            assert_eq!(cardinal(value).join(" "), words, "{value}");
        }
        assert!(!cardinal(u64::MAX).is_empty());
    }

    #[test]
    fn ordinals_and_years_read_as_they_are_said() {
        for (value, words) in [
            (1, "first"),
            (12, "twelfth"),
            (20, "twentieth"),
            (23, "twenty third"),
            (100, "one hundredth"),
        ] {
            assert_eq!(ordinal(value).join(" "), words, "{value}");
        }
        for (value, words) in [
            (1900, "nineteen hundred"),
            (1905, "nineteen oh five"),
            (1999, "nineteen ninety nine"),
            (2000, "two thousand"),
            (2008, "two thousand eight"),
            (2010, "twenty ten"),
            (2021, "twenty twenty one"),
        ] {
            assert_eq!(year(value).join(" "), words, "{value}");
        }
        assert_eq!(plural(year(1980)).join(" "), "nineteen eighties");
    }

    #[test]
    fn only_numbers_parse() {
        for (text, words) in [
            ("6.5", "six point five"),
            ("6.125", "six point one two five"),
            (".5", "point five"),
            ("2,150.75", "two thousand one hundred fifty point seven five"),
            ("007", "zero zero seven"),
            (
                "12345678901234567",
                "one two three four five six seven eight nine zero one two three four five six seven",
            ),
        ] {
            assert_eq!(
                Number::parse(text).map(|number| number.words().join(" ")).as_deref(),
                Some(words)
            );
        }
        for text in ["", ".", "5.", "1,2", "1,2345", ",123", "1.2.3", "12a", "-5", "٣"] {
            assert_eq!(Number::parse(text), None, "{text}");
        }
    }
}
