//! What of the rep's words becomes an utterance, and what the persona remembers of it.

use super::speech::{Spoken, Taken};
use super::{Call, Said, next_utterance};
use crate::record::{Speaker, Utterance};
use crate::turn::Words;

impl Call {
    /// Words began, or went on, in a voice that was taken for noise.
    pub(super) fn hear_in_noise(&mut self, known: u32) {
        if self.floor.hears_noise() && known < self.words().count {
            self.speech.speak_in_noise(self.now);
        }
    }

    /// A voice that was taken for noise is no beginning of what comes next.
    pub(super) fn leave_noise(&mut self) {
        if self.floor.hears_noise() {
            self.speech.paused(self.now);
        }
    }

    /// Keeps what the rep said without giving it the floor.
    pub(super) fn keep_aside(&mut self) {
        self.echo.dropped();
        // Speech of which nothing is known yet may be a turn.
        let last_finalise = if self.speech.has_unsettled() {
            self.next_answer().min(self.asked)
        } else {
            self.answered
        };
        if let Some(taken) = self.take_speech() {
            let place = self.remember_aside(&taken.utterance.text);
            self.last_spoken = Some(Spoken { taken, place, last_finalise });
        }
    }

    /// Makes the typed text an utterance. Returns its place in the history.
    pub(super) fn keep_typed(&mut self) -> Option<usize> {
        let text = self.typed.take()?;
        let at_ms = self.now.as_ms();
        let id = next_utterance(&mut self.utterances);
        self.publish(Utterance {
            id,
            speaker: Speaker::Rep,
            start_ms: at_ms,
            end_ms: at_ms,
            text: text.clone(),
            words: Vec::new(),
            interrupted: false,
            typed: true,
            unheard: None,
        });
        Some(self.remember(text))
    }

    /// Adds what the rep said to the history; returns its place there.
    pub(super) fn remember(&mut self, text: String) -> usize {
        self.history.push(Said { speaker: Speaker::Rep, text, cut: false });
        self.history.len() - 1
    }

    /// Adds what took no floor to the history, but no backchannel: that says nothing the persona
    /// could answer later.
    pub(super) fn remember_aside(&mut self, text: &str) -> Option<usize> {
        let backchannel = Words::read(text, self.setup.recogniser.punctuation).backchannel;
        (!backchannel).then(|| self.remember(text.to_owned()))
    }

    pub(super) fn take_speech(&mut self) -> Option<Taken> {
        self.leave_noise();
        let utterances = &mut self.utterances;
        let taken = self.speech.take(self.now, || next_utterance(utterances))?;
        self.publish(taken.utterance.clone());
        Some(taken)
    }
}
