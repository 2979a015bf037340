#!/usr/bin/env python3
"""Reads the project's own sources and fails on what the compiler accepts and the project does not.

Usage: tidy_test.py [--root FOLDER]     reads a source tree: this one, unless another is named
       tidy_test.py --self-test         breaks each rule once in a scratch tree and sees that it is noticed

Each rule is a function that yields findings; RULES lists them all. Where the layers stand is in layers.txt.
"""
import argparse
import collections
import os
import pathlib
import re
import subprocess
import sys

Finding = collections.namedtuple("Finding", "rule path line text")

CODE = (".h", ".cpp", ".c")
SOURCE = CODE + (".def", ".lua", ".py", ".sh", ".cmake", ".txt", ".md")
WIDE = (".def", ".md", ".txt", ".cmake")  # tables, sentences and lists: a line may be as long as it needs
COLUMNS = 120
LINES = 600
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')

# What belongs to somebody's machine, or to the place a package is fetched from, and not to the project.
# In two pieces each, so that this list does not find itself.
WORDS = [
    r"(?<![\w.~$}])/" + r"work/",
    r"\.\./" + r"shared\b",
    r"\bpypi" + r"\.org\b",
    r"\bpython" + r"hosted\.org\b",
    r"\bnpm" + r"js\.(?:com|org)\b",
    r"\bcrates" + r"\.io\b",
    r"\bruby" + r"gems\.org\b",
    r"\bproxy\.golang" + r"\.org\b",
    r"\bconda\.ana" + r"conda\.org\b",
]
MARKERS = re.compile(r"\b(?:FIX" + r"ME|XX" + r"X)\b")


class Tree:
    """The files of a source tree: those that git tracks or would track; all of them where there is no git."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.paths = sorted(path for path in self._list() if (self.root / path).is_file())
        self.path_set = set(self.paths)
        self._texts = {}

    def _list(self):
        if (self.root / ".git").exists():
            command = ["git", "-C", str(self.root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
            answer = subprocess.run(command, capture_output=True, check=False)
            if answer.returncode == 0:
                return set(filter(None, answer.stdout.decode().split("\0")))
        found = set()
        for folder, folders, files in os.walk(self.root):
            folders[:] = [name for name in folders if name not in (".git", "build", ".cache", "__pycache__")]
            found.update((pathlib.Path(folder) / name).relative_to(self.root).as_posix() for name in files)
        return found

    def text(self, path):
        """The file's text; None if it is not UTF-8."""
        if path not in self._texts:
            try:
                self._texts[path] = (self.root / path).read_bytes().decode("utf-8")
            except UnicodeDecodeError:
                self._texts[path] = None
        return self._texts[path]

    def lines(self, path):
        return enumerate((self.text(path) or "").split("\n"), 1)

    def is_script(self, path):
        return "." not in os.path.basename(path) and (self.text(path) or "").startswith("#!")

    def sources(self, suffixes, scripts=False):
        return [path for path in self.paths if path.endswith(suffixes) or (scripts and self.is_script(path))]

    def includes(self, path):
        """(line, is quoted, name) of every #include."""
        for number, line in self.lines(path):
            match = INCLUDE.match(line)
            if match:
                yield number, match.group(1) == '"', match.group(2)


def is_in(path, folder):
    return path == folder or path.startswith(folder + "/")


class Layers:
    """layers.txt: which folder may include which, and which libraries."""

    def __init__(self, tree):
        self.path = "tests/tidy/layers.txt"
        self.rows = {}  # folder -> folders and files it may include, transitively
        self.libraries = []  # (header names, [(folder, files_max or None)])
        self.findings = []
        for number, line in tree.lines(self.path) if self.path in tree.path_set else ():
            left, colon, right = line.split("#")[0].partition(":")
            if not left.strip():
                continue
            if not colon:
                self.findings.append(Finding("layers", self.path, number, "a row is 'folder: what it builds on'"))
            elif left.startswith("<"):
                self._add_library(left, right)
            else:
                self._add_row(left.strip(), right.split(), number)

    def _add_library(self, left, right):
        allowed = []
        for item in right.split():
            match = re.fullmatch(r"(.*)\((\d+)\)", item)
            allowed.append((match.group(1), int(match.group(2))) if match else (item, None))
        self.libraries.append(([name.strip("<>") for name in left.split()], allowed))

    def _add_row(self, name, needs, number):
        folder = name if "/" in name else "engine/" + name
        allowed = {folder}
        for need in needs:
            if need == "engine":
                for row in [row for row in self.rows if is_in(row, "engine")]:
                    allowed |= self.rows[row]
                continue
            target = need if "/" in need else "engine/" + need
            if target in self.rows:
                allowed |= self.rows[target]
            elif is_in(target, "engine") or target == folder:
                text = f"{name} names {need}, which is not above it"
                self.findings.append(Finding("layers", self.path, number, text))
            else:
                allowed.add(target)
        self.rows[folder] = allowed

    def row_of(self, path):
        """The row with the longest name that holds `path`, or None."""
        fitting = [row for row in self.rows if is_in(path, row)]
        return max(fitting, key=len) if fitting else None


def resolve(tree, layers, path, quoted, name):
    """The project's file that an #include means, or None if it is a library's."""
    places = ["bindings/c/"]
    if quoted:
        places = [os.path.dirname(path) + "/", "engine/", "", "bindings/", "tests/", "tools/"] + places
    for place in places:
        candidate = os.path.normpath(place + name)
        if candidate in tree.path_set:
            return candidate
    if quoted and "engine/" + name.split("/")[0] in layers.rows:
        return "engine/" + name  # generated, or not there: its folder is known all the same
    return None


def check_layers(tree):
    """layers.txt is in order, and every folder with code has its row."""
    layers = Layers(tree)
    yield from layers.findings
    if not layers.rows:
        yield Finding("layers", layers.path, 0, "the table of layers is missing or empty")
        return
    for path in tree.sources(CODE):
        if path.split("/")[0] in ("engine", "bindings", "tools") and layers.row_of(path) is None:
            yield Finding("layers", path, 1, f"its folder has no row in {layers.path}")


def check_includes(tree):
    """A folder includes only what its row allows."""
    layers = Layers(tree)
    for path in tree.sources(CODE):
        row = layers.row_of(path)
        if row is None:
            continue
        for number, quoted, name in tree.includes(path):
            target = resolve(tree, layers, path, quoted, name)
            if target and not any(is_in(target, allowed) for allowed in layers.rows[row]):
                text = f"{row} may not include {target}: see {layers.path}"
                yield Finding("include", path, number, text)


def check_libraries(tree):
    """A library is used where layers.txt says, and in no more files than it says."""
    for headers, places in Layers(tree).libraries:
        users = collections.defaultdict(list)
        for path in tree.sources(CODE):
            for number, _, name in tree.includes(path):
                if not any(name == header or name.endswith("/" + header) for header in headers):
                    continue
                place = next((place for place in places if is_in(path, place[0])), None)
                if place is None:
                    where = ", ".join(folder for folder, _ in places)
                    yield Finding("library", path, number, f"<{name}> belongs in {where} alone")
                elif place[1] is not None:
                    users[place].append((path, number, name))
        for (folder, files_max), uses in users.items():
            for path, number, name in uses:
                if not path.endswith((".cpp", ".c")):
                    yield Finding("library", path, number, f"<{name}> in a header would spread: use it in a .cpp file")
                if len({use[0] for use in uses}) > files_max:
                    others = ", ".join(sorted({use[0] for use in uses} - {path}))
                    text = f"<{name}> belongs in {files_max} file of {folder}; also in {others}"
                    yield Finding("library", path, number, text)


def check_text(tree):
    """No tabs, no blanks at a line's end, no over-long lines, one newline at the end; all UTF-8."""
    for path in tree.sources(SOURCE, scripts=True):
        text = tree.text(path)
        if text is None:
            yield Finding("encoding", path, 0, "not UTF-8")
            continue
        for number, line in tree.lines(path):
            if "\t" in line:
                yield Finding("tab", path, number, "a tab: indent with spaces, write \\t in strings")
            if line != line.rstrip():
                yield Finding("blank", path, number, "blanks at the end of the line")
            if len(line) > COLUMNS and not path.endswith(WIDE):
                yield Finding("width", path, number, f"{len(line)} columns, the limit is {COLUMNS}")
        if text and (not text.endswith("\n") or text.endswith("\n\n")):
            yield Finding("end", path, text.count("\n"), "a file ends with one newline")


def check_opening(tree):
    """A file's first line says what it is; a header is included once."""
    for path in tree.sources(CODE):
        if not (tree.text(path) or "").startswith(("//", "/*")):
            yield Finding("opening", path, 1, "the first line is a comment that says what the file is")
    for path in tree.sources((".lua",)):
        if path.startswith(("lua/", "pipelines/")) and not (tree.text(path) or "").startswith(("--", "#!")):
            yield Finding("opening", path, 1, "the first line is a comment that says what the file is")
    for path in [path for path in tree.paths if tree.is_script(path)]:
        second = ((tree.text(path) or "").split("\n") + [""])[1]
        if not second.startswith(("#", '"""', "--")):
            yield Finding("opening", path, 2, "the second line of a script is a comment that says what it does")
    for path in tree.sources((".h",)):
        text = tree.text(path) or ""
        is_guarded = is_in(path, "bindings/c") and re.search(r"^#ifndef LODE_\w*H_?$", text, re.M)  # for plain C
        if not is_guarded and not re.search(r"^#pragma once$", text, re.M):
            yield Finding("pragma", path, 1, "a header has '#pragma once'")


def check_words(tree):
    """No markers of unfinished work, nothing of the machine a change was made on."""
    for path in tree.sources(SOURCE, scripts=True):
        for number, line in tree.lines(path):
            match = MARKERS.search(line)
            if match:
                yield Finding("marker", path, number, f"{match.group()}: finish it, or describe it in an issue")
    words = re.compile("|".join(WORDS))
    for path in tree.paths:
        for number, line in tree.lines(path):
            match = words.search(line)
            if match:
                yield Finding("word", path, number, f"'{match.group()}' has no place in the project")


def check_readmes(tree):
    """Every folder of the engine introduces itself."""
    folders = {"/".join(path.split("/")[:2]) for path in tree.paths if re.match(r"engine/[^/]+/", path)}
    for folder in sorted(folders):
        if folder + "/README.md" not in tree.path_set:
            yield Finding("readme", folder, 0, "has no README.md: what it is, its main types, where to start reading")


CATALOG = "engine/base/error_catalog.def"
CATALOG_ROW = re.compile(r'^LODE_ERROR\(\s*(\w+)\s*,\s*"([^"]+)"')
ENUMERATOR = re.compile(r"(?<![\w:])(?:lode::)?Code::(k\w+)")
CODE_NAME = re.compile(
    r'\b(?:code(?:_name)?\s*(?:\(\)\s*)?(?:==|~=|!=|=|\()\s*|fields\.fail\()"([a-z0-9_]+\.[a-z0-9_.]+)"|'
    r"expect(?:ed)? error:\s*([a-z0-9_]+\.[a-z0-9_]+)"
)


def error_codes(tree):
    """Rows of the catalogue, uses in the code: ({enumerator: name}, [(path, line, enumerator or name)], findings)."""
    rows, uses, findings = {}, [], []
    for number, line in tree.lines(CATALOG) if CATALOG in tree.path_set else ():
        match = CATALOG_ROW.match(line)
        if match:
            if match.group(1) in rows or match.group(2) in rows.values():
                findings.append(Finding("code", CATALOG, number, f"{match.group(2)} is in the catalogue twice"))
            rows[match.group(1)] = match.group(2)
    for path in tree.sources(CODE + (".lua",)):
        for number, line in tree.lines(path):
            if path.endswith(CODE):
                uses += [(path, number, name) for name in ENUMERATOR.findall(line)]
            uses += [(path, number, first or second) for first, second in CODE_NAME.findall(line)]
    return rows, uses, findings


def check_codes(tree):
    """Every error code that is used is in the catalogue."""
    rows, uses, findings = error_codes(tree)
    yield from findings
    known = set(rows) | set(rows.values()) | {"kOk"}
    for path, number, name in uses:
        if name not in known:
            yield Finding("code", path, number, f"{name} is not in {CATALOG}")


COVERAGE = "docs/seed-coverage.md"
COVERAGE_ITEM = re.compile(r'`([\w/]+\.(?:lua|cpp|py))`|"([^"]+)"')
TEST_OPENING = {".lua": 'test("%s"', ".cpp": 'TEST_CASE("%s"', ".py": "def %s("}


def check_coverage(tree):
    """Every row of the table of covered requirements names tests that are there, or says where the reason stands."""
    for number, line in tree.lines(COVERAGE) if COVERAGE in tree.path_set else ():
        cells = line.split("|")
        if len(cells) < 4 or cells[1].strip() in ("passage", "---"):
            continue
        items, path = COVERAGE_ITEM.findall("|".join(cells[2:])), None
        if not any(file for file, _ in items) and "](" not in line:
            yield Finding("coverage", COVERAGE, number, "the row names no test")
        for file, name in items:
            if file:
                path = next((p for p in ("tests/lua/examples/" + file, "tests/" + file) if p in tree.path_set), None)
                if path is None:
                    yield Finding("coverage", COVERAGE, number, f"there is no file {file}")
            elif path and TEST_OPENING[os.path.splitext(path)[1]] % name not in (tree.text(path) or ""):
                yield Finding("coverage", COVERAGE, number, f'{path} has no test "{name}"')


def warnings(tree):
    """What is worth a look and no failure."""
    rows, uses, _ = error_codes(tree)
    used = {name for path, _, name in uses if not path.startswith("tests/")}
    library = "".join(tree.text(path) or "" for path in tree.path_set if path.startswith("lua/stdlib/"))
    idle = [name for enumerator, name in rows.items()
            if enumerator not in used and name not in used and f'"{name}"' not in library]  # fmt: skip
    if idle:
        yield f"{CATALOG}: never used: {', '.join(idle)}"
    for path in tree.sources(CODE + (".lua", ".py")):
        count = (tree.text(path) or "").count("\n")
        if count > LINES:
            yield f"{path}: {count} lines; a file of more than {LINES} is worth splitting"


RULES = [
    check_layers,
    check_includes,
    check_libraries,
    check_text,
    check_opening,
    check_words,
    check_readmes,
    check_codes,
    check_coverage,
]


def findings_of(tree):
    return [finding for rule in RULES for finding in rule(tree)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--root", default=pathlib.Path(__file__).resolve().parents[2])
    parser.add_argument("--self-test", action="store_true")
    options = parser.parse_args()
    if options.self_test:
        import self_test  # here alone: it imports this file

        return self_test.main()

    tree = Tree(options.root)
    if not tree.sources(CODE):
        print(f"tidy: no source file below {options.root}: nothing was read")
        return 1
    findings = findings_of(tree)
    for warning in warnings(tree):
        print(f"warning: {warning}")
    for finding in findings:
        print(f"{finding.path}:{finding.line}: {finding.text} [{finding.rule}]")
    print(f"tidy: {len(tree.paths)} files read, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
