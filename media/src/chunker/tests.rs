use proptest::prelude::*;

use super::*;

/// The chunks of a text that comes in these pieces.
fn chunks_of(pieces: &[&str]) -> Vec<String> {
    let mut chunker = Chunker::new();
    let mut chunks = Vec::new();
    for piece in pieces {
        chunker.push(piece);
        while let Some(chunk) = chunker.next() {
            chunks.push(chunk);
        }
    }
    while let Some(chunk) = chunker.finish() {
        chunks.push(chunk);
    }
    assert!(chunker.is_empty());
    chunks
}

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    assert_eq!(chunks_of(&[text]), expected, "whole");
    let letters: Vec<String> = text.chars().map(String::from).collect();
    let letters: Vec<&str> = letters.iter().map(String::as_str).collect();
    assert_eq!(chunks_of(&letters), expected, "letter by letter");
}

#[test]
fn the_first_chunk_ends_at_a_clause_of_four_words_or_25_characters() {
    check(
        "Hi, this is Rachel calling, I got your number. Do you have a minute? Great.",
        &["Hi, this is Rachel calling,", "I got your number.", "Do you have a minute?", "Great."],
    );
    check("Right, congratulations, I understand.", &["Right, congratulations, I understand."]);
    check(
        "Unbelievably disproportionate; yes. No.",
        &["Unbelievably disproportionate;", "yes.", "No."],
    );
    check("Okay. Sure. Fine. Go on then, please.", &["Okay. Sure. Fine. Go on then,", "please."]);
}

#[test]
fn later_chunks_end_at_sentences_only() {
    check(
        "That is too high. Well, if so, then no; really: no. Bye!",
        &["That is too high.", "Well, if so, then no; really: no.", "Bye!"],
    );
}

#[test]
fn numbers_are_not_parted() {
    check(
        "They said 6.5 percent and $2,150 at 3:30 today, so 1,234.56 more. Fine.",
        &["They said 6.5 percent and $2,150 at 3:30 today,", "so 1,234.56 more.", "Fine."],
    );
    check("I was told it is 6. 5 people said so.", &["I was told it is 6.", "5 people said so."]);
    check("It takes about 30 - 45 days, they say.", &["It takes about 30 - 45 days,", "they say."]);
    check("That would be 30—45 days or so, right?", &["That would be 30—45 days or so,", "right?"]);
    check(
        "We looked at item No. 3 on it. No. I said no.",
        &["We looked at item No. 3 on it.", "No.", "I said no."],
    );
}

#[test]
fn abbreviations_and_initials_are_not_parted() {
    check(
        "I spoke with Mr. Hill and Dr. Ann St. Clair. She agreed.",
        &["I spoke with Mr. Hill and Dr. Ann St. Clair.", "She agreed."],
    );
    check(
        "My bank is J. P. Morgan in the U.S. and they, e.g. Tom, said so.",
        &["My bank is J. P. Morgan in the U.S. and they,", "e.g. Tom, said so."],
    );
    check(
        "Call me after 3 p.m. on Friday. Or at 9 a.m. Monday works.",
        &["Call me after 3 p.m. on Friday.", "Or at 9 a.m.", "Monday works."],
    );
    check(
        "We pay fees, points, etc. and it adds up.",
        &["We pay fees, points,", "etc. and it adds up."],
    );
    check(
        "It was fixed vs. adjustable, I think. In Dec. 2021.",
        &["It was fixed vs. adjustable,", "I think.", "In Dec. 2021."],
    );
}

#[test]
fn quotes_dashes_and_ellipses_stay_with_their_words() {
    check(
        "She told me \"just wait.\" So I did wait (a year!). And now?",
        &["She told me \"just wait.\"", "So I did wait (a year!).", "And now?"],
    );
    check(
        "Look, I have a lease—it ends soon. Well... maybe. Hmm... No.",
        &["Look, I have a lease—", "it ends soon.", "Well... maybe.", "Hmm...", "No."],
    );
    check(
        "Is that so?! You must be joking… I mean it.",
        &["Is that so?! You must be joking…", "I mean it."],
    );
}

#[test]
fn arabic_marks_count() {
    check(
        "مرحبا، أنا راشيل من دبي، أبحث عن بيت. كم السعر؟ شكرا.",
        &["مرحبا، أنا راشيل من دبي،", "أبحث عن بيت.", "كم السعر؟", "شكرا."],
    );
}

#[test]
fn what_is_complete_is_given_at_once() {
    let mut chunker = Chunker::new();
    chunker.push("I am calling around today,");
    assert_eq!(chunker.next(), None, "the comma could still be inside a number");
    chunker.push(" ");
    assert_eq!(chunker.next().as_deref(), Some("I am calling around today,"));
    chunker.push("since my lease ends.");
    assert_eq!(chunker.next(), None);
    assert_eq!(chunker.finish().as_deref(), Some("since my lease ends."));
    assert_eq!(chunker.finish(), None);
}

#[test]
fn a_stall_gives_whole_words() {
    let mut chunker = Chunker::new();
    assert_eq!(chunker.flush(), None);
    chunker.push("I thi");
    assert_eq!(chunker.flush().as_deref(), Some("I"));
    assert_eq!(chunker.flush(), None, "half a word is not spoken");
    chunker.push("nk so. ");
    assert_eq!(chunker.next().as_deref(), Some("think so."), "later chunks end at sentences");
    chunker.push("It costs $2,");
    assert_eq!(chunker.flush().as_deref(), Some("It costs"));
    chunker.push("150 says Mr. ");
    assert_eq!(chunker.flush().as_deref(), Some("$2,150 says"), "a title waits for its name");
    chunker.push("J. P. ");
    assert_eq!(chunker.flush(), None);
    chunker.push("Morgan there.");
    assert_eq!(chunker.flush().as_deref(), Some("Mr. J. P. Morgan there."));
    assert!(chunker.is_empty());
}

#[test]
fn a_sentence_without_end_is_cut_at_a_word() {
    let text = "word ".repeat(200);
    let chunks = chunks_of(&[&text]);
    assert_eq!(chunks.concat().matches("word").count(), 200);
    for chunk in &chunks {
        assert!(chunk.chars().count() <= MAX_CHARS, "{} characters", chunk.chars().count());
        assert!(chunk.ends_with("word"));
    }
    assert_eq!(chunks_of(&["é".repeat(700).as_str()]).len(), 3);
    assert_eq!(chunks_of(&[".".repeat(700).as_str()]).len(), 3);
}

/// Text with much of what makes cutting hard.
fn awkward_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("Mr."),
        Just("U.S."),
        Just("p.m."),
        Just("J."),
        Just("No."),
        Just("etc."),
        Just("6.5"),
        Just("$2,150"),
        Just("3:30"),
        Just("."),
        Just(","),
        Just("?"),
        Just("..."),
        Just("—"),
        Just("-"),
        Just("\""),
        Just(")"),
        Just("well"),
        Just("Rate"),
        Just("؟"),
        Just("، "),
        Just(" "),
        Just(" "),
        Just("\n\n"),
        Just("وقت"),
        Just("a"),
        Just("7"),
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn nothing_is_lost_and_pieces_do_not_matter(
        text in prop_oneof![awkward_text(), "\\PC{0,400}"],
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
    ) {
        let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        let mut cuts: Vec<usize> = match places.is_empty() {
            true => Vec::new(),
            false => cuts.iter().map(|cut| *cut.get(&places)).collect(),
        };
        cuts.extend([0, text.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&str> = cuts.windows(2).map(|ends| &text[ends[0]..ends[1]]).collect();

        let chunks = chunks_of(&pieces);
        prop_assert_eq!(&chunks, &chunks_of(&[&text]));
        let bare = |text: &str| text.split_whitespace().collect::<String>();
        prop_assert_eq!(bare(&chunks.concat()), bare(&text));
        for chunk in &chunks {
            prop_assert!(!chunk.is_empty() && chunk.trim() == chunk);
            prop_assert!(chunk.chars().count() <= MAX_CHARS);
        }
    }

    #[test]
    fn stalls_lose_nothing(text in awkward_text(), every in 1usize..9) {
        let mut chunker = Chunker::new();
        let mut chunks = Vec::new();
        for (count, character) in text.chars().enumerate() {
            chunker.push(&character.to_string());
            chunks.extend(chunker.next());
            if count % every == 0 {
                chunks.extend(chunker.flush());
            }
        }
        while let Some(chunk) = chunker.finish() {
            chunks.push(chunk);
        }
        let bare = |text: &str| text.split_whitespace().collect::<String>();
        prop_assert_eq!(bare(&chunks.concat()), bare(&text));
    }
}
