//! How a rep who cuts in is served over real sockets: a real server with its own engines, a buyer
//! with much to say, and reps whose voices interrupt over WebSockets and WebRTC. Past a
//! budget, the bench fails.
//!
//! Times are those of the client, so they hold network, jitter buffer and queues, which the
//! simulated figures of `media/benches/barge_in.rs` do not. They count from a sample's own moment at
//! the microphone: the first sample of a frame is 20 ms old when the frame is sent.
//!
//! `RINGCRAFT_TEST_DATABASE_URL` names a Postgres in which a database may be made.
//! `cargo bench -p ringcraft --bench interruptions -- 20` cuts in twenty times over the WebSocket.

#![expect(clippy::print_stdout, reason = "a bench tells its figures")]

mod caller;
mod ear;
mod line;
mod speech;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use caller::{Caller, Interruption, Kind, Outcome};
use line::LinkKind;
use server::Server;
use speech::Listening;
use tokio::task::JoinSet;

#[path = "../../tests/support/server.rs"]
mod server;

/// Sentences with which reps cut in over the WebSocket, unless an argument says how many; over
/// WebRTC it is a third of them. For two sentences there is one word
/// of listening.
const CUTS: usize = 200;

/// Calls at the same time: as many as there are offline recognisers, unless settings say more.
const SOCKETS: usize = 3;
const PEERS: usize = 1;

/// Onset of speech to the last frame of the buyer.
const STOP_P50_MS: u64 = 220;
const STOP_P95_MS: u64 = 280;

/// Onset of speech to the event that says that the buyer was cut. Where two words are not recognised in
/// time the length of the speech decides: 700 ms from an onset that is found up to 100 ms late.
const CONFIRM_MS: u64 = 800;

/// End of a word of listening to the next frame of the buyer.
const RESUME_MS: u64 = 500;

/// Many times what a round takes: only a hang comes near.
const ROUND_WITHIN: Duration = Duration::from_secs(30);

fn main() -> ExitCode {
    let cuts = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(CUTS);
    let prompts = tempfile::tempdir().expect("a folder");
    speech::write_prompts(prompts.path());
    let folder = prompts.path().to_str().expect("a path in UTF-8");
    let server = Server::start(&[("RINGCRAFT_PROMPTS_DIR", folder)]);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let (socket, peer) = runtime.expect("a runtime").block_on(interrupt(&server, cuts));
    let is_within = told("WebSocket", &socket) & told("WebRTC", &peer);
    if is_within { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Holds all calls: what came of the interruptions over the WebSocket, and over WebRTC.
async fn interrupt(server: &Server, cuts: usize) -> (Vec<Interruption>, Vec<Interruption>) {
    let rounds = cuts.div_ceil(SOCKETS);
    let listening = Arc::new(Listening::speak());
    let mut callers = JoinSet::new();
    for number in 0..SOCKETS + PEERS {
        let link = if number < SOCKETS { LinkKind::WebSocket } else { LinkKind::WebRtc };
        let key = server.home().another_rep().api_key;
        let caller = Caller::new(number, server.url(), key, Arc::clone(&listening));
        let within = ROUND_WITHIN * u32::try_from(rounds).expect("few");
        callers.spawn(async move {
            let talk = tokio::time::timeout(within, caller.interrupt(link, rounds));
            (link, talk.await.expect("no call hangs"))
        });
    }
    let (mut socket, mut peer) = (Vec::new(), Vec::new());
    while let Some(caller) = callers.join_next().await {
        let (link, interruptions) = caller.expect("a caller that does not panic");
        match link {
            LinkKind::WebSocket => socket.extend(interruptions),
            LinkKind::WebRtc => peer.extend(interruptions),
        }
    }
    (socket, peer)
}

/// Tells the figures of a link. Says whether they are within budget.
fn told(link: &str, all: &[Interruption]) -> bool {
    let count = |wanted: fn(&Interruption) -> bool| all.iter().filter(|it| wanted(it)).count();
    let unnoticed = count(|it| it.outcome == Outcome::Unnoticed);
    println!(
        "interruptions: {link}: {} in all, {unnoticed} not noticed; {} words of listening cut the \
         buyer, {} sentences did not",
        all.len(),
        count(|it| it.kind == Kind::Listening && matches!(it.outcome, Outcome::Cut { .. })),
        count(|it| it.kind == Kind::Sentence && matches!(it.outcome, Outcome::Resumed { .. })),
    );
    let times = |of: fn(&Interruption) -> Option<Duration>| {
        let mut times: Vec<u64> =
            all.iter().filter_map(of).map(|time| time.as_millis() as u64).collect();
        times.sort_unstable();
        times
    };
    let checks = [
        within(
            link,
            "speech to the last frame",
            &times(Interruption::stop),
            STOP_P50_MS,
            STOP_P95_MS,
        ),
        within(link, "speech to the cut", &times(Interruption::confirm), CONFIRM_MS, CONFIRM_MS),
        within(
            link,
            "end of a word of listening to the voice",
            &times(Interruption::resume),
            RESUME_MS,
            RESUME_MS,
        ),
    ];
    checks.iter().all(|is_within| *is_within) && unnoticed == 0
}

/// Prints times that are sorted; says whether they keep the budget.
fn within(link: &str, what: &str, times: &[u64], p50_budget: u64, p95_budget: u64) -> bool {
    let rank = |percent: usize| times.get(times.len() * percent / 100).copied();
    let (Some(p50), Some(p95), Some(longest)) = (rank(50), rank(95), times.last()) else {
        println!("interruptions: {link}: {what}: never");
        return false;
    };
    println!(
        "interruptions: {link}: {what}: p50 {p50} ms (budget {p50_budget}), p95 {p95} ms (budget \
         {p95_budget}), longest {longest} ms, of {}",
        times.len()
    );
    p50 <= p50_budget && p95 <= p95_budget
}
