//! A scenario: a persona in a situation, as its file says it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::line::Wordings;
use super::words::Phrase;

/// A persona in a situation. Made by [`super::Library`] only, so every reference in it holds.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Its name in addresses, "rachel".
    pub id: String,
    /// Grows with every change that a score could notice.
    pub version: u32,
    /// For people.
    pub title: String,
    /// How hard it is for a rep.
    pub difficulty: Difficulty,
    /// A language tag, "en-US".
    pub language: String,
    /// What the rep is told before the call.
    pub brief: String,
    /// Who the buyer is.
    pub persona: Persona,
    /// The voice to use, by engine.
    pub voice: BTreeMap<String, String>,
    /// Terms that a general recogniser would miss.
    #[serde(default)]
    pub key_terms: Vec<String>,
    /// Whether the page may show the rep numbers and hints while the call runs: not in a test.
    #[serde(default = "yes")]
    pub coaching: bool,
    /// How long a thinking pause of the rep the buyer bears before it takes the turn, in seconds.
    pub patience_s: u32,
    /// The buyer cuts in on a turn that lasts longer, in seconds; none lets the rep finish.
    #[serde(default)]
    pub cuts_in_after_s: Option<u32>,
    /// The buyer is hard to interrupt: it talks on until the rep insists.
    #[serde(default)]
    pub talks_over: bool,
    /// Where trust starts.
    pub trust: Level,
    /// Where patience starts.
    pub patience: Level,
    /// The first words of the call.
    pub opening: Opening,
    /// What the buyer tells only when asked.
    pub facts: Vec<Fact>,
    /// What the buyer tells anyone who asks; it earns the rep nothing.
    #[serde(default)]
    pub answers: Vec<Answer>,
    /// What stands between the buyer and the goal.
    pub objections: Vec<Objection>,
    /// Mistakes of the rep that the buyer notices.
    #[serde(default)]
    pub traps: Vec<Trap>,
    /// What the rep is after.
    pub goals: Vec<Goal>,
    /// When the buyer hangs up.
    pub hang_ups: Vec<HangUp>,
    /// Lines for everything else.
    pub lines: StockLines,
    /// Subjects of this scenario, beside the common ones.
    #[serde(default)]
    pub topics: BTreeMap<String, Vec<Phrase>>,
    /// What the rep has to say.
    #[serde(default)]
    pub required_phrases: Vec<RequiredPhrase>,
    /// What numbers of the call the rep aims at, by the path of the KPI.
    #[serde(default)]
    pub targets: BTreeMap<String, Target>,
    /// What the call is judged by.
    pub rubric: Vec<Criterion>,
    #[serde(skip)]
    pub(super) prompt: String,
    #[serde(skip)]
    pub(super) hash: String,
}

const fn yes() -> bool {
    true
}

impl Scenario {
    /// What the model is told before every reply: the rules, the persona and the situation, but
    /// none of the hidden facts. Those come with the direction that reveals them.
    pub fn system_prompt(&self) -> &str {
        &self.prompt
    }

    /// SHA-256, in hex, of the two files that the prompt is made of.
    pub fn hash(&self) -> &str {
        &self.hash
    }
}

/// How hard a scenario is for a rep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Difficulty {
    /// For a first call.
    Easy,
    /// For a rep who knows the stages of a call.
    Medium,
    /// For a rep who wants to be tested.
    Hard,
}

/// Who the buyer is.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Persona {
    /// First name, or how they would introduce themselves.
    pub name: String,
    /// What they are in this call.
    pub role: String,
    /// In years.
    pub age: u8,
}

/// Trust or patience: 0 to 100.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u8")]
pub struct Level(u8);

impl Level {
    /// The level as a number.
    pub const fn get(self) -> u8 {
        self.0
    }

    /// This level moved by `by`, within 0 and 100.
    #[must_use]
    pub fn moved(self, by: i8) -> Self {
        Self(self.0.saturating_add_signed(by).min(100))
    }
}

impl TryFrom<u8> for Level {
    type Error = &'static str;

    fn try_from(level: u8) -> Result<Self, &'static str> {
        if level <= 100 { Ok(Self(level)) } else { Err("a level is 0 to 100") }
    }
}

/// The first words of the call.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opening {
    /// Who says them.
    pub speaker: FirstSpeaker,
    /// The buyer's, in any case: what it says when it is its turn to begin.
    pub lines: Wordings,
    /// The objection they carry.
    #[serde(default)]
    pub raises: Option<String>,
}

/// Who speaks first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FirstSpeaker {
    /// The persona.
    Buyer,
    /// The person who practises.
    Rep,
}

/// What lets the buyer speak about something.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Unlock {
    /// A question about one of these.
    pub topics: Vec<String>,
    /// Or one of these words, question or not.
    pub phrases: Vec<Phrase>,
}

/// Something the buyer tells only when asked.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// Its tag in the record.
    pub id: String,
    /// The fact, told to the model as "you".
    pub summary: String,
    /// The question that unlocks it.
    pub unlock: Unlock,
    /// The trust without which it is withheld.
    #[serde(default)]
    pub trust: Level,
    /// It was told when one of these was heard.
    pub tells: Vec<Phrase>,
    /// The scripted words; each holds a tell.
    pub lines: Wordings,
    /// The scripted words when trust is too low.
    #[serde(default)]
    pub withheld: Option<Wordings>,
}

/// Something the buyer tells anyone who asks.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// Its name.
    pub id: String,
    /// The answer, told to the model as "you".
    pub summary: String,
    /// The question.
    pub unlock: Unlock,
    /// The scripted words.
    pub lines: Wordings,
}

/// Something that stands between the buyer and the goal.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Objection {
    /// Its tag in the record.
    pub id: String,
    /// The objection, told to the model as "you".
    pub summary: String,
    /// When it is raised.
    pub when: When,
    /// What the rep does to settle it.
    pub satisfied_by: Needs,
    /// It was raised when one of these was heard.
    pub tells: Vec<Phrase>,
    /// The scripted words; each holds a tell.
    pub lines: Wordings,
    /// The scripted words when it was raised before and is still open.
    pub again: Wordings,
    /// The scripted words when its time has passed and something is still missing; without them
    /// it is not brought up any more.
    #[serde(default)]
    pub doubt: Option<Wordings>,
    /// The scripted words once it is settled.
    pub satisfied: Wordings,
}

/// A mistake of the rep that the buyer notices.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trap {
    /// Its name.
    pub id: String,
    /// The mistake and the reaction, told to the model as "you".
    pub summary: String,
    /// What the rep did.
    pub when: When,
    /// What it costs in trust.
    pub trust_cost: Level,
    /// The scripted words.
    pub lines: Wordings,
}

/// What the rep is after.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Goal {
    /// Its tag in the record.
    pub id: String,
    /// What the buyer agrees to, told to the model as "you".
    pub summary: String,
    /// Topics the rep has to bring up; here a statement is as good as a question.
    pub unlock: Unlock,
    /// What comes before the buyer agrees.
    pub needs: Needs,
    /// It was reached when one of these was heard.
    pub tells: Vec<Phrase>,
    /// The scripted words; each holds a tell.
    pub lines: Wordings,
    /// The scripted words when it is too early.
    pub not_yet: Wordings,
}

/// A rule by which the buyer hangs up.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HangUp {
    /// Its name.
    pub id: String,
    /// Why, told to the model as "you".
    pub summary: String,
    /// When.
    pub when: When,
    /// The last words.
    pub lines: Wordings,
}

/// A condition: everything that is given has to hold.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct When {
    /// The rep has had at least so many turns.
    pub turns: Option<u32>,
    /// The rep has refused to give a number at least so often.
    pub refusals: Option<u32>,
    /// The rep has been rude at least so often.
    pub insults: Option<u32>,
    /// The rep's turn lasted longer than this, in seconds.
    pub monologue_s: Option<u32>,
    /// Whether the rep has named a rate so far.
    pub quoted: Option<bool>,
    /// Whether the rep named a rate in this turn.
    pub quotes: Option<bool>,
    /// One of these topics came up in this turn.
    pub said: Vec<String>,
    /// None of these topics came up in this turn.
    pub unsaid: Vec<String>,
    /// Each of these objections is open or was never raised.
    pub unsatisfied: Vec<String>,
    /// Trust is below.
    pub trust_below: Option<Level>,
    /// Patience is below.
    pub patience_below: Option<Level>,
}

/// What the rep has to have done: all of it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Needs {
    /// So many questions were asked.
    pub questions: u32,
    /// A rate was named, and the topics of `said` no more than a turn away from it.
    pub quoted: bool,
    /// One topic of each group came up.
    pub said: Vec<Vec<String>>,
    /// The buyer's worry was acknowledged after it was raised.
    pub acknowledged: bool,
    /// These objections were satisfied.
    pub satisfied: Vec<String>,
    /// Trust has grown so far.
    pub trust: Level,
}

/// Lines for everything that is not of the scenario's own making.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StockLines {
    /// The rep talks on and on.
    pub cut_in: Wordings,
    /// The rep is silent.
    pub nudge: Wordings,
    /// The rep stayed silent; the last words.
    pub silent: Wordings,
    /// The line is back.
    pub reconnected: Wordings,
    /// The time is nearly over.
    pub time_notice: Wordings,
    /// The time is over; the last words.
    pub time_up: Wordings,
    /// The server goes away; the last words.
    pub drain: Wordings,
    /// The rep said something that asks for nothing.
    pub acknowledgement: Wordings,
    /// The rep asked something the scenario has no answer to.
    pub deflection: Wordings,
    /// The rep makes small talk.
    pub small_talk: Wordings,
    /// The rep asks whether it may ask.
    pub permission: Wordings,
    /// Nothing could be made out.
    pub unclear: Wordings,
    /// Said while an answer takes long.
    pub filler: Wordings,
    /// The last words of a call that reached a goal.
    pub goodbye: Wordings,
    /// The last words of a call that reached none.
    pub goodbye_unmet: Wordings,
}

/// Words the rep has to say, as the KPI reads them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequiredPhrase {
    /// Its name.
    pub id: String,
    /// One of these.
    pub any_of: Vec<String>,
    /// At most so long after the start of the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within_ms_of_start: Option<u64>,
    /// At most so far from another phrase.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within_ms_of: Option<Nearness>,
}

/// How near another required phrase has to be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nearness {
    /// The other phrase.
    pub phrase: String,
    /// The distance.
    pub ms: u64,
}

/// Inclusive bounds of a number.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// At least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// At most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
}

/// One thing the call is judged by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Criterion {
    /// Its name.
    pub id: String,
    /// For people.
    pub title: String,
    /// Its share of the score, in percent; all together are 100.
    pub weight: u8,
    /// What each score from 0 to 4 looks like.
    pub anchors: [String; 5],
}
