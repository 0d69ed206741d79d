//! The one task of a WebRTC link: a peer, its packets, what is asked of it and what the driver says.

use std::future;
use std::time::Duration;

use ringcraft_media::units::{CallTime, FRAME_MS, SampleRate, Samples, Span};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::handle::{Fragment, PatchError, Patched, Wish};
use super::network::NetworkLane;
use super::peer::{Peer, PeerEvent, Quality, Unread};
use super::{Datagram, new_tag};
use crate::clock;
use crate::transport::inbox::{Flooded, Inbox};
use crate::transport::text::{Fault, ServerText};
use crate::transport::{
    Encoding, Inbound, LINK_OUTBOUND, Link, LinkFormat, LinkIn, LinkOut, Refused,
};
use messages::{Messages, Reaction};

mod check;
mod messages;
mod played;

pub use check::{CHECK_WITHIN, Checked};

/// How long a peer may take to be connected, its channel included.
pub const CONNECT_WITHIN: Duration = Duration::from_secs(10);

/// How long what is still to be told may take to come after the driver stopped listening.
const FAREWELL_WITHIN: Duration = Duration::from_secs(10);

/// How long a peer may take to read what it was told last.
const READ_WITHIN: Duration = Duration::from_secs(2);

/// The peer's clockwork is not asked more often, whatever it says.
const SHORTEST_WAIT: Duration = Duration::from_millis(1);

/// A peer that was answered and is about to connect.
#[derive(Debug)]
pub struct Session {
    peer: Peer,
    lane: Box<dyn NetworkLane>,
    wishes: mpsc::Receiver<Wish>,
}

/// What became of a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closed {
    /// Why it ended.
    pub ending: Ending,
    /// Packets of the rep that were dropped because the driver did not take them.
    pub lost_frames: u64,
    /// Messages that were not understood.
    pub faults: u32,
    /// How the two sides heard each other.
    pub quality: Quality,
}

/// Why a link ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The driver let go of it.
    Finished,
    /// The peer closed the connection.
    ClientLeft,
    /// The peer hung up before it was connected.
    HungUp,
    /// The peer did not read what it was sent.
    ClientStalled,
    /// The peer was not connected within [`CONNECT_WITHIN`].
    NeverConnected,
    /// The call did not take it.
    Refused(Refused),
    /// Too many messages were not understood; this is the last of them.
    TooManyFaults(Fault),
    /// More messages came than a call can follow.
    Flooded,
    /// The server's ports are closed.
    PortsClosed,
}

impl Session {
    pub(super) fn new(
        peer: Peer,
        lane: Box<dyn NetworkLane>,
        wishes: mpsc::Receiver<Wish>,
    ) -> Self {
        Self { peer, lane, wishes }
    }

    /// Carries a call's media until either side is done with it.
    ///
    /// `attach` is asked once, with the link, when the peer is connected.
    pub async fn run(self, attach: impl FnOnce(Link) -> Result<(), Refused>) -> Closed {
        let (inbox, inbound) = Inbox::new();
        let mut carrier = Carrier::new(self, inbox);
        let ending = match carrier.connect().await {
            Ok(()) => {
                let (outbound, queue) = mpsc::channel(LINK_OUTBOUND);
                let reports_playback = carrier.peer.wants_channel();
                let link = Link { format: FORMAT, reports_playback, inbound, outbound };
                match attach(link) {
                    Ok(()) => carrier.carry(queue).await,
                    Err(refused) => Ending::Refused(refused),
                }
            }
            Err(ending) => ending,
        };
        carrier.close(ending).await
    }
}

/// What WebRTC links carry.
const FORMAT: LinkFormat = LinkFormat { encoding: Encoding::Opus, rate: SampleRate::Hz48000 };

#[derive(Debug)]
struct Carrier {
    peer: Peer,
    lane: Box<dyn NetworkLane>,
    wishes: mpsc::Receiver<Wish>,
    inbox: Inbox,
    messages: Messages,
    /// Where the sound ends that was sent last.
    sent_until: Option<CallTime>,
    /// When the peer was last told the time.
    ticked_at: Instant,
    is_connected: bool,
    has_channel: bool,
}

/// What a session waits for, the driver aside.
#[derive(Debug)]
enum Input {
    Datagram(Datagram),
    PortsClosed,
    Wish(Wish),
    Time,
}

impl Carrier {
    fn new(Session { peer, lane, wishes }: Session, inbox: Inbox) -> Self {
        Self {
            peer,
            lane,
            wishes,
            inbox,
            messages: Messages::default(),
            sent_until: None,
            ticked_at: clock::now(),
            is_connected: false,
            has_channel: false,
        }
    }

    /// Waits until the peer is connected and, where it wants a channel, that is open.
    async fn connect(&mut self) -> Result<(), Ending> {
        let deadline = clock::now() + CONNECT_WITHIN;
        loop {
            while let Some(event) = self.peer.poll_event() {
                // Sound from before the call is not kept: it would come all at once.
                if !matches!(event, PeerEvent::Audio { .. }) {
                    self.note(event)?;
                }
            }
            self.send_packets();
            if self.is_connected && (self.has_channel || !self.peer.wants_channel()) {
                return Ok(());
            }
            let input = self.input(Some(deadline)).await;
            if deadline <= clock::now() {
                return Err(Ending::NeverConnected);
            }
            if self.take(input)? {
                return Err(Ending::HungUp);
            }
        }
    }

    /// Carries until one side is done.
    async fn carry(&mut self, mut queue: mpsc::Receiver<LinkOut>) -> Ending {
        let driver = self.inbox.driver();
        let mut farewell_until = None;
        loop {
            while let Some(event) = self.peer.poll_event() {
                if let Err(ending) = self.note(event) {
                    return ending;
                }
            }
            self.send_packets();
            let Self { peer, lane, wishes, inbox, ticked_at, .. } = self;
            let input = tokio::select! {
                input = wait(peer, lane.as_mut(), wishes, (*ticked_at, farewell_until)) => input,
                out = queue.recv() => {
                    let sent = match out {
                        Some(out) => self.send(out),
                        None => Err(Ending::Finished),
                    };
                    match sent {
                        Ok(()) => continue,
                        Err(ending) => return ending,
                    }
                }
                () = inbox.hand_over() => continue,
                () = driver.closed(), if farewell_until.is_none() => {
                    farewell_until = Some(clock::now() + FAREWELL_WITHIN);
                    continue;
                }
            };
            if farewell_until.is_some_and(|until| until <= clock::now()) {
                return Ending::Finished;
            }
            match self.take(input) {
                Ok(false) => {}
                // Over HTTP the peer can say no more than on the channel: it hangs up.
                Ok(true) if self.inbox.push(LinkIn::HangUp).is_err() => return Ending::Flooded,
                Ok(true) => {
                    farewell_until.get_or_insert_with(|| clock::now() + FAREWELL_WITHIN);
                }
                Err(ending) => return ending,
            }
        }
    }

    /// Tells the peer why and that it is over.
    async fn close(mut self, ending: Ending) -> Closed {
        let (lost_frames, faults) = (self.inbox.lost_frames(), self.messages.faults());
        let closed =
            Closed { ending: ending.clone(), lost_frames, faults, quality: self.peer.quality() };
        // The driver and HTTP learn that the session is over before the peer is put away.
        let (inbox, _) = Inbox::new();
        drop(std::mem::replace(&mut self.inbox, inbox));
        self.wishes.close();
        while self.wishes.try_recv().is_ok() {}
        let error = match &ending {
            Ending::Refused(refused) => Some((refused.code, refused.message.to_string())),
            Ending::TooManyFaults(fault) => Some((fault.code(), fault.to_string())),
            _ => None,
        };
        if let Some((code, message)) = error {
            let _ = self.tell(ServerText::Error { code, message: &message });
        }
        if !matches!(ending, Ending::ClientLeft | Ending::ClientStalled) {
            self.flush().await;
        }
        self.peer.close();
        self.send_packets();
        closed
    }

    /// Waits until the peer has read everything, for a while.
    async fn flush(&mut self) {
        let deadline = clock::now() + READ_WITHIN;
        loop {
            while let Some(event) = self.peer.poll_event() {
                if event == PeerEvent::Closed {
                    return;
                }
            }
            self.send_packets();
            if self.peer.unread() == 0 || deadline <= clock::now() {
                return;
            }
            let input = self.input(Some(deadline)).await;
            if self.take(input).is_err() {
                return;
            }
        }
    }

    async fn input(&mut self, deadline: Option<Instant>) -> Input {
        let Self { peer, lane, wishes, ticked_at, .. } = self;
        wait(peer, lane.as_mut(), wishes, (*ticked_at, deadline)).await
    }

    /// Does what an input asks for. Says whether the peer hangs up.
    fn take(&mut self, input: Input) -> Result<bool, Ending> {
        let now = clock::now();
        match input {
            Input::Datagram(datagram) => self.peer.receive(now.into_std(), datagram),
            Input::PortsClosed => return Err(Ending::PortsClosed),
            Input::Time => {
                self.ticked_at = now;
                self.peer.handle_timeout(now.into_std());
            }
            Input::Wish(Wish::Patch(fragment, answer)) => {
                let patched = self.patch(now, &fragment);
                // Who asked may have left; the peer will ask again.
                let _ = answer.send(patched);
            }
            Input::Wish(Wish::Close) => return Ok(true),
        }
        Ok(false)
    }

    fn patch(&mut self, now: Instant, fragment: &Fragment) -> Result<Patched, PatchError> {
        let Some(ours) = self.peer.patch(now.into_std(), fragment)? else {
            return Ok(Patched::Trickled);
        };
        // Names are drawn at random, so a second one of it says that there are no more.
        self.lane.also(&ours.ufrag, &ours.pwd).map_err(|_| PatchError::Busy)?;
        Ok(Patched::Restarted { ours, tag: new_tag() })
    }

    /// Notes what the peer did.
    fn note(&mut self, event: PeerEvent) -> Result<(), Ending> {
        let reaction = match event {
            PeerEvent::Connected => {
                self.is_connected = true;
                return Ok(());
            }
            PeerEvent::ChannelOpen => {
                self.has_channel = true;
                return Ok(());
            }
            // The call is held when no sound comes. New ICE parameters may bring it back.
            PeerEvent::Disconnected | PeerEvent::Failed => return Ok(()),
            PeerEvent::Closed => return Err(Ending::ClientLeft),
            PeerEvent::Audio { seq, timestamp, payload } => {
                let media_time = Samples(timestamp);
                Reaction::Deliver(LinkIn::Audio(Inbound { seq, media_time, payload }))
            }
            PeerEvent::Text(text) => self.messages.receive(&text),
            PeerEvent::BadMessage => self.messages.receive_other(),
        };
        match reaction {
            Reaction::Deliver(message) => {
                self.inbox.push(message).map_err(|Flooded| Ending::Flooded)
            }
            Reaction::Complain(fault) => {
                self.tell(ServerText::Error { code: fault.code(), message: &fault.to_string() })
            }
            Reaction::GiveUp(fault) => Err(Ending::TooManyFaults(fault)),
        }
    }

    /// Sends what the driver says.
    fn send(&mut self, out: LinkOut) -> Result<(), Ending> {
        match out {
            LinkOut::Audio { reply, offset, at, payload } => {
                // A marker tells the peer that it may change its playout delay.
                let marker = self.sent_until != Some(at);
                self.peer.send_audio(clock::now().into_std(), at, payload, marker);
                self.messages.sound.note(self.peer.timestamp(at), reply, offset);
                self.sent_until = Some(at + Span::ms(FRAME_MS));
                Ok(())
            }
            LinkOut::Pause(reply) => self.tell(ServerText::Pause { reply }),
            LinkOut::Resume(reply, from_sample) => {
                self.tell(ServerText::Resume { reply, from_sample })
            }
            LinkOut::Clear(reply) => self.tell(ServerText::Clear { reply }),
            LinkOut::Live(event) => self.tell_text(&event),
            LinkOut::Refused(Refused { code, message }) => {
                self.tell(ServerText::Error { code, message: &message })
            }
        }
    }

    fn tell(&mut self, message: ServerText<'_>) -> Result<(), Ending> {
        self.tell_text(&message.to_json())
    }

    fn tell_text(&mut self, text: &str) -> Result<(), Ending> {
        let sent = self.peer.send_text(clock::now().into_std(), text);
        sent.map_err(|Unread| Ending::ClientStalled)
    }

    fn send_packets(&mut self) {
        while let Some((route, bytes)) = self.peer.poll_packet() {
            self.lane.send(&route, &bytes);
        }
    }
}

/// Waits for a packet, a wish or the time that the peer asks for, but no longer than to a deadline.
/// Loses nothing when it is dropped.
async fn wait(
    peer: &mut Peer,
    lane: &mut dyn NetworkLane,
    wishes: &mut mpsc::Receiver<Wish>,
    (ticked_at, deadline): (Instant, Option<Instant>),
) -> Input {
    let due = peer.poll_timeout().map(|due| Instant::from_std(due).max(ticked_at + SHORTEST_WAIT));
    let until = due.into_iter().chain(deadline).min();
    let time = async {
        match until {
            Some(until) => sleep_until(until).await,
            None => future::pending().await,
        }
    };
    tokio::select! {
        datagram = lane.inbound().recv() => datagram.map_or(Input::PortsClosed, Input::Datagram),
        Some(wish) = wishes.recv() => Input::Wish(wish),
        () = time => Input::Time,
    }
}
