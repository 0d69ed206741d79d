//! Packets in a stream of bytes: each behind its length in two bytes (RFC 4571, section 2).

use bytes::{Buf, BufMut, BytesMut};

/// The longest packet that is taken, in bytes. Everything of WebRTC fits the path's MTU.
pub const MAX_PACKET: usize = 2_048;

/// Bytes of a length.
const LENGTH: usize = 2;

/// Room that is made for reading, in bytes.
const ROOM: usize = 4_096;

/// A stream that holds no packets of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FramingError {
    /// A packet without a byte in it.
    #[error("an empty packet")]
    Empty,
    /// A packet longer than any of WebRTC.
    #[error("a packet of {0} bytes")]
    TooLong(usize),
    /// The stream ended within a packet.
    #[error("a packet cut short")]
    CutShort,
}

/// Finds the packets in what a stream brings.
#[derive(Debug, Default)]
pub struct Unframer {
    read: BytesMut,
}

impl Unframer {
    /// Where the next bytes of the stream go.
    pub fn room(&mut self) -> &mut BytesMut {
        self.read.reserve(ROOM);
        &mut self.read
    }

    /// Takes the next packet that is there in whole.
    ///
    /// # Errors
    /// When the stream cannot be followed any further.
    pub fn packet(&mut self) -> Result<Option<BytesMut>, FramingError> {
        let Some(&[high, low]) = self.read.first_chunk::<LENGTH>() else { return Ok(None) };
        let length = usize::from(u16::from_be_bytes([high, low]));
        if length == 0 {
            return Err(FramingError::Empty);
        }
        if MAX_PACKET < length {
            return Err(FramingError::TooLong(length));
        }
        if self.read.len() < LENGTH + length {
            return Ok(None);
        }
        self.read.advance(LENGTH);
        Ok(Some(self.read.split_to(length)))
    }

    /// Says whether the stream may end here.
    ///
    /// # Errors
    /// When it ends within a packet.
    pub fn end(&self) -> Result<(), FramingError> {
        if self.read.is_empty() { Ok(()) } else { Err(FramingError::CutShort) }
    }
}

/// Writes a packet of at most [`MAX_PACKET`] bytes behind those that are there.
pub fn frame(packet: &[u8], stream: &mut BytesMut) {
    let length = u16::try_from(packet.len()).expect("a packet is never so long");
    stream.put_u16(length);
    stream.put_slice(packet);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Feeds pieces one after another and takes every packet as soon as it is there.
    fn unframed(pieces: &[&[u8]]) -> Result<Vec<Vec<u8>>, FramingError> {
        let mut unframer = Unframer::default();
        let mut packets = Vec::new();
        for piece in pieces {
            unframer.room().extend_from_slice(piece);
            while let Some(packet) = unframer.packet()? {
                packets.push(packet.to_vec());
            }
        }
        unframer.end().map(|()| packets)
    }

    #[test]
    fn each_packet_is_behind_its_length() {
        let stream = [0, 3, b'a', b'b', b'c', 0, 1, b'd'];
        let expected = Ok(vec![b"abc".to_vec(), b"d".to_vec()]);
        assert_eq!(unframed(&[&stream]), expected);
        assert_eq!(unframed(&[&stream[..1], &stream[1..4], &stream[4..]]), expected);
        let mut written = BytesMut::new();
        frame(b"abc", &mut written);
        frame(b"d", &mut written);
        assert_eq!(written[..], stream);
        assert_eq!(unframed(&[]), Ok(vec![]));
    }

    #[test]
    fn a_stream_that_cannot_be_followed_is_told_apart() {
        assert_eq!(unframed(&[&[0, 0, 0, 1, 7]]), Err(FramingError::Empty));
        assert_eq!(unframed(&[&[8, 1]]), Err(FramingError::TooLong(2_049)));
        assert_eq!(unframed(&[b"GET / HTTP/1.1\r\n\r\n"]), Err(FramingError::TooLong(0x4745)));
        assert_eq!(unframed(&[&[0]]), Err(FramingError::CutShort));
        assert_eq!(unframed(&[&[0, 2, 7]]), Err(FramingError::CutShort));
        let mut longest = vec![8, 0];
        longest.resize(LENGTH + MAX_PACKET, 1);
        assert_eq!(unframed(&[&longest]).map(|packets| packets[0].len()), Ok(2_048));
    }

    proptest! {
        #[test]
        fn packets_come_back_however_the_stream_is_cut(
            packets in proptest::collection::vec(
                proptest::collection::vec(any::<u8>(), 1..400), 0..12,
            ),
            cuts in proptest::collection::vec(1_usize..700, 0..40),
        ) {
            let mut stream = BytesMut::new();
            for packet in &packets {
                frame(packet, &mut stream);
            }
            let mut rest = &stream[..];
            let mut pieces = Vec::new();
            for cut in cuts {
                let (piece, left) = rest.split_at(cut.min(rest.len()));
                pieces.push(piece);
                rest = left;
            }
            pieces.push(rest);
            prop_assert_eq!(unframed(&pieces), Ok(packets));
        }

        /// What is kept never outgrows one packet and what was read behind it.
        #[test]
        fn any_bytes_are_packets_or_an_error(
            pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..900), 0..8),
        ) {
            let mut unframer = Unframer::default();
            'stream: for piece in &pieces {
                unframer.room().extend_from_slice(piece);
                loop {
                    match unframer.packet() {
                        Ok(Some(packet)) => prop_assert!((1..=MAX_PACKET).contains(&packet.len())),
                        Ok(None) => break,
                        Err(_) => break 'stream,
                    }
                }
                prop_assert!(unframer.read.len() < LENGTH + MAX_PACKET);
            }
        }
    }
}
