//! Numbers and letter words as they were said, back in the form they are written in.

use std::ops::Range;

use super::cardinal::{ONES, SCALES, TENS};
use super::{Spoken, english, lexicon};

/// As few digits said one by one make an id; fewer are numbers of their own.
const MIN_ID_DIGITS: usize = 3;

/// Longer letter words are not looked for.
const MAX_LETTERS: usize = 6;

/// A word, number or letter word in one form, however it was said or written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Canonical {
    /// "6.5", "6.5%", "$2150.75", "123456", "APR"; other words in lower case without marks.
    pub value: String,
    /// Where it stands in the text, in bytes, without the marks around it.
    pub range: Range<usize>,
}

/// Reads English text, said or written, into its canonical words.
///
/// "six and a half percent", "six point five percent" and "6.5%" are all `6.5%`; "A P R" is `APR`;
/// "N M L S one two three" is `NMLS` and `123`. Digits said one by one are an id from three on.
/// Numbers that merely stand side by side stay apart ("seven forty one" is `7` and `41`), except
/// years. Ordinals stay words.
pub fn canonical(text: &str) -> Vec<Canonical> {
    let spoken = Spoken::expand(text, "en");
    let words = said_words(&spoken);
    let mut found = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let rest = &words[at..];
        let (value, taken) =
            letters(rest).or_else(|| quantity(rest)).unwrap_or_else(|| (rest[0].text.clone(), 1));
        let (first, last) = (rest[0].token, rest[taken - 1].token);
        let range = bare(&spoken, first).start..bare(&spoken, last).end;
        found.push(Canonical { value, range });
        at += taken;
    }
    found
}

/// Where a token stands without the marks around it.
fn bare(spoken: &Spoken, token: usize) -> Range<usize> {
    let whole = spoken.tokens()[token].clone();
    let parts = english::Token::new(&spoken.source()[whole.clone()]);
    let start = whole.start + parts.lead.len();
    start..start + parts.core.len()
}

/// A word without marks.
#[derive(Clone, Debug)]
struct Said {
    text: String,
    token: usize,
    /// What follows belongs to something else: a mark stood here.
    ends: bool,
}

fn said_words(spoken: &Spoken) -> Vec<Said> {
    let all = spoken.words();
    let words = all.iter().enumerate().map(|(index, word)| {
        let text = word.text.trim_end_matches(|c: char| !c.is_alphanumeric());
        let same_token = all.get(index + 1).is_some_and(|next| next.token == word.token);
        let ends = text.len() < word.text.len() && !same_token;
        let text = text.trim_start_matches(|c: char| !c.is_alphanumeric());
        Said { text: text.to_lowercase().replace('’', "'"), token: word.token, ends }
    });
    words.filter(|word| !word.text.is_empty()).collect()
}

/// Letters said one by one: "a p r". Words such as "a" and "i" join only where they make a word
/// that is known to be spelled.
fn letters(words: &[Said]) -> Option<(String, usize)> {
    let single = |said: &Said| {
        let letter = said.text.strip_suffix("'s").unwrap_or(&said.text);
        (letter.len() == 1 && letter.bytes().all(|b| b.is_ascii_alphabetic()))
            .then(|| letter.to_ascii_uppercase())
    };
    let near = &words[..words.len().min(MAX_LETTERS)];
    let run = length_of_run(near, |said| single(said).is_some());
    let spelled: String = words[..run].iter().filter_map(single).collect();
    if let Some(length) =
        (2..=run).rev().find(|length| lexicon::is_spelled(&spelled[..*length]) && 2 < *length)
    {
        return Some((spelled[..length].to_owned(), length));
    }
    let pair = spelled.get(..2).filter(|pair| lexicon::is_spelled(pair) || is_half_day(pair));
    pair.map(|pair| (pair.to_owned(), 2)).or_else(|| abbreviated(&words[0]))
}

fn is_half_day(pair: &str) -> bool {
    matches!(pair, "AM" | "PM")
}

/// A letter word that a recogniser wrote as one: "apr", "nmls".
fn abbreviated(said: &Said) -> Option<(String, usize)> {
    const PLAIN: &[&str] = &["apr", "apy", "dti", "fha", "hoa", "ltv", "nmls", "pmi"];
    PLAIN.contains(&said.text.as_str()).then(|| (said.text.to_uppercase(), 1))
}

/// How many words from the first on are of a kind, up to a mark.
fn length_of_run(words: &[Said], is_kind: impl Fn(&Said) -> bool) -> usize {
    let mut length = 0;
    for said in words {
        if !is_kind(said) {
            break;
        }
        length += 1;
        if said.ends {
            break;
        }
    }
    length
}

/// A number with what it measures.
fn quantity(words: &[Said]) -> Option<(String, usize)> {
    if let Some(id) = digits_one_by_one(words) {
        return Some(id);
    }
    let (number, taken) = number(words)?;
    let after = following(words, taken);
    match text_at(after, 0) {
        "percent" => Some((format!("{}%", number.text()), taken + 1)),
        "per" if text_at(following(after, 1), 0) == "cent" => {
            Some((format!("{}%", number.text()), taken + 2))
        }
        "dollars" | "dollar" | "bucks" => Some(money('$', &number, taken + 1, words)),
        "euros" | "euro" => Some(money('€', &number, taken + 1, words)),
        "pounds" | "pound" => Some(money('£', &number, taken + 1, words)),
        "cents" | "cent" => Some((format!("${}", number.shifted_down(2).money_text()), taken + 1)),
        "grand" => Some((format!("${}", number.shifted_up(3).money_text()), taken + 1)),
        _ => Some((number.text(), taken)),
    }
}

/// An amount whose cents may follow.
fn money(sign: char, whole: &Decimal, taken: usize, words: &[Said]) -> (String, usize) {
    let after = following(words, taken);
    if text_at(after, 0) == "and"
        && whole.fraction.is_empty()
        && let Some((cents, length)) = cardinal(following(after, 1))
        && cents < 100
        && matches!(text_at(following(after, 1 + length), 0), "cents" | "cent" | "pence" | "penny")
    {
        return (format!("{sign}{}.{cents:02}", whole.whole), taken + length + 2);
    }
    (format!("{sign}{}", whole.money_text()), taken)
}

/// What follows `taken` words in the same breath; nothing past a mark.
fn following(words: &[Said], taken: usize) -> &[Said] {
    match taken.checked_sub(1).and_then(|last| words.get(last)) {
        Some(last) if last.ends => &[],
        _ => words.get(taken..).unwrap_or_default(),
    }
}

fn text_at(words: &[Said], at: usize) -> &str {
    words.get(at).map_or("", |said| said.text.as_str())
}

fn digit(word: &str) -> Option<u64> {
    match word {
        "oh" | "o" => Some(0),
        word => ONES[..10].iter().position(|one| *one == word).map(|digit| digit as u64),
    }
}

/// "one two three" as an id.
fn digits_one_by_one(words: &[Said]) -> Option<(String, usize)> {
    let run = length_of_run(words, |said| digit(&said.text).is_some());
    // The last of "five two hundred" belongs to what follows.
    let scaled = is_multiplier(text_at(following(words, run), 0));
    let length = run - usize::from(scaled && 0 < run);
    let digits = words[..length].iter().filter_map(|said| digit(&said.text));
    let id: String = digits.map(|digit| digit.to_string()).collect();
    (MIN_ID_DIGITS <= length).then_some((id, length))
}

fn is_multiplier(word: &str) -> bool {
    word == "hundred" || word == "point" || scale(word).is_some()
}

/// A number with its fraction: "six and a half", "one point five million", "half a".
fn number(words: &[Said]) -> Option<(Decimal, usize)> {
    if let Some(half) = fraction_of_one(words) {
        return Some(half);
    }
    let (whole, mut taken) = match cardinal(words) {
        Some((value, taken)) => year(value, taken, words).unwrap_or((value, taken)),
        None if text_at(words, 0) == "point" => (0, 0),
        None => return None,
    };
    let mut number = Decimal { whole, fraction: String::new() };
    if text_at(following(words, taken), 0) == "point" {
        let Some((fraction, length)) = after_point(following(following(words, taken), 1)) else {
            return (0 < taken).then_some((number, taken));
        };
        number.fraction = fraction;
        taken += 1 + length;
    } else if let Some((fraction, length)) = and_fraction(following(words, taken)) {
        number.fraction = fraction;
        taken += length;
    }
    let next = text_at(following(words, taken), 0);
    if let Some(scale) = scale(next)
        && !number.fraction.is_empty()
    {
        return Some((number.shifted_up(scale.ilog10()), taken + 1));
    }
    if next == "k" {
        return Some((number.shifted_up(3), taken + 1));
    }
    Some((number, taken))
}

fn scale(word: &str) -> Option<u64> {
    SCALES.iter().find(|(_, name)| *name == word).map(|(scale, _)| *scale)
}

/// The digits after a point: one by one, or "twenty five".
fn after_point(words: &[Said]) -> Option<(String, usize)> {
    let run = length_of_run(words, |said| digit(&said.text).is_some());
    if 0 < run {
        let digits = words[..run].iter().filter_map(|said| digit(&said.text));
        return Some((digits.map(|digit| digit.to_string()).collect(), run));
    }
    let (value, taken) = cardinal(words)?;
    (value < 100).then(|| (value.to_string(), taken))
}

/// "and a half" after a whole number.
fn and_fraction(words: &[Said]) -> Option<(String, usize)> {
    if text_at(words, 0) != "and" || words[0].ends {
        return None;
    }
    let (fraction, length) = fraction(&words[1..])?;
    Some((fraction, length + 1))
}

/// "a half", "three quarters", "an eighth": the digits after the point.
fn fraction(words: &[Said]) -> Option<(String, usize)> {
    let (above, taken) = match text_at(words, 0) {
        "a" | "an" => (1, 1),
        _ => cardinal(words)?,
    };
    let below = match text_at(following(words, taken), 0) {
        "half" | "halves" => 2,
        "quarter" | "quarters" => 4,
        "eighth" | "eighths" => 8,
        _ => return None,
    };
    (0 < above && above < below).then(|| {
        let thousandths = above * 1_000 / below;
        (format!("{thousandths:03}").trim_end_matches('0').to_owned(), taken + 1)
    })
}

/// "a half percent", "half a percent", "three quarters of a percent", "one half".
fn fraction_of_one(words: &[Said]) -> Option<(Decimal, usize)> {
    let (fraction, mut taken, article) = match text_at(words, 0) {
        "half" => ("5".to_owned(), 1, true),
        "quarter" => ("25".to_owned(), 1, true),
        first => {
            let (fraction, taken) = fraction(words)?;
            (fraction, taken, matches!(first, "a" | "an"))
        }
    };
    let mut after = following(words, taken);
    for small in ["of", "a"] {
        if text_at(after, 0) == small {
            after = following(after, 1);
            taken += 1;
        }
    }
    let of_percent = text_at(after, 0) == "percent";
    if !of_percent {
        // "a half" alone may be half of anything; "one half" is a number.
        let (_, alone) = self::fraction(words)?;
        return (!article).then_some((Decimal { whole: 0, fraction }, alone));
    }
    Some((Decimal { whole: 0, fraction }, taken))
}

/// A whole number in words, and how many words it took.
fn cardinal(words: &[Said]) -> Option<(u64, usize)> {
    let mut total: u64 = 0;
    let mut group: u64 = 0;
    // What may still be added to the group: below this, and above nothing that is there.
    let mut room: u64 = 100;
    let mut last_scale = u64::MAX;
    let mut taken = 0;
    let mut at = 0;
    while let Some(said) = words.get(at) {
        let word = said.text.as_str();
        let one = ONES.iter().position(|one| *one == word).map(|one| one as u64);
        let ten = TENS.iter().position(|ten| *ten == word).map(|ten| 10 * ten as u64);
        let next = words.get(at + 1).map_or("", |said| said.text.as_str());
        if let Some(one) = one.filter(|one| *one < room && (0 < *one || taken == 0)) {
            group += one;
            room = 0;
        } else if let Some(ten) = ten.filter(|_| room == 100) {
            group += ten;
            room = 10;
        } else if word == "hundred" && (1..100).contains(&group) {
            group *= 100;
            room = 100;
        } else if let Some(scale) = scale(word).filter(|scale| 0 < group && *scale < last_scale) {
            total += group * scale;
            (group, room, last_scale) = (0, 100, scale);
        } else if word == "a" && taken == 0 && (next == "hundred" || next == "thousand") {
            group = 1;
        } else if word == "and" && 0 < taken && room == 100 && is_small(next) {
            at += 1;
            continue;
        } else {
            break;
        }
        at += 1;
        taken = at;
        if said.ends || (one == Some(0)) {
            break;
        }
    }
    (0 < taken).then_some((total + group, taken))
}

/// Whether a word can follow the "and" of "two hundred and five".
fn is_small(word: &str) -> bool {
    ONES[1..].contains(&word) || TENS[2..].contains(&word)
}

/// "twenty" and "twenty one" as 2021; "nineteen oh five"; forms such as "ten ninety nine".
fn year(century: u64, taken: usize, words: &[Said]) -> Option<(u64, usize)> {
    let after = following(words, taken);
    if taken != 1 || !(10..=20).contains(&century) {
        return None;
    }
    let (rest, length) = match text_at(after, 0) {
        "oh" | "o" => (digit(text_at(following(after, 1), 0)).filter(|rest| 0 < *rest)?, 2),
        _ => cardinal(after).filter(|(rest, _)| (10..100).contains(rest))?,
    };
    let value = century * 100 + rest;
    let known = (18..=20).contains(&century) || lexicon::form(&value.to_string()).is_some();
    known.then_some((value, taken + length))
}

/// A number that is exact in tenths.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Decimal {
    whole: u64,
    /// Digits after the point; empty for a whole number.
    fraction: String,
}

impl Decimal {
    /// "6.5": as short as it can be.
    fn text(&self) -> String {
        match self.fraction.trim_end_matches('0') {
            "" => self.whole.to_string(),
            fraction => format!("{}.{fraction}", self.whole),
        }
    }

    /// "2150.50": whole, or at least two digits.
    fn money_text(&self) -> String {
        match self.fraction.trim_end_matches('0') {
            "" => self.whole.to_string(),
            fraction => format!("{}.{fraction:0<2}", self.whole),
        }
    }

    /// Times a power of ten. Past what fits, the largest.
    fn shifted_up(&self, zeros: u32) -> Self {
        let mut digits = self.fraction.chars();
        let mut whole = self.whole;
        for _ in 0..zeros {
            let digit = digits.next().and_then(|digit| digit.to_digit(10)).unwrap_or(0);
            whole = whole.saturating_mul(10).saturating_add(u64::from(digit));
        }
        Self { whole, fraction: digits.collect() }
    }

    /// Divided by a power of ten.
    fn shifted_down(&self, zeros: u32) -> Self {
        let unit = 10_u64.pow(zeros);
        let width = zeros as usize;
        let fraction = format!("{:0width$}{}", self.whole % unit, self.fraction);
        Self { whole: self.whole / unit, fraction }
    }
}

#[cfg(test)]
mod tests;
