//! The recorder: one task a call that owns its spool, and lets a live event out only once the log
//! line it comes from is in the file.
//!
//! What must be written stands in one row of bytes; the file is always a beginning of that row. So
//! a disk that is full for a while costs nothing: the rest waits in memory and is appended later.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use ringcraft_media::record::Speaker;
use ringcraft_media::tape::{TAPE_FRAME_LEN, TapeFrame};
use ringcraft_media::units::Samples;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use super::feed::Feed;
use super::ledger::LedgerLines;
use super::tap::Tap;
use crate::model::CallId;
use crate::spool::{self, Spool};

/// Lines and frames waiting for the recorder: 2 s of both legs. The recorder does nothing but take
/// them, so when it is full the runtime is stuck; the driver counts what it could not hand over.
pub const RECORDER_INPUT: usize = 256;

/// Sound of a leg that is written in one chunk: 100 ms at 16 kHz.
const TAPE_CHUNK: usize = 5 * TAPE_FRAME_LEN;

/// How often sound that waits for its chunk to fill is written anyway, and a refused write tried
/// again. With the chunk's own 100 ms, the death of the process costs at most 200 ms of sound.
const TICK: Duration = Duration::from_millis(100);

/// How often what was written is made safe from a power cut, and faults are reported: 1 s.
const TICKS_PER_SYNC: u32 = 10;

/// How long live events wait for a disk that does not take their lines: 1 s. Then they go out from
/// memory. A page that stands still would break a call that could go on, and to lose what was shown
/// takes a second fault: the process must die before the disk comes back.
const TICKS_HELD_BACK: u32 = 10;

/// How often a refusing disk is tried once the call is over: 2 s.
const TICKS_TO_FINISH: u32 = 20;

/// Bytes in memory from which on sound is dropped: four minutes of both legs.
const MAX_WAITING_WITH_SOUND: usize = 16 << 20;

/// Bytes in memory from which on the log ends: 8 MiB of lines alone.
const MAX_WAITING: usize = 24 << 20;

/// What the recorder keeps.
#[derive(Clone, Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "most items are frames; a box would allocate for each"
)]
pub enum RecorderInput {
    /// A line of the log, and the live events that may be shown once it is kept.
    Line {
        /// The entry as JSON, without a line break.
        json: String,
        /// The events, each a JSON object.
        live: Vec<Arc<str>>,
    },
    /// Sound of one leg.
    Tape(TapeFrame),
}

/// What became of a call's spool.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    /// What the disk did not take until the end: it belongs behind the file's bytes.
    pub unwritten: Vec<u8>,
    /// What went wrong on the way.
    pub faults: RecorderFaults,
}

/// Counted faults of a recorder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecorderFaults {
    /// Writes and syncs that the disk refused.
    pub refused: u64,
    /// Live events that went out before their line was on disk.
    pub told_early: u64,
    /// Samples dropped for want of memory.
    pub samples_dropped: u64,
    /// Lines dropped for want of memory.
    pub lines_dropped: u64,
}

/// The disk under a recorder.
pub(super) trait Disk: Send + Sync + 'static {
    /// Appends a beginning of `bytes`; says how much.
    fn append(&self, bytes: &[u8]) -> io::Result<usize>;
    /// Returns once everything appended survives a power cut.
    fn sync(&self) -> io::Result<()>;
}

impl Disk for File {
    fn append(&self, bytes: &[u8]) -> io::Result<usize> {
        let mut file = self;
        file.write(bytes)
    }

    fn sync(&self) -> io::Result<()> {
        self.sync_data()
    }
}

/// Writes the spool of a call until its input closes, feeds the live events, and hands the log on to
/// the ledger.
pub async fn run(
    spool: Spool,
    input: mpsc::Receiver<RecorderInput>,
    feed: Arc<Feed>,
    ledger: LedgerLines,
) -> Recorded {
    let mut recorder = Recorder::new(spool.call_id, Arc::new(spool.file), feed);
    recorder.ledger = Some(ledger);
    recorder.run(input).await
}

/// A chunk of one leg that is still filling.
#[derive(Debug, Default)]
struct Filling {
    start: Samples,
    pcm: Vec<i16>,
}

/// How far a write came, and what stopped it.
type Written = (usize, io::Result<()>);

#[derive(Debug)]
struct Recorder<D> {
    call_id: CallId,
    disk: Arc<D>,
    feed: Arc<Feed>,
    ledger: Option<LedgerLines>,
    tap: Tap,
    rep: Filling,
    persona: Filling,
    /// Bytes that no write has taken up.
    pending: Vec<u8>,
    /// Bytes that a write has taken up, and that write.
    writing: Option<(Bytes, JoinHandle<Written>)>,
    /// How far the file will be safe, and the sync that makes it so.
    syncing: Option<(u64, JoinHandle<io::Result<()>>)>,
    /// Bytes ever handed to the row, and those of them that are in the file.
    queued: u64,
    written: u64,
    synced: u64,
    /// Live events with the place in the row that must be in the file first.
    untold: VecDeque<(u64, Vec<Arc<str>>)>,
    /// Ticks since the disk last took something, while something waits.
    stuck_ticks: u32,
    /// The last write was refused; the next tick tries again.
    refused: bool,
    /// The log has lost a line: what follows would read as if nothing were missing, so it ends.
    log_ended: bool,
    ticks: u32,
    faults: RecorderFaults,
    reported: RecorderFaults,
}

impl<D: Disk> Recorder<D> {
    fn new(call_id: CallId, disk: Arc<D>, feed: Arc<Feed>) -> Self {
        Self {
            call_id,
            disk,
            feed,
            ledger: None,
            tap: Tap::default(),
            rep: Filling::default(),
            persona: Filling::default(),
            pending: Vec::new(),
            writing: None,
            syncing: None,
            queued: 0,
            written: 0,
            synced: 0,
            untold: VecDeque::new(),
            stuck_ticks: 0,
            refused: false,
            log_ended: false,
            ticks: 0,
            faults: RecorderFaults::default(),
            reported: RecorderFaults::default(),
        }
    }

    async fn run(mut self, mut input: mpsc::Receiver<RecorderInput>) -> Recorded {
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut open = true;
        let mut ticks_left = TICKS_TO_FINISH;
        while open || (self.waiting_bytes() != 0 && ticks_left != 0) || self.writing.is_some() {
            self.start_write();
            tokio::select! {
                item = input.recv(), if open => match item {
                    Some(item) => self.take(item),
                    None => {
                        open = false;
                        self.flush_tape();
                        self.tap.flush(&self.feed);
                        self.feed.end_sound();
                    }
                },
                done = finished(&mut self.writing) => self.settle_write(done),
                done = finished(&mut self.syncing) => self.settle_sync(done),
                _ = ticks.tick() => {
                    self.tick();
                    if !open {
                        ticks_left = ticks_left.saturating_sub(1);
                    }
                }
            }
        }
        self.finish().await
    }

    fn take(&mut self, item: RecorderInput) {
        match item {
            RecorderInput::Line { json, live } => self.take_line(&json, live),
            RecorderInput::Tape(frame) => self.take_tape(&frame),
        }
    }

    fn take_line(&mut self, json: &str, live: Vec<Arc<str>>) {
        self.log_ended |= MAX_WAITING <= self.waiting_bytes();
        if self.log_ended {
            self.faults.lines_dropped += 1;
        } else {
            self.queue(|pending| spool::push_line(pending, json));
            if let Some(ledger) = &mut self.ledger {
                ledger.take(json);
            }
        }
        if !live.is_empty() {
            self.untold.push_back((self.queued, live));
        }
        if TICKS_HELD_BACK <= self.stuck_ticks {
            self.tell_all();
        }
    }

    fn take_tape(&mut self, frame: &TapeFrame) {
        self.tap.take(frame, &self.feed);
        let len = usize::from(frame.len).min(TAPE_FRAME_LEN);
        let filling = self.filling(frame.leg);
        if filling.start + Samples(filling.pcm.len() as u64) != frame.start {
            self.flush_leg(frame.leg);
            self.filling(frame.leg).start = frame.start;
        }
        let filling = self.filling(frame.leg);
        filling.pcm.extend_from_slice(&frame.pcm[..len]);
        if TAPE_CHUNK <= filling.pcm.len() {
            self.flush_leg(frame.leg);
        }
    }

    fn filling(&mut self, leg: Speaker) -> &mut Filling {
        match leg {
            Speaker::Rep => &mut self.rep,
            Speaker::Persona => &mut self.persona,
        }
    }

    fn flush_tape(&mut self) {
        self.flush_leg(Speaker::Rep);
        self.flush_leg(Speaker::Persona);
    }

    fn flush_leg(&mut self, leg: Speaker) {
        if self.filling(leg).pcm.is_empty() {
            return;
        }
        let mut filling = std::mem::take(self.filling(leg));
        if MAX_WAITING_WITH_SOUND <= self.waiting_bytes() {
            // The newest goes, not the oldest: a chunk at the front may be half written.
            self.faults.samples_dropped += filling.pcm.len() as u64;
        } else {
            self.queue(|pending| spool::push_tape(pending, leg, filling.start, &filling.pcm));
        }
        // The buffer is kept, and the leg goes on where it stopped.
        filling.start += Samples(filling.pcm.len() as u64);
        filling.pcm.clear();
        *self.filling(leg) = filling;
    }

    fn queue(&mut self, push: impl FnOnce(&mut Vec<u8>)) {
        let before = self.pending.len();
        push(&mut self.pending);
        self.queued += (self.pending.len() - before) as u64;
    }

    fn waiting_bytes(&self) -> usize {
        self.pending.len() + self.writing.as_ref().map_or(0, |(bytes, _)| bytes.len())
    }

    /// Starts a write where none runs. What arrives meanwhile goes with the next one.
    fn start_write(&mut self) {
        if self.writing.is_some() || self.refused || self.pending.is_empty() {
            return;
        }
        let bytes = Bytes::from(std::mem::take(&mut self.pending));
        let (disk, taken) = (Arc::clone(&self.disk), bytes.clone());
        let job = tokio::task::spawn_blocking(move || append_all(&*disk, &taken));
        self.writing = Some((bytes, job));
    }

    fn settle_write(&mut self, (bytes, done): (Bytes, io::Result<Written>)) {
        let (taken, result) = done.unwrap_or_else(|error| (0, Err(error)));
        self.written += taken as u64;
        if taken != 0 {
            self.stuck_ticks = 0;
        }
        if let Err(error) = result {
            self.refused = true;
            self.count_refusal(&error);
            let mut rest = bytes[taken..].to_vec();
            rest.append(&mut self.pending);
            self.pending = rest;
        }
        while self.untold.front().is_some_and(|(place, _)| *place <= self.written) {
            self.tell_front();
        }
    }

    fn settle_sync(&mut self, (upto, done): (u64, io::Result<io::Result<()>>)) {
        match done.flatten() {
            Ok(()) => self.synced = self.synced.max(upto),
            Err(error) => self.count_refusal(&error),
        }
    }

    fn tell_front(&mut self) -> u64 {
        let (_, events) = self.untold.pop_front().unwrap_or_default();
        for event in &events {
            self.feed.tell(event);
        }
        events.len() as u64
    }

    fn tell_all(&mut self) {
        while !self.untold.is_empty() {
            self.faults.told_early += self.tell_front();
        }
    }

    fn tick(&mut self) {
        self.flush_tape();
        self.tap.tick(&self.feed);
        self.refused = false;
        self.stuck_ticks = if self.waiting_bytes() == 0 { 0 } else { self.stuck_ticks + 1 };
        if TICKS_HELD_BACK <= self.stuck_ticks {
            self.tell_all();
        }
        self.ticks += 1;
        if TICKS_PER_SYNC <= self.ticks {
            self.ticks = 0;
            self.start_sync();
            self.report();
        }
    }

    /// Syncs beside the writes, so that a slow disk holds no live event back.
    fn start_sync(&mut self) {
        if self.syncing.is_none() && self.synced < self.written {
            let (disk, upto) = (Arc::clone(&self.disk), self.written);
            self.syncing = Some((upto, tokio::task::spawn_blocking(move || disk.sync())));
        }
    }

    fn count_refusal(&mut self, error: &io::Error) {
        self.faults.refused += 1;
        tracing::debug!(call_id = %self.call_id, %error, "spool write refused");
    }

    /// Reports faults of the last second, all at once.
    fn report(&mut self) {
        if self.faults != self.reported {
            tracing::error!(
                call_id = %self.call_id,
                refused = self.faults.refused,
                waiting_bytes = self.waiting_bytes(),
                told_early = self.faults.told_early,
                samples_dropped = self.faults.samples_dropped,
                lines_dropped = self.faults.lines_dropped,
                "the disk does not take the call's spool; the call goes on in memory"
            );
            self.reported = self.faults;
        }
    }
    /// Makes safe what is in the file; what the disk did not take goes back to the caller.
    async fn finish(mut self) -> Recorded {
        self.tell_all();
        while self.syncing.is_some() {
            let done = finished(&mut self.syncing).await;
            self.settle_sync(done);
        }
        self.start_sync();
        if self.syncing.is_some() {
            let done = finished(&mut self.syncing).await;
            self.settle_sync(done);
        }
        self.report();
        Recorded { unwritten: self.pending, faults: self.faults }
    }
}

/// Waits for a job, for ever where there is none. Cancel-safe: the slot empties with the result.
async fn finished<K, T>(slot: &mut Option<(K, JoinHandle<T>)>) -> (K, io::Result<T>) {
    let Some((_, job)) = slot else { return std::future::pending().await };
    let result = job.await.map_err(io::Error::from);
    match slot.take() {
        Some((key, _)) => (key, result),
        None => std::future::pending().await,
    }
}

fn append_all(disk: &impl Disk, bytes: &[u8]) -> Written {
    let mut taken = 0;
    while taken < bytes.len() {
        match disk.append(&bytes[taken..]) {
            Ok(0) => return (taken, Err(io::ErrorKind::WriteZero.into())),
            Ok(some) => taken += some,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return (taken, Err(error)),
        }
    }
    (taken, Ok(()))
}

#[cfg(test)]
mod tests;
