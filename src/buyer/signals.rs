//! What can be read from a turn of the rep, with a recogniser that mishears.

use std::collections::{BTreeMap, BTreeSet};

use ringcraft_media::units::Span;

use crate::persona::words::{Ear, Words};
use crate::persona::{Scenario, Unlock, topic};

/// How far before the words that open a question its subject may stand, in words.
const SUBJECT_BEFORE: usize = 5;

/// How far after them.
const SUBJECT_AFTER: usize = 15;

/// Openings nearer than this belong to one question.
const QUESTION_LENGTH: usize = 5;

/// Words of a greeting that is a question by its form alone: "how are you".
const GREETING_LENGTH: usize = 3;

/// How far before a promise its negation may stand: "nobody can guarantee the lowest rate".
const PROMISE_NEGATION: usize = 4;

/// How far before an insult: "not wasting my time", but "don't be stupid" is no better for it.
const INSULT_NEGATION: usize = 1;

/// What can be read from a turn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Signals {
    /// How many words were recognised.
    pub(super) words: usize,
    /// How long the turn lasted.
    pub(super) talk: Span,
    /// What came up.
    pub(super) said: BTreeSet<String>,
    /// What was asked about.
    pub(super) asked: BTreeSet<String>,
    /// Facts, answers and goals whose own phrases came up.
    pub(super) named: BTreeSet<String>,
    /// How many questions were asked.
    pub(super) questions: u32,
    /// Whether a rate or a range of rates was named.
    pub(super) quoted: bool,
}

impl Signals {
    /// Reads a turn.
    pub(super) fn read(scenario: &Scenario, text: &str, talk: Span) -> Self {
        let words = Words::of(text);
        let places: BTreeMap<&str, Vec<usize>> = scenario
            .topics
            .iter()
            .map(|(name, phrases)| {
                let mut places: Vec<usize> = phrases
                    .iter()
                    .flat_map(|phrase| words.places(phrase, Ear::Forgiving))
                    .collect();
                places.sort_unstable();
                places.dedup();
                (name.as_str(), places)
            })
            .collect();
        let of = |name: &str| places.get(name).map_or(&[][..], Vec::as_slice);

        let openings = openings(&words, of(topic::QUESTION), of(topic::SMALL_TALK));
        let mut said: BTreeSet<String> = BTreeSet::new();
        let mut asked = BTreeSet::new();
        for (name, places) in &places {
            let reach = match *name {
                topic::PROMISE => PROMISE_NEGATION,
                topic::INSULT => INSULT_NEGATION,
                _ => 0,
            };
            let stands = |&at: &usize| !is_negated(&words, of(topic::NEGATION), at, reach);
            if places.iter().any(stands) {
                said.insert((*name).to_owned());
            }
            if places.iter().any(|&at| openings.iter().any(|&from| is_subject(&words, from, at))) {
                asked.insert((*name).to_owned());
            }
        }
        let named = named(scenario, &words);
        let mut questions = 0;
        let mut last: Option<usize> = None;
        for &from in &openings {
            let is_new = |last: usize| {
                QUESTION_LENGTH <= from - last || words.sentence(last) != words.sentence(from)
            };
            if last.is_none_or(is_new) {
                questions += 1;
                last = Some(from);
            }
        }
        let asked_by_name =
            scenario.facts.iter().filter(|fact| named.contains(&fact.id)).count() as u32;
        Self {
            words: words.len(),
            talk,
            quoted: names_rate(&words) || said.contains(topic::RATE_RANGE),
            questions: questions.max(asked_by_name),
            said,
            asked,
            named,
        }
    }

    /// Whether the turn asks for what `unlock` opens.
    pub(super) fn asks(&self, id: &str, unlock: &Unlock) -> bool {
        self.named.contains(id) || unlock.topics.iter().any(|topic| self.asked.contains(topic))
    }

    /// Whether the turn brings up what `unlock` opens, as a question or not.
    pub(super) fn brings_up(&self, id: &str, unlock: &Unlock) -> bool {
        self.named.contains(id) || unlock.topics.iter().any(|topic| self.said.contains(topic))
    }

    pub(super) fn says(&self, topic: &str) -> bool {
        self.said.contains(topic)
    }
}

/// Where questions open: by their words, or by a question mark at their end. A greeting is none.
fn openings(words: &Words, by_words: &[usize], greetings: &[usize]) -> Vec<usize> {
    let mut openings: Vec<usize> =
        by_words.iter().copied().chain(words.marked_questions()).collect();
    openings.sort_unstable();
    openings.dedup();
    openings
        .retain(|at| !greetings.iter().any(|from| (*from..from + GREETING_LENGTH).contains(at)));
    openings
}

fn is_subject(words: &Words, opening: usize, at: usize) -> bool {
    let reach = opening.saturating_sub(SUBJECT_BEFORE)..=opening + SUBJECT_AFTER;
    words.sentence(opening) == words.sentence(at) && reach.contains(&at)
}

fn is_negated(words: &Words, negations: &[usize], at: usize, reach: usize) -> bool {
    negations
        .iter()
        .any(|&not| not < at && at - not <= reach && words.sentence(not) == words.sentence(at))
}

fn named(scenario: &Scenario, words: &Words) -> BTreeSet<String> {
    let facts = scenario.facts.iter().map(|it| (&it.id, &it.unlock));
    let answers = scenario.answers.iter().map(|it| (&it.id, &it.unlock));
    let goals = scenario.goals.iter().map(|it| (&it.id, &it.unlock));
    facts
        .chain(answers)
        .chain(goals)
        .filter(|(_, unlock)| {
            unlock.phrases.iter().any(|phrase| words.contains(phrase, Ear::Forgiving))
        })
        .map(|(id, _)| id.clone())
        .collect()
}

/// Whether an interest rate is named: "6.5", "six point five", "six and a half", "six percent".
fn names_rate(words: &Words) -> bool {
    let word = |i: usize| words.get(i).unwrap_or_default();
    (0..words.len()).any(|i| {
        let Some(rate) = rate(&word(i)) else { return false };
        let next = word(i + 1);
        match next.as_str() {
            "percent" => word(i + 2) != "down",
            "point" => rate == Figure::Whole && digit(&word(i + 2)).is_some(),
            "and" => {
                let fraction = ["half", "quarter", "quarters", "eighth", "eighths"];
                let unit = ["point", "points", "year", "years", "months", "bath", "baths"];
                fraction.contains(&word(i + 3).as_str()) && !unit.contains(&word(i + 4).as_str())
            }
            "points" | "million" | "thousand" => false,
            _ if ["eighth", "eighths"].contains(&word(i + 2).as_str()) => digit(&next).is_some(),
            _ => rate == Figure::Decimal,
        }
    })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Figure {
    Whole,
    Decimal,
}

/// A number that can be a mortgage rate: 2 to 9 and a bit.
fn rate(word: &str) -> Option<Figure> {
    if let Some((whole, _)) = word.split_once('.') {
        return matches!(digit(whole), Some(2..=9)).then_some(Figure::Decimal);
    }
    matches!(digit(word), Some(2..=9)).then_some(Figure::Whole)
}

fn digit(word: &str) -> Option<u32> {
    const NAMES: [&str; 10] =
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
    if word == "oh" {
        return Some(0);
    }
    match NAMES.iter().position(|name| *name == word) {
        Some(digit) => Some(digit as u32),
        None => word.parse().ok().filter(|digit| *digit < 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::persona::Library;

    fn read(text: &str) -> Signals {
        let library = Library::embedded().expect("the library is right");
        Signals::read(&library.scenario("rachel").expect("rachel"), text, Span::ZERO)
    }

    #[test]
    fn rates_are_told_from_other_numbers() {
        for (text, quoted) in [
            ("we are at 6.5% today", true),
            ("six point five with an a p r of six point six", true),
            ("six and a half percent", true),
            ("that is five percent on a thirty year", true),
            ("somewhere in the mid sixes", true),
            ("six seven eighths", true),
            ("you put ten percent down", false),
            ("with three percent down", false),
            ("two points and a thirty day lock", false),
            ("n m l s one two three four five six", false),
            ("one point five points", false),
            ("two and a half baths", false),
            ("four hundred twenty thousand", false),
            ("five minutes", false),
            ("the score is seven forty one", false),
        ] {
            assert_eq!(read(text).quoted, quoted, "{text}");
        }
    }

    #[test]
    fn questions_are_found_without_marks() {
        for (text, topic, asked) in [
            ("what's your credit score", "credit", true),
            ("and your credit how is it", "credit", true),
            ("tell me about your time line", "timeline", true),
            ("when do you need to be in the new place", "timeline", true),
            ("is there an agent involved", "agent", true),
            ("i pull your credit later", "credit", false),
            ("credit matters. how are the kids?", "credit", false),
            ("You have good credit?", "credit", true),
        ] {
            assert_eq!(read(text).asked.contains(topic), asked, "{text}");
        }
    }

    #[test]
    fn questions_are_counted_once_and_greetings_are_none() {
        for (text, count) in [
            ("what is your score and when do you need to move", 2),
            ("how are you today", 0),
            ("do you have what is called a pre approval", 1),
            ("Sure. Which state? Whose name?", 2),
            ("no question here", 0),
        ] {
            assert_eq!(read(text).questions, count, "{text}");
        }
    }

    #[test]
    fn a_negated_promise_is_none() {
        assert!(read("i guarantee you the best rate").says(topic::PROMISE));
        assert!(!read("nobody can guarantee that").says(topic::PROMISE));
        assert!(!read("i cannot really guarantee that").says(topic::PROMISE));
        assert!(!read("you are not wasting my time").says(topic::INSULT));
    }

    #[test]
    fn a_refusal_and_its_contrary_are_told_apart() {
        assert!(read("sorry we can't quote rates over the phone").says(topic::REFUSAL));
        assert!(!read("i can quote you right now").says(topic::REFUSAL));
        assert!(!read("i can give you a rate in a second").says(topic::REFUSAL));
    }
}
