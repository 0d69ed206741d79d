#!/usr/bin/env python3
"""Proves that every rule of boundaries.py fires, and that its near misses do not."""

import tempfile
import tomllib
import unittest
from pathlib import Path

import boundaries
from rust_source import RustSource, expand

REPOSITORY = Path(__file__).resolve().parent.parent
CONFIG = tomllib.loads((REPOSITORY / "scripts/boundaries.toml").read_text())

# Rule, file, a line that breaks the rule there.
FIRES = [
    ("arrow", "src/live/driver.rs", "use crate::http::routes;"),
    ("arrow", "src/live/driver.rs", "use crate::{clock, jobs::seal};"),
    ("arrow", "src/store/call.rs", "fn f() { crate::live::open(); }"),
    ("arrow", "src/store/call.rs", "use super::super::http;"),
    ("arrow", "src/kpi.rs", "use ringcraft_media::turn::Floor;"),
    ("arrow", "src/kpi/pace.rs", "use crate::clock::now;"),
    ("arrow", "src/buyer.rs", "use ringcraft_media::call::{Cue, Call};"),
    ("arrow", "src/buyer.rs", "use ringcraft_media::call::*;"),
    ("arrow", "src/compliance/rules.rs", "use crate::store as s;"),
    ("arrow", "src/transport.rs", "pub(crate) use crate::live::LiveCalls;"),
    ("arrow", "src/novelty.rs", "fn f() {}"),
    ("pure", "src/kpi.rs", "use tokio::sync::mpsc;"),
    ("pure", "src/buyer/step.rs", "fn f() { rand::random::<u8>(); }"),
    ("media", "media/src/turn.rs", "use std::{fs, fmt};"),
    ("media", "media/src/turn.rs", "fn f() { std::thread::yield_now(); }"),
    ("sql", "src/http/calls.rs", 'const Q: &str = "select id from call where id = $1";'),
    ("sql", "src/jobs.rs", 'const Q: &str = r#"INSERT INTO job (id) VALUES ($1)"#;'),
    ("sql", "src/jobs.rs", "const Q: &str = \"\n  update job\n  set state = 'done'\";"),
    ("sql", "src/live.rs", "use sqlx::PgPool;"),
    ("clock", "src/live/driver.rs", "fn f() { std::time::Instant::now(); }"),
    ("clock", "src/http.rs", "use std::time::SystemTime; fn f() { SystemTime::now(); }"),
    ("clock", "media/src/call.rs", "fn f() { Instant :: now(); }"),
    ("spawn", "src/live/driver.rs", "fn f() { tokio::spawn(async {}); }"),
    ("spawn", "src/http.rs", "use tokio::{spawn, sync::mpsc};"),
    ("spawn", "src/jobs.rs", "use tokio::task::spawn_blocking;"),
    ("spawn", "src/jobs.rs", "fn f() { std::thread::spawn(|| {}); }"),
    ("unbounded", "src/live.rs", "use tokio::sync::mpsc::{unbounded_channel, Sender};"),
    ("env", "src/provider/llm.rs", 'fn f() { std::env::var("ANTHROPIC_API_KEY"); }'),
    ("order", "src/buyer/step.rs", "use std::collections::HashMap;"),
    ("order", "media/src/log.rs", "fn f(set: std::collections::HashSet<u8>) {}"),
    ("unwrap", "src/http.rs", "fn f() { None::<u8>.unwrap(); }"),
    ("unwrap", "media/src/wav.rs", "fn f() { None::<u8>\n    .unwrap (); }"),
    ("stub", "src/http.rs", "fn f() { todo!() }"),
    ("stub", "media/src/turn.rs", "fn f() { unimplemented! () }"),
    ("ignored", "tests/call.rs", "#[test]\n#[ignore = \"slow\"]\nfn t() {}"),
    ("ignored", "media/src/vad.rs", "#[cfg(test)]\nmod tests {\n    #[should_panic]\n    fn t() {}\n}"),
    ("long", "web/src/call.ts", "let a = 1;\n" * (boundaries.MAX_LINES + 1)),
]

# File and a line that looks alike and is right.
PASSES = [
    ("src/http.rs", "use crate::{live::LiveCalls, persona::Scenario};"),
    ("src/kpi.rs", "use std::collections::BTreeMap; use ringcraft_media::record::{Speaker, Word};"),
    ("src/kpi/pace.rs", "use super::Kpis; use crate::kpi::Side;"),
    ("src/buyer.rs", "use ringcraft_media::call::{Cue, EndReason};"),
    ("src/store/call.rs", 'const Q: &str = "select id from call where id = $1";'),
    ("src/cli.rs", 'const HELP: &str = "select one from the list, or delete from disk by hand";'),
    ("src/cli.rs", 'const HELP: &str = "Select a scenario from prompts";'),
    ("src/http.rs", "// tokio::spawn(x).unwrap() and Instant::now() in a comment\nfn f() {}"),
    ("src/http.rs", "/* /* nested */ todo!() */ fn f() {}"),
    ("src/http.rs", 'const HELP: &str = "never .unwrap() or todo!()";'),
    ("src/http.rs", "fn f<'a>(x: &'a str) -> char { '\"' }"),
    ("src/http.rs", "#[cfg(test)]\nmod tests {\n    fn t() { Some(1).unwrap(); tokio::spawn(async {}); }\n}"),
    ("src/clock.rs", "fn now() { std::time::Instant::now(); }"),
    ("src/config.rs", 'fn f() { std::env::var("RINGCRAFT_LISTEN"); }'),
    ("src/jobs.rs", "fn f() { x.unwrap_or_default(); }"),
    ("src/jobs.rs", "fn f() { std::process::Command::new(\"flite\").spawn(); }"),
    ("tests/call.rs", "fn t() { tokio::spawn(async {}); Some(1).unwrap(); }"),
    ("web/src/call.ts", "let a = 1;\n" * boundaries.MAX_LINES),
]


def check(files, config=CONFIG):
    """The findings in a small tree."""
    manifests = {
        "Cargo.toml": '[dependencies]\ntokio = "1"\nrand = "0.10"\nserde = "1"\nringcraft-media = "1"\n',
        "media/Cargo.toml": '[dependencies]\nearshot = "1"\nserde.workspace = true\n',
    }
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for path, text in (manifests | files).items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        return list(boundaries.findings(root, config))


class Rules(unittest.TestCase):
    def test_every_rule_fires(self):
        for rule, path, text in FIRES:
            with self.subTest(rule=rule, path=path, text=text[:60]):
                self.assertEqual({(f.rule, f.path) for f in check({path: text + "\n"})}, {(rule, path)})

    def test_near_misses_pass(self):
        for path, text in PASSES:
            with self.subTest(path=path, text=text[:60]):
                self.assertEqual(check({path: text if text.endswith("\n") else text + "\n"}), [])

    def test_no_rule_is_without_a_case(self):
        self.assertEqual({rule for rule, _, _ in FIRES}, set(boundaries.RULES))

    def test_a_module_that_only_tests_compile_is_a_test(self):
        case = {"src/kpi/cases.rs": "fn t() { Some(1).unwrap(); }\n"}
        for parent in ("src/kpi.rs", "src/kpi/mod.rs"):
            with self.subTest(parent=parent):
                self.assertEqual(check(case | {parent: "#[cfg(test)]\n#[rustfmt::skip]\nmod cases;\n"}), [])
                self.assertEqual([f.rule for f in check(case | {parent: "mod cases;\n"})], ["unwrap"])

    def test_media_gains_no_crate_unseen(self):
        for kind in ("dependencies", "build-dependencies", "target.'cfg(unix)'.dependencies"):
            with self.subTest(kind=kind):
                found = check({"media/Cargo.toml": f'[{kind}]\ntokio = "1"\n'})
                self.assertEqual([f.rule for f in found], ["media"])
        self.assertEqual(check({"media/Cargo.toml": '[dev-dependencies]\nhound = "3"\n'}), [])

    def test_a_finding_names_its_line(self):
        found = check({"src/http.rs": "fn f() {}\n\n// a comment\nfn g() { todo!() }\n"})
        self.assertEqual([(f.line, f.what) for f in found], [(4, "todo!")])


class Ratchet(unittest.TestCase):
    found = [boundaries.Finding("unwrap", "src/a.rs", line, ".unwrap()") for line in (3, 9)]

    def settle(self, count, why="bounded by construction"):
        return boundaries.settle(self.found, {"unwrap": {"src/a.rs": {"count": count, "why": why}}})

    def test_as_many_as_counted_pass(self):
        self.assertEqual(self.settle(2), [])

    def test_more_than_counted_fail(self):
        self.assertEqual(len(self.settle(1)), 2)
        self.assertIn("src/a.rs:3: unwrap: .unwrap() (2 found, 1 counted as exceptions)", self.settle(1))

    def test_fewer_than_counted_fail(self):
        self.assertEqual(len(self.settle(3)), 1)
        self.assertIn("lower the count to 2", self.settle(3)[0])

    def test_an_exception_without_a_finding_fails(self):
        failures = boundaries.settle([], {"long": {"src/a.rs": {"count": 1, "why": "one big match"}}})
        self.assertEqual(failures, ["scripts/boundaries.toml: [except.long] src/a.rs: remove the line"])

    def test_an_exception_says_why(self):
        self.assertEqual(self.settle(2, why=" "), ["scripts/boundaries.toml: [except.unwrap] src/a.rs: say why"])

    def test_an_unknown_rule_fails(self):
        self.assertEqual(len(boundaries.settle([], {"unwarp": {}})), 1)


class Source(unittest.TestCase):
    def test_use_trees_expand(self):
        tree = "a::{self, b::{c, d as e}, f::*}"
        self.assertEqual(list(expand(tree)), [["a"], ["a", "b", "c"], ["a", "b", "d"], ["a", "f", "*"]])

    def test_literals_and_comments_leave_the_code(self):
        text = 'let a = "x\\"y"; // "z"\nlet b = r#"q"q"#; let c = \'"\'; /* "w" */ let d = b"v";'
        source = RustSource(text)
        self.assertEqual(source.strings, [('x\\"y', 1), ('q"q', 2), ("v", 2)])
        self.assertEqual(len(source.code), len(text))
        for gone in "xyzqwv":
            self.assertNotIn(gone, source.code)

    def test_what_does_not_end_is_read_to_its_end(self):
        for text in ('let a = "x', 'let a = r#"x', "/* x", "#[cfg(test)] mod t { fn f("):
            with self.subTest(text=text):
                self.assertNotIn("x", RustSource(text).code.replace("xt", ""))


if __name__ == "__main__":
    unittest.main()
