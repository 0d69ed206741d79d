//! Cuts a reply that is still being written into pieces that can be spoken.

/// A clause of this many words is worth speaking on its own, at the start of a reply.
const FIRST_MIN_WORDS: usize = 4;

/// So is one of this many characters.
const FIRST_MIN_CHARS: usize = 25;

/// A sentence that does not end is cut at a word here: what waits is bounded, whatever is written.
const MAX_CHARS: usize = 300;

/// Titles stand before a name: their full stop ends no sentence. Only with a capital.
const TITLES: &[&str] = &[
    "Mr", "Mrs", "Ms", "Dr", "Prof", "St", "Mt", "Ft", "Gov", "Sen", "Gen", "Rev", "Hon", "Capt",
    "Col", "Lt", "Sgt", "Messrs",
];

/// Abbreviations that are always followed by more of their sentence.
const LEADING: &[&str] =
    &["vs", "approx", "eg", "ie", "cf", "jan", "feb", "apr", "aug", "sept", "oct", "nov", "dec"];

/// Abbreviations that end a sentence only where the next word has a capital.
const EITHER: &[&str] =
    &["a.m", "p.m", "etc", "inc", "co", "corp", "ltd", "jr", "sr", "ph.d", "dept", "ext"];

/// Collects a reply's text and gives it away in speakable chunks.
///
/// The first chunk ends at a clause, once it is worth a breath; later ones end at sentences. No
/// chunk ends inside a number, an abbreviation or a name with initials. The chunks do not depend
/// on how the text was cut on its way, except through [`Chunker::flush`].
#[derive(Clone, Debug, Default)]
pub struct Chunker {
    /// What has not been given away: single spaces, none at either end.
    waiting: String,
    /// White space followed, so the last word is complete.
    spaced: bool,
    ended: bool,
    started: bool,
}

/// What ends after a mark, as far as one can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Edge {
    Nothing,
    Clause,
    Sentence,
    /// The next character decides, and it has not come.
    Undecided,
}

impl Chunker {
    /// Starts a reply.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds text as it was written. Pieces may end anywhere.
    pub fn push(&mut self, text: &str) {
        for character in text.chars() {
            if character.is_whitespace() {
                self.spaced = !self.waiting.is_empty();
            } else {
                if self.spaced {
                    self.waiting.push(' ');
                    self.spaced = false;
                }
                self.waiting.push(character);
            }
        }
    }

    /// Takes the next complete chunk, if there is one.
    #[expect(clippy::should_implement_trait, reason = "it is not over when it yields nothing")]
    pub fn next(&mut self) -> Option<String> {
        self.boundary().map(|end| self.take(end))
    }

    /// Says that the text is complete, and takes what is left. To be called until it yields nothing.
    pub fn finish(&mut self) -> Option<String> {
        self.ended = true;
        self.next().or_else(|| self.take_if(self.waiting.len()))
    }

    /// Takes what is there although more is to come: the writer stalls. Ends at a word.
    pub fn flush(&mut self) -> Option<String> {
        if let Some(chunk) = self.next() {
            return Some(chunk);
        }
        let last_is_whole = self.spaced || self.ended || ends_in_mark_after_letter(&self.waiting);
        let end = if last_is_whole { Some(self.waiting.len()) } else { self.waiting.rfind(' ') };
        self.take_if(end.map_or(0, |end| before_bound_words(&self.waiting, end)))
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    fn take_if(&mut self, end: usize) -> Option<String> {
        (0 < end).then(|| self.take(end))
    }

    fn take(&mut self, end: usize) -> String {
        let rest = self.waiting.split_off(end);
        let chunk = std::mem::replace(&mut self.waiting, rest.trim_start().to_owned());
        self.spaced &= !self.waiting.is_empty();
        self.started = true;
        chunk
    }

    /// Where the first chunk of what waits ends.
    fn boundary(&self) -> Option<usize> {
        let mut after = 0;
        for (count, (at, character)) in self.waiting.char_indices().enumerate() {
            if count == MAX_CHARS {
                return Some(word_end(&self.waiting, at));
            }
            if at < after || !is_mark(character) {
                continue;
            }
            let rest = &self.waiting[at + character.len_utf8()..];
            after = self.waiting.len() - rest.trim_start_matches(goes_with_mark).len();
            if MAX_CHARS < count + self.waiting[at..after].chars().count() {
                continue;
            }
            match self.edge(at, character, after) {
                Edge::Undecided => return None,
                Edge::Sentence if self.started || self.is_worth_a_breath(after) => {
                    return Some(after);
                }
                Edge::Clause if !self.started && self.is_worth_a_breath(after) => {
                    return Some(after);
                }
                Edge::Nothing | Edge::Clause | Edge::Sentence => {}
            }
        }
        None
    }

    fn is_worth_a_breath(&self, end: usize) -> bool {
        let start = &self.waiting[..end];
        let words = start.split(' ').filter(|word| word.chars().any(char::is_alphanumeric)).count();
        FIRST_MIN_WORDS <= words || FIRST_MIN_CHARS <= start.chars().count()
    }

    /// What ends with the mark at `at`, whose last companion ends at `after`.
    fn edge(&self, at: usize, mark: char, after: usize) -> Edge {
        let (before, rest) = (&self.waiting[..at], &self.waiting[after..]);
        let at_end = rest.is_empty();
        if at_end && !self.spaced && !self.ended {
            return Edge::Undecided;
        }
        let spaced = at_end || rest.starts_with(' ');
        let after_digit = before.trim_end().ends_with(|c: char| c.is_ascii_digit());
        match mark {
            '—' | '–' if !after_digit && !before.is_empty() => Edge::Clause,
            '-' if spaced && before.ends_with(' ') && !after_digit => Edge::Clause,
            _ if !spaced => Edge::Nothing,
            ',' | ';' | ':' | '،' | '؛' => Edge::Clause,
            '!' | '?' | '؟' => Edge::Sentence,
            '…' => self.trailing_off(rest),
            '.' if self.waiting[at..after].starts_with("..") => self.trailing_off(rest),
            '.' => self.full_stop(before, rest),
            _ => Edge::Nothing,
        }
    }

    /// An ellipsis is a pause; a capital after it starts a sentence.
    fn trailing_off(&self, rest: &str) -> Edge {
        if !self.started {
            return Edge::Clause;
        }
        match self.next_begins(rest) {
            None => Edge::Undecided,
            Some(begins) if begins.is_uppercase() => Edge::Sentence,
            Some(_) => Edge::Clause,
        }
    }

    fn full_stop(&self, before: &str, rest: &str) -> Edge {
        let word = last_word(before);
        if is_bound(word) {
            return if self.ended && rest.is_empty() { Edge::Sentence } else { Edge::Nothing };
        }
        let lower = word.to_lowercase();
        let number_sign = lower == "no";
        if !number_sign && !EITHER.contains(&lower.as_str()) {
            return Edge::Sentence;
        }
        match self.next_begins(rest) {
            None => Edge::Undecided,
            Some(begins) if number_sign && begins.is_ascii_digit() => Edge::Nothing,
            Some(begins) if !number_sign && (begins.is_lowercase() || begins.is_ascii_digit()) => {
                Edge::Nothing
            }
            Some(_) => Edge::Sentence,
        }
    }

    /// The first character after the space; past the end of the text, a capital.
    fn next_begins(&self, rest: &str) -> Option<char> {
        rest.trim_start().chars().next().or(self.ended.then_some('A'))
    }
}

fn is_mark(character: char) -> bool {
    matches!(character, '.' | ',' | ';' | ':' | '!' | '?' | '…' | '—' | '–' | '-' | '،' | '؛' | '؟')
}

/// What stays with the mark before it: more marks of an end, and what closes.
fn goes_with_mark(character: char) -> bool {
    matches!(
        character,
        '.' | '!' | '?' | '…' | '؟' | '"' | '\'' | '”' | '’' | '»' | ')' | ']' | '*'
    )
}

/// The last word of a text, without what opens.
fn last_word(text: &str) -> &str {
    let word = text.rsplit([' ', '—', '–']).next().unwrap_or(text);
    word.trim_start_matches(|c: char| !c.is_alphanumeric())
}

/// Whether a full stop after this word ends nothing: a title, an initial, "e.g", "U.S".
fn is_bound(word: &str) -> bool {
    let single = |part: &str| part.chars().count() == 1 && part.chars().all(char::is_alphabetic);
    let lower = word.to_lowercase();
    let dotted = word.split('.').all(single);
    TITLES.contains(&word)
        || LEADING.contains(&lower.as_str())
        || (dotted && !EITHER.contains(&lower.as_str()))
}

/// Where a cut at `end` does not part a title or an initial from what follows.
fn before_bound_words(text: &str, mut end: usize) -> usize {
    while let Some(word) = text[..end].strip_suffix('.').map(last_word)
        && is_bound(word)
    {
        end = text[..end].rfind(' ').unwrap_or(0);
    }
    end
}

/// The last end of a word at or before `limit`; `limit` where one word fills it all.
fn word_end(text: &str, limit: usize) -> usize {
    let end = text[..=limit_char(text, limit)].rfind(' ').unwrap_or(0);
    match before_bound_words(text, end) {
        0 => limit,
        end => end,
    }
}

/// The last byte of the character at `limit`.
fn limit_char(text: &str, limit: usize) -> usize {
    limit + text[limit..].chars().next().map_or(0, |character| character.len_utf8() - 1)
}

/// A word that a mark has ended, though no space has come. A digit may go on: "6." then "5".
fn ends_in_mark_after_letter(text: &str) -> bool {
    let bare = text.trim_end_matches(|c| is_mark(c) || goes_with_mark(c));
    bare.len() < text.len() && bare.ends_with(char::is_alphabetic)
}

#[cfg(test)]
mod tests;
