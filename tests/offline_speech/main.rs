//! The speech engines that need no set-up, as they are: PocketSphinx and Flite, no stand-ins.

#[path = "../support/clips.rs"]
mod clips;
mod recogniser;
mod voice;

#[test]
fn edits_count_what_differs() {
    use clips::{edits, words};

    let list = |text: &str| words(text);
    let (count, equal) = edits(&list("a loan estimate, please"), &list("the loan estimate"));
    assert_eq!((count, equal), (2, vec![(1, 1), (2, 2)]));
    assert_eq!(edits(&list(""), &list("o'clock now")).0, 2);
    assert_eq!(edits(&list("The same."), &list("the same")).0, 0);
}
