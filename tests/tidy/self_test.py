"""Breaks each rule of tidy_test.py once in a scratch tree and sees that exactly that rule notices.

Goal: a rule that has stopped looking cannot pass unnoticed. Method: a small tree without a finding; each case adds or
replaces one file of it and says which rules must speak about which file. Run by: tidy_test.py --self-test
"""
import pathlib
import shutil
import tempfile

import tidy_test

LAYERS = pathlib.Path(__file__).resolve().parent / "layers.txt"

GOOD = {
    "engine/base/README.md": "# base\n",
    "engine/base/status.h": "// Status.\n#pragma once\n#include <string>\n",
    "engine/base/error_catalog.def":
        'LODE_ERROR(kIo, "file.io", false, "")\nLODE_ERROR(kLost, "file.lost", true, "")\n',
    "engine/base/status.cpp":
        '// Status.\n#include "base/status.h"\nint a = Code::kIo + Code::kOk + lode::Code::kLost;\n',
    "engine/json/README.md": "# json\n",
    "engine/json/parse.cpp": '// Parsing.\n#include <simdjson.h>\n#include "base/status.h"\n',
    "engine/http/README.md": "# http\n",
    "engine/http/client.h": "// Client.\n#pragma once\n",
    "engine/http/client.cpp": '// Client.\n#include "http/client.h"\n#include <httplib.h>\n',
    "engine/schema/README.md": "# schema\n",
    "engine/schema/schema.h": "// Schema.\n#pragma once\n",
    "engine/destinations/README.md": "# destinations\n",
    "engine/destinations/sqlite/kind.cpp": '// SQLite.\n#include "schema/schema.h"\n#include <sqlite3.h>\n',
    "bindings/lua/vm.h": '// Lua.\n#pragma once\n#include <lua.h>\n#include "base/status.h"\n',
    "bindings/c/lode.h": "/* The C interface. */\n#ifndef LODE_H\n#define LODE_H\n#endif\n",
    "bindings/c/lode.cpp": '// The C interface.\n#include "lode.h"\n#include "lua/vm.h"\n',
    "tools/cli/main.cpp": '// The program.\n#include <lode.h>\n#include "options.h"\n',
    "tools/cli/options.h": "// Options.\n#pragma once\n",
    "tools/run": "#!/usr/bin/env bash\n# Runs.\n",
    "tests/support/catch.h": "// Catch2.\n#pragma once\n",
    "tests/unit/json/parse_test.cpp": '// Parsing.\n#include "base/status.h"\n#include "support/catch.h"\n',
    "lua/stdlib/lode/rest.lua": "--- REST.\nreturn {}\n",
}


def header(*lines):
    return "\n".join(("// A header.", "#pragma once") + lines) + "\n"


def unit(*lines):
    return "\n".join(("// A file.",) + lines) + "\n"


# name, {path: text}, [(rule, path)]: what must be found, and nothing else.
CASES = [
    ("upward include", {"engine/base/x.h": header('#include "json/parse.h"')}, [("include", "engine/base/x.h")]),
    ("sideways include", {"engine/schema/x.h": header('#include "http/client.h"')}, [("include", "engine/schema/x.h")]),
    ("relative include", {"engine/base/x.h": header('#include "../json/p.h"'), "engine/json/p.h": header()},
     [("include", "engine/base/x.h")]),
    ("engine includes a binding", {"engine/json/x.cpp": unit('#include "lua/vm.h"')},
     [("include", "engine/json/x.cpp")]),
    ("program includes the engine", {"tools/cli/x.cpp": unit('#include "base/status.h"')},
     [("include", "tools/cli/x.cpp")]),
    ("program includes a binding", {"tools/cli/x.cpp": unit('#include "../../bindings/lua/vm.h"')},
     [("include", "tools/cli/x.cpp")]),
    ("unit test includes a binding", {"tests/unit/x_test.cpp": unit('#include "lua/vm.h"')},
     [("include", "tests/unit/x_test.cpp")]),
    ("no table of layers", {"tests/tidy/layers.txt": "# nothing\n"}, [("layers", "tests/tidy/layers.txt")]),
    ("folder without a row", {"tools/other/x.cpp": unit()}, [("layers", "tools/other/x.cpp")]),
    ("row that names a lower one", {"tests/tidy/layers.txt": LAYERS.read_text() + "late: later\n"},
     [("layers", "tests/tidy/layers.txt")]),
    ("row without a colon", {"tests/tidy/layers.txt": LAYERS.read_text() + "late\n"},
     [("layers", "tests/tidy/layers.txt")]),
    ("two files with httplib", {"engine/http/x.cpp": unit("#include <httplib.h>")},
     [("library", "engine/http/client.cpp"), ("library", "engine/http/x.cpp")]),
    ("httplib in a header", {"engine/http/client.cpp": unit(), "engine/http/x.h": header("#include <httplib.h>")},
     [("library", "engine/http/x.h")]),
    ("two files with simdjson", {"engine/schema/x.cpp": unit('#include "simdjson.h"')},
     [("library", "engine/json/parse.cpp"), ("library", "engine/schema/x.cpp")]),
    ("sqlite in the wrong folder", {"engine/json/x.cpp": unit("#include <sqlite3.h>")},
     [("library", "engine/json/x.cpp")]),
    ("libpq in the wrong folder", {"engine/json/x.cpp": unit("#include <postgresql/libpq-fe.h>")},
     [("library", "engine/json/x.cpp")]),
    ("lua in the engine", {"engine/json/x.cpp": unit("# include <lua.hpp>")}, [("library", "engine/json/x.cpp")]),
    ("lua in the C interface", {"bindings/c/x.cpp": unit("#include <lauxlib.h>")}, [("library", "bindings/c/x.cpp")]),
    ("tab", {"engine/json/x.cpp": unit("int a;\t// a")}, [("tab", "engine/json/x.cpp")]),
    ("tab in a script", {"tools/run": "#!/bin/sh\n# Runs.\n\ttrue\n"}, [("tab", "tools/run")]),
    ("blank at the end", {"engine/base/README.md": "# base \n"}, [("blank", "engine/base/README.md")]),
    ("carriage return", {"engine/json/x.cpp": "// A file.\r\n"}, [("blank", "engine/json/x.cpp")]),
    ("wide line", {"engine/json/x.cpp": unit("// " + "é" * 118)}, [("width", "engine/json/x.cpp")]),
    ("no newline at the end", {"engine/json/x.cpp": "// A file."}, [("end", "engine/json/x.cpp")]),
    ("not UTF-8", {"engine/json/x.cpp": b"// \xff\n"},
     [("encoding", "engine/json/x.cpp"), ("opening", "engine/json/x.cpp")]),
    ("no opening comment", {"engine/json/x.cpp": "#include <string>\n"}, [("opening", "engine/json/x.cpp")]),
    ("no opening comment in Lua", {"lua/stdlib/lode/x.lua": "return {}\n"}, [("opening", "lua/stdlib/lode/x.lua")]),
    ("no opening comment in a script", {"tools/run": "#!/bin/sh\ntrue\n"}, [("opening", "tools/run")]),
    ("no pragma", {"engine/json/x.h": "// A header.\n"}, [("pragma", "engine/json/x.h")]),
    ("guard instead of pragma", {"engine/json/x.h": "// A header.\n#ifndef LODE_H\n#define LODE_H\n#endif\n"},
     [("pragma", "engine/json/x.h")]),
    ("marker", {"engine/json/x.cpp": unit("// FIX" + "ME: later")}, [("marker", "engine/json/x.cpp")]),
    ("path of a machine", {"notes.md": "see /" + "work/notes\n"}, [("word", "notes.md")]),
    ("path beside the project", {"data/x.json": '{"from": "../' + 'shared/x"}\n'}, [("word", "data/x.json")]),
    *[("registry " + host, {"tools/run": f"#!/bin/sh\n# Runs.\nfetch https://{host}/simple\n"}, [("word", "tools/run")])
      for host in ("pypi" + ".org", "files.python" + "hosted.org", "registry.npm" + "js.org", "static.crates" + ".io",
                   "ruby" + "gems.org", "proxy.golang" + ".org", "conda.ana" + "conda.org")],
    ("no introduction", {"engine/load/x.cpp": unit()}, [("readme", "engine/load")]),
    ("unknown enumerator", {"engine/json/x.cpp": unit("int a = Code::kNope;")}, [("code", "engine/json/x.cpp")]),
    ("unknown code name", {"lua/stdlib/lode/x.lua": '-- A file.\nfail { code = "file.nope" }\n'},
     [("code", "lua/stdlib/lode/x.lua")]),
    ("unknown expected error", {"tests/golden/x.lua": "run {} -- expect error: file.nope\n"},
     [("code", "tests/golden/x.lua")]),
    ("code twice", {"engine/base/error_catalog.def": GOOD["engine/base/error_catalog.def"] +
                    'LODE_ERROR(kIo2, "file.io", false, "")\n'}, [("code", "engine/base/error_catalog.def")]),
]

COVERED = "| passage | test |\n|---|---|\n"
EXAMPLES = {
    "tests/lua/examples/a_test.lua": '-- A.\ntest("one thing", function() end)\n',
    "tests/cli/b_test.py": "def test_two(self):\n    pass\n",
}
CASES += [
    (name, {"docs/seed-coverage.md": COVERED + row + "\n", **EXAMPLES}, [("coverage", "docs/seed-coverage.md")])
    for name, row in [
        ("row without a test", "| x | |"),
        ("file that is not there", "| x | `c_test.lua` |"),
        ("test that is not there", '| x | `a_test.lua` "one thing", "another" |'),
        ("method that is not there", '| x | `a_test.lua` "one thing"; `cli/b_test.py` "test_three" |'),
    ]
]

# Near misses: each must pass without a finding.
HARMLESS = [
    ("own folder", {"engine/json/x.cpp": unit('#include "json/y.h"'), "engine/json/y.h": header()}),
    ("through another layer", {"engine/load/README.md": "#\n", "engine/load/x.cpp": unit('#include "base/status.h"')}),
    ("include in a comment", {"engine/base/x.h": header('// #include "json/parse.h"')}),
    ("test with a library", {"tests/interop/x.cpp": unit("#include <sqlite3.h>", "#include <simdjson.h>")}),
    ("known code name", {"tests/golden/x.lua": "run {} -- expect error: file.lost\n"}),
    ("longer path with the word", {"notes.md": "see https://site.example/" + "work/notes, $HOME/" + "work/x\n"}),
    ("covered requirements", {"docs/seed-coverage.md": COVERED + '| x | `a_test.lua` "one thing"; `cli/b_test.py` '
                              '"test_two" |\n| y | [why](z.md) |\n', **EXAMPLES}),
    ("exactly wide enough", {"engine/json/x.cpp": unit("// " + "é" * 117)}),
]


def write(root, files):
    for path, text in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text if isinstance(text, bytes) else text.encode())


def findings_with(files):
    root = pathlib.Path(tempfile.mkdtemp(prefix="lode-tidy-"))
    try:
        write(root, {**GOOD, "tests/tidy/layers.txt": LAYERS.read_text(), **files})
        tree = tidy_test.Tree(root)
        found = {(finding.rule, finding.path) for finding in tidy_test.findings_of(tree)}
        return found, list(tidy_test.warnings(tree))
    finally:
        shutil.rmtree(root)


def main():
    failures = 0

    def expect(name, found, wanted):
        nonlocal failures
        if found != wanted:
            failures += 1
            print(f"self-test: {name}: found {sorted(found) or 'nothing'}, expected {sorted(wanted) or 'nothing'}")

    found, told = findings_with({})
    expect("the good tree", found, set())
    expect("warnings of the good tree", set(told), set())
    for name, files, wanted in CASES:
        expect(name, findings_with(files)[0], set(wanted))
    for name, files in HARMLESS:
        expect(name, findings_with(files)[0], set())

    idle = {"engine/base/status.cpp": unit("int a = Code::kIo;")}
    expect("warning of an unused code", {"file.lost" in text for text in findings_with(idle)[1]}, {True})
    long_file = {"engine/json/x.cpp": unit(*["int a;"] * 700)}
    expect("warning of a long file", {"701 lines" in text for text in findings_with(long_file)[1]}, {True})

    print(f"self-test: {len(CASES) + len(HARMLESS) + 4} cases, {failures} failed")
    return 1 if failures else 0
