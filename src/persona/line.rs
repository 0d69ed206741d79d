//! The scripted buyer's lines, checked to be speakable.

use serde::Deserialize;

/// Words a sentence may have: more is not said in one breath.
const SENTENCE_WORDS: usize = 20;

/// Sentences a line may have: a buyer on the phone is brief.
const LINE_SENTENCES: usize = 3;

/// The ways to say one thing. There are at least two, so that nothing is said twice in a row.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<Line>")]
pub struct Wordings(Vec<Line>);

/// One way to say something: a few short sentences without anything that cannot be spoken.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Line(String);

impl Wordings {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// One of them, counted round.
    pub fn get(&self, index: usize) -> &str {
        &self.0[index % self.0.len()].0
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|line| line.0.as_str())
    }
}

impl TryFrom<Vec<Line>> for Wordings {
    type Error = String;

    fn try_from(lines: Vec<Line>) -> Result<Self, String> {
        if !(2..=16).contains(&lines.len()) {
            return Err(format!("2 to 16 wordings are needed, not {}", lines.len()));
        }
        if let Some(line) = lines.iter().enumerate().find(|(i, line)| lines[..*i].contains(line)) {
            return Err(format!("wording {} stands there twice", line.0));
        }
        Ok(Self(lines))
    }
}

impl TryFrom<String> for Line {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if let Some(mark) = text.chars().find(|c| "*_#[](){}<>`|\"\n".contains(*c)) {
            return Err(format!("{mark:?} cannot be spoken"));
        }
        let Some('.' | '!' | '?' | '…' | '؟') = text.chars().last() else {
            return Err("a line ends in a full stop, a question mark or the like".to_owned());
        };
        let sentences: Vec<usize> = text
            .split_inclusive(['.', '!', '?', '…', '؟'])
            .map(|sentence| sentence.split_whitespace().count())
            .collect();
        if LINE_SENTENCES < sentences.len() {
            return Err(format!(
                "it has {} sentences, {LINE_SENTENCES} are allowed",
                sentences.len()
            ));
        }
        match sentences.into_iter().find(|words| SENTENCE_WORDS < *words) {
            Some(words) => {
                Err(format!("a sentence has {words} words, {SENTENCE_WORDS} are allowed"))
            }
            None => Ok(Self(text)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Result<Line, String> {
        Line::try_from(text.to_owned())
    }

    #[test]
    fn speakable_lines_pass() {
        assert!(line("Hi. What's your rate?").is_ok());
        assert!(line(&format!("{}end.", "word ".repeat(19))).is_ok());
    }

    #[test]
    fn the_rest_is_refused_with_its_reason() {
        for (text, reason) in [
            ("*sighs* Fine.", "'*' cannot be spoken"),
            ("", "a line ends in a full stop, a question mark or the like"),
            ("No end", "a line ends in a full stop, a question mark or the like"),
            ("One. Two. Three. Four.", "it has 4 sentences, 3 are allowed"),
            (&format!("Hi. {}end.", "word ".repeat(20)), "a sentence has 21 words, 20 are allowed"),
        ] {
            assert_eq!(line(text).unwrap_err(), reason, "{text}");
        }
    }

    #[test]
    fn one_wording_is_too_few() {
        let hi = line("Hi.").unwrap();
        assert!(Wordings::try_from(vec![hi.clone()]).unwrap_err().contains("not 1"));
        assert!(Wordings::try_from(vec![hi.clone(), hi]).unwrap_err().contains("twice"));
    }
}
