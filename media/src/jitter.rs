//! Order and patience: packets that overtook each other, and how long a missing one is waited for.
//!
//! What is in order is handed on at once, for nobody listens here who needs an even pace. Only a
//! number that is missing makes what follows it wait.

use crate::units::{CallTime, Samples, Span};

/// Packets that can wait. When full the missing one is given up at once.
pub const WAITING: usize = 32;

/// Bytes of the longest packet that a datagram of the internet carries.
pub const LONGEST_PAYLOAD: usize = 1_500;

/// The least and the most that a packet may be late before it is given up.
const PATIENCE: (Span, Span) = (Span::ms(20), Span::ms(200));

/// The part of all packets that may come later than that: one in twenty.
const LATER_ONE_IN: u32 = 20;

/// How far back lateness is remembered.
const WINDOW_SECONDS: u64 = 10;

/// How fast patience shrinks, with each packet: 10 ms a second at 50 packets a second.
const SHRINK: Span = Span(200);

/// Lateness is told apart in steps of this length.
const STEP: Span = Span::ms(5);

const STEPS: usize = (PATIENCE.1.0 / STEP.0) as usize;

/// How packets come from the far side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// In order: what is missing will not come.
    InOrder,
    /// Each by itself: one may overtake another.
    Datagrams,
}

/// A packet in its turn.
#[derive(Debug, PartialEq, Eq)]
pub struct InTurn<'a> {
    /// How many packets before it were given up.
    pub lost: u64,
    /// The sender's index of its first sample.
    pub media_time: Samples,
    /// Its payload.
    pub payload: &'a [u8],
}

/// A packet that cannot be put into its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoTurn {
    /// It came twice, or after it was given up.
    #[error("the packet comes after its turn")]
    Behind,
    /// It is longer than any datagram.
    #[error("a packet has {LONGEST_PAYLOAD} bytes at most")]
    TooLong,
    /// [`WAITING`] packets wait.
    #[error("{WAITING} packets wait for a missing one")]
    Full,
}

/// Puts packets into the order of their numbers.
#[derive(Debug)]
pub struct JitterBuffer {
    delivery: Delivery,
    slots: Vec<Slot>,
    /// The number whose turn it is; unknown before the first packet.
    next: Option<u64>,
    lateness: Lateness,
}

/// Room for a packet.
#[derive(Clone, Debug)]
struct Slot {
    /// The packet's number; none while the slot is free.
    seq: Option<u64>,
    /// When the packet before it should have been here.
    due: CallTime,
    media_time: Samples,
    payload: Vec<u8>,
}

impl JitterBuffer {
    /// An empty buffer.
    pub fn new(delivery: Delivery) -> Self {
        let slots = match delivery {
            Delivery::InOrder => 1,
            Delivery::Datagrams => WAITING,
        };
        let slot = || Slot {
            seq: None,
            due: CallTime::ZERO,
            media_time: Samples(0),
            payload: Vec::with_capacity(LONGEST_PAYLOAD),
        };
        Self {
            delivery,
            slots: std::iter::repeat_with(slot).take(slots).collect(),
            next: None,
            lateness: Lateness::new(),
        }
    }

    /// Forgets everything: the next packet may have any number.
    pub fn restart(&mut self) {
        self.slots.iter_mut().for_each(|slot| slot.seq = None);
        self.next = None;
        self.lateness = Lateness::new();
    }

    /// Notes how late a packet came, whether or not it still has a turn.
    pub fn arrived(&mut self, now: CallTime, late: Span) {
        self.lateness.note(now, late);
    }

    /// Whether the turn of a number is over, or its packet waits already.
    pub fn is_behind(&self, seq: u64) -> bool {
        self.next.is_some_and(|next| seq < next)
            || self.slots.iter().any(|slot| slot.seq == Some(seq))
    }

    /// Whether no packet has room any more.
    pub fn is_full(&self) -> bool {
        self.slots.iter().all(|slot| slot.seq.is_some())
    }

    /// Takes a packet. `due` is when it began on the sender's line, which is when the packet before
    /// it should have been here.
    ///
    /// # Errors
    /// When it has no turn; nothing changes then.
    pub fn push(
        &mut self,
        seq: u64,
        due: CallTime,
        media_time: Samples,
        payload: &[u8],
    ) -> Result<(), NoTurn> {
        if self.is_behind(seq) {
            return Err(NoTurn::Behind);
        }
        if self.delivery == Delivery::Datagrams && LONGEST_PAYLOAD < payload.len() {
            return Err(NoTurn::TooLong);
        }
        let free = self.slots.iter_mut().find(|slot| slot.seq.is_none());
        let slot = free.ok_or(NoTurn::Full)?;
        slot.seq = Some(seq);
        slot.due = due;
        slot.media_time = media_time;
        slot.payload.clear();
        slot.payload.extend_from_slice(payload);
        Ok(())
    }

    /// The packet whose turn it is: the next number, or the first that came once patience with the
    /// ones before it is over.
    pub fn pop(&mut self, now: CallTime) -> Option<InTurn<'_>> {
        let first = self.first()?;
        let seq = self.slots[first].seq?;
        let lost = self.next.map_or(0, |next| seq.saturating_sub(next));
        if 0 < lost && now < self.patient_until(first) {
            return None;
        }
        self.next = Some(seq.saturating_add(1));
        let slot = &mut self.slots[first];
        slot.seq = None;
        Some(InTurn { lost, media_time: slot.media_time, payload: &slot.payload })
    }

    /// When the missing ones are given up.
    pub fn poll_timeout(&self) -> Option<CallTime> {
        self.first().map(|first| self.patient_until(first))
    }

    /// The slot of the lowest number.
    fn first(&self) -> Option<usize> {
        let taken = |(index, slot): (usize, &Slot)| Some((slot.seq?, index));
        self.slots.iter().enumerate().filter_map(taken).min().map(|(_, index)| index)
    }

    fn patient_until(&self, slot: usize) -> CallTime {
        match self.delivery {
            Delivery::InOrder => CallTime::ZERO,
            Delivery::Datagrams => self.slots[slot].due + self.lateness.patience,
        }
    }
}

/// How late the packets of the last ten seconds came.
#[derive(Clone, Debug)]
struct Lateness {
    /// For each second, how many packets were late by how many steps.
    seconds: [(u64, [u16; STEPS]); WINDOW_SECONDS as usize],
    /// The sum of all seconds.
    sums: [u32; STEPS],
    patience: Span,
}

impl Lateness {
    fn new() -> Self {
        Self {
            seconds: std::array::from_fn(|second| (second as u64, [0; STEPS])),
            sums: [0; STEPS],
            patience: PATIENCE.0,
        }
    }

    fn note(&mut self, now: CallTime, late: Span) {
        let second = now.0 / 1_000_000;
        self.forget_before(second);
        let (_, counts) = &mut self.seconds[(second % WINDOW_SECONDS) as usize];
        let step = ((late.0 / STEP.0) as usize).min(STEPS - 1);
        if counts[step] < u16::MAX {
            counts[step] += 1;
            self.sums[step] += 1;
        }
        let wanted = self.percentile().clamp(PATIENCE.0, PATIENCE.1);
        self.patience = wanted.max(self.patience.saturating_sub(SHRINK));
    }

    /// Takes out what is more than ten seconds old, and makes room for this second.
    fn forget_before(&mut self, second: u64) {
        let Self { seconds, sums, .. } = self;
        for (index, (of, counts)) in seconds.iter_mut().enumerate() {
            if *of + WINDOW_SECONDS <= second {
                sums.iter_mut().zip(&*counts).for_each(|(sum, count)| *sum -= u32::from(*count));
                *counts = [0; STEPS];
                let behind = (second - index as u64) % WINDOW_SECONDS;
                *of = second - behind;
            }
        }
    }

    /// Later than this came one packet in twenty.
    fn percentile(&self) -> Span {
        let mut later = self.sums.iter().sum::<u32>() / LATER_ONE_IN;
        for (step, sum) in self.sums.iter().enumerate().rev() {
            if later < *sum {
                return Span((step as u64 + 1) * STEP.0);
            }
            later -= sum;
        }
        Span::ZERO
    }
}

#[cfg(test)]
mod tests;
