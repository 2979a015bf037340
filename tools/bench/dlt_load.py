"""dlt_load.py load FILE --to sqlite:///PATH --dataset NAME --table NAME: what `lode load` does, done by dlt.

Run by tools/bench/run with the Python that LODE_BENCH_DLT names. The settings are those that dlt's page on performance
names for a source like this one: rows in pages, a fast JSON parser, larger write buffers, no compression of the files
between the stages, and, with more than one processor, files that rotate so that several processes can normalize. Jobs
are loaded one after another: SQLite has one writer, and jobs side by side only wait for its lock and start again.
Each can be overridden from the environment, in dlt's own names (NORMALIZE__WORKERS=1 and so on).
"""

import argparse
import os
import tempfile
from itertools import islice

PAGE_ROWS = 10_000


def use_settings():
    """Must come before dlt is imported: it reads some of them then."""
    processors = len(os.sched_getaffinity(0))
    settings = {
        "RUNTIME__DLTHUB_TELEMETRY": "false",
        "RUNTIME__LOG_LEVEL": "ERROR",
        "DATA_WRITER__BUFFER_MAX_ITEMS": str(PAGE_ROWS),
        "DATA_WRITER__DISABLE_COMPRESSION": "true",
        "LOAD__WORKERS": "1",
    }
    if processors > 1:
        settings["NORMALIZE__WORKERS"] = str(processors)
        settings["DATA_WRITER__FILE_MAX_ITEMS"] = "100000"
    for name, value in settings.items():
        os.environ.setdefault(name, value)


def pages(path):
    import orjson

    with open(path, "rb") as lines:
        while page := [orjson.loads(line) for line in islice(lines, PAGE_ROWS)]:
            yield page


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("command", choices=["load"])
    parser.add_argument("file")
    parser.add_argument("--to", required=True)
    parser.add_argument("--dataset", required=True)
    parser.add_argument("--table", required=True)
    arguments = parser.parse_args()
    use_settings()

    import dlt

    with tempfile.TemporaryDirectory(dir=os.getcwd()) as pipelines_dir:
        pipeline = dlt.pipeline(
            pipeline_name="bench",
            pipelines_dir=pipelines_dir,
            destination=dlt.destinations.sqlalchemy(arguments.to),
            dataset_name=arguments.dataset,
        )
        pipeline.run(dlt.resource(pages(arguments.file), name=arguments.table))


if __name__ == "__main__":
    main()
