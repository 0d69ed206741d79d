//! A hundred calls over WebRTC through one real port, with a buyer that talks half the time: what
//! each costs the server, and how evenly its sound leaves. Past a budget, the bench fails.
//!
//! The server is a process of its own, this program started again, so that what the callers cost is
//! not counted. `RINGCRAFT_TEST_DATABASE_URL` names a Postgres in which a database may be made.
//!
//! `cargo bench -p ringcraft --bench webrtc_calls -- 50` holds fifty: where a hundred fill the machine,
//! what a call costs and how it is paced is seen with fewer.

#![expect(clippy::print_stdout, reason = "a bench tells its figures")]

use std::process::ExitCode;
use std::time::Duration;

use tokio::task::JoinSet;

use caller::{Arrivals, Caller};
use node::{Figures, Node};

mod caller;
mod engines;
mod node;
mod process;

/// Calls at the same time, unless an argument says how many.
const CALLS: usize = 100;

/// Calls that begin in one second: nobody's hundred reps call within one and the same.
const CONNECTS_A_SECOND: u32 = 10;

/// Long enough for the first replies.
const SETTLED_AFTER: Duration = Duration::from_secs(15);

/// How long is measured.
const MEASURED_FOR: Duration = Duration::from_secs(40);

/// Of a core, for a call, Opus included.
const CORE_BUDGET_PERCENT: f64 = 1.1;

/// How much later the slowest of a hundred frames may leave than a bare timer thread wakes.
const PACING_BUDGET: Duration = Duration::from_millis(3);

fn main() -> ExitCode {
    if std::env::args().any(|argument| argument == node::AS_NODE) {
        return node::serve();
    }
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let measured = runtime.expect("a runtime").block_on(measure());
    if told(&measured) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What was measured.
struct Measured {
    calls: usize,
    before: Figures,
    begun: Figures,
    ended: Figures,
    arrivals: Arrivals,
    connected: usize,
}

async fn measure() -> Measured {
    let calls = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(CALLS);
    let mut node = Node::start();
    let before = node.figures().await;
    let mut callers = JoinSet::new();
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let mut pace = tokio::time::interval(Duration::from_secs(1) / CONNECTS_A_SECOND);
    for number in 0..calls {
        pace.tick().await;
        let caller = Caller::connect(number, &mut node).await;
        callers.spawn(caller.talk(stopped.clone()));
    }
    tokio::time::sleep(SETTLED_AFTER).await;
    let begun = node.figures().await;
    tokio::time::sleep(MEASURED_FOR).await;
    let ended = node.figures().await;
    stop.send_replace(true);
    let mut arrivals = Arrivals::default();
    let mut connected = 0;
    while let Some(caller) = callers.join_next().await {
        let heard = caller.expect("a caller that does not panic");
        connected += usize::from(heard.packets() != 0);
        arrivals.add(heard);
    }
    Measured { calls, before, begun, ended, arrivals, connected }
}

/// Tells the figures. Says whether they are within budget.
fn told(measured: &Measured) -> bool {
    let Measured { calls, before, begun, ended, arrivals, connected } = measured;
    let each = *calls as f64;
    let wall = (ended.wall - begun.wall).as_secs_f64();
    let core = 100.0 * (ended.cpu - begun.cpu).as_secs_f64() / wall / each;
    let memory = (ended.resident_bytes as f64 - before.resident_bytes as f64) / each / 1e6;
    let handles = (ended.handles as f64 - before.handles as f64) / each;
    let spoken = arrivals.packets() as f64 * 0.02;
    let (pacing, timer) = (arrivals.percentile(99), ended.timer_p99);
    println!("webrtc_calls: {connected} of {calls} calls heard their buyer, {spoken:.0} s in all");
    println!("webrtc_calls: {core:.2} % of a core a call (budget {CORE_BUDGET_PERCENT})");
    println!("webrtc_calls: {memory:.2} MB and {handles:.2} file handles a call");
    println!(
        "webrtc_calls: frames late by p50 {:?}, p99 {pacing:?}, max {:?}; a bare 20 ms timer p99 {timer:?}",
        arrivals.percentile(50),
        arrivals.percentile(100),
    );
    println!("webrtc_calls: {} packets to the callers were lost", arrivals.lost());
    connected == calls && core <= CORE_BUDGET_PERCENT && pacing <= timer + PACING_BUDGET
}
