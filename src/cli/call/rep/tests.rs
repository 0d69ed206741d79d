use super::*;
use crate::cli::call::rtp_speaker::tests::Sender;

const RATE: SampleRate = SampleRate::Hz16000;

/// A clip of `speech_ms` that is loud, then `silence_ms` that is not.
fn clip(speech_ms: usize, silence_ms: usize) -> Clip {
    let mut samples = vec![1_000; speech_ms * 16];
    samples.resize((speech_ms + silence_ms) * 16, 0);
    let speech_end = (0 < speech_ms).then_some(Samples(speech_ms as u64 * 16));
    Clip { name: "clip.wav".into(), samples, speech_end }
}

fn script(clips: Vec<Clip>) -> Script {
    Script {
        clips,
        after: Span::ms(400),
        barges: Vec::new(),
        hold: Span::ZERO,
        limit: Span::ms(900_000),
    }
}

/// Ticks a rep every 20 ms and writes down what it does. `lines` are what is not silence.
struct Bench {
    rep: Rep,
    next_tick_ms: u64,
    next_sample: u64,
    voiced: bool,
    lines: Vec<String>,
}

impl Bench {
    /// A rep whose call is connected at 0, before its first frame.
    fn connected(script: Script) -> Self {
        let mut bench = Self::new(script);
        bench.rep.live(Span::ZERO, &Live::Connected);
        bench
    }

    fn new(script: Script) -> Self {
        Self {
            rep: Rep::new(RATE, script, Loudspeaker::of_replies(RATE)),
            next_tick_ms: 0,
            next_sample: 0,
            voiced: false,
            lines: Vec::new(),
        }
    }

    /// Ticks up to and with `ms`.
    fn until(&mut self, ms: u64) {
        while self.next_tick_ms <= ms {
            let at = self.next_tick_ms;
            self.rep.tick(Span::ms(at));
            self.drain(at);
            self.next_tick_ms += 20;
        }
    }

    fn drain(&mut self, at: u64) {
        while let Some(output) = self.rep.poll() {
            match output {
                Output::Frame { first, samples } => {
                    assert_eq!(first, Samples(self.next_sample), "no sample is skipped");
                    assert_eq!(samples.len(), 320);
                    self.next_sample += 320;
                    let voiced = samples.iter().any(|&sample| sample != 0);
                    if voiced != self.voiced {
                        self.lines
                            .push(format!("{at} {}", if voiced { "speaks" } else { "quiet" }));
                    }
                    self.voiced = voiced;
                }
                Output::Played { reply, sample } => {
                    self.lines.push(format!("{at} played {reply} {}", sample.0));
                }
                Output::PlayedTo { rtp_timestamp } => {
                    self.lines.push(format!("{at} played to {rtp_timestamp}"));
                }
                Output::HangUp => self.lines.push(format!("{at} hangs up")),
            }
        }
    }

    fn live(&mut self, at: u64, live: Live) {
        self.before(at);
        self.rep.live(Span::ms(at), &live);
        self.drain(at);
    }

    fn control(&mut self, at: u64, control: Control) {
        self.before(at);
        self.rep.control(Span::ms(at), &control);
        self.drain(at);
    }

    /// A reply's sound arrives at once.
    fn sound(&mut self, at: u64, reply: u32, from_ms: u64, to_ms: u64) {
        self.before(at);
        let length = usize::try_from((to_ms - from_ms) * 16).unwrap();
        let sound = Sound {
            reply: ReplyId(reply),
            offset: Samples(from_ms * 16),
            samples: vec![500; length],
        };
        self.rep.sound(Span::ms(at), &sound).unwrap();
        self.drain(at);
    }

    fn hang_up(&mut self, at: u64) {
        self.before(at);
        self.rep.hang_up(Span::ms(at));
        self.drain(at);
    }

    fn before(&mut self, at: u64) {
        if let Some(before) = at.checked_sub(1) {
            self.until(before);
        }
    }

    fn turns(&self) -> Vec<&Turn> {
        self.rep.turns().map(|(_, turn)| turn).collect()
    }

    /// What was sent, without the reports of the playback.
    fn deeds(&self) -> Vec<&str> {
        self.lines.iter().map(String::as_str).filter(|line| !line.contains("played")).collect()
    }
}

fn started(reply: u32) -> Live {
    Live::ReplyStarted { reply: ReplyId(reply), at_ms: 0 }
}

fn ended(reply: u32) -> Live {
    Live::ReplyEnded { reply: ReplyId(reply), at_ms: 0 }
}

#[test]
fn it_speaks_its_files_in_order_each_after_the_buyers_answer() {
    let mut call = Bench::connected(script(vec![clip(100, 60), clip(40, 0)]));
    call.live(90, started(1));
    call.sound(100, 1, 0, 400);
    // Heard from 140 to 540 ms. The server says so at 570 ms: 400 ms after that is 970 ms.
    call.live(570, ended(1));
    call.live(1_300, Live::ReplyThinking { reply: ReplyId(2) });
    call.live(1_499, started(2));
    call.sound(1_500, 2, 0, 200);
    call.live(1_700, ended(2));
    // Here the own playback ends later, at 1740 ms.
    call.live(2_700, started(3));
    call.sound(2_700, 3, 0, 100);
    call.live(2_840, ended(3));
    call.until(3_300);
    assert_eq!(
        call.lines,
        [
            "240 played 1 1600",
            "340 played 1 3200",
            "440 played 1 4800",
            "540 played 1 6400",
            "980 speaks",
            "1080 quiet",
            "1640 played 2 1600",
            "1740 played 2 3200",
            "2140 speaks",
            "2180 quiet",
            "2840 played 3 1600",
            "3240 hangs up",
        ]
    );
    let turns = call.turns();
    // 100 ms are five frames: the fifth leaves at 980 + 80 ms. The file ends 60 ms later.
    assert_eq!(turns[0].speech_ended, Some(Span::ms(1_060)));
    assert_eq!(turns[0].ended, Some(Span::ms(1_120)));
    assert_eq!(turns[0].first, Samples(49 * 320));
    assert_eq!(turns[0].answer(), Some((ReplyId(2), Span::ms(1_500))));
    assert_eq!(turns[0].latency_ms(), Some(440));
    assert_eq!(turns[1].latency_ms(), Some(2_700 - 2_160));
}

#[test]
fn it_speaks_after_5_s_without_a_word_and_hangs_up_after_10() {
    let mut call = Bench::connected(script(vec![clip(40, 0)]));
    call.until(16_000);
    assert_eq!(call.deeds(), ["5000 speaks", "5040 quiet", "15020 hangs up"]);
    assert_eq!(call.turns()[0].latency_ms(), None);
}

#[test]
fn it_does_not_speak_while_the_next_reply_is_on_its_way() {
    let mut call = Bench::connected(script(vec![clip(40, 0)]));
    call.live(10, started(1));
    call.sound(10, 1, 0, 100);
    call.live(160, ended(1));
    call.live(200, Live::ReplyThinking { reply: ReplyId(2) });
    call.sound(900, 2, 0, 100);
    // A late word about an earlier reply does not close the later one.
    call.live(950, ended(1));
    call.live(1_100, ended(2));
    call.until(1_600);
    assert_eq!(call.deeds(), ["1500 speaks", "1540 quiet"]);
}

#[test]
fn it_cuts_in_when_enough_of_the_answer_was_heard() {
    let mut plan = script(vec![clip(40, 0), clip(100, 0), clip(40, 0)]);
    plan.barges = vec![Barge { turn: 1, after: Span::ms(200) }];
    let mut call = Bench::connected(plan);
    call.until(5_040);
    call.sound(5_500, 2, 0, 1_000);
    // Heard from 5540 ms on; the pause comes at 5850 ms: 310 ms are 4960 samples.
    call.control(5_850, Control::Pause { reply: ReplyId(2) });
    call.live(6_000, Live::ReplyInterrupted { reply: ReplyId(2), at_ms: 0 });
    call.control(6_000, Control::Clear { reply: ReplyId(2) });
    call.live(6_100, started(3));
    call.sound(6_100, 3, 0, 100);
    call.live(6_250, ended(3));
    call.until(6_700);
    assert_eq!(
        call.lines,
        [
            "5000 speaks",
            "5040 quiet",
            "5640 played 2 1600",
            "5740 played 2 3200",
            "5740 speaks",
            "5840 played 2 4800",
            "5840 quiet",
            "5850 played 2 4960",
            "6000 played 2 4960",
            "6240 played 3 1600",
            "6660 speaks",
            "6700 quiet",
        ]
    );
    let turns = call.turns();
    assert!(!turns[0].barged && turns[1].barged && !turns[2].barged);
    assert_eq!(turns[0].answer(), Some((ReplyId(2), Span::ms(5_500))));
    assert_eq!(turns[1].answer(), Some((ReplyId(3), Span::ms(6_100))));
}

#[test]
fn turn_0_is_the_buyers_opening() {
    let mut plan = script(vec![clip(40, 0)]);
    plan.barges = vec![Barge { turn: 0, after: Span::ms(100) }];
    let mut call = Bench::connected(plan);
    call.sound(50, 1, 0, 1_000);
    call.until(300);
    assert_eq!(call.deeds(), ["200 speaks", "240 quiet"]);
}

#[test]
fn a_reply_that_goes_on_after_an_mhm_is_heard_to_its_end() {
    let mut plan = script(vec![clip(40, 0), clip(60, 0), clip(40, 0)]);
    plan.barges = vec![Barge { turn: 1, after: Span::ms(100) }];
    let mut call = Bench::connected(plan);
    call.until(5_040);
    call.live(5_100, started(2));
    call.sound(5_100, 2, 0, 400);
    // Heard from 5140 ms; the mhm is sent at 5240 to 5280 ms.
    call.control(5_300, Control::Pause { reply: ReplyId(2) });
    call.control(5_700, Control::Resume { reply: ReplyId(2), from_sample: Samples(1_600) });
    call.sound(5_701, 2, 100, 400);
    // Heard again from 5741 ms on, 300 ms.
    call.live(6_050, ended(2));
    call.until(6_500);
    assert_eq!(
        call.deeds(),
        ["5000 speaks", "5040 quiet", "5240 speaks", "5300 quiet", "6460 speaks", "6500 quiet"]
    );
    assert!(call.lines.contains(&"5300 played 2 2560".into()), "160 ms: {:?}", call.lines);
    assert!(call.lines.contains(&"5700 played 2 1600".into()));
    assert_eq!(call.turns()[1].answer(), None, "nothing answered the mhm");
    // The heard leg: 160 ms, the pause, then the 300 ms from the rewound place on.
    let heard = call.rep.legs().1;
    let sounding = heard.iter().filter(|&&sample| sample == 500).count();
    assert_eq!(sounding, (160 + 300) * 16);
}

#[test]
fn an_answer_inside_the_own_turn_counts_against_the_buyer() {
    let mut call = Bench::connected(script(vec![clip(1_000, 0)]));
    call.sound(5_500, 1, 0, 100);
    call.until(6_100);
    assert_eq!(call.turns()[0].latency_ms(), Some(5_500 - 5_980));
    call.sound(6_200, 2, 0, 100);
    assert_eq!(call.turns()[0].latency_ms(), Some(6_200 - 5_980), "the later one is the answer");
}

#[test]
fn a_hold_keeps_the_line_open_after_the_last_answer() {
    let mut plan = script(vec![]);
    plan.hold = Span::ms(3_000);
    let mut call = Bench::connected(plan);
    call.sound(100, 1, 0, 100);
    call.until(4_000);
    // Heard to 240 ms, its turn at 640 ms.
    assert_eq!(call.deeds(), ["3640 hangs up"]);
}

#[test]
fn after_the_hang_up_it_waits_for_the_servers_goodbye_and_then_no_longer() {
    let mut call = Bench::connected(script(vec![clip(40, 0)]));
    call.hang_up(100);
    call.hang_up(101);
    call.live(200, Live::Ended { reason: EndReason::RepHungUp, at_ms: 190 });
    call.until(2_180);
    assert!(!call.rep.is_over());
    assert_eq!(call.next_sample, 10 * 320, "no frame after the end");
    call.until(2_200);
    assert!(call.rep.is_over());
    assert_eq!(call.deeds(), ["100 hangs up"]);
    assert_eq!(call.rep.ended(), Some(EndReason::RepHungUp));

    let mut mute = Bench::connected(script(vec![]));
    mute.hang_up(100);
    mute.until(5_080);
    assert!(!mute.rep.is_over());
    mute.until(5_100);
    assert!(mute.rep.is_over() && mute.rep.ended().is_none());
}

#[test]
fn a_call_that_is_never_connected_is_given_up() {
    let mut call = Bench::new(script(vec![clip(40, 0)]));
    call.until(9_980);
    assert!(!call.rep.is_over());
    call.until(10_000);
    assert!(call.rep.is_over());
    assert_eq!(call.deeds(), ["10000 hangs up"]);
    assert_eq!(call.rep.connected(), None);
}

#[test]
fn the_limit_hangs_up_in_the_middle_of_a_word() {
    let mut plan = script(vec![clip(1_000, 0)]);
    plan.limit = Span::ms(5_500);
    let mut call = Bench::connected(plan);
    call.until(5_600);
    assert_eq!(call.deeds(), ["5000 speaks", "5500 hangs up", "5500 quiet"]);
    assert_eq!(call.turns()[0].latency_ms(), None);
}

#[test]
fn both_legs_start_with_the_call_and_are_equally_long() {
    let mut call = Bench::new(script(vec![clip(40, 0)]));
    call.live(30, Live::Connected);
    call.sound(40, 1, 0, 100);
    call.until(600);
    let (sent, heard) = call.rep.legs();
    assert_eq!(sent.len(), heard.len());
    // Heard from 80 ms on the link's clock, which is 50 ms after the call was connected.
    assert_eq!(heard.iter().position(|&sample| sample == 500), Some(50 * 16));
    // Sent at the first tick 400 ms after 180 ms, which is 550 ms after the call was connected.
    assert_eq!(sent.iter().position(|&sample| sample == 1_000), Some(550 * 16));
    assert_eq!(sent.len(), (620 - 30) * 16);
}

#[test]
fn stale_sound_is_refused_and_changes_nothing() {
    let mut call = Bench::connected(script(vec![]));
    call.sound(10, 1, 0, 100);
    call.control(20, Control::Clear { reply: ReplyId(1) });
    let late = Sound { reply: ReplyId(1), offset: Samples(1_600), samples: vec![500; 320] };
    assert!(call.rep.sound(Span::ms(30), &late).is_err());
    call.until(200);
    assert!(call.rep.legs().1.iter().all(|&sample| sample == 0));
}

/// A rep over WebRTC with one clip of 100 ms, whose call is connected at 0.
fn rep_of_packets() -> (Rep, Sender) {
    let mut rep = Rep::new(RATE, script(vec![clip(100, 0)]), Loudspeaker::of_rtp(RATE));
    rep.live(Span::ZERO, &Live::Connected);
    (rep, Sender::new(0, 0))
}

fn tick(rep: &mut Rep, from_ms: u64, to_ms: u64) -> Vec<Output> {
    let mut outputs = Vec::new();
    for at in (from_ms..to_ms).step_by(20) {
        rep.tick(Span::ms(at));
        outputs.extend(std::iter::from_fn(|| rep.poll()));
    }
    outputs.retain(|output| !matches!(output, Output::Frame { .. }));
    outputs
}

#[test]
fn packets_are_of_the_reply_that_events_name() {
    let (mut rep, mut sender) = rep_of_packets();
    tick(&mut rep, 0, 100);
    // The opening is heard before anybody says so.
    rep.packet(Span::ms(100), &sender.packet());
    assert_eq!(rep.opening, []);
    rep.live(Span::ms(130), &started(1));
    assert_eq!(rep.opening, [(ReplyId(1), Span::ms(100))]);
    assert_eq!(tick(&mut rep, 120, 200), [Output::PlayedTo { rtp_timestamp: 960 }]);
    rep.live(Span::ms(200), &ended(1));

    // 400 ms after that the clip is said, from 600 to 700 ms.
    assert_eq!(tick(&mut rep, 200, 800), []);
    rep.live(Span::ms(800), &Live::ReplyThinking { reply: ReplyId(2) });
    assert_eq!(rep.turns[0].replies, []);
    rep.packet(Span::ms(900), &sender.packet());
    rep.packet(Span::ms(920), &sender.packet());
    assert_eq!(rep.turns[0].replies, [(ReplyId(2), Span::ms(900))]);
    assert_eq!(rep.turns[0].speech_ended, Some(Span::ms(680)));
    assert_eq!(rep.turns[0].latency_ms(), Some(220));
}

#[test]
fn a_pause_is_answered_at_once_with_the_timestamp_of_the_next_sample() {
    let (mut rep, mut sender) = rep_of_packets();
    rep.live(Span::ms(10), &started(1));
    for at in [20, 40, 60, 80] {
        rep.packet(Span::ms(at), &sender.packet());
    }
    let _ = tick(&mut rep, 20, 81);
    rep.control(Span::ms(91), &Control::Pause { reply: ReplyId(1) });
    // It began at 60 ms: 31 ms were heard.
    assert_eq!(rep.poll(), Some(Output::PlayedTo { rtp_timestamp: 31 * 48 }));
    assert_eq!(rep.poll(), None);
}
