//! The port over real sockets on loopback, with strangers about.

use std::io::{ErrorKind, Read};
use std::net::{Ipv4Addr, TcpListener as StdListener, UdpSocket as StdSocket};

use bytes::BytesMut;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};

use super::stun::written::{request, unsigned_request};
use super::*;

const PWD: &str = "password-of-one-lane-only";
const RTP: [u8; 12] = [128, 111, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9];
const DTLS: [u8; 13] = [22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

fn ports() -> Ports {
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    Ports::bind(any, |_| Vec::new(), &Handle::current()).unwrap()
}

fn address(ports: &Ports) -> SocketAddr {
    let [address] = ports.candidates() else { panic!("one candidate on loopback") };
    *address
}

async fn udp_peer(ports: &Ports) -> UdpSocket {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    socket.connect(address(ports)).await.unwrap();
    socket
}

fn framed(packets: &[&[u8]]) -> BytesMut {
    let mut stream = BytesMut::new();
    packets.iter().for_each(|packet| framing::frame(packet, &mut stream));
    stream
}

async fn tcp_peer(ports: &Ports, packets: &[&[u8]]) -> TcpStream {
    let mut stream = TcpStream::connect(address(ports)).await.unwrap();
    stream.write_all(&framed(packets)).await.unwrap();
    stream
}

/// Waits until the far side closes, and returns what it sent before. A reset is a close as well.
async fn until_closed(stream: &mut TcpStream) -> Vec<u8> {
    let mut sent = Vec::new();
    match stream.read_to_end(&mut sent).await {
        Ok(_) => {}
        Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
    }
    sent
}

/// Sees to it that everything before this on the same socket was dealt with.
async fn settle(socket: &UdpSocket, lane: &mut Lane) {
    socket.send(&request("settle", PWD)).await.unwrap();
    lane.inbound.recv().await.unwrap();
}

#[tokio::test]
async fn packets_go_both_ways_over_udp() {
    let ports = ports();
    let mut lane = ports.open("anna", PWD).unwrap();
    let peer = udp_peer(&ports).await;
    let asked = request("anna", PWD);
    for packet in [&asked[..], &DTLS, &RTP] {
        peer.send(packet).await.unwrap();
    }
    let route =
        Route { protocol: Protocol::Udp, local: address(&ports), peer: peer.local_addr().unwrap() };
    for expected in [&asked[..], &DTLS, &RTP] {
        let datagram = lane.inbound.recv().await.unwrap();
        assert_eq!((datagram.route, &datagram.bytes[..]), (route, expected));
    }
    lane.send(&route, b"answer");
    let mut answer = [0; 100];
    assert_eq!(peer.recv(&mut answer).await.unwrap(), 6);
    assert_eq!(&answer[..6], b"answer");
    assert_eq!(ports.counts(), Counts { lanes: 1, addresses: 1, ..Counts::default() });
    drop(lane);
    assert_eq!(ports.counts(), Counts::default());
}

#[tokio::test]
async fn a_flood_of_strangers_is_neither_answered_nor_remembered_and_a_call_goes_on() {
    const BURST: usize = 100;
    let ports = ports();
    let mut lane = ports.open("anna", PWD).unwrap();
    let peer = udp_peer(&ports).await;
    peer.send(&request("anna", PWD)).await.unwrap();
    lane.inbound.recv().await.unwrap();
    let stranger = udp_peer(&ports).await;
    let unknown: Vec<_> = (0..BURST).map(|number| request(&format!("x{number}"), PWD)).collect();
    // 100,000 in all, no more at once than the system's buffer holds, and after each burst the call
    // is heard.
    for _ in 0..1_000 {
        for packet in &unknown {
            stranger.send(packet).await.unwrap();
        }
        peer.send(&RTP).await.unwrap();
        assert_eq!(lane.inbound.recv().await.unwrap().bytes[..], RTP);
    }
    let expected = Counts { lanes: 1, addresses: 1, strangers: 100_000, ..Counts::default() };
    assert_eq!(ports.counts(), expected);
    let mut answer = [0; 100];
    assert_eq!(stranger.try_recv(&mut answer).unwrap_err().kind(), ErrorKind::WouldBlock);
}

#[tokio::test]
async fn only_a_signed_request_lets_a_stranger_in() {
    let ports = ports();
    let mut lane = ports.open("anna", PWD).unwrap();
    let mut settled = ports.open("settle", PWD).unwrap();
    let stranger = udp_peer(&ports).await;
    let long = vec![128; MAX_PACKET + 1];
    let forged = request("anna", "guessed-at-random-by-me");
    for packet in [&RTP[..], &DTLS, &unsigned_request("anna"), &forged, b"", b"hello", &long] {
        stranger.send(packet).await.unwrap();
    }
    settle(&stranger, &mut settled).await;
    assert!(lane.inbound.try_recv().is_err());
    let counts = ports.counts();
    assert_eq!((counts.addresses, counts.strangers), (1, 7));
    // From here on the address is known, and what is too long is still nobody's.
    stranger.send(&long).await.unwrap();
    stranger.send(&long[..MAX_PACKET]).await.unwrap();
    assert_eq!(settled.inbound.recv().await.unwrap().bytes.len(), MAX_PACKET);
    assert_eq!(ports.counts().strangers, 8);
}

#[tokio::test]
async fn what_a_session_does_not_take_is_lost_and_counted() {
    let ports = ports();
    let mut lane = ports.open("anna", PWD).unwrap();
    let mut settled = ports.open("settle", PWD).unwrap();
    let peer = udp_peer(&ports).await;
    peer.send(&request("anna", PWD)).await.unwrap();
    for _ in 0..200 {
        peer.send(&RTP).await.unwrap();
    }
    settle(&peer, &mut settled).await;
    assert_eq!(ports.counts().lost_inbound, 73, "201 came, 128 fit");
    let mut kept = 0;
    while lane.inbound.try_recv().is_ok() {
        kept += 1;
    }
    assert_eq!(kept, LANE_INBOUND);
}

#[tokio::test]
async fn a_lane_may_go_while_its_packets_come() {
    let ports = ports();
    let mut settled = ports.open("settle", PWD).unwrap();
    let peer = udp_peer(&ports).await;
    let other = udp_peer(&ports).await;
    for round in 1..=50 {
        let mut lane = ports.open("anna", PWD).unwrap();
        peer.send(&request("anna", PWD)).await.unwrap();
        lane.inbound.recv().await.unwrap();
        peer.send(&RTP).await.unwrap();
        lane.inbound.recv().await.unwrap();
        drop(lane);
        peer.send(&RTP).await.unwrap();
        settle(&other, &mut settled).await;
        assert_eq!(ports.counts().strangers, round);
    }
    let expected = Counts { lanes: 1, addresses: 1, strangers: 50, ..Counts::default() };
    assert_eq!(ports.counts(), expected);
}

#[tokio::test]
async fn packets_go_both_ways_over_tcp_until_the_lane_ends() {
    let ports = ports();
    let mut lane = ports.open("anna", PWD).unwrap();
    let asked = request("anna", PWD);
    let mut peer = tcp_peer(&ports, &[&asked, b"hello", &DTLS]).await;
    let route =
        Route { protocol: Protocol::Tcp, local: address(&ports), peer: peer.local_addr().unwrap() };
    for expected in [&asked[..], &DTLS] {
        let datagram = lane.inbound.recv().await.unwrap();
        assert_eq!((datagram.route, &datagram.bytes[..]), (route, expected));
    }
    lane.send(&route, b"answer");
    lane.send(&route, &[7; MAX_PACKET]);
    let mut answers = vec![0; 8 + 2 + MAX_PACKET];
    peer.read_exact(&mut answers).await.unwrap();
    assert_eq!(answers, framed(&[b"answer", &[7; MAX_PACKET]])[..]);
    // What does not fit a packet, or has nowhere to go, is lost.
    lane.send(&route, &[7; MAX_PACKET + 1]);
    lane.send(&Route { peer: address(&ports), ..route }, b"answer");
    // The tasks of others may not use the connection.
    let other = ports.open("bert", PWD).unwrap();
    other.send(&route, b"answer");
    let counts = ports.counts();
    assert_eq!((counts.connections, counts.strangers, counts.lost_outbound), (1, 1, 3));
    drop(lane);
    assert_eq!(until_closed(&mut peer).await, b"");
    assert_eq!((ports.counts().lanes, ports.counts().connections), (1, 0));
}

#[tokio::test]
async fn a_connection_that_is_no_stream_of_packets_is_closed() {
    let ports = ports();
    let mut lane = ports.open("anna", PWD).unwrap();
    let asked = framed(&[&request("anna", PWD)]);
    let table: [(&str, &[u8], &[u8]); 7] = [
        ("a packet too long", &asked, &[8, 1]),
        ("an empty packet", &asked, &[0, 0]),
        ("a packet cut short", &asked, &[0, 2, 128]),
        ("an end", &asked, &[]),
        ("HTTP", b"", b"GET / HTTP/1.1\r\n\r\n"),
        ("a stranger", b"", &framed(&[&request("carl", PWD)])),
        ("no request", b"", &framed(&[&RTP])),
    ];
    for (what, first, then) in table {
        let mut peer = TcpStream::connect(address(&ports)).await.unwrap();
        peer.write_all(first).await.unwrap();
        if !first.is_empty() {
            lane.inbound.recv().await.unwrap();
            assert_eq!(ports.counts().connections, 1, "{what}");
        }
        peer.write_all(then).await.unwrap();
        peer.shutdown().await.unwrap();
        assert_eq!(until_closed(&mut peer).await, b"", "{what}");
        assert_eq!(ports.counts().connections, 0, "{what}");
    }
    assert!(lane.inbound.try_recv().is_err());
}

#[tokio::test]
async fn a_fifth_connection_closes_the_first() {
    let ports = ports();
    let mut lane = ports.open("anna", PWD).unwrap();
    let mut peers = Vec::new();
    for _ in 0..=router::MAX_CONNECTIONS {
        peers.push(tcp_peer(&ports, &[&request("anna", PWD)]).await);
        lane.inbound.recv().await.unwrap();
    }
    assert_eq!(until_closed(&mut peers[0]).await, b"");
    assert_eq!(ports.counts().connections, 4);
    let last = peers.last_mut().unwrap();
    last.write_all(&framed(&[&RTP])).await.unwrap();
    let datagram = lane.inbound.recv().await.unwrap();
    assert_eq!(datagram.route.peer, last.local_addr().unwrap());
}

/// The clock stands still while a blocking task runs and jumps to the next deadline afterwards.
#[tokio::test(start_paused = true)]
async fn connections_that_say_nothing_are_few_and_do_not_stay() {
    let enough = Rlimit { current: Some(4_096), ..getrlimit(Resource::Nofile) };
    setrlimit(Resource::Nofile, enough).unwrap();
    let ports = ports();
    let address = address(&ports);
    let began = crate::clock::now();
    let connect = move || {
        let one_too_many = tcp::MAX_UNNAMED + 1;
        let mut all: Vec<_> =
            (0..one_too_many).map(|_| std::net::TcpStream::connect(address).unwrap()).collect();
        // The kernel may hand them over in another order: which one is closed at once is open.
        for stream in &all {
            stream.set_nonblocking(true).unwrap();
        }
        let closed = |mut stream: &std::net::TcpStream| matches!(stream.read(&mut [0]), Ok(0));
        loop {
            if let Some(at) = all.iter().position(closed) {
                drop(all.remove(at));
                return all;
            }
            std::thread::yield_now();
        }
    };
    let silent = tokio::task::spawn_blocking(connect).await.unwrap();
    assert_eq!(ports.counts().strangers, 1);
    for stream in silent {
        let mut stream = TcpStream::from_std(stream).unwrap();
        assert_eq!(until_closed(&mut stream).await, b"");
    }
    assert_eq!(ports.counts().strangers, 1 + 512);
    assert_eq!(crate::clock::now() - began, tcp::NAMED_WITHIN);
    // Their places are free again.
    let mut lane = ports.open("anna", PWD).unwrap();
    let _peer = tcp_peer(&ports, &[&request("anna", PWD)]).await;
    lane.inbound.recv().await.unwrap();
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let bind = |listen| Ports::bind(listen, |_| Vec::new(), &Handle::current());
    let first = ports();
    let port = address(&first).port();
    let said = |protocol: &str, port: u16| {
        format!(
            "{protocol} port {port} is in use; stop the other program or set RINGCRAFT_RTC_LISTEN"
        )
    };
    assert_eq!(bind(address(&first)).unwrap_err().to_string(), said("UDP", port));
    let taken = StdListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let taken = taken.local_addr().unwrap();
    assert_eq!(bind(taken).unwrap_err().to_string(), said("TCP", taken.port()));
    let foreign = "192.0.2.1:40000".parse().unwrap();
    let error = bind(foreign).unwrap_err().to_string();
    assert!(error.starts_with("listen on 192.0.2.1:40000: "), "{error}");
    assert!(error.ends_with("; set RINGCRAFT_RTC_LISTEN to an address of this machine"), "{error}");
}

#[tokio::test]
async fn a_stopped_port_serves_nobody_and_is_free_again() {
    let ports = ports();
    let listen = address(&ports);
    let mut lane = ports.open("anna", PWD).unwrap();
    let mut peer = tcp_peer(&ports, &[&request("anna", PWD)]).await;
    lane.inbound.recv().await.unwrap();
    ports.stop().await;
    assert_eq!(until_closed(&mut peer).await, b"");
    assert!(StdListener::bind(listen).is_ok());
    assert!(StdSocket::bind(listen).is_err(), "the lane may still send");
    drop((lane, ports));
    assert!(StdSocket::bind(listen).is_ok());
}

#[tokio::test]
async fn peers_are_told_the_public_addresses() {
    let public = |port| vec![SocketAddr::from(([203, 0, 113, 7], port))];
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let ports = Ports::bind(any, public, &Handle::current()).unwrap();
    let [advertised] = *ports.candidates() else { panic!("one public address") };
    assert_eq!(advertised.ip(), std::net::IpAddr::from([203, 0, 113, 7]));
    let mut lane = ports.open("anna", PWD).unwrap();
    let peer = UdpSocket::bind(any).await.unwrap();
    let asked = request("anna", PWD);
    peer.send_to(&asked, (Ipv4Addr::LOCALHOST, advertised.port())).await.unwrap();
    assert_eq!(lane.inbound.recv().await.unwrap().route.local, advertised);
}
