//! What the buyer does with its next reply, for the model that words it and for the log.

use ringcraft_media::call::EndReason;
use serde::{Deserialize, Serialize};

/// What the buyer does with its next reply.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Direction {
    /// How it feels.
    pub mood: Mood,
    /// The objection it brings up, or brings up again.
    pub raise: Option<String>,
    /// The facts it tells.
    pub reveal: Vec<String>,
    /// The goal it agrees to.
    pub agree: Option<String>,
    /// The trap of the scenario that the rep walked into.
    pub trap: Option<String>,
    /// How many words it may take.
    pub max_words: u32,
    /// All of this as one paragraph, for a model.
    pub instruction: String,
    /// Exactly what a buyer without a model says.
    pub lines: Vec<String>,
    /// Whether the rep may cut in.
    pub interruptible: bool,
    /// Why the call ends once the reply was heard, if it does.
    pub hang_up: Option<EndReason>,
    /// Why trust and patience moved.
    pub changes: Vec<Change>,
    /// Trust after the rep's turn, 0 to 100.
    pub trust: u8,
    /// Patience after the rep's turn, 0 to 100.
    pub patience: u8,
}

/// How the buyer feels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mood {
    /// Polite and closed.
    #[default]
    Guarded,
    /// A little open.
    Warming,
    /// In a hurry.
    Impatient,
    /// Close to hanging up.
    Annoyed,
    /// On its way out.
    Leaving,
}

/// What one cause did to trust and patience.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Why.
    pub cause: Cause,
    /// By how much trust moved.
    pub trust: i8,
    /// By how much patience moved.
    pub patience: i8,
}

/// Why trust or patience moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The rep said who is speaking.
    Introduced,
    /// The rep asked for something the buyer had kept to itself.
    AskedWell,
    /// The rep showed that the buyer was understood.
    Acknowledged,
    /// The rep named a rate with its APR.
    QuotedWithApr,
    /// The rep named a rate without its APR.
    QuotedBare,
    /// The rep explained how things work.
    Explained,
    /// An objection was satisfied.
    SatisfiedObjection,
    /// The rep walked into a trap of the scenario.
    Trapped,
    /// The rep refused to name a number.
    Refused,
    /// The rep talked around the question for a number.
    Evaded,
    /// The buyer waits for its number.
    KeptWaiting,
    /// The rep asked for the next step too early.
    Pushed,
    /// The rep was rude.
    Insulted,
    /// The rep talked for very long.
    TalkedLong,
    /// Nothing could be made out.
    Unclear,
    /// The rep was silent.
    Silent,
}

impl Cause {
    /// The cause with what it does.
    pub(super) const fn change(self) -> Change {
        let (trust, patience) = match self {
            Self::Introduced => (3, 0),
            Self::AskedWell => (5, 2),
            Self::Acknowledged => (5, 4),
            Self::QuotedWithApr => (12, 8),
            Self::QuotedBare => (0, 4),
            Self::Explained => (4, 0),
            Self::SatisfiedObjection => (8, 6),
            // What a trap costs in trust stands in the scenario.
            Self::Trapped => (0, 0),
            Self::Refused => (-8, -12),
            Self::Evaded => (-4, -10),
            Self::KeptWaiting => (0, -3),
            Self::Pushed => (-2, -6),
            Self::Insulted => (0, -30),
            Self::TalkedLong => (0, -10),
            Self::Unclear => (0, -3),
            Self::Silent => (0, -10),
        };
        Change { cause: self, trust, patience }
    }
}

impl Mood {
    /// The mood as a sentence of a direction.
    pub(super) const fn sentence(self) -> &'static str {
        match self {
            Self::Guarded => "You are polite, guarded and brief.",
            Self::Warming => "You have warmed up a little, and are still careful.",
            Self::Impatient => "You are getting impatient, and it shows.",
            Self::Annoyed => "You are annoyed and close to hanging up.",
            Self::Leaving => "You are ending this call.",
        }
    }

    /// How many words a reply in this mood takes.
    pub(super) const fn words(self) -> u32 {
        match self {
            Self::Guarded => 28,
            Self::Warming => 36,
            Self::Impatient | Self::Leaving => 22,
            Self::Annoyed => 16,
        }
    }
}
