//! What the recogniser tells: words of the open speech, or of speech that was taken already.

use super::speech::Spoken;
use super::{Call, Command, FinaliseId, Live, NO_FINALISE, Note, TimedWord};
use crate::turn::Input;

impl Call {
    pub(super) fn show(&mut self, partial: &str) {
        // Words of speech that was taken already: the final that settles them corrects it.
        if self.late_for(self.next_answer()).is_some() {
            return;
        }
        let known = self.words().count;
        self.speech.partial(partial);
        self.hear_in_noise(known);
        self.tell(Live::Partial { text: self.speech.text() });
        self.tell_floor(Input::Words(self.words()));
    }

    pub(super) fn settle(
        &mut self,
        text: &str,
        words: Vec<TimedWord>,
        finalise: Option<FinaliseId>,
    ) {
        let answers = finalise.unwrap_or(self.next_answer());
        self.answered = self.answered.max(finalise.unwrap_or(NO_FINALISE));
        if let Some(spoken) = self.late_for(answers) {
            // Words that were shown and then denied stay: the persona may have answered them.
            if !text.trim().is_empty() && spoken.taken.amend(text, words) {
                self.amend();
            }
        } else {
            let known = self.words().count;
            self.speech.settle(self.now, text, words);
            self.hear_in_noise(known);
        }
        self.tell_floor(Input::Settled(finalise, self.words()));
    }

    /// The request whose answer settles what the recogniser hears now. It tells in the order of the
    /// sound, so whatever comes before an answer is of sound before that request.
    pub(super) fn next_answer(&self) -> FinaliseId {
        FinaliseId(self.answered.0 + 1)
    }

    /// The speech that was taken before its words were settled by the answer to this request.
    fn late_for(&mut self, answers: FinaliseId) -> Option<&mut Spoken> {
        self.last_spoken.as_mut().filter(|spoken| answers <= spoken.last_finalise)
    }

    /// A late final changed the last speech that was taken: one utterance, never a second turn.
    fn amend(&mut self) {
        let Some(spoken) = &self.last_spoken else { return };
        let utterance = spoken.taken.utterance.clone();
        let mut place = spoken.place;
        match place.and_then(|place| self.history.get_mut(place)) {
            Some(said) => said.text.clone_from(&utterance.text),
            None => place = self.remember_aside(&utterance.text),
        }
        self.command(Command::Note(Note::Amended(utterance.clone())));
        self.tell(Live::Utterance { utterance });
        if place.is_some_and(|place| self.unanswered.contains(&place)) {
            if let Some(turn) = &mut self.turn_end {
                turn.settled = Some(self.now);
            }
            self.tell_floor(Input::Late);
        }
        if let Some(spoken) = &mut self.last_spoken {
            spoken.place = place;
        }
    }
}
