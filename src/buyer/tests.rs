use std::sync::LazyLock;

use super::*;
use crate::persona::Library;

fn rachel() -> Arc<Scenario> {
    static LIBRARY: LazyLock<Library> =
        LazyLock::new(|| Library::embedded().expect("the library is right"));
    LIBRARY.scenario("rachel").expect("rachel")
}

/// A conversation in which every reply is heard whole, as the scripted buyer words it.
struct Talk {
    buyer: Buyer,
    at_ms: u64,
    turn: u32,
}

/// What a turn led to.
struct Told {
    direction: Direction,
    events: Vec<String>,
}

impl Talk {
    fn new(seed: u64) -> Self {
        let mut talk = Self { buyer: Buyer::new(rachel(), seed), at_ms: 0, turn: 0 };
        talk.cue(Cue::Opening);
        talk
    }

    fn cue(&mut self, cue: Cue) -> Told {
        self.step(&RepTurn::silent(cue, self.at_ms))
    }

    fn says(&mut self, text: &str) -> Told {
        self.says_for(text, 300 * text.split_whitespace().count() as u64)
    }

    fn says_for(&mut self, text: &str, talk_ms: u64) -> Told {
        self.at_ms += talk_ms;
        self.turn += 1;
        let id = format!("r{}", self.turn);
        self.step(&RepTurn {
            cue: Cue::Turn,
            text,
            talk: Span::ms(talk_ms),
            at_ms: self.at_ms,
            utterance_id: Some(&id),
        })
    }

    fn step(&mut self, turn: &RepTurn<'_>) -> Told {
        let (buyer, direction) = self.buyer.step(turn);
        self.at_ms += 3_000;
        let id = format!("p{}", self.turn);
        let (buyer, events) = buyer.heard(&direction.lines.join(" "), self.at_ms, Some(&id));
        self.buyer = buyer;
        Told { direction, events: events.iter().map(written).collect() }
    }
}

/// An event as `kind tag utterance`.
fn written(event: &RecordEvent) -> String {
    let (kind, tagged) = match event {
        RecordEvent::ObjectionRaised(it) => ("raised", it),
        RecordEvent::ObjectionSatisfied(it) => ("satisfied", it),
        RecordEvent::FactRevealed(it) => ("revealed", it),
        RecordEvent::GoalReached(it) => ("reached", it),
        RecordEvent::ReplyTiming(_) | RecordEvent::ReplyLatency { .. } => {
            panic!("the buyer measures nothing")
        }
    };
    format!("{kind} {} {}", tagged.tag, tagged.utterance_id.as_deref().unwrap_or("-"))
}

fn causes(direction: &Direction) -> Vec<Cause> {
    direction.changes.iter().map(|change| change.cause).collect()
}

const INTRODUCTION: &str = "thanks for calling summit lending this is mark my n m l s number is one \
    two three four five six and we are on a recorded line it makes sense to compare so may i ask \
    two quick questions so that my number is real";
const TIMELINE: &str = "when do you need to be in the new place and what is driving that";
const CREDIT: &str = "that makes sense and what is your credit score roughly";
const EXAMPLE: &str = "here is an example six point five percent on a thirty year fixed the a p r is \
    six point six with zero points and a forty five day rate lock";
const NEXT: &str = "i will send you a loan estimate so you can compare it line by line what is your \
    email so i can send the secure application link";
const CLOSE: &str = "perfect i will send the link today and talk to you thursday thank you rachel \
    have a great day";

#[test]
fn a_good_call_ends_with_the_link_and_a_goodbye() {
    for seed in 0..20 {
        let mut talk = Talk::new(seed);
        let first = talk.says(INTRODUCTION);
        assert_eq!(first.events, ["raised others_told_me p1"], "{:?}", first.direction);
        assert_eq!(
            causes(&first.direction),
            [Cause::Introduced, Cause::Acknowledged, Cause::Explained, Cause::KeptWaiting]
        );

        let timeline = talk.says(TIMELINE);
        assert_eq!(timeline.events, ["revealed lease_ends p2"]);
        assert_eq!(timeline.direction.reveal, ["lease_ends"]);

        let credit = talk.says(CREDIT);
        assert_eq!(
            credit.events[..],
            ["satisfied others_told_me r3".to_owned(), "revealed credit_score p3".to_owned()]
        );

        let example = talk.says(EXAMPLE);
        assert_eq!(example.events, ["satisfied just_the_rate r4"]);
        assert_eq!(example.direction.mood, Mood::Warming);

        let next = talk.says(NEXT);
        assert_eq!(next.events, ["reached application_link p5"]);
        assert_eq!(next.direction.agree.as_deref(), Some("application_link"));
        assert_eq!(next.direction.hang_up, None);

        let close = talk.says(CLOSE);
        assert_eq!(close.direction.hang_up, Some(EndReason::Completed));
        assert!(!close.direction.interruptible);
        assert!(close.direction.lines[0].ends_with("oodbye."), "{:?}", close.direction.lines);
        assert_eq!(talk.buyer.leaving(), Some(EndReason::Completed));
    }
}

/// What an offline recogniser made of two synthetic voices; the second one it hears badly.
const RECOGNISED: [[&str; 7]; 2] = [
    [
        "hi rachel this is mark killers with harbor home loans my license number is four four one \
         two nine this call is on the recorded line do you have a few minutes",
        "before i give you a number i wanted to be the right one how soon do you need to move and \
         why now",
        "that makes sense how would you rate your credit score today and have you found a house \
         with your agent",
        "here is an example with ten percent down and good credit buffered you your fixed loan is \
         six and a half percent with an annual percentage rate of six point seven that includes \
         one point and the raiders lot for forty five days",
        "the best way to compare us is the loan estimate ask every lender for one on the same day \
         and look at the points the closing costs and the annual percentage rate",
        "i will send you an email with a secure link to the application can we talk to again on \
         thursday at two o'clock to go over the loan estimate together",
        "perfect i will send the link right now then cue rage all have a great day",
    ],
    [
        "he irate shelled this is not callously target helm loans my license number is four for \
         one to nine this call is on a red card in line do you have a few minutes",
        "the fried give you an ember island it to be the right one hacienda you need to move and \
         why now",
        "that makes sense alligator a year credit score today and have you found house with your \
         agent",
        "here is an example with ten percent down and get credit a thirty year fixed loan is six \
         and a half percent with an annual percentage rate of six point seven that includes one \
         point and the rays lock for forty five days",
        "the best way to compare us as the lone estimate ask every lender for one on the same day \
         and look at the points that closing costs and the annual percentage rate",
        "i will send you an email with a six year link to the application can we talk again on \
         thursday at two o'clock to go over the land estimate together",
        "perfect i will send the link right now and your age all have a great day",
    ],
];

#[test]
fn a_good_call_is_a_good_call_to_a_weak_recogniser() {
    for turns in RECOGNISED {
        let mut talk = Talk::new(1);
        let told = turns.map(|turn| talk.says(turn));
        let events = told.iter().map(|it| it.events.join(", ")).collect::<Vec<_>>();
        assert_eq!(
            events,
            [
                "raised others_told_me p1",
                "revealed lease_ends p2",
                "revealed credit_score p3, revealed agent_sent_nobody p3",
                "satisfied just_the_rate r4, satisfied others_told_me r4",
                "",
                "reached application_link p6",
                "",
            ]
        );
        assert!(told.iter().all(|it| it.direction.trap.is_none()));
        assert_eq!(told[6].direction.hang_up, Some(EndReason::Completed));
    }
}

#[test]
fn a_rate_that_leaves_questions_open_is_doubted() {
    let mut talk = Talk::new(2);
    talk.says("okay sure our rate is six and a half percent");
    let doubted = talk.says("well the a p r is six point six with one point");
    assert_eq!(doubted.direction.raise.as_deref(), Some("just_the_rate"));
    assert_eq!(doubted.direction.trap, None);
    let doubt = rachel().objections[0].doubt.clone().expect("Rachel doubts");
    assert!(doubt.iter().any(|line| line == doubted.direction.lines[0]));
    // The two questions that were missing.
    let settled = talk.says("what's the purchase price and how is your credit");
    assert!(settled.events.contains(&"satisfied just_the_rate r3".to_owned()));
}

#[test]
fn a_bad_call_ends_in_frustration() {
    let mut talk = Talk::new(7);
    let first = talk.says("hello yes sorry we can't quote rates over the phone");
    assert_eq!(causes(&first.direction), [Cause::Refused]);
    assert_eq!((first.direction.trust, first.direction.patience), (27, 58));
    assert_eq!(first.events, ["raised others_told_me p1"]);

    let second = talk.says("our company has been in business for a very long time around here");
    assert_eq!(causes(&second.direction), [Cause::Evaded]);
    assert_eq!((second.direction.trust, second.direction.patience), (23, 48));
    assert_eq!(second.direction.raise.as_deref(), Some("just_the_rate"));
    assert_eq!(second.direction.hang_up, None);

    let third = talk.says("i cannot give you anything without a full application");
    assert_eq!(third.direction.hang_up, Some(EndReason::BuyerHungUp));
    assert!(!third.direction.interruptible);
    assert_eq!(third.direction.mood, Mood::Leaving);
    assert!(third.direction.lines[0].contains("Goodbye"), "{:?}", third.direction.lines);

    // Whatever comes now, she is gone.
    let late = talk.says("wait it is six point five percent a p r six point six no points");
    assert_eq!(late.direction.hang_up, Some(EndReason::BuyerHungUp));
}

#[test]
fn turns_in_directions_out() {
    // What the rep says after the opening; what she does.
    type Row = (&'static str, fn(&Direction) -> bool);
    let rows: [Row; 14] = [
        ("what is your credit score", |d| d.reveal == ["credit_score"]),
        ("what's your credits core", |d| d.reveal == ["credit_score"]),
        ("is there a realtor working with you", |d| d.reveal == ["agent_sent_nobody"]),
        ("how soon do you want to close and what is your score", |d| {
            d.reveal == ["credit_score", "lease_ends"] && d.lines.len() == 2
        }),
        ("which state is the property in", |d| d.reveal.is_empty() && d.lines[0].contains("O")),
        ("it is six and a half percent", |d| d.trap.as_deref() == Some("bare_rate")),
        ("i guarantee we have the lowest rate", |d| d.trap.as_deref() == Some("overpromise")),
        ("nobody can guarantee the lowest rate", |d| d.trap.is_none()),
        ("what is your email for the application link", |d| {
            d.agree.is_none() && causes(d).contains(&Cause::Pushed)
        }),
        ("you are wasting my time lady", |d| {
            d.trap.as_deref() == Some("rude") && d.trust == 5 && d.patience == 37
        }),
        ("uh", |d| causes(d) == [Cause::Unclear] && d.raise.is_none()),
        ("", |d| causes(d) == [Cause::Unclear]),
        ("okay thanks anyway goodbye", |d| d.hang_up.is_none()),
        ("how are you today rachel", |d| causes(d) == [Cause::KeptWaiting]),
    ];
    for (text, expected) in rows {
        let told = Talk::new(3).says(text);
        assert!(expected(&told.direction), "{text}: {:#?}", told.direction);
    }
}

#[test]
fn every_cue_has_an_answer_and_the_last_ones_end_the_call() {
    for (cue, hang_up) in [
        (Cue::Opening, None),
        (Cue::Turn, None),
        (Cue::CutIn, None),
        (Cue::Nudge, None),
        (Cue::Silent, Some(EndReason::RepSilent)),
        (Cue::Reconnected, None),
        (Cue::TimeNotice, None),
        (Cue::TimeUp, Some(EndReason::TimeLimit)),
        (Cue::ServerDrain, Some(EndReason::ServerDrain)),
    ] {
        let told = Talk::new(1).cue(cue);
        assert_eq!(told.direction.hang_up, hang_up, "{cue:?}");
        assert_eq!(told.direction.interruptible, hang_up.is_none(), "{cue:?}");
        assert_eq!(told.direction.lines.len(), 1, "{cue:?}");
        assert!(told.direction.instruction.contains("At most"), "{cue:?}");
    }
}

#[test]
fn the_opening_raises_the_objection_it_carries() {
    for seed in 0..9 {
        let buyer = Buyer::new(rachel(), seed);
        let (buyer, direction) = buyer.step(&RepTurn::silent(Cue::Opening, 0));
        let (_, events) = buyer.heard(&direction.lines.join(" "), 4_000, Some("p0"));
        assert_eq!(events.iter().map(written).collect::<Vec<_>>(), ["raised just_the_rate p0"]);
    }
}

#[test]
fn what_was_cut_off_stays_open_and_is_told_when_asked_again() {
    let talk = Talk::new(5);
    let turn = |text: &'static str| RepTurn {
        text,
        utterance_id: Some("r1"),
        ..RepTurn::silent(Cue::Turn, 9_000)
    };
    let (buyer, direction) = talk.buyer.step(&turn("what is your credit score please"));
    assert_eq!(direction.reveal, ["credit_score"]);

    let (cut, events) = buyer.heard("It's seven", 9_500, Some("p1"));
    assert_eq!(events, []);
    assert_eq!(cut.state().facts.get("credit_score"), Some(&Disclosure::Unlocked));

    let (again, direction) = cut.step(&turn("sorry could you repeat that"));
    assert_eq!(direction.reveal, ["credit_score"]);
    let (told, events) = again.heard(&direction.lines.join(" "), 14_000, Some("p2"));
    assert!(events.iter().any(|event| written(event) == "revealed credit_score p2"), "{events:?}");
    assert_eq!(told.state().facts.get("credit_score"), Some(&Disclosure::Revealed));

    let (nothing, events) = buyer.heard("", 9_000, None);
    assert_eq!((events, nothing.state().facts.len()), (vec![], 1));
}

#[test]
fn a_monologue_of_more_than_ninety_seconds_ends_the_call() {
    let speech = format!("we are the best because {}", "we have many programs ".repeat(60));
    let just = Talk::new(2).says_for(&speech, 90_000);
    assert_eq!(just.direction.hang_up, None);
    assert!(causes(&just.direction).contains(&Cause::TalkedLong));
    let over = Talk::new(2).says_for(&speech, 90_001);
    assert_eq!(over.direction.hang_up, Some(EndReason::BuyerHungUp));
}

#[test]
fn rudeness_is_answered_once() {
    let mut talk = Talk::new(4);
    assert_eq!(talk.says("that is a stupid question").direction.hang_up, None);
    let second = talk.says("don't be an idiot");
    assert_eq!(second.direction.hang_up, Some(EndReason::BuyerHungUp));
}

#[test]
fn low_trust_withholds_a_fact() {
    let mut talk = Talk::new(6);
    talk.says("we don't quote rates on the phone");
    talk.says("it is five point nine percent and i guarantee the lowest rate");
    let told = talk.says("what is your credit score");
    assert_eq!(told.direction.reveal, Vec::<String>::new());
    assert!(told.direction.instruction.contains("do not tell them yet"));
    assert_eq!(told.events, Vec::<String>::new());
}

#[test]
fn the_same_words_never_come_twice_in_a_row() {
    for seed in 0..50 {
        let mut talk = Talk::new(seed);
        let mut before: Vec<String> = Vec::new();
        for text in ["uh", "hm", "uh", "and what is your email", "email", "your email please", "uh"]
        {
            let lines = talk.says(text).direction.lines;
            assert!(lines.iter().all(|line| !before.contains(line)), "{seed}: {lines:?}");
            before = lines;
        }
    }
}

#[test]
fn the_same_seed_says_the_same_and_another_does_not() {
    let lines = |seed| {
        let mut talk = Talk::new(seed);
        [INTRODUCTION, TIMELINE, CREDIT, EXAMPLE, NEXT, CLOSE].map(|it| talk.says(it).direction)
    };
    assert_eq!(lines(11), lines(11));
    assert!((0..5).any(|seed| lines(seed) != lines(11)));
}

#[test]
fn a_kept_state_goes_on_where_it_was() {
    let mut talk = Talk::new(8);
    talk.says(INTRODUCTION);
    talk.says(TIMELINE);
    let kept = serde_json::to_string(talk.buyer.state()).expect("plain data");
    let state: State = serde_json::from_str(&kept).expect("plain data");
    assert_eq!(&state, talk.buyer.state());
    let again = Buyer::with_state(rachel(), state);
    let turn = RepTurn { text: CREDIT, ..RepTurn::silent(Cue::Turn, 40_000) };
    assert_eq!(again.step(&turn).1, talk.buyer.step(&turn).1);
}

#[test]
fn a_direction_tells_the_model_only_what_it_may_say() {
    let mut talk = Talk::new(9);
    let intro = talk.says(INTRODUCTION).direction.instruction;
    assert!(!intro.contains("seven forty-one") && !intro.contains("seventy days"), "{intro}");
    assert!(intro.contains("Do not agree to a next step."), "{intro}");
    let credit = talk.says(CREDIT).direction.instruction;
    assert!(credit.contains("You may reveal this: Your credit score is seven forty-one."));
    assert!(!credit.contains("seventy days"), "{credit}");
}

proptest::proptest! {
    #[test]
    fn no_rep_breaks_the_buyer(
        turns in proptest::collection::vec(("[a-z0-9%. ?']{0,120}", 0_u64..200_000), 0..12),
        seed in 0_u64..100,
    ) {
        let mut talk = Talk::new(seed);
        for (text, talk_ms) in turns {
            let told = talk.says_for(&text, talk_ms);
            proptest::prop_assert!(matches!(told.direction.lines.len(), 1..=3));
            let words: usize =
                told.direction.lines.iter().map(|line| line.split_whitespace().count()).sum();
            proptest::prop_assert!(words <= told.direction.max_words as usize);
        }
    }
}

#[test]
fn what_the_buyer_cuts_in_on_counts_and_is_not_answered() {
    let mut talk = Talk::new(3);
    talk.at_ms += 46_000;
    let said = RepTurn {
        text: "let me tell you about us first we have been here for years what is your credit score",
        talk: Span::ms(46_000),
        ..RepTurn::silent(Cue::CutIn, talk.at_ms)
    };
    let told = talk.step(&said);
    assert!(causes(&told.direction).contains(&Cause::TalkedLong), "{:?}", told.direction);
    assert_eq!(told.direction.reveal, Vec::<String>::new(), "the question waits");
    let lines = &rachel().lines.cut_in;
    assert!(lines.iter().any(|line| told.direction.lines == [line]), "{:?}", told.direction.lines);
    assert!(told.direction.interruptible);
}
