//! What was said in a call: as JSON, as text to be read, as WebVTT beside the recording.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::completed;
use crate::app::App;
use crate::http::access::ContentAccess;
use crate::http::error::{ApiError, ErrorBody};
use crate::http::page::Filter;
use crate::model::CallId;
use crate::store::transcript;

/// Behind what was cut off, where a field cannot say it.
const CUT_OFF: &str = " [cut off]";

/// Which transcript is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct TranscriptQuery {
    /// The newest, where nothing is said.
    version: Option<i32>,
    /// What the `Accept` header prefers, where nothing is said; else JSON.
    #[param(inline)]
    format: Option<Format>,
}

/// Which version is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct VersionQuery {
    /// The newest, where nothing is said.
    version: Option<i32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Format {
    Json,
    Txt,
    Vtt,
}

/// What was said in a call.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Transcript {
    /// 1 is what was recognised live.
    version: i32,
    /// In order of their beginning.
    utterances: Vec<Utterance>,
}

/// What one side said in one go.
#[derive(Debug, Serialize, ToSchema)]
struct Utterance {
    seq: i32,
    /// `rep` or `persona`.
    speaker: String,
    start_ms: i64,
    end_ms: i64,
    text: String,
    /// Whether the other side cut it off.
    interrupted: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct TranscriptAnswer {
    transcript: Transcript,
}

impl From<transcript::Transcript> for Transcript {
    fn from(read: transcript::Transcript) -> Self {
        let utterances = read.utterances.into_iter().map(|said| Utterance {
            seq: said.seq,
            speaker: said.speaker,
            start_ms: said.start_ms,
            end_ms: said.end_ms,
            text: said.text,
            interrupted: said.interrupted,
        });
        Self { version: read.version, utterances: utterances.collect() }
    }
}

/// Gives the transcript of a completed call.
#[utoipa::path(get, path = "/api/calls/{id}/transcript", tag = "calls",
    params(("id" = CallId, Path), TranscriptQuery),
    responses(
        (status = 200, description = "What was said", content(
            (TranscriptAnswer = "application/json"), (String = "text/plain"), (String = "text/vtt"),
        )),
        (status = 404, description = "There is no such call, none you may see, or no such version", body = ErrorBody),
        (status = 409, description = "The call is not completed", body = ErrorBody),
    ))]
pub(in crate::http) async fn transcript(
    State(app): State<Arc<App>>,
    access: ContentAccess,
    Filter(query): Filter<TranscriptQuery>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let format = query.format.unwrap_or_else(|| accepted(&headers));
    let shown = show(&app, access, query.version, format).await?;
    Ok(([(header::VARY, "accept")], shown).into_response())
}

/// Gives the transcript of a completed call as text, each utterance on a line.
#[utoipa::path(get, path = "/api/calls/{id}/transcript.txt", tag = "calls",
    params(("id" = CallId, Path), VersionQuery),
    responses(
        (status = 200, description = "What was said", body = String, content_type = "text/plain"),
        (status = 404, description = "There is no such call, none you may see, or no such version", body = ErrorBody),
        (status = 409, description = "The call is not completed", body = ErrorBody),
    ))]
pub(in crate::http) async fn transcript_txt(
    State(app): State<Arc<App>>,
    access: ContentAccess,
    Filter(query): Filter<VersionQuery>,
) -> Result<Response, ApiError> {
    show(&app, access, query.version, Format::Txt).await
}

/// Gives the transcript of a completed call as WebVTT, to be shown beside its recording.
#[utoipa::path(get, path = "/api/calls/{id}/transcript.vtt", tag = "calls",
    params(("id" = CallId, Path), VersionQuery),
    responses(
        (status = 200, description = "What was said", body = String, content_type = "text/vtt"),
        (status = 404, description = "There is no such call, none you may see, or no such version", body = ErrorBody),
        (status = 409, description = "The call is not completed", body = ErrorBody),
    ))]
pub(in crate::http) async fn transcript_vtt(
    State(app): State<Arc<App>>,
    access: ContentAccess,
    Filter(query): Filter<VersionQuery>,
) -> Result<Response, ApiError> {
    show(&app, access, query.version, Format::Vtt).await
}

async fn show(
    app: &App,
    ContentAccess(access): ContentAccess,
    version: Option<i32>,
    format: Format,
) -> Result<Response, ApiError> {
    let row = completed(&access).await?;
    let read = transcript::read(&access.scope, access.call, version).await?.ok_or_else(|| {
        let message = "the call has no transcript of this version";
        ApiError::new(StatusCode::NOT_FOUND, "unknown_version", message).field("version")
    })?;
    let transcript = Transcript::from(read);
    let scenario = app.scenarios.iter().find(|scenario| scenario.id == row.scenario_id);
    let buyer = scenario.map_or("Buyer", |scenario| scenario.persona.name.as_str());
    let (media_type, text) = match format {
        Format::Json => return Ok(Json(TranscriptAnswer { transcript }).into_response()),
        Format::Txt => ("text/plain; charset=utf-8", transcript.text(buyer)),
        Format::Vtt => ("text/vtt; charset=utf-8", transcript.web_vtt(buyer)),
    };
    Ok(([(header::CONTENT_TYPE, media_type)], text).into_response())
}

/// What a client likes best of what there is; JSON where it likes all the same, or nothing of it.
fn accepted(headers: &HeaderMap) -> Format {
    let lines = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let mut best = (Format::Json, 0.0);
    for range in lines.flat_map(|line| line.split(',')) {
        let mut parts = range.split(';').map(str::trim);
        let format = match parts.next().map(str::to_ascii_lowercase).as_deref() {
            Some("application/json" | "application/*" | "*/*") => Format::Json,
            Some("text/vtt") => Format::Vtt,
            Some("text/plain") => Format::Txt,
            _ => continue,
        };
        let weight = parts.find_map(|part| part.strip_prefix("q=")?.parse::<f32>().ok());
        let weight = weight.unwrap_or(1.0);
        if best.1 < weight {
            best = (format, weight);
        }
    }
    best.0
}

impl Transcript {
    /// To be read: a line each, with where it begins.
    fn text(&self, buyer: &str) -> String {
        let mut text = String::new();
        for said in &self.utterances {
            let (at, who) = (clock_time(said.start_ms), said.who(buyer));
            let cut = if said.interrupted { CUT_OFF } else { "" };
            let _ = writeln!(text, "{at} {who}: {}{cut}", one_line(&said.text));
        }
        text
    }

    /// WebVTT (W3C, Candidate Recommendation of 4 April 2019), a cue each.
    fn web_vtt(&self, buyer: &str) -> String {
        let mut text = String::from("WEBVTT\n");
        for said in &self.utterances {
            // A cue has to end after it begins.
            let end_ms = said.end_ms.max(said.start_ms + 1);
            let cut = if said.interrupted { CUT_OFF } else { "" };
            let _ = write!(
                text,
                "\n{}\n{} --> {}\n<v {}>{}{cut}</v>\n",
                said.seq,
                clock_time(said.start_ms),
                clock_time(end_ms),
                escaped(&one_line(said.who(buyer))),
                escaped(&one_line(&said.text)),
            );
        }
        text
    }
}

impl Utterance {
    fn who<'a>(&self, buyer: &'a str) -> &'a str {
        if self.speaker == "rep" { "Rep" } else { buyer }
    }
}

/// A time on the call's clock, as WebVTT writes it.
fn clock_time(ms: i64) -> String {
    let (s, ms) = (ms / 1_000, ms % 1_000);
    let (min, s) = (s / 60, s % 60);
    let (h, min) = (min / 60, min % 60);
    format!("{h:02}:{min:02}:{s:02}.{ms:03}")
}

/// A line break would end a cue.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transcript() -> Transcript {
        let said = |seq, speaker: &str, start_ms, end_ms, text: &str, interrupted| Utterance {
            seq,
            speaker: speaker.to_owned(),
            start_ms,
            end_ms,
            text: text.to_owned(),
            interrupted,
        };
        Transcript {
            version: 1,
            utterances: vec![
                said(0, "persona", 0, 1_250, "Hello?", false),
                said(1, "rep", 3_661_007, 3_661_007, "5 < 6 & 7 > 2 -->\n\nWEBVTT", false),
                said(2, "persona", 3_662_000, 3_663_000, "Somebody quoted me  six and", true),
            ],
        }
    }

    #[test]
    fn a_transcript_is_text_to_be_read() {
        assert_eq!(
            transcript().text("Rachel"),
            "00:00:00.000 Rachel: Hello?\n\
             01:01:01.007 Rep: 5 < 6 & 7 > 2 --> WEBVTT\n\
             01:01:02.000 Rachel: Somebody quoted me six and [cut off]\n"
        );
    }

    #[test]
    fn nothing_that_is_said_breaks_out_of_its_cue() {
        assert_eq!(
            transcript().web_vtt("Dr. <b>"),
            "WEBVTT\n\n\
             0\n00:00:00.000 --> 00:00:01.250\n<v Dr. &lt;b&gt;>Hello?</v>\n\n\
             1\n01:01:01.007 --> 01:01:01.008\n<v Rep>5 &lt; 6 &amp; 7 &gt; 2 --&gt; WEBVTT</v>\n\n\
             2\n01:01:02.000 --> 01:01:03.000\n<v Dr. &lt;b&gt;>Somebody quoted me six and [cut off]</v>\n"
        );
    }

    #[test]
    fn a_client_gets_what_it_likes_best() {
        let table = [
            (None, Format::Json),
            (Some("*/*"), Format::Json),
            (Some("text/vtt"), Format::Vtt),
            (Some("TEXT/VTT; charset=utf-8"), Format::Vtt),
            (Some("text/plain, */*;q=0.8"), Format::Txt),
            (Some("text/plain;q=0.5, text/vtt;q=0.6"), Format::Vtt),
            (Some("text/plain;q=0.5, application/json"), Format::Json),
            (Some("text/html,application/xml;q=0.9,*/*;q=0.8"), Format::Json),
            (Some("image/png"), Format::Json),
            (Some("text/vtt;q=0"), Format::Json),
            (Some(";;,,q="), Format::Json),
        ];
        for (accept, format) in table {
            let headers = accept.map(|accept| (header::ACCEPT, accept.parse().unwrap()));
            assert_eq!(accepted(&HeaderMap::from_iter(headers)), format, "{accept:?}");
        }
    }
}
