"""Goal: whatever is wrong outside, lode says what, where and what to do, and nothing is lost or half loaded.

Method: one small case each, against the real program, a real server and real files.
"""

import os
import re
import shutil
import socket
import sqlite3
import subprocess
import sys

from lode_process import TOKEN, DemoApi, Workplace

PIPELINE = """
local pipeline = lode.pipeline { name = "bad", destination = "sqlite:///out.db", dataset = "data" }
print(pipeline:run(lode.source { name = "bad", resources = { rows } }))
"""

GOOD = """
local lode = require "lode"
local rows = lode.resource { name = "rows", data = { { id = 1 }, { id = 2 } } }
""" + PIPELINE


def api_script(path, extra=""):
    return """
local lode = require "lode"
local rest = require "lode.rest"
local args = lode.args { base_url = { required = true } }
local api = rest.client {
  base_url = args.base_url, auth = { type = "bearer", token = lode.secret "sources.demo.token" },
  retry = { attempts = 2, backoff_s = 0.01 },
}
local rows = lode.resource { name = "rows", data = function()
  coroutine.yield { { id = 1 } }
  return api:paginate("%s", { %s })
end }
""" % (path, extra) + PIPELINE


class Case:
    """Runs the program once and checks the error and that nothing was loaded."""

    def __init__(self, program):
        self.program = program
        self.failures = []
        self.count = 0

    def expect(self, name, place, arguments, code, *texts, loaded=0, **options):
        self.count += 1
        exit_code, out, err = place.run(*arguments, **options)
        problems = []
        if exit_code == 0:
            problems.append("the program said that all is well")
        if f"[{code}]" not in err:
            problems.append(f"the code [{code}] is missing")
        for text in texts:
            if not re.search(text, err):
                problems.append(f"nothing matches /{text}/")
        if TOKEN in out + err:
            problems.append("the secret is shown")
        rows = place.query("SELECT count(*) FROM rows")[0][0] if "rows" in place.tables() else 0
        if rows != loaded:
            problems.append(f"{rows} rows are in the table, not {loaded}")
        if problems:
            self.failures.append(name)
            print(f"FAILED {name}: {'; '.join(problems)}\n--- exit {exit_code}, standard error:\n{err}\n---")
        else:
            print(f"ok     {name}")


def scripts(case):
    place = Workplace(case.program)
    place.write("script.lua", 'local lode = require "lode"\nlocal x = = 1\n')
    case.expect("script syntax error", place, ["run", "script.lua"], "lua.syntax", r"script\.lua:2")
    place.write(
        "script.lua",
        'local lode = require "lode"\nlode.resource { name = "rows", data = {}, write_dispostion = "append" }\n',
    )
    case.expect(
        "unknown field",
        place,
        ["run", "script.lua"],
        "lua.unknown_field",
        r"script\.lua:2",
        "did you mean 'write_disposition'",
    )
    place.write("script.lua", 'local lode = require "lode"\nlocal s = lode.secret "sources.shop.api_key"\n')
    case.expect(
        "missing secret",
        place,
        ["run", "script.lua"],
        "config.missing_secret",
        r"script\.lua:2",
        "SOURCES__SHOP__API_KEY",
        r"secrets\.toml",
        "hint: export",
    )
    place.write(
        "script.lua",
        """
local lode = require "lode"
local rows = lode.resource { name = "rows", data = function()
  coroutine.yield { id = 1 }
  coroutine.yield(nil)
end }
""" + PIPELINE,
    )
    case.expect(
        "a yield of nil",
        place,
        ["run", "script.lua"],
        "lua.bad_yield",
        r"script\.lua:5",
        "resource 'rows'",
        "yielded nil",
    )
    place.write(
        "script.lua",
        """
local lode = require "lode"
local rows = lode.resource { name = "rows", data = { { id = 1 } } }:add_map(function(row) return row.a.b end)
""" + PIPELINE,
    )
    case.expect(
        "an error inside a map", place, ["run", "script.lua"], "lua.error", r"script\.lua:3", "resource 'rows'"
    )


def servers(case, demo_api):
    with DemoApi(demo_api) as api:
        place = Workplace(case.program)
        run = ["run", "script.lua", "--", f"base_url={api.url}"]
        place.write("script.lua", api_script("v1/nothing_here"))
        case.expect("404", place, run, "http.status", "GET http://.*/v1/nothing_here.* answered 404", "kept: nothing")
        for name, fault, code in (
            ("a body that is not JSON", "html", "json.syntax"),
            ("truncated JSON", "truncated", "json.syntax"),
        ):
            place.write("script.lua", api_script("v1/players", f'params = {{ fault = "{fault}" }}'))
            case.expect(name, place, run, code, "v1/players")
        place.write("script.lua", api_script("v1/players", 'params = { fault = "500" }'))
        case.expect(
            "a server that answers 500 for ever", place, run, "http.unavailable", "answered 500", "tried 2 times"
        )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    place = Workplace(case.program)
    place.write("script.lua", api_script("v1/players"))
    case.expect(
        "connection refused",
        place,
        ["run", "script.lua", "--", f"base_url=http://127.0.0.1:{port}"],
        "http.connect",
        f"127.0.0.1:{port}",
        "refused",
    )


def databases(case):
    place = Workplace(case.program)
    place.write("script.lua", GOOD)
    assert place.run("run", "script.lua")[0] == 0
    with sqlite3.connect(place.database, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        place.write(
            "busy.lua",
            GOOD.replace(
                '"sqlite:///out.db"', 'lode.destination("sqlite", { file = "out.db", busy_timeout_ms = 20 })'
            ),
        )
        case.expect(
            "a database locked by another program",
            place,
            ["run", "busy.lua"],
            "destination.busy",
            "another program holds",
            "kept: the package",
            loaded=2,
        )
        other.execute("ROLLBACK")
    # The package was kept: the next run loads it and goes on.
    code, out, err = place.run("run", "script.lua")
    assert code == 0 and place.query("SELECT count(*) FROM rows") == [(6,)], f"after the lock: {out}{err}"

    # A link to nowhere cannot be made a database, whoever the user is; permissions do not bind root.
    place = Workplace(case.program)
    place.write("script.lua", GOOD.replace("sqlite:///out.db", "sqlite:///no_such_folder/out.db"))
    case.expect(
        "a database in a folder that does not exist",
        place,
        ["run", "script.lua"],
        "file.not_found",
        "no_such_folder",
        "mkdir",
    )
    if os.geteuid() != 0:
        place = Workplace(case.program)
        place.write("script.lua", GOOD)
        assert place.run("run", "script.lua")[0] == 0
        os.chmod(place.database, 0o444)
        case.expect(
            "a read-only database",
            place,
            ["run", "script.lua"],
            "destination.read_only",
            "cannot be written",
            loaded=2,
        )
    elif shutil.which("chattr"):
        place = Workplace(case.program)
        place.write("script.lua", GOOD)
        assert place.run("run", "script.lua")[0] == 0
        if subprocess.run(["chattr", "+i", place.database], capture_output=True).returncode == 0:
            try:
                case.expect(
                    "a read-only database",
                    place,
                    ["run", "script.lua"],
                    "destination.read_only",
                    "out__data.db",
                    loaded=2,
                )
            finally:
                subprocess.run(["chattr", "-i", place.database], check=True)
    place = Workplace(case.program)
    place.write("script.lua", GOOD)
    place.database.write_bytes(b"this is no database, but it is long enough to be looked at" * 10)
    case.count += 1
    code, _, err = place.run("run", "script.lua")
    if code == 0 or "[destination.refused]" not in err:
        case.failures.append("a file that is no database")
        print(err)


def full_disk(case):
    """RLIMIT_FSIZE stands in for a full disk: a write beyond it fails as one to a full disk does."""
    import resource

    place = Workplace(case.program)
    place.write("script.lua", GOOD)
    assert place.run("run", "script.lua")[0] == 0
    with open(place.folder / "big.jsonl", "w", encoding="utf-8") as out:
        for i in range(40_000):
            out.write('{"id":%d,"text":"%s"}\n' % (i, "x" * 100))

    def limit():
        import signal

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))

    load = ["load", "big.jsonl", "--to", "sqlite:///out.db", "--dataset", "data", "--table", "rows"]
    case.expect("a full disk", place, load, "file.disk_full", loaded=2, preexec_fn=limit)
    code, out, err = place.run(*load)
    assert code == 0 and place.query("SELECT count(*) FROM rows") == [
        (40_002,)
    ], f"after the disk had room again: {out}{err}"


def main():
    case = Case(sys.argv[1])
    scripts(case)
    servers(case, sys.argv[2])
    databases(case)
    full_disk(case)
    print(f"{case.count - len(case.failures)} passed, {len(case.failures)} failed")
    sys.exit(1 if case.failures else 0)


if __name__ == "__main__":
    main()
