//! Tells people what happens in a call while it happens.

use std::collections::BTreeMap;
use std::io::{self, Write};

use ringcraft_media::call::Live;
use ringcraft_media::record::Speaker;

use super::report::clock;

/// Writes a line for what is worth one.
pub(crate) struct Narrator<'a> {
    out: &'a mut dyn Write,
    told: BTreeMap<String, String>,
    failed: Option<io::Error>,
}

impl<'a> Narrator<'a> {
    /// A narrator that has told nothing yet.
    pub(crate) fn new(out: &'a mut dyn Write) -> Self {
        Self { out, told: BTreeMap::new(), failed: None }
    }

    /// Tells about an event. A failure is kept for the end: the call goes on.
    pub(crate) fn tell(&mut self, live: &Live) {
        if let Some(line) = self.line(live)
            && let Err(error) = writeln!(self.out, "{line}").and_then(|()| self.out.flush())
        {
            self.failed = Some(error);
        }
    }

    /// Ends the story.
    ///
    /// # Errors
    /// When a line could not be written.
    pub(crate) fn end(self) -> io::Result<()> {
        self.failed.map_or(Ok(()), Err)
    }

    fn line(&mut self, live: &Live) -> Option<String> {
        match live {
            Live::Connected => Some(line(0, "", "connected")),
            Live::Held { at_ms } => Some(line(*at_ms, "", "the server hears nothing from here")),
            Live::Resumed { at_ms } => Some(line(*at_ms, "", "the server hears this side again")),
            Live::Utterance { utterance } => {
                let before = self.told.insert(utterance.id.clone(), utterance.text.clone());
                if before.as_ref() == Some(&utterance.text) {
                    return None;
                }
                let who = match utterance.speaker {
                    Speaker::Rep => "you",
                    Speaker::Persona => "buyer",
                };
                let cut = if utterance.interrupted { " –" } else { "" };
                let again = if before.is_some() { " (corrected)" } else { "" };
                Some(line(utterance.start_ms, who, &format!("{}{cut}{again}", utterance.text)))
            }
            Live::Listeners { listeners } if listeners.is_empty() => {
                Some(timeless("nobody listens any more"))
            }
            Live::Listeners { listeners } => {
                let names: Vec<&str> = listeners.iter().map(|person| &*person.name).collect();
                Some(timeless(&format!("now listening: {}", names.join(", "))))
            }
            Live::Ended { at_ms, .. } => Some(line(*at_ms, "", "the call is over")),
            _ => None,
        }
    }
}

fn line(at_ms: u64, who: &str, what: &str) -> String {
    format!("{} {who:<6} {what}", clock(at_ms as i64))
}

/// A line about what has no place on the call's clock.
fn timeless(what: &str) -> String {
    format!("{:14} {what}", "")
}

#[cfg(test)]
mod tests {
    use ringcraft_media::call::{EndReason, Listener, ReplyId};
    use ringcraft_media::record::Utterance;

    use super::*;

    #[test]
    fn each_utterance_is_told_once_and_again_when_it_changed() {
        let utterance = |id: &str, speaker, start_ms, text: &str, interrupted| Live::Utterance {
            utterance: Utterance {
                id: id.into(),
                speaker,
                start_ms,
                end_ms: start_ms + 500,
                text: text.into(),
                words: Vec::new(),
                interrupted,
                typed: false,
            },
        };
        let listener = |name: &str| Listener { name: name.into() };
        let mut out = Vec::new();
        let mut narrator = Narrator::new(&mut out);
        for live in [
            Live::Connected,
            utterance("u1", Speaker::Persona, 400, "Hello?", false),
            utterance("u2", Speaker::Rep, 12_449, "Hi, this is Dana.", false),
            utterance("u2", Speaker::Rep, 12_449, "Hi, this is Dana.", false),
            utterance("u2", Speaker::Rep, 12_449, "Hi, this is Dana here.", false),
            Live::Listeners { listeners: ["Morgan", "Ash"].map(listener).into() },
            Live::ReplyStarted { reply: ReplyId(2), at_ms: 13_000 },
            Live::Listeners { listeners: Vec::new() },
            utterance("u3", Speaker::Persona, 13_000, "Well I", true),
            Live::Ended { reason: EndReason::RepHungUp, at_ms: 62_000 },
        ] {
            narrator.tell(&live);
        }
        narrator.end().unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "00:00.0        connected\n\
             00:00.4 buyer  Hello?\n\
             00:12.4 you    Hi, this is Dana.\n\
             00:12.4 you    Hi, this is Dana here. (corrected)\n\
             \x20              now listening: Morgan, Ash\n\
             \x20              nobody listens any more\n\
             00:13.0 buyer  Well I –\n\
             01:02.0        the call is over\n"
        );
    }
}
