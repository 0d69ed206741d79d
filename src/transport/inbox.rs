//! The way from a carrier to the driver, which never makes the carrier wait.

use std::collections::VecDeque;

use tokio::sync::mpsc::{self, error::TrySendError};

use crate::transport::{LINK_INBOUND, LinkIn};

/// Messages already handed over. Small: what was handed over cannot be dropped any more.
const HANDED_OVER: usize = 16;

/// Messages that wait here while the driver is busy. When full the oldest audio is lost and counted.
const WAITING: usize = LINK_INBOUND - HANDED_OVER;

/// Holds what the driver has not taken yet, in order.
#[derive(Debug)]
pub(super) struct Inbox {
    driver: mpsc::Sender<LinkIn>,
    waiting: VecDeque<LinkIn>,
    lost_frames: u64,
}

/// More messages that must not be lost than the driver can be given: the client floods.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Flooded;

impl Inbox {
    /// An inbox and the driver's end of it.
    pub(super) fn new() -> (Self, mpsc::Receiver<LinkIn>) {
        let (driver, inbound) = mpsc::channel(HANDED_OVER);
        (Self { driver, waiting: VecDeque::new(), lost_frames: 0 }, inbound)
    }

    /// Frames that were dropped because the driver did not take them.
    pub(super) fn lost_frames(&self) -> u64 {
        self.lost_frames
    }

    /// Takes a message; hands over what fits. After the driver left, nothing happens.
    pub(super) fn push(&mut self, message: LinkIn) -> Result<(), Flooded> {
        self.waiting.push_back(message);
        while let Some(next) = self.waiting.pop_front() {
            match self.driver.try_send(next) {
                Ok(()) => {}
                Err(TrySendError::Full(next)) => {
                    self.waiting.push_front(next);
                    break;
                }
                Err(TrySendError::Closed(_)) => self.waiting.clear(),
            }
        }
        if self.waiting.len() <= WAITING { Ok(()) } else { self.drop_oldest_audio() }
    }

    /// Waits until the driver takes a waiting message; for ever while none waits. Loses nothing
    /// when it is dropped.
    pub(super) async fn hand_over(&mut self) {
        if self.waiting.is_empty() {
            return std::future::pending().await;
        }
        match self.driver.reserve().await {
            Ok(room) => {
                if let Some(next) = self.waiting.pop_front() {
                    room.send(next);
                }
            }
            Err(_) => self.waiting.clear(),
        }
    }

    /// A handle on which to wait until the driver has left.
    pub(super) fn driver(&self) -> mpsc::Sender<LinkIn> {
        self.driver.clone()
    }

    fn drop_oldest_audio(&mut self) -> Result<(), Flooded> {
        let oldest = self.waiting.iter().position(|waiting| matches!(waiting, LinkIn::Audio(_)));
        let oldest = oldest.ok_or(Flooded)?;
        self.waiting.remove(oldest);
        self.lost_frames += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use ringcraft_media::call::ReplyId;
    use ringcraft_media::units::Samples;

    use super::*;
    use crate::transport::Inbound;

    fn audio(index: u64) -> LinkIn {
        LinkIn::Audio(Inbound {
            seq: index,
            media_time: Samples(index),
            payload: vec![0; 2].into(),
        })
    }

    fn played(sample: u64) -> LinkIn {
        LinkIn::Played { reply: ReplyId(1), sample: Samples(sample) }
    }

    async fn drain(inbox: &mut Inbox, inbound: &mut mpsc::Receiver<LinkIn>) -> Vec<u64> {
        let mut taken = Vec::new();
        while !inbox.waiting.is_empty() || !inbound.is_empty() {
            tokio::select! {
                () = inbox.hand_over() => {}
                Some(message) = inbound.recv() => taken.push(match message {
                    LinkIn::Audio(audio) => audio.media_time.0,
                    LinkIn::Played { sample, .. } => sample.0,
                    LinkIn::Microphone(_) | LinkIn::Say(_) | LinkIn::HangUp => 0,
                }),
            }
        }
        taken
    }

    #[tokio::test]
    async fn a_slow_driver_loses_the_oldest_audio_and_nothing_else() {
        let (mut inbox, mut inbound) = Inbox::new();
        let total = LINK_INBOUND as u64;
        inbox.push(audio(0)).expect("room");
        for index in 1..total - 1 {
            inbox.push(audio(index)).expect("room");
        }
        inbox.push(played(9_999)).expect("room");
        assert_eq!(inbox.lost_frames(), 0);
        for index in total..total + 3 {
            inbox.push(audio(index)).expect("old audio makes room");
        }
        assert_eq!(inbox.lost_frames(), 3);
        let mut expected: Vec<u64> = (0..HANDED_OVER as u64).collect();
        expected.extend(HANDED_OVER as u64 + 3..total - 1);
        expected.push(9_999);
        expected.extend(total..total + 3);
        assert_eq!(drain(&mut inbox, &mut inbound).await, expected);
    }

    #[tokio::test]
    async fn reports_without_end_are_a_flood() {
        let (mut inbox, _inbound) = Inbox::new();
        for sample in 0..LINK_INBOUND as u64 {
            inbox.push(played(sample)).expect("room");
        }
        assert_eq!(inbox.push(played(0)), Err(Flooded));
    }

    #[tokio::test]
    async fn a_driver_that_left_is_no_flood() {
        let (mut inbox, inbound) = Inbox::new();
        drop(inbound);
        for index in 0..1_000 {
            assert_eq!(inbox.push(played(index)), Ok(()));
        }
        assert_eq!(inbox.lost_frames(), 0);
    }
}
