//! How packets fare on their way to the peer, from its own reports (RFC 3550, section 6.4).

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use ringcraft_media::units::Span;
use rtc::interceptor::{Interceptor, Packet, Slot, StreamInfo, TaggedPacket};
use rtc::rtcp::receiver_report::ReceiverReport;
use rtc::rtcp::reception_report::ReceptionReport;
use rtc::rtcp::sender_report::SenderReport;
use rtc::sansio::Protocol;
use rtc::shared::error::Error;

/// Reports of ours that the peer may still refer to: it does so within a few seconds.
const REMEMBERED: usize = 8;

/// How a peer and we hear each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quality {
    /// The way to the peer and back, as last measured.
    pub round_trip: Option<Span>,
    /// Packets of ours that the peer missed, as far as it told.
    pub lost_outbound: u64,
    /// Of the packets between its last two reports, how many of 256 it missed.
    pub lost_outbound_256ths: u8,
    /// Audio packets of ours.
    pub sent: u64,
    /// Audio packets of the peer that came.
    pub received: u64,
    /// Audio packets of the peer that did not.
    pub lost_inbound: u64,
}

/// What the peer reported of one stream of ours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Reported {
    pub(super) round_trip: Option<Span>,
    pub(super) lost: u64,
    pub(super) lost_256ths: u8,
}

/// Reads the peer's reports as they pass. The library owns it, so what it read is shared; nobody
/// ever waits for the lock, because one task has both ends.
pub(super) struct ReportReader {
    ssrc: u32,
    /// The middle of each of our reports' NTP time, and when it left.
    sent: VecDeque<(u32, Instant)>,
    reported: SharedReport,
    read_queue: VecDeque<TaggedPacket>,
    write_queue: VecDeque<TaggedPacket>,
}

/// What was reported last.
#[derive(Clone, Debug, Default)]
pub(super) struct SharedReport(Arc<Mutex<Reported>>);

impl SharedReport {
    pub(super) fn get(&self) -> Reported {
        *self.lock()
    }

    fn lock(&self) -> MutexGuard<'_, Reported> {
        // A report is replaced field by field without a panic in between.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ReportReader {
    /// Nearer to the wire than what writes our reports, so that they pass by.
    pub(super) fn slot() -> Slot {
        Slot::from(Slot::ReceiverReport.slot() - 1)
    }

    /// Reads what is reported of the stream with this SSRC.
    pub(super) fn new(ssrc: u32, reported: SharedReport) -> Self {
        let sent = VecDeque::with_capacity(REMEMBERED);
        Self { ssrc, sent, reported, read_queue: VecDeque::new(), write_queue: VecDeque::new() }
    }

    fn note_sent(&mut self, report: &SenderReport, now: Instant) {
        if self.sent.len() == REMEMBERED {
            self.sent.pop_front();
        }
        self.sent.push_back((middle(report.ntp_time), now));
    }

    fn note_reported(&mut self, report: &ReceptionReport, now: Instant) {
        if report.ssrc != self.ssrc {
            return;
        }
        let mut reported = self.reported.lock();
        // 24 bits with a sign: duplicates make it negative.
        let lost = (report.total_lost << 8) as i32 >> 8;
        reported.lost = u64::try_from(lost).unwrap_or(0);
        reported.lost_256ths = report.fraction_lost;
        let sent = self.sent.iter().find(|(middle, _)| *middle == report.last_sender_report);
        if let Some((_, sent_at)) = sent {
            let since_us = now.saturating_duration_since(*sent_at).as_micros();
            // In units of 1/65536 s.
            let held_us = u64::from(report.delay) * 1_000_000 / 65_536;
            let since = Span(u64::try_from(since_us).unwrap_or(u64::MAX));
            reported.round_trip = Some(since.saturating_sub(Span(held_us)));
        }
    }
}

/// The 32 bits in the middle of an NTP timestamp, by which reports refer to it.
fn middle(ntp_time: u64) -> u32 {
    (ntp_time >> 16) as u32
}

impl Protocol<TaggedPacket, TaggedPacket, ()> for ReportReader {
    type Rout = TaggedPacket;
    type Wout = TaggedPacket;
    type Eout = ();
    type Error = Error;
    type Time = Instant;

    fn handle_read(&mut self, packet: TaggedPacket) -> Result<(), Error> {
        if let Packet::Rtcp(parts) = &packet.message.packet {
            for part in parts {
                let part = part.as_any();
                let reports = match part.downcast_ref::<ReceiverReport>() {
                    Some(report) => report.reports.as_slice(),
                    None => match part.downcast_ref::<SenderReport>() {
                        Some(report) => report.reports.as_slice(),
                        None => &[],
                    },
                };
                for report in reports {
                    self.note_reported(report, packet.now);
                }
            }
        }
        self.read_queue.push_back(packet);
        Ok(())
    }

    fn poll_read(&mut self) -> Option<TaggedPacket> {
        self.read_queue.pop_front()
    }

    fn handle_write(&mut self, packet: TaggedPacket) -> Result<(), Error> {
        if let Packet::Rtcp(parts) = &packet.message.packet {
            for part in parts {
                if let Some(report) = part.as_any().downcast_ref::<SenderReport>() {
                    self.note_sent(report, packet.now);
                }
            }
        }
        self.write_queue.push_back(packet);
        Ok(())
    }

    fn poll_write(&mut self) -> Option<TaggedPacket> {
        self.write_queue.pop_front()
    }
}

impl Interceptor for ReportReader {
    fn bind_local_stream(&mut self, _: &StreamInfo) {}
    fn unbind_local_stream(&mut self, _: &StreamInfo) {}
    fn bind_remote_stream(&mut self, _: &StreamInfo) {}
    fn unbind_remote_stream(&mut self, _: &StreamInfo) {}
}
