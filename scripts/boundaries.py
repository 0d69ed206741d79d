#!/usr/bin/env python3
"""Fails when the code crosses a line that the compiler does not draw.

    scripts/boundaries.py            check the repository
    scripts/boundaries.py --rules    say what is checked

The lines are in scripts/boundaries.toml: which module may use which, and the counted exceptions.
"""

import re
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

try:
    import tomllib
except ModuleNotFoundError:
    sys.exit("boundaries: needs Python 3.11 or later (for tomllib); this is " + sys.version.split()[0])

from rust_source import RustSource

MAX_LINES = 500
LONG_SUFFIXES = {".rs", ".py", ".sh", ".ts", ".tsx", ".css"}
SKIPPED_FOLDERS = {"target", "node_modules", "dist", ".git", ".local"}

# What each rule wants, in the words a failing build prints.
RULES = {
    "arrow": "dependencies point inward: http -> live -> {transport, provider, persona, store, buyer, media}",
    "pure": "a module that decides uses no crate that performs",
    "media": "`media` has no async, network or random crate, and no file, socket, thread or environment",
    "sql": "SQL lives in src/store",
    "clock": "clocks are read in src/clock.rs; everyone else is told the time",
    "spawn": "tasks are spawned by a scope that waits for them",
    "unbounded": "every channel is bounded by a named constant",
    "env": "the environment is read in src/config.rs",
    "order": "what decides keeps no hash maps: their order is not ours",
    "unwrap": "no unwrap outside tests: an error, or expect(\"why it cannot happen\")",
    "stub": "no todo!, no unimplemented!",
    "ignored": "a test runs: no #[ignore], no #[should_panic]",
    "long": f"a file past {MAX_LINES} lines says why",
}

# Paths by their last segments, and the rule that forbids them.
FORBIDDEN_PATHS = [
    ("Instant::now", "clock"), ("SystemTime::now", "clock"),
    ("Utc::now", "clock"), ("Local::now", "clock"), ("OffsetDateTime::now_utc", "clock"),
    ("tokio::spawn", "spawn"), ("task::spawn", "spawn"), ("task::spawn_local", "spawn"),
    ("spawn_blocking", "spawn"), ("thread::spawn", "spawn"), ("thread::Builder", "spawn"),
    ("unbounded_channel", "unbounded"), ("mpsc::unbounded", "unbounded"),
    ("env::var", "env"), ("env::var_os", "env"), ("env::vars", "env"), ("env::vars_os", "env"),
]
PERFORMING_STD = [("std", part) for part in ("fs", "net", "thread", "env", "process", "os")]
DECIDING = {"buyer", "kpi", "compliance"}
HASHED = {"HashMap", "HashSet", "DefaultHasher", "RandomState"}

# The grammar after the table's name keeps prose such as "select one from the list" out.
SQL = re.compile(
    r"""\bselect\s[^;]*\bfrom\s+[\w."]+\s*(?:$|;|,|\)|\b(?:where|order|group|limit|join|left|inner|for|as|returning)\b)
      | \binsert\s+into\s+[\w."]+\s*(?:\(|\b(?:values|select|default)\b)
      | \bupdate\s+[\w."]+\s+set\s+[\w."]+\s*=
      | \bdelete\s+from\s+[\w."]+\s*(?:$|;|\bwhere\b)
      | \b(?:create|alter|drop)\s+(?:table|index|policy|role)\s+\w""",
    re.VERBOSE,
)


@dataclass(frozen=True)
class Finding:
    """One place that breaks a rule."""

    rule: str
    path: str
    line: int
    what: str


def module_of(path):
    """The top-level module of a file below src: src/live/scope.rs is live."""
    return Path(path).parts[1].removesuffix(".rs")


def matches(segments, wanted):
    """Whether a path ends in the wanted segments."""
    return tuple(segments[-len(wanted):]) == tuple(wanted)


def allowed(segments, may_use):
    """Whether a list of names such as "store" or "media::record" covers a path."""
    return any(
        name == "*" or tuple(segments[: len(name.split("::"))]) == tuple(name.split("::"))
        for name in may_use
    )


def check_arrows(path, source, modules, crates):
    """What a file of the server uses, against what its module may use."""
    module = module_of(path)
    if module not in modules:
        yield Finding("arrow", path, 1, f"say in scripts/boundaries.toml what module `{module}` may use")
        return
    rules = modules[module]
    for segments, line in source.own_paths(path):
        if segments[0] == "media":
            known = True
        else:
            known = segments[0] in modules and segments[0] != module
        if known and not allowed(segments, rules["may_use"]):
            yield Finding("arrow", path, line, f"`{module}` may not use `{'::'.join(segments)}`")
    if "crates" in rules:
        for segments, line in source.paths:
            if segments[0] in crates and segments[0] not in rules["crates"]:
                yield Finding("pure", path, line, f"`{module}` may not use the crate `{segments[0]}`")


def check_paths(path, source):
    """Calls that are made in one place only."""
    at_home = {"src/clock": "clock", "src/config": "env"}.get("/".join(Path(path).parts[:2]).removesuffix(".rs"))
    for segments, line in source.paths:
        for wanted, rule in FORBIDDEN_PATHS:
            if rule != at_home and matches(segments, wanted.split("::")):
                yield Finding(rule, path, line, "::".join(segments))
                break
    for call in re.finditer(r"\.\s*unwrap\s*\(\s*\)", source.code):
        yield Finding("unwrap", path, source.line(call.start()), ".unwrap()")
    for macro in re.finditer(r"\b(todo|unimplemented)\s*!", source.code):
        yield Finding("stub", path, source.line(macro.start()), macro.group(1) + "!")


def check_hash_maps(path, source):
    """Collections whose order changes from run to run, where results must not."""
    for name in re.finditer(r"\b(?:" + "|".join(sorted(HASHED)) + r")\b", source.code):
        yield Finding("order", path, source.line(name.start()), name.group())


def check_media(path, source):
    """The deciding crate performs nothing and knows nothing of the server."""
    for segments, line in source.paths:
        if tuple(segments[:2]) in PERFORMING_STD or segments[0] == "ringcraft":
            yield Finding("media", path, line, "::".join(segments))


def check_sql(path, source):
    """Statements and the database crate, outside the store."""
    if module_of(path) == "store":
        return
    for text, line in source.strings:
        first = text.split()[0]
        if (first.islower() or first.isupper()) and SQL.search(text.lower()):
            yield Finding("sql", path, line, "a statement: " + " ".join(text.split())[:60])
    for segments, line in source.paths:
        if segments[0] in ("sqlx", "tokio_postgres"):
            yield Finding("sql", path, line, "::".join(segments))


def check_tests(path, source):
    """Tests that do not run, or pass by failing."""
    for name in re.finditer(r"#\s*\[\s*(ignore|should_panic)\b", source.all_code):
        yield Finding("ignored", path, source.line(name.start()), f"#[{name.group(1)}]")


def check_media_manifest(manifest, permitted):
    """The crates `media` is built on."""
    tables = [manifest] + list(manifest.get("target", {}).values())
    for table in tables:
        for kind in ("dependencies", "build-dependencies"):
            for name in table.get(kind, {}):
                if name not in permitted:
                    yield Finding("media", "media/Cargo.toml", 1, f"{kind}: {name}")


def test_places(sources):
    """The files and folders that only tests compile, without suffix."""
    places = set()
    for path, source in sources.items():
        file = Path(path)
        folder = file.parent if file.stem in ("lib", "main", "mod") else file.with_suffix("")
        places |= {folder / module for module in source.test_modules()}
    return places


def check_file(path, source, config, crates, only_tests):
    """Every rule that looks at one Rust file."""
    yield from check_tests(path, source)
    place = Path(path).with_suffix("")
    if only_tests & {place, *place.parents}:
        return
    if path.startswith("src/"):
        yield from check_paths(path, source)
        yield from check_arrows(path, source, config["modules"], crates)
        yield from check_sql(path, source)
        if module_of(path) in DECIDING:
            yield from check_hash_maps(path, source)
    elif path.startswith("media/src/"):
        yield from check_paths(path, source)
        yield from check_media(path, source)
        yield from check_hash_maps(path, source)


def findings(root, config):
    """Everything in a tree that breaks a rule, exceptions not yet taken off."""
    server = tomllib.loads((root / "Cargo.toml").read_text())
    media = tomllib.loads((root / "media/Cargo.toml").read_text())
    crates = {name.replace("-", "_") for name in server.get("dependencies", {})} - {"ringcraft_media"}
    yield from check_media_manifest(media, config["media"]["crates"])
    sources = {}
    for file in sorted(root.rglob("*")):
        path = file.relative_to(root).as_posix()
        if SKIPPED_FOLDERS & set(Path(path).parts) or file.suffix not in LONG_SUFFIXES or not file.is_file():
            continue
        text = file.read_text()
        lines = text.count("\n")
        if MAX_LINES < lines:
            yield Finding("long", path, lines, f"{lines} lines")
        if file.suffix == ".rs":
            sources[path] = RustSource(text)
    only_tests = test_places(sources)
    for path, source in sources.items():
        yield from check_file(path, source, config, crates, only_tests)


def settle(found, exceptions):
    """Takes the counted exceptions off and returns what fails, as lines for people."""
    places = defaultdict(list)
    for finding in found:
        places[finding.rule, finding.path].append(finding)
    failures = []
    for rule in exceptions.keys() - RULES.keys():
        failures.append(f"scripts/boundaries.toml: [except.{rule}]: there is no such rule")
    counts = {}
    for rule, files in exceptions.items():
        for path, entry in files.items():
            counts[rule, path] = entry["count"]
            if not entry.get("why", "").strip():
                failures.append(f"scripts/boundaries.toml: [except.{rule}] {path}: say why")
    for (rule, path), listed in sorted(places.items()):
        permitted = counts.get((rule, path), 0)
        if permitted < len(listed):
            note = f" ({len(listed)} found, {permitted} counted as exceptions)" if permitted else ""
            failures += [f"{f.path}:{f.line}: {rule}: {f.what}{note}" for f in listed]
    for (rule, path), permitted in sorted(counts.items()):
        left = len(places.get((rule, path), []))
        if left < permitted:
            act = f"lower the count to {left}" if left else "remove the line"
            failures.append(f"scripts/boundaries.toml: [except.{rule}] {path}: {act}")
        elif permitted == 0:
            failures.append(f"scripts/boundaries.toml: [except.{rule}] {path}: a count of 0 is no exception")
    return failures


def main(arguments):
    """Checks the repository that this script lies in."""
    if arguments == ["--rules"]:
        for rule, wish in RULES.items():
            print(f"{rule:10} {wish}")
        return 0
    root = Path(__file__).resolve().parent.parent
    config = tomllib.loads((root / "scripts/boundaries.toml").read_text())
    failures = settle(findings(root, config), config.get("except", {}))
    for failure in failures:
        print(failure, file=sys.stderr)
    if failures:
        broken = {rule for rule in RULES if any(f": {rule}: " in line for line in failures)}
        for rule in sorted(broken):
            print(f"  {rule}: {RULES[rule]}", file=sys.stderr)
        print(f"boundaries: {len(failures)} to mend", file=sys.stderr)
        return 1
    print(f"boundaries: {len(RULES)} rules hold")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
