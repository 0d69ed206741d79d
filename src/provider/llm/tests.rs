use std::sync::Arc;
use std::time::Duration;

use ringcraft_media::call::Cue;
use ringcraft_media::record::Speaker;
use tokio::sync::mpsc::Receiver;
use tokio::time::timeout;

use super::*;
use crate::buyer::{Buyer, RepTurn};
use crate::persona::Library;
use crate::provider::{HistoryTurn, ModelUsage, PersonaModel};
use stand_in::{Answer, StandIn};

mod stand_in;

const START: &str = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_01\",\
    \"content\":[],\"usage\":{\"input_tokens\":42,\"cache_creation_input_tokens\":0,\
    \"cache_read_input_tokens\":2304,\"output_tokens\":1}}}\n\n";
const PING: &str = "event: ping\ndata: {\"type\":\"ping\"}\n\n";
const STOP: &str = "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";

fn text(piece: &str) -> String {
    let data = serde_json::json!({
        "type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": piece}
    });
    format!("event: content_block_delta\ndata: {data}\n\n")
}

fn end(reason: &str) -> String {
    let data = serde_json::json!({
        "type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": 17}
    });
    format!("event: message_delta\ndata: {data}\n\n{STOP}")
}

fn whole(reply: &str) -> String {
    format!("{START}{}{}", text(reply), end("end_turn"))
}

fn request() -> ReplyRequest {
    let library = Library::embedded().expect("the library is right");
    let scenario = library.scenario("rachel").expect("rachel");
    let (_, direction) =
        Buyer::new(Arc::clone(&scenario), 1).step(&RepTurn::silent(Cue::Opening, 0));
    let turn = |speaker, text: &str| HistoryTurn { speaker, text: text.to_owned() };
    let history = vec![
        turn(Speaker::Persona, "Hi, what's your —"),
        turn(Speaker::Rep, "Hello."),
        turn(Speaker::Rep, "This is Mark."),
    ];
    ReplyRequest { reply: ReplyId(3), scenario, history, direction }
}

fn claude(server: &StandIn) -> ClaudeModel {
    let config = ClaudeConfig {
        base_url: server.url.clone(),
        first_text: Duration::from_secs(10),
        ..ClaudeConfig::new("key-1".to_owned())
    };
    ClaudeModel::new(config).expect("a client")
}

/// All the text that went to the driver.
fn heard(events: &mut Receiver<ProviderEvent>) -> String {
    let mut heard = String::new();
    while let Ok(event) = events.try_recv() {
        match event {
            ProviderEvent::Model(ReplyId(3), ModelEvent::Text(text)) => heard.push_str(&text),
            other => panic!("unexpected: {other:?}"),
        }
    }
    heard
}

/// Has Claude reply once with these answers; yields the text, the result and the requests made.
async fn reply_to(answers: Vec<Answer>) -> (String, Result<ModelUsage, ProviderError>, usize) {
    let server = StandIn::start(answers).await;
    let (sender, mut events) = mpsc::channel(256);
    let result = claude(&server).reply(request(), sender).await;
    assert_eq!(server.faults(), Vec::<String>::new());
    (heard(&mut events), result, server.requests())
}

#[tokio::test]
async fn a_reply_is_streamed_and_its_cost_returned() {
    let stream = format!(
        "{START}{PING}event: content_block_start\ndata: {{\"type\":\"content_block_start\",\"index\":0,\
         \"content_block\":{{\"type\":\"text\",\"text\":\"\"}}}}\n\n{}{PING}event: novelty\ndata: ??\n\n{}{}",
        text("Okay, but *sighs* "),
        text("what's the rate?"),
        end("end_turn")
    );
    let (text, result, requests) = reply_to(vec![Answer::stream(stream.into_bytes(), 1_000)]).await;
    assert_eq!(text, "Okay, but what's the rate?");
    let usage = result.expect("a reply");
    assert_eq!((usage.input_tokens, usage.cache_read_tokens, usage.output_tokens), (42, 2304, 17));
    assert_eq!(requests, 1);
}

#[tokio::test]
async fn no_character_is_torn_by_the_network() {
    let spoken = "Né à Łódź — “quarante‑deux”, naïve… ok?";
    for size in [1, 2, 3, 7] {
        let answer = Answer::stream(whole(spoken).into_bytes(), size);
        let (text, result, _) = reply_to(vec![answer]).await;
        assert_eq!(text, spoken.replace(['“', '”'], ""), "by {size}");
        assert!(result.is_ok());
    }
}

#[tokio::test]
async fn an_error_before_the_first_words_is_tried_again_and_after_them_is_not() {
    let error = "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\
        \"message\":\"secret words\"}}\n\n";
    let early = Answer::stream(format!("{START}{error}").into_bytes(), 64);
    let (text, result, requests) =
        reply_to(vec![early, Answer::stream(whole("Yes.").into_bytes(), 64)]).await;
    assert_eq!((text.as_str(), result.is_ok(), requests), ("Yes.", true, 2));

    let late = Answer::stream_in(vec![
        format!("{START}{}", self::text("Well, then ")).into_bytes(),
        error.as_bytes().to_vec(),
    ]);
    let (text, result, requests) = reply_to(vec![late]).await;
    assert_eq!((text.as_str(), requests), ("Well, then", 1));
    let error = result.expect_err("it broke off");
    assert!(matches!(error, ProviderError::BrokeOff { .. }), "{error}");
    let shown = error.to_string();
    assert!(shown.contains("overloaded_error") && shown.contains("req_stand_in"), "{shown}");
    assert!(!shown.contains("secret"), "{shown}");
}

#[tokio::test]
async fn only_a_short_wait_is_waited() {
    let good = || Answer::stream(whole("Yes.").into_bytes(), 64);
    for (answer, requests, ok) in [
        (Answer::error(429, "rate_limit_error").header("retry-after", "0"), 2, true),
        (Answer::error(429, "rate_limit_error").header("retry-after", "30"), 1, false),
        (Answer::error(429, "rate_limit_error"), 1, false),
        (Answer::error(529, "overloaded_error"), 2, true),
        (Answer::error(500, "api_error"), 2, true),
        (Answer::error(500, "api_error").header("x-should-retry", "false"), 1, false),
        (Answer::error(401, "authentication_error"), 1, false),
        (Answer::error(400, "invalid_request_error"), 1, false),
    ] {
        let shown = format!("{answer:?}");
        let (text, result, made) = reply_to(vec![answer, good()]).await;
        assert_eq!((made, result.is_ok()), (requests, ok), "{shown}");
        assert_eq!(text, if ok { "Yes." } else { "" }, "{shown}");
    }
}

#[tokio::test]
async fn refusals_are_told_from_outages() {
    let kind = |error: ProviderError| match error {
        ProviderError::Unavailable { reason, .. } => format!("unavailable: {reason}"),
        ProviderError::Refused { reason, .. } => format!("refused: {reason}"),
        other => format!("{other:?}"),
    };
    let failed = |answer: Answer| async {
        let again = answer.clone();
        kind(reply_to(vec![answer, again]).await.1.expect_err("an error"))
    };
    assert_eq!(
        failed(Answer::error(401, "authentication_error")).await,
        "refused: HTTP 401, authentication_error, request req_stand_in"
    );
    assert_eq!(
        failed(Answer::error(529, "overloaded_error")).await,
        "unavailable: HTTP 529, overloaded_error, request req_stand_in"
    );
    assert_eq!(
        failed(Answer::error(404, "what the caller said")).await,
        "refused: HTTP 404, unknown error, request req_stand_in"
    );
    let declined = format!("{START}{}", end("refusal"));
    assert_eq!(
        failed(Answer::stream(declined.into_bytes(), 40)).await,
        "refused: the model declined to answer, request req_stand_in"
    );
}

#[tokio::test]
async fn a_reply_that_ran_into_its_limit_stands() {
    let stream = format!("{START}{}{}", text("Well, I suppose that"), end("max_tokens"));
    let (text, result, _) = reply_to(vec![Answer::stream(stream.into_bytes(), 9)]).await;
    assert_eq!(text, "Well, I suppose that");
    assert!(result.is_ok());
}

#[tokio::test]
async fn junk_breaks_the_reply_and_nothing_else() {
    let junk = [
        b"\xff\xfe\x00 not a stream at all".to_vec(),
        format!("{START}event: content_block_delta\ndata: {{\n\n").into_bytes(),
        format!("{START}{}", text("Hello there. ")).into_bytes(),
        Vec::new(),
    ];
    for bytes in junk {
        let (_, result, _) = reply_to(vec![Answer::stream(bytes.clone(), 5)]).await;
        let error = result.expect_err("junk");
        assert!(matches!(error, ProviderError::BrokeOff { .. }), "{bytes:?}: {error}");
    }
}

#[tokio::test]
async fn a_dropped_reply_closes_its_connection() {
    let begun = format!("{START}{}", text("Well, the thing is "));
    let server = StandIn::start(vec![Answer::stream_in(vec![begun.into_bytes()]).open()]).await;
    let (sender, mut events) = mpsc::channel(256);
    let model = claude(&server);
    {
        let mut reply = std::pin::pin!(model.reply(request(), sender));
        tokio::select! {
            result = &mut reply => panic!("it is not complete: {result:?}"),
            event = events.recv() => assert!(event.is_some()),
        }
    }
    timeout(Duration::from_secs(10), server.closed()).await.expect("the connection is closed");
}

#[tokio::test]
async fn a_reply_that_does_not_begin_in_time_is_given_up() {
    let server = StandIn::start(vec![Answer::stream_in(vec![START.into()]).open()]).await;
    let config = ClaudeConfig {
        base_url: server.url.clone(),
        first_text: Duration::from_millis(60),
        ..ClaudeConfig::new("key-1".to_owned())
    };
    let (sender, _events) = mpsc::channel(256);
    let result = ClaudeModel::new(config).expect("a client").reply(request(), sender).await;
    assert!(matches!(result, Err(ProviderError::TooSlow { .. })), "{result:?}");
}

#[tokio::test]
async fn a_slipped_mask_is_covered_by_the_scripted_line() {
    let (text, result, _) =
        reply_to(vec![Answer::stream(whole("As an AI, I cannot.").into_bytes(), 30)]).await;
    assert_eq!(text, request().direction.lines.join(" "));
    assert!(result.is_ok());
}

#[tokio::test]
async fn the_scripted_buyer_says_its_lines_word_by_word() {
    let mut asked = request();
    asked.direction.lines = vec!["Okay. What's that?".to_owned(), "We need one rate.".to_owned()];
    asked.direction.max_words = 7;
    let (sender, mut events) = mpsc::channel(256);
    ScriptedModel.reply(asked, sender).await.expect("it cannot fail");
    let mut pieces = 0;
    let mut said = String::new();
    while let Ok(ProviderEvent::Model(_, ModelEvent::Text(text))) = events.try_recv() {
        pieces += 1;
        said.push_str(&text);
    }
    assert_eq!(said, "Okay. What's that? We need one rate.");
    assert_eq!(pieces, 7);
}

#[tokio::test]
async fn a_call_that_is_over_ends_the_reply() {
    let (sender, events) = mpsc::channel(1);
    drop(events);
    let result = ScriptedModel.reply(request(), sender).await;
    assert!(matches!(result, Err(ProviderError::CallOver)), "{result:?}");
}

#[test]
fn the_key_is_never_shown() {
    let config = ClaudeConfig::new("sk-secret".to_owned());
    assert!(!format!("{config:?}").contains("secret"));
    let model = ClaudeModel::new(config).expect("a client");
    assert!(!format!("{model:?}").contains("secret"), "{model:?}");
    assert_eq!(model.name(), "claude-sonnet-4-6");
    let bad = ClaudeModel::new(ClaudeConfig::new("a\nb".to_owned())).expect_err("no header");
    assert!(bad.to_string().contains("ANTHROPIC_API_KEY"), "{bad}");
}
