//! KPIs: a pure function of the call record. `docs/KPI.md` defines every number.
//!
//! The same record gives the same bytes on any machine: whole milliseconds, exact quotients that are
//! rounded once, fields in the order of their names. Every value names the events behind it.

use std::collections::BTreeMap;

use ringcraft_media::record::{CallRecord, Speaker};
use serde::Serialize;

mod call;
mod conversation;
mod backchannel;
mod overlap;
mod monologue;
mod response;
mod side;
mod pace;
mod filler;
mod question;
mod scenario;
mod phrase;
mod text;
mod words;
mod span;
mod thresholds;
mod number;
#[cfg(test)]
mod cases;
#[cfg(test)]
mod word_cases;
#[cfg(test)]
mod scenario_cases;
#[cfg(test)]
mod typed_cases;
#[cfg(test)]
mod laws;

pub use call::{CallKpis, TalkListen};
pub use filler::{Filler, Fillers, Hedge, Hedges};
pub use monologue::Monologues;
pub use number::{Decimal, Rate, Reason, Reasons, Share};
pub use overlap::{Interruptions, Later, Overlap};
pub use question::{Question, QuestionKind, Questions};
pub use response::{Response, Responses};
pub use scenario::{Fact, Goal, Objection, PhraseHit, ScenarioKpis, TargetResult};
pub use side::{Backchannels, Moment, SideKpis};
pub use span::Span;
pub use thresholds::Thresholds;

/// The version of the formulas, word lists and defaults.
pub const VERSION: &str = "kpi/1";

/// The numbers of a call. Fields are declared in the order in which they are printed: by name.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Kpis {
    /// The call as a whole.
    pub call: CallKpis,
    /// What to keep in mind beside a value, by its path.
    pub cautions: BTreeMap<&'static str, Caution>,
    /// Every threshold in force.
    pub params: Thresholds,
    /// The buyer.
    pub persona: SideKpis,
    /// Why a value is null, by its path.
    pub reasons: Reasons,
    /// The person who practises.
    pub rep: SideKpis,
    /// What the scenario asks.
    pub scenario: ScenarioKpis,
    /// [`VERSION`].
    pub version: &'static str,
}

/// What to keep in mind beside a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Caution {
    /// The recogniser gives no punctuation, on which the value rests.
    NoPunctuation,
}

/// Computes the numbers of a call.
pub fn compute(record: &CallRecord) -> Kpis {
    let conversation = conversation::Conversation::new(record);
    let crossings = overlap::crossings(&conversation);
    let mut reasons = Reasons::default();
    let call = call::call(&conversation, &crossings, &mut reasons);
    let rep = side::side(&conversation, &crossings, Speaker::Rep, &mut reasons);
    let persona = side::side(&conversation, &crossings, Speaker::Persona, &mut reasons);
    let numbers = if record.parts().scenario.targets.is_empty() {
        serde_json::Value::Null
    } else {
        serde_json::json!({ "call": call, "rep": rep, "persona": persona })
    };
    Kpis {
        cautions: cautions(record, &rep),
        scenario: scenario::scenario(&conversation, record.parts(), &numbers),
        call,
        params: conversation.thresholds,
        persona,
        reasons,
        rep,
        version: VERSION,
    }
}

/// What rests on punctuation that the recogniser does not give.
fn cautions(record: &CallRecord, rep: &SideKpis) -> BTreeMap<&'static str, Caution> {
    let mut cautions = BTreeMap::new();
    if !record.parts().recogniser.punctuation {
        if rep.fillers.as_ref().is_some_and(|fillers| fillers.count.is_some()) {
            cautions.insert("rep.fillers.count", Caution::NoPunctuation);
        }
        cautions.insert("rep.questions.total", Caution::NoPunctuation);
    }
    cautions
}

impl Kpis {
    /// The numbers as one line of JSON with sorted keys, without a line end.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("numbers and text have a JSON form")
    }
}
