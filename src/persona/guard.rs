//! The last look at a reply before it is spoken: nothing unspeakable, out of character or endless.

/// Words after which a buyer is no buyer any more. Compared word by word, without marks.
const OUT_OF_CHARACTER: &[&str] = &[
    "as an ai",
    "im an ai",
    "i am an ai",
    "an ai assistant",
    "ai language model",
    "as a language model",
    "large language model",
    "a virtual assistant",
    "my instructions",
    "system prompt",
    "the direction says",
    "my direction says",
    "this roleplay",
    "this role play",
    "training exercise",
    "practice call",
    "made by anthropic",
    "by openai",
    "as your coach",
    "coaching tip",
    "feedback for you",
    "good technique",
    "great technique",
    "nice technique",
    "good job asking",
    "great job asking",
    "good job handling",
    "great job handling",
    "you should have asked",
    "you should have said",
    "a better approach would",
];

/// A stage direction longer than this was an opened bracket that nobody closed, in characters.
const ASIDE_LIMIT: usize = 160;

/// Why a guard let no more through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GuardStop {
    /// The reply was long enough and a sentence ended, or far too long.
    Length,
    /// What followed was not the buyer's to say.
    OutOfCharacter,
}

/// Cleans one reply as it streams, a word at a time.
#[derive(Debug)]
pub struct Guard {
    name: String,
    max_words: usize,
    phrases: Vec<Vec<&'static str>>,
    place: Place,
    line_start: bool,
    word: String,
    held: Vec<String>,
    said: usize,
    stopped: Option<GuardStop>,
}

/// Where in the written text the next character stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Speech,
    /// After an asterisk that may be the first of two.
    Star,
    /// In something that is not spoken, until `until`.
    Aside {
        until: char,
        length: usize,
    },
}

impl Guard {
    /// A guard for one reply of the buyer of this name.
    pub fn new(name: &str, max_words: u32) -> Self {
        Self {
            name: bare(name),
            max_words: max_words as usize,
            phrases: OUT_OF_CHARACTER.iter().map(|it| it.split(' ').collect()).collect(),
            place: Place::Speech,
            line_start: true,
            word: String::new(),
            held: Vec::new(),
            said: 0,
            stopped: None,
        }
    }

    /// Takes more of the reply; yields what may be spoken of it.
    pub fn push(&mut self, text: &str) -> String {
        let mut out = String::new();
        for c in text.chars() {
            if self.stopped.is_some() {
                break;
            }
            self.take(c, &mut out);
        }
        out
    }

    /// Ends the reply; yields the rest that may be spoken.
    pub fn finish(&mut self) -> String {
        let mut out = String::new();
        if self.stopped.is_none() {
            self.end_word(&mut out);
            let held = std::mem::take(&mut self.held);
            for word in held {
                self.say(&word, &mut out);
            }
        }
        out
    }

    /// Why it lets no more through, if so.
    pub fn stopped(&self) -> Option<GuardStop> {
        self.stopped
    }

    /// How many words it let through.
    pub fn words_said(&self) -> usize {
        self.said
    }

    fn take(&mut self, c: char, out: &mut String) {
        match self.place {
            Place::Aside { until, length } => {
                let over = c == until || c == '\n' || ASIDE_LIMIT <= length;
                self.place =
                    if over { Place::Speech } else { Place::Aside { until, length: length + 1 } };
            }
            // Two asterisks are emphasis of words that are spoken, one begins an aside.
            Place::Star if c == '*' => self.place = Place::Speech,
            Place::Star => self.place = Place::Aside { until: '*', length: 1 },
            Place::Speech => self.take_speech(c, out),
        }
    }

    fn take_speech(&mut self, c: char, out: &mut String) {
        match c {
            '*' => self.place = Place::Star,
            '(' => self.place = Place::Aside { until: ')', length: 0 },
            '[' => self.place = Place::Aside { until: ']', length: 0 },
            '<' => self.place = Place::Aside { until: '>', length: 0 },
            '_' | '`' | '#' | '~' | '"' | '“' | '”' | '{' | '}' | '|' => {}
            '-' | '•' if self.line_start => {}
            c if c.is_whitespace() => {
                self.end_word(out);
                self.line_start = c == '\n' || (self.line_start && c == ' ');
            }
            c => {
                self.line_start = false;
                self.word.push(c);
            }
        }
    }

    fn end_word(&mut self, out: &mut String) {
        let word = std::mem::take(&mut self.word);
        let label = self.said == 0 && self.held.is_empty() && word.ends_with(':');
        if word.is_empty() || (label && bare(&word) == self.name) {
            return;
        }
        self.held.push(word);
        let bare_words: Vec<String> = self.held.iter().map(|word| bare(word)).collect();
        let stands_at = |phrase: &Vec<&str>, i: usize| {
            bare_words[i..].iter().zip(phrase).all(|(word, wanted)| word == wanted)
        };
        for i in 0..self.held.len() {
            let rest = self.held.len() - i;
            let Some(phrase) = self.phrases.iter().find(|phrase| stands_at(phrase, i)) else {
                continue;
            };
            let complete = phrase.len() <= rest;
            self.say_first(i, out);
            if complete && self.stopped.is_none() {
                self.stopped = Some(GuardStop::OutOfCharacter);
            }
            return;
        }
        self.say_first(self.held.len(), out);
    }

    fn say_first(&mut self, count: usize, out: &mut String) {
        let words: Vec<String> = self.held.drain(..count).collect();
        for word in words {
            self.say(&word, out);
        }
    }

    fn say(&mut self, word: &str, out: &mut String) {
        if self.stopped.is_some() {
            return;
        }
        if 0 < self.said {
            out.push(' ');
        }
        out.push_str(word);
        self.said += 1;
        let ends_sentence = word.ends_with(['.', '!', '?', '…', '؟']);
        if (self.max_words <= self.said && ends_sentence) || self.max_words * 2 <= self.said {
            self.stopped = Some(GuardStop::Length);
        }
    }
}

/// A word without marks, in lower case.
fn bare(word: &str) -> String {
    word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pushes a text in pieces of `size` characters.
    fn guarded(text: &str, size: usize, max_words: u32) -> (String, Option<GuardStop>) {
        let mut guard = Guard::new("Rachel", max_words);
        let chars: Vec<char> = text.chars().collect();
        let mut out: String =
            chars.chunks(size).map(|piece| guard.push(&piece.iter().collect::<String>())).collect();
        out.push_str(&guard.finish());
        (out, guard.stopped())
    }

    #[test]
    fn only_what_is_spoken_passes_however_it_is_split() {
        for (written, spoken) in [
            ("Hi, what's your rate?", "Hi, what's your rate?"),
            ("*sighs* I said no.", "I said no."),
            ("I said **no** (crossing her arms) today.", "I said no today."),
            ("Rachel: Okay. [pause] Fine.", "Okay. Fine."),
            ("# Well\n- one\n- two", "Well one two"),
            ("\"Sure,\" I guess.", "Sure, I guess."),
            ("<direction>raise it</direction> Hello.", "raise it Hello."),
            ("At 6.5% _maybe_.", "At 6.5% maybe."),
            ("It's well-known - really.", "It's well-known - really."),
        ] {
            for size in [1, 2, 3, 7, 100] {
                assert_eq!(guarded(written, size, 40).0, spoken, "{written:?} by {size}");
            }
        }
    }

    #[test]
    fn nothing_after_the_mask_slips_is_spoken() {
        for (written, spoken) in [
            ("Okay. As an AI, I can't do that.", "Okay."),
            ("Well, I am an A.I. assistant.", "Well,"),
            ("That was good technique, by the way.", "That was"),
            ("Fine. You should have asked about my lease.", "Fine."),
        ] {
            for size in [1, 4, 100] {
                let (text, stopped) = guarded(written, size, 40);
                assert_eq!(text, spoken, "{written:?} by {size}");
                assert_eq!(stopped, Some(GuardStop::OutOfCharacter), "{written:?}");
            }
        }
        // The same words, harmless.
        let harmless = "As an aide I am an early riser.";
        assert_eq!(guarded(harmless, 3, 40), (harmless.to_owned(), None));
    }

    #[test]
    fn a_reply_ends_with_the_sentence_that_makes_it_long_enough() {
        let text = "One two three. Four five six. Seven eight nine.";
        assert_eq!(guarded(text, 5, 4).0, "One two three. Four five six.");
        assert_eq!(guarded(text, 5, 4).1, Some(GuardStop::Length));
        assert_eq!(guarded(text, 5, 9).0, text);
        assert_eq!(guarded("a b c d e f g h", 1, 3).0, "a b c d e f");
    }

    #[test]
    fn an_aside_that_nobody_closes_does_not_swallow_the_call() {
        let (text, _) = guarded(&format!("No (because {}then go on.", "x".repeat(200)), 9, 40);
        assert!(text.starts_with("No ") && text.ends_with("then go on."), "{text}");
    }

    proptest::proptest! {
        #[test]
        fn pieces_do_not_matter(text in "[ a-z*(.A\n-]{0,80}", size in 1_usize..9) {
            proptest::prop_assert_eq!(guarded(&text, size, 12), guarded(&text, 1_000, 12));
        }
    }
}
