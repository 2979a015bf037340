"""What dlt makes of a normalizer case: its extract step's schema work and its own JSONL normalizer, in this process.

A case is one run: {"name", "load_id", "naming"?, "length_max"?, "settings"?, "config"?, "breaks_paths"?,
"resources": [hints], "pages": [{"table", "rows"}], "schema"?}. Rows are what JSON holds; values that JSON lacks are
written as in dlt's typed JSON (a character of the private use area, then text). "schema" is what an earlier run left.
run_fast() uses dlt's parts without its file storages; run_pipeline() is a whole dlt.pipeline, which checks run_fast().
"""

import contextlib
import copy
import json
import logging
import os
import shutil
import tempfile

import dlt
import orjson
from dlt.common.configuration.container import Container
from dlt.common.destination.capabilities import DestinationCapabilitiesContext
from dlt.common.normalizers.json import helpers, relational
from dlt.common.schema import Schema
from dlt.common.schema.utils import generate_version_hash, normalize_table_identifiers
from dlt.extract.source import DltSource
from dlt.normalize.configuration import NormalizeConfiguration
from dlt.normalize.items_normalizers import jsonl as jsonl_normalizer
from dlt.normalize.items_normalizers.jsonl import JsonLItemsNormalizer
from dlt.normalize.validate import reconcile_null_only_columns, validate_and_update_schema, verify_normalized_table

logging.disable(logging.CRITICAL)
LOAD_ID = "1700000000.123456"
RANDOM_ID = "~random~"  # what generated ids begin with, so that they can be told from hashes
STRATEGIES = ["delete-insert", "upsert", "scd2", "insert-only"]


class RandomIds:
    """Stands in for dlt's random row ids: numbered, 14 characters like the real ones."""

    def __init__(self):
        self.count = 0

    def __call__(self, *_args):
        self.count += 1
        return f"{RANDOM_ID}{self.count:06d}"


class Rows:
    """Stands in for dlt's file storage: keeps what is written."""

    def __init__(self):
        self.tables = {}

    def write_data_item(self, _load_id, _schema_name, table_name, row, _columns):
        self.tables.setdefault(table_name, []).append(dict(row))


def read_rows(rows):
    """As dlt reads its extracted files; a whole number beyond 64 bits becomes floating point here."""
    return orjson.loads(json.dumps(rows, ensure_ascii=False))


def resource_of(hints, data=()):
    nested = {}
    for hint in copy.deepcopy(hints.get("nested_hints", [])):
        path = tuple(hint.pop("path"))
        nested[path] = dlt.mark.make_nested_hints(**hint)
    arguments = {k: copy.deepcopy(v) for k, v in hints.items() if k not in ("name", "nested_hints")}
    if "cursor" in arguments:
        arguments["incremental"] = dlt.sources.incremental(arguments.pop("cursor"))
    return dlt.resource(data, name=hints["name"], nested_hints=nested or None, **arguments)


def nested_tables(resource, root, schema):
    return resource.compute_nested_table_schemas(root, schema.naming)


def declare(schema, hints):
    """What dlt's extract step does with the hints of one resource. Returns the tables whose rows it leaves out."""
    filtered = set()
    resource = resource_of(hints)
    root = resource.compute_table_schema()
    nested = nested_tables(resource, root["name"], schema)
    root["name"] = helpers.normalize_table_identifier(schema, schema.naming, root["name"])
    for table in [normalize_table_identifiers(t, schema.naming) for t in (root, *nested)]:
        contract = schema.resolve_contract_settings_for_table(table["name"], table)
        if contract["columns"] != "evolve" and schema.is_new_table(table["name"]):
            table["x-normalizer"] = {"evolve-columns-once": True}
        table, filters = schema.apply_schema_contract(contract, table)
        if table:
            schema.update_table(table, normalize_identifiers=False, merge_compound_props=False)
        filtered.update(name for entity, name, _ in filters if entity == "tables")
    return filtered


def capabilities(case):
    caps = DestinationCapabilitiesContext.generic_capabilities()
    caps.max_identifier_length = caps.max_column_identifier_length = case.get("length_max") or 65536
    caps.supported_merge_strategies = list(STRATEGIES)
    caps.naming_convention = case.get("naming", "snake_case")
    return caps


def open_schema(case):
    stored = case.get("schema")
    schema = Schema.from_dict(copy.deepcopy(stored)) if stored else Schema(case["name"])
    for key, value in case.get("settings", {}).items():
        schema.settings[key] = copy.deepcopy(value)
    if "config" in case:
        relational.DataItemNormalizer.update_normalizer_config(schema, copy.deepcopy(case["config"]))
    if not case.get("breaks_paths", True):
        schema._normalizers_config["use_break_path_on_normalize"] = False
    schema.update_normalizers()
    return schema


def root_table(schema, case, name):
    declared = {r["name"]: r.get("table_name", r["name"]) for r in case["resources"]}
    return helpers.normalize_table_identifier(schema, schema.naming, declared.get(name, name))


def normalize(case, schema, caps, filtered):
    config = NormalizeConfiguration()
    config.destination_capabilities = caps
    worker_schema = Schema.from_stored_schema(copy.deepcopy(schema.to_dict()))
    storage = Rows()
    normalizers, updates, null_only = {}, [], {}
    for page in case["pages"]:
        table = root_table(worker_schema, case, page["table"])
        if table in filtered:
            continue
        normalizer = normalizers.get(table)
        if normalizer is None:
            normalizer = JsonLItemsNormalizer(storage, None, None, worker_schema, case["load_id"], config)
            normalizers[table] = normalizer
        updates.append(normalizer._normalize_chunk(table, read_rows(page["rows"]), True, False))
        for name, columns in normalizer.null_only_columns.items():
            null_only.setdefault(name, set()).update(columns)
    validate_and_update_schema(schema, updates)
    nulls = reconcile_null_only_columns(schema, null_only)
    for name in storage.tables:
        table = schema.tables[name]
        verify_normalized_table(schema, table, caps, nulls.get(name))
        hint = table.setdefault("x-normalizer", {})
        hint.pop("evolve-columns-once", None)
        hint.setdefault("seen-data", True)
    return {"schema": schema.to_dict(), "tables": storage.tables}


@contextlib.contextmanager
def patched(*patches):
    """(owner, name, value)... for the time of the block."""
    before = [(owner, name, getattr(owner, name)) for owner, name, _ in patches]
    for owner, name, value in patches:
        setattr(owner, name, value)
    try:
        yield
    finally:
        for owner, name, value in before:
            setattr(owner, name, value)


def id_patches():
    ids = RandomIds()
    return [(relational, "generate_dlt_id", ids)]


def run_fast(case):
    """{"schema", "tables": {name: rows}}. Raises what dlt raises."""
    caps = capabilities(case)
    with Container().injectable_context(caps), patched(*id_patches()):
        schema = open_schema(case)
        declared = {r["name"] for r in case["resources"]}
        filtered = set()
        for hints in case["resources"]:
            filtered |= declare(schema, hints)
        for page in case["pages"]:
            if page["table"] not in declared:
                declared.add(page["table"])
                filtered |= declare(schema, {"name": page["table"]})
        # The pipeline stores the schema here and reads it again, which adds defaults.
        schema = Schema.from_dict(copy.deepcopy(schema.to_dict())).clone(update_normalizers=True)
        return normalize(case, schema, caps, filtered)


def hash_of(stored):
    """dlt's hash of a stored schema, computed anew."""
    return generate_version_hash(copy.deepcopy(stored))


# --- a whole pipeline ---------------------------------------------------------------------------------------


def run_pipeline(case):
    """The same through dlt.pipeline().extract() and .normalize(), some 0.1 s. First runs only."""
    from dlt.common.storages.data_item_storage import DataItemStorage

    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    tables = {}

    def keep(_self, _load_id, _schema_name, table_name, item, columns, original=DataItemStorage.write_data_item):
        if isinstance(item, dict) and not table_name.startswith("_dlt_pipeline"):
            tables.setdefault(table_name, []).append(dict(item))
        return original(_self, _load_id, _schema_name, table_name, item, columns)

    folder = tempfile.mkdtemp()
    try:
        caps = capabilities(case)
        with Container().injectable_context(caps):
            schema = open_schema({**case, "schema": None})
        resources = {h["name"]: (h, []) for h in case["resources"]}
        for page in case["pages"]:
            resources.setdefault(page["table"], ({"name": page["table"]}, []))[1].append(read_rows(page["rows"]))
        source = DltSource(schema, "case", [resource_of(h, pages) for h, pages in resources.values() if pages])
        caps.preferred_loader_file_format = "jsonl"
        caps.supported_loader_file_formats = ["jsonl"]
        with patched(
            (dlt.destinations.dummy, "_raw_capabilities", lambda _self: copy.deepcopy(caps)),
            (DataItemStorage, "write_data_item", keep),
            *id_patches(),
        ):
            destination = dlt.destinations.dummy(completed_prob=1.0)
            pipeline = dlt.pipeline("case", destination=destination, pipelines_dir=folder, dataset_name="data")
            pipeline.extract(source)
            tables.clear()
            pipeline.normalize()
        return {"schema": pipeline.default_schema.to_dict(), "tables": tables}
    finally:
        shutil.rmtree(folder, ignore_errors=True)
