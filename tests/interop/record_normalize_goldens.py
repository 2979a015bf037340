"""Records what dlt makes of a few hundred runs, for tests/golden/normalize (which needs no Python).

    python record_normalize_goldens.py [rows.json ...]

Rewrites invented.jsonl from random documents, and recorded.jsonl from small excerpts of the files given (left alone
if none is). What is recorded is dlt's answer, or, where lode decides otherwise, that of dlt changed in these points;
their names stand beside it. lode takes no part in it.
"""

import json
import math
import pathlib
import random
import sys

import documents
import lode_decisions
import normalize_diff
from dlt.common.json import json as dlt_json

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "golden" / "normalize"
SEED = 20_240_117
LINE_MAX = 6000  # bytes


def plain_value(value, data_type, ids):
    if isinstance(value, str) and value in ids:
        return ids[value]
    if data_type == "json":
        return lode_decisions.dumps(value)
    return str(value) if isinstance(value, str) else value


def is_sayable(value):
    """False for what typed JSON cannot say."""
    return value is not None and value != b"" and not (isinstance(value, float) and not math.isfinite(value))


def expectation(case, names):
    """What a golden line expects, and the schema for a next run (None after an error)."""
    answer = normalize_diff.ask_dlt(case, names)
    if isinstance(answer, Exception):
        kind = type(answer).__name__
        crash = next((code for (error, code) in normalize_diff.CRASHES if error == kind), None)
        return {"error": normalize_diff.ERRORS.get(kind, crash) or f"dlt: {kind}"}, None
    schema, tables = answer["schema"], answer["tables"]
    free = normalize_diff.random_ids(tables)
    ids, rows_by_table = {}, {}
    for name in sorted(tables):
        columns = schema["tables"][name]["columns"]
        for row in tables[name]:
            for value in row.values():
                if isinstance(value, str) and value in free:
                    ids.setdefault(value, f"row {len(ids)}")
            kept = {
                c: plain_value(v, columns.get(c, {}).get("data_type"), ids) for c, v in row.items() if is_sayable(v)
            }
            rows_by_table.setdefault(name, []).append(kept)
    columns = {
        name: [f"{c} {p.get('data_type')}" for c, p in table["columns"].items()]
        for name, table in schema["tables"].items()
        if not name.startswith("_dlt")
    }
    return {"version_hash": schema["version_hash"], "columns": columns, "tables": rows_by_table}, schema


def decisions_that_matter(case, expected):
    names = list(lode_decisions.DECISIONS)
    for name in lode_decisions.DECISIONS:
        fewer = [n for n in names if n != name]
        if as_text(expectation(case, fewer)[0]) == as_text(expected):
            names = fewer
    return names


def as_text(value):
    try:
        return dlt_json.typed_dumps(value)
    except Exception:  # noqa: BLE001 - integers beyond 64 bits
        return repr(value)


def record(chain):
    """The lines of one chain of runs."""
    schema = None
    for step, case in enumerate(chain):
        if step > 0:
            case = {**case, "schema": schema}
        expected, left = expectation(case, list(lode_decisions.DECISIONS))
        line = {"case": {k: v for k, v in case.items() if k != "schema"}, "again": step > 0, "expect": expected}
        if names := decisions_that_matter(case, expected):
            line["decided"] = names
        rendered = render(line)
        if rendered is None or len(rendered.encode()) > LINE_MAX:
            return
        yield rendered
        if left is None:
            return
        schema = left


def render(line):
    """None if a value cannot be written, as an integer beyond 64 bits in dlt's answer."""
    try:
        expected = dlt_json.typed_dumps(line["expect"])
    except Exception:  # noqa: BLE001
        return None
    rest = {k: v for k, v in line.items() if k != "expect"}
    head = json.dumps(rest, ensure_ascii=False, separators=(",", ":"))
    return f'{head[:-1]},"expect":{expected}}}'.replace("\u2028", "\\u2028")


def excerpt(value, depth=0):
    """A small part of a recorded row that keeps its shape: short texts, short lists, not all keys."""
    if isinstance(value, dict):
        return {k: excerpt(v, depth + 1) for k, v in list(value.items())[: 12 if depth < 3 else 5]}
    if isinstance(value, list):
        return [excerpt(v, depth + 1) for v in value[:2]]
    return value[:60] if isinstance(value, str) else value


def write(name, makers, count):
    lines = []
    for number in range(count):
        lines += record(makers(number))
    (FOLDER / name).write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    print(name, len(lines), sum(len(line.encode()) + 1 for line in lines), "bytes")


def main():
    write("invented.jsonl", lambda n: documents.Maker(SEED + n).chain(n), 400)
    pools = [normalize_diff.read_rows(path) for path in sys.argv[1:]]
    if not pools:
        return
    chosen = random.Random(SEED)
    rows = [[excerpt(row) for row in chosen.sample(pool, min(4, len(pool)))] for pool in pools]

    def makers(number):
        maker = documents.Maker(SEED - 1 - number, rows[number % len(rows)])
        maker.has_big = False
        chain = maker.chain(number)
        for run in chain:
            for page in run["pages"]:
                page["rows"] = page["rows"][:3]
        return chain

    write("recorded.jsonl", makers, 60)


if __name__ == "__main__":
    main()
