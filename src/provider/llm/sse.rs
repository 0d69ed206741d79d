//! Server-sent events out of arbitrary pieces of bytes (WHATWG HTML, section 9.2.6, seen 2026-11).

/// The longest event that is read, in bytes. A vendor's are a few hundred.
const EVENT_LIMIT: usize = 256 * 1024;

/// One event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct SseEvent {
    /// Its kind; empty where the stream names none.
    pub(super) name: String,
    /// Its data lines, joined by line feeds.
    pub(super) data: String,
}

/// An event that is longer than any vendor sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an event is longer than {EVENT_LIMIT} bytes")]
pub(super) struct EventTooLong;

/// Reads a stream of events. Text is decoded a whole line at a time, so no character is torn.
#[derive(Debug, Default)]
pub(super) struct SseReader {
    line: Vec<u8>,
    /// The last byte was a carriage return, so a line feed now ends no second line.
    after_return: bool,
    first_line_seen: bool,
    event: SseEvent,
    has_data: bool,
}

impl SseReader {
    /// Takes more bytes; yields the events that they complete.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<Vec<SseEvent>, EventTooLong> {
        let mut events = Vec::new();
        for &byte in bytes {
            let after_return = std::mem::replace(&mut self.after_return, byte == b'\r');
            match byte {
                b'\n' if after_return => {}
                b'\n' | b'\r' => events.extend(self.end_line()),
                _ => self.line.push(byte),
            }
            if EVENT_LIMIT < self.line.len() + self.event.data.len() {
                return Err(EventTooLong);
            }
        }
        Ok(events)
    }

    fn end_line(&mut self) -> Option<SseEvent> {
        let line = std::mem::take(&mut self.line);
        let line = String::from_utf8_lossy(&line);
        let mut line = line.as_ref();
        if !std::mem::replace(&mut self.first_line_seen, true) {
            line = line.trim_start_matches('\u{feff}');
        }
        if line.is_empty() {
            let event = std::mem::take(&mut self.event);
            return std::mem::take(&mut self.has_data).then_some(event);
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.event.name),
            "data" => {
                if self.has_data {
                    self.event.data.push('\n');
                }
                self.event.data.push_str(value);
                self.has_data = true;
            }
            // Comments, ids, retry times and whatever else: not ours.
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8], size: usize) -> Vec<(String, String)> {
        let mut reader = SseReader::default();
        bytes
            .chunks(size)
            .flat_map(|piece| reader.push(piece).expect("short events"))
            .map(|event| (event.name, event.data))
            .collect()
    }

    #[test]
    fn events_are_the_same_however_they_are_split() {
        let stream = "\u{feff}: hello\nevent: a\ndata: {\"t\":\"né…\"}\n\nid: 7\r\ndata:one\r\ndata: two\r\n\r\n\
            event: empty\n\ndata\rdata: x\r\revent: cut\ndata: off";
        let expected: Vec<(String, String)> =
            [("a", "{\"t\":\"né…\"}"), ("", "one\ntwo"), ("", "\nx")]
                .map(|(name, data)| (name.to_owned(), data.to_owned()))
                .to_vec();
        for size in 1..=stream.len() {
            assert_eq!(read(stream.as_bytes(), size), expected, "by {size}");
        }
    }

    #[test]
    fn an_endless_event_is_refused() {
        let mut reader = SseReader::default();
        assert_eq!(reader.push(&vec![b'x'; EVENT_LIMIT]), Ok(vec![]));
        assert_eq!(reader.push(b"x"), Err(EventTooLong));
        let mut reader = SseReader::default();
        let line = [b"data: ".as_slice(), &[b'y'; 60_000], b"\n"].concat();
        assert!((0..5).any(|_| reader.push(&line).is_err()));
    }

    proptest::proptest! {
        #[test]
        fn junk_never_panics(bytes in proptest::collection::vec(0_u8..=255, 0..400)) {
            let whole = read(&bytes, 1_000);
            proptest::prop_assert_eq!(read(&bytes, 1), whole);
        }
    }
}
