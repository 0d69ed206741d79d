//! Mail: kept in the database first, then sent where a server for it is configured.

use std::sync::Arc;
use std::time::Duration;

use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::config;
use crate::store::mail::{self, NewMail};
use crate::store::{OrgScope, StoreError};

/// How long any one exchange with the mail server may take.
const SMTP_WITHIN: Duration = Duration::from_secs(20);

/// How long a mail may take in all: less than it is left alone for.
const MAIL_WITHIN: Duration = Duration::from_secs(60);

/// Mails on their way at the same time.
const SENT_AT_ONCE: usize = 4;

/// Mails that wait for a connection; more stay in the database.
const WAITING_MOST: usize = 256;

/// How long mails that are on their way may take when the server stops.
const FINISH_WITHIN: Duration = Duration::from_secs(5);

/// Sends mail. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Mailer {
    smtp: Option<AsyncSmtpTransport<Tokio1Executor>>,
    from: Mailbox,
    turns: Arc<Semaphore>,
    sending: TaskTracker,
}

/// `SMTP_URL` cannot be used. It holds a password, so it is not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "SMTP_URL must be smtps://user:password@host, smtp://user:password@host?tls=required or, without \
     TLS, smtp://host"
)]
pub struct BadSmtpUrl;

/// Who sent a mail.
enum Sent {
    /// We did.
    Now,
    /// It was sent before, or somebody else is about to.
    ByAnother,
}

/// Why a mail is still in the database only.
#[derive(Debug, thiserror::Error)]
enum NotSent {
    #[error("an address cannot be written into a mail: {0}")]
    Address(#[from] lettre::address::AddressError),
    #[error("build the mail: {0}")]
    Message(#[from] lettre::error::Error),
    #[error("the mail server: {0}")]
    Smtp(#[from] lettre::transport::smtp::Error),
    #[error("the mail server took longer than {} s", MAIL_WITHIN.as_secs())]
    TooSlow,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Mailer {
    /// A mailer for these settings.
    ///
    /// # Errors
    /// When the server's address cannot be used.
    pub fn new(settings: &config::Mail) -> Result<Self, BadSmtpUrl> {
        let smtp = match &settings.smtp_url {
            Some(url) => {
                let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.expose())
                    .map_err(|_| BadSmtpUrl)?;
                Some(transport.timeout(Some(SMTP_WITHIN)).build())
            }
            None => None,
        };
        Ok(Self {
            smtp,
            from: settings.from.clone(),
            turns: Arc::new(Semaphore::new(SENT_AT_ONCE)),
            sending: TaskTracker::new(),
        })
    }

    /// Keeps a mail and sends it without waiting for the mail server.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub async fn post(&self, scope: &OrgScope, mail: NewMail) -> Result<(), StoreError> {
        let system = scope.as_system();
        let id = mail::insert(&system, &mail).await?;
        match &self.smtp {
            Some(smtp) if self.sending.len() < WAITING_MOST => self.set_off(system, id, smtp),
            Some(_) => tracing::warn!(mail = %id, "too much mail at once: this one waits"),
            None => tracing::info!(
                mail = %id,
                "a mail waits, as SMTP_URL is not set; `ringcraft mail` shows it"
            ),
        }
        Ok(())
    }

    /// Whether mail is sent at all.
    pub fn sends(&self) -> bool {
        self.smtp.is_some()
    }

    /// Sends the mail of an org that is to be tried now, as much as there is room for, without
    /// waiting for the mail server.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn send_due(&self, system: &OrgScope) -> Result<(), StoreError> {
        let Some(smtp) = &self.smtp else { return Ok(()) };
        let room = WAITING_MOST.saturating_sub(self.sending.len());
        for id in mail::due(system, room).await? {
            self.set_off(system.clone(), id, smtp);
        }
        Ok(())
    }

    fn set_off(&self, system: OrgScope, id: Uuid, smtp: &AsyncSmtpTransport<Tokio1Executor>) {
        let (mailer, smtp) = (self.clone(), smtp.clone());
        self.sending.spawn(async move { mailer.carry(&system, id, &smtp).await });
    }

    /// Waits for mail that is on its way, for a while.
    pub async fn finish(&self) {
        self.sending.close();
        if timeout(FINISH_WITHIN, self.sending.wait()).await.is_err() {
            tracing::warn!(mails = self.sending.len(), "mail that is on its way is given up");
        }
    }

    async fn carry(&self, system: &OrgScope, id: Uuid, smtp: &AsyncSmtpTransport<Tokio1Executor>) {
        let _turn = self.turns.acquire().await.expect("the semaphore is never closed");
        let sent = timeout(MAIL_WITHIN, self.send(system, id, smtp)).await;
        match sent.unwrap_or(Err(NotSent::TooSlow)) {
            Ok(Sent::Now) => tracing::info!(mail = %id, "a mail was sent"),
            Ok(Sent::ByAnother) => {}
            // What a mail server says may name the address.
            Err(error) => {
                tracing::warn!(mail = %id, "a mail was not sent and is tried again later");
                tracing::debug!(mail = %id, %error, "a mail was not sent");
            }
        }
    }

    async fn send(
        &self,
        system: &OrgScope,
        id: Uuid,
        smtp: &AsyncSmtpTransport<Tokio1Executor>,
    ) -> Result<Sent, NotSent> {
        let Some(mail) = mail::take(system, id).await? else { return Ok(Sent::ByAnother) };
        let to = Mailbox::new(None, mail.to_address.parse()?);
        let message_id = format!("<{id}@{}>", self.from.email.domain());
        let message = Message::builder()
            .from(self.from.clone())
            .to(to)
            .message_id(Some(message_id))
            .subject(&mail.subject)
            .header(ContentType::TEXT_PLAIN)
            .body(mail.body)?;
        smtp.send(message).await?;
        mail::mark_sent(system, id).await?;
        Ok(Sent::Now)
    }
}
