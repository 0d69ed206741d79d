//! Calls while they live: who is admitted, which link carries them, how they end.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ringcraft_media::call::EndReason;
use tokio::runtime::Handle;
use tokio::sync::{broadcast, mpsc, watch};
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

use crate::clock;
use crate::metrics::Metrics;
use crate::model::{CallId, OrgId, UserId};
use crate::persona::{Library, Scenario};
use crate::spool::{SPOOL_VERSION, SpoolFolder, SpoolHeader};
use crate::transport::Link;
use conduct::Conduct;
use driver::{CONTROL, Control};
use engines::Engines;
use feed::Feed;
use ledger::Ledger;
use listeners::{ListenError, Seat};

pub use crate::model::CallStatus;

mod composer;
mod conduct;
mod driver;
pub mod engines;
pub mod feed;
pub mod ledger;
mod line;
pub mod listeners;
mod mixer;
pub mod recorder;
mod scope;
mod tap;

/// Calls that ended and wait to be sealed. When full, the ended call waits: it has nothing else to
/// do, and its spool is safe on disk.
pub const ENDED_CALLS: usize = 64;

/// How long a call waits for its first link: as long as its token is good.
pub const WAITING_FOR: Duration = Duration::from_secs(600);

/// How long the state of a call that is over is kept for those who ask.
const REMEMBERED_FOR: Duration = Duration::from_secs(3_600);

/// A call whose spool is complete.
#[derive(Debug)]
pub struct EndedCall {
    /// Whose call it was.
    pub org: OrgId,
    /// The call.
    pub call: CallId,
    /// What the disk did not take: it belongs behind the spool's bytes.
    pub unwritten: Vec<u8>,
}

/// What calls on this node are made with.
#[derive(Clone, Debug)]
pub struct LiveSettings {
    /// Calls at the same time, waiting ones included.
    pub max_calls: usize,
    /// What can be practised.
    pub library: Arc<Library>,
    /// What serves the calls.
    pub engines: Engines,
    /// Where calls are written while they live.
    pub spools: SpoolFolder,
    /// Where others see how far they are.
    pub ledger: Ledger,
    /// What they count into.
    pub metrics: Metrics,
    /// The runtime that media runs on, and nothing else.
    pub media_runtime: Handle,
    /// The runtime for everything that may wait for a disk.
    pub runtime: Handle,
}

/// Every call that is open on this node.
#[derive(Debug)]
pub struct LiveCalls {
    settings: LiveSettings,
    calls: Mutex<HashMap<CallId, Slot>>,
    draining: watch::Sender<bool>,
    ended: mpsc::Sender<EndedCall>,
    conducted: TaskTracker,
}

/// What is known of one call.
#[derive(Debug)]
struct Slot {
    org: OrgId,
    user: UserId,
    scenario: Arc<Scenario>,
    state: SlotState,
    feed: Arc<Feed>,
    since: Instant,
}

#[derive(Debug)]
enum SlotState {
    Waiting,
    Live { control: mpsc::Sender<Control>, held: watch::Receiver<bool> },
    Over(CallStatus),
}

/// Why a call was not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// No scenario has this id.
    #[error("no scenario has this id")]
    UnknownScenario,
    /// Every slot is taken.
    #[error("all call slots of this server are in use; try again in a minute")]
    Full,
    /// So many people of one org are about to connect that others would find no slot.
    #[error("too many calls of your organisation wait for their connection; try again in a minute")]
    TooManyWaiting,
    /// The disk is nearly full: a call could not be recorded.
    #[error("the server's disk is nearly full, so a call could not be recorded")]
    DiskFull,
    /// The server is shutting down.
    #[error("the server is shutting down; try again in a moment")]
    Draining,
}

/// Why a link was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AttachError {
    /// No such call is open here.
    #[error("this call is not open: it ended, expired or never was")]
    Unknown,
    /// Its media flows already.
    #[error("this call already has a connection")]
    AlreadyConnected,
}

impl LiveCalls {
    /// A node without calls. Ended calls come out of the returned queue.
    pub fn new(settings: LiveSettings) -> (Self, mpsc::Receiver<EndedCall>) {
        let (ended, queue) = mpsc::channel(ENDED_CALLS);
        let calls = Self {
            settings,
            calls: Mutex::default(),
            draining: watch::Sender::new(false),
            ended,
            conducted: TaskTracker::new(),
        };
        (calls, queue)
    }

    /// Admits a call of a scenario, for somebody of an org. It waits for a link until its token
    /// expires, or until the same person opens another.
    ///
    /// # Errors
    /// When the scenario is unknown or the server takes no more calls.
    pub fn open(
        &self,
        org: OrgId,
        user: UserId,
        scenario_id: &str,
    ) -> Result<(CallId, Arc<Scenario>), OpenError> {
        self.admit(None, (org, user), scenario_id)
    }

    /// Admits a call that was opened some time ago, by a server that is no more. One that is here
    /// already stays as it is.
    ///
    /// # Errors
    /// When the scenario is unknown or the server takes no more calls.
    pub fn open_again(
        &self,
        call: CallId,
        of: (OrgId, UserId),
        scenario_id: &str,
        waited: Duration,
    ) -> Result<(), OpenError> {
        self.admit(Some((call, waited)), of, scenario_id).map(|_| ())
    }

    fn admit(
        &self,
        again: Option<(CallId, Duration)>,
        (org, user): (OrgId, UserId),
        scenario_id: &str,
    ) -> Result<(CallId, Arc<Scenario>), OpenError> {
        if *self.draining.borrow() {
            return Err(OpenError::Draining);
        }
        let scenario =
            self.settings.library.scenario(scenario_id).ok_or(OpenError::UnknownScenario)?;
        if !self.settings.spools.has_room() {
            return Err(OpenError::DiskFull);
        }
        let mut calls = self.lock();
        forget_old(&mut calls);
        // Made under the lock, so that of two calls the later one has the greater id.
        let (call, waited) = again.unwrap_or_else(|| (CallId::new(), Duration::ZERO));
        if calls.contains_key(&call) {
            return Ok((call, scenario));
        }
        // What the person had open is given up for the new one, so it does not count.
        let earlier = |slot: &Slot| slot.is_waiting() && (slot.org, slot.user) == (org, user);
        let others = calls.values().filter(|slot| slot.is_taken() && !earlier(slot));
        let (mut taken, mut waiting) = (0, 0);
        for slot in others {
            taken += 1;
            waiting += usize::from(slot.is_waiting() && slot.org == org);
        }
        if self.settings.max_calls <= taken {
            return Err(OpenError::Full);
        }
        if (self.settings.max_calls / 2).max(1) <= waiting {
            return Err(OpenError::TooManyWaiting);
        }
        calls.retain(|_, slot| !earlier(slot));
        let (feed, now) = (Arc::new(Feed::new()), clock::now());
        let since = now.checked_sub(waited).unwrap_or(now);
        let (state, of) = (SlotState::Waiting, Arc::clone(&scenario));
        calls.insert(call, Slot { org, user, scenario: of, state, feed, since });
        Ok((call, scenario))
    }

    /// Whether a link could be attached now; asked before a socket is upgraded.
    ///
    /// # Errors
    /// When the call is unknown or has a link already.
    pub fn can_attach(&self, call: CallId) -> Result<(), AttachError> {
        self.lock().get(&call).ok_or(AttachError::Unknown)?.can_attach()
    }

    /// Gives a call its link, the first one or, while it is held, the next.
    ///
    /// # Errors
    /// When the call is unknown or has a link already.
    pub fn attach(&self, call: CallId, link: Link) -> Result<(), AttachError> {
        let mut calls = self.lock();
        let slot = calls.get_mut(&call).ok_or(AttachError::Unknown)?;
        slot.can_attach()?;
        if let SlotState::Live { control, .. } = &slot.state {
            return control
                .try_send(Control::Attach(link))
                .map_err(|_| AttachError::AlreadyConnected);
        }
        let (control, wishes) = mpsc::channel(CONTROL);
        let (held, is_held) = watch::channel(false);
        slot.state = SlotState::Live { control, held: is_held };
        let conduct = Conduct {
            header: SpoolHeader {
                version: SPOOL_VERSION,
                call_id: call,
                org_id: slot.org,
                scenario_id: slot.scenario.id.clone(),
                created_unix_ms: clock::unix_ms(clock::wall_now()),
            },
            scenario: Arc::clone(&slot.scenario),
            settings: self.settings.clone(),
            feed: Arc::clone(&slot.feed),
            ended: self.ended.clone(),
        };
        self.conducted.spawn_on(conduct.run(link, wishes, held), &self.settings.runtime);
        Ok(())
    }

    /// Ends a call. Says whether it was open.
    pub fn end(&self, call: CallId, reason: EndReason) -> bool {
        let mut calls = self.lock();
        let Some(slot) = calls.get_mut(&call) else { return false };
        match &slot.state {
            SlotState::Waiting => {
                calls.remove(&call);
                true
            }
            SlotState::Live { control, .. } => control.try_send(Control::End(reason)).is_ok(),
            SlotState::Over(_) => false,
        }
    }

    /// How far a call has come, for calls of this process.
    pub fn status(&self, call: CallId) -> Option<CallStatus> {
        self.lock().get(&call).map(|slot| match &slot.state {
            SlotState::Waiting => CallStatus::Waiting,
            // A conductor that let go of the controls is done talking.
            SlotState::Live { control, .. } if control.is_closed() => CallStatus::Sealing,
            SlotState::Live { .. } => CallStatus::Live,
            SlotState::Over(status) => *status,
        })
    }

    /// Forgets a call that never was: media did not flow.
    pub fn forget(&self, call: CallId) {
        self.lock().remove(&call);
    }

    /// Notes what became of an ended call.
    pub fn sealed(&self, call: CallId, status: CallStatus) {
        if let Some(slot) = self.lock().get_mut(&call) {
            slot.state = SlotState::Over(status);
            slot.since = clock::now();
        }
    }

    /// The live events of an open call from now on, each a JSON object.
    pub fn watch(&self, call: CallId) -> Option<broadcast::Receiver<Arc<str>>> {
        self.lock().get(&call)?.feed.watch()
    }

    /// Keeps a seat for somebody who may listen to a call.
    ///
    /// # Errors
    /// When the call is not live here, or has no seat left.
    pub fn seat(&self, call: CallId, user: UserId, name: String) -> Result<Seat, ListenError> {
        let calls = self.lock();
        let slot = calls.get(&call).ok_or(ListenError::Unknown)?;
        match &slot.state {
            SlotState::Waiting => Err(ListenError::NotLive),
            SlotState::Live { control, .. } if !control.is_closed() => {
                Seat::reserve(&slot.feed, user, name)
            }
            SlotState::Live { .. } | SlotState::Over(_) => Err(ListenError::Over),
        }
    }

    /// What was said in a live call so far, as the live events that told it. Blocks.
    pub fn said_so_far(&self, call: CallId) -> Vec<String> {
        listeners::said_so_far(&self.settings.spools, call)
    }

    /// Which engines serve the calls.
    pub fn engines(&self) -> engines::EngineNames {
        self.settings.engines.names()
    }

    /// What they count into.
    pub fn metrics(&self) -> &Metrics {
        &self.settings.metrics
    }

    /// How many more calls it takes.
    pub fn free_slots(&self) -> usize {
        let taken = self.lock().values().filter(|slot| slot.is_taken()).count();
        if *self.draining.borrow() { 0 } else { self.settings.max_calls.saturating_sub(taken) }
    }

    /// Calls that are connected.
    pub fn live_count(&self) -> usize {
        let live = |slot: &&Slot| slot.is_taken() && !slot.is_waiting();
        self.lock().values().filter(live).count()
    }

    /// Takes no more calls, lets those that run finish within `grace`, then has each say goodbye,
    /// and returns when all are written.
    pub async fn drain(&self, grace: Duration) {
        self.draining.send_replace(true);
        self.conducted.close();
        if tokio::time::timeout(grace, self.conducted.wait()).await.is_ok() {
            return;
        }
        tracing::info!(calls = self.live_count(), "grace period over: saying goodbye");
        self.wish_all(|| Control::Drain);
        if tokio::time::timeout(GOODBYE_WITHIN, self.conducted.wait()).await.is_ok() {
            return;
        }
        self.wish_all(|| Control::End(EndReason::ServerDrain));
        self.conducted.wait().await;
    }

    fn wish_all(&self, wish: impl Fn() -> Control) {
        for slot in self.lock().values() {
            if let SlotState::Live { control, .. } = &slot.state {
                // A full queue has a wish to end in it already.
                let _ = control.try_send(wish());
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<CallId, Slot>> {
        // A slot is changed in one step, so one left by a panic is still good.
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long goodbyes may take when the server drains.
const GOODBYE_WITHIN: Duration = Duration::from_secs(20);

impl Slot {
    fn is_waiting(&self) -> bool {
        matches!(self.state, SlotState::Waiting)
    }

    /// Whether the call needs a place: once its conductor has let go, it only waits for its seal.
    fn is_taken(&self) -> bool {
        match &self.state {
            SlotState::Waiting => true,
            SlotState::Live { control, .. } => !control.is_closed(),
            SlotState::Over(_) => false,
        }
    }

    fn can_attach(&self) -> Result<(), AttachError> {
        match &self.state {
            SlotState::Waiting if self.since.elapsed() <= WAITING_FOR => Ok(()),
            SlotState::Live { control, held } if *held.borrow() && !control.is_closed() => Ok(()),
            SlotState::Live { control, .. } if !control.is_closed() => {
                Err(AttachError::AlreadyConnected)
            }
            _ => Err(AttachError::Unknown),
        }
    }
}

fn forget_old(calls: &mut HashMap<CallId, Slot>) {
    calls.retain(|_, slot| match &slot.state {
        SlotState::Waiting => slot.since.elapsed() <= WAITING_FOR,
        SlotState::Live { .. } => true,
        SlotState::Over(_) => slot.since.elapsed() <= REMEMBERED_FOR,
    });
}

#[cfg(test)]
mod tests;
