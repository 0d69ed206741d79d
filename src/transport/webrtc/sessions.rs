//! The sessions that HTTP can reach, while their tasks run.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

use super::fragment::{self, Place};
use super::handle::{Fragment, PatchError, Patched, SessionHandle};
use crate::model::CallId;

/// Sessions of one call at the same time. One carries the call; the others are those of pages that
/// were left while they connected, which end by themselves within ten seconds.
pub const SESSIONS_PER_CALL: usize = 4;

/// Every session of this process.
#[derive(Debug)]
pub struct Sessions {
    most: usize,
    open: Mutex<HashMap<Uuid, Entry>>,
}

/// A place among the sessions; dropped, it is free again, and HTTP finds nothing there.
#[derive(Debug)]
pub struct Seat {
    id: Uuid,
    sessions: Arc<Sessions>,
}

#[derive(Debug)]
struct Entry {
    call: CallId,
    /// Nothing while the offer is being answered.
    session: Option<Reached>,
}

/// A session, and how far its ICE is.
#[derive(Debug)]
pub struct Reached {
    /// The way to it.
    pub handle: SessionHandle,
    /// The entity tag of its ICE session, without quotes.
    pub tag: String,
    /// The peer's user name in that ICE session.
    pub peer_ufrag: String,
    /// Where our fragments belong.
    pub place: Place,
    /// Whether an answer to a restart is on its way to the peer.
    pub restarting: bool,
}

/// Why another session is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoSeat {
    /// The call has as many as it may.
    #[error("too many connections of this call are being made; try again in ten seconds")]
    Call,
    /// The server has.
    #[error("this server follows as many WebRTC connections as it can; try again in a minute")]
    Server,
}

/// Which ICE session a request is meant for: its `If-Match`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// It does not say.
    Missing,
    /// Whichever there is: `*`.
    Any,
    /// One of these tags, without quotes.
    Tags(Vec<String>),
}

/// What a fragment led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Applied {
    /// Its candidates are tried.
    Trickled,
    /// ICE begins anew.
    Restarted {
        /// What the peer must know.
        fragment: String,
        /// The new entity tag, without quotes.
        tag: String,
    },
}

/// Why a fragment was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotApplied {
    /// There is no such session, or no longer.
    #[error("no session of this call has this address, or it is over")]
    Unknown,
    /// It is not said which ICE session is meant, and the user name is a new one.
    #[error("send the ETag of the answer as If-Match, or * to begin ICE anew")]
    NoCondition,
    /// The ICE session that is meant is over.
    #[error("ICE began anew since; its answer has the new ETag")]
    OtherTag,
    /// The answer to a restart has to be waited for.
    #[error("ICE is beginning anew; send candidates after the answer to that")]
    Restarting,
    /// The session did not take it.
    #[error(transparent)]
    Session(#[from] PatchError),
}

/// Why a session cannot be ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotEnded {
    /// There is no such session, or no longer.
    #[error("no session of this call has this address, or it is over")]
    Unknown,
    /// Too much is asked of it at once.
    #[error("too many requests at once; try again in a moment")]
    Busy,
}

impl Sessions {
    /// None yet, and never more than this.
    pub fn new(most: usize) -> Self {
        Self { most, open: Mutex::default() }
    }

    /// Takes a place for a session that is about to be made.
    ///
    /// # Errors
    /// When the call or the server has as many as it may.
    pub fn reserve(self: &Arc<Self>, call: CallId) -> Result<Seat, NoSeat> {
        let mut open = self.lock();
        if SESSIONS_PER_CALL <= open.values().filter(|entry| entry.call == call).count() {
            return Err(NoSeat::Call);
        }
        if self.most <= open.len() {
            return Err(NoSeat::Server);
        }
        let id = Uuid::new_v4();
        open.insert(id, Entry { call, session: None });
        Ok(Seat { id, sessions: Arc::clone(self) })
    }

    /// Whether the call has this session.
    pub fn has(&self, call: CallId, id: Uuid) -> bool {
        find(&mut self.lock(), call, id).is_some()
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.lock().len()
    }

    /// Hands a fragment to a session and notes what it led to. Once begun it must not be dropped:
    /// what a restart changed would be forgotten.
    ///
    /// # Errors
    /// When the session is another, or cannot use it. It goes on as it was then.
    pub async fn patch(
        &self,
        call: CallId,
        id: Uuid,
        condition: Condition,
        fragment: Fragment,
    ) -> Result<Applied, NotApplied> {
        let handle = {
            let mut open = self.lock();
            let session = find(&mut open, call, id).ok_or(NotApplied::Unknown)?;
            let restarts = session.judge(&condition, &fragment.ufrag)?;
            session.restarting = restarts;
            session.handle.clone()
        };
        let ufrag = fragment.ufrag.clone();
        let patched = handle.patch(fragment).await;
        let mut open = self.lock();
        let session = find(&mut open, call, id).ok_or(NotApplied::Unknown)?;
        session.restarting = false;
        Ok(match patched? {
            Patched::Trickled => Applied::Trickled,
            Patched::Restarted { ours, tag } => {
                session.peer_ufrag = ufrag;
                session.tag.clone_from(&tag);
                Applied::Restarted { fragment: fragment::write(&ours, &session.place), tag }
            }
        })
    }

    /// Ends a session, which hangs up. Nobody finds it from then on.
    ///
    /// # Errors
    /// When there is none, or it takes nothing now.
    pub fn end(&self, call: CallId, id: Uuid) -> Result<(), NotEnded> {
        let mut open = self.lock();
        let session = find(&mut open, call, id).ok_or(NotEnded::Unknown)?;
        if !session.handle.close() && !session.handle.is_over() {
            return Err(NotEnded::Busy);
        }
        open.remove(&id);
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Uuid, Entry>> {
        // An entry is changed in one step, so one left by a panic is still good.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn find(open: &mut HashMap<Uuid, Entry>, call: CallId, id: Uuid) -> Option<&mut Reached> {
    open.get_mut(&id).filter(|entry| entry.call == call)?.session.as_mut()
}

impl Reached {
    /// Whether a fragment of this user name begins ICE anew. Clients that say nothing, or `*`, are
    /// taken at their user name.
    fn judge(&self, condition: &Condition, ufrag: &str) -> Result<bool, NotApplied> {
        let is_new = self.peer_ufrag != ufrag;
        match condition {
            Condition::Missing if is_new => return Err(NotApplied::NoCondition),
            Condition::Tags(tags) if !tags.contains(&self.tag) => return Err(NotApplied::OtherTag),
            _ => {}
        }
        if self.restarting { Err(NotApplied::Restarting) } else { Ok(is_new) }
    }
}

impl Seat {
    /// The session's name in its address.
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// Lets HTTP reach the session.
    pub fn fill(&self, session: Reached) {
        if let Some(entry) = self.sessions.lock().get_mut(&self.id) {
            entry.session = Some(session);
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.sessions.lock().remove(&self.id);
    }
}

impl Condition {
    /// Reads the values of `If-Match`. Tags come with and without quotes, and some clients quote
    /// the star; a proxy that compresses makes tags weak.
    pub fn read<'a>(values: impl IntoIterator<Item = &'a str>) -> Self {
        let tags = values.into_iter().flat_map(|value| value.split(',')).map(|tag| {
            let tag = tag.trim();
            tag.strip_prefix("W/").unwrap_or(tag).trim_matches('"').to_owned()
        });
        let tags: Vec<_> = tags.filter(|tag| !tag.is_empty()).collect();
        if tags.is_empty() {
            Self::Missing
        } else if tags.iter().any(|tag| tag == "*") {
            Self::Any
        } else {
            Self::Tags(tags)
        }
    }
}

#[cfg(test)]
mod tests;
