//! Questions, with and without a question mark.

use super::WordList;
use super::ending::without_leads;

/// Who can be asked of, right behind the verb.
pub(super) const SUBJECTS: [&str; 11] =
    ["he", "i", "it", "she", "that", "there", "they", "this", "those", "we", "you"];

/// Verbs that change places with their subject in a question.
pub(super) const AUXILIARIES: WordList = WordList(
    "\
    am are can could did do does had has have is may might must shall should was were will \
    would",
);

/// Of these, the ones a question can end behind: "how are you".
const FORMS_OF_BE: [&str; 5] = ["am", "are", "is", "was", "were"];

const QUESTION_WORDS: WordList =
    WordList("how how's what what'd what're what's when where where's which who who's whose why");

/// A question has at least so many words.
const SHORTEST: usize = 3;

/// How far back a question is looked for that no mark and no full stop sets off.
const NEAR_THE_END: usize = 12;

/// Whether unpunctuated words end in a question.
pub(super) fn asks(words: &[&str]) -> bool {
    begins_as_question(without_leads(words)) || inverts_near_the_end(words)
}

fn begins_as_question(clause: &[&str]) -> bool {
    let [first, second, ..] = clause else { return false };
    let is_subject = SUBJECTS.contains(second) || matches!(*second, "the" | "your" | "our" | "any");
    let asks_of = match *first {
        // "What you want" and "when we lock" are parts of a sentence.
        word if QUESTION_WORDS.contains(word) => {
            !matches!(*second, "i" | "you" | "we" | "they" | "he" | "she" | "the" | "if")
        }
        "anything" | "any" => true,
        word => AUXILIARIES.contains(word) && is_subject,
    };
    asks_of && SHORTEST <= clause.len()
}

/// "That is the payment what do you think": verb before subject, and not after another subject as
/// in "if you can you save".
fn inverts_near_the_end(words: &[&str]) -> bool {
    let near = &words[words.len().saturating_sub(NEAR_THE_END)..];
    near.windows(4).any(|four| {
        let [before, verb, subject, _] = four else { return false };
        is_inverted(verb, subject) && !SUBJECTS.contains(before) && !is_verb_before(before)
    })
}

/// "The way it is I think" and "all I can do that for" do not ask.
fn is_verb_before(word: &str) -> bool {
    matches!(word, "not" | "to" | "and" | "never" | "who" | "that's") || AUXILIARIES.contains(word)
}

/// A verb and its subject behind it. They agree in number, as "what happens is we" do not.
fn is_inverted(verb: &str, subject: &str) -> bool {
    let agree = match verb {
        "is" | "does" | "has" => !matches!(subject, "i" | "we" | "you" | "they" | "those"),
        "was" => !matches!(subject, "we" | "you" | "they" | "those"),
        "am" => subject == "i",
        "are" | "were" => !matches!(subject, "i" | "it" | "he" | "she" | "that" | "this"),
        "do" | "have" => !matches!(subject, "it" | "he" | "she"),
        _ => true,
    };
    agree && AUXILIARIES.contains(verb) && SUBJECTS.contains(&subject)
}

/// "… isn't it", "… don't you", "…, right": the sentence is over, and asks for a yes.
pub(super) fn is_tag(words: &[&str]) -> bool {
    const BEFORE_A_TAG: usize = 3;
    match words {
        [before @ .., verb, subject] if BEFORE_A_TAG <= before.len() && verb.ends_with("n't") => {
            SUBJECTS.contains(subject)
        }
        [before @ .., "right" | "correct" | "yeah" | "huh"] => BEFORE_A_TAG <= before.len(),
        _ => false,
    }
}

/// "How much do you", "what can I": the verb is still to come.
pub(super) fn breaks_off(words: &[&str]) -> bool {
    match words {
        [before @ .., verb, subject] => {
            let can_end = FORMS_OF_BE.contains(verb) || matches!(*subject, "that" | "this" | "it");
            let after_subject = before.last().is_some_and(|word| SUBJECTS.contains(word));
            is_inverted(verb, subject) && !can_end && !after_subject
        }
        _ => false,
    }
}
