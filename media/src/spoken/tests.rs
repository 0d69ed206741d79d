use proptest::prelude::*;

use super::*;

#[track_caller]
fn says(written: &str, spoken: &str) {
    assert_eq!(Spoken::expand(written, "en-US").text(), spoken, "{written}");
}

#[test]
fn numbers() {
    says(
        "I have 3 kids and 1,250 reasons.",
        "I have three kids and one thousand two hundred fifty reasons.",
    );
    says(
        "It is 6.5 or 6.125, .5 more",
        "It is six point five or six point one two five, point five more",
    );
    says(
        "a 741 score, 740+ even",
        "a seven hundred forty one score, seven hundred forty plus even",
    );
    says(
        "about 420k for 2,000 sq ft",
        "about four hundred twenty thousand for two thousand square feet",
    );
    says("-5 or ~30 or +2", "minus five or about thirty or plus two");
}

#[test]
fn money() {
    says("$2,150.75", "two thousand one hundred fifty dollars and seventy five cents");
    says(
        "$1, $1.01, $0.50, $5.00",
        "one dollar, one dollar and one cent, fifty cents, five dollars",
    );
    says(
        "$420k and $1.5M.",
        "four hundred twenty thousand dollars and one point five million dollars.",
    );
    says("$2 million down", "two million dollars down");
    says(
        "$2,150/mo or $500/month?",
        "two thousand one hundred fifty dollars per month or five hundred dollars per month?",
    );
    says("$400-450k", "four hundred thousand to four hundred fifty thousand dollars");
    says("$400,000-$450,000", "four hundred thousand to four hundred fifty thousand dollars");
    says("£10 and €20.50", "ten pounds and twenty euros and fifty cents");
}

#[test]
fn percent() {
    says("6.5%, 10% down", "six point five percent, ten percent down");
    says("5-10% or 6.5–7%", "five to ten percent or six point five to seven percent");
    says("6½% or 6 1/2 % of it", "six and a half percent or six and a half percent of it");
}

#[test]
fn ordinals_years_and_dates() {
    says("the 1st, 22nd and 13th", "the first, twenty second and thirteenth");
    says("in 2021 or the 1980s", "in twenty twenty one or the nineteen eighties");
    says("2050 square feet", "two thousand fifty square feet");
    says("on March 15, 2021.", "on March fifteenth, twenty twenty one.");
    says("by Dec. 3", "by December third");
    says("on 12/15/2024", "on December fifteenth twenty twenty four");
    says("2020-2021", "twenty twenty to twenty twenty one");
}

#[test]
fn times() {
    says("at 3:30 pm today", "at three thirty P M today");
    says("at 3:30pm, 10am or 9 a.m. sharp", "at three thirty P M, ten A M or nine A M sharp");
    says("by 3:00 or 3:05", "by three o'clock or three oh five");
    says("at 3:00 p.m.", "at three P M.");
    says("After 3 p.m. Then call.", "After three P M. Then call.");
    says("9am-5pm", "nine A M to five P M");
    says("I am 30", "I am thirty");
}

#[test]
fn ids_and_telephone_numbers() {
    says("NMLS 123456.", "N M L S one two three four five six.");
    says("my NMLS ID is 40712", "my N M L S I D is four zero seven one two");
    says("NMLS #123456, NMLS#99", "N M L S one two three four five six, N M L S nine nine");
    says("call 555-123-4567", "call five five five, one two three, four five six seven");
    says("(555) 123-4567", "five five five one two three, four five six seven");
    says("1-800-555-0199!", "one, eight zero zero, five five five, zero one nine nine!");
    says("5551234567", "five five five one two three four five six seven");
    says("zip code 90210", "zip code nine zero two one zero");
    says("you are #1 of 90210", "you are number one of ninety thousand two hundred ten");
}

#[test]
fn fractions_and_ranges() {
    says("1/2, 3/4, 2/3 and 7/8", "one half, three quarters, two thirds and seven eighths");
    says("a 5/1 ARM, 24/7", "a five one ARM, twenty four seven");
    says("6-1/2 points, ½ off", "six and a half points, one half off");
    says("30-45 days, a 30-year loan", "thirty to forty five days, a thirty year loan");
    says("30—45", "thirty to forty five");
}

#[test]
fn units() {
    says("30 yr fixed, 30yr, 45 min", "thirty years fixed, thirty years, forty five minutes");
    says("25 bps of it", "twenty five basis points of it");
    says("come in for a min", "come in for a min");
}

#[test]
fn abbreviations() {
    says("Mr. Hill, Mrs. Hill and Ms. Lee", "Mister Hill, Missus Hill and Miz Lee");
    says("Dr. Ann lives on Oak Dr. in St. Louis.", "Doctor Ann lives on Oak Drive in Saint Louis.");
    says("12 Main St. now", "twelve Main Street now");
    says("In St. Louis, at 12 Main St. Yes.", "In Saint Louis, at twelve Main Street. Yes.");
    says(
        "fees, e.g. points, i.e. cash, etc.",
        "fees, for example points, that is cash, et cetera.",
    );
    says("fixed vs. ARM", "fixed versus ARM");
    says("No. 3 said no. No.", "number three said no. No.");
    says("J. P. Morgan in the U.S. now", "J P Morgan in the U S now");
    says("a Ph.D. in D.C.", "a P H D in D C.");
    says("Acme Co. and Co-op", "Acme Company and Co op");
}

#[test]
fn letter_words() {
    says("The APR, PMI and NMLS.", "The A P R, P M I and N M L S.");
    says("FHA/VA loans, APRs", "F H A V A loans, A P R's");
    says("my W-2 and a 1099", "my W two and a ten ninety nine");
    says("401(k) or 401k", "four oh one k or four oh one k");
    says("A.P.R. and an M.S. degree", "A P R and an M S degree");
    says("LTV, DTI, CFPB and HELOC", "L T V, D T I, C F P B and HELOC");
    says("I'M NOT SURE", "I'M NOT SURE");
    says("the FHA's rule", "the F H A's rule");
}

#[test]
fn signs_and_joints() {
    says("R&D & fees", "R and D and fees");
    says("a pre-approval and/or well-known", "a pre approval and or well known");
    says("well — maybe - not", "well, maybe, not");
    says("well—maybe", "well maybe");
    says("rachel.k@mail.com", "rachel dot k at mail dot com");
    says("ringcraft.com/apply", "ringcraft dot com slash apply");
    says("She said \"wait\" (twice).", "She said wait twice.");
    says("*smiles* 🙂 yes", "smiles yes");
    says("", "");
}

#[test]
fn other_languages_pass_one_to_one() {
    let spoken = Spoken::expand("السعر 6.5% ، حسنا؟", "ar");
    assert_eq!(spoken.text(), "السعر 6.5% ، حسنا؟");
    assert_eq!(spoken.words().len(), 4);
}

#[test]
fn words_and_tokens_find_each_other() {
    let spoken = Spoken::expand("It is $2 million — or 6.5% APR.", "en");
    assert_eq!(spoken.text(), "It is two million dollars, or six point five percent A P R.");
    let tokens: Vec<usize> = spoken.words().iter().map(|word| word.token).collect();
    assert_eq!(tokens, [0, 1, 2, 3, 3, 5, 6, 6, 6, 6, 7, 7, 7]);
    assert_eq!(spoken.words_of(3), 3..5);
    assert_eq!(spoken.words_of(4), 5..5);
    assert_eq!(spoken.words_of(6), 6..10);
    assert_eq!(&spoken.source()[spoken.tokens()[6].clone()], "6.5%");
}

#[test]
fn what_is_half_said_is_not_in_the_prefix() {
    let spoken = Spoken::expand("  I pay $2,150 — now. ", "en-US");
    assert_eq!(spoken.text(), "I pay two thousand one hundred fifty dollars, now.");
    for (said, prefix) in [
        (0, ""),
        (1, "  I"),
        (2, "  I pay"),
        (3, "  I pay"),
        (7, "  I pay"),
        (8, "  I pay $2,150"),
        (9, "  I pay $2,150 — now."),
        (99, "  I pay $2,150 — now."),
    ] {
        assert_eq!(spoken.written_prefix(said), prefix, "{said} words");
    }
    assert_eq!(Spoken::expand(" \n", "en").written_prefix(3), "");
}

/// Text with much of what is read in a special way.
fn awkward_text() -> impl Strategy<Value = String> {
    let sign = prop_oneof![
        Just("$"),
        Just("%"),
        Just("."),
        Just(","),
        Just("-"),
        Just("/"),
        Just("#"),
        Just("("),
        Just(")"),
        Just(":"),
        Just("½"),
        Just("k"),
        Just("pm"),
        Just("APR"),
        Just("NMLS"),
        Just("Dr"),
        Just("'s"),
        Just("&"),
        Just("@"),
        Just(".com"),
        Just("—"),
        Just(" "),
        Just(" "),
        Just(" "),
        Just("th"),
        Just("وقت"),
        Just("million"),
        Just("é"),
    ]
    .prop_map(String::from);
    let piece = prop_oneof![1 => "[0-9]{1,18}", 4 => sign];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn every_word_has_a_token_and_prefixes_grow(
        text in prop_oneof![awkward_text(), "\\PC{0,200}"],
        language in prop_oneof![Just("en-US"), Just("ar")],
    ) {
        let spoken = Spoken::expand(&text, language);
        let split: Vec<&str> = spoken.text().split_whitespace().collect();
        let words: Vec<&str> = spoken.words().iter().map(|word| word.text.as_str()).collect();
        prop_assert_eq!(split, words);
        prop_assert!(spoken.words().is_sorted_by_key(|word| word.token));
        prop_assert!(spoken.words().iter().all(|word| word.token < spoken.tokens().len()));
        let written: Vec<&str> =
            spoken.tokens().iter().map(|token| &text[token.clone()]).collect();
        prop_assert_eq!(written, text.split_whitespace().collect::<Vec<_>>());
        for (token, range) in spoken.tokens().iter().enumerate() {
            let alphanumeric = text[range.clone()].chars().any(char::is_alphanumeric);
            prop_assert!(!alphanumeric || !spoken.words_of(token).is_empty(), "{}", &text[range.clone()]);
        }
        let mut before = 0;
        for said in 0..=spoken.words().len() {
            let prefix = spoken.written_prefix(said);
            prop_assert!(text.starts_with(prefix) && before <= prefix.len());
            before = prefix.len();
            let whole = spoken.tokens().iter().filter(|token| token.end <= prefix.len()).count();
            prop_assert!((0..whole).all(|token| spoken.words_of(token).end <= said));
        }
        prop_assert_eq!(before, text.trim_end().len());
    }
}
