"""Records what dlt makes of names, numbers and values, so that the normal tests need no Python.

python record_goldens.py    (with dlt installed; rewrites the golden files beside the tests that read them)
"""

import base64
import copy
import datetime
import decimal
import importlib
import json
import pathlib
import random

import orjson
from dlt.common.data_types.type_helpers import _COERCE_DISPATCH, coerce_value, py_type_to_sc_type
from dlt.common.json import json as dlt_json
from dlt.common.time import normalize_timezone
from dlt.common.wei import Wei

TESTS = pathlib.Path(__file__).resolve().parent.parent
INT_RANGE = range(-(2**63), 2**63)

# --- names ----------------------------------------------------------------------------------------

NAME_PARTS = list("abcdeABCDExyzXYZ0123456789__  -+*@|.$%/'\"\n#()é▶³") + [
    "__",
    "Id",
    "HTTP",
    "٣",
    "३",
    "名",
    "ß",
    "\u00a0",
    "\u200b",
    "𝟘",
    "İ",
]
NAMES = (
    "camelCase HTTPServer userIDs getHTTPResponseCode SHA256Hash v2Beta 123BaNaNa BANaNA "
    "A1B2 ID_ id__ _ __ ___ __id a__b "
    "FooBAR__Baz a-b a+b a*b a@b a|b user@example.com $price price$ 100% 1_a -a éclair naïveCase 名前 名前abc Straße ﬁeld "
    "+ - # @ (a) event-.!:*<>value +-!$*@#=|: 1event_n' __typename X__ e_vent__value_value2___ "
    "Small___Love____Potion_____x"
).split(" ") + ["- a", " ", "", "A" * 70, "level_one_object_name__level_two_object_name__level_three_object_name"]


def or_none(function, name):
    try:
        return function(name)
    except ValueError:
        return None


def record_names():
    r = random.Random(20240117)
    names = NAMES + [
        "".join(r.choice(NAME_PARTS) for _ in range(r.choice([1, 2, 3, 5, 8, 12, 20, 40, 90]))) for _ in range(90)
    ]
    for convention in ["snake_case", "duck_case", "direct", "sql_cs_v1", "sql_ci_v1", "s3_tables"]:
        module = importlib.import_module("dlt.common.normalizers.naming." + convention)
        for length_max in [0, 20, 63] if convention == "snake_case" else [0, 20]:
            n = module.NamingConvention(length_max or None)
            for name in names:
                fragments = n.break_path(name)
                yield [
                    convention,
                    length_max,
                    name,
                    or_none(n.normalize_identifier, name),
                    or_none(n.normalize_table_identifier, name),
                    n.normalize_path(name),
                    n.normalize_tables_path(name),
                    n.shorten_fragments(*fragments) if fragments else "",
                ]


# --- numbers in text ------------------------------------------------------------------------------

NUMBER_TEXTS = [
    "",
    " ",
    "0",
    "-0",
    "+5",
    "007",
    "1_000",
    "_1",
    "1_",
    "1__0",
    "1.5",
    ".5",
    "5.",
    ".",
    "1e3",
    "1E-3",
    "1e",
    "1e+",
    "inf",
    "-Infinity",
    "NaN",
    "nan1",
    "sNaN12",
    "infin",
    "0x1F",
    "1F",
    "0x",
    "0X1f",
    "0x_1f",
    "-0x1f",
    "ff_ff",
    "12 34",
    " 12\n",
    "\u00a012\u2003",
    "٣٤",
    "१.५",
    "1٣",
    "--1",
    "+-1",
    "1e400",
    "1e-400",
    "9223372036854775807",
    "9223372036854775808",
    "123456789012345678901234567890",
    "1E+5",
    "1.50",
    "0.00",
    "0e5",
    "1e-7",
    "123e-9",
    "0.000001",
    "0.0000001",
    "1e1_0",
    "1_0.0_1",
    "0b1",
    "1j",
    "½",
    "1,5",
    "1e99999999999",
    "\u0661\u066b\u0665",
]
DOUBLES = [
    0.0,
    -0.0,
    1.0,
    -1.5,
    0.1,
    1e15,
    1e16,
    123456789012345680.0,
    1e22,
    1e-4,
    1e-5,
    0.00012345,
    1.7976931348623157e308,
    5e-324,
    1 / 3,
    100.0,
    2.5e-8,
    float("inf"),
    float("-inf"),
    float("nan"),
]


def attempt(function):
    try:
        return str(function())
    except (ValueError, decimal.InvalidOperation, OverflowError):
        return None


def record_numbers():
    for text in NUMBER_TEXTS:
        yield ["int", text, attempt(lambda: int(text.strip()))]
        yield ["hex", text, attempt(lambda: int(text, 16))]
        number = attempt(lambda: float(text.strip()))
        yield ["float", text, number]
        value = attempt(lambda: decimal.Decimal(text.strip()))
        if value is None or "99999999999" not in value:
            yield ["decimal", text, value]
    for value in DOUBLES:
        yield ["repr", value if value == value and abs(value) < 1e400 else str(value), repr(value)]


# --- values into columns --------------------------------------------------------------------------

UTC = datetime.timezone.utc
VALUES = [
    True,
    False,
    0,
    1,
    -1,
    255,
    256,
    2**53 + 1,
    2**63 - 1,
    -(2**63),
    1700000000,
    -86400,
    253402300800,
    10**12,
    0.0,
    1.0,
    -2.0,
    1.5,
    0.1,
    1e16,
    1e-7,
    1700000000.123457,
    -0.5,
    -1.5e-7,
    2.5e10,
    "",
    " ",
    "a",
    "ÄÖ",
    "1",
    " 12 ",
    "-7",
    "1.0",
    "1e3",
    "1.5",
    "0x1F",
    "0xff",
    "0x",
    "0x1",
    "1_000",
    "٣",
    "true",
    "TRUE",
    "yes",
    "No",
    "t",
    "n",
    "0",
    "on",
    " true",
    "null",
    "[1, 2]",
    '{"a": 1.0}',
    '{"a":1,"a":2}',
    '"x"',
    "1 2",
    "AAE=",
    "AAE",
    "AA==",
    "AB==",
    "A A=",
    "YWJj",
    "2024-01-02",
    "20240102",
    "2024-01",
    "2024",
    "2024-W01-1",
    "2024-123",
    "2024-01-02T03:04:05Z",
    "2024-01-02T03:04:05",
    "2024-01-02 03:04:05.123456789+05:30",
    "2024-01-02T23:30:00-02:00",
    "12:30",
    "12:30:00",
    "T12:30",
    "12:00:00.5",
    "12:00:00+02:00",
    "1704164645",
    "1704164645.5",
    " 1704164645 ",
    "1e9",
    "-1",
    "2024/01/02 10:00",
    "99999999999999",
    "9999-12-31T23:59:59Z",
    "0001-01-01T00:00:00Z",
    [1, 2],
    {"a": [1.0, None, "x"], "ä": {"b": True}},
    [],
    {},
    decimal.Decimal("12.50"),
    decimal.Decimal("1E+3"),
    decimal.Decimal("7"),
    decimal.Decimal("-0.00"),
    decimal.Decimal("1e-10"),
    Wei("1000000000000000000"),
    Wei("1.5"),
    b"\x00\x01",
    b"abc",
    datetime.datetime(2024, 1, 2, 3, 4, 5, 678000, UTC),
    datetime.datetime(1969, 12, 31, 23, 59, 59, 999999, UTC),
    datetime.date(2024, 1, 2),
    datetime.date(1969, 12, 31),
    datetime.time(3, 4, 5, 6),
    datetime.time(0, 0),
]
TYPES = ["text", "bigint", "double", "decimal", "wei", "bool", "binary", "timestamp", "date", "time", "json"]


def has_big_integer(value):
    return isinstance(value, int) and value not in INT_RANGE


def record_values():
    for value in VALUES:
        own = py_type_to_sc_type(type(value))
        for to in TYPES:
            try:
                if to != own and (to, own) not in _COERCE_DISPATCH:
                    raise ValueError(value)
                result = coerce_value(to, own, copy.deepcopy(value))
                if to == "timestamp":
                    result = normalize_timezone(result, True)
                if has_big_integer(result):
                    continue  # lode: such values do not fit, see the test
                if to == "json":
                    result = orjson.dumps(result).decode()
                if isinstance(result, bytes) and not result:
                    result = "empty"  # which typed JSON cannot say
            except (ValueError, SyntaxError):
                result = "fails"
            except OSError:
                continue
            yield [own, value, to, result]


def write(path, records):
    with open(TESTS / path, "w", encoding="utf-8") as file:
        count = 0
        for record in records:
            file.write(dlt_json.typed_dumps(record) + "\n")
            count += 1
        print(path, count)


if __name__ == "__main__":
    write("unit/schema/naming_golden.jsonl", record_names())
    write("unit/normalize/number_golden.jsonl", record_numbers())
    write("unit/normalize/coerce_golden.jsonl", record_values())
