//! A stream in pieces: the packets in it do not depend on where it was cut.

use super::framing::{FramingError, MAX_PACKET, Unframer};

/// The first byte says how long pieces are; the rest is the stream.
pub fn run(input: &[u8]) {
    let Some((step, stream)) = input.split_first() else { return };
    let mut unframer = Unframer::default();
    let mut packets = Vec::new();
    let mut outcome = Ok(());
    'stream: for piece in stream.chunks(1 + usize::from(*step)) {
        unframer.room().extend_from_slice(piece);
        loop {
            match unframer.packet() {
                Ok(Some(packet)) => packets.push(packet.to_vec()),
                Ok(None) => break,
                Err(error) => {
                    outcome = Err(error);
                    break 'stream;
                }
            }
        }
    }
    let outcome = outcome.and_then(|()| unframer.end());
    assert_eq!((packets, outcome), by_the_book(stream));
}

/// RFC 4571 on a stream that is there in whole.
fn by_the_book(mut stream: &[u8]) -> (Vec<Vec<u8>>, Result<(), FramingError>) {
    let mut packets = Vec::new();
    let outcome = loop {
        let length = match stream {
            [] => break Ok(()),
            [_] => break Err(FramingError::CutShort),
            [high, low, ..] => usize::from(*high) << 8 | usize::from(*low),
        };
        match length {
            0 => break Err(FramingError::Empty),
            length if MAX_PACKET < length => break Err(FramingError::TooLong(length)),
            length if stream.len() < 2 + length => break Err(FramingError::CutShort),
            length => {
                packets.push(stream[2..2 + length].to_vec());
                stream = &stream[2 + length..];
            }
        }
    };
    (packets, outcome)
}
