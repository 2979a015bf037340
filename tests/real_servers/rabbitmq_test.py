#!/usr/bin/env python3
"""RabbitMQ's management API: basic auth, numbered pages with a total, children of rows, names that need escaping.

    rabbitmq_test.py LODE
"""

import base64
import json
import sys
import urllib.parse
import urllib.request

from server_case import Place, expect, free_ports, program

QUEUES = 230
SCRIPT = """
local lode = require "lode"
local rest = require "lode.rest"
local args = lode.args { url = { required = true } }
local broker = rest.source {
  name = "rabbitmq",
  client = {
    base_url = args.url,
    auth = { type = "http_basic", username = "guest", password = lode.secret "sources.rabbitmq.password" },
  },
  resources = {
    {
      name = "queues", primary_key = { "vhost", "name" }, write_disposition = "merge",
      endpoint = {
        params = { page_size = 100, pagination = "true" }, data_selector = "items",
        paginator = { type = "page_number", base_page = 1, total_path = "page_count" },
      },
    },
    { name = "exchanges", endpoint = { paginator = "single_page" } },
    {
      name = "queue_bindings", include_from_parent = { "name" },
      endpoint = { path = "queues/%2F/{resources.queues.name}/bindings", paginator = "single_page" },
      processing_steps = { { filter = function(binding) return binding.source ~= "" end } },
    },
  },
}
lode.pipeline { name = "rabbitmq", destination = "sqlite:///out.db", dataset = "main" }:run(broker)
"""


class Api:
    def __init__(self, url):
        self.url = url
        self.auth = "Basic " + base64.b64encode(b"guest:guest").decode()

    def call(self, method, path, body=None):
        request = urllib.request.Request(
            self.url + path, method=method, data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": self.auth, "Content-Type": "application/json"},
        )  # fmt: skip
        with urllib.request.urlopen(request) as answer:
            text = answer.read()
            return json.loads(text) if text else None


def start(place):
    server = program("/usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin/rabbitmq-server")
    amqp, http, epmd, dist = free_ports(4)
    (place.folder / "rabbit.conf").write_text(
        f"listeners.tcp.1 = 127.0.0.1:{amqp}\nmanagement.tcp.ip = 127.0.0.1\nmanagement.tcp.port = {http}\n"
    )
    (place.folder / "plugins").write_text("[rabbitmq_management].")
    folder = str(place.folder)
    # Erlang would start this one itself, and leave it behind.
    place.start([program("/usr/lib/erlang/erts-*/bin/epmd"), "-port", str(epmd), "-address", "127.0.0.1"])
    place.serve(
        [server],
        f"http://127.0.0.1:{http}/api/overview",
        RABBITMQ_NODENAME="lode@localhost",
        RABBITMQ_CONFIG_FILE=folder + "/rabbit",
        RABBITMQ_MNESIA_BASE=folder + "/data",
        RABBITMQ_LOG_BASE=folder + "/log",
        RABBITMQ_ENABLED_PLUGINS_FILE=folder + "/plugins",
        RABBITMQ_PID_FILE=folder + "/pid",
        RABBITMQ_DIST_PORT=str(dist),
        ERL_EPMD_PORT=str(epmd),
        ERL_EPMD_ADDRESS="127.0.0.1",
    )
    return f"http://127.0.0.1:{http}/api/"


def main():
    with Place(sys.argv[1]) as place:
        url = start(place)
        api = Api(url)
        names = [f"queue {i} ü" if i % 10 == 0 else f"queue-{i}" for i in range(QUEUES)]
        for i, name in enumerate(names):
            path = "queues/%2F/" + urllib.parse.quote(name)
            api.call("PUT", path, {"durable": True, "arguments": {"x-max-length": i}})
            if i % 3 == 0:
                api.call("POST", "bindings/%2F/e/amq.topic/q/" + urllib.parse.quote(name), {"routing_key": f"key.{i}"})
        password = {"SOURCES__RABBITMQ__PASSWORD": "guest"}
        place.run(SCRIPT, f"url={url}", **password)
        loaded = place.query("SELECT name, arguments__x_max_length FROM queues")
        expect(sorted(loaded), sorted((name, i) for i, name in enumerate(names)), "queues")
        bound = place.query("SELECT _queues_name, routing_key FROM queue_bindings WHERE source = 'amq.topic'")
        expect(sorted(bound), sorted((n, f"key.{i}") for i, n in enumerate(names) if i % 3 == 0), "bindings")
        exchanges = sorted(row["name"] for row in api.call("GET", "exchanges"))
        expect(sorted(name for (name,) in place.query("SELECT name FROM exchanges")), exchanges, "exchanges")

        # A queue more and a queue less: merging adds, and what is gone stays.
        api.call("PUT", "queues/%2F/late", {})
        api.call("DELETE", "queues/%2F/queue-1")
        place.run(SCRIPT, f"url={url}", **password)
        expect(place.query("SELECT count(*), count(DISTINCT name) FROM queues"), [(QUEUES + 1, QUEUES + 1)], "after")
        print("rabbitmq: ok")


if __name__ == "__main__":
    main()
