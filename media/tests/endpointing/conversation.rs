//! A rep's turns through the real floor on a simulated clock.

use std::collections::BTreeMap;

use ringcraft_media::call::{Cue, FinaliseId, ReplyId, StopCause};
use ringcraft_media::record::Speaker;
use ringcraft_media::turn::{Action, Floor, Input, Policy, Words};
use ringcraft_media::units::{CallTime, Span};

use crate::turns::{Rep, Turn};

const WORD: Span = Span::ms(300);
/// How late the detector of voice is at an onset and at an end.
const ONSET_LAG: Span = Span::ms(40);
const END_LAG: Span = Span::ms(66);
/// From the end of a word to the partial with it, and from the request to settle to the final.
const PARTIAL: Span = Span::ms(150);
const SETTLE: Span = Span::ms(100);
/// From the decision to the buyer's first sound, and how long the buyer speaks.
const FIRST_SOUND: Span = Span::ms(700);
const BUYER_SPEAKS: Span = Span::ms(1_500);
/// How long the rep takes to answer.
const REP_ANSWERS: Span = Span::ms(600);

/// What became of a turn.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Outcome {
    /// It was taken for over before it was.
    pub(crate) cut_off: bool,
    /// The buyer was heard before it was over.
    pub(crate) talked_over: bool,
    /// From its end to the decision that it is over.
    pub(crate) wait_ms: Option<u64>,
}

enum Step {
    VoiceOn(CallTime),
    VoiceOff(CallTime),
    /// A partial with so many of the turn's words.
    Partial(usize),
    Settle(FinaliseId, usize),
    Audible(ReplyId),
    Drained(ReplyId),
}

struct Conversation<'a> {
    floor: Floor,
    punctuation: bool,
    now: CallTime,
    steps: BTreeMap<(CallTime, u64), Step>,
    sequence: u64,
    turns: std::slice::Iter<'a, Turn>,
    /// The words of the turn, when each has been said, and how many the floor has taken.
    words: Vec<(String, CallTime)>,
    taken: usize,
    end: CallTime,
    outcomes: Vec<Outcome>,
}

/// What becomes of a rep's turns under a policy.
pub(crate) fn outcomes(rep: &Rep, policy: &Policy, punctuation: bool) -> Vec<Outcome> {
    let policy = Policy { opens: Speaker::Rep, call_limit: Span::ms(3_600_000), ..policy.clone() };
    let mut conversation = Conversation {
        floor: Floor::new(policy),
        punctuation,
        now: CallTime::ZERO,
        steps: BTreeMap::new(),
        sequence: 0,
        turns: rep.turns.iter(),
        words: Vec::new(),
        taken: 0,
        end: CallTime::ZERO,
        outcomes: Vec::new(),
    };
    conversation.tell(Input::Connected);
    conversation.next_turn();
    while conversation.outcomes.len() <= rep.turns.len() && conversation.advance() {}
    conversation.outcomes.truncate(rep.turns.len());
    conversation.outcomes
}

impl Conversation<'_> {
    fn at(&mut self, at: CallTime, step: Step) {
        self.sequence += 1;
        self.steps.insert((at, self.sequence), step);
    }

    fn next_turn(&mut self) {
        // One more than there are turns says that the last one is over.
        self.outcomes.push(Outcome::default());
        let Some(turn) = self.turns.next() else { return };
        let mut at = self.now + REP_ANSWERS;
        self.words.clear();
        self.taken = 0;
        for (run, pause) in &turn.runs {
            self.at(at + ONSET_LAG, Step::VoiceOn(at));
            for word in run {
                at += WORD;
                self.words.push((self.written(word), at));
                self.at(at + PARTIAL, Step::Partial(self.words.len()));
            }
            // Silence that the detector bridges is none.
            self.at(at + END_LAG, Step::VoiceOff(at));
            self.end = at;
            at += Span::ms(*pause);
        }
    }

    fn written(&self, word: &str) -> String {
        let marks: &[char] = if self.punctuation { &[] } else { &['.', ',', '?', '!'] };
        word.trim_end_matches(marks).to_owned()
    }

    fn read(&self, upto: usize) -> Words {
        let open = self.words.get(self.taken.min(upto)..upto).unwrap_or_default();
        let text: Vec<&str> = open.iter().map(|(word, _)| word.as_str()).collect();
        Words::read(&text.join(" "), self.punctuation)
    }

    /// Goes on to the next thing that happens, if there is any.
    fn advance(&mut self) -> bool {
        let step = self.steps.keys().next().map(|(at, _)| *at);
        let Some(next) = step.into_iter().chain(self.floor.deadline()).min() else { return false };
        self.now = self.now.max(next);
        if step.is_none_or(|at| next < at) {
            self.tell(Input::Tick);
            return true;
        }
        let Some((_, step)) = self.steps.pop_first() else { return false };
        match step {
            Step::VoiceOn(at) => self.tell(Input::VoiceOn(at)),
            Step::VoiceOff(at) => self.tell(Input::VoiceOff(at)),
            Step::Partial(upto) => self.tell(Input::Words(self.read(upto))),
            Step::Settle(id, upto) => self.tell(Input::Settled(Some(id), self.read(upto))),
            Step::Audible(reply) => {
                if self.now < self.end {
                    self.outcome().talked_over = true;
                }
                self.tell(Input::Audible(reply));
            }
            Step::Drained(reply) => {
                self.tell(Input::Silent(reply, StopCause::Drained, self.now));
                if self.end <= self.now && self.steps.is_empty() {
                    self.next_turn();
                }
            }
        }
        true
    }

    fn outcome(&mut self) -> &mut Outcome {
        self.outcomes.last_mut().expect("a turn is under way")
    }

    fn tell(&mut self, input: Input) {
        self.floor.handle(self.now, input);
        while let Some(action) = self.floor.poll() {
            self.perform(action);
        }
    }

    fn perform(&mut self, action: Action) {
        match action {
            Action::Finalise(id) => {
                let said = self.words.iter().filter(|(_, end)| *end <= self.now).count();
                self.at(self.now + SETTLE, Step::Settle(id, said));
            }
            Action::Commit(_) => {
                self.taken = self.words.iter().filter(|(_, end)| *end <= self.now).count();
                if self.now < self.end {
                    self.outcome().cut_off = true;
                } else {
                    let wait = self.now.saturating_since(self.end).as_ms();
                    self.outcome().wait_ms.get_or_insert(wait);
                }
            }
            Action::Compose(reply, cue) => {
                assert_eq!(cue, Cue::Turn, "nothing else is due in these calls");
                self.at(self.now + FIRST_SOUND, Step::Audible(reply));
                self.at(self.now + FIRST_SOUND + BUYER_SPEAKS, Step::Drained(reply));
            }
            Action::Resume(reply) => self.at(self.now + BUYER_SPEAKS, Step::Drained(reply)),
            Action::Withdraw(reply) | Action::Pause(reply) | Action::Interrupt(reply) => {
                self.steps.retain(|_, step| {
                    !matches!(step, Step::Audible(of) | Step::Drained(of) if *of == reply)
                });
            }
            _ => {}
        }
    }
}
