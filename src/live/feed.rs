//! Where live events go once they are on disk: the call's own link and whoever watches or listens.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::{broadcast, mpsc};

use super::listeners::{Hearing, ListenError, Listeners};
use crate::model::UserId;
use crate::transport::LinkOut;

/// Live events an observer may lag behind. One that lags more misses the oldest and is told so.
pub const FEED_EVENTS: usize = 256;

/// The live events of one call.
#[derive(Debug)]
pub struct Feed {
    state: Mutex<FeedState>,
}

#[derive(Debug)]
struct FeedState {
    link: Option<mpsc::Sender<LinkOut>>,
    overrun: bool,
    /// Gone once the last event was told.
    observers: Option<broadcast::Sender<Arc<str>>>,
    listeners: Listeners,
    /// The call takes nothing more in: what is told now is how it ended.
    ending: bool,
}

impl Feed {
    /// A feed that nobody listens to yet.
    pub fn new() -> Self {
        let state = FeedState {
            link: None,
            overrun: false,
            observers: Some(broadcast::Sender::new(FEED_EVENTS)),
            listeners: Listeners::default(),
            ending: false,
        };
        Self { state: Mutex::new(state) }
    }

    /// Gives the call's link every event from now on, in place of the link before it. It is told
    /// who listens before it carries a sound.
    pub fn attach(&self, outbound: mpsc::Sender<LinkOut>) {
        let mut state = self.state();
        state.link = Some(outbound);
        state.overrun = false;
        if state.listeners.anybody() {
            let event = state.listeners.event();
            state.tell_link(&event);
        }
    }

    /// Lets go of the call's link, so that it can close.
    pub fn detach(&self) {
        let mut state = self.state();
        state.link = None;
        state.overrun = false;
    }

    /// Whether the link was let go because it did not keep up; its owner closes it.
    pub fn overrun(&self) -> bool {
        self.state().overrun
    }

    /// Every event from now on; nothing where the call is over.
    pub fn watch(&self) -> Option<broadcast::Receiver<Arc<str>>> {
        self.state().observers.as_ref().map(broadcast::Sender::subscribe)
    }

    /// Hands an event to the link and to every observer. Never waits.
    pub fn tell(&self, event: &Arc<str>) {
        self.state().tell(event);
    }

    /// Keeps a seat for somebody who is going to listen.
    pub(super) fn reserve(&self, user: UserId, name: String) -> Result<u64, ListenError> {
        let mut state = self.state();
        if state.ending { Err(ListenError::Over) } else { state.listeners.reserve(user, name) }
    }

    /// Lets whoever has this seat hear the call, once the link was told.
    pub(super) fn sit(&self, seat: u64) -> Hearing {
        let mut state = self.state();
        let events = state.observers.as_ref().map(broadcast::Sender::subscribe);
        let events = events.unwrap_or_else(nothing);
        if state.ending {
            return Hearing { events, sound: nothing() };
        }
        state.listeners.sit(seat);
        state.tell_listeners();
        Hearing { events, sound: state.listeners.hear() }
    }

    /// Frees a seat.
    pub(super) fn leave(&self, seat: u64) {
        let mut state = self.state();
        if state.listeners.leave(seat) && !state.ending {
            state.tell_listeners();
        }
    }

    /// Where sound goes that shall be listened to; nowhere while nobody does.
    pub(super) fn sound(&self) -> Option<broadcast::Sender<Bytes>> {
        self.state().listeners.sound()
    }

    /// Ends the sound. Nobody is told any more who listens: nothing shall follow the call's end.
    pub(super) fn end_sound(&self) {
        let mut state = self.state();
        state.ending = true;
        state.listeners.end_sound();
    }

    /// Ends the feed after its last event: link and observers can close.
    pub fn close(&self) {
        let mut state = self.state();
        state.ending = true;
        state.listeners.end_sound();
        state.link = None;
        state.observers = None;
    }

    fn state(&self) -> MutexGuard<'_, FeedState> {
        // Nothing in it panics halfway, so a state left by a panic is still good.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FeedState {
    fn tell(&mut self, event: &Arc<str>) {
        self.tell_link(event);
        if let Some(observers) = &self.observers {
            // No observer is the usual case and no error.
            let _ = observers.send(Arc::clone(event));
        }
    }

    fn tell_link(&mut self, event: &Arc<str>) {
        if let Some(link) = &self.link
            && let Err(error) = link.try_send(LinkOut::Live(Arc::clone(event)))
        {
            self.overrun = matches!(error, mpsc::error::TrySendError::Full(_));
            self.link = None;
        }
    }

    fn tell_listeners(&mut self) {
        let event = self.listeners.event();
        self.tell(&event);
    }
}

/// A channel that is over already.
fn nothing<T: Clone>() -> broadcast::Receiver<T> {
    broadcast::Sender::new(1).subscribe()
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
        let mut observer = feed.watch().unwrap();
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

    const NOBODY: &str = r#"{"type":"call.listeners","listeners":[]}"#;
    const MORGAN: &str = r#"{"type":"call.listeners","listeners":[{"name":"Morgan Lee"}]}"#;

    fn told(link: &mut mpsc::Receiver<LinkOut>) -> Option<String> {
        match link.try_recv() {
            Ok(LinkOut::Live(event)) => Some(event.to_string()),
            Ok(other) => panic!("{other:?}"),
            Err(_) => None,
        }
    }

    #[test]
    fn the_rep_is_told_who_listens_before_there_is_a_sound() {
        let feed = Feed::new();
        let (outbound, mut link) = mpsc::channel(4);
        feed.attach(outbound);
        let seat = feed.reserve(UserId::new(), "Morgan Lee".to_owned()).unwrap();
        assert!(feed.sound().is_none());
        assert_eq!(told(&mut link), None, "nobody listens yet");
        let mut hearing = feed.sit(seat);
        assert_eq!(told(&mut link).as_deref(), Some(MORGAN));
        assert_eq!(&*hearing.events.try_recv().unwrap(), MORGAN);
        feed.sound().unwrap().send(Bytes::from_static(b"piece")).unwrap();
        assert_eq!(hearing.sound.try_recv().unwrap(), "piece");

        // A page that connects anew is told before it sends a sound.
        let (outbound, mut anew) = mpsc::channel(4);
        feed.attach(outbound);
        assert_eq!(told(&mut anew).as_deref(), Some(MORGAN));
        feed.leave(seat);
        assert_eq!(told(&mut anew).as_deref(), Some(NOBODY));
        assert!(feed.sound().is_none());
        assert_eq!(told(&mut link), None);
        let (outbound, mut last) = mpsc::channel(4);
        feed.attach(outbound);
        assert_eq!(told(&mut last), None, "there is nothing to be told");
    }

    #[test]
    fn a_seat_that_was_never_taken_is_left_without_a_word() {
        let feed = Feed::new();
        let mut observer = feed.watch().unwrap();
        let seat = feed.reserve(UserId::new(), "Morgan Lee".to_owned()).unwrap();
        feed.leave(seat);
        assert_eq!(observer.try_recv(), Err(broadcast::error::TryRecvError::Empty));
    }

    #[test]
    fn nothing_follows_the_end_of_the_call() {
        use broadcast::error::TryRecvError::{Closed, Empty};
        let feed = Feed::new();
        let [first, second] =
            ["Morgan Lee", "Ash"].map(|name| feed.reserve(UserId::new(), name.to_owned()).unwrap());
        let mut hearing = feed.sit(first);
        assert_eq!(&*hearing.events.try_recv().unwrap(), MORGAN);
        feed.end_sound();
        assert_eq!(hearing.sound.try_recv(), Err(Closed));
        assert_eq!(feed.reserve(UserId::new(), String::new()), Err(ListenError::Over));
        let mut late = feed.sit(second);
        assert_eq!(late.sound.try_recv(), Err(Closed));
        feed.tell(&"the end".into());
        feed.leave(first);
        for events in [&mut hearing.events, &mut late.events] {
            assert_eq!(&*events.try_recv().unwrap(), "the end");
            assert_eq!(events.try_recv(), Err(Empty));
        }
        feed.close();
        assert_eq!(hearing.events.try_recv(), Err(Closed));
        assert!(feed.watch().is_none());
        assert_eq!(feed.sit(second).events.try_recv(), Err(Closed));
    }
}
