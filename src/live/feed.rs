//! Where live events go once they are on disk: the call's own link and whoever watches.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{broadcast, mpsc};

use crate::transport::LinkOut;

/// Live events an observer may lag behind. One that lags more misses the oldest and is told so.
pub const FEED_EVENTS: usize = 256;

/// The live events of one call.
#[derive(Debug)]
pub struct Feed {
    observers: broadcast::Sender<Arc<str>>,
    link: Mutex<LinkSlot>,
}

#[derive(Debug, Default)]
struct LinkSlot {
    outbound: Option<mpsc::Sender<LinkOut>>,
    overrun: bool,
}

impl Feed {
    /// A feed that nobody listens to yet.
    pub fn new() -> Self {
        Self { observers: broadcast::Sender::new(FEED_EVENTS), link: Mutex::default() }
    }

    /// Gives the call's link every event from now on, in place of the link before it.
    pub fn attach(&self, outbound: mpsc::Sender<LinkOut>) {
        *self.slot() = LinkSlot { outbound: Some(outbound), overrun: false };
    }

    /// Lets go of the call's link, so that it can close.
    pub fn detach(&self) {
        *self.slot() = LinkSlot::default();
    }

    /// Whether the link was let go because it did not keep up; its owner closes it.
    pub fn overrun(&self) -> bool {
        self.slot().overrun
    }

    /// Every event from now on.
    pub fn watch(&self) -> broadcast::Receiver<Arc<str>> {
        self.observers.subscribe()
    }

    /// Hands an event to the link and to every observer. Never waits.
    pub fn tell(&self, event: &Arc<str>) {
        let mut slot = self.slot();
        if let Some(outbound) = &slot.outbound
            && let Err(error) = outbound.try_send(LinkOut::Live(Arc::clone(event)))
        {
            slot.overrun = matches!(error, mpsc::error::TrySendError::Full(_));
            slot.outbound = None;
        }
        drop(slot);
        // No observer is the usual case and no error.
        let _ = self.observers.send(Arc::clone(event));
    }

    fn slot(&self) -> MutexGuard<'_, LinkSlot> {
        // A slot is replaced whole, so one left by a panic is still good.
        self.link.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Feed {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn link_and_observers_get_the_same_events() {
        let feed = Feed::new();
        let (outbound, mut link) = mpsc::channel(4);
        let mut observer = feed.watch();
        feed.tell(&"before".into());
        feed.attach(outbound);
        feed.tell(&"after".into());
        assert_eq!(&*observer.try_recv().unwrap(), "before");
        assert_eq!(&*observer.try_recv().unwrap(), "after");
        assert!(matches!(link.try_recv().unwrap(), LinkOut::Live(event) if &*event == "after"));
        assert!(link.try_recv().is_err(), "events before the link belong to observers alone");
    }

    #[test]
    fn a_link_that_does_not_keep_up_is_let_go() {
        let feed = Feed::new();
        let (outbound, mut link) = mpsc::channel(1);
        feed.attach(outbound);
        feed.tell(&"first".into());
        assert!(!feed.overrun());
        feed.tell(&"second".into());
        assert!(feed.overrun());
        assert!(link.try_recv().is_ok());
        assert_eq!(link.try_recv().unwrap_err(), mpsc::error::TryRecvError::Disconnected);
    }

    #[test]
    fn a_link_that_closed_is_no_overrun() {
        let feed = Feed::new();
        let (outbound, link) = mpsc::channel(1);
        feed.attach(outbound);
        drop(link);
        feed.tell(&"nobody".into());
        assert!(!feed.overrun());
    }
}
