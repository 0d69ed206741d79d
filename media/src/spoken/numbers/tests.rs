use proptest::prelude::*;

use super::*;

#[track_caller]
fn reads(text: &str, values: &[&str]) {
    let found = canonical(text);
    let found: Vec<&str> = found.iter().map(|word| word.value.as_str()).collect();
    assert_eq!(found, values, "{text}");
}

#[test]
fn a_rate_is_one_value_however_it_is_said() {
    for said in [
        "6.5%",
        "6.50%",
        "6.5 percent",
        "6 1/2 %",
        "6½%",
        "six point five percent",
        "six and a half percent",
        "Six and a half per cent.",
        "six point five oh percent",
    ] {
        reads(said, &["6.5%"]);
    }
    reads("six and an eighth percent", &["6.125%"]);
    reads("six and three quarters", &["6.75"]);
    reads("six point twenty five", &["6.25"]);
    reads("five point nine nine", &["5.99"]);
    reads("half a percent or a quarter of a percent", &["0.5%", "or", "0.25%"]);
    reads("a half percent", &["0.5%"]);
    reads("five to ten percent", &["5", "to", "10%"]);
    reads("point five", &["0.5"]);
}

#[test]
fn letters_come_together() {
    reads("the A P R is", &["the", "APR", "is"]);
    reads("an a p r of six", &["an", "APR", "of", "6"]);
    reads("the APR's high, A.P.R.", &["the", "APR", "high", "APR"]);
    reads("N M L S one two three", &["NMLS", "123"]);
    reads("n m l s number four oh seven", &["NMLS", "number", "407"]);
    reads("NMLS 123456", &["NMLS", "123456"]);
    reads("my nmls id", &["my", "NMLS", "id"]);
    reads("F H A or V A loans with p m i", &["FHA", "or", "VA", "loans", "with", "PMI"]);
    reads("at three p m", &["at", "3", "PM"]);
    reads("what a b is", &["what", "a", "b", "is"]);
}

#[test]
fn money_is_one_value_however_it_is_said() {
    for said in [
        "$2,150.75",
        "two thousand one hundred fifty dollars and seventy five cents",
        "twenty one hundred and fifty dollars and seventy-five cents",
    ] {
        reads(said, &["$2150.75"]);
    }
    reads("$420k", &["$420000"]);
    reads("four hundred twenty k", &["420000"]);
    reads("$1.5 million or one point five million dollars", &["$1500000", "or", "$1500000"]);
    reads("fifty cents, five bucks", &["$0.50", "$5"]);
    reads("$2,150 a month", &["$2150", "a", "month"]);
    reads("four hundred thousand and change", &["400000", "and", "change"]);
}

#[test]
fn whole_numbers() {
    reads("seven hundred forty one", &["741"]);
    reads("a hundred and five", &["105"]);
    reads("one million two hundred thousand three", &["1200003"]);
    reads("zero", &["0"]);
    reads("seven forty one", &["7", "41"]);
    reads("twenty five hundred", &["2500"]);
    reads("two, three, four.", &["2", "3", "4"]);
    reads("five two hundred", &["5", "200"]);
    reads("twenty twenty one and 2021 and 1099", &["2021", "and", "2021", "and", "1099"]);
    reads("nineteen oh five", &["1905"]);
    reads("ten thirty year loans", &["10", "30", "year", "loans"]);
    reads("thirty, fifteen", &["30", "15"]);
    reads("call 555-123-4567", &["call", "5551234567"]);
}

#[test]
fn words_are_plain_and_fractions_of_things_stay_words() {
    reads("I can't GUARANTEE that!", &["i", "can't", "guarantee", "that"]);
    reads("a half hour", &["a", "half", "hour"]);
    reads("one half", &["0.5"]);
    reads("pre-approved and he said so", &["pre", "approved", "and", "he", "said", "so"]);
    reads("", &[]);
}

#[test]
fn ranges_name_the_words_as_they_stand() {
    let text = "Well, (six and a half percent), N M L S 12345.";
    let found = canonical(text);
    let quoted: Vec<(&str, &str)> =
        found.iter().map(|word| (word.value.as_str(), &text[word.range.clone()])).collect();
    assert_eq!(
        quoted,
        [
            ("well", "Well"),
            ("6.5%", "six and a half percent"),
            ("NMLS", "N M L S"),
            ("12345", "12345"),
        ]
    );
}

proptest! {
    #[test]
    fn written_numbers_come_back(whole in 0u64..1_000_000_000, cents in 1u64..100) {
        let grouped = whole.to_string();
        let mut written = String::new();
        for (index, digit) in grouped.chars().enumerate() {
            if 0 < index && (grouped.len() - index).is_multiple_of(3) {
                written.push(',');
            }
            written.push(digit);
        }
        reads(&format!("${written}.{cents:02}"), &[&match whole {
            0 => format!("$0.{cents:02}"),
            _ => format!("${whole}.{cents:02}"),
        }]);
        let percent = format!("{whole}.{cents:02}");
        let short = percent.trim_end_matches('0');
        reads(&format!("{written}.{cents:02}%"), &[&format!("{short}%")]);
    }

    #[test]
    fn any_text_reads_in_order(
        words in prop::collection::vec(
            prop_oneof![
                Just("six"), Just("twenty"), Just("hundred"), Just("thousand"), Just("trillion"),
                Just("point"), Just("and"), Just("a"), Just("half"), Just("quarter"), Just("of"),
                Just("percent"), Just("dollars"), Just("cents"), Just("oh"), Just("p"), Just("m"),
                Just("k"), Just("zero"), Just("rate,"), Just("$5"), Just("—"), Just("1/2"),
            ],
            0..30,
        ),
        noise in "\\PC{0,60}",
    ) {
        let text = words.join(" ") + " " + &noise;
        let mut before = 0;
        for word in canonical(&text) {
            prop_assert!(!word.value.is_empty());
            prop_assert!(text.get(word.range.clone()).is_some_and(|quoted| !quoted.is_empty()));
            prop_assert!(before <= word.range.start);
            before = word.range.start;
        }
    }
}
