"""Where lode decides otherwise than dlt, by name: each is dlt changed in that one point.

A difference counts as explained by a name only if dlt, changed so, gives exactly what lode gives. The names are the
ones in docs/differences-from-dlt.md.
"""

import contextlib
import datetime
import json

import dlt_oracle
from dlt.common.data_types import type_helpers
from dlt.common.json import json as dlt_json
from dlt.common.normalizers.json import helpers
from dlt.common.normalizers.naming import s3_tables
from dlt.common.schema import detections
from dlt.common.wei import Wei
from dlt.extract.hints import DltResourceHints

SYSTEM_NAMES = ("_dlt", "_dlt_version", "_dlt_loads", "_dlt_pipeline_state")
INT64 = range(-(2**63), 2**63)


def dispatch(**changes):
    """Patches entries of dlt's table of conversions, "to_from" -> a wrapper of the conversion."""
    table = dict(type_helpers._COERCE_DISPATCH)
    for pair, change in changes.items():
        key = tuple(pair.split("_"))
        table[key] = change(table[key])
    return table


@contextlib.contextmanager
def replaced(mapping, changed):
    before = dict(mapping)
    mapping.update(changed)
    try:
        yield
    finally:
        mapping.clear()
        mapping.update(before)


def value_error_for_os_error(convert):
    def converted(value):
        try:
            return convert(value)
        except OSError as error:
            raise ValueError(value) from error

    return converted


def seconds_beyond_the_clock():
    """Seconds since 1970 that the system's clock cannot tell: a variant, not a crash."""
    pairs = ["timestamp_bigint", "timestamp_double", "timestamp_text", "date_bigint", "date_double", "date_text"]
    return replaced(type_helpers._COERCE_DISPATCH, dispatch(**{pair: value_error_for_os_error for pair in pairs}))


def within_64_bits(convert):
    def converted(value):
        number = convert(value)
        if number not in INT64:
            raise ValueError(value)
        return number

    return converted


def exact(value):
    if isinstance(value, dict):
        return {key: exact(item) for key, item in value.items()}
    if isinstance(value, list):
        return [exact(item) for item in value]
    if is_big(value):
        wei = BigWei(value)
        return BigText(value) if isinstance(wei(), tuple) else wei
    return value


class BigWei(Wei):
    """A whole number beyond 64 bits: wei as a column's value, a number inside JSON."""


class BigText(str):
    """A whole number that even wei does not hold: text where it is a column's value, a number inside JSON."""


def true_if_number(convert):
    return lambda value: True if isinstance(value, BigText) else convert(value)


def not_for_numbers(convert):
    def converted(value):
        if isinstance(value, BigText):
            raise ValueError(value)
        return convert(value)

    return converted


def dumps(value, sort_keys=False):
    """JSON as dlt writes it, with the digits of big integers."""
    if isinstance(value, dict):
        items = sorted(value.items()) if sort_keys else value.items()
        return "{" + ",".join(f"{dlt_json.dumps(key)}:{dumps(item, sort_keys)}" for key, item in items) + "}"
    if isinstance(value, list):
        return "[" + ",".join(dumps(item, sort_keys) for item in value) + "]"
    return str(int(value)) if isinstance(value, (BigWei, BigText)) or is_big(value) else dlt_json.dumps(value)


def is_big(value):
    return type(value) is int and value not in INT64


class ExactJson:
    """Stands in for dlt's json where it hashes rows."""

    @staticmethod
    def dumpb(value, sort_keys):
        return dumps(value, sort_keys).encode()


@contextlib.contextmanager
def integers_beyond_64_bits():
    """They are wei (or text), exactly, not floating point; and no bigint column holds one."""
    pairs = ["bigint_text", "bigint_double", "bigint_decimal", "bigint_wei"]
    no_pairs = ["json_text", "timestamp_text", "date_text", "time_text", "binary_text"]
    read = lambda rows: exact(json.loads(json.dumps(rows)))  # noqa: E731
    with (
        dlt_oracle.patched((dlt_oracle, "read_rows", read), (helpers, "json", ExactJson)),
        replaced(type_helpers.PY_TYPE_TO_SC_TYPE, {BigText: "text"}),
        replaced(type_helpers._COERCE_DISPATCH, dispatch(**{pair: within_64_bits for pair in pairs})),
        replaced(type_helpers._COERCE_DISPATCH, {("text", "json"): dumps}),
        replaced(type_helpers._COERCE_DISPATCH, dispatch(bool_text=true_if_number)),
        replaced(type_helpers._COERCE_DISPATCH, dispatch(**{pair: not_for_numbers for pair in no_pairs})),
    ):
        yield


def keys_of_separators_only():
    """"__" is the column _empty, not a column without a name."""
    normalize = helpers.normalize_identifier
    return dlt_oracle.patched((helpers, "normalize_identifier", lambda *a: normalize(*a) or "_empty"))


def lists_under_blank_keys():
    """Schemas older than engine version 11, too: their rows are rows of the table that has the list."""
    normalize = helpers.normalize_table_identifier

    def normalized(schema, naming, name):
        return normalize(schema, naming, name) if name.strip() else ""

    return dlt_oracle.patched((helpers, "normalize_table_identifier", normalized))


def in_utc(convert):
    def converted(value):
        try:
            moment = convert(value)
            if isinstance(moment, datetime.datetime) and moment.tzinfo is not None:
                moment.astimezone(datetime.timezone.utc)
            return moment
        except OverflowError as error:
            raise ValueError(value) from error

    return converted


@contextlib.contextmanager
def instants_outside_the_years_1_to_9999():
    """What is outside only in UTC, as 9999-12-31T23:59:59-01:00, is text like what is outside anyway."""
    parse = in_utc(detections.parse_iso_like_datetime)
    with (
        dlt_oracle.patched((detections, "parse_iso_like_datetime", parse)),
        replaced(type_helpers._COERCE_DISPATCH, dispatch(timestamp_text=in_utc, date_text=in_utc)),
    ):
        yield


def nested_hints_of_tables_with_the_separator():
    """Hints for lists of a table "a__b" are for tables "a__b__...", where the rows go, not "a_b__..."; the same for
    keys of which only "_" is left.
    """

    def nested_tables(resource, root, schema, original=dlt_oracle.nested_tables):
        root = helpers.normalize_table_identifier(schema, schema.naming, root)

        def get_nested_hints(self, _root, naming, item=None, meta=None, original=DltResourceHints.get_nested_hints):
            hints = self._get_root_table_template(meta)[0].get("nested_hints") or {}
            paths = sorted((path if isinstance(path, tuple) else (path,) for path in hints), key=len)
            for path, (_, _, hint) in zip(paths, original(self, root, naming, item, meta)):
                full = [root, *map(naming.normalize_table_identifier, path)]
                yield naming.shorten_fragments(*full), naming.shorten_fragments(*full[:-1]), hint

        with dlt_oracle.patched((DltResourceHints, "get_nested_hints", get_nested_hints)):
            return original(resource, root, schema)

    def normalize_names(table, naming, normalize=dlt_oracle.normalize_table_identifiers):
        kept = {key: table[key] for key in ("name", "parent") if key in table}
        return {**normalize(table, naming), **kept}

    return dlt_oracle.patched(
        (dlt_oracle, "nested_tables", nested_tables),
        (dlt_oracle, "normalize_table_identifiers", normalize_names),
    )


def system_tables_of_s3_tables():
    """Under s3_tables too they are called _dlt_version and _dlt_loads."""

    def normalize(self, name, original=s3_tables.NamingConvention.normalize_table_identifier):
        return name if name in SYSTEM_NAMES else original(self, name)

    return dlt_oracle.patched((s3_tables.NamingConvention, "normalize_table_identifier", normalize))


DECISIONS = {
    "seconds beyond the clock": seconds_beyond_the_clock,
    "integers beyond 64 bits": integers_beyond_64_bits,
    "keys of separators only": keys_of_separators_only,
    "lists under blank keys": lists_under_blank_keys,
    "instants outside the years 1 to 9999": instants_outside_the_years_1_to_9999,
    "nested hints of tables with the separator": nested_hints_of_tables_with_the_separator,
    "system tables of s3_tables": system_tables_of_s3_tables,
}


def run_decided(case, names):
    """dlt with these decisions of lode's. Raises what dlt raises."""
    with contextlib.ExitStack() as stack:
        for name in names:
            stack.enter_context(DECISIONS[name]())
        return dlt_oracle.run_fast(case)
