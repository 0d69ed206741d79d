//! What the recogniser tells: words of the open speech, or of speech that was taken already.

use super::echo::{More, Sounded};
use super::piece::Piece;
use super::reply::Reply;
use super::speech::Spoken;
use super::{Call, Command, FinaliseId, Live, NO_FINALISE, Note, TimedWord};
use crate::turn::Input;

impl Call {
    pub(super) fn show(&mut self, partial: &str) {
        // Words of speech that was taken already: the final that settles them corrects it.
        if self.late_for(self.next_answer()).is_some() {
            return;
        }
        let (known, told) = (self.words().count, self.speech.text());
        self.speech.partial(self.now, partial);
        self.judge();
        self.hear_in_noise(known);
        let text = self.speech.text();
        // Nobody is shown that words are held back.
        if !self.echo.is_possible() || text != told {
            self.tell(Live::Partial { text });
        }
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
        if self.late_for(answers).is_some() {
            let late = self.judge_late(text, words);
            let spoken = self.late_for(answers);
            // Words that were shown and then denied stay: the persona may have answered them.
            if !late.text().is_empty() && spoken.is_some_and(|spoken| spoken.taken.amend(&late)) {
                self.amend();
            }
        } else {
            let known = self.words().count;
            self.speech.settle(self.now, text, words);
            self.judge();
            self.hear_in_noise(known);
        }
        self.tell_floor(Input::Settled(finalise, self.words()));
    }

    /// Tells the floor of words that were held back and are the rep's, where that is known now.
    pub(super) fn decide_held(&mut self) {
        if !self.speech.has_held() {
            return;
        }
        let (known, told) = (self.words().count, self.speech.text());
        self.judge();
        let text = self.speech.text();
        if text != told {
            self.hear_in_noise(known);
            self.tell(Live::Partial { text });
            self.tell_floor(if self.speech.has_unsettled() {
                Input::Words(self.words())
            } else {
                Input::Settled(None, self.words())
            });
        }
    }

    /// Judges which words of the open speech are echo.
    fn judge(&mut self) {
        if !self.echo.is_possible() {
            return self.speech.release();
        }
        let (sounded, more) = (self.sounded(), self.more_echo());
        let (echo, policy) = (&self.echo, &self.setup.policy);
        let judged = self.speech.judge(|heard| echo.judge(policy, &sounded, heard, more));
        if let Some((reply, last)) = judged {
            self.echo.settled(reply, last);
        }
    }

    /// Judges words of speech that was taken already: those that are not surely echo belong to it.
    fn judge_late(&self, text: &str, words: Vec<TimedWord>) -> Piece {
        let mut late = Piece::default().settle(self.now, text, words);
        if self.echo.is_possible() {
            let (policy, heard) = (&self.setup.policy, late.heard());
            late.judged(self.echo.judge(policy, &self.sounded(), &heard, More::Nothing).verdicts);
            late.release();
        }
        late
    }

    /// What the rep heard of the open reply.
    fn sounded(&self) -> Vec<Sounded> {
        self.reply.as_ref().map(Reply::sounded).unwrap_or_default()
    }

    /// What more may come back of what the rep heard.
    fn more_echo(&self) -> More {
        if self.echo.hears_voice() || self.speech.is_shown() {
            More::Words
        } else if self.reply.as_ref().is_some_and(Reply::was_audible) || self.answered < self.asked
        {
            More::Voices
        } else {
            More::Nothing
        }
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
