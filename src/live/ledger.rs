//! The ledger: one task a node that writes to Postgres what calls do while they live, so that
//! others can see it. No call waits for it: where the database is away, notes wait in memory and
//! lines that do not fit are left to the seal, which writes the whole log from the spool.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::future::pending;
use std::pin::Pin;
use std::time::{Duration, SystemTime};

use tokio::sync::mpsc;
use tokio::time::error::Elapsed;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use crate::clock;
use crate::model::{CallId, NodeId, OrgId};
use crate::store::call_keeping::{self, CHUNK_BYTES, Connected, LogChunk};
use crate::store::{Actor, Store, StoreError};

/// Notes and lines waiting for the ledger, which takes them at once whatever the database does. A
/// line that finds it full is left to the seal; a note waits, and its call has nothing else to do.
pub const LEDGER_INPUT: usize = 1_024;

/// How long a line waits for its chunk to fill.
const CHUNK_WITHIN: Duration = Duration::from_secs(5);

/// Bytes of lines in memory from which on lines are left to the seal.
const MAX_WAITING_BYTES: usize = 8 << 20;

/// How long one write may take before the database counts as away.
const WRITTEN_WITHIN: Duration = Duration::from_secs(10);

/// How soon a database that is away is tried again: first, and at most.
const AGAIN_AFTER: Duration = Duration::from_millis(500);
const AGAIN_AT_MOST: Duration = Duration::from_secs(5);

/// How soon a note that the database refused is tried again at most. It is a bug, and somebody may
/// mend the database.
const REFUSED_AGAIN_AT_MOST: Duration = Duration::from_secs(60);

/// How long the server waits at its end for what is not written.
const FLUSHED_WITHIN: Duration = Duration::from_secs(10);

/// What a call tells the ledger.
#[derive(Clone, Debug, PartialEq)]
enum Note {
    Connected(Box<Connected>),
    Lines {
        first_line: i32,
        text: String,
    },
    /// Over; when is not known of a call that was found after the death of its server.
    Ended(Option<SystemTime>),
}

type Input = (OrgId, CallId, Note);

/// The way to the ledger. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Ledger {
    input: mpsc::Sender<Input>,
    node: NodeId,
}

/// The log of one call on its way to the ledger.
#[derive(Clone, Debug)]
pub struct LedgerLines {
    input: mpsc::Sender<Input>,
    org: OrgId,
    call: CallId,
    next_line: i32,
}

/// What the ledger's task owns.
#[derive(Debug)]
pub struct LedgerTask {
    store: Store,
    node: NodeId,
    input: mpsc::Receiver<Input>,
    pages: BTreeMap<CallId, Page>,
    waiting_bytes: usize,
    /// Until when a database that was away is left alone, and for how long after that.
    again_at: Option<Instant>,
    again_after: Duration,
}

/// What is not written of one call.
#[derive(Debug)]
struct Page {
    org: OrgId,
    connected: Option<Box<Connected>>,
    chunks: Vec<LogChunk>,
    /// When the first line of the last chunk came.
    since: Instant,
    /// Set when the call is over, with its end where that is known.
    ended: Option<Option<SystemTime>>,
    /// Until when it lets others go first, after a write that did not work.
    again_at: Option<Instant>,
    /// How long it waits after the next refusal.
    refused_for: Duration,
}

/// One write.
#[derive(Clone, Debug)]
enum Step {
    Connected(Box<Connected>),
    Chunk(LogChunk),
    Ended(Option<SystemTime>),
}

type Written = Result<Result<(), StoreError>, Elapsed>;

type Writing = Pin<Box<dyn Future<Output = Written> + Send>>;

impl Ledger {
    /// A ledger and the task that keeps it.
    pub fn new(store: Store, node: NodeId) -> (Self, LedgerTask) {
        let (sender, input) = mpsc::channel(LEDGER_INPUT);
        let task = LedgerTask {
            store,
            node,
            input,
            pages: BTreeMap::new(),
            waiting_bytes: 0,
            again_at: None,
            again_after: AGAIN_AFTER,
        };
        (Self { input: sender, node }, task)
    }

    /// A ledger that nobody keeps.
    #[cfg(test)]
    pub(crate) fn unkept() -> Self {
        Self { input: mpsc::channel(1).0, node: NodeId::new() }
    }

    /// The node whose calls these are.
    pub fn node(&self) -> NodeId {
        self.node
    }

    /// Notes that the media of a call flow.
    pub async fn connected(&self, org: OrgId, note: Connected) {
        self.note(org, note.call, Note::Connected(Box::new(note))).await;
    }

    /// Notes that a call is over and its spool complete, so that it is sealed.
    pub async fn ended(&self, org: OrgId, call: CallId, at: Option<SystemTime>) {
        self.note(org, call, Note::Ended(at)).await;
    }

    /// The log of a call.
    pub fn lines(&self, org: OrgId, call: CallId) -> LedgerLines {
        LedgerLines { input: self.input.clone(), org, call, next_line: 0 }
    }

    async fn note(&self, org: OrgId, call: CallId, note: Note) {
        if self.input.send((org, call, note)).await.is_err() {
            tracing::warn!(%call, "the ledger is closed; the next start notes what became of a call");
        }
    }
}

impl LedgerLines {
    /// Hands on the next lines of the log; never waits.
    pub(super) fn take(&mut self, text: &str) {
        let first_line = self.next_line;
        self.next_line += i32::try_from(text.lines().count()).unwrap_or_default();
        let note = Note::Lines { first_line, text: text.to_owned() };
        // What does not fit is written by the seal.
        let _ = self.input.try_send((self.org, self.call, note));
    }
}

impl LedgerTask {
    /// Writes until `stop`, then what is left as far as the database takes it in time.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut writing: Option<(CallId, Step, Writing)> = None;
        let mut flushed_by: Option<Instant> = None;
        loop {
            if writing.is_none() {
                writing = self.next_write(flushed_by.is_some());
            }
            if flushed_by.is_some() && self.pages.is_empty() {
                return;
            }
            let wake_at = self.wake_at(flushed_by.is_some());
            tokio::select! {
                input = self.input.recv() => match input {
                    Some((org, call, note)) => self.take(org, call, note),
                    None => return,
                },
                done = finished(&mut writing) => {
                    if let Some((call, step, _)) = writing.take() {
                        self.settle(call, &step, done);
                    }
                }
                () = at(wake_at), if writing.is_none() => {}
                () = stop.cancelled(), if flushed_by.is_none() => {
                    flushed_by = Some(clock::now() + FLUSHED_WITHIN);
                    while let Ok((org, call, note)) = self.input.try_recv() {
                        self.take(org, call, note);
                    }
                }
                () = at(flushed_by) => {
                    tracing::warn!(calls = self.pages.len(), "notes on calls could not be written; the next start makes up for them");
                    return;
                }
            }
        }
    }

    fn take(&mut self, org: OrgId, call: CallId, note: Note) {
        let since = clock::now();
        let page = self.pages.entry(call).or_insert_with(|| Page::new(org, since));
        match note {
            Note::Connected(connected) => page.connected = Some(connected),
            Note::Ended(at) => {
                // The seal writes the whole log.
                self.waiting_bytes -= page.clear_chunks();
                page.ended = Some(at);
                page.again_at = None;
            }
            Note::Lines { first_line, text } if page.ended.is_none() => {
                if self.waiting_bytes + text.len() < MAX_WAITING_BYTES {
                    self.waiting_bytes += page.add_lines(first_line, &text, since);
                }
            }
            Note::Lines { .. } => {}
        }
        if page.is_empty() {
            self.pages.remove(&call);
        }
    }

    /// Begins the write that is most due.
    fn next_write(&mut self, flushing: bool) -> Option<(CallId, Step, Writing)> {
        let now = clock::now();
        if self.again_at.is_some_and(|again_at| now < again_at) {
            return None;
        }
        let (call, page) = self
            .pages
            .iter()
            .filter(|(_, page)| page.ready_at(flushing) <= now)
            .min_by_key(|(_, page)| page.ready_at(flushing))?;
        let (call, org, step) = (*call, page.org, page.first_step()?);
        let scope = self.store.scope(org, Actor::System);
        let (taken, node) = (step.clone(), self.node);
        let write = async move {
            match &taken {
                Step::Connected(note) => call_keeping::connected(&scope, note).await,
                Step::Chunk(chunk) => call_keeping::keep_lines(&scope, call, chunk).await,
                Step::Ended(at) => call_keeping::ended(&scope, call, node, *at).await,
            }
        };
        let write = timeout(WRITTEN_WITHIN, write);
        Some((call, step, Box::pin(write)))
    }

    fn settle(&mut self, call: CallId, step: &Step, written: Written) {
        let refusal = match written {
            Err(_) => return self.leave_alone(call, "no answer in time"),
            Ok(Err(error)) if error.is_unavailable() => return self.leave_alone(call, &error),
            Ok(Err(error)) => Some(error),
            Ok(Ok(())) => None,
        };
        if self.again_at.is_some() {
            tracing::info!(calls = self.pages.len(), "the database is back");
        }
        (self.again_at, self.again_after) = (None, AGAIN_AFTER);
        let Some(page) = self.pages.get_mut(&call) else { return };
        match refusal {
            Some(error) => self.waiting_bytes -= page.refuse(call, step, &error),
            None => self.waiting_bytes -= page.let_go(step),
        }
        if page.is_empty() {
            self.pages.remove(&call);
        }
    }

    fn wake_at(&self, flushing: bool) -> Option<Instant> {
        let ready = self.pages.values().map(|page| page.ready_at(flushing)).min()?;
        Some(self.again_at.map_or(ready, |again_at| ready.max(again_at)))
    }

    fn leave_alone(&mut self, call: CallId, why: impl Display) {
        if self.again_at.is_none() {
            tracing::warn!(%why, "the database is away: calls go on, what they note waits");
        }
        self.again_at = Some(clock::now() + self.again_after);
        self.again_after = (2 * self.again_after).min(AGAIN_AT_MOST);
        // It may be this call alone that is stuck: the others are tried before it.
        if let Some(page) = self.pages.get_mut(&call) {
            page.again_at = self.again_at;
        }
    }
}

impl Page {
    fn new(org: OrgId, since: Instant) -> Self {
        Self {
            org,
            connected: None,
            chunks: Vec::new(),
            since,
            ended: None,
            again_at: None,
            refused_for: AGAIN_AFTER,
        }
    }

    fn is_empty(&self) -> bool {
        self.connected.is_none() && self.chunks.is_empty() && self.ended.is_none()
    }

    /// Adds lines; returns how many bytes were kept.
    fn add_lines(&mut self, first_line: i32, text: &str, now: Instant) -> usize {
        let follows = |last: &LogChunk| {
            last.first_line + last.line_count == first_line && last.lines.len() < CHUNK_BYTES
        };
        if !self.chunks.last().is_some_and(follows) {
            self.chunks.push(LogChunk { first_line, ..LogChunk::default() });
            self.since = now;
        }
        let chunk = self.chunks.last_mut().expect("one was pushed where none was");
        let before = chunk.lines.len();
        text.lines().for_each(|line| chunk.push(line));
        chunk.lines.len() - before
    }

    fn clear_chunks(&mut self) -> usize {
        self.chunks.drain(..).map(|chunk| chunk.lines.len()).sum()
    }

    /// Lets go of a chunk that is written; lines that joined it meanwhile stay.
    fn drop_written(&mut self, written: &LogChunk) -> usize {
        let first = self.chunks.first_mut().filter(|first| first.first_line == written.first_line);
        let Some(first) = first else { return 0 };
        first.lines.drain(..written.lines.len());
        first.first_line += written.line_count;
        first.line_count -= written.line_count;
        if first.line_count == 0 {
            self.chunks.remove(0);
        }
        written.lines.len()
    }

    /// Lets go of what is written; returns how many bytes of lines that were.
    fn let_go(&mut self, step: &Step) -> usize {
        (self.again_at, self.refused_for) = (None, AGAIN_AFTER);
        match step {
            Step::Connected(_) => self.connected = None,
            Step::Ended(_) => self.ended = None,
            Step::Chunk(written) => return self.drop_written(written),
        }
        0
    }

    /// Keeps a note that was refused for another try. Lines are left to the seal, and so is the
    /// beginning of a call that is over; its end is never let go. Returns how many bytes of lines
    /// went.
    fn refuse(&mut self, call: CallId, step: &Step, error: &StoreError) -> usize {
        if matches!(step, Step::Connected(_)) && self.ended.is_some() {
            tracing::warn!(%call, %error, "the beginning of a call is noted when it is sealed");
            self.connected = None;
            return 0;
        }
        if self.refused_for == AGAIN_AFTER {
            tracing::error!(%call, %error, "a note on a call was refused; it is tried again");
        } else {
            tracing::debug!(%call, %error, "a note on a call was refused again");
        }
        self.again_at = Some(clock::now() + self.refused_for);
        self.refused_for = (2 * self.refused_for).min(REFUSED_AGAIN_AT_MOST);
        self.clear_chunks()
    }

    /// When it is tried: not before something of it is due, or at once when all is flushed.
    fn ready_at(&self, flushing: bool) -> Instant {
        let due_at = if flushing { self.since } else { self.due_at() };
        self.again_at.map_or(due_at, |again_at| due_at.max(again_at))
    }

    /// When something of it must be written.
    fn due_at(&self) -> Instant {
        let full = self.chunks.first().is_some_and(|chunk| CHUNK_BYTES <= chunk.lines.len());
        let at_once = self.connected.is_some() || self.ended.is_some() || full;
        if at_once || 1 < self.chunks.len() { self.since } else { self.since + CHUNK_WITHIN }
    }

    fn first_step(&self) -> Option<Step> {
        if let Some(connected) = &self.connected {
            return Some(Step::Connected(connected.clone()));
        }
        if let Some(chunk) = self.chunks.first() {
            return Some(Step::Chunk(chunk.clone()));
        }
        self.ended.map(Step::Ended)
    }
}

/// Waits for a write, for ever where there is none. Cancel-safe: the write goes on.
async fn finished(writing: &mut Option<(CallId, Step, Writing)>) -> Written {
    match writing {
        Some((_, _, write)) => write.await,
        None => pending().await,
    }
}

/// Waits for a moment, for ever where there is none.
async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => pending().await,
    }
}

#[cfg(test)]
mod tests;
