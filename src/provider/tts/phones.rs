//! Which word each spoken phone belongs to.
//!
//! Flite prints the phones of a sentence with their times, but not where words begin. Spoken alone, a
//! word gives the phones it is made of; the two sequences differ a little (a vowel weakens, a
//! consonant is dropped) and are aligned.

use std::ops::Range;

use ringcraft_media::units::Span;

/// Flite's name for silence.
const SILENCE: &str = "pau";

/// Cells of the largest alignment: a chunk of some 500 words. Beyond, times come by letters.
const MOST_CELLS: usize = 4_000_000;

const VOWEL_FOR_VOWEL: u32 = 1;
const PHONE_FOR_PHONE: u32 = 3;
const ONE_MORE_OR_LESS: u32 = 2;

/// One sound with its times since the chunk began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Phone {
    /// Flite's name for it.
    pub(super) name: String,
    /// When it sounds.
    pub(super) at: Range<Span>,
}

/// Reads what `-psdur` prints: a line a sentence, `phone:end` in seconds since the sentence began.
/// Silences are left out. `None` when it is something else.
pub(super) fn parse_timed(printed: &str) -> Option<Vec<Phone>> {
    let mut phones = Vec::new();
    let mut sentence = Span::ZERO;
    for line in printed.lines() {
        let mut start = sentence;
        for item in line.split_whitespace() {
            let (name, end) = item.rsplit_once(':')?;
            let seconds: f64 = end.parse().ok().filter(|end| (0.0..36_000.0).contains(end))?;
            let end = (sentence + Span((seconds * 1e6).round() as u64)).max(start);
            if name != SILENCE {
                phones.push(Phone { name: name.to_owned(), at: start..end });
            }
            start = end;
        }
        sentence = start;
    }
    Some(phones)
}

/// Reads what `-ps` prints of words spoken one by one: a line a word.
pub(super) fn parse_spellings(printed: &str) -> Vec<Vec<&str>> {
    printed
        .lines()
        .map(|line| line.split_whitespace().filter(|phone| *phone != SILENCE).collect())
        .collect()
}

/// The times of words, given the phones of each alone and the phones of all as they were spoken. A
/// word of which nothing was spoken has no length. `None` when there is too much to align.
pub(super) fn word_times(spellings: &[Vec<&str>], spoken: &[Phone]) -> Option<Vec<Range<Span>>> {
    let expected: Vec<(usize, &str)> = spellings
        .iter()
        .enumerate()
        .flat_map(|(word, phones)| phones.iter().map(move |phone| (word, *phone)))
        .collect();
    if expected.is_empty() || MOST_CELLS < (expected.len() + 1) * (spoken.len() + 1) {
        return None;
    }
    let owners = align(&expected, spoken);

    let mut times: Vec<Option<Range<Span>>> = vec![None; spellings.len()];
    for (phone, owner) in spoken.iter().zip(owners) {
        let time = times[owner].get_or_insert(phone.at.clone());
        time.end = phone.at.end;
    }
    let mut before = spoken.first().map_or(Span::ZERO, |phone| phone.at.start);
    let place = |time: Option<Range<Span>>| {
        let time = time.unwrap_or(before..before);
        before = time.end;
        time
    };
    Some(times.into_iter().map(place).collect())
}

/// The word of each spoken phone: the cheapest alignment, words in order.
fn align(expected: &[(usize, &str)], spoken: &[Phone]) -> Vec<usize> {
    let width = spoken.len() + 1;
    let mut cost = vec![0_u32; (expected.len() + 1) * width];
    for row in 0..=expected.len() {
        for column in 0..width {
            cost[row * width + column] = match (row, column) {
                (0, _) => column as u32 * ONE_MORE_OR_LESS,
                (_, 0) => row as u32 * ONE_MORE_OR_LESS,
                _ => {
                    let swap = swap_cost(expected[row - 1].1, &spoken[column - 1].name);
                    let above = (row - 1) * width + column;
                    let beside = row * width + column - 1;
                    (cost[above - 1] + swap)
                        .min(cost[above] + ONE_MORE_OR_LESS)
                        .min(cost[beside] + ONE_MORE_OR_LESS)
                }
            };
        }
    }

    let mut owners = vec![0; spoken.len()];
    let (mut row, mut column) = (expected.len(), spoken.len());
    while 0 < column {
        let here = cost[row * width + column];
        if row == 0 {
            column -= 1;
            owners[column] = expected[0].0;
            continue;
        }
        let swap = swap_cost(expected[row - 1].1, &spoken[column - 1].name);
        if here == cost[(row - 1) * width + column - 1] + swap {
            row -= 1;
            column -= 1;
            owners[column] = expected[row].0;
        } else if here == cost[row * width + column - 1] + ONE_MORE_OR_LESS {
            // A phone more than expected lengthens the word before it.
            column -= 1;
            owners[column] = expected[row - 1].0;
        } else {
            row -= 1;
        }
    }
    owners
}

fn swap_cost(expected: &str, spoken: &str) -> u32 {
    let is_vowel = |phone: &str| phone.starts_with(['a', 'e', 'i', 'o', 'u']);
    match (expected == spoken, is_vowel(expected) && is_vowel(spoken)) {
        (true, _) => 0,
        (_, true) => VOWEL_FOR_VOWEL,
        _ => PHONE_FOR_PHONE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(times: &[Range<Span>]) -> Vec<(u64, u64)> {
        times.iter().map(|time| (time.start.as_ms(), time.end.as_ms())).collect()
    }

    #[test]
    fn sentences_follow_each_other() {
        let printed =
            "pau:0.100 hh:0.150 ay:0.300 pau:0.400 \npau:0.050 y:0.100 uw:0.200 pau:0.260 \n";
        let phones = parse_timed(printed).expect("phones");
        let names: Vec<_> = phones.iter().map(|phone| phone.name.as_str()).collect();
        assert_eq!(names, ["hh", "ay", "y", "uw"]);
        let times: Vec<_> = phones.into_iter().map(|phone| phone.at).collect();
        assert_eq!(ms(&times), [(100, 150), (150, 300), (450, 500), (500, 600)]);
    }

    #[test]
    fn nonsense_is_no_phones() {
        for wrong in ["pau", "pau:x", "pau:-1.0", "pau:NaN", "pau:1e99"] {
            assert_eq!(parse_timed(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn words_keep_their_phones_when_speech_bends_them() {
        // "and the rate": spoken fast, "and" lost its d and "the" has another vowel.
        let spellings = parse_spellings("pau ae n d pau \npau dh ax pau \npau r ey t pau \n");
        let spoken = parse_timed("pau:0.1 ax:0.15 n:0.2 dh:0.25 iy:0.3 r:0.4 ey:0.5 t:0.6 pau:0.7")
            .expect("phones");
        let times = word_times(&spellings, &spoken).expect("times");
        assert_eq!(ms(&times), [(100, 200), (200, 300), (300, 600)]);
    }

    #[test]
    fn a_word_of_which_nothing_was_spoken_has_no_length() {
        let spellings = vec![vec!["y", "eh", "s"], vec![], vec!["n", "ow"]];
        let spoken = parse_timed("y:0.1 eh:0.2 s:0.3 n:0.4 ow:0.5").expect("phones");
        let times = word_times(&spellings, &spoken).expect("times");
        assert_eq!(ms(&times), [(0, 300), (300, 300), (300, 500)]);
        assert_eq!(word_times(&[vec![]], &spoken), None);
        assert_eq!(ms(&word_times(&spellings, &[]).expect("times")), [(0, 0); 3]);
    }

    #[test]
    fn a_repeated_phone_stays_with_its_word() {
        // "six seven": two s meet. "four four": the same word twice.
        let spellings = parse_spellings("s ih k s\ns eh v ax n\nf ao r\nf ao r");
        let printed = "s:0.1 ih:0.2 k:0.3 s:0.4 s:0.5 eh:0.6 v:0.7 ax:0.8 n:0.9 f:1 ao:1.1 r:1.2 f:1.3 ao:1.4 r:1.5";
        let times = word_times(&spellings, &parse_timed(printed).expect("phones")).expect("times");
        assert_eq!(ms(&times), [(0, 400), (400, 900), (900, 1_200), (1_200, 1_500)]);
    }
}
