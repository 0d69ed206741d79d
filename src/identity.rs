//! Who somebody is: what they present, and the person it stands for.

use std::time::Duration;

use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use email::{BadEmail, BadName, DisplayName, EmailAddress};
pub use entrance::{Entrance, Place, TurnedAway};
pub use mailer::{BadSmtpUrl, Mailer};
pub use principal::{NotSignedIn, Principal, Via};
pub use sign_in::{NewSession, SignInError};
pub use token::{BearerToken, TokenHash, TokenKind};

use crate::clock;
use crate::config::{BaseUrl, Config};
use crate::store::{Store, session};
use last_use::LastUses;

pub mod password;
mod email;
mod principal;
mod token;
mod entrance;
mod last_use;
mod mailer;
pub mod sign_in;
pub mod invitation;
pub mod recovery;
pub mod upkeep;

/// How long what goes on beside requests may take when the server stops.
const FINISH_WITHIN: Duration = Duration::from_secs(5);

/// What the server keeps to let people in.
#[derive(Debug)]
pub struct Identity {
    /// Who may knock.
    pub entrance: Entrance,
    /// Sends mail.
    pub mailer: Mailer,
    /// Where the links in mail lead. Never what a request says: whoever asks for somebody's mail
    /// would choose where its link goes.
    pub base_url: BaseUrl,
    /// What goes on beside requests.
    pub beside: TaskTracker,
    last_uses: LastUses,
}

impl Identity {
    /// Nobody has come yet.
    ///
    /// # Errors
    /// When mail is configured in a way that cannot work.
    pub fn new(config: &Config, listening_port: u16) -> Result<Self, BadSmtpUrl> {
        let local = || {
            let host = format!("localhost:{listening_port}");
            BaseUrl::from_host(&config.tls.scheme(), &host)
                .expect("a host and a port are an authority")
        };
        Ok(Self {
            entrance: Entrance::new(),
            mailer: Mailer::new(&config.mail)?,
            base_url: config.public_url.clone().unwrap_or_else(local),
            beside: TaskTracker::new(),
            last_uses: LastUses::default(),
        })
    }

    /// Sends mail that waits and forgets what is over, again and again until it is told to stop.
    pub fn keep_up(&self, store: &Store, stop: CancellationToken) {
        self.beside.spawn(upkeep::run(store.clone(), self.mailer.clone(), stop));
    }

    /// Notes that somebody's session is in use, seldom and without holding up their request.
    pub fn note_use(&self, principal: &Principal) {
        let Via::Session(id) = principal.via else { return };
        if !self.last_uses.is_due(id, clock::now()) {
            return;
        }
        let system = principal.scope.as_system();
        self.beside.spawn(async move {
            if let Err(error) = session::note_use(&system, id).await {
                tracing::warn!(%error, "the use of a session was not noted");
            }
        });
    }

    /// Waits for what goes on beside requests, for a while.
    pub async fn finish(&self) {
        self.beside.close();
        if timeout(FINISH_WITHIN, self.beside.wait()).await.is_err() {
            tracing::warn!(tasks = self.beside.len(), "what went on beside requests is given up");
        }
        self.mailer.finish().await;
    }
}
