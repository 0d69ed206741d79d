//! A million random events through the invariants of a call, and what they allocate.
//!
//! Three figures: events a second in the simulator with every check on; events a second through the
//! call alone, from the logs of the same calls; and allocations, of which the floor makes none.

#![expect(clippy::print_stdout, reason = "a bench tells its figures")]

use std::process::ExitCode;

use criterion::measurement::{Measurement, WallTime};
use ringcraft_media::call::{Call, Setup};
use ringcraft_media::log::Entry;
use ringcraft_media::sim::{self, Chance, any_input, any_script, any_setup};
use ringcraft_media::turn::{Floor, Policy};
use ringcraft_media::units::{CallTime, Span};

const EVENTS: usize = 1_000_000;

/// So that a fuzzer of one core gets through a million in a minute.
const LEAST_PER_SECOND: f64 = 20_000.0;

/// Inputs after which every queue of a floor has its size.
const WARM: usize = 10_000;

/// Of every so many calls one goes through the call alone.
const SAMPLED: u64 = 10;

fn main() -> ExitCode {
    let (mut events, mut seed, mut sampled) = (0, 0, Vec::new());
    let start = WallTime.start();
    while events < EVENTS {
        seed += 1;
        let mut chance = Chance::Seed(seed);
        let (setup, script) = (any_setup(&mut chance), any_script(&mut chance));
        let outcome = sim::run(setup.clone(), script);
        events += outcome.events;
        if seed % SAMPLED == 0 {
            sampled.push((setup, outcome.log));
        }
    }
    let took = WallTime.end(start).as_secs_f64();
    let per_second = events as f64 / took;
    println!(
        "events: {events} events in {seed} calls with every check: {per_second:.0} a second \
         (budget {LEAST_PER_SECOND:.0})"
    );
    call_alone(&sampled);
    let allocated = floor_alone();
    println!("events: {allocated} allocations in {EVENTS} random inputs to floors (budget 0)");
    let is_within = LEAST_PER_SECOND <= per_second && allocated == 0;
    if is_within { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The events of logged calls, through fresh calls.
fn call_alone(logs: &[(Setup, Vec<Entry>)]) {
    let mut events = 0_u64;
    let start = WallTime.start();
    let measured = allocation_counter::measure(|| {
        for (setup, log) in logs {
            let mut call = Call::new(setup.clone());
            for entry in log {
                let Entry::Event { at, event, .. } = entry else { continue };
                call.handle(*at, event.clone());
                while let Some(command) = call.poll_command() {
                    std::hint::black_box(command);
                }
                events += 1;
            }
        }
    });
    let took = WallTime.end(start).as_secs_f64();
    println!(
        "events: {events} of them through the call alone: {:.0} a second, {:.2} allocations each",
        events as f64 / took,
        measured.count_total as f64 / events.max(1) as f64
    );
}

/// Random inputs to floors, a new one when a call has closed. Returns what was allocated in floors
/// that were warm.
fn floor_alone() -> u64 {
    let policy = Policy { call_limit: Span::ms(100 * 3_600_000), ..Policy::default() };
    let mut chance = Chance::Seed(1);
    let mut floor = Floor::new(policy.clone());
    let (mut now, mut told, mut allocated) = (CallTime::ZERO, 0, 0);
    for n in 0..EVENTS + WARM {
        if floor.is_closed() {
            floor = Floor::new(policy.clone());
            (now, told) = (CallTime::ZERO, 0);
        }
        now += Span::ms(u64::from(chance.below(60)));
        let input = any_input(&mut chance, &floor, now, told);
        told += 1;
        let measured = allocation_counter::measure(|| {
            floor.handle(now, input);
            while let Some(action) = floor.poll() {
                std::hint::black_box(action);
            }
        });
        if WARM <= n && 100 < told {
            allocated += measured.count_total;
        }
    }
    allocated
}
