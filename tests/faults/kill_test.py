"""Goal: no row is lost and none comes twice, whenever the process dies.

Method: measure an undisturbed run, then for each of ten moments spread over its length start a run, kill it
with SIGKILL at that moment, run again until a run succeeds, and compare the database with the one of the
undisturbed run. Done for an append of a file, an incremental append and a merge from the demo API, and a
replace.
"""

import random
import signal
import sys
import time

from lode_process import DemoApi, Workplace

MOMENTS = 10

FILE_SCRIPT = """
local lode = require "lode"
local files = require "lode.files"
local pipeline = lode.pipeline { name = "kill_file", destination = "sqlite:///out.db", dataset = "data" }
pipeline:run(lode.source { name = "kill", resources = { files.resource { name = "rows", paths = "rows.jsonl"%s } } })
"""

API_SCRIPT = """
local lode = require "lode"
local rest = require "lode.rest"
local args = lode.args { base_url = { required = true } }
local api = rest.client {
  base_url = args.base_url, auth = { type = "bearer", token = lode.secret "sources.demo.token" },
}
local purchases = lode.resource {
  name = "purchases", primary_key = "id", write_disposition = "%s",
  incremental = lode.incremental { cursor_path = "updated_at", initial_value = "2000-01-01T00:00:00Z" },
  data = function(ctx)
    return api:paginate("v1/purchases", {
      params = { updated_since = ctx.incremental.start_value, limit = 20 },
      paginator = { type = "cursor", cursor_path = "meta.next_cursor", cursor_param = "cursor" },
    })
  end,
}
local pipeline = lode.pipeline { name = "kill_api", destination = "sqlite:///out.db", dataset = "data" }
pipeline:run(lode.source { name = "kill", resources = { purchases } })
"""


def write_rows(workplace, count):
    with open(workplace.folder / "rows.jsonl", "w", encoding="utf-8") as out:
        for i in range(count):
            out.write(
                '{"id":%d,"name":"row %d","tags":["a","b%d"],"at":"2024-01-01T00:00:%02dZ"}\n' % (i, i, i, i % 60)
            )


def state_of(workplace):
    """What must be equal: rows without their random ids, and how often each load is recorded."""
    facts = {}
    for table in workplace.tables():
        if table.startswith("_dlt"):
            continue
        columns = [row[1] for row in workplace.query(f"PRAGMA table_info({table})")]
        kept = [c for c in columns if not c.startswith("_dlt")]
        facts[table] = sorted(workplace.query(f"SELECT {', '.join(kept)} FROM {table}"), key=repr)
    doubles = workplace.query("SELECT load_id FROM _dlt_loads GROUP BY load_id HAVING count(*) > 1")
    assert doubles == [], f"a load is recorded twice: {doubles}"
    orphans = 0
    if "rows__tags" in facts:
        orphans = workplace.query(
            "SELECT count(*) FROM rows__tags WHERE _dlt_parent_id NOT IN (SELECT _dlt_id FROM rows)"
        )[0][0]
    assert orphans == 0, f"{orphans} nested rows have no parent"
    return facts


def sweep(name, program, prepare, arguments):
    calm = Workplace(program)
    prepare(calm)
    start = time.monotonic()
    code, out, err = calm.run(*arguments)
    length = time.monotonic() - start
    assert code == 0, f"{name}: the undisturbed run failed: {out}{err}"
    expected = state_of(calm)
    assert sum(len(rows) for rows in expected.values()) > 0

    killed = 0
    for moment in range(MOMENTS):
        place = Workplace(program)
        prepare(place)
        delay = length * (moment + random.random()) / MOMENTS
        process = place.start(*arguments)
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        killed += process.returncode == -signal.SIGKILL
        code, out, err = place.run(*arguments)
        assert code == 0, f"{name}: the run after a kill at {delay:.3f} s failed: {out}{err}"
        found = state_of(place)
        if name == "append of a file" and process.returncode == 0:
            continue  # it had ended before the kill: the second run rightly appended once more
        rows = {table: len(r) for table, r in found.items()}
        # A file without a cursor is loaded again by the second run, unless only the first one's package had to be
        # finished.
        committed = len(place.query("SELECT 1 FROM _dlt_loads"))
        if name == "append of a file" and committed == 2:
            assert rows == {
                t: 2 * len(r) for t, r in expected.items()
            }, f"{name}: {rows} after a kill at {delay:.3f} s"
            continue
        assert found == expected, f"{name}: other rows after a kill at {delay:.3f} s: {rows}"
    print(f"{name}: {killed} of {MOMENTS} runs were killed within {length:.2f} s; every row once")


def main():
    program, demo_api = sys.argv[1], sys.argv[2]
    seed = random.randrange(1 << 30)
    random.seed(seed)
    print(f"seed {seed}")

    def file_place(extra):
        def prepare(workplace):
            write_rows(workplace, 60_000)
            workplace.write("script.lua", FILE_SCRIPT % extra)

        return prepare

    sweep("append of a file", program, file_place(""), ["run", "script.lua", "--progress", "none"])
    sweep(
        "replace from a file",
        program,
        file_place(', write_disposition = "replace"'),
        ["run", "script.lua", "--progress", "none"],
    )
    sweep(
        "merge of a file",
        program,
        file_place(', write_disposition = "merge", primary_key = "id"'),
        ["run", "script.lua", "--progress", "none"],
    )
    for disposition in ("append", "merge"):
        with DemoApi(demo_api, "--purchases", "1500") as api:
            sweep(
                f"incremental {disposition} from the API",
                program,
                lambda w, d=disposition: w.write("script.lua", API_SCRIPT % d),
                ["run", "script.lua", "--progress", "none", "--", f"base_url={api.url}"],
            )


if __name__ == "__main__":
    main()
