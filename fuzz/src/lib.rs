//! What the targets do with their input. The code under test is compiled here by itself, because
//! the whole server takes a quarter of an hour to build with instruments.

pub mod call;
pub mod datagram_router;
#[path = "../../src/transport/webrtc/ports/framing.rs"]
pub mod framing;
#[path = "../../src/transport/webrtc/ports/router.rs"]
pub mod router;
#[path = "../../src/transport/webrtc/ports/stun.rs"]
pub mod stun;
pub mod tcp_framing;
