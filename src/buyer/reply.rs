//! One reply: what the rep's turn changes, then what the buyer says to it.

use ringcraft_media::call::EndReason;
use ringcraft_media::record::{RecordEvent, Tagged};
use ringcraft_media::units::Span;

use super::RepTurn;
use super::direction::{Cause, Change, Direction, Mood};
use super::judge::{holds, met};
use super::signals::Signals;
use super::state::{Disclosure, ObjectionState, State};
use crate::persona::{Goal, Objection, Scenario, Wordings, topic};

/// Things a reply carries at most: people on the phone say one or two.
const MOST_PARTS: usize = 2;

/// A turn longer than this tries the buyer's patience.
const LONG_TALK: Span = Span::ms(45_000);

/// Turns of fewer words may have been misheard.
const CLEAR_WORDS: usize = 2;

/// A turn of fewer words does not evade anything.
const EVASION_WORDS: usize = 5;

/// Showing understanding, or explaining, is rewarded so often; more is a habit of speech.
const REWARDED: u32 = 3;

/// Patience below which the buyer is annoyed, and impatient; trust from which it warms.
const ANNOYED_BELOW: u8 = 25;
const IMPATIENT_BELOW: u8 = 45;
const WARM_FROM: u8 = 55;

/// A reply in the making.
pub(super) struct Reply<'a> {
    scenario: &'a Scenario,
    state: &'a mut State,
    changes: Vec<Change>,
    lines: Vec<String>,
    instructions: Vec<String>,
    trap: Option<String>,
    hang_up: Option<EndReason>,
}

impl<'a> Reply<'a> {
    pub(super) fn new(scenario: &'a Scenario, state: &'a mut State) -> Self {
        Self {
            scenario,
            state,
            changes: Vec::new(),
            lines: Vec::new(),
            instructions: Vec::new(),
            trap: None,
            hang_up: None,
        }
    }

    pub(super) fn open(&mut self) {
        let opening = &self.scenario.opening;
        self.state.directed.raise.clone_from(&opening.raises);
        let about = opening
            .raises
            .as_ref()
            .and_then(|id| self.scenario.objections.iter().find(|it| it.id == *id))
            .map_or("", |objection| &objection.summary);
        self.say("opening", &opening.lines, &format!("You open the call. {about}"));
    }

    pub(super) fn nudge(&mut self) {
        self.change(Cause::Silent);
        let lines = &self.scenario.lines.nudge;
        self.say("nudge", lines, "They have been silent for a while: ask whether they are there.");
    }

    pub(super) fn reconnected(&mut self) {
        let lines = &self.scenario.lines.reconnected;
        let about = "The line was gone for a moment: say so, and let them say it again.";
        self.say("reconnected", lines, about);
    }

    pub(super) fn time_notice(&mut self) {
        let lines = &self.scenario.lines.time_notice;
        self.say("time_notice", lines, "You have about a minute left: say so.");
    }

    pub(super) fn leave_silence(&mut self) {
        let lines = &self.scenario.lines.silent;
        self.leave(EndReason::RepSilent, "silent", lines, "Nobody answers: say goodbye.");
    }

    pub(super) fn time_up(&mut self) {
        let lines = &self.scenario.lines.time_up;
        self.leave(EndReason::TimeLimit, "time_up", lines, "You are out of time: say goodbye.");
    }

    pub(super) fn drain(&mut self) {
        let lines = &self.scenario.lines.drain;
        let about = "You have to go, for a reason of your own: apologise and say goodbye.";
        self.leave(EndReason::ServerDrain, "drain", lines, about);
    }

    /// Cuts in on a turn that goes on and on. What was said in it counts; it is not answered.
    pub(super) fn cut_in(&mut self, turn: &Signals, said: &RepTurn<'_>) {
        self.listen(turn);
        self.settle(turn, said);
        if self.hang_up_by_rule(turn) {
            return;
        }
        let lines = &self.scenario.lines.cut_in;
        let about =
            "They talk on and on: cut in, in one short sentence, and ask for what matters to you.";
        self.say("cut_in", lines, about);
    }

    /// Answers a turn: the first that applies of leaving, agreeing, reacting, telling, pressing.
    pub(super) fn answer(&mut self, turn: &Signals, said: &RepTurn<'_>) {
        self.listen(turn);
        let satisfied = self.settle(turn, said);
        if self.hang_up_by_rule(turn) {
            return;
        }
        let goal = self.goal_brought_up(turn);
        let agreed = goal.is_some_and(|goal| self.agree_or_refuse(goal));
        if self.part_in_peace(turn) || agreed {
            return;
        }
        let trapped = self.notice_trap(turn);
        if let (Some(objection), false) = (satisfied, trapped) {
            self.say(
                &format!("{}.satisfied", objection.id),
                &objection.satisfied,
                "They answered what worried you: say so, briefly.",
            );
        }
        self.tell_facts(turn);
        self.tell_answer(turn);
        self.be_polite(turn);
        if !trapped && goal.is_none() {
            self.press(turn);
        }
        self.fall_back(turn);
    }

    /// Takes in what the turn shows.
    fn listen(&mut self, turn: &Signals) {
        let introduced_before = self.state.said_in.contains_key(topic::INTRODUCTION);
        let quoted_before = self.state.quoted_in.is_some();
        self.state.turns += 1;
        let now = self.state.turns;
        for topic in &turn.said {
            self.state.said_in.insert(topic.clone(), now);
        }
        self.state.questions += turn.questions;
        if turn.words < CLEAR_WORDS {
            self.change(Cause::Unclear);
            return;
        }
        if turn.says(topic::INTRODUCTION) && !introduced_before {
            self.change(Cause::Introduced);
        }
        if LONG_TALK < turn.talk {
            self.change(Cause::TalkedLong);
        }
        if turn.says(topic::INSULT) {
            self.state.insults += 1;
            self.change(Cause::Insulted);
        }
        if turn.says(topic::ACKNOWLEDGEMENT) && self.state.acknowledgements < REWARDED {
            self.state.acknowledgements += 1;
            self.change(Cause::Acknowledged);
        }
        if turn.says(topic::EXPLANATION) && self.state.explanations < REWARDED {
            self.state.explanations += 1;
            self.change(Cause::Explained);
        }
        if turn.quoted {
            self.state.quoted_in = Some(now);
            match turn.says("apr") {
                true if !quoted_before => self.change(Cause::QuotedWithApr),
                true => {}
                false => self.change(Cause::QuotedBare),
            }
        } else if self.wants_number() {
            self.wait_for_number(turn);
        }
    }

    /// The buyer asked for a number and the turn brought none.
    fn wait_for_number(&mut self, turn: &Signals) {
        let busy = turn.questions > 0
            || turn.words < EVASION_WORDS
            || [topic::INTRODUCTION, topic::FAREWELL, topic::INSULT, topic::SMALL_TALK]
                .iter()
                .any(|topic| turn.says(topic))
            || self.goal_brought_up(turn).is_some();
        let cause = match (turn.says(topic::REFUSAL), busy) {
            (true, _) => Cause::Refused,
            (false, false) => Cause::Evaded,
            (false, true) => Cause::KeptWaiting,
        };
        if cause != Cause::KeptWaiting {
            self.state.refusals += 1;
        }
        self.change(cause);
    }

    /// Settles what the turn satisfied, and yields the first such objection.
    fn settle(&mut self, turn: &Signals, said: &RepTurn<'_>) -> Option<&'a Objection> {
        let mut first = None;
        for objection in &self.scenario.objections {
            let mut known = self.state.objection(&objection.id);
            if !known.raised || known.satisfied {
                continue;
            }
            known.acknowledged |= turn.says(topic::ACKNOWLEDGEMENT);
            let needs = &objection.satisfied_by;
            if met(needs, known, self.scenario, self.state) {
                known.satisfied = true;
                self.change(Cause::SatisfiedObjection);
                self.state.pending.push(RecordEvent::ObjectionSatisfied(Tagged {
                    at_ms: said.at_ms,
                    tag: objection.id.clone(),
                    utterance_id: said.utterance_id.map(str::to_owned),
                }));
                first = first.or(Some(objection));
            }
            self.state.objections.insert(objection.id.clone(), known);
        }
        first
    }

    fn hang_up_by_rule(&mut self, turn: &Signals) -> bool {
        if let Some(reason) = self.state.leaving {
            let lines = &self.scenario.lines.goodbye_unmet;
            self.leave(reason, "goodbye_unmet", lines, "You said goodbye already: say it again.");
            return true;
        }
        let rules = &self.scenario.hang_ups;
        let Some(rule) = rules.iter().find(|it| holds(&it.when, self.scenario, self.state, turn))
        else {
            return false;
        };
        let about = format!("{} Say goodbye and mean it.", rule.summary);
        self.leave(EndReason::BuyerHungUp, &rule.id, &rule.lines, &about);
        true
    }

    fn goal_brought_up(&self, turn: &Signals) -> Option<&'a Goal> {
        self.scenario
            .goals
            .iter()
            .filter(|goal| !self.state.goals.contains(&goal.id))
            .find(|goal| turn.brings_up(&goal.id, &goal.unlock))
    }

    /// Agrees to a goal that was earned; otherwise says that it is too early. Says which.
    fn agree_or_refuse(&mut self, goal: &'a Goal) -> bool {
        let known = ObjectionState {
            acknowledged: 0 < self.state.acknowledgements,
            ..ObjectionState::default()
        };
        if met(&goal.needs, known, self.scenario, self.state) {
            self.state.directed.agree = Some(goal.id.clone());
            let about = format!("They earned the next step: agree to it. {}", goal.summary);
            self.say(&goal.id, &goal.lines, &about);
            return true;
        }
        self.change(Cause::Pushed);
        let about = "They want the next step too early: do not agree to it, and say why.";
        self.say(&format!("{}.not_yet", goal.id), &goal.not_yet, about);
        false
    }

    /// Ends a conversation that came to its end: the rep takes leave, or all is agreed.
    fn part_in_peace(&mut self, turn: &Signals) -> bool {
        let agreed = self.state.directed.agree.is_some();
        let takes_leave = turn.says(topic::FAREWELL) && 1 < self.state.turns;
        let reached = !self.state.goals.is_empty();
        let nothing_left = reached && !agreed && turn.questions == 0 && CLEAR_WORDS <= turn.words;
        if !takes_leave && !nothing_left {
            return false;
        }
        if reached || agreed {
            let lines = &self.scenario.lines.goodbye;
            let about = "The call has come to a good end: thank them and say goodbye.";
            self.leave(EndReason::Completed, "goodbye", lines, about);
        } else {
            // The rep leaves: what it asked for too early needs no answer any more.
            self.lines.clear();
            self.instructions.clear();
            let lines = &self.scenario.lines.goodbye_unmet;
            let about = "The call ends without a next step: say goodbye and promise nothing.";
            self.leave(EndReason::Completed, "goodbye_unmet", lines, about);
        }
        true
    }

    fn notice_trap(&mut self, turn: &Signals) -> bool {
        let Some(trap) =
            self.scenario.traps.iter().find(|it| holds(&it.when, self.scenario, self.state, turn))
        else {
            return false;
        };
        let cost = i8::try_from(trap.trust_cost.get()).unwrap_or(i8::MAX);
        self.apply(Change { trust: -cost, ..Cause::Trapped.change() });
        self.trap = Some(trap.id.clone());
        self.say(&trap.id, &trap.lines, &trap.summary);
        true
    }

    fn tell_facts(&mut self, turn: &Signals) {
        for fact in &self.scenario.facts {
            let known = self.state.facts.get(&fact.id).copied();
            let asked = turn.asks(&fact.id, &fact.unlock);
            // A fact that was cut off is told when the rep asks for anything at all.
            let owed = known == Some(Disclosure::Unlocked) && 0 < turn.questions;
            if !(asked || owed) || self.is_full() {
                continue;
            }
            if self.state.trust < fact.trust && known.is_none() {
                if let Some(withheld) = &fact.withheld {
                    let about = "They ask for something you do not tell them yet: refuse.";
                    self.say(&format!("{}.withheld", fact.id), withheld, about);
                }
                continue;
            }
            if known.is_none() {
                self.change(Cause::AskedWell);
                self.state.facts.insert(fact.id.clone(), Disclosure::Unlocked);
            }
            self.state.directed.reveal.push(fact.id.clone());
            self.say(&fact.id, &fact.lines, &format!("You may reveal this: {}", fact.summary));
        }
    }

    fn tell_answer(&mut self, turn: &Signals) {
        if !self.state.directed.reveal.is_empty() || self.is_full() {
            return;
        }
        let answers = &self.scenario.answers;
        if let Some(answer) = answers.iter().find(|it| turn.asks(&it.id, &it.unlock)) {
            self.say(&answer.id, &answer.lines, &format!("Answer them: {}", answer.summary));
        }
    }

    /// Reacts to a greeting, or to a request to ask.
    fn be_polite(&mut self, turn: &Signals) {
        if !self.lines.is_empty() {
            return;
        }
        let stock = &self.scenario.lines;
        if turn.says(topic::PERMISSION) {
            let about = "They ask whether they may ask: let them, briefly.";
            self.say("permission", &stock.permission, about);
        } else if turn.says(topic::SMALL_TALK) {
            self.say("small_talk", &stock.small_talk, "Answer their small talk in a few words.");
        }
    }

    /// Brings up what is open: something new when its time has come, else again what was raised.
    fn press(&mut self, turn: &Signals) {
        if self.is_full() || turn.words < CLEAR_WORDS {
            return;
        }
        let now = self.state.turns;
        let open = |it: &&Objection| !self.state.objection(&it.id).satisfied;
        let in_time = |it: &Objection| holds(&it.when, self.scenario, self.state, turn);
        let fresh = self
            .scenario
            .objections
            .iter()
            .filter(open)
            .find(|it| !self.state.objection(&it.id).raised && in_time(it))
            .map(|it| (it, &it.lines, it.id.clone()));
        // Pressing in every reply would be a machine's way; a reply that says nothing else does.
        let again = || {
            let due = |it: &&Objection| {
                let known = self.state.objection(&it.id);
                known.raised && (self.lines.is_empty() || known.pushed_in + 1 < now)
            };
            self.scenario.objections.iter().filter(open).filter(due).find_map(|it| {
                if in_time(it) {
                    return Some((it, &it.again, format!("{}.again", it.id)));
                }
                it.doubt.as_ref().map(|doubt| (it, doubt, format!("{}.doubt", it.id)))
            })
        };
        let Some((objection, lines, slot)) = fresh.or_else(again) else { return };
        self.state.directed.raise = Some(objection.id.clone());
        self.state.objections.entry(objection.id.clone()).or_default().pushed_in = now;
        self.say(&slot, lines, &format!("Bring this up: {}", objection.summary));
    }

    /// Says something when nothing else was to be said.
    fn fall_back(&mut self, turn: &Signals) {
        if !self.lines.is_empty() {
            return;
        }
        let stock = &self.scenario.lines;
        if turn.words < CLEAR_WORDS {
            let about = "You could not make out what they said: ask them to say it again.";
            self.say("unclear", &stock.unclear, about);
        } else if 0 < turn.questions {
            let about = "They ask something. Answer from your situation, or ask why it matters.";
            self.say("deflection", &stock.deflection, about);
        } else {
            let about = "React to what they said in a few words, and let them go on.";
            self.say("acknowledgement", &stock.acknowledgement, about);
        }
    }

    /// Whether the buyer has asked for a number that it does not have.
    fn wants_number(&self) -> bool {
        self.state.quoted_in.is_none()
            && self.scenario.objections.iter().any(|it| {
                let known = self.state.objection(&it.id);
                it.satisfied_by.quoted && known.raised && !known.satisfied
            })
    }

    fn is_full(&self) -> bool {
        MOST_PARTS <= self.lines.len()
    }

    fn say(&mut self, slot: &str, wordings: &Wordings, about: &str) {
        self.lines.push(self.state.wording.choose(slot, wordings));
        self.instructions.push(about.trim().to_owned());
    }

    fn leave(&mut self, reason: EndReason, slot: &str, lines: &Wordings, about: &str) {
        self.hang_up = Some(reason);
        self.state.leaving = Some(reason);
        self.say(slot, lines, about);
    }

    fn change(&mut self, cause: Cause) {
        self.apply(cause.change());
    }

    fn apply(&mut self, change: Change) {
        self.state.trust = self.state.trust.moved(change.trust);
        self.state.patience = self.state.patience.moved(change.patience);
        self.changes.push(change);
    }

    fn mood(&self) -> Mood {
        let (trust, patience) = (self.state.trust.get(), self.state.patience.get());
        match () {
            () if self.hang_up.is_some() => Mood::Leaving,
            () if patience < ANNOYED_BELOW => Mood::Annoyed,
            () if patience < IMPATIENT_BELOW => Mood::Impatient,
            () if WARM_FROM <= trust => Mood::Warming,
            () => Mood::Guarded,
        }
    }

    pub(super) fn finish(self) -> Direction {
        let mood = self.mood();
        let words: usize = self.lines.iter().map(|line| line.split_whitespace().count()).sum();
        // What is to be told has to fit, whatever the mood.
        let max_words = mood.words().max(u32::try_from(words).unwrap_or(u32::MAX));
        let mut instruction = vec![mood.sentence().to_owned()];
        instruction.extend(self.instructions);
        if self.hang_up.is_none() {
            if self.state.directed.agree.is_none() && self.state.goals.is_empty() {
                instruction.push("Do not agree to a next step.".to_owned());
            }
            instruction.push("Do not say goodbye.".to_owned());
        }
        instruction.push(format!("At most {max_words} words."));
        Direction {
            mood,
            raise: self.state.directed.raise.clone(),
            reveal: self.state.directed.reveal.clone(),
            agree: self.state.directed.agree.clone(),
            trap: self.trap,
            max_words,
            instruction: instruction.join(" "),
            lines: self.lines,
            interruptible: self.hang_up.is_none(),
            hang_up: self.hang_up,
            changes: self.changes,
            trust: self.state.trust.get(),
            patience: self.state.patience.get(),
        }
    }
}
