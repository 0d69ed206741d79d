//! Numbers and addresses that are being dictated: a pause after three digits is no end.

use super::ending::Clause;
use super::{Completeness, WordList};

const DIGITS: [&str; 11] =
    ["zero", "oh", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];

/// Numbers that another one may follow: "twenty" "five", "seven hundred" "fifty".
const OPEN_NUMBERS: WordList =
    WordList("twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million");

/// After these a number goes on, or begins.
const JOINTS: [&str; 7] = ["code", "dash", "dot", "double", "extension", "triple", "underscore"];

/// Digits of a number in the United States, and of one without its area code.
const PHONE_DIGITS: usize = 10;
const LOCAL_DIGITS: usize = 7;

/// Dictated digits that make a number: fewer may be a count at the end of a sentence.
const DICTATED_MIN: usize = 2;

/// How far back a word can tell what is being dictated.
const NEAR: usize = 10;

/// What a clause says that ends in a number or an address; none for any other.
pub(super) fn completeness(clause: &Clause<'_>) -> Option<Completeness> {
    use Completeness::{Complete, Incomplete, Unclear};
    let words = clause.words;
    let (last, before) = words.split_last()?;
    if JOINTS.contains(last) && (*last != "dot" || !before.is_empty()) {
        return Some(Incomplete);
    }
    if *last == "point" && before.last().is_some_and(|word| is_number(word)) {
        return Some(Incomplete);
    }
    if let Some(mail) = mail(words) {
        return Some(mail);
    }
    let run = words.iter().rev().take_while(|word| 0 < digits(word)).count();
    let (context, run) = words.split_at(words.len() - run);
    let count: usize = run.iter().map(|word| digits(word)).sum();
    if count < DICTATED_MIN {
        let may_grow = OPEN_NUMBERS.contains(last) || context.last() == Some(&"point");
        return (may_grow && clause.stop.is_none()).then_some(Unclear);
    }
    let near = &context[context.len().saturating_sub(NEAR)..];
    if is_of_a_phone(near) {
        let is_whole = PHONE_DIGITS <= count
            || count == LOCAL_DIGITS && clause.stop.is_some()
            || near.iter().any(|word| matches!(*word, "last" | "ending"));
        return Some(if is_whole { Complete } else { Incomplete });
    }
    match clause.stop {
        // A full stop settles any other number.
        Some(_) => None,
        None => Some(if PHONE_DIGITS <= count { Complete } else { Unclear }),
    }
}

/// An e-mail address ends behind its last dot; letters are spelled in groups.
fn mail(words: &[&str]) -> Option<Completeness> {
    let near = &words[words.len().saturating_sub(NEAR)..];
    let named = near.windows(2).rposition(|two| {
        matches!(two[0], "email" | "e-mail" | "mail" | "address" | "spelled" | "that's")
            && matches!(two[1], "is" | "it's" | "to" | "at")
            || matches!(two[0], "email" | "e-mail")
    })?;
    let address = &near[named + 2..];
    let letters = address.iter().rev().take_while(|word| word.len() == 1 && !is_number(word));
    match address {
        [.., "dot", domain] if 2 <= domain.len() => Some(Completeness::Complete),
        [.., domain] if domain.contains('.') => Some(Completeness::Complete),
        _ if address.contains(&"at") || DICTATED_MIN <= letters.count() => {
            Some(Completeness::Incomplete)
        }
        _ => None,
    }
}

fn is_of_a_phone(near: &[&str]) -> bool {
    near.iter().any(|word| matches!(*word, "phone" | "cell" | "mobile" | "direct" | "area"))
        || near.windows(3).any(|three| {
            matches!(three[0], "call" | "reach" | "text") && three[1].len() <= 3 && three[2] == "at"
        })
}

fn is_number(word: &str) -> bool {
    0 < digits(word) || OPEN_NUMBERS.contains(word)
}

/// How many digits a word stands for. Rates and sums are read as numbers, not digit by digit.
fn digits(word: &str) -> usize {
    if DIGITS.contains(&word) {
        return 1;
    }
    let is_figure = word.chars().all(|c| c.is_ascii_digit() || c == '-');
    if is_figure { word.chars().filter(char::is_ascii_digit).count() } else { 0 }
}
