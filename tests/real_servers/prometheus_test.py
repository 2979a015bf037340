#!/usr/bin/env python3
"""Prometheus' HTTP API: rows deep in the answer, lists of lists, a form as the body, a cursor in time.

    prometheus_test.py LODE
"""

import json
import sys
import time
import urllib.request

from server_case import Place, expect, free_ports, program

SCRIPT = """
local lode = require "lode"
local rest = require "lode.rest"
local args = lode.args { url = { required = true }, start = { required = true }, now = { required = true } }
local prometheus = rest.source {
  name = "prometheus",
  client = { base_url = args.url, paginator = "single_page" },
  resources = {
    { name = "targets", endpoint = { path = "targets", data_selector = "data.activeTargets" } },
    { name = "labels", endpoint = { path = "labels", data_selector = "data" },
      processing_steps = { { map = function(label) return { label = label } end } } },
    {
      name = "samples", write_disposition = "append",
      endpoint = {
        path = "query_range", method = "POST", data_selector = "data.result",
        data = { query = "up or prometheus_build_info", start = args.start, ["end"] = args.now, step = "1" },
      },
    },
  },
}
lode.pipeline { name = "prometheus", destination = "sqlite:///out.db", dataset = "main" }:run(prometheus)
"""
CONFIG = """
global: { scrape_interval: 500ms }
scrape_configs:
  - job_name: itself
    static_configs: [{ targets: ["127.0.0.1:%d"] }]
"""


def main():
    with Place(sys.argv[1]) as place:
        server = program("prometheus")
        [port] = free_ports(1)
        (place.folder / "prometheus.yml").write_text(CONFIG % port)
        url = f"http://127.0.0.1:{port}/api/v1/"
        begin = int(time.time())
        place.serve(
            [
                server,
                f"--web.listen-address=127.0.0.1:{port}",
                "--config.file=prometheus.yml",
                "--storage.tsdb.path=data",
            ],
            url + "labels",
        )

        def ask(path):
            with urllib.request.urlopen(url + path) as answer:
                return json.load(answer)["data"]

        def samples():
            return ask(f"query_range?query=up&start={begin}&end={int(time.time())}&step=1")["result"]

        end = time.monotonic() + 60
        while not samples() or len(samples()[0]["values"]) < 3:
            assert time.monotonic() < end, "prometheus scrapes nothing"
            time.sleep(0.2)
        now = int(time.time()) - 1
        place.run(SCRIPT, f"url={url}", f"start={begin}", f"now={now}")

        expect(place.query("SELECT labels__job, health FROM targets"), [("itself", "up")], "targets")
        expect(sorted(label for (label,) in place.query("SELECT label FROM labels")), sorted(ask("labels")), "labels")
        truth = ask(f"query_range?query=up&start={begin}&end={now}&step=1")["result"][0]["values"]
        loaded = place.query(
            "SELECT p.value, q.value FROM samples AS s JOIN samples__values AS v ON v._dlt_parent_id = s._dlt_id "
            "JOIN samples__values__list AS p ON p._dlt_parent_id = v._dlt_id AND p._dlt_list_idx = 0 "
            "JOIN samples__values__list AS q ON q._dlt_parent_id = v._dlt_id AND q._dlt_list_idx = 1 "
            "WHERE s.metric__name = 'up' ORDER BY 1"
        )
        expect([(int(float(at)), str(value)) for at, value in loaded], [(int(at), v) for at, v in truth], "samples")
        print("prometheus: ok")


if __name__ == "__main__":
    main()
