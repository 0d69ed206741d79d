//! `ringcraft call`: a rep without a person, who speaks files into a call and listens.

mod account;
mod clip;
mod error;
mod link;
mod loudspeaker;
mod narrator;
pub mod peer;
mod rep;
mod report;
pub mod rtp_speaker;
mod server;
mod session;
mod sound_file;
mod speaker;
mod trust;
pub mod wire;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;

use clap::Args;
use ringcraft_media::call::EndReason;
use ringcraft_media::units::{SampleRate, Span};
use serde_json::Value;

use self::account::Caller;
use self::clip::{Clip, ClipError};
use self::error::CallError;
use self::link::Link;
pub use self::link::LinkKind;
use self::link::webrtc::WebRtc;
use self::link::websocket::AudioSocket;
use self::loudspeaker::Loudspeaker;
use self::narrator::Narrator;
use self::peer::Path;
use self::rep::{Barge, Rep, Script};
use self::report::Report;
use self::server::{CallState, OpenCall, Server};
use self::session::Conversation;
use self::sound_file::SoundFiles;
pub(crate) use self::trust::Trust;
use crate::config;

/// Which call is made, by whom, and what is said in it.
#[derive(Clone, Debug, Args)]
pub struct CallArgs {
    /// Address of the server.
    #[arg(long, default_value = "http://127.0.0.1:8080", value_name = "URL")]
    pub url: String,

    /// Trusts the certificates in this PEM file and no others: for a server with RINGCRAFT_TLS=self,
    /// tls/certificate.pem in its data folder.
    #[arg(long, value_name = "FILE")]
    pub ca_cert: Option<PathBuf>,

    /// Scenario to practise.
    #[arg(long, default_value = "rachel", value_name = "ID")]
    pub scenario: String,

    /// How the audio travels.
    #[arg(long, value_enum, default_value_t = LinkKind::Websocket, value_name = "KIND")]
    pub link: LinkKind,

    /// With `--link webrtc`: over TCP, where a network lets no UDP through.
    #[arg(long)]
    pub rtc_tcp: bool,

    /// WAV file to say; give it once for each turn. Without any, the rep stays silent.
    #[arg(long, value_name = "FILE")]
    pub say: Vec<PathBuf>,

    /// Writes what was heard to this WAV file, on the call's clock with its silences.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,

    /// Writes both sides to this WAV file: left what was sent, right what was heard.
    #[arg(long, value_name = "FILE")]
    pub out_stereo: Option<PathBuf>,

    /// Prints one JSON object at the end, and nothing else on standard output.
    #[arg(long)]
    pub json: bool,

    /// Samples a second of the audio both ways: 8000, 16000 or 48000.
    #[arg(long, default_value = "16000", value_name = "HZ", value_parser = rate)]
    pub rate: SampleRate,

    /// How long to wait after the buyer has finished, in milliseconds.
    #[arg(long, default_value_t = 400, value_name = "MS")]
    pub after_ms: u32,

    /// Cuts in: says the next file once MS milliseconds of the answer to turn TURN were heard.
    /// Turns count from 1; 0 is the buyer's opening. May be given several times.
    #[arg(long, value_name = "TURN:MS")]
    pub barge: Vec<BargeArg>,

    /// Stays silently on the line for this long after the last answer.
    #[arg(long, default_value_t = 0, value_name = "SECONDS")]
    pub hold: u32,

    /// Hangs up after this long, whatever happens.
    #[arg(long, default_value_t = 1200, value_name = "SECONDS")]
    pub timeout: u32,

    /// Calls as this person of the demo org [default: its first rep].
    #[arg(long = "as", value_name = "E-MAIL")]
    pub account: Option<String>,

    /// The accounts of the demo org [default: demo-accounts.json in .local/data, or in
    /// RINGCRAFT_DATA_DIR]. Without this flag they are used with a server on this machine only.
    #[arg(long, value_name = "FILE")]
    pub accounts: Option<PathBuf>,
}

/// `TURN:MS`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BargeArg {
    /// The turn whose answer is cut, 0 for the opening.
    pub turn: usize,
    /// How much of the answer is heard before.
    pub after_ms: u32,
}

impl FromStr for BargeArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once(':').and_then(|(turn, after_ms)| {
            Some(Self { turn: turn.parse().ok()?, after_ms: after_ms.parse().ok()? })
        });
        parts.ok_or_else(|| "give a turn and milliseconds, as in 2:800".to_owned())
    }
}

fn rate(text: &str) -> Result<SampleRate, String> {
    let hz: u32 = text.parse().map_err(|_| "give 8000, 16000 or 48000".to_owned())?;
    SampleRate::try_from(hz).map_err(|error| error.to_string())
}

/// Why the arguments make no call.
#[derive(Debug, thiserror::Error)]
enum ArgError {
    #[error("--rtc-tcp is for --link webrtc; a WebSocket travels over TCP anyway")]
    RtcTcp,
    #[error("--say {0}")]
    Say(#[from] ClipError),
    #[error("--barge {turn}:{after_ms} cuts in with file {}, but there are {files}", turn + 1)]
    Barge { turn: usize, after_ms: u32, files: usize },
}

/// Makes the call and reports on standard output.
///
/// # Errors
/// When the call did not take place: what to do is in the message.
pub async fn run(args: CallArgs) -> anyhow::Result<ExitCode> {
    place(&args, &mut std::io::stdout()).await
}

/// Makes the call and reports to `out`.
///
/// # Errors
/// When the call did not take place: what to do is in the message.
pub async fn place(args: &CallArgs, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let script = match script(args) {
        Ok(script) => script,
        Err(error) => {
            eprintln!("ringcraft call: {error}");
            return Ok(ExitCode::from(2));
        }
    };
    let Caller { api_key, who } = account::caller(args, config::environment)?;
    if let Some(introduction) = who.introduction() {
        eprintln!("{introduction}");
    }
    let files = SoundFiles::create(args.out.as_deref(), args.out_stereo.as_deref(), args.rate)?;
    let trust = Trust::of(args.ca_cert.as_deref())?;
    let server = Server::at(&args.url, api_key, &trust)?;
    let call = server.open(&args.scenario).await.map_err(|error| error.explained(&who))?;
    let talk = match talk(args, script, &server, &call, &trust, out).await {
        Ok(talk) => talk,
        Err(error) => {
            server.give_up(&call).await;
            return Err(error.into());
        }
    };
    let (sent, heard) = talk.rep.legs();
    files.write(&sent, &heard)?;
    if !args.json {
        writeln!(out, "The recording and the numbers are being made ...")?;
    }
    let report = report(args, &server, &call, talk).await;
    if args.json {
        serde_json::to_writer(&mut *out, &report)?;
        writeln!(out)?;
    } else {
        out.write_all(report.text().as_bytes())?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn script(args: &CallArgs) -> Result<Script, ArgError> {
    if args.rtc_tcp && args.link != LinkKind::Webrtc {
        return Err(ArgError::RtcTcp);
    }
    let files = args.say.len();
    if let Some(&BargeArg { turn, after_ms }) = args.barge.iter().find(|barge| files <= barge.turn)
    {
        return Err(ArgError::Barge { turn, after_ms, files });
    }
    let barge = |arg: &BargeArg| Barge { turn: arg.turn, after: Span::ms(arg.after_ms.into()) };
    Ok(Script {
        clips: args.say.iter().map(|path| Clip::read(path, args.rate)).collect::<Result<_, _>>()?,
        after: Span::ms(args.after_ms.into()),
        barges: args.barge.iter().map(barge).collect(),
        hold: Span::ms(u64::from(args.hold) * 1_000),
        limit: Span::ms(u64::from(args.timeout) * 1_000),
    })
}

/// Connects and holds the call to its end.
async fn talk(
    args: &CallArgs,
    script: Script,
    server: &Server,
    call: &OpenCall,
    trust: &Trust,
    out: &mut dyn Write,
) -> Result<Conversation, CallError> {
    let rate = args.rate;
    let talk = match args.link {
        LinkKind::Websocket => {
            let link = AudioSocket::open(&call.audio_url(), rate, trust).await?;
            let rep = Rep::new(rate, script, Loudspeaker::of_replies(rate));
            hold(link, rep, args, out).await?
        }
        LinkKind::Webrtc => {
            let path = if args.rtc_tcp { Path::Tcp } else { Path::Udp };
            let link = WebRtc::open(server, call, path, rate).await?;
            let rep = Rep::new(rate, script, Loudspeaker::of_rtp(rate));
            hold(link, rep, args, out).await?
        }
    };
    if talk.rep.connected().is_none() {
        let why = talk.faults.last().cloned();
        return Err(CallError::NotConnected(
            why.unwrap_or_else(|| "the server did not say `call.connected` within 10 s".into()),
        ));
    }
    Ok(talk)
}

/// Holds the call to its end and tells of it, where people read.
async fn hold(
    link: impl Link,
    rep: Rep,
    args: &CallArgs,
    out: &mut dyn Write,
) -> Result<Conversation, CallError> {
    if args.json {
        return Ok(session::hold(link, rep, &mut |_| {}).await);
    }
    let mut narrator = Narrator::new(out);
    let talk = session::hold(link, rep, &mut |live| narrator.tell(live)).await;
    narrator.end()?;
    Ok(talk)
}

/// Waits for the artefacts. The call took place: what is missing of them is a fault in its report.
async fn report(
    args: &CallArgs,
    server: &Server,
    call: &OpenCall,
    mut talk: Conversation,
) -> Report {
    let state = match server.sealed(call).await {
        Ok(state) => state,
        Err(error) => {
            let ended = talk.rep.ended();
            talk.faults.push(if ended == Some(EndReason::ServerDrain) {
                "the server has stopped; the recording is there when it runs again".to_owned()
            } else {
                error.to_string()
            });
            CallState::unknown(call.id, ended)
        }
    };
    if state.was_never_connected() {
        talk.faults.push("there is no recording: no audio reached the server".to_owned());
    } else if !state.is_completed() && state.is_known() {
        let fault = format!("the recording is not there yet: the call is {}", state.status);
        talk.faults.push(fault);
    }
    let mut kpis = None;
    if let Some(Value::String(url)) = state.links.get("kpis") {
        match server.document(url).await {
            Ok(document) => kpis = Some(document),
            Err(error) => talk.faults.push(error.to_string()),
        }
    }
    Report::new(args, talk, state, kpis)
}
