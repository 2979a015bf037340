#!/usr/bin/env python3
"""`lode sql`: what was loaded, asked on the command line."""

import csv
import io
import json
import os
import pty
import signal
import subprocess
import time

import case
from case import EXIT_FAILED, EXIT_INTERRUPTED, EXIT_USAGE, CliCase

ORDERS = (
    b'{"id": 1, "status": "paid", "total": 10.5, "at": "2024-01-02T03:04:05Z", "vip": true, "items": [{"sku": "x"}]}\n'
    b'{"id": 2, "status": null, "total": 7.0, "at": "2024-01-02T13:00:00.5Z", "vip": false}\n'
    b'{"id": 3, "status": "a \\"b\\", c", "total": null, "note": ""}\n'
)
ENDLESS = "with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n"


class Sql(CliCase):
    def setUp(self):
        super().setUp()
        self.file("orders.jsonl", ORDERS)
        self.ok("load", "orders.jsonl", "--to", "sqlite:///shop.db", "--dataset", "main", "--name", "shop")

    def sql(self, *words, **more):
        answer = self.ok("sql", *words, **more)
        self.assertEqual(answer.err, "", answer)
        return answer.out

    def test_csv_where_there_is_no_terminal(self):
        out = self.sql("shop", "select id, status, total, at, vip, note from orders order by id")
        self.assertEqual(
            out,
            "id,status,total,at,vip,note\n"
            "1,paid,10.5,2024-01-02T03:04:05+00:00,true,\n"
            "2,,7.0,2024-01-02T13:00:00.500000+00:00,false,\n"
            '3,"a ""b"", c",,,,""\n',
        )
        self.assertEqual(list(csv.reader(io.StringIO(out)))[3][1], 'a "b", c')

    def test_json(self):
        rows = json.loads(self.sql("shop", "select id, status, vip from orders order by id", "--format", "json"))
        self.assertEqual(rows[0], {"id": 1, "status": "paid", "vip": True})
        self.assertEqual(rows[1]["status"], None)
        self.assertEqual(json.loads(self.sql("shop", "select 1 as x", "--json")), [{"x": 1}])
        self.assertEqual(json.loads(self.sql("shop", "select 1 as x where 1 = 0", "--format", "json")), [])

    def test_json_lines(self):
        out = self.sql("shop", "select id, id from orders order by 1", "--format", "jsonl", "--limit", "2")
        self.assertEqual(out, '{"id":1,"id_2":1}\n{"id":2,"id_2":2}\n')

    def test_table(self):
        out = self.sql("shop", "select id, status, total from orders order by id", "--format", "table")
        self.assertEqual(
            out,
            "id  status    total\n"
            "--  --------  -----\n"
            " 1  paid       10.5\n"
            " 2  null        7.0\n"
            ' 3  a "b", c   null\n'
            "3 rows\n",
        )
        out = self.sql("shop", "select id from orders order by id", "--format", "table", "--limit", "2")
        self.assertTrue(out.endswith("the first 2 rows; --limit N shows more\n"), out)
        out = self.sql("shop", "select id from orders where id > 9", "--format", "table")
        self.assertEqual(out, "id\n--\nno rows\n")

    def test_table_on_a_terminal(self):
        control, terminal = pty.openpty()
        process = self.start(
            "sql",
            "shop",
            "select id, status from orders where id < 3 order by id",
            env={"TERM": "dumb"},
            stdout=terminal,
        )
        self.assertEqual(process.wait(case.TIMEOUT_S), 0)
        os.close(terminal)
        out = os.read(control, 10000).decode().replace("\r\n", "\n")
        self.assertEqual(out, "id  status\n--  ------\n 1  paid\n 2  null\n2 rows\n")
        os.close(control)

    def test_parameters(self):
        statement = "select id from orders where id = ? or status = ?"
        self.assertEqual(self.sql("shop", statement, "--", "2", "paid"), "id\n1\n2\n")
        self.assertEqual(self.sql("shop", statement, "--param", "3", "--param", "nobody"), "id\n3\n")
        kinds = "select typeof(?) as a, typeof(?) as b, typeof(?) as c, typeof(?) as d, typeof(?) as e"
        self.assertEqual(
            self.sql("shop", kinds, "--", "007", '"7"', "7", "-1.25e1", "null"),
            "a,b,c,d,e\ntext,text,integer,real,null\n",
        )
        self.fails(EXIT_FAILED, "sql", "shop", statement, "--", "1", says=["takes 2 parameters", "[query.parameters]"])

    def test_statement_from_standard_input(self):
        out = self.sql("shop", "-", "--format", "csv", stdin=b"-- how many\nselect count(*) as n\nfrom orders;\n")
        self.assertEqual(out, "n\n3\n")

    def test_without_a_pipeline(self):
        out = self.sql("--to", "sqlite:///shop.db", "--dataset", "main", "select count(*) as n from orders__items")
        self.assertEqual(out, "n\n1\n")
        self.ok("load", "orders.jsonl", "--to", "sqlite:///shop.db", "--dataset", "second", "--name", "second")
        out = self.sql("shop", "--dataset", "second", "select count(*) as n from _dlt_loads")
        self.assertEqual(out, "n\n1\n")

    def test_from_another_folder(self):
        (self.folder / "elsewhere").mkdir()
        answer = subprocess.run(
            [case.PROGRAM, "sql", "shop", "select count(*) as n from orders"],
            capture_output=True,
            cwd=self.folder / "elsewhere",
            check=False,
            env=self.env(),
            timeout=case.TIMEOUT_S,
        )
        self.assertEqual((answer.returncode, answer.stdout), (0, b"n\n3\n"), answer.stderr)

    def test_only_reads(self):
        for statement in ("delete from orders", "drop table orders", "update orders set id = 1", "vacuum"):
            self.fails(EXIT_FAILED, "sql", "shop", statement, says=["[destination.read_only]"])
        self.fails(EXIT_FAILED, "sql", "shop", "select 1; delete from orders", says=["one statement at a time"])
        self.assertEqual(self.count("orders"), 3)

    def test_what_is_wrong(self):
        self.fails(EXIT_FAILED, "sql", "shop", "selekt 1", says=['near "selekt"', "[destination.refused]"])
        self.fails(EXIT_FAILED, "sql", "shap", "select 1", says=["did you mean 'shop'?", "[pipeline.not_found]"])
        nowhere = ["--to", "sqlite:///none.db", "--dataset", "main"]
        self.fails(EXIT_FAILED, "sql", *nowhere, "select 1", says=["no such dataset"])
        self.fails(EXIT_USAGE, "sql", "shop", says=["a statement is missing", "[cli.usage]"])
        self.fails(EXIT_USAGE, "sql", "shop", "select", "1", says=["put it in quotes"])
        self.fails(EXIT_USAGE, "sql", "--to", "sqlite:///shop.db", "select 1", says=["--dataset is required"])
        self.fails(EXIT_USAGE, "sql", "shop", "select 1", "--format", "xml", says=["'xml' is none of table, csv"])
        answer = self.lode("sql", "shop", "selekt 1", "--json")
        self.assertEqual(answer.code, EXIT_FAILED)
        self.assertEqual(answer.json()["error"]["code"], "destination.refused")
        self.assertFalse((self.folder / "none.db").exists())

    def test_nothing_is_left_beside_the_file(self):
        self.sql("shop", "select * from orders")
        self.assertEqual([path.name for path in self.folder.glob("shop.db*")], ["shop.db"])

    def test_a_file_that_can_only_be_read(self):
        (self.folder / "shop.db").chmod(0o444)
        self.folder.chmod(0o555)
        self.addCleanup(self.folder.chmod, 0o755)
        self.assertEqual(self.sql("shop", "select count(*) as n from orders"), "n\n3\n")

    def test_many_rows(self):
        self.file("many.jsonl", "".join(f'{{"id": {i}}}\n' for i in range(50_000)))
        self.ok("load", "many.jsonl", "--to", "sqlite:///shop.db", "--dataset", "main", "--name", "many")
        lines = self.sql("many", "select id from many order by id").split()
        self.assertEqual(lines, ["id", *map(str, range(50_000))])
        rows = json.loads(self.sql("many", "select id from many order by id", "--format", "json"))
        self.assertEqual([row["id"] for row in rows], list(range(50_000)))

    def test_ctrl_c(self):
        process = self.start("sql", "shop", ENDLESS, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=case.TIMEOUT_S)
        self.assertEqual(process.returncode, EXIT_INTERRUPTED)


if __name__ == "__main__":
    case.main()
