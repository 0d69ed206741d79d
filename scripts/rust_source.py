"""Reads just enough Rust to check boundaries: code without comments, strings and test code."""

import re
from bisect import bisect_right
from functools import cached_property
from pathlib import Path

TOKEN = re.compile(
    r"""(?P<line>//[^\n]*)
      | (?P<block>/\*)
      | (?<!\w)(?:b|c)?r(?P<hashes>\#*)"
      | (?<!\w)(?P<text>(?:b|c)?")
      | (?<!\w)b?'(?:\\(?:x[0-9a-fA-F]{2}|u\{[^}]*\}|.)|[^\\'\n])'""",
    re.VERBOSE,
)
TEXT_END = re.compile(r'(?:[^"\\]|\\.)*"', re.DOTALL)
COMMENT_EDGE = re.compile(r"/\*|\*/")
TEST_ITEM = re.compile(r"#\s*\[\s*cfg\s*\(\s*(?:test\b|all\s*\(\s*test\b)[^\]]*\]")
TEST_FILE = re.compile(TEST_ITEM.pattern + r"\s*(?:#\s*\[[^\]]*\]\s*)*(?:pub(?:\([^)]*\))?\s+)?mod\s+(\w+)\s*;")
USE = re.compile(r"\buse\s+([^;]+);")
INLINE = re.compile(r"(?<![\w:])(?:::\s*)?([A-Za-z_]\w*(?:\s*::\s*(?:<[^<>]*>\s*::\s*)?[A-Za-z_]\w*)+)")
NOT_NEWLINE = re.compile(r"[^\n]")


def blank(text):
    """Spaces in place of everything but line ends, so that places stay what they were."""
    return NOT_NEWLINE.sub(" ", text)


def expand(tree):
    """Every path of a use tree: `a::{b, c::*}` is a::b and a::c::*."""
    tree = tree.strip()
    head, brace, rest = tree.partition("{")
    if not brace:
        path = re.split(r"\s+as\s+", tree)[0]
        segments = [part.strip() for part in path.split("::") if part.strip()]
        yield segments[:-1] if segments[-1:] == ["self"] and 1 < len(segments) else segments
        return
    prefix = [part.strip() for part in head.split("::") if part.strip()]
    depth, start, inner = 0, 0, rest[: rest.rindex("}")]
    for place, char in enumerate(inner + ","):
        depth += (char == "{") - (char == "}")
        if char == "," and depth == 0:
            if inner[start:place].strip():
                yield from (prefix + ([] if leaf == ["self"] else leaf) for leaf in expand(inner[start:place]))
            start = place + 1


class RustSource:
    """One Rust file."""

    def __init__(self, text):
        self.line_starts = [0] + [end.end() for end in re.finditer("\n", text)]
        self.all_code, self.strings = self._strip(text)
        self.code = self._without_tests(self.all_code)

    def line(self, place):
        """The line of a place in the text, from 1."""
        return bisect_right(self.line_starts, place)

    def _strip(self, text):
        """The text with comments and literals blanked, and the strings with their lines."""
        kept, strings, place = [], [], 0
        while token := TOKEN.search(text, place):
            start, end = token.span()
            if token["block"]:
                depth = 1
                while depth and (edge := COMMENT_EDGE.search(text, end)):
                    depth += 1 if edge.group() == "/*" else -1
                    end = edge.end()
                if depth:
                    end = len(text)
            elif token["hashes"] is not None:
                close = text.find('"' + token["hashes"], end)
                close = len(text) if close < 0 else close
                strings.append((text[end:close], start))
                end = min(close + 1 + len(token["hashes"]), len(text))
            elif token["text"]:
                found = TEXT_END.match(text, end)
                close = found.end() if found else len(text)
                strings.append((text[end : close - 1], start))
                end = close
            kept += [text[place:start], blank(text[start:end])]
            place = end
        kept.append(text[place:])
        return "".join(kept), [(content, self.line(start)) for content, start in strings if content.strip()]

    @staticmethod
    def _without_tests(code):
        """The code with every `#[cfg(test)]` item blanked."""
        place = 0
        while test := TEST_ITEM.search(code, place):
            opening = re.compile(r"[{;]").search(code, test.end())
            end = opening.end() if opening else len(code)
            if opening and opening.group() == "{":
                depth = 1
                while depth and (brace := re.compile(r"[{}]").search(code, end)):
                    depth += 1 if brace.group() == "{" else -1
                    end = brace.end()
            code = code[: test.start()] + blank(code[test.start() : end]) + code[end:]
            place = end
        return code

    def test_modules(self):
        """The modules in files of their own that only tests compile: `#[cfg(test)] mod cases;`."""
        return TEST_FILE.findall(self.all_code)

    @cached_property
    def paths(self):
        """Every path that the code names outside tests, with its line; use trees are expanded."""
        found, rest = [], self.code
        for use in USE.finditer(self.code):
            found += [(leaf, self.line(use.start())) for leaf in expand(use.group(1)) if leaf]
            rest = rest[: use.start()] + blank(use.group()) + rest[use.end() :]
        for path in INLINE.finditer(rest):
            segments = re.findall(r"[A-Za-z_]\w*", re.sub(r"<[^<>]*>", "", path.group(1)))
            found.append((segments, self.line(path.start())))
        return found

    def own_paths(self, path):
        """The paths into our own code, absolute: `crate::` resolved, the media crate as `media`."""
        parts = list(Path(path).parts[1:])
        here = [part for part in parts[:-1] + [parts[-1].removesuffix(".rs")] if part not in ("mod", "lib", "main")]
        for segments, line in self.paths:
            if segments[0] == "crate":
                target = segments[1:]
            elif segments[0] == "ringcraft_media":
                target = ["media"] + segments[1:]
            elif segments[0] == "super":
                ups = next((n for n, part in enumerate(segments) if part != "super"), len(segments))
                target = here[: max(len(here) - ups, 0)] + segments[ups:]
            else:
                continue
            if target:
                yield target, line
