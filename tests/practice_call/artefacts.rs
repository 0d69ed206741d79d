//! What a call left in the object store, fetched as a browser would.

use std::io::{Cursor, Read, Write};
use std::net::TcpStream;
use std::ops::Range;

use ringcraft_media::log::{self, Entry};
use ringcraft_media::record::{CallRecord, RecordEvent, RecordParts, Speaker, Utterance};
use ringcraft_media::wav::Wav;

use crate::client::Talk;
use crate::sound::samples;

/// The six artefacts of a call.
pub(crate) struct Artefacts {
    pub(crate) rep: Vec<i16>,
    pub(crate) persona: Vec<i16>,
    pub(crate) opus: Vec<u8>,
    /// The lines of the log, unpacked.
    pub(crate) log: String,
    pub(crate) entries: Vec<Entry>,
    pub(crate) record_json: Vec<u8>,
    pub(crate) record: RecordParts,
    pub(crate) kpis_json: Vec<u8>,
    pub(crate) log_zst: Vec<u8>,
}

impl Artefacts {
    pub(crate) fn fetch(talk: &Talk) -> Self {
        let links = &talk.report.call.links;
        let names: Vec<&str> = links.keys().map(String::as_str).collect();
        assert_eq!(names, ["kpis", "log", "peaks", "record", "recording", "recording_wav"]);
        let wav = get(&links["recording_wav"]);
        let wav = Wav::parse(&wav).expect("a WAV file");
        assert_eq!((wav.channels, wav.rate_hz), (2, 16_000));
        let log_zst = get(&links["log"]);
        let log = zstd::decode_all(log_zst.as_slice()).expect("a compressed log");
        let log = String::from_utf8(log).expect("a log in UTF-8");
        let record_json = get(&links["record"]);
        let record = CallRecord::from_json(&record_json).expect("a call record").into_parts();
        let peaks: serde_json::Value =
            serde_json::from_slice(&get(&links["peaks"])).expect("peaks in JSON");
        assert!(peaks.is_object());
        Self {
            rep: wav.channel(0).collect(),
            persona: wav.channel(1).collect(),
            opus: get(&links["recording"]),
            entries: log::read(log.lines()).expect("a readable log"),
            log,
            record,
            record_json,
            kpis_json: get(&links["kpis"]),
            log_zst,
        }
    }

    pub(crate) fn said_by(&self, speaker: Speaker) -> Vec<&Utterance> {
        self.record.utterances.iter().filter(|said| said.speaker == speaker).collect()
    }

    /// Where the record says that a side spoke, in samples.
    pub(crate) fn spans_of(&self, speaker: Speaker) -> Vec<Range<usize>> {
        let span = |said: &Utterance| samples(said.start_ms)..samples(said.end_ms);
        self.said_by(speaker).into_iter().map(span).collect()
    }

    /// The facts the buyer told.
    pub(crate) fn facts(&self) -> Vec<String> {
        let fact = |event: &RecordEvent| match event {
            RecordEvent::FactRevealed(tagged) => Some(tagged.tag.clone()),
            _ => None,
        };
        self.record.events.iter().filter_map(fact).collect()
    }

    /// Both sides of the recording for listening, at 48 kHz.
    pub(crate) fn play_opus(&self) -> (Vec<i16>, Vec<i16>) {
        let mut reader = ogg::PacketReader::new(Cursor::new(&self.opus));
        let head = reader.read_packet().expect("a page").expect("a header").data;
        assert_eq!((&head[..8], head[9]), (&b"OpusHead"[..], 2));
        let skip = usize::from(u16::from_le_bytes([head[10], head[11]]));
        reader.read_packet().expect("a page").expect("tags");
        let mut decoder = opus::Decoder::new(48_000, opus::Channels::Stereo).expect("a decoder");
        let (mut left, mut right, mut end) = (Vec::new(), Vec::new(), 0);
        while let Some(packet) = reader.read_packet().expect("a page") {
            let mut pcm = vec![0; 2 * 5_760];
            let frames = decoder.decode(&packet.data, &mut pcm, false).expect("a packet");
            for pair in pcm[..2 * frames].chunks_exact(2) {
                left.push(pair[0]);
                right.push(pair[1]);
            }
            end = usize::try_from(packet.absgp_page()).expect("a position");
        }
        (left[skip..end].to_vec(), right[skip..end].to_vec())
    }
}

/// Fetches a signed link with nothing but a socket.
fn get(url: &str) -> Vec<u8> {
    let (host, path) = url.strip_prefix("http://").expect("http").split_once('/').expect("a path");
    let mut stream = TcpStream::connect(host).expect("the store answers");
    write!(stream, "GET /{path} HTTP/1.0\r\nhost: {host}\r\n\r\n").expect("ask");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    let head = answer.windows(4).position(|four| four == b"\r\n\r\n").expect("headers") + 4;
    let status = String::from_utf8_lossy(&answer[..head]).into_owned();
    assert!(status.split(' ').nth(1) == Some("200"), "{path}: {status}");
    answer.split_off(head)
}
