use proptest::prelude::*;

use super::*;

const RATE: SampleRate = SampleRate::Hz16000;
const FRAME_LEN: usize = RATE.frame_len();
const A: ReplyId = ReplyId(1);
const B: ReplyId = ReplyId(2);

/// An hour off, so that nothing depends on a call that starts at zero.
const T0: CallTime = CallTime::from_ms(3_600_000);

/// What was sent, without the borrow.
#[derive(Debug, PartialEq)]
struct Sent {
    now: CallTime,
    reply: ReplyId,
    offset: u64,
    at: CallTime,
    sound: Vec<i16>,
}

fn after(ms: u64) -> CallTime {
    T0 + Span::ms(ms)
}

fn tone(ms: u64) -> Vec<i16> {
    (0..ms * 16).map(|n| 8_000 + (n % 100) as i16).collect()
}

fn tick(playout: &mut Playout, now: CallTime) -> Vec<Sent> {
    let mut sent = Vec::new();
    while let Some(out) = playout.tick(now) {
        assert!(out.frame.samples()[out.len.0 as usize..].iter().all(|x| *x == 0.0));
        let sound = out.sound().iter().map(|x| crate::codec::sample_to_i16(*x)).collect();
        sent.push(Sent { now, reply: out.reply, offset: out.offset.0, at: out.at, sound });
    }
    assert!(playout.poll_timeout().is_none_or(|due| now < due), "nothing stays due");
    sent
}

/// Ticks exactly when asked to, up to and at `until`.
fn run(playout: &mut Playout, from: CallTime, until: CallTime) -> Vec<Sent> {
    let mut sent = tick(playout, from);
    while let Some(due) = playout.poll_timeout().filter(|due| *due <= until) {
        sent.append(&mut tick(playout, due));
    }
    sent
}

fn events(playout: &mut Playout) -> Vec<PlayoutEvent> {
    std::iter::from_fn(|| playout.poll_event()).collect()
}

fn started(reply: ReplyId, at: CallTime, from_ms: u64) -> PlayoutEvent {
    PlayoutEvent::Started { reply, at, from: Span::ms(from_ms) }
}

fn stopped(reply: ReplyId, at: CallTime, position: Span, cause: StopCause) -> PlayoutEvent {
    PlayoutEvent::Stopped { reply, at, position, cause }
}

/// A playout of which reply A was allowed at `T0` with this much sound.
fn playing(ms: u64) -> Playout {
    let mut playout = Playout::new(RATE);
    assert_eq!(playout.push(A, 16_000, &tone(ms)), Ok(Span::ms(ms)));
    playout.play(A);
    playout
}

#[test]
fn frames_go_out_ahead_by_the_lead_and_then_on_the_grid() {
    let mut playout = playing(200);
    playout.finish(A);
    let sent = run(&mut playout, T0, after(1_000));
    let times: Vec<(u64, u64)> = sent
        .iter()
        .map(|s| (s.now.saturating_since(T0).as_ms(), s.at.saturating_since(T0).as_ms()))
        .collect();
    assert_eq!(times[..5], [(0, 0), (0, 20), (0, 40), (20, 60), (40, 80)]);
    assert_eq!(times.len(), 10);
    assert_eq!(times[9], (140, 180));
    assert_eq!(
        events(&mut playout),
        [started(A, T0, 0), stopped(A, after(200), Span::ms(200), StopCause::Drained)]
    );
    assert_eq!(playout.poll_timeout(), None);
}

#[test]
fn late_ticks_do_not_move_the_grid() {
    let mut playout = playing(400);
    let mut sent = tick(&mut playout, T0);
    for late_ms in [29, 41, 68, 68, 99, 200] {
        sent.extend(tick(&mut playout, after(late_ms)));
    }
    for (n, frame) in sent.iter().enumerate() {
        assert_eq!(frame.at, after(20 * n as u64));
        assert_eq!(frame.offset, 320 * n as u64);
    }
    // At 200 ms the frame that sounds at 240 ms is due: number 12.
    assert_eq!(sent.len(), 13);
}

#[test]
fn what_is_sent_is_what_was_pushed_after_a_short_fade_in() {
    let mut playout = Playout::new(RATE);
    playout.play(A);
    let pushed = tone(500);
    for piece in pushed.chunks(777) {
        playout.push(A, 16_000, piece).unwrap();
    }
    playout.finish(A);
    let sent: Vec<i16> =
        run(&mut playout, T0, after(1_000)).into_iter().flat_map(|s| s.sound).collect();
    assert_eq!(sent.len(), pushed.len());
    assert_eq!(sent[80..], pushed[80..]);
    assert_eq!(sent[0], 0);
    assert_eq!(sent[40], (f32::from(pushed[40]) * 0.5).round() as i16);
}

#[test]
fn a_reply_waits_for_permission_and_for_a_whole_frame() {
    let mut playout = Playout::new(RATE);
    playout.push(A, 16_000, &tone(19)).unwrap();
    assert_eq!(tick(&mut playout, T0), []);
    playout.play(A);
    assert_eq!(playout.poll_timeout(), None);
    assert_eq!(tick(&mut playout, after(1)), []);
    playout.push(A, 16_000, &tone(1)).unwrap();
    assert_eq!(tick(&mut playout, after(7)).len(), 1);
    assert_eq!(events(&mut playout), [started(A, after(7), 0)]);
}

#[test]
fn the_last_frame_is_filled_up_and_the_position_stays_exact() {
    let mut playout = playing(25);
    playout.push(A, 16_000, &[5; 7]).unwrap();
    playout.finish(A);
    let sent = run(&mut playout, T0, after(1_000));
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[1].sound.len(), 87);
    let end = Samples(407).span(RATE);
    assert_eq!(events(&mut playout)[1], stopped(A, T0 + end, end, StopCause::Drained));
}

#[test]
fn finishing_after_the_last_frame_drains_at_the_end_of_its_sound() {
    let mut playout = playing(60);
    assert_eq!(tick(&mut playout, T0).len(), 3);
    assert_eq!(playout.poll_timeout(), Some(after(60)));
    playout.finish(A);
    assert_eq!(tick(&mut playout, after(33)), []);
    let drained = stopped(A, after(60), Span::ms(60), StopCause::Drained);
    assert_eq!(events(&mut playout), [started(A, T0, 0), drained]);
    playout.finish(A);
    assert_eq!(run(&mut playout, after(34), after(500)), []);
    assert_eq!(events(&mut playout), []);
}

#[test]
fn a_reply_without_sound_drains_at_once_when_it_may_be_heard() {
    let mut playout = Playout::new(RATE);
    playout.finish(A);
    assert_eq!(tick(&mut playout, T0), []);
    assert_eq!(events(&mut playout), []);
    playout.play(A);
    assert_eq!(tick(&mut playout, after(3)), []);
    let drained = stopped(A, after(3), Span::ZERO, StopCause::Drained);
    assert_eq!(events(&mut playout), [drained]);
    assert_eq!(run(&mut playout, after(4), after(500)), []);
    assert_eq!(events(&mut playout), []);
}

#[test]
fn a_pause_fades_over_one_frame_and_a_resume_goes_back() {
    let mut playout = playing(1_000);
    let before = run(&mut playout, T0, after(100));
    assert_eq!(before.len(), 8);
    playout.pause(A, after(105));
    let fade = run(&mut playout, after(105), after(800));
    assert_eq!(fade.len(), 1);
    assert_eq!((fade[0].now, fade[0].at, fade[0].offset), (after(120), after(160), 8 * 320));
    let source = tone(1_000);
    assert_eq!(fade[0].sound[319], 0);
    assert_eq!(fade[0].sound[159], (f32::from(source[8 * 320 + 159]) * 0.5).round() as i16);
    let paused = stopped(A, after(180), Span::ms(180), StopCause::Paused);
    assert_eq!(events(&mut playout), [started(A, T0, 0), paused]);

    playout.resume(A, Span::ms(90), after(900));
    let again = run(&mut playout, after(900), after(940));
    assert_eq!(events(&mut playout), [started(A, after(900), 90)]);
    assert_eq!(again[0].offset, 90 * 16);
    assert_eq!((again[0].sound[0], again[0].sound[80]), (0, source[90 * 16 + 80]));
    assert_eq!(again[1].sound[..], source[110 * 16..130 * 16]);
}

#[test]
fn a_resume_before_the_fade_went_out_follows_it() {
    let mut playout = playing(1_000);
    run(&mut playout, T0, after(100));
    playout.pause(A, after(105));
    playout.resume(A, Span::ms(40), after(106));
    let sent = run(&mut playout, after(106), after(180));
    // The fade sounds up to 180 ms; the next run cannot sound before that.
    assert_eq!((sent[0].at, sent[0].offset), (after(160), 8 * 320));
    assert_eq!((sent[1].now, sent[1].at, sent[1].offset), (after(180), after(180), 40 * 16));
}

#[test]
fn a_cancelled_reply_fades_and_takes_nothing_more() {
    let mut playout = playing(1_000);
    run(&mut playout, T0, after(50));
    playout.cancel(A);
    let fade = run(&mut playout, after(50), after(500));
    assert_eq!(fade.len(), 1);
    let end = fade[0].at + Span::ms(20);
    let position = Samples(fade[0].offset + 320).span(RATE);
    assert_eq!(events(&mut playout)[1], stopped(A, end, position, StopCause::Cancelled));
    assert_eq!(playout.push(A, 16_000, &tone(100)), Ok(Span::ZERO));
    playout.play(A);
    playout.resume(A, Span::ZERO, after(510));
    playout.finish(A);
    assert_eq!(run(&mut playout, after(510), after(900)), []);
    assert_eq!(events(&mut playout), []);
}

#[test]
fn a_reply_cancelled_before_it_was_opened_stays_closed() {
    let mut playout = Playout::new(RATE);
    playout.cancel(B);
    playout.play(B);
    assert_eq!(playout.push(B, 16_000, &tone(100)), Ok(Span::ZERO));
    assert_eq!(run(&mut playout, T0, after(100)), []);
    // One that is older, but was never closed, is not stale.
    playout.push(A, 16_000, &tone(100)).unwrap();
    playout.play(A);
    assert_eq!(tick(&mut playout, after(200)).len(), 3);
}

#[test]
fn a_dry_reply_stops_when_its_sound_ends_and_goes_on_when_refilled() {
    let mut playout = playing(70);
    let sent = run(&mut playout, T0, after(500));
    assert_eq!(sent.len(), 4);
    // The half frame waits for more until the sound before it ends, then goes out faded.
    assert_eq!((sent[3].now, sent[3].at, sent[3].sound.len()), (after(60), after(60), 160));
    assert_eq!(sent[3].sound[159], 0);
    let dry = stopped(A, after(70), Span::ms(70), StopCause::Starved);
    assert_eq!(events(&mut playout), [started(A, T0, 0), dry]);

    playout.push(A, 16_000, &tone(59)).unwrap();
    assert_eq!(run(&mut playout, after(510), after(600)), []);
    playout.push(A, 16_000, &tone(1)).unwrap();
    assert_eq!(tick(&mut playout, after(610)).len(), 3);
    assert_eq!(events(&mut playout), [started(A, after(610), 70)]);
}

#[test]
fn a_dry_reply_that_is_finished_does_not_wait_for_more() {
    let mut playout = playing(20);
    run(&mut playout, T0, after(100));
    events(&mut playout);
    playout.push(A, 16_000, &tone(10)).unwrap();
    playout.finish(A);
    assert_eq!(run(&mut playout, after(110), after(200)).len(), 1);
    assert_eq!(
        events(&mut playout),
        [started(A, after(110), 20), stopped(A, after(120), Span::ms(30), StopCause::Drained)]
    );
}

#[test]
fn a_frame_that_arrives_within_the_lead_is_sent_at_once() {
    let mut playout = playing(60);
    tick(&mut playout, T0);
    assert_eq!(tick(&mut playout, after(40)), []);
    playout.push(A, 16_000, &tone(20)).unwrap();
    let sent = tick(&mut playout, after(55));
    assert_eq!((sent.len(), sent[0].at), (1, after(60)));
    assert_eq!(events(&mut playout), [started(A, T0, 0)]);
}

#[test]
fn the_next_reply_sounds_after_the_one_before() {
    let mut playout = playing(60);
    playout.finish(A);
    playout.push(B, 16_000, &tone(40)).unwrap();
    playout.play(B);
    let sent = run(&mut playout, T0, after(60));
    assert_eq!(sent.last().map(|s| (s.reply, s.at)), Some((B, after(80))));
    let times: Vec<PlayoutEvent> = events(&mut playout);
    assert_eq!(times[1], stopped(A, after(60), Span::ms(60), StopCause::Drained));
    assert_eq!(times[2], started(B, after(60), 0));
}

#[test]
fn a_drained_reply_can_go_back_until_another_starts() {
    let mut playout = playing(100);
    playout.finish(A);
    run(&mut playout, T0, after(200));
    events(&mut playout);
    playout.resume(A, Span::ms(80), after(300));
    assert_eq!(run(&mut playout, after(300), after(400)).len(), 1);
    let drained = stopped(A, after(320), Span::ms(100), StopCause::Drained);
    assert_eq!(events(&mut playout), [started(A, after(300), 80), drained]);
    playout.push(B, 16_000, &tone(20)).unwrap();
    playout.play(B);
    run(&mut playout, after(500), after(510));
    events(&mut playout);
    playout.resume(A, Span::ZERO, after(900));
    assert_eq!(run(&mut playout, after(900), after(990)), []);
}

#[test]
fn chunks_of_any_rate_keep_their_length_and_their_tail() {
    for rate in [SampleRate::Hz8000, SampleRate::Hz16000, SampleRate::Hz48000] {
        let mut playout = Playout::new(rate);
        playout.play(A);
        for hz in [22_050, 24_000, 16_000, 24_000] {
            // A quarter of a second that is loud to its end.
            let pcm = vec![10_000; hz as usize / 4];
            assert_eq!(
                playout.push(A, hz, &pcm),
                Ok(Span(pcm.len() as u64 * 1_000_000 / u64::from(hz)))
            );
            playout.chunk_done(A);
        }
        playout.finish(A);
        let mut sound = Vec::new();
        let mut now = T0;
        while let Some(due) = playout.poll_timeout() {
            now = now.max(due);
            while let Some(out) = playout.tick(now) {
                sound.extend_from_slice(out.sound());
            }
        }
        let quarter = rate.hz() as usize / 4;
        assert!(sound.len().abs_diff(4 * quarter) <= 2, "{}", sound.len());
        // Just before each chunk's end its sound is still there.
        for end in [quarter, 2 * quarter, 3 * quarter, 4 * quarter] {
            assert!(0.15 < sound[end - 8], "{rate:?} {end}: {}", sound[end - 8]);
        }
    }
}

#[test]
fn an_endless_reply_and_an_impossible_rate_are_refused() {
    let mut playout = playing(20);
    let minute = tone(60_000);
    playout.push(A, 16_000, &minute).unwrap();
    assert_eq!(playout.push(A, 16_000, &minute), Err(PushError::TooLong));
    assert!(matches!(playout.push(A, 0, &[]), Err(PushError::Rates(_))));
    assert!(matches!(playout.push(A, 22_051, &[1]), Err(PushError::Rates(_))));
}

#[test]
fn what_was_sent_long_ago_is_forgotten() {
    let mut playout = playing(30_000);
    run(&mut playout, T0, after(20_000));
    playout.pause(A, after(20_000));
    run(&mut playout, after(20_000), after(20_100));
    playout.resume(A, Span::ZERO, after(20_200));
    let sent = tick(&mut playout, after(20_200));
    let back = 20_060 - sent[0].offset / 16;
    assert!((10_000..=11_000).contains(&back), "{back} ms back");
}

#[derive(Clone, Debug)]
enum Step {
    Push(u32, u16),
    Play(u32),
    ChunkDone(u32),
    Finish(u32),
    Pause(u32),
    Resume(u32, u64),
    Cancel(u32),
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let id = 1..4_u32;
    prop_oneof![
        4 => (id.clone(), 0..3_000_u16).prop_map(|(id, len)| Step::Push(id, len)),
        2 => id.clone().prop_map(Step::Play),
        1 => id.clone().prop_map(Step::ChunkDone),
        1 => id.clone().prop_map(Step::Finish),
        2 => id.clone().prop_map(Step::Pause),
        2 => (id.clone(), 0..400_u64).prop_map(|(id, ms)| Step::Resume(id, ms)),
        1 => id.prop_map(Step::Cancel),
        6 => (0..60_000_u64).prop_map(Step::Wait),
    ]
}

proptest! {
    /// Whatever is asked of it: one run at a time, each frame after the last, at most 60 ms under
    /// way, events in pairs that agree with the frames, and nothing of a cancelled reply but its
    /// one fading frame.
    #[test]
    fn the_rules_hold_in_any_order(steps in prop::collection::vec(step(), 1..80)) {
        let mut playout = Playout::new(RATE);
        let mut now = T0;
        let mut open: Option<(ReplyId, u64)> = None;
        let mut sound_end = T0;
        let mut after_cancel = [0_usize; 4];
        let mut cancelled = [false; 4];
        for step in steps {
            match step {
                Step::Push(id, len) => {
                    playout.push(ReplyId(id), 16_000, &vec![1_000; len.into()]).unwrap();
                }
                Step::Play(id) => playout.play(ReplyId(id)),
                Step::ChunkDone(id) => playout.chunk_done(ReplyId(id)),
                Step::Finish(id) => playout.finish(ReplyId(id)),
                Step::Pause(id) => playout.pause(ReplyId(id), now),
                Step::Resume(id, ms) => playout.resume(ReplyId(id), Span::ms(ms), now),
                Step::Cancel(id) => {
                    playout.cancel(ReplyId(id));
                    cancelled[id as usize] = true;
                }
                Step::Wait(us) => now += Span(us),
            }
            let mut sent: Vec<(ReplyId, u64, u64)> = Vec::new();
            for frame in tick(&mut playout, now) {
                prop_assert!(sound_end <= frame.at);
                prop_assert!(frame.at <= now + OUTPUT_LEAD);
                prop_assert!(!frame.sound.is_empty() && frame.sound.len() <= FRAME_LEN);
                sound_end = frame.at + Samples(frame.sound.len() as u64).span(RATE);
                let id = frame.reply.0 as usize;
                after_cancel[id] += usize::from(cancelled[id]);
                prop_assert!(after_cancel[id] <= 1);
                sent.push((frame.reply, frame.offset, frame.offset + frame.sound.len() as u64));
            }
            let mut sent = sent.into_iter().peekable();
            for event in events(&mut playout) {
                match event {
                    PlayoutEvent::Started { reply, from, .. } => {
                        prop_assert_eq!(open, None);
                        open = Some((reply, from.samples(RATE).0));
                    }
                    PlayoutEvent::Stopped { reply, position, cause, .. } => {
                        let position = position.samples(RATE).0;
                        if let Some((running, mut at)) = open.take() {
                            prop_assert_eq!(running, reply);
                            while at < position {
                                let Some((id, offset, end)) = sent.next() else { break };
                                prop_assert_eq!((id, offset), (reply, at));
                                at = end;
                            }
                            prop_assert_eq!(at, position);
                        } else {
                            prop_assert_eq!(cause, StopCause::Drained);
                        }
                    }
                }
            }
            for (id, offset, end) in sent {
                prop_assert_eq!(open, Some((id, offset)));
                open = Some((id, end));
            }
        }
    }
}
