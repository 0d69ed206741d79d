#!/usr/bin/env python3
"""Proves that each fault of media/tests/faults.rs would be found, by making it.

    scripts/mutations.py            every fault; some minutes
    scripts/mutations.py 04 12      these

Each mutation is one change of media/src as a naive author would have written it. It is made in a
copy of the repository, and the fault's own test has to fail there. Where the code that a mutation
changes is gone, say anew how the fault would be made; where a test no longer fails, it tests nothing.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target")).resolve()

# A call of the simulator ends by its limit; only a loop without time takes so long.
WITHIN_S = 600

# Fault, the change in words, the code as it is, the code as it would be. The code stands once in media/src.
MUTATIONS = [
    ("01", "words that come after their turn was taken are the next turn's",
     "filter(|spoken| answers <= spoken.last_finalise)", "filter(|_| answers < NO_FINALISE)"),
    ("02", "a late final is a turn of its own: words after the commit begin one",
     "filter(|spoken| answers <= spoken.last_finalise)", "filter(|_| answers < NO_FINALISE)"),
    ("02", "a late final leaves the reply as it is that was asked for without it",
     "            && recent\n", "            && !recent\n"),
    ("03", "any word interrupts",
     "if 0 < words.taking() { self.interrupt(now)", "if 0 < words.count { self.interrupt(now)"),
    ("04", "the record holds what was made of a cut reply",
     "Ending::Interrupted | Ending::CutShort => self.heard(now)",
     "Ending::Interrupted | Ending::CutShort => Span(u64::MAX)"),
    ("04", "the record holds what was sent of a cut reply",
     "Ending::Interrupted | Ending::CutShort => self.heard(now)",
     "Ending::Interrupted | Ending::CutShort => self.sent(now)?"),
    ("05", "of a reply that is cut the record keeps nothing",
     "            self.publish(heard);\n        }\n        self.command(Command::Heard",
     "            if !cut {\n                self.publish(heard);\n            }\n        }\n"
     "        self.command(Command::Heard"),
    ("06", "the first sound of a reply is waited for as long as it takes",
     "first_audio: Span::ms(8_000)", "first_audio: Span::ms(60_000)"),
    ("06", "the rest of a reply is waited for as long as it takes",
     "starved: Span::ms(3_000)", "starved: Span::ms(60_000)"),
    ("07", "the recogniser's final is waited for",
     "recogniser: Span::ms(1_200)", "recogniser: Span::ms(5_000)"),
    ("08", "sound is sent half a second ahead",
     "OUTPUT_LEAD: Span = Span::ms(40)", "OUTPUT_LEAD: Span = Span::ms(500)"),
    ("11", "the wait for an answer counts from the commit",
     "TurnEnd::spoken(taken.end,", "TurnEnd::spoken(self.now,"),
    ("12", "a reply that fails is asked for again for ever",
     "                if retried {", "                if retried && now == CallTime::ZERO {"),
]


def copy_of_repository(folder):
    """Copies what git knows, as it is now."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=REPOSITORY, check=True, capture_output=True)
    for name in listed.stdout.decode().split("\0"):
        if name and (REPOSITORY / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(REPOSITORY / name, folder / name)


def failing(folder):
    """The faults whose tests fail there."""
    command = ["cargo", "test", "--quiet", "-p", "ringcraft-media", "--test", "faults"]
    environment = {**os.environ, "CARGO_TARGET_DIR": str(TARGET), "RUST_BACKTRACE": "0"}
    run = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=WITHIN_S)
    if not re.search(r"^test result: ", run.stdout, re.MULTILINE):
        sys.exit(f"mutations: the tests did not run:\n{run.stderr}")
    return set(re.findall(r"^    fault_(\d+)_", run.stdout, re.MULTILINE))


def try_out(folder, fault, change, before, after):
    """Makes one fault and takes it back. Says whether its test failed."""
    places = [path for path in sorted((folder / "media/src").rglob("*.rs")) if before in path.read_text()]
    found = sum(path.read_text().count(before) for path in places)
    if found != 1:
        print(f"{fault}: {change}: GONE: this stands {found} times in media/src:\n{before}", flush=True)
        return False
    sound = places[0].read_text()
    places[0].write_text(sound.replace(before, after))
    failed = failing(folder)
    places[0].write_text(sound)
    verdict = "found" if fault in failed else "NOT FOUND"
    others = ", ".join(sorted(failed - {fault})) or "none"
    print(f"{fault}: {change}: {verdict}; other tests that fail: {others}", flush=True)
    return fault in failed


def main():
    wanted = set(sys.argv[1:])
    chosen = [mutation for mutation in MUTATIONS if not wanted or mutation[0] in wanted]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        copy_of_repository(folder)
        if failed := failing(folder):
            sys.exit(f"mutations: fails as it is: {', '.join(sorted(failed))}")
        results = [try_out(folder, *mutation) for mutation in chosen]
    print(f"mutations: {sum(results)} of {len(results)} faults are found")
    return 0 if results and all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
