//! What a call was like, for people and for programs.

use std::fmt::Write as _;
use std::path::PathBuf;

use ringcraft_media::units::{SampleRate, Span};
use serde::Serialize;
use serde_json::Value;

use super::CallArgs;
use super::link::LinkKind;
use super::rep::Rep;
use super::rtp_speaker::Reception;
use super::server::CallState;
use super::session::Conversation;

/// Everything about a call. Times are milliseconds on the client's clock since `call.connected`.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    call: CallState,
    scenario: String,
    /// How the audio travelled.
    link: LinkKind,
    sample_rate: SampleRate,
    /// How the buyer's sound arrived, where it came as packets.
    reception: Option<Reception>,
    /// Whether every file was spoken to its end.
    complete: bool,
    turns: Vec<TurnReport>,
    latency: Latency,
    events: Vec<EventReport>,
    faults: Vec<String>,
    kpis: Option<Value>,
    /// The sound files on the client's side.
    files: Vec<PathBuf>,
}

#[derive(Debug, Serialize)]
struct TurnReport {
    turn: usize,
    file: String,
    barged: bool,
    /// When the first frame was sent.
    began_ms: i64,
    /// When the frame with the last speech was sent.
    speech_ended_ms: Option<i64>,
    /// When the last frame was sent.
    ended_ms: Option<i64>,
    /// The reply that answers it, and when its first sample arrived.
    reply: Option<u32>,
    first_audio_ms: Option<i64>,
    latency_ms: Option<i64>,
}

/// How long the answers took: nearest-rank percentiles of the turns that were answered.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Latency {
    turns: usize,
    median_ms: Option<i64>,
    p95_ms: Option<i64>,
}

#[derive(Debug, Serialize)]
struct EventReport {
    received_ms: i64,
    event: Value,
}

impl Report {
    /// Reports on a call that took place.
    pub(crate) fn new(
        args: &CallArgs,
        talk: Conversation,
        call: CallState,
        kpis: Option<Value>,
    ) -> Self {
        let Conversation { rep, received, faults } = talk;
        let zero = rep.connected().unwrap_or_default();
        let turns = turns(&rep, zero);
        let events = received.into_iter().filter_map(|received| {
            let event = serde_json::from_str(&received.json).ok()?;
            Some(EventReport { received_ms: since(zero, received.at), event })
        });
        Self {
            call,
            scenario: args.scenario.clone(),
            link: args.link,
            sample_rate: args.rate,
            reception: rep.reception(),
            complete: turns.len() == rep.clip_count()
                && turns.last().is_none_or(|turn| turn.ended_ms.is_some()),
            latency: Latency::of(turns.iter().filter_map(|turn| turn.latency_ms)),
            turns,
            events: events.collect(),
            faults,
            kpis,
            files: args.out.iter().chain(&args.out_stereo).cloned().collect(),
        }
    }

    /// The report for people: the turns, the numbers and where everything is.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = self.write_turns(&mut text);
        let _ = self.write_kpis(&mut text);
        let _ = self.write_reception(&mut text);
        let _ = self.write_links(&mut text);
        for file in &self.files {
            let _ = writeln!(text, "  {:<14} {}", "on this side", file.display());
        }
        for fault in &self.faults {
            let _ = writeln!(text, "fault: {fault}");
        }
        text
    }

    fn write_turns(&self, text: &mut String) -> std::fmt::Result {
        if self.turns.is_empty() {
            return Ok(());
        }
        writeln!(text, "\nYour turns, in time since the call was connected:")?;
        writeln!(text, " turn  finished  answered     wait  file")?;
        for turn in &self.turns {
            let answered = turn.first_audio_ms.map_or("-".into(), clock);
            let wait = turn.latency_ms.map_or("-".into(), |ms| format!("{ms} ms"));
            let finished = turn.speech_ended_ms.map_or("-".into(), clock);
            let barged = if turn.barged { " (cut in)" } else { "" };
            writeln!(
                text,
                "{:>5}  {finished:>8}  {answered:>8}  {wait:>7}  {}{barged}",
                turn.turn, turn.file
            )?;
        }
        if 1 < self.latency.turns
            && let (Some(median), Some(p95)) = (self.latency.median_ms, self.latency.p95_ms)
        {
            writeln!(
                text,
                "wait for an answer: median {median} ms, p95 {p95} ms over {} turns",
                self.latency.turns
            )?;
        }
        if !self.complete {
            writeln!(text, "the call ended before every file was spoken")?;
        }
        Ok(())
    }

    fn write_kpis(&self, text: &mut String) -> std::fmt::Result {
        let Some(kpis) = &self.kpis else { return Ok(()) };
        let lines: Vec<String> = SHOWN_KPIS
            .iter()
            .filter_map(|(name, path, unit)| {
                Some(format!("  {name:<28} {}", unit.show(kpis.pointer(path)?)?))
            })
            .collect();
        if lines.is_empty() {
            return Ok(());
        }
        writeln!(text, "\nThe numbers:\n{}", lines.join("\n"))
    }

    fn write_reception(&self, text: &mut String) -> std::fmt::Result {
        let Some(reception) = self.reception else { return Ok(()) };
        let Reception { packets, missing, rebuilt, late, jitter_us, .. } = reception;
        writeln!(
            text,
            "\n{packets} packets came, {late} of them too late; {missing} were missing, of which \
             {rebuilt} were rebuilt from the next; jitter {} ms",
            jitter_us / 1_000
        )
    }

    /// Where to listen. The other links are long, and wanted by programs.
    fn write_links(&self, text: &mut String) -> std::fmt::Result {
        let reason = self.call.end_reason.as_deref().map_or("it is not known why", in_words);
        writeln!(text, "\nCall {} ended: {reason}", self.call.id)?;
        if let Some(Value::String(link)) = self.call.links.get("recording") {
            writeln!(text, "  {:<14} {link}", "listen")?;
            writeln!(
                text,
                "  {:<14} --json prints the links to WAV, record, KPIs and log",
                "more"
            )?;
        }
        Ok(())
    }
}

/// Why a call ended, in words for the rep.
fn in_words(reason: &str) -> &str {
    match reason {
        "rep_hung_up" => "you hung up",
        "buyer_hung_up" => "the buyer hung up",
        "completed" => "the conversation was over",
        "rep_silent" => "nothing was heard from you",
        "rep_lost" => "the server no longer heard this side",
        "time_limit" => "it took the longest time a call may",
        "vendor_lost" => "a service the buyer needs was lost",
        "server_drain" => "the server was stopped",
        "server_lost" => "the server was lost",
        other => other,
    }
}

/// How a number is shown to people.
#[derive(Clone, Copy)]
enum Unit {
    /// As it is.
    Plain,
    /// To the nearest whole number.
    Whole,
    /// Milliseconds as seconds and tenths.
    Seconds,
}

impl Unit {
    fn show(self, value: &Value) -> Option<String> {
        match (self, value) {
            (Self::Plain, Value::String(text)) => Some(text.clone()),
            (Self::Plain, Value::Number(number)) => Some(number.to_string()),
            (Self::Whole, Value::Number(number)) => Some(format!("{:.0}", number.as_f64()?)),
            (Self::Seconds, Value::Number(number)) => {
                Some(format!("{:.1} s", number.as_f64()? / 1_000.0))
            }
            _ => None,
        }
    }
}

/// The KPIs that people see here: name, place in the document, unit.
const SHOWN_KPIS: [(&str, &str, Unit); 8] = [
    ("talk, you : buyer", "/call/talk_listen/display", Unit::Plain),
    ("words a minute, you", "/rep/wpm", Unit::Whole),
    ("words a minute, buyer", "/persona/wpm", Unit::Whole),
    ("longest monologue, you", "/rep/longest_monologue_ms", Unit::Seconds),
    ("interruptions by you", "/rep/interruptions/count", Unit::Plain),
    ("interruptions by the buyer", "/persona/interruptions/count", Unit::Plain),
    ("your response, median", "/rep/response_ms/median", Unit::Seconds),
    ("talking at once", "/call/overlap_ms", Unit::Seconds),
];

impl Latency {
    fn of(latencies: impl Iterator<Item = i64>) -> Self {
        let mut sorted: Vec<i64> = latencies.collect();
        sorted.sort_unstable();
        let rank = |percent: usize| {
            let rank = (sorted.len() * percent).div_ceil(100).checked_sub(1)?;
            sorted.get(rank).copied()
        };
        Self { turns: sorted.len(), median_ms: rank(50), p95_ms: rank(95) }
    }
}

fn turns(rep: &Rep, zero: Span) -> Vec<TurnReport> {
    rep.turns()
        .zip(1..)
        .map(|((clip, turn), number)| TurnReport {
            turn: number,
            file: clip.name.clone(),
            barged: turn.barged,
            began_ms: since(zero, turn.began),
            speech_ended_ms: turn.speech_ended.map(|at| since(zero, at)),
            ended_ms: turn.ended.map(|at| since(zero, at)),
            reply: turn.answer().map(|(reply, _)| reply.0),
            first_audio_ms: turn.answer().map(|(_, at)| since(zero, at)),
            latency_ms: turn.latency_ms(),
        })
        .collect()
}

/// Milliseconds from one moment to another, to the nearest, perhaps negative.
fn since(zero: Span, at: Span) -> i64 {
    (at + Span(500)).as_ms() as i64 - (zero + Span(500)).as_ms() as i64
}

/// A time on the call's clock as people read it: minutes, seconds and tenths.
pub(crate) fn clock(ms: i64) -> String {
    let tenths = ms.max(0) / 100;
    format!("{:02}:{:02}.{}", tenths / 600, tenths / 10 % 60, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_minutes_seconds_and_tenths() {
        assert_eq!(clock(12_449), "00:12.4");
        assert_eq!(clock(605_000), "10:05.0");
        assert_eq!(clock(-3), "00:00.0");
    }

    #[test]
    fn numbers_are_shown_as_people_read_them() {
        let show = |unit: Unit, value: Value| unit.show(&value);
        assert_eq!(show(Unit::Whole, 189.87.into()).as_deref(), Some("190"));
        assert_eq!(show(Unit::Seconds, 10_880.into()).as_deref(), Some("10.9 s"));
        assert_eq!(show(Unit::Seconds, 0.into()).as_deref(), Some("0.0 s"));
        assert_eq!(show(Unit::Plain, "68:32".into()).as_deref(), Some("68:32"));
        assert_eq!(show(Unit::Plain, 3.into()).as_deref(), Some("3"));
        assert_eq!(show(Unit::Seconds, Value::Null), None, "what is not known is not shown");
    }

    #[test]
    fn every_reason_has_words() {
        use ringcraft_media::call::EndReason::*;
        for reason in [
            RepHungUp,
            BuyerHungUp,
            Completed,
            RepSilent,
            RepLost,
            TimeLimit,
            VendorLost,
            ServerDrain,
            ServerLost,
        ] {
            let name = serde_json::to_value(reason).unwrap();
            let name = name.as_str().unwrap();
            assert_ne!(in_words(name), name);
        }
        assert_eq!(in_words("something_new"), "something_new");
    }

    #[test]
    fn percentiles_are_nearest_rank() {
        let of = |values: &[i64]| Latency::of(values.iter().copied());
        assert_eq!(of(&[]), Latency { turns: 0, median_ms: None, p95_ms: None });
        assert_eq!(of(&[9]), Latency { turns: 1, median_ms: Some(9), p95_ms: Some(9) });
        let four = of(&[40, -10, 30, 20]);
        assert_eq!(four, Latency { turns: 4, median_ms: Some(20), p95_ms: Some(40) });
        let twenty: Vec<i64> = (1..=20).collect();
        assert_eq!(of(&twenty).p95_ms, Some(19));
    }

    #[test]
    fn moments_before_the_call_are_negative() {
        assert_eq!(since(Span::ms(100), Span::ms(60)), -40);
        assert_eq!(since(Span(100_400), Span(200_600)), 101, "each to the nearest");
    }
}
