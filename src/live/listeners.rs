//! Who listens to a live call, and how its rep is told.

use std::sync::Arc;

use bytes::Bytes;
use ringcraft_media::call::{Listener, Live, Note};
use ringcraft_media::log::Entry;
use tokio::sync::broadcast;

use super::feed::Feed;
use crate::model::{CallId, UserId};
use crate::spool::SpoolFolder;

/// Listeners of a call at the same time. When all seats are taken, another one is turned away.
pub const LISTENERS: usize = 8;

/// Pieces of sound that a listener may lag behind: 3.2 s. One that lags more misses the oldest.
pub const LISTENER_PIECES: usize = 32;

/// Why nobody can listen to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListenError {
    /// No such call is open here.
    #[error("this call is not open here")]
    Unknown,
    /// Nobody is connected to it yet.
    #[error("nobody is connected to this call yet; listen once its status is \"live\"")]
    NotLive,
    /// It is over.
    #[error("this call is over; its recording is there once its status is \"completed\"")]
    Over,
    /// Every seat is taken.
    #[error("{LISTENERS} people listen to this call already; try again when one of them has left")]
    Full,
}

/// A listener's place in a call. Dropped, it is free, and the rep is told.
#[derive(Debug)]
pub struct Seat {
    feed: Arc<Feed>,
    number: u64,
}

/// What a listener gets of a call, from now on.
#[derive(Debug)]
pub struct Hearing {
    /// The live events, each a JSON object. They end with the call.
    pub events: broadcast::Receiver<Arc<str>>,
    /// Both legs in pieces of 100 ms, as `docs/PROTOCOL.md` has them.
    pub sound: broadcast::Receiver<Bytes>,
}

impl Seat {
    /// Keeps a seat for somebody.
    pub(super) fn reserve(
        feed: &Arc<Feed>,
        user: UserId,
        name: String,
    ) -> Result<Self, ListenError> {
        let number = feed.reserve(user, name)?;
        Ok(Self { feed: Arc::clone(feed), number })
    }

    /// Begins to listen. The rep is told before there is a sound to hear.
    pub fn take(&self) -> Hearing {
        self.feed.sit(self.number)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.feed.leave(self.number);
    }
}

/// The seats of a call, and the sound for those who sit.
#[derive(Debug, Default)]
pub(super) struct Listeners {
    seats: Vec<Reserved>,
    last_number: u64,
    /// There while somebody sits.
    sound: Option<broadcast::Sender<Bytes>>,
}

#[derive(Debug)]
struct Reserved {
    number: u64,
    user: UserId,
    name: String,
    taken: bool,
}

impl Listeners {
    /// Keeps a seat, where one is left.
    pub(super) fn reserve(&mut self, user: UserId, name: String) -> Result<u64, ListenError> {
        if LISTENERS <= self.seats.len() {
            return Err(ListenError::Full);
        }
        self.last_number += 1;
        let number = self.last_number;
        self.seats.push(Reserved { number, user, name, taken: false });
        Ok(number)
    }

    /// Seats somebody who has a seat.
    pub(super) fn sit(&mut self, number: u64) {
        if let Some(seat) = self.seats.iter_mut().find(|seat| seat.number == number) {
            seat.taken = true;
        }
    }

    /// Frees a seat. Says whether somebody sat on it.
    pub(super) fn leave(&mut self, number: u64) -> bool {
        let sat = self.seats.iter().any(|seat| seat.number == number && seat.taken);
        self.seats.retain(|seat| seat.number != number);
        if !self.anybody() {
            self.sound = None;
        }
        sat
    }

    /// Whether somebody listens.
    pub(super) fn anybody(&self) -> bool {
        self.seats.iter().any(|seat| seat.taken)
    }

    /// What those who sit hear from now on.
    pub(super) fn hear(&mut self) -> broadcast::Receiver<Bytes> {
        self.sound.get_or_insert_with(|| broadcast::Sender::new(LISTENER_PIECES)).subscribe()
    }

    /// Where sound goes, while somebody listens.
    pub(super) fn sound(&self) -> Option<broadcast::Sender<Bytes>> {
        self.sound.clone()
    }

    /// Ends the sound: what was sent is heard, and nothing follows.
    pub(super) fn end_sound(&mut self) {
        self.sound = None;
    }

    /// The live event that names everybody who listens, each person once.
    pub(super) fn event(&self) -> Arc<str> {
        let mut people: Vec<UserId> = Vec::with_capacity(self.seats.len());
        let mut listeners = Vec::with_capacity(self.seats.len());
        for seat in self.seats.iter().filter(|seat| seat.taken) {
            if !people.contains(&seat.user) {
                people.push(seat.user);
                listeners.push(Listener { name: seat.name.clone() });
            }
        }
        let event = Live::Listeners { listeners };
        serde_json::to_string(&event).expect("names always serialise").into()
    }
}

/// What was said in a live call so far, as the live events that told it. The call's file knows:
/// what was told is in it, so nothing need be kept in memory for those who come later.
pub(super) fn said_so_far(spools: &SpoolFolder, call: CallId) -> Vec<String> {
    let lines = spools.lines(call).unwrap_or_else(|error| {
        tracing::debug!(%call, %error, "a listener is not told what was said before");
        Vec::new()
    });
    // Entries that were written together are lines of one chunk.
    let entries = lines.iter().flat_map(|chunk| chunk.lines());
    let said = entries.filter_map(|line| match serde_json::from_str(line).ok()? {
        Entry::Note { note: Note::Utterance(utterance) | Note::Amended(utterance), .. } => {
            serde_json::to_string(&Live::Utterance { utterance }).ok()
        }
        _ => None,
    });
    said.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_who_listens_twice_is_named_once() {
        let mut listeners = Listeners::default();
        let (morgan, ash) = (UserId::new(), UserId::new());
        let seats = [(morgan, "Morgan \"Mo\" Lee"), (ash, "Ash"), (morgan, "Morgan \"Mo\" Lee")]
            .map(|(user, name)| listeners.reserve(user, name.to_owned()).unwrap());
        let nobody = r#"{"type":"call.listeners","listeners":[]}"#;
        assert_eq!(&*listeners.event(), nobody, "a seat that is kept is nobody's yet");
        seats.iter().for_each(|seat| listeners.sit(*seat));
        let both = r#"{"type":"call.listeners","listeners":[{"name":"Morgan \"Mo\" Lee"},{"name":"Ash"}]}"#;
        assert_eq!(&*listeners.event(), both);
        assert!(listeners.leave(seats[0]));
        let turned = r#"{"type":"call.listeners","listeners":[{"name":"Ash"},{"name":"Morgan \"Mo\" Lee"}]}"#;
        assert_eq!(&*listeners.event(), turned, "she listens still");
    }

    #[test]
    fn there_is_sound_while_somebody_sits() {
        let mut listeners = Listeners::default();
        let [first, second] =
            ["A", "B"].map(|name| listeners.reserve(UserId::new(), name.to_owned()).unwrap());
        assert!(listeners.sound().is_none(), "nobody sits");
        listeners.sit(first);
        let mut heard = listeners.hear();
        listeners.sound().unwrap().send(Bytes::from_static(b"piece")).unwrap();
        assert_eq!(heard.try_recv().unwrap(), "piece");
        assert!(!listeners.leave(second), "nobody sat there");
        assert!(listeners.sound().is_some());
        assert!(listeners.leave(first));
        assert!(listeners.sound().is_none() && !listeners.anybody());
        assert_eq!(heard.try_recv(), Err(broadcast::error::TryRecvError::Closed));
    }

    #[test]
    fn there_are_eight_seats_and_one_that_is_left_is_free() {
        let mut listeners = Listeners::default();
        let mut reserve = || listeners.reserve(UserId::new(), String::new());
        let seats: Vec<u64> = (0..LISTENERS).map(|_| reserve().unwrap()).collect();
        assert_eq!(reserve(), Err(ListenError::Full));
        listeners.leave(seats[3]);
        assert!(listeners.reserve(UserId::new(), String::new()).is_ok());
    }
}
