//! The call log: everything a call was told and a digest of what it decided. Append-only.
//!
//! From the log alone the record is made, a decision is explained, and a call is run again.

use serde::{Deserialize, Serialize};

use crate::call::{Call, Command, EndReason, Event, Note, ReplyId, Setup};
use crate::record::{CallRecord, RECORD_VERSION, RecordError, RecordEvent, Utterance};
use crate::units::CallTime;

/// The version of the log that this code writes and reads.
pub const VERSION: u32 = 1;

/// One line of the log.
// Boxing the opening would save memory only in a log of nothing but openings.
#[allow(clippy::large_enum_variant)]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Entry {
    /// The first line.
    Opened(Opened),
    /// Something happened, and the call decided.
    Event {
        /// Call time in microseconds.
        at: CallTime,
        /// What happened.
        event: Event,
        /// The commands it led to, each as its name and digest.
        commands: Vec<String>,
    },
    /// A fact for the record.
    Note {
        /// Call time in microseconds.
        at: CallTime,
        /// The fact.
        #[serde(flatten)]
        note: Note,
    },
    /// A step of the buyer's machine: its state, what it saw, what it decided.
    Buyer {
        /// Call time in microseconds.
        at: CallTime,
        /// The reply it is for.
        reply: ReplyId,
        /// The step as the buyer describes it.
        step: serde_json::Value,
    },
    /// What a model was asked and what it cost.
    Exchange {
        /// Call time in microseconds.
        at: CallTime,
        /// The reply.
        reply: ReplyId,
        /// Model, tokens, latency, outcome.
        exchange: serde_json::Value,
    },
    /// The last line.
    Closed {
        /// Call time in microseconds: the length of the call.
        at: CallTime,
        /// Why it ended.
        reason: EndReason,
    },
}

/// What a log begins with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Opened {
    /// [`VERSION`].
    pub version: u32,
    /// The call.
    pub call_id: String,
    /// What the core was made from.
    pub setup: Setup,
    /// The scenario's part of the call record.
    pub scenario: serde_json::Value,
    /// What served the call: scenario version, prompt hash, engines.
    pub served_by: serde_json::Value,
}

/// Hands an event to a call and says what to do and what to write down: the event with its
/// digests first, then each fact that became known.
pub fn step(call: &mut Call, now: CallTime, event: Event) -> (Vec<Command>, Vec<Entry>) {
    let kept = event.clone();
    call.handle(now, event);
    let at = call.now();
    let commands: Vec<Command> = std::iter::from_fn(|| call.poll_command()).collect();
    let digests = commands.iter().map(digest).collect();
    let mut entries = vec![Entry::Event { at, event: kept, commands: digests }];
    entries.extend(commands.iter().filter_map(|command| match command {
        Command::Note(note) => Some(Entry::Note { at, note: note.clone() }),
        Command::Close { reason } => Some(Entry::Closed { at, reason: *reason }),
        _ => None,
    }));
    (commands, entries)
}

/// A command's name and the 32-bit FNV-1a hash of its JSON. What was not heard of a reply is left
/// out: it follows from what was given to the voice and what was heard, and a log without it is as
/// good.
fn digest(command: &Command) -> String {
    const OFFSET: u32 = 0x811c_9dc5;
    const PRIME: u32 = 0x0100_0193;
    let mut json = serde_json::to_value(command).unwrap_or_default();
    for said in ["", "/utterance"] {
        if let Some(said) = json.pointer_mut(said).and_then(serde_json::Value::as_object_mut) {
            said.remove("unheard");
        }
    }
    let name = json.get("type").and_then(serde_json::Value::as_str).unwrap_or("unknown");
    let hash = json
        .to_string()
        .bytes()
        .fold(OFFSET, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(PRIME));
    format!("{name} {hash:08x}")
}

/// Why a log could not be run again, or where it went another way.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ReplayError {
    /// The first line is not an opening.
    #[error("line 1 is not the opening of a call log")]
    NotALog,
    /// A line is no entry.
    #[error("line {line}: {problem}")]
    BadLine {
        /// Counted from 1.
        line: usize,
        /// What is wrong with it.
        problem: String,
    },
    /// Another version wrote it.
    #[error("the log has version {0}; this program reads version {VERSION}")]
    Version(u32),
    /// The call decides otherwise now.
    #[error("line {line}, at {at} s: the log has {logged}, the call now decides {decided}")]
    Differs {
        /// Counted from 1.
        line: usize,
        /// When.
        at: CallTime,
        /// The digest in the log, or "nothing".
        logged: String,
        /// The command that is decided now, or "nothing".
        decided: String,
    },
}

/// What a replay went through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Replayed {
    /// Events that were handed in.
    pub events: usize,
    /// Commands that were the same.
    pub commands: usize,
}

/// Reads a log, one JSON object a line.
///
/// # Errors
/// Names the first line that is no entry.
pub fn read<'a>(lines: impl IntoIterator<Item = &'a str>) -> Result<Vec<Entry>, ReplayError> {
    let parse = |(index, line): (usize, &str)| {
        serde_json::from_str(line)
            .map_err(|error| ReplayError::BadLine { line: index + 1, problem: error.to_string() })
    };
    lines.into_iter().enumerate().map(parse).collect()
}

/// The opening of a log.
///
/// # Errors
/// When it has none, or one of another version.
pub fn opening(entries: &[Entry]) -> Result<&Opened, ReplayError> {
    match entries.first() {
        Some(Entry::Opened(opened)) if opened.version == VERSION => Ok(opened),
        Some(Entry::Opened(opened)) => Err(ReplayError::Version(opened.version)),
        _ => Err(ReplayError::NotALog),
    }
}

/// Feeds the logged events through a fresh call.
///
/// # Errors
/// Names the first command that differs.
pub fn replay(entries: &[Entry]) -> Result<Replayed, ReplayError> {
    let mut call = Call::new(opening(entries)?.setup.clone());
    let mut replayed = Replayed::default();
    for (index, entry) in entries.iter().enumerate() {
        let Entry::Event { at, event, commands: logged } = entry else { continue };
        let (decided, _) = step(&mut call, *at, event.clone());
        replayed.events += 1;
        for position in 0..logged.len().max(decided.len()) {
            let (was, now) = (logged.get(position), decided.get(position));
            if was.cloned() != now.map(digest) {
                return Err(ReplayError::Differs {
                    line: index + 1,
                    at: *at,
                    logged: was.cloned().unwrap_or_else(|| "nothing".to_owned()),
                    decided: now.map_or_else(|| "nothing".to_owned(), |now| format!("{now:?}")),
                });
            }
            replayed.commands += 1;
        }
    }
    Ok(replayed)
}

/// Why a log gives no record.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum NoRecord {
    /// It is no log of ours.
    #[error(transparent)]
    Log(#[from] ReplayError),
    /// Its facts make no record.
    #[error("the facts of the log break a rule of the call record: {0}")]
    Record(#[from] RecordError),
}

/// Makes the call record from the facts of a log that has come to its end.
///
/// # Errors
/// When it is no log, or what it says breaks a rule of the record.
pub fn record(entries: &[Entry]) -> Result<CallRecord, NoRecord> {
    let opened = opening(entries)?;
    let mut utterances: Vec<&Utterance> = Vec::new();
    let mut events: Vec<&RecordEvent> = Vec::new();
    let mut duration_ms = 0;
    for entry in entries {
        match entry {
            Entry::Note { note: Note::Utterance(said), .. } => utterances.push(said),
            Entry::Note { note: Note::Amended(said), .. } => {
                for known in utterances.iter_mut().filter(|known| known.id == said.id) {
                    *known = said;
                }
            }
            Entry::Note { note: Note::Event(event), .. } => events.push(event),
            Entry::Event { at, .. } | Entry::Closed { at, .. } => duration_ms = at.as_ms(),
            Entry::Opened(_) | Entry::Buyer { .. } | Entry::Exchange { .. } => {}
        }
    }
    // A word may be heard a moment after the last event that moved the clock.
    let last_end = utterances.iter().map(|said| said.end_ms).max().unwrap_or(0);
    utterances.sort_by(|a, b| (a.start_ms, a.end_ms, &a.id).cmp(&(b.start_ms, b.end_ms, &b.id)));
    let record = serde_json::json!({
        "version": RECORD_VERSION,
        "call_id": opened.call_id,
        "duration_ms": duration_ms.max(last_end),
        "language": opened.setup.language,
        "recogniser": opened.setup.recogniser,
        "utterances": utterances,
        "events": events,
        "scenario": opened.scenario,
    });
    Ok(CallRecord::from_json(record.to_string().as_bytes())?)
}

/// The lines that are missing at the end of a log whose server died: the call is run again to the
/// last thing it was told and ended there, so that open words become utterances. An event and the
/// facts that follow from it are written together, so none of those is missing.
///
/// # Errors
/// When it is no log.
pub fn finish(entries: &[Entry], last_audio: CallTime) -> Result<Vec<Entry>, ReplayError> {
    let mut call = Call::new(opening(entries)?.setup.clone());
    for entry in entries {
        if let Entry::Event { at, event, .. } = entry {
            step(&mut call, *at, event.clone());
        }
    }
    if call.is_closed() {
        return Ok(Vec::new());
    }
    let at = call.now().max(last_audio);
    let (_, entries) = step(&mut call, at, Event::HangUp { reason: EndReason::ServerLost });
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::Live;
    use crate::record::Recogniser;
    use crate::turn::Policy;

    fn opened() -> Entry {
        let recogniser =
            Recogniser { name: "test".into(), fillers: true, punctuation: false, word_times: true };
        let setup = Setup {
            policy: Policy::default(),
            language: "en-US".into(),
            recogniser,
            fillers: Vec::new(),
        };
        Entry::Opened(Opened {
            version: VERSION,
            call_id: "c".into(),
            setup,
            scenario: serde_json::Value::Null,
            served_by: serde_json::Value::Null,
        })
    }

    /// A call in which the rep is in the middle of a sentence when the server dies.
    fn cut_log() -> Vec<Entry> {
        let mut entries = vec![opened()];
        let mut call = Call::new(opening(&entries).unwrap().setup.clone());
        let ms = CallTime::from_ms;
        for (at, event) in [
            (0, Event::Connected),
            (160, Event::VoiceOn { at: ms(100) }),
            (300, Event::Tick),
            (900, Event::Partial { text: "hello this is".into() }),
        ] {
            entries.extend(step(&mut call, ms(at), event).1);
        }
        entries
    }

    #[test]
    fn a_log_survives_json_and_replays() {
        let entries = cut_log();
        let lines: Vec<String> =
            entries.iter().map(|entry| serde_json::to_string(entry).unwrap()).collect();
        let back = read(lines.iter().map(String::as_str)).unwrap();
        assert_eq!(back, entries);
        // connected: 1; the turn at 300 ms: 1; the partial: 1.
        assert_eq!(replay(&back).unwrap(), Replayed { events: 4, commands: 3 });
    }

    #[test]
    fn a_replay_names_the_first_command_that_differs() {
        let mut entries = cut_log();
        let Entry::Event { commands, .. } = &mut entries[3] else { panic!("the turn starts here") };
        commands[0] = "tell 00000000".into();
        let Err(ReplayError::Differs { line, at, decided, .. }) = replay(&entries) else {
            panic!("a changed digest must be found")
        };
        assert_eq!((line, at), (4, CallTime::from_ms(300)));
        assert!(decided.contains("RepStarted"), "{decided}");
    }

    #[test]
    fn what_was_not_heard_is_in_no_digest() {
        let said = |unheard: Option<&str>| Utterance {
            id: "u1".into(),
            speaker: crate::record::Speaker::Persona,
            start_ms: 0,
            end_ms: 900,
            text: "Just tell".into(),
            words: Vec::new(),
            interrupted: true,
            typed: false,
            unheard: unheard.map(str::to_owned),
        };
        let note = |unheard| Command::Note(Note::Utterance(said(unheard)));
        let tell = |unheard| Command::Tell(Live::Utterance { utterance: said(unheard) });
        assert_eq!(digest(&note(Some("me."))), digest(&note(None)));
        assert_eq!(digest(&tell(Some("me."))), digest(&tell(None)));
        // As it was before there was anything to leave out: FNV-1a of the sorted JSON.
        assert_eq!(digest(&note(None)), "note 9bd5628a");
    }

    #[test]
    fn a_cut_log_is_finished_with_what_was_known() {
        let entries = cut_log();
        let missing = finish(&entries, CallTime::from_ms(1_500)).unwrap();
        let said = missing.iter().find_map(|entry| match entry {
            Entry::Note { note: Note::Utterance(utterance), .. } => Some(utterance),
            _ => None,
        });
        let said = said.expect("what was shown as a partial is kept");
        assert_eq!((said.text.as_str(), said.start_ms, said.end_ms), ("hello this is", 100, 1_500));
        let end = Entry::Closed { at: CallTime::from_ms(1_500), reason: EndReason::ServerLost };
        assert_eq!(missing.last(), Some(&end));
        let whole: Vec<Entry> = entries.into_iter().chain(missing).collect();
        let record = record(&whole).unwrap().into_parts();
        assert_eq!((record.duration_ms, record.utterances.len()), (1_500, 1));
        assert_eq!(finish(&whole, CallTime::ZERO).unwrap(), Vec::new());
        replay(&whole).unwrap();
    }
}
