//! Sending a reply's sound: paced on a 20 ms grid, stopped at a known sample.

mod voice;

use std::collections::VecDeque;

use crate::call::{ReplyId, StopCause};
use crate::frame::Frame;
use crate::resample::{RatesUnsupported, Resampler};
use crate::units::{CallTime, FRAME_MS, SampleRate, Samples, Span};

use voice::Voice;

/// How far a frame is sent ahead of its sound, so that a late timer is not heard. With the frame
/// itself at most 60 ms are under way, and stopping is stopping.
pub const OUTPUT_LEAD: Span = Span::ms(40);

/// What must be there before a reply that ran dry goes on.
const REFILL: Span = Span::ms(60);

/// How long a run takes to reach full loudness.
const FADE_IN: Span = Span::ms(5);

const FRAME: Span = Span::ms(FRAME_MS);

/// Ids of closed replies that are remembered; far older ones are stale without being so.
const RETIRED: usize = 32;

/// Converters kept for the next reply.
const SPARES: usize = 4;

/// Sends the replies of one call, one at a time.
#[derive(Debug)]
pub struct Playout {
    rate: SampleRate,
    /// Open replies, in the order in which they were first named.
    replies: Vec<Reply>,
    run: Option<Run>,
    /// When the last sound that was sent ends.
    sound_end: CallTime,
    /// The latest time that was told.
    now: CallTime,
    newest: ReplyId,
    retired: VecDeque<ReplyId>,
    spares: Vec<Resampler>,
    events: VecDeque<PlayoutEvent>,
    frame: Frame,
}

/// 20 ms to be sent now.
#[derive(Debug)]
pub struct Outgoing<'a> {
    /// The reply it belongs to.
    pub reply: ReplyId,
    /// The place of its first sample in the reply.
    pub offset: Samples,
    /// When its first sample sounds.
    pub at: CallTime,
    /// How much of it is sound; silence fills the rest.
    pub len: Samples,
    /// The samples.
    pub frame: &'a Frame,
}

impl Outgoing<'_> {
    /// The samples without the filling.
    pub fn sound(&self) -> &[f32] {
        &self.frame.samples()[..self.len.0 as usize]
    }
}

/// What became of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlayoutEvent {
    /// The first frame of a run was sent.
    Started {
        /// The reply.
        reply: ReplyId,
        /// When it was sent, which is when it sounds.
        at: CallTime,
        /// Its place in the reply.
        from: Span,
    },
    /// The last frame of a run was sent, or a reply without sound is over.
    Stopped {
        /// The reply.
        reply: ReplyId,
        /// When the sound of its last sample ends, by [`OUTPUT_LEAD`] later than it was sent.
        at: CallTime,
        /// The end of the run in the reply.
        position: Span,
        /// Why.
        cause: StopCause,
    },
}

/// Why sound was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PushError {
    /// The voice's rate cannot be converted to the link's.
    #[error(transparent)]
    Rates(#[from] RatesUnsupported),
    /// The reply waits with more sound than any reply has.
    #[error("a reply holds more than {} s of unsent sound", voice::LONGEST.as_ms() / 1_000)]
    TooLong,
}

#[derive(Debug)]
struct Reply {
    id: ReplyId,
    voice: Voice,
    /// The next sample to be sent.
    position: u64,
    /// When its last run ended.
    stopped_at: Option<CallTime>,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nobody said that it may be heard.
    Held,
    /// To be heard as soon as this much is there, or all of it.
    Waiting { least: Span },
    /// Its run is [`Playout::run`].
    Sounding,
    /// To be heard when it is resumed.
    Paused,
    /// All of it was sent. A resume can still go back.
    Drained,
}

/// An unbroken stretch of sound: frame `n` sounds 20 ms × `n` after the start.
#[derive(Debug)]
struct Run {
    reply: ReplyId,
    start: CallTime,
    frames: u64,
    stop: Option<Stop>,
}

/// What happens after a run faded out.
#[derive(Clone, Copy, Debug)]
enum Stop {
    Pause,
    Cancel,
    Resume(Span),
}

/// What the run's next frame is, whenever its time comes.
enum Next {
    /// A whole frame, and more may follow.
    Whole,
    /// This many samples are the last of the run; perhaps none.
    Last { len: usize, cause: StopCause },
    /// It did not arrive yet; then this many samples are the last of the run.
    Missing { len: usize },
}

impl Playout {
    /// A playout at the rate of the link.
    pub fn new(rate: SampleRate) -> Self {
        Self {
            rate,
            replies: Vec::new(),
            run: None,
            sound_end: CallTime::ZERO,
            now: CallTime::ZERO,
            newest: ReplyId(0),
            retired: VecDeque::with_capacity(RETIRED),
            spares: Vec::new(),
            events: VecDeque::with_capacity(8),
            frame: Frame::silence(rate),
        }
    }

    /// Adds sound of a reply's current chunk, at the rate of the voice. Says how long it lasts.
    ///
    /// # Errors
    /// When the rate cannot be converted, or far more waits than any reply has.
    pub fn push(
        &mut self,
        reply: ReplyId,
        voice_rate_hz: u32,
        pcm: &[i16],
    ) -> Result<Span, PushError> {
        let Some(index) = self.open(reply) else { return Ok(Span::ZERO) };
        let reply = &mut self.replies[index];
        reply.voice.push(voice_rate_hz, pcm, reply.position, &mut self.spares)?;
        let rate_hz = u64::from(voice_rate_hz);
        Ok(Span((pcm.len() as u64 * 1_000_000 + rate_hz / 2) / rate_hz))
    }

    /// Says that the current chunk's sound is complete.
    pub fn chunk_done(&mut self, reply: ReplyId) {
        if let Some(index) = self.find(reply) {
            self.replies[index].voice.chunk_done();
        }
    }

    /// Says that no more sound of the reply will come.
    pub fn finish(&mut self, reply: ReplyId) {
        if let Some(index) = self.open(reply) {
            self.replies[index].voice.finish();
        }
    }

    /// Lets a reply be heard as soon as there is sound.
    pub fn play(&mut self, reply: ReplyId) {
        if let Some(index) = self.open(reply)
            && self.replies[index].state == State::Held
        {
            self.replies[index].state = State::Waiting { least: FRAME };
        }
    }

    /// Fades a reply out over one last frame, in its turn on the grid.
    pub fn pause(&mut self, reply: ReplyId, now: CallTime) {
        self.now = self.now.max(now);
        let Some(index) = self.find(reply) else { return };
        match self.replies[index].state {
            State::Sounding => self.stop(Stop::Pause),
            State::Waiting { .. } => self.replies[index].state = State::Paused,
            State::Held | State::Paused | State::Drained => {}
        }
    }

    /// Lets a paused or drained reply go on from a place in it, as far back as sound is kept.
    pub fn resume(&mut self, reply: ReplyId, from: Span, now: CallTime) {
        self.now = self.now.max(now);
        let Some(index) = self.find(reply) else { return };
        match self.replies[index].state {
            State::Paused | State::Drained => self.replies[index].rewind(from.samples(self.rate)),
            State::Sounding if self.run.as_ref().is_some_and(|run| run.stop.is_some()) => {
                self.stop(Stop::Resume(from));
            }
            State::Sounding | State::Held | State::Waiting { .. } => {}
        }
    }

    /// Drops a reply, after fading it out where it sounds.
    pub fn cancel(&mut self, reply: ReplyId) {
        match self.find(reply) {
            Some(index) if self.replies[index].state == State::Sounding => self.stop(Stop::Cancel),
            Some(index) => self.retire(index),
            // What was cancelled before its first sound must not open when that arrives.
            None => self.remember_retired(reply),
        }
    }

    /// Whether the persona sounds at this moment, by the grid.
    pub fn audible(&self, now: CallTime) -> bool {
        self.run.is_some() || now < self.sound_end
    }

    /// When [`Self::tick`] has something to do next; a time already told means at once.
    pub fn poll_timeout(&self) -> Option<CallTime> {
        if let Some(run) = &self.run {
            let sound_at = run.sound_at();
            return Some(match self.next(run) {
                Next::Missing { .. } => sound_at,
                Next::Whole | Next::Last { .. } => run.send_at(),
            });
        }
        let soonest = |reply: &Reply| match reply.readiness(self.rate)? {
            Readiness::Sound => Some(self.sound_end.max(self.now)),
            Readiness::Over => Some(self.now),
        };
        self.replies.iter().filter_map(soonest).min()
    }

    /// Gives out the next frame that is due. To be repeated until there is none.
    pub fn tick(&mut self, now: CallTime) -> Option<Outgoing<'_>> {
        self.now = self.now.max(now);
        loop {
            let Some(run) = &self.run else {
                if self.start_run() {
                    continue;
                }
                return None;
            };
            if self.now < run.send_at() {
                return None;
            }
            let (len, end) = match self.next(run) {
                Next::Whole => (self.rate.frame_len(), None),
                Next::Last { len, cause } => (len, Some(cause)),
                Next::Missing { .. } if self.now < run.sound_at() => return None,
                Next::Missing { len } => (len, Some(StopCause::Starved)),
            };
            if len == 0 {
                self.end_run(end.expect("only the end of a run is empty"));
                continue;
            }
            return Some(self.send(len, end));
        }
    }

    /// The next thing that became of a reply.
    pub fn poll_event(&mut self) -> Option<PlayoutEvent> {
        self.events.pop_front()
    }

    /// Starts the first reply that can be heard; says whether anything changed.
    fn start_run(&mut self) -> bool {
        let rate = self.rate;
        let ready = self.replies.iter().position(|reply| match reply.readiness(rate) {
            Some(Readiness::Sound) => self.sound_end <= self.now,
            Some(Readiness::Over) => true,
            None => false,
        });
        let Some(index) = ready else { return false };
        let (now, reply) = (self.now, &mut self.replies[index]);
        if reply.readiness(rate) == Some(Readiness::Over) {
            reply.state = State::Drained;
            let (id, at) = (reply.id, *reply.stopped_at.get_or_insert(now));
            let position = Samples(reply.position).span(rate);
            self.events.push_back(PlayoutEvent::Stopped {
                reply: id,
                at,
                position,
                cause: StopCause::Drained,
            });
            return true;
        }
        reply.state = State::Sounding;
        let (id, from) = (reply.id, Samples(reply.position).span(rate));
        self.run = Some(Run { reply: id, start: now, frames: 0, stop: None });
        self.events.push_back(PlayoutEvent::Started { reply: id, at: now, from });
        while let Some(index) = self.replies.iter().position(|r| r.state == State::Drained) {
            self.retire(index);
        }
        true
    }

    fn next(&self, run: &Run) -> Next {
        let reply = self.reply(run);
        let ready = reply.ready();
        let len = ready.min(self.rate.frame_len() as u64) as usize;
        match run.stop {
            Some(Stop::Pause | Stop::Resume(_)) => Next::Last { len, cause: StopCause::Paused },
            Some(Stop::Cancel) => Next::Last { len, cause: StopCause::Cancelled },
            None if reply.voice.complete() && ready <= self.rate.frame_len() as u64 => {
                Next::Last { len, cause: StopCause::Drained }
            }
            None if len == self.rate.frame_len() => Next::Whole,
            None => Next::Missing { len },
        }
    }

    fn send(&mut self, len: usize, end: Option<StopCause>) -> Outgoing<'_> {
        let run = self.run.as_mut().expect("a frame belongs to a run");
        let (id, first, at) = (run.reply, run.frames == 0, run.sound_at());
        run.frames += 1;
        let index = self.find(id).expect("a run belongs to an open reply");
        let reply = &mut self.replies[index];
        let offset = Samples(reply.position);
        let samples = self.frame.samples_mut();
        let (sound, filling) = samples.split_at_mut(len);
        reply.voice.read(reply.position, sound);
        filling.fill(0.0);
        reply.position += len as u64;
        reply.voice.forget(reply.position);
        if first {
            fade_in(sound, FADE_IN.samples(self.rate).0 as usize);
        }
        self.sound_end = at + Samples(len as u64).span(self.rate);
        if let Some(cause) = end {
            if cause != StopCause::Drained {
                fade_out(sound);
            }
            self.end_run(cause);
        }
        Outgoing { reply: id, offset, at, len: Samples(len as u64), frame: &self.frame }
    }

    fn end_run(&mut self, cause: StopCause) {
        let run = self.run.take().expect("only a run ends");
        let index = self.find(run.reply).expect("a run belongs to an open reply");
        let (rate, at) = (self.rate, self.sound_end);
        let reply = &mut self.replies[index];
        reply.stopped_at = Some(at);
        let position = Samples(reply.position).span(rate);
        self.events.push_back(PlayoutEvent::Stopped { reply: run.reply, at, position, cause });
        match (run.stop, cause) {
            (Some(Stop::Pause), _) => reply.state = State::Paused,
            (Some(Stop::Resume(from)), _) => reply.rewind(from.samples(rate)),
            (Some(Stop::Cancel), _) => self.retire(index),
            (None, StopCause::Drained) => reply.state = State::Drained,
            (None, _) => reply.state = State::Waiting { least: REFILL },
        }
    }

    fn stop(&mut self, stop: Stop) {
        let run = self.run.as_mut().expect("a reply that sounds has a run");
        if !matches!(run.stop, Some(Stop::Cancel)) {
            run.stop = Some(stop);
        }
    }

    fn reply(&self, run: &Run) -> &Reply {
        let index = self.find(run.reply).expect("a run belongs to an open reply");
        &self.replies[index]
    }

    fn find(&self, id: ReplyId) -> Option<usize> {
        self.replies.iter().position(|reply| reply.id == id)
    }

    /// Finds a reply, or opens it unless its id is stale.
    fn open(&mut self, id: ReplyId) -> Option<usize> {
        if let Some(index) = self.find(id) {
            return Some(index);
        }
        let forgotten = id.0.saturating_add(RETIRED as u32) < self.newest.0;
        if forgotten || self.retired.contains(&id) {
            return None;
        }
        self.newest = self.newest.max(id);
        self.replies.push(Reply {
            id,
            voice: Voice::new(self.rate),
            position: 0,
            stopped_at: None,
            state: State::Held,
        });
        Some(self.replies.len() - 1)
    }

    fn retire(&mut self, index: usize) {
        let reply = self.replies.remove(index);
        if let Some(resampler) = reply.voice.into_resampler()
            && self.spares.len() < SPARES
        {
            self.spares.push(resampler);
        }
        self.remember_retired(reply.id);
    }

    fn remember_retired(&mut self, id: ReplyId) {
        if self.retired.contains(&id) {
            return;
        }
        if self.retired.len() == RETIRED {
            self.retired.pop_front();
        }
        self.retired.push_back(id);
        self.newest = self.newest.max(id);
    }
}

#[derive(PartialEq, Eq)]
enum Readiness {
    /// There is something to be heard.
    Sound,
    /// All of it was heard, or it has no sound at all.
    Over,
}

impl Reply {
    /// Samples that were not sent.
    fn ready(&self) -> u64 {
        self.voice.end() - self.position
    }

    fn readiness(&self, rate: SampleRate) -> Option<Readiness> {
        let State::Waiting { least } = self.state else { return None };
        let ready = self.ready();
        if self.voice.complete() {
            return Some(if ready == 0 { Readiness::Over } else { Readiness::Sound });
        }
        (least.samples(rate).0 <= ready).then_some(Readiness::Sound)
    }

    fn rewind(&mut self, from: Samples) {
        self.position = from.0.clamp(self.voice.start(), self.voice.end());
        self.state = State::Waiting { least: FRAME };
    }
}

impl Run {
    /// When its next frame sounds.
    fn sound_at(&self) -> CallTime {
        self.start + Span(FRAME.0 * self.frames)
    }

    /// When its next frame is sent: ahead by the lead, but not before the run.
    fn send_at(&self) -> CallTime {
        self.sound_at().saturating_sub(OUTPUT_LEAD).max(self.start)
    }
}

fn fade_in(samples: &mut [f32], fade_len: usize) {
    for (n, sample) in samples.iter_mut().take(fade_len).enumerate() {
        *sample *= n as f32 / fade_len as f32;
    }
}

fn fade_out(samples: &mut [f32]) {
    let len = samples.len();
    for (n, sample) in samples.iter_mut().enumerate() {
        *sample *= (len - 1 - n) as f32 / len as f32;
    }
}

#[cfg(test)]
mod tests;
