"""Goal: a PostgreSQL server that goes away, is a standby, or is loaded into from two sides, costs no row.

    server_test.py LODE DEMO_API

Method: real servers of the test's own and the real program. The source is the demo API, slowed down so that there is a
middle of a run to do things in; it tells the truth to compare with.
"""

import re
import signal
import sys
import time

from kill_test import API_SCRIPT
from lode_process import DemoApi, PostgresServer, PostgresTarget, Workplace, wait_until

PURCHASES = 400


def command(target, owner, api):
    return ["run", "script.lua", "--progress", "none", "--", f"to={target.url(owner)}", f"base_url={api.url}"]


def place_with_script(program):
    place = Workplace(program)
    place.write("script.lua", API_SCRIPT % "append")
    return place


def ids_in(target, place):
    return sorted(name for (name,) in target.query(place, "SELECT id FROM purchases"))


def check_rows(target, place, what):
    ids = ids_in(target, place)
    assert len(ids) == PURCHASES, f"{what}: {len(ids)} rows, {PURCHASES} were there to load"
    assert len(set(ids)) == PURCHASES, f"{what}: rows came twice"


def must_succeed(place, words, what):
    code, out, err = place.run(*words)
    assert code == 0, f"{what}: {out}{err}"


def server_stops_while_rows_are_extracted(program, server, api):
    """The load finds no server: a clear error, the package is kept, the next run finishes it."""
    target, place = PostgresTarget(server), place_with_script(program)
    words = command(target, place, api)
    process = place.start(*words)
    time.sleep(0.4)
    server.stop()
    out, err = process.communicate(timeout=120)
    server.start()
    words = command(target, place, api)  # it may have another port now
    assert process.returncode == 3, f"exit code {process.returncode}: {out}{err}"
    assert "destination.unavailable" in err, err
    assert "tried" in err and "kept: the package" in err, err
    must_succeed(place, words, "the run after the server came back")
    check_rows(target, place, "a server that was away at the commit")


def server_is_away_for_a_while(program, server, api):
    """Shorter than the retries last: the run itself gets over it."""
    target, place = PostgresTarget(server), place_with_script(program)
    process = place.start(*command(target, place, api))
    time.sleep(0.4)
    port = server.port
    server.stop()
    wait_until(lambda: process.poll() is not None or any((place.folder / "home").rglob("manifest.json")), 60)
    time.sleep(1)
    server.start(port=port)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, f"{out}{err}"
    check_rows(target, place, "a server that was away for two seconds")


def server_is_away_for_half_a_minute(program, server, api):
    """With attempts for so long, the run waits. Without them the package waits: see above."""
    target, place = PostgresTarget(server), place_with_script(program)
    (place.folder / ".lode").mkdir()
    place.write(".lode/config.toml", "[load]\nraise_on_max_retries = 9\n")
    process = place.start(*command(target, place, api))
    time.sleep(0.4)
    port = server.port
    server.stop()
    time.sleep(30)
    assert process.poll() is None, process.communicate()
    server.start(port=port)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, f"{out}{err}"
    check_rows(target, place, "a server that was away for half a minute")


def standby_is_refused(program, server, api):
    place = place_with_script(program)
    target = PostgresTarget(server)
    must_succeed(place, command(target, place, api), "the first run")
    with server.standby() as standby:
        url = standby.url(re.search(r"/(w_\w+)$", target.url(place)).group(1))
        words = ["run", "script.lua", "--progress", "none", "--", f"to={url}", f"base_url={api.url}"]
        code, out, err = place.run(*words)
    assert code == 1 and "destination.read_only" in err and "standby" in err, f"{code}: {out}{err}"
    check_rows(target, place, "a standby")


def two_machines_at_once(program, server, api):
    """Both read the same cursor; whatever the one commits, the other does not commit again."""
    target, first = PostgresTarget(server), place_with_script(program)
    second = place_with_script(program)
    words = command(target, first, api)
    processes = [place.start(*words) for place in (first, second)]
    answers = [process.communicate(timeout=120) for process in processes]
    codes = sorted(process.returncode for process in processes)
    assert codes == [0, 1], f"{codes}: {answers}"
    assert any("load.overtaken" in err for _, err in answers), answers
    check_rows(target, first, "two machines at once")


def paused_and_woken_late(program, server, api):
    """Stopped in the middle, overtaken by a run elsewhere, then woken up."""
    target, sleeper = PostgresTarget(server), place_with_script(program)
    other = place_with_script(program)
    words = command(target, sleeper, api)
    process = sleeper.start(*words)
    time.sleep(0.4)
    process.send_signal(signal.SIGSTOP)
    must_succeed(other, words, "the run elsewhere")
    process.send_signal(signal.SIGCONT)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 1 and "load.overtaken" in err, f"{process.returncode}: {out}{err}"
    check_rows(target, sleeper, "a run that was woken up late")


def main():
    program, demo_api = sys.argv[1], sys.argv[2]
    tests = [
        server_stops_while_rows_are_extracted,
        server_is_away_for_a_while,
        server_is_away_for_half_a_minute,
        standby_is_refused,
        two_machines_at_once,
        paused_and_woken_late,
    ]
    with PostgresServer() as server:
        for test in tests:
            with DemoApi(demo_api, "--purchases", str(PURCHASES), "--faults", "slow:ms=50") as api:
                test(program, server, api)
            print(f"{test.__name__}: ok", flush=True)


if __name__ == "__main__":
    main()
