//! What HTTP may ask of a session while its task runs.

use tokio::sync::{mpsc, oneshot};

/// Wishes waiting for a session; it takes them at once. When full the wish is refused.
pub const WISHES: usize = 8;

/// ICE of one side, from a fragment of a session description (RFC 8840).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fragment {
    /// The user name that the candidates belong to.
    pub ufrag: String,
    /// Its password.
    pub pwd: String,
    /// Candidates as attributes write them, without `a=`.
    pub candidates: Vec<String>,
    /// Whether no more will come.
    pub end_of_candidates: bool,
}

/// What became of a fragment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Patched {
    /// Its candidates are tried.
    Trickled,
    /// ICE begins anew, with this on our side; `tag` names the new ICE session.
    Restarted {
        /// The names the peer must know.
        ours: Fragment,
        /// The new entity tag, without quotes.
        tag: String,
    },
}

/// Why a fragment was not taken; the session goes on as it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatchError {
    /// The session is over.
    #[error("this session is over")]
    Gone,
    /// More fragments came than a session can follow.
    #[error("too many requests at once; send candidates together")]
    Busy,
    /// The peer's ICE parameters are of no use.
    #[error("the fragment cannot be used: {0}")]
    Unusable(String),
}

/// What a session is asked.
#[derive(Debug)]
pub enum Wish {
    /// Take the peer's candidates, or begin ICE anew where its user name is a new one.
    Patch(Fragment, oneshot::Sender<Result<Patched, PatchError>>),
    /// End.
    Close,
}

/// Reaches a session from outside of its task.
#[derive(Clone, Debug)]
pub struct SessionHandle {
    wishes: mpsc::Sender<Wish>,
}

impl SessionHandle {
    /// A handle, and the wishes that come through it.
    pub fn new() -> (Self, mpsc::Receiver<Wish>) {
        let (wishes, taken) = mpsc::channel(WISHES);
        (Self { wishes }, taken)
    }

    /// Hands over a fragment of the peer's description.
    ///
    /// # Errors
    /// When the session is over or cannot use it.
    pub async fn patch(&self, fragment: Fragment) -> Result<Patched, PatchError> {
        let (answer, patched) = oneshot::channel();
        self.wishes.try_send(Wish::Patch(fragment, answer)).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => PatchError::Busy,
            mpsc::error::TrySendError::Closed(_) => PatchError::Gone,
        })?;
        patched.await.unwrap_or(Err(PatchError::Gone))
    }

    /// Ends the session. Says whether it ran.
    pub fn close(&self) -> bool {
        self.wishes.try_send(Wish::Close).is_ok()
    }

    /// Whether the session's task is over.
    pub fn is_over(&self) -> bool {
        self.wishes.is_closed()
    }
}
