use super::*;
use crate::transport::webrtc::ports::stun::written::{request, response, unsigned_request};

const PWD: &str = "password-of-one-lane-only";
const OTHER_PWD: &str = "password-of-another-lane!";

const RTP: [u8; 12] = [128, 111, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9];
const DTLS: [u8; 13] = [22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

fn peer(number: u16) -> SocketAddr {
    SocketAddr::from(([198, 51, 100, 7], number))
}

/// Two lanes: "anna" and "bert".
fn two_lanes() -> (Router<&'static str, u32>, LaneId, LaneId) {
    let mut router = Router::default();
    let anna = router.open("anna", PWD, "anna").unwrap();
    let bert = router.open("bert", OTHER_PWD, "bert").unwrap();
    (router, anna, bert)
}

#[test]
fn an_address_that_signed_leads_to_its_lane() {
    let (mut router, ..) = two_lanes();
    assert_eq!(router.route(peer(1), &request("anna", PWD)), Some(&"anna"));
    assert_eq!(router.route(peer(2), &request("bert", OTHER_PWD)), Some(&"bert"));
    for packet in [&RTP[..], &DTLS[..], &response(PWD), &unsigned_request("anna")] {
        assert_eq!(router.route(peer(1), packet), Some(&"anna"));
    }
    assert_eq!(router.route(peer(2), &RTP), Some(&"bert"));
    assert_eq!(router.route(peer(1), &[200; 20]), None);
    assert_eq!(router.route(peer(1), &[]), None);
    assert_eq!(router.addresses(), 2);
}

#[test]
fn a_stranger_reaches_nobody_and_leaves_nothing() {
    let (mut router, ..) = two_lanes();
    let mut cut = request("anna", PWD);
    cut.pop();
    let packets = [
        RTP.to_vec(),
        DTLS.to_vec(),
        response(PWD),
        unsigned_request("anna"),
        request("anna", OTHER_PWD),
        request("carl", PWD),
        request("ann", PWD),
        request("anna2", PWD),
        request("", PWD),
        cut,
    ];
    for packet in &packets {
        assert_eq!(router.route(peer(1), packet), None, "{packet:?}");
        assert!(router.connect(peer(1), packet, 0).is_none(), "{packet:?}");
    }
    assert_eq!((router.addresses(), router.connections()), (0, 0));
    // The same address may become known afterwards.
    assert_eq!(router.route(peer(1), &request("anna", PWD)), Some(&"anna"));
}

#[test]
fn an_address_moves_with_whoever_signs_from_there() {
    let (mut router, anna, bert) = two_lanes();
    router.route(peer(1), &request("anna", PWD));
    assert_eq!(router.route(peer(1), &request("bert", OTHER_PWD)), Some(&"bert"));
    assert_eq!(router.route(peer(1), &RTP), Some(&"bert"));
    assert_eq!(router.addresses(), 1);
    // The lane that lost it does not take it along to its end.
    router.close(anna);
    assert_eq!(router.route(peer(1), &RTP), Some(&"bert"));
    router.close(bert);
    assert_eq!(router.route(peer(1), &RTP), None);
}

#[test]
fn an_address_is_not_moved_by_who_does_not_know_the_password() {
    let (mut router, ..) = two_lanes();
    router.route(peer(1), &request("anna", PWD));
    for forged in [request("bert", PWD), request("bert", "guessed-at-random-by-me")] {
        assert_eq!(router.route(peer(1), &forged), None);
        assert_eq!(router.route(peer(1), &RTP), Some(&"anna"));
    }
    // Replayed from elsewhere, an overheard request adds an address and takes none.
    assert_eq!(router.route(peer(2), &request("anna", PWD)), Some(&"anna"));
    assert_eq!(router.route(peer(1), &RTP), Some(&"anna"));
}

#[test]
fn of_too_many_addresses_the_quietest_goes() {
    let (mut router, ..) = two_lanes();
    let signed = request("anna", PWD);
    router.route(peer(900), &request("bert", OTHER_PWD));
    for number in 1..=16 {
        router.route(peer(number), &signed);
    }
    // The first two are heard again, so the third is the quietest, then the fourth.
    router.route(peer(1), &RTP);
    router.route(peer(2), &RTP);
    router.route(peer(17), &signed);
    router.route(peer(18), &signed);
    assert_eq!(router.addresses(), MAX_ADDRESSES + 1);
    for number in [1, 2, 5, 16, 17, 18] {
        assert_eq!(router.route(peer(number), &RTP), Some(&"anna"), "{number}");
    }
    for number in [3, 4] {
        assert_eq!(router.route(peer(number), &RTP), None, "{number}");
    }
    assert_eq!(router.route(peer(900), &RTP), Some(&"bert"));
}

#[test]
fn replays_from_everywhere_do_not_drive_out_who_is_heard() {
    let (mut router, ..) = two_lanes();
    let signed = request("anna", PWD);
    router.route(peer(1), &signed);
    for number in 2..2_000 {
        assert_eq!(router.route(peer(number), &signed), Some(&"anna"));
        assert_eq!(router.route(peer(1), &RTP), Some(&"anna"));
    }
    assert_eq!(router.addresses(), MAX_ADDRESSES);
}

#[test]
fn after_a_restart_both_names_are_good() {
    let (mut router, anna, _) = two_lanes();
    router.also(anna, "anna-2", "password-after-a-restart").unwrap();
    assert_eq!(router.route(peer(1), &request("anna", PWD)), Some(&"anna"));
    let restarted = request("anna-2", "password-after-a-restart");
    assert_eq!(router.route(peer(2), &restarted), Some(&"anna"));
    assert_eq!(router.route(peer(3), &request("anna-2", PWD)), None);
    // The fifth name drives out the first.
    for name in ["anna-3", "anna-4", "anna-5"] {
        router.also(anna, name, PWD).unwrap();
    }
    assert_eq!(router.route(peer(4), &request("anna", PWD)), None);
    assert_eq!(router.route(peer(5), &restarted), Some(&"anna"));
    assert_eq!(router.route(peer(6), &request("anna-5", PWD)), Some(&"anna"));
    assert_eq!(router.names.len(), MAX_NAMES + 1);
}

#[test]
fn a_name_is_one_lanes_alone() {
    let (mut router, anna, bert) = two_lanes();
    assert_eq!(router.open("anna", OTHER_PWD, "thief"), Err(LaneError::NameTaken));
    assert_eq!(router.also(bert, "anna", OTHER_PWD), Err(LaneError::NameTaken));
    assert_eq!(router.route(peer(1), &request("anna", PWD)), Some(&"anna"));
    for unusable in ["", "an:na", &"x".repeat(257)] {
        assert_eq!(router.open(unusable, PWD, "x"), Err(LaneError::UnusableName));
        assert_eq!(router.also(anna, unusable, PWD), Err(LaneError::UnusableName));
    }
    assert_eq!(router.lanes(), 2);
    router.close(anna);
    assert_eq!(router.also(anna, "anna-2", PWD), Err(LaneError::Closed));
    assert!(router.open("anna", PWD, "anna again").is_ok());
    // Said again, a name has the newer password and does not count twice.
    router.also(bert, "bert", PWD).unwrap();
    assert_eq!(router.route(peer(2), &request("bert", PWD)), Some(&"bert"));
    assert_eq!(router.route(peer(3), &request("bert", OTHER_PWD)), None);
    assert_eq!(router.names.len(), 2);
}

#[test]
fn a_closed_lane_leaves_nothing() {
    let (mut router, anna, bert) = two_lanes();
    router.also(anna, "anna-2", PWD).unwrap();
    for number in 1..=20 {
        router.route(peer(number), &request("anna-2", PWD));
        router.connect(peer(number), &request("anna", PWD), u32::from(number)).unwrap();
    }
    router.close(anna);
    router.close(anna);
    assert_eq!(router.route(peer(20), &RTP), None);
    assert_eq!(router.route(peer(20), &request("anna-2", PWD)), None);
    router.close(bert);
    let left = (router.lanes(), router.addresses(), router.connections());
    assert_eq!(left, (0, 0, 0));
    assert!(router.names.is_empty());
}

#[test]
fn a_lane_has_its_four_newest_connections() {
    let (mut router, anna, bert) = two_lanes();
    let signed = request("anna", PWD);
    let ids: Vec<_> = (1..=5_u16)
        .map(|number| {
            let connected = router.connect(peer(number), &signed, number.into());
            let (lane, id, mailbox) = connected.unwrap();
            assert_eq!((lane, *mailbox), (anna, "anna"));
            id
        })
        .collect();
    let out = |router: &Router<_, u32>, number| router.connection(anna, peer(number)).copied();
    assert_eq!(router.connections(), 4);
    assert_eq!([1, 2, 5].map(|number| out(&router, number)), [None, Some(2), Some(5)]);
    assert_eq!(router.connection(bert, peer(5)), None);
    // The first is gone already, and nobody else has to go for it.
    router.disconnect(anna, ids[0]);
    assert_eq!(router.connections(), 4);
    router.disconnect(anna, ids[4]);
    assert_eq!((router.connections(), out(&router, 5)), (3, None));
    // A connection says nothing of where datagrams come from.
    assert_eq!(router.route(peer(2), &RTP), None);
    // From the same port of a peer again: the newer one is meant.
    let (_, newer, _) = router.connect(peer(2), &signed, 22).unwrap();
    assert_eq!(out(&router, 2), Some(22));
    router.disconnect(anna, newer);
    assert_eq!(out(&router, 2), Some(2));
}

#[test]
fn there_is_an_end_to_lanes() {
    let mut router: Router<usize, ()> = Router::default();
    let open = |router: &mut Router<_, _>, number| router.open(&format!("l{number}"), PWD, number);
    let lanes: Vec<_> = (0..MAX_LANES).map(|number| open(&mut router, number).unwrap()).collect();
    assert_eq!(open(&mut router, MAX_LANES), Err(LaneError::Full));
    router.close(lanes[7]);
    open(&mut router, MAX_LANES).unwrap();
    assert_eq!(router.route(peer(1), &request("l16384", PWD)), Some(&MAX_LANES));
    assert_eq!(router.route(peer(2), &request("l7", PWD)), None);
}
