//! What the server counts of itself, for whoever watches over it. No label names a person, an org,
//! a call or a vendor, and every set of labels is small and closed.

use std::fmt;

use prometheus_client::encoding::text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use ringcraft_media::call::EndReason;
use ringcraft_media::record::ReplyTiming;

use crate::provider::Engine;

/// The type of what [`Metrics::text`] makes.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Bounds for what the server adds by itself, in seconds; its budget is a median of 30 ms.
const OWN_BUCKETS: [f64; 10] = [0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5];

/// Bounds for what outside systems take and the rules wait, in seconds: close together where the
/// rules have their times, from 200 ms to 2.5 s, and up to where a reply is given up.
const STAGE_BUCKETS: [f64; 18] =
    [0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.25, 1.5, 2.0, 2.5, 4.0, 8.0];

/// A name and its value; the name is the same for all values of one count.
type Label = [(&'static str, String); 1];

/// The counts of one node. A clone counts into the same.
#[derive(Clone, Debug)]
pub struct Metrics {
    stages: [Stage; 7],
    calls_ended: Family<Label, Counter>,
    engine_failures: Family<Label, Counter>,
    frames_sent: Counter,
    frames_late: Counter,
}

/// How many calls a node has, at the moment of asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load {
    /// Calls that are connected.
    pub live: usize,
    /// How many more would be taken.
    pub free: usize,
}

/// A part of the way to a reply's first sample.
#[derive(Clone)]
struct Stage {
    name: &'static str,
    help: &'static str,
    of: fn(&ReplyTiming) -> Option<u64>,
    took: Histogram,
}

impl Stage {
    fn new(
        name: &'static str,
        help: &'static str,
        buckets: &[f64],
        of: fn(&ReplyTiming) -> Option<u64>,
    ) -> Self {
        Self { name, help, of, took: Histogram::new(buckets.iter().copied()) }
    }
}

impl fmt::Debug for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stage").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let stage = |name, help, of| Stage::new(name, help, &STAGE_BUCKETS, of);
        let own = "What the server added to a reply by itself";
        Self {
            stages: [
                Stage::new("reply_own_seconds", own, &OWN_BUCKETS, ReplyTiming::own_ms),
                stage(
                    "reply_wait_seconds",
                    "From the end of the speech until the rule that ends a turn was met",
                    ReplyTiming::wait_ms,
                ),
                stage(
                    "reply_recogniser_seconds",
                    "From the end of the speech to the final that settled it",
                    ReplyTiming::recogniser_ms,
                ),
                stage(
                    "reply_first_text_seconds",
                    "From asking the model to the first of its text",
                    ReplyTiming::first_text_took_ms,
                ),
                stage(
                    "reply_first_chunk_seconds",
                    "From the first text until there was enough to be spoken",
                    ReplyTiming::first_chunk_took_ms,
                ),
                stage(
                    "reply_first_audio_seconds",
                    "From asking the voice to the first of its sound",
                    ReplyTiming::first_audio_took_ms,
                ),
                stage(
                    "reply_total_seconds",
                    "From the end of the rep's turn to the first sample of the reply",
                    ReplyTiming::total_ms,
                ),
            ],
            calls_ended: Family::default(),
            engine_failures: Family::default(),
            frames_sent: Counter::default(),
            frames_late: Counter::default(),
        }
    }
}

impl Metrics {
    /// Counts a reply whose first sample was sent.
    pub fn replied(&self, timing: &ReplyTiming) {
        for stage in &self.stages {
            if let Some(took_ms) = (stage.of)(timing) {
                stage.took.observe(took_ms as f64 / 1_000.0);
            }
        }
    }

    /// Counts a call that is over.
    pub fn call_ended(&self, reason: EndReason) {
        let name = serde_json::to_value(reason).ok();
        let name = name.as_ref().and_then(serde_json::Value::as_str).unwrap_or("unknown");
        self.calls_ended.get_or_create(&[("reason", name.to_owned())]).inc();
    }

    /// Counts something that an engine did not do, or that it was lost altogether.
    pub fn engine_failed(&self, engine: Engine) {
        let name = match engine {
            Engine::Recogniser => "recogniser",
            Engine::Model => "model",
            Engine::Voice => "voice",
        };
        self.engine_failures.get_or_create(&[("engine", name.to_owned())]).inc();
    }

    /// Counts frames that were sent, and those among them whose sound should have begun before.
    pub fn frames(&self, sent: u64, late: u64) {
        self.frames_sent.inc_by(sent);
        self.frames_late.inc_by(late);
    }

    /// Everything in the text format of OpenMetrics 1.0, which Prometheus reads.
    ///
    /// # Errors
    /// None that is known: a text takes what is written into it.
    pub fn text(&self, load: Load) -> Result<String, fmt::Error> {
        let mut registry = Registry::with_prefix("ringcraft");
        let gauge = |value: usize| {
            let gauge = Gauge::<i64>::default();
            gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
            gauge
        };
        registry.register("calls_live", "Calls that are connected", gauge(load.live));
        registry.register("call_slots_free", "How many more calls are taken", gauge(load.free));
        let ended = self.calls_ended.clone();
        registry.register("calls_ended", "Calls that are over, by their reason", ended);
        let failed = self.engine_failures.clone();
        registry.register("engine_failures", "What engines did not do, or their loss", failed);
        let (sent, late) = (self.frames_sent.clone(), self.frames_late.clone());
        registry.register("frames_sent", "Frames of 20 ms sent to clients", sent);
        registry.register("frames_late", "Frames sent after their sound should have begun", late);
        for stage in &self.stages {
            registry.register(stage.name, stage.help, stage.took.clone());
        }
        let mut page = String::new();
        text::encode(&mut page, &registry)?;
        Ok(page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happened_is_told_in_text() {
        let metrics = Metrics::default();
        // 600 ms of waiting, a decision 2 ms late, a first frame 3 ms after its sound.
        metrics.replied(&ReplyTiming {
            at_ms: 5_603,
            speech_end_ms: Some(4_100),
            final_ms: Some(4_480),
            due_ms: Some(4_700),
            committed_ms: Some(4_702),
            asked_ms: Some(4_702),
            first_text_ms: Some(5_102),
            first_chunk_ms: Some(5_202),
            first_audio_ms: Some(5_600),
        });
        // An opening line answers nothing: it counts for the model, the voice and the server alone.
        metrics.replied(&ReplyTiming {
            at_ms: 800,
            asked_ms: Some(400),
            first_text_ms: Some(410),
            first_chunk_ms: Some(410),
            first_audio_ms: Some(800),
            ..ReplyTiming::default()
        });
        metrics.call_ended(EndReason::BuyerHungUp);
        metrics.call_ended(EndReason::BuyerHungUp);
        metrics.clone().engine_failed(Engine::Voice);
        metrics.frames(50, 1);
        let text = metrics.text(Load { live: 3, free: 7 }).unwrap();
        for line in [
            "ringcraft_calls_live 3",
            "ringcraft_call_slots_free 7",
            "ringcraft_calls_ended_total{reason=\"buyer_hung_up\"} 2",
            "ringcraft_engine_failures_total{engine=\"voice\"} 1",
            "ringcraft_frames_sent_total 50",
            "ringcraft_frames_late_total 1",
            "ringcraft_reply_own_seconds_bucket{le=\"0.002\"} 1",
            "ringcraft_reply_own_seconds_bucket{le=\"0.005\"} 2",
            "ringcraft_reply_own_seconds_sum 0.005",
            "ringcraft_reply_wait_seconds_bucket{le=\"0.5\"} 0",
            "ringcraft_reply_wait_seconds_bucket{le=\"0.6\"} 1",
            "ringcraft_reply_recogniser_seconds_sum 0.38",
            "ringcraft_reply_first_text_seconds_count 2",
            "ringcraft_reply_first_chunk_seconds_sum 0.1",
            "ringcraft_reply_first_audio_seconds_count 2",
            "ringcraft_reply_total_seconds_sum 1.503",
            "ringcraft_reply_total_seconds_count 1",
            "# EOF",
        ] {
            assert!(text.lines().any(|known| known == line), "{line} is not in\n{text}");
        }
    }
}
