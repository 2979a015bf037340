#!/usr/bin/env python3
"""Schema files between dlt and lode: each reads what the other wrote, with the same version_hash.

    python schema_files.py --lode build/release/lode     compares, both directions; exit code 1 on a difference
    python schema_files.py --record                      writes the golden files of tests/unit/schema/files

Run it in a virtual environment with dlt (and pydbml, for --record).
"""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

os.environ.setdefault("RUNTIME__LOG_LEVEL", "ERROR")
os.environ.setdefault("RUNTIME__DLTHUB_TELEMETRY", "false")

import dlt  # noqa: E402
import yaml  # noqa: E402
from dlt.common.schema import Schema, verify_schema_hash  # noqa: E402
from dlt.common.schema.migrations import migrate_schema  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "unit" / "schema" / "files"

LONG = ("Every order that a customer has ever placed, also those that were taken back: see the column `status`. "
        "It's \"raw\" data; 'cleaned' data is in another table: 100 % of it – naïve, 名前, 🦊.")


@dlt.resource(name="orders", primary_key="id", write_disposition="merge",
              columns={"id": {"data_type": "bigint", "description": LONG, "cluster": True},
                       "price": {"data_type": "decimal", "precision": 18, "scale": 2, "nullable": False},
                       "at": {"data_type": "timestamp", "timezone": False, "precision": 3, "partition": True},
                       "never": {"nullable": True},
                       "payload": {"data_type": "json", "x-bigquery-thing": {"a": [1, 2.5, None, "on"]}}},
              references=[{"columns": ["customer_id"], "referenced_table": "customers",
                           "referenced_columns": ["id"], "label": "buyer", "cardinality": "many_to_one"}])
def orders():
    yield [{"id": 1, "price": 1.5, "at": "2024-01-01T00:00:00Z", "customer_id": 7, "payload": {"x": 1},
            "items": [{"sku": "a", "tags": ["x", "y"]}], "ship": {"to": {"city": "Łódź"}}},
           {"id": 2, "price": 2, "customer_id": "seven"}]


@dlt.resource(name="customers", columns={"id": {"unique": True, "sort": True}}, max_table_nesting=1,
              schema_contract={"columns": "discard_value", "data_type": "freeze"})
def customers():
    yield [{"id": 7, "name": "Zoë", "deleted": False}]


@dlt.resource(name="prices", write_disposition={"disposition": "merge", "strategy": "scd2"}, merge_key="sku")
def prices():
    yield [{"sku": "a", "price": 1.5}]


def plain():
    return Schema("plain")


def shop():
    pipeline = dlt.pipeline("shop", destination="duckdb", dataset_name="d", pipelines_dir=tempfile.mkdtemp())
    source = dlt.source(lambda: [customers, orders, prices], name="shop", max_table_nesting=3)()
    pipeline.extract(source)
    pipeline.normalize()
    return pipeline.default_schema


def settings():
    schema = Schema("settings")
    schema.merge_hints({"primary_key": ["re:_id$", "key"], "partition": ["re:^day"]})
    schema.update_preferred_types({"re:_at$": "timestamp", "amount": "decimal"})
    schema.set_schema_contract({"columns": "freeze", "data_type": "discard_value"})
    schema._schema_description = "A schema: with a description"
    return schema


SAMPLES = {"plain": plain, "shop": shop, "settings": settings}

# A small schema as each engine version stored it.
OLD_COLUMNS = {
    "event": {"sender_id": {"name": "sender_id", "data_type": "text", "nullable": False},
              "_dlt_id": {"name": "_dlt_id", "data_type": "text", "nullable": False, "unique": True}},
    "event__parse_data": {
        "intent": {"name": "intent", "data_type": "text", "nullable": True},
        "_dlt_parent_id": {"name": "_dlt_parent_id", "data_type": "text", "nullable": False, "foreign_key": True}},
    "event__x__y": {"data": {"name": "data", "data_type": "complex", "nullable": True},
                    "gone": {"name": "gone", "nullable": True, "x-normalizer": {"seen-null-first": True}},
                    "kept": {"name": "kept", "data_type": "bool", "x-normalizer": {"seen-null-first": True}}},
}


def old_schema(version):
    if version == 10:
        return migrate_schema(old_schema(9), 9, 10)
    columns = json.loads(json.dumps(OLD_COLUMNS))
    if version < 3:
        stored = {"version": 3, "engine_version": version, "name": "event", "tables": columns,
                  "preferred_types": {"^timestamp$": "timestamp", "^parse$": "complex"},
                  "hints": {"not_null": ["^timestamp$"], "foreign_key": ["^_dlt_parent_id$"]}}
        if version == 2:
            stored.update(excludes=["^event__a$", "^other__b$"], includes=["^event__b__c"])
        return stored
    tables = {}
    for name, table_columns in columns.items():
        table = {"name": name, "columns": table_columns}
        table.update({"parent": "event"} if "__" in name else {"write_disposition": "append"})
        if version < 7:
            table["table_sealed"] = True
        tables[name] = table
    stored = {"version": 5, "engine_version": version, "name": "event", "tables": tables,
              "settings": {"default_hints": {"foreign_key": ["_dlt_parent_id"]},
                           "preferred_types": {"re:^parse$": "complex"}, "detections": ["timestamp"]},
              "normalizers": {"names": "dlt.common.normalizers.names.snake_case",
                              "json": {"module": "dlt.common.normalizers.json.relational",
                                       "config": {"generate_dlt_id": True}}}}
    if version < 7:
        stored["settings"]["schema_sealed"] = True
    if version >= 4:
        stored["version_hash"] = "old+hash="
    if version >= 5:
        current = Schema("x").to_dict()["tables"]
        stored["tables"].update({name: current[name] for name in ("_dlt_version", "_dlt_loads")})
    if version >= 8:
        stored["previous_hashes"] = ["older="]
    return stored


def record():
    if GOLDEN.exists():
        shutil.rmtree(GOLDEN)
    GOLDEN.mkdir(parents=True)
    for name, make in SAMPLES.items():
        schema = make()
        (GOLDEN / f"{name}.schema.json").write_text(schema.to_pretty_json(remove_defaults=False))
        (GOLDEN / f"{name}.schema.yaml").write_text(schema.to_pretty_yaml())
        (GOLDEN / f"{name}.bare.yaml").write_text(schema.to_pretty_yaml(remove_processing_hints=True))
        (GOLDEN / f"{name}.schema.mermaid").write_text(schema.to_mermaid())
        (GOLDEN / f"{name}.schema.dbml").write_text(schema.to_dbml())
    for version in range(1, 11):
        (GOLDEN / f"engine_{version}.old.json").write_text(json.dumps(old_schema(version), indent=2))
        schema = Schema.from_dict(old_schema(version))
        (GOLDEN / f"engine_{version}.schema.json").write_text(schema.to_pretty_json(remove_defaults=False))


SCRIPT = """
local lode = require "lode"
local rows = lode.json_decode([==[%(rows)s]==])
local resources = {}
for i, table in ipairs(rows) do
  resources[i] = lode.resource { name = table.name, data = table.rows, primary_key = table.key,
    write_disposition = table.key and "merge" or "append", columns = table.columns }
end
local pipeline = lode.pipeline { name = "p", destination = "sqlite:///%(db)s", dataset = "main",
  import_schema_path = %(import)s, export_schema_path = "%(export)s" }
print(pipeline:run(lode.source { name = "%(name)s", resources = resources }))
"""

ROWS = [{"name": "orders", "key": "id", "columns": {"price": {"data_type": "decimal", "precision": 10, "scale": 2}},
         "rows": [{"id": 1, "price": 1.5, "items": [{"sku": "a", "tags": ["x"]}], "at": "2024-01-01T00:00:00Z"}]},
        {"name": "customers", "rows": [{"id": 7, "name": "Zoë", "extra": {"deep": {"er": 1}}}]}]


def run_lode(program, folder, name, rows, imports=False):
    text = SCRIPT % {"rows": json.dumps(rows), "db": f"{folder}/x.db", "export": f"{folder}/export", "name": name,
                     "import": f'"{folder}/import"' if imports else "nil"}
    script = pathlib.Path(folder, "run.lua")
    script.write_text(text)
    done = subprocess.run([program, "run", str(script), "--pipelines-dir", f"{folder}/pipelines", "--progress", "none"],
                          capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"lode failed:\n{done.stdout}{done.stderr}")


def lode_schema(program, folder, *options):
    return subprocess.run([program, "pipeline", "p", "schema", "--pipelines-dir", f"{folder}/pipelines", *options],
                          capture_output=True, text=True, check=True).stdout


def expect(what, actual, expected):
    if actual == expected:
        print(f"ok      {what}")
        return True
    print(f"FAILED  {what}:\n  lode {str(actual)[:2000]}\n  dlt  {str(expected)[:2000]}")
    return False


def lode_to_dlt(program):
    """What lode writes, dlt takes as it is."""
    folder = tempfile.mkdtemp()
    run_lode(program, folder, "shop", ROWS)
    stored = json.loads(pathlib.Path(folder, "pipelines/p/schemas/shop.schema.json").read_text())
    good = expect("dlt finds the hash of lode's JSON", verify_schema_hash(stored), True)
    exported = pathlib.Path(folder, "export/shop.schema.yaml").read_text()
    schema = Schema.from_dict(yaml.safe_load(exported))
    good &= expect("dlt reads lode's YAML with the same hash", stored["version_hash"], schema.version_hash)
    good &= expect("dlt writes the same YAML", exported, schema.to_pretty_yaml())
    good &= expect("lode pipeline … schema is that YAML", lode_schema(program, folder), exported)
    good &= expect("the same JSON", lode_schema(program, folder, "--format", "json").rstrip("\n"),
                   schema.to_pretty_json())
    good &= expect("the same Mermaid", lode_schema(program, folder, "--format", "mermaid"), schema.to_mermaid())
    return good


def dlt_to_lode(program):
    """What dlt writes, lode takes as it is, as import file and out of a dataset."""
    good = True
    for name, make in SAMPLES.items():
        schema = make()
        folder = tempfile.mkdtemp()
        pathlib.Path(folder, "import").mkdir()
        text = schema.to_pretty_yaml()
        pathlib.Path(folder, "import", f"{name}.schema.yaml").write_text(text)
        # One row that adds nothing to the schema but its own table of one column: dlt knows it beforehand.
        rows = [{"name": "customers", "rows": [{"id": 1}]}] if name == "shop" else [{"name": "t", "rows": [{"id": 1}]}]
        run_lode(program, folder, name, rows, imports=True)
        stored = json.loads(pathlib.Path(folder, f"pipelines/p/schemas/{name}.schema.json").read_text())
        good &= expect(f"lode took {name} with dlt's hash", stored["imported_version_hash"], schema.version_hash)
        known = [schema.version_hash, *schema.to_dict()["previous_hashes"]]
        former = [stored["version_hash"], *stored["previous_hashes"]]
        good &= expect(f"and {name} goes on from there", [h for h in former if h in known], known)
        good &= expect(f"and dlt finds the hash of what lode made of {name}", verify_schema_hash(stored), True)
    return good


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--lode", default=str(ROOT / "build/release/lode"))
    parser.add_argument("--record", action="store_true")
    options = parser.parse_args()
    if options.record:
        return record()
    good = lode_to_dlt(options.lode)
    good &= dlt_to_lode(options.lode)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
