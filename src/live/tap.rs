//! Where listeners get their sound: beside the recorder, which never waits for them.

use ringcraft_media::tape::TapeFrame;

use super::feed::Feed;
use super::mixer::Mixer;

/// Ticks without a frame after which sound no longer waits for what completes its piece: 300 ms.
const QUIET_TICKS: u32 = 3;

/// Brings what is recorded to those who listen. While nobody does, it holds nothing.
#[derive(Debug, Default)]
pub(super) struct Tap {
    mixer: Option<Mixer>,
    quiet_ticks: u32,
}

impl Tap {
    /// Takes a frame of the tape.
    pub(super) fn take(&mut self, frame: &TapeFrame, feed: &Feed) {
        self.quiet_ticks = 0;
        let Some(sound) = feed.sound() else {
            self.mixer = None;
            return;
        };
        // Those who left meanwhile miss nothing.
        let mixer = self.mixer.get_or_insert_with(Mixer::new);
        mixer.take(frame, |piece| drop(sound.send(piece)));
    }

    /// Notices that nothing comes any more.
    pub(super) fn tick(&mut self, feed: &Feed) {
        self.quiet_ticks += 1;
        if self.quiet_ticks == QUIET_TICKS {
            self.flush(feed);
        }
    }

    /// Hands out what still waits for the rest of its piece.
    pub(super) fn flush(&mut self, feed: &Feed) {
        if let (Some(mixer), Some(sound)) = (&mut self.mixer, feed.sound()) {
            mixer.flush(|piece| drop(sound.send(piece)));
        }
    }
}
