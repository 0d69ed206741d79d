//! A session that runs, its caller, and a network of two channels between them, on paused time.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::task::TaskTracker;

use super::caller::{Caller, Wants};
use super::wire::SERVER;
use crate::clock;
use crate::transport::webrtc::network::{Network, NetworkLane};
use crate::transport::webrtc::ports::LaneError;
use crate::transport::webrtc::{Answer, Closed, Datagram, Route, Rtc, Session};
use crate::transport::{Link, Refused};

/// Packets on their way; more than any test sends before somebody reads.
const TRAVELLING: usize = 4_096;

/// A network with one lane.
#[derive(Debug)]
struct Channels {
    lane: Mutex<Option<ChannelLane>>,
    candidates: [SocketAddr; 1],
}

#[derive(Debug)]
struct ChannelLane {
    inbound: mpsc::Receiver<Datagram>,
    outbound: mpsc::Sender<(Route, Vec<u8>)>,
    names: Arc<Mutex<Vec<String>>>,
}

impl Network for Channels {
    fn open(&self, ufrag: &str, _: &str) -> Result<Box<dyn NetworkLane>, LaneError> {
        let lane = self.lane.lock().unwrap().take().ok_or(LaneError::Full)?;
        lane.names.lock().unwrap().push(ufrag.to_owned());
        Ok(Box::new(lane))
    }

    fn candidates(&self) -> &[SocketAddr] {
        &self.candidates
    }
}

impl NetworkLane for ChannelLane {
    fn inbound(&mut self) -> &mut mpsc::Receiver<Datagram> {
        &mut self.inbound
    }

    fn send(&self, route: &Route, bytes: &[u8]) {
        let _ = self.outbound.try_send((*route, bytes.to_vec()));
    }

    fn also(&self, ufrag: &str, _: &str) -> Result<(), LaneError> {
        self.names.lock().unwrap().push(ufrag.to_owned());
        Ok(())
    }
}

/// A session, its caller and what came of them.
pub(super) struct Meeting {
    pub(super) caller: Caller,
    pub(super) answer: Answer,
    pub(super) closed: JoinHandle<Closed>,
    /// The names that lead to the session.
    pub(super) names: Arc<Mutex<Vec<String>>>,
    /// How long a packet takes to the caller; the way back takes no time.
    pub(super) delay: Duration,
    link: oneshot::Receiver<Link>,
    to_session: mpsc::Sender<Datagram>,
    from_session: mpsc::Receiver<(Route, Vec<u8>)>,
    /// On their way to the caller, with when they arrive.
    travelling: VecDeque<(Instant, Route, Vec<u8>)>,
}

impl Meeting {
    /// A session that waits for its caller.
    pub(super) fn new(wants: Wants) -> Self {
        let (give, link) = oneshot::channel();
        Self::with_attach(wants, link, |link| {
            give.send(link).map_err(|_| unreachable!("the test waits for the link"))
        })
    }

    /// The same whose call takes no link.
    pub(super) fn refusing(wants: Wants, refused: Refused) -> Self {
        let (_, link) = oneshot::channel();
        Self::with_attach(wants, link, |_| Err(refused))
    }

    /// One that carries no call.
    pub(super) fn checking(wants: Wants) -> Self {
        let (_, link) = oneshot::channel();
        Self::with_session(wants, link, |session| async { session.check().await.closed })
    }

    fn with_attach(
        wants: Wants,
        link: oneshot::Receiver<Link>,
        attach: impl FnOnce(Link) -> Result<(), Refused> + Send + 'static,
    ) -> Self {
        Self::with_session(wants, link, |session| session.run(attach))
    }

    fn with_session<F: Future<Output = Closed> + Send + 'static>(
        wants: Wants,
        link: oneshot::Receiver<Link>,
        run: impl FnOnce(Session) -> F,
    ) -> Self {
        let (to_session, inbound) = mpsc::channel(TRAVELLING);
        let (outbound, from_session) = mpsc::channel(TRAVELLING);
        let names = Arc::default();
        let lane = ChannelLane { inbound, outbound, names: Arc::clone(&names) };
        let candidates = [SERVER.parse().unwrap()];
        let rtc =
            Rtc::new(Arc::new(Channels { lane: Mutex::new(Some(lane)), candidates })).unwrap();
        let now = clock::now().into_std();
        let (mut caller, offer) = Caller::new(now, wants);
        let (answer, session) = rtc.answer(&offer).unwrap();
        caller.set_answer(now, &answer.sdp);
        let closed = TaskTracker::new().spawn(run(session));
        let (delay, travelling) = (Duration::ZERO, VecDeque::new());
        Self { caller, answer, closed, names, delay, link, to_session, from_session, travelling }
    }

    /// One whose link the driver has.
    pub(super) async fn attached(wants: Wants) -> (Self, Link) {
        let mut meeting = Self::new(wants);
        meeting.run_ms(2_000).await;
        let link = meeting.link.try_recv().expect("the link within two seconds");
        assert_eq!(meeting.caller.channel_is_open, wants.channel);
        (meeting, link)
    }

    /// Lets the caller do what it does for a while.
    pub(super) async fn run_ms(&mut self, ms: u64) {
        let until = clock::now() + Duration::from_millis(ms);
        loop {
            self.arrive();
            self.send_packets();
            let due = self.caller.poll_timeout().map_or(until, Instant::from_std).min(until);
            let due = self.travelling.front().map_or(due, |(at, ..)| due.min(*at));
            tokio::select! {
                biased; // What was sent arrives before more time passes.
                Some((route, bytes)) = self.from_session.recv() => {
                    self.travelling.push_back((clock::now() + self.delay, route, bytes));
                }
                () = sleep_until(due) => {
                    if until <= clock::now() {
                        return;
                    }
                    self.caller.handle_timeout(clock::now().into_std());
                }
            }
        }
    }

    /// Lets the caller run until its session has ended.
    pub(super) async fn end(mut self, within_ms: u64) -> (Caller, Closed) {
        let until = clock::now() + Duration::from_millis(within_ms);
        while !self.closed.is_finished() && clock::now() < until {
            self.run_ms(1).await;
        }
        self.run_ms(1).await;
        let closed = timeout(Duration::from_millis(1), self.closed).await;
        (self.caller, closed.expect("the session has ended").unwrap())
    }

    fn arrive(&mut self) {
        while let Some((_, route, bytes)) =
            self.travelling.pop_front_if(|(at, ..)| *at <= clock::now())
        {
            let now = clock::now().into_std();
            self.caller.receive(now, route, bytes.as_slice().into());
        }
    }

    pub(super) fn send_packets(&mut self) {
        while let Some((route, bytes)) = self.caller.poll_packet() {
            let datagram = Datagram { at: clock::now(), route, bytes };
            let _ = self.to_session.try_send(datagram);
        }
    }

    pub(super) fn write(&mut self, text: &str) {
        self.caller.write(clock::now().into_std(), text);
    }
}
