//! How the last clause of a turn ends: open, closed, or so that nobody can tell.

use super::{Completeness, Phrases, WordList, bare_words, dictation, question};

/// The words after the last full stop that is not at the very end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clause<'a> {
    pub(super) words: &'a [&'a str],
    text: &'a str,
    /// The mark at the end, from a recogniser that writes marks.
    pub(super) stop: Option<char>,
    /// It ends in a mark after which there is more, whoever wrote it.
    breaks_off: bool,
}

const FILLERS: [&str; 6] = ["er", "erm", "uh", "uhm", "um", "umm"];

/// Words that stand before what they belong to.
const OPEN_ENDS: WordList = WordList(
    "\
    a about against also although am an and any are as at basically be because been between \
    but by can cause could during each else's especially every except for from had has he's \
    here's how i'm if in including into is it's just let's like may might must my nor of on \
    onto or our per plus she's should since so some than that's the their then there's \
    these they're to towards under unless until upon very was we're were what what's when \
    where where's whether which while who who's whose why will with without would you're",
);

/// Words that no question mark makes an end of.
const HARD_ENDS: [&str; 10] = ["a", "an", "and", "but", "her", "my", "or", "our", "the", "your"];

/// Short forms of verbs that cannot stand at an end: what would is written in full there.
const CLITICS: [&str; 5] = ["'m", "'re", "'ve", "'ll", "'d"];

/// Ends of a question that stand before nothing: "what are you looking for".
const STRANDED: WordList = WordList("about as at by for from in into like of on to with");

/// A turn of which every word is one of these is finished. "Okay" and "great" are not among them:
/// they begin a turn as often as they are one.
const ANSWERS: WordList =
    WordList("absolutely bye correct definitely goodbye hello hi no nope sure thanks yeah yep yes");

/// Turns that are finished as they stand, many of them because they point back.
const WHOLE_TURNS: Phrases = Phrases(
    "\
    all of it|all of them|both|both of them|either one|fair enough|go ahead|got it|me too|\
    neither|no problem|not really|not yet|of course|same here|sounds good|thank you|\
    that one|that's it|that's right|the first one|the same|the second one|you too",
);

/// Ends that hand over.
const HAND_OVERS: Phrases = Phrases(
    "\
    any questions|does that help|fair enough|go ahead|good day|great day|let me know|\
    make sense|makes sense|sound good|sounds good|talk soon|thank you|your thoughts",
);

/// Ends that announce what is not said yet.
const PREFACES: Phrases = Phrases(
    "\
    as i mentioned|as i said|bear with me|by the way|for example|for instance|hang on|\
    here's the thing|hold on|i mean|in other words|let me check|let me see|let's see|\
    like i mentioned|like i said|one second|such as|the thing is|to be honest",
);

/// Beginnings of a clause that another one has to follow.
const SUBORDINATORS: [&str; 9] =
    ["although", "as", "if", "once", "since", "unless", "when", "whenever", "while"];

/// The longest clause that is taken to have no main clause in it yet.
const SUBORDINATE_MAX_WORDS: usize = 10;

/// What announces a list, after a number of it.
const LISTED: WordList =
    WordList("choices documents items options pieces programs questions reasons things ways");
const LISTED_NUMBERS: [&str; 7] = ["couple", "few", "five", "four", "several", "three", "two"];

/// What a clause may begin with before it begins.
pub(super) const LEADS: WordList =
    WordList("actually alright and but great now ok okay or right so then well yeah");

impl<'a> Clause<'a> {
    /// The last clause of a text in small letters that has these words.
    pub(super) fn last(text: &'a str, words: &'a [&'a str], punctuation: bool) -> Self {
        let text = text.trim_end();
        let body = text.trim_end_matches(is_stop);
        let after =
            [". ", "? ", "! ", "؟ "].iter().filter_map(|stop| Some(body.rfind(stop)? + stop.len()));
        let text_of_clause = after.max().and_then(|from| text.get(from..)).unwrap_or(text);
        let count = bare_words(text_of_clause).count().min(words.len());
        let last = text.chars().next_back();
        Self {
            words: &words[words.len() - count..],
            text: text_of_clause,
            stop: last.filter(|mark| punctuation && is_stop(*mark)),
            breaks_off: text.ends_with("..")
                || last.is_some_and(|mark| matches!(mark, ',' | ';' | ':' | '-' | '–' | '—' | '…')),
        }
    }

    pub(super) fn completeness(&self) -> Completeness {
        use Completeness::{Complete, Incomplete, Unclear};
        let Some(last) = self.words.last() else { return Unclear };
        if self.breaks_off || FILLERS.contains(last) {
            return Incomplete;
        }
        if let Some(dictated) = dictation::completeness(self) {
            return dictated;
        }
        if matches!(self.stop, Some('?' | '؟')) && !HARD_ENDS.contains(last) {
            return Complete;
        }
        if question::is_tag(self.words) || self.is_short_for_more() {
            return Complete;
        }
        if self.ends_open() {
            let asks = STRANDED.contains(last) && question::asks(self.words);
            return if asks { Unclear } else { Incomplete };
        }
        if self.announces_more() {
            return if self.stop.is_some() { Unclear } else { Incomplete };
        }
        if self.stop.is_some() {
            return if self.is_list_without_end() { Unclear } else { Complete };
        }
        if self.is_answer() || HAND_OVERS.ends(self.words) || question::asks(self.words) {
            return Complete;
        }
        Unclear
    }

    /// The clause without what it was led in by.
    fn body(&self) -> &'a [&'a str] {
        without_leads(self.words)
    }

    fn ends_open(&self) -> bool {
        let is_clitic = |word: &str| CLITICS.iter().any(|clitic| word.ends_with(clitic));
        self.words.last().is_some_and(|last| {
            OPEN_ENDS.contains(last) || HARD_ENDS.contains(last) || is_clitic(last)
        }) || question::breaks_off(self.words)
    }

    /// It ends in a word that would be open but stands for something said before: "I think so",
    /// "yes we can", "talk to you then".
    fn is_short_for_more(&self) -> bool {
        const SHORT: usize = 5;
        match self.words {
            [.., verb, "so"] => matches!(*verb, "think" | "hope" | "guess" | "believe" | "suppose"),
            [.., before, "then"] => {
                matches!(*before, "okay" | "alright" | "you" | "back" | "until")
            }
            [answer @ .., subject, verb] if self.words.len() <= SHORT => {
                question::SUBJECTS.contains(subject)
                    && question::AUXILIARIES.contains(verb)
                    && answer.first().is_none_or(|first| ANSWERS.contains(first))
            }
            _ => false,
        }
    }

    fn announces_more(&self) -> bool {
        if PREFACES.ends(self.words) {
            return true;
        }
        if let [.., before, listed] = self.words
            && LISTED.contains(listed)
        {
            // "Two options", "a couple of questions".
            let words = self.words.iter().rev().skip(1).take(2);
            return *before != "any" && words.copied().any(|word| LISTED_NUMBERS.contains(&word));
        }
        // "Well", and nothing yet.
        let has_hardly_begun = self.body().is_empty() && self.words.last() == Some(&"well");
        has_hardly_begun || self.is_half_of_a_pair() || self.is_subordinate()
    }

    /// "Either" without its "or".
    fn is_half_of_a_pair(&self) -> bool {
        let Some(at) = self.words.iter().rposition(|word| *word == "either") else { return false };
        let rest = &self.words[at + 1..];
        !rest.is_empty() && !rest.contains(&"or") && !rest.contains(&"one")
    }

    /// "If you lock today": whoever says so has not said what then. With a second subject or a
    /// comma it has begun.
    fn is_subordinate(&self) -> bool {
        let body = self.body();
        let subjects = body.iter().filter(|word| question::SUBJECTS.contains(word)).count();
        body.first().is_some_and(|first| SUBORDINATORS.contains(first))
            && body.len() <= SUBORDINATE_MAX_WORDS
            && subjects < 2
            && !self.text.contains(',')
            && !question::asks(self.words)
    }

    /// "Rates, points, fees.": three items or more and no "and" before the last.
    fn is_list_without_end(&self) -> bool {
        const ITEM_MAX_WORDS: usize = 2;
        let mut items = self.text.split(',').skip(1);
        self.text.matches(',').count() >= 2
            && items.all(|item| {
                let joined = bare_words(item).any(|word| matches!(word, "and" | "or"));
                !joined && bare_words(item).count() <= ITEM_MAX_WORDS
            })
    }

    fn is_answer(&self) -> bool {
        const ANSWER_MAX_WORDS: usize = 3;
        let all = self.words.iter().all(|word| ANSWERS.contains(word));
        all && self.words.len() <= ANSWER_MAX_WORDS || WHOLE_TURNS.contains(self.body())
    }
}

pub(super) fn without_leads<'a>(words: &'a [&'a str]) -> &'a [&'a str] {
    let leads = words.iter().take_while(|word| LEADS.contains(word)).count();
    &words[leads..]
}

fn is_stop(mark: char) -> bool {
    matches!(mark, '.' | '?' | '!' | '؟')
}
