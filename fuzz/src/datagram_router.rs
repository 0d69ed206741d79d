//! A program of packets, signed and not, against a model of what the router may know.

use std::net::SocketAddr;
use std::sync::LazyLock;

use rtc::crypto;
use rtc::stun::attributes::ATTR_USERNAME;
use rtc::stun::fingerprint::FINGERPRINT;
use rtc::stun::integrity::MessageIntegrity;
use rtc::stun::message::{BINDING_REQUEST, Message, TransactionId};
use rtc::stun::textattrs::Username;

use super::router::{ConnectionId, LaneId, MAX_ADDRESSES, MAX_CONNECTIONS, Router};

const LANES: usize = 3;

/// More than one lane may have, so that some are forgotten.
const PEERS: u8 = 40;

/// Bytes of the fingerprint, which follows the signature.
const FINGERPRINT_BYTES: usize = 8;

/// A request that each lane's peer may send.
static REQUESTS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| (0..LANES).map(request).collect());

fn names(lane: usize) -> (String, String) {
    (format!("lane-{lane}"), format!("password-of-lane-{lane}-alone"))
}

fn request(lane: usize) -> Vec<u8> {
    let (ufrag, pwd) = names(lane);
    let provider = crypto::default_provider().expect("cryptography");
    let signature =
        MessageIntegrity::new_short_term_integrity_with_provider(pwd, provider.crypto());
    let mut message = Message::new();
    message
        .build(&[
            Box::new(BINDING_REQUEST),
            Box::new(TransactionId([7; 12])),
            Box::new(Username::new(ATTR_USERNAME, format!("{ufrag}:peer"))),
            Box::new(signature),
            Box::new(FINGERPRINT),
        ])
        .expect("a request");
    message.raw
}

/// What the router may know, kept by other means.
#[derive(Default)]
struct Model {
    /// Addresses with their lane, those heard last at the end.
    addresses: Vec<(SocketAddr, u32)>,
    lanes: [Option<Lane>; LANES],
    opened: u32,
}

struct Lane {
    id: LaneId,
    mailbox: u32,
    connections: Vec<(SocketAddr, ConnectionId)>,
}

impl Model {
    fn lane_of(&self, peer: SocketAddr) -> Option<u32> {
        self.addresses.iter().find(|(address, _)| *address == peer).map(|(_, lane)| *lane)
    }

    fn heard(&mut self, peer: SocketAddr, mailbox: u32) {
        let is_known = self.lane_of(peer) == Some(mailbox);
        self.addresses.retain(|(address, _)| *address != peer);
        let of_lane = |(_, lane): &(SocketAddr, u32)| *lane == mailbox;
        if !is_known
            && self.addresses.iter().filter(|known| of_lane(known)).count() == MAX_ADDRESSES
        {
            let quietest = self.addresses.iter().position(of_lane).expect("there are some");
            self.addresses.remove(quietest);
        }
        self.addresses.push((peer, mailbox));
    }
}

/// Runs a program: an operation, a peer, a lane, and what else the operation needs.
pub fn run(program: &[u8]) {
    let mut rest = program;
    let mut router: Router<u32, ()> = Router::default();
    let mut model = Model::default();
    for lane in 0..LANES {
        toggle(&mut router, &mut model, lane);
    }
    while let Some(([operation, peer, lane, detail], behind)) = rest.split_first_chunk() {
        rest = behind;
        let lane = usize::from(*lane) % LANES;
        let peer = SocketAddr::from(([198, 51, 100, 7], 1 + u16::from(peer % PEERS)));
        let signed = &REQUESTS[lane];
        match operation % 8 {
            0 => {
                let (packet, behind) = rest.split_at(usize::from(*detail).min(rest.len()));
                rest = behind;
                unsigned(&mut router, &mut model, peer, packet);
            }
            1 => unsigned(&mut router, &mut model, peer, &[128; 12]),
            2 | 3 => {
                let expected = match &model.lanes[lane] {
                    Some(open) => Some(open.mailbox),
                    None => model.lane_of(peer),
                };
                assert_eq!(router.route(peer, signed).copied(), expected);
                if let Some(mailbox) = expected {
                    model.heard(peer, mailbox);
                }
            }
            4 => {
                let mut forged = signed.clone();
                let at = usize::from(*detail) % (forged.len() - FINGERPRINT_BYTES);
                forged[at] ^= 1 << (operation >> 5);
                unsigned(&mut router, &mut model, peer, &forged);
            }
            5 => toggle(&mut router, &mut model, lane),
            6 => connect(&mut router, &mut model, lane, peer),
            _ => disconnect(&mut router, &mut model, lane, usize::from(*detail)),
        }
        let connections: usize =
            model.lanes.iter().flatten().map(|lane| lane.connections.len()).sum();
        assert_eq!(router.connections(), connections);
        assert_eq!(router.addresses(), model.addresses.len());
        assert_eq!(router.lanes(), model.lanes.iter().flatten().count());
    }
}

/// A packet that nobody signed goes where the address belongs, or nowhere.
fn unsigned(router: &mut Router<u32, ()>, model: &mut Model, peer: SocketAddr, packet: &[u8]) {
    assert!(router.connect(peer, packet, ()).is_none());
    if let Some(mailbox) = router.route(peer, packet).copied() {
        assert_eq!(model.lane_of(peer), Some(mailbox));
        model.heard(peer, mailbox);
    }
}

fn toggle(router: &mut Router<u32, ()>, model: &mut Model, lane: usize) {
    if let Some(open) = model.lanes[lane].take() {
        router.close(open.id);
        model.addresses.retain(|(_, mailbox)| *mailbox != open.mailbox);
        return;
    }
    model.opened += 1;
    let mailbox = model.opened;
    let (ufrag, pwd) = names(lane);
    let id = router.open(&ufrag, &pwd, mailbox).expect("the name is free");
    model.lanes[lane] = Some(Lane { id, mailbox, connections: Vec::new() });
}

fn connect(router: &mut Router<u32, ()>, model: &mut Model, lane: usize, peer: SocketAddr) {
    let connected = router.connect(peer, &REQUESTS[lane], ());
    let Some(open) = &mut model.lanes[lane] else {
        assert!(connected.is_none());
        return;
    };
    let (id, connection, mailbox) = connected.expect("the lane is open");
    assert_eq!((id, *mailbox), (open.id, open.mailbox));
    open.connections.push((peer, connection));
    if MAX_CONNECTIONS < open.connections.len() {
        open.connections.remove(0);
    }
    for (peer, _) in &open.connections {
        assert!(router.connection(open.id, *peer).is_some());
    }
}

fn disconnect(router: &mut Router<u32, ()>, model: &mut Model, lane: usize, index: usize) {
    let Some(open) = &mut model.lanes[lane] else { return };
    if open.connections.is_empty() {
        return;
    }
    let (peer, connection) = open.connections.remove(index % open.connections.len());
    router.disconnect(open.id, connection);
    let is_left = open.connections.iter().any(|(left, _)| *left == peer);
    assert_eq!(router.connection(open.id, peer).is_some(), is_left);
}
