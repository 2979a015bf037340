#!/usr/bin/env python3
"""`lode explain`: what a script would run, value by value, with where each was written."""

import re

import case
from case import EXIT_USAGE

SCRIPT = """
local lode = require "lode"
local rest = require "lode.rest"
local shop = rest.source {
  name = "shop",
  client = {
    base_url = "http://127.0.0.1:1/v1", auth = { type = "bearer", token = lode.secret "sources.shop.token" },
    paginator = "header_link", headers = { ["X-Team"] = "ours" },
  },
  resource_defaults = {
    primary_key = "id", write_disposition = "merge",
    endpoint = { params = { per_page = 100, api_key = "canary-in-the-script" } },
  },
  resources = {
    "orders",
    { name = "customers", write_disposition = "replace",
      endpoint = { params = { per_page = 20, state = "all" }, paginator = { type = "offset", limit = 20 },
                   data_selector = "data" } },
    { name = "customer", endpoint = "customers/{resources.orders.customer_id}" },
  },
}
local plain = lode.resource { name = "numbers", data = { { id = 1 } }, write_disposition = "append" }
local pipeline = lode.pipeline { name = "shop", destination = "sqlite:///out.db" }
pipeline:run(shop)
pipeline:run(plain)
"""
ENV = {"SOURCES__SHOP__TOKEN": "canary-token", "RUNTIME__REQUEST_TIMEOUT": "7"}


class Explain(case.CliCase):
    def rows(self, text, section):
        """name -> (value, origin) of one section."""
        part = re.search(rf"^  {section}[^\n]*\n((?:    [^\n]*\n)*)", text, re.M)
        self.assertIsNotNone(part, text)
        return {row[0]: (row[1], row[2]) for row in (re.split(" {2,}", line.strip()) for line in part[1].splitlines())}

    def test_each_value_has_its_origin(self):
        self.file("shop.lua", SCRIPT)
        text = self.ok("explain", "shop.lua", env=ENV).out
        client = self.rows(text, "client")
        self.assertEqual(client["timeout_s"], ("7", "configuration: runtime.request_timeout"))
        self.assertEqual(client["retry.attempts"], ("5", "default"))
        self.assertEqual(client["auth"], ('{ token = ***, type = "bearer" }', "client"))
        orders = self.rows(text, 'resource "orders"')
        self.assertEqual(orders["path"], ("orders", "resources[1].name"))
        self.assertEqual(orders["params.per_page"], ("100", "resource_defaults.endpoint"))
        self.assertEqual(orders["paginator"], ("header_link", "client"))
        self.assertEqual(orders["data_selector"], ("found with the first answer", "default"))
        self.assertEqual(orders["write_disposition"], ("merge", "resource_defaults"))
        customers = self.rows(text, 'resource "customers"')
        self.assertEqual(customers["params.per_page"], ("20", "resources[2].endpoint"))
        self.assertEqual(customers["paginator"], ('{ limit = 20, type = "offset" }', "resources[2].endpoint"))
        self.assertEqual(customers["write_disposition"], ("replace", "resources[2]"))
        self.assertIn('resource "customer", once for every row of "orders"', text)
        self.assertEqual(self.rows(text, 'resource "customer",')["paginator"],
                         ("single_page", "the path is of one thing"))
        self.assertEqual(self.rows(text, 'resource "numbers"')["write_disposition"], ("append", "script"))

    def test_no_secret_is_shown_and_nothing_is_done(self):
        self.file("shop.lua", SCRIPT)
        answer = self.ok("explain", "shop.lua", env=ENV)
        self.assertNotIn("canary", answer.out + answer.err)
        self.assertEqual(self.databases(), [])

    def test_a_mistake_is_an_error(self):
        self.file("shop.lua", SCRIPT.replace("data_selector", "data_selectr"))
        self.fails(EXIT_USAGE, "explain", "shop.lua", env=ENV, says="did you mean 'data_selector'?")


if __name__ == "__main__":
    case.main()
