"""dlt_normalize.py FILE TABLE_FIELD FOLDER: what normalize_pages does, done by dlt: one worker, no compression.

Extracts first, which is not counted, then times `pipeline.normalize()`. Prints a JSON object with rows and
processor seconds.
"""

import json
import os
import resource
import sys
import time
from itertools import islice

PAGE_ROWS = 1_000

os.environ.setdefault("RUNTIME__DLTHUB_TELEMETRY", "false")
os.environ.setdefault("RUNTIME__LOG_LEVEL", "ERROR")
os.environ.setdefault("DATA_WRITER__BUFFER_MAX_ITEMS", "10000")
os.environ.setdefault("DATA_WRITER__DISABLE_COMPRESSION", "true")
os.environ.setdefault("NORMALIZE__WORKERS", "1")

import dlt  # noqa: E402  (reads some settings when it is imported)
import orjson  # noqa: E402


def pages(path):
    with open(path, "rb") as lines:
        while page := [orjson.loads(line) for line in islice(lines, PAGE_ROWS)]:
            yield page


def main():
    path, table_field, folder = sys.argv[1:]
    pipeline = dlt.pipeline(
        pipeline_name="bench",
        pipelines_dir=folder,
        destination=dlt.destinations.sqlalchemy(f"sqlite:///{folder}/bench.db"),
        dataset_name="bench",
    )
    rows = dlt.resource(pages(path), name="rows", table_name=lambda row: row[table_field])
    pipeline.extract(rows)
    begin = time.process_time()
    info = pipeline.normalize()
    seconds = time.process_time() - begin
    written = sum(count for table, count in info.row_counts.items() if not table.startswith("_dlt_"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"rows_written": written, "normalize_cpu_s": round(seconds, 3), "peak_kib": peak}))


if __name__ == "__main__":
    main()
