//! The audio side of one call: what the link brings becomes frames and edges, what the playout
//! releases goes to the link and onto the tape. It knows no turns.

use std::collections::VecDeque;

use bytes::Bytes;
use ringcraft_media::call::{Event, ReplyId};
use ringcraft_media::codec::Encoder;
use ringcraft_media::ingress::{Ingress, IngressEvent};
use ringcraft_media::playout::{Playout, PlayoutEvent, PushError};
use ringcraft_media::tape::{Tape, TapeFrame};
use ringcraft_media::units::{CallTime, SampleRate, Samples, Span};

use crate::transport::{Inbound, Link, LinkFormat, LinkIn, LinkOut, Refused};

/// What the audio of a moment amounts to.
#[derive(Debug)]
pub(super) enum LineEvent {
    /// Something the call decides on.
    Call(Event),
    /// 20 ms of the rep leg at 16 kHz, for the recogniser.
    Rep { at: CallTime, pcm: [i16; SampleRate::Hz16000.frame_len()] },
    /// Sound of a leg for the recording.
    Tape(TapeFrame),
}

/// Ingress, playout, tape and link of one call.
#[derive(Debug)]
pub(super) struct Line {
    format: LinkFormat,
    link: Option<Link>,
    /// The link took no more: a far side that does not keep up is gone for a conversation.
    overrun: bool,
    ingress: Ingress,
    playout: Playout,
    tape: Tape,
    encoder: Encoder,
    payload: Vec<u8>,
    /// Events in their order: what a pause leads to comes before what follows it.
    events: VecDeque<LineEvent>,
    /// Frames since they were last asked for.
    frames: Frames,
}

/// How many frames were sent to a link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Frames {
    pub(super) sent: u64,
    /// Those whose sound should have begun before they were sent.
    pub(super) late: u64,
}

impl Line {
    pub(super) fn new(link: Link) -> Self {
        let format = link.format;
        Self {
            format,
            ingress: Ingress::new(format.encoding, format.rate),
            playout: Playout::new(format.rate),
            tape: Tape::new(format.rate),
            encoder: Encoder::new(format.encoding, format.rate),
            payload: Vec::with_capacity(format.encoding.payload_len(format.rate)),
            events: VecDeque::new(),
            frames: Frames::default(),
            link: Some(link),
            overrun: false,
        }
    }

    /// The next message of the link; waits for ever while there is none. `None` says that the far
    /// side is gone. Cancel-safe.
    pub(super) async fn recv(&mut self) -> Option<LinkIn> {
        match &mut self.link {
            Some(link) => link.inbound.recv().await,
            None => std::future::pending().await,
        }
    }

    /// Whether the link did not take what was sent; its owner lets it go.
    pub(super) fn overrun(&self) -> bool {
        self.overrun
    }

    /// Lets go of the link: nothing can arrive before the next one.
    pub(super) fn detach(&mut self) {
        self.link = None;
        self.overrun = false;
        self.ingress.link_closed();
        self.take_ingress();
    }

    /// Ends both legs: brings out what waits for the rest of its frame.
    pub(super) fn finish(&mut self) {
        self.ingress.finish();
        self.take_ingress();
        self.tape.persona_stopped();
        self.take_playout();
        let heard = self.ingress.stats();
        tracing::debug!(?heard, "the rep's leg is complete");
    }

    /// Takes another link for the same call. Its audio joins the leg where the clock stands.
    pub(super) fn attach(&mut self, link: Link) {
        let LinkFormat { encoding, rate } = link.format;
        self.ingress.relink(encoding, rate);
        // The far side's decoder has no past.
        self.encoder = Encoder::new(encoding, rate);
        self.tape.relink(rate);
        if rate != self.format.rate {
            // A held call has no reply whose sound would be lost.
            self.playout = Playout::new(rate);
        }
        self.format = link.format;
        self.link = Some(link);
        self.overrun = false;
    }

    /// What happened, in order.
    pub(super) fn poll(&mut self) -> Option<LineEvent> {
        self.events.pop_front()
    }

    /// When to call [`Line::tick`] at the latest.
    pub(super) fn poll_timeout(&self) -> Option<CallTime> {
        [self.ingress.poll_timeout(), self.playout.poll_timeout()].into_iter().flatten().min()
    }

    /// Sends what is due and notices what is missing.
    pub(super) fn tick(&mut self, now: CallTime) {
        self.ingress.handle_timeout(now);
        self.take_ingress();
        let Self { link, overrun, playout, tape, encoder, payload, frames, .. } = self;
        while let Some(sent) = playout.tick(now) {
            frames.sent += 1;
            frames.late += u64::from(sent.at < now);
            tape.persona(sent.at, sent.sound());
            encoder.encode(sent.frame, payload);
            let payload = Bytes::copy_from_slice(payload);
            let audio =
                LinkOut::Audio { reply: sent.reply, offset: sent.offset, at: sent.at, payload };
            *overrun |= link.as_ref().is_some_and(|link| link.outbound.try_send(audio).is_err());
        }
        self.take_playout();
    }

    /// The frames that were sent since this was last asked.
    pub(super) fn take_frames(&mut self) -> Frames {
        std::mem::take(&mut self.frames)
    }

    /// Takes audio of the rep. Says whether it was well-formed.
    pub(super) fn receive(&mut self, now: CallTime, inbound: &Inbound) -> bool {
        self.ingress.persona_audible = self.playout.audible(now);
        let taken = self.ingress.receive(now, inbound.seq, inbound.media_time, &inbound.payload);
        self.take_ingress();
        taken.is_ok()
    }

    /// A sample of the link as a place in a reply.
    pub(super) fn place(&self, sample: Samples) -> Span {
        sample.span(self.format.rate)
    }

    pub(super) fn voice(
        &mut self,
        reply: ReplyId,
        rate_hz: u32,
        pcm: &[i16],
    ) -> Result<Span, PushError> {
        self.playout.push(reply, rate_hz, pcm)
    }

    pub(super) fn chunk_done(&mut self, reply: ReplyId) {
        self.playout.chunk_done(reply);
    }

    pub(super) fn finish_reply(&mut self, reply: ReplyId) {
        self.playout.finish(reply);
        self.take_playout();
    }

    pub(super) fn play(&mut self, reply: ReplyId) {
        self.playout.play(reply);
    }

    pub(super) fn pause(&mut self, now: CallTime, reply: ReplyId) {
        self.playout.pause(reply, now);
        self.send(LinkOut::Pause(reply));
        self.take_playout();
    }

    pub(super) fn resume(&mut self, now: CallTime, reply: ReplyId, from: Span) {
        self.playout.resume(reply, from, now);
        self.send(LinkOut::Resume(reply, from.samples(self.format.rate)));
    }

    pub(super) fn cancel(&mut self, reply: ReplyId) {
        self.playout.cancel(reply);
        self.send(LinkOut::Clear(reply));
        self.take_playout();
    }

    /// Tells the client that what it sent is not taken now.
    pub(super) fn refuse(&mut self, message: &'static str) {
        self.send(LinkOut::Refused(Refused { code: "not_now", message: message.into() }));
    }

    fn send(&mut self, message: LinkOut) {
        self.overrun |=
            self.link.as_ref().is_some_and(|link| link.outbound.try_send(message).is_err());
    }

    fn take_ingress(&mut self) {
        while let Some(event) = self.ingress.poll() {
            let event = match event {
                IngressEvent::Frame { at, pcm } => {
                    self.tape.rep(at, &pcm);
                    let at = CallTime::ZERO + at.span(SampleRate::Hz16000);
                    LineEvent::Rep { at, pcm }
                }
                IngressEvent::VoiceOn { at } => LineEvent::Call(Event::VoiceOn { at }),
                IngressEvent::VoiceOff { at, level } => {
                    LineEvent::Call(Event::VoiceOff { at, level })
                }
                IngressEvent::Gap { at, span } => LineEvent::Call(Event::Gap { at, span }),
                IngressEvent::MediaLost { since } => LineEvent::Call(Event::MediaLost { since }),
                IngressEvent::MediaBack => LineEvent::Call(Event::MediaBack),
            };
            self.events.push_back(event);
        }
        self.take_tape();
    }

    fn take_playout(&mut self) {
        while let Some(event) = self.playout.poll_event() {
            let event = match event {
                PlayoutEvent::Started { reply, at, from } => Event::PlayStarted { reply, at, from },
                PlayoutEvent::Stopped { reply, at, position, cause } => {
                    self.tape.persona_stopped();
                    Event::PlayStopped { reply, at, position, cause }
                }
            };
            self.events.push_back(LineEvent::Call(event));
        }
        self.take_tape();
    }

    fn take_tape(&mut self) {
        while let Some(frame) = self.tape.poll() {
            self.events.push_back(LineEvent::Tape(frame));
        }
    }
}
