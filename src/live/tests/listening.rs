//! Somebody listens to a call with scripted engines, on paused time.

use bytes::Bytes;
use ringcraft_media::tape::TAPE_RATE;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::TryRecvError;

use super::*;
use crate::spool::{SpoolContents, TapeRun};

/// Samples of a leg in a piece.
const PIECE: usize = 1_600;

/// Everything that is heard until the sound ends.
async fn heard(mut sound: Receiver<Bytes>) -> Vec<Bytes> {
    let mut pieces = Vec::new();
    while let Ok(piece) = sound.recv().await {
        pieces.push(piece);
    }
    pieces
}

/// A leg of the recording, silent where nothing was recorded.
fn leg(spool: &SpoolContents, speaker: Speaker) -> Vec<i16> {
    let mut leg = Vec::new();
    for TapeRun { start, pcm, .. } in spool.tape.iter().filter(|run| run.leg == speaker) {
        let start = usize::try_from(start.0).unwrap();
        leg.resize(leg.len().max(start + pcm.len()), 0);
        leg[start..start + pcm.len()].copy_from_slice(pcm);
    }
    leg
}

/// A piece as the place of its first sample, and both legs from there on.
fn read(piece: &Bytes) -> (usize, Vec<i16>, Vec<i16>) {
    let place = u32::from_le_bytes(piece[..4].try_into().unwrap());
    let samples: Vec<i16> =
        piece[4..].chunks_exact(2).map(|two| i16::from_le_bytes([two[0], two[1]])).collect();
    let side = |side: usize| samples.iter().skip(side).step_by(2).copied().collect();
    (place as usize, side(0), side(1))
}

#[tokio::test(start_paused = true)]
async fn a_listener_hears_what_is_recorded_and_reads_what_was_said() {
    let mut rig = Rig::healthy();
    let (call, mut client) = rig.connect();
    let mut events = client.until("reply.ended").await;
    // Both are silent now, so the first piece has all that is recorded of its time.
    client.silence(10).await;
    let seat = rig.calls.seat(call, UserId::new(), "Morgan Lee".to_owned()).unwrap();
    let hearing = seat.take();
    let joined_at = client.index as usize;
    let Some(LinkOut::Live(told)) = client.outbound.recv().await else { panic!("no event") };
    assert_eq!(&*told, r#"{"type":"call.listeners","listeners":[{"name":"Morgan Lee"}]}"#);
    let conversation = async {
        client.speak();
        events.extend(client.until("reply.ended").await);
        client.inbound.send(LinkIn::HangUp).await.unwrap();
        client.until("call.ended").await;
    };
    let (pieces, ()) = tokio::join!(heard(hearing.sound), conversation);

    let told: Vec<Value> =
        events.into_iter().filter(|event| event["type"] == "utterance").collect();
    assert!(2 < told.len(), "{told:?}");
    let said = rig.calls.said_so_far(call);
    let said: Vec<Value> = said.iter().map(|text| serde_json::from_str(text).unwrap()).collect();
    assert_eq!(said[..told.len()], told);

    let ended = rig.ended.recv().await.unwrap();
    let spool = rig.spools.read(call, &ended.unwritten).unwrap();
    let (rep, buyer) = (leg(&spool, Speaker::Rep), leg(&spool, Speaker::Persona));
    let length = rep.len().max(buyer.len());
    let mut place = joined_at - joined_at % PIECE;
    let mut sounded = [false; 2];
    for piece in &pieces {
        let (at, left, right) = read(piece);
        assert_eq!(at, place, "one piece follows the other");
        for (side, (leg, heard)) in [(&rep, left), (&buyer, right)].into_iter().enumerate() {
            let recorded: Vec<i16> =
                (at..at + PIECE).map(|n| leg.get(n).copied().unwrap_or_default()).collect();
            assert!(heard == recorded, "leg {side} at {at}");
            sounded[side] |= heard.iter().any(|sample| *sample != 0);
        }
        place += PIECE;
    }
    assert_eq!(sounded, [true; 2], "both sides spoke");
    assert_eq!(place, length.next_multiple_of(PIECE), "to the end");
}

#[tokio::test(start_paused = true)]
async fn sound_is_heard_a_quarter_of_a_second_late() {
    let rig = Rig::healthy();
    let (call, mut client) = rig.connect();
    client.until("reply.started").await;
    let seat = rig.calls.seat(call, UserId::new(), "Morgan Lee".to_owned()).unwrap();
    let mut hearing = seat.take();
    let ahead_ms = |client: &Client, piece: &Bytes| {
        let from = client.index as usize - read(piece).0;
        1_000 * from / TAPE_RATE.hz() as usize
    };
    let mut late = Vec::new();
    let mut frames = interval(Duration::from_millis(20));
    while late.len() < 20 {
        frames.tick().await;
        client.frame().await;
        // Whatever can be done without more time is done before time goes on.
        tokio::time::sleep(Duration::from_millis(1)).await;
        while let Ok(piece) = hearing.sound.try_recv() {
            late.push(ahead_ms(&client, &piece));
        }
    }
    // Two frames on their way to the tape, and from the start of a piece 100 ms to its end and
    // 100 ms for what the buyer says.
    assert_eq!(late, [240; 20]);
}

#[tokio::test(start_paused = true)]
async fn the_last_sound_before_silence_is_not_held_back() {
    let rig = Rig::healthy();
    let (call, mut client) = rig.connect();
    client.until("reply.ended").await;
    let seat = rig.calls.seat(call, UserId::new(), "Morgan Lee".to_owned()).unwrap();
    let mut hearing = seat.take();
    client.silence(3).await;
    let last = client.index as usize - 1;
    let within = Duration::from_millis(500);
    let piece = timeout(within, hearing.sound.recv()).await.expect("300 ms are waited for");
    let (at, ..) = read(&piece.unwrap());
    assert!((at..at + PIECE).contains(&last) || (at + PIECE..at + 2 * PIECE).contains(&last));
}

#[tokio::test(start_paused = true)]
async fn a_call_is_listened_to_while_it_is_live() {
    let mut rig = Rig::healthy();
    let seat = |rig: &Rig, call| rig.calls.seat(call, UserId::new(), "Morgan Lee".to_owned());
    assert_eq!(seat(&rig, CallId::new()).unwrap_err(), ListenError::Unknown);
    let waiting = rig.calls.open(ORG, UserId::new(), "rachel").unwrap().0;
    assert_eq!(seat(&rig, waiting).unwrap_err(), ListenError::NotLive);
    assert!(rig.calls.end(waiting, EndReason::RepHungUp));

    let (call, mut client) = rig.connect();
    client.until("call.connected").await;
    let mut seats: Vec<Seat> = (0..8).map(|_| seat(&rig, call).unwrap()).collect();
    assert_eq!(seat(&rig, call).unwrap_err(), ListenError::Full);
    seats.truncate(7);
    let eighth = seat(&rig, call).unwrap();
    let mut hearing = eighth.take();
    client.inbound.send(LinkIn::HangUp).await.unwrap();
    let events = client.until("call.ended").await;
    assert_eq!(events[0]["type"], "call.listeners");
    rig.log().await;
    assert_eq!(seat(&rig, call).unwrap_err(), ListenError::Over);
    drop(eighth);
    let mut last = None;
    let end = loop {
        match hearing.events.try_recv() {
            Ok(event) => last = Some(event),
            Err(end) => break end,
        }
    };
    assert_eq!(end, TryRecvError::Closed, "the events end with the call");
    let last: Value = serde_json::from_str(&last.unwrap()).unwrap();
    assert_eq!(last["type"], "call.ended", "nobody is told who left after that");
    rig.calls.sealed(call, CallStatus::Completed);
    assert_eq!(seat(&rig, call).unwrap_err(), ListenError::Over);
    assert!(rig.calls.watch(call).is_none(), "there is nothing to watch any more");
}

#[tokio::test(start_paused = true)]
async fn listeners_who_take_nothing_cost_the_call_nothing() {
    let mut rig = Rig::healthy();
    let (call, mut client) = rig.connect();
    client.until("reply.started").await;
    let seats: Vec<Seat> = (0..8)
        .map(|_| rig.calls.seat(call, UserId::new(), "Morgan Lee".to_owned()).unwrap())
        .collect();
    let stuck: Vec<_> = seats.iter().map(Seat::take).collect();
    client.until("reply.ended").await;
    client.speak();
    client.until("reply.ended").await;
    client.inbound.send(LinkIn::HangUp).await.unwrap();
    let ended = timeout(WITHIN, rig.ended.recv()).await.unwrap().unwrap();
    assert!(ended.unwritten.is_empty());
    let spool = rig.spools.read(call, &[]).unwrap();
    let recorded = leg(&spool, Speaker::Rep);
    // The last two frames were on their way to the tape.
    assert_eq!(recorded.len(), client.index as usize - 640);
    assert!(recorded.iter().any(|sample| *sample != 0));
    assert_eq!(stuck.len(), 8);
}
