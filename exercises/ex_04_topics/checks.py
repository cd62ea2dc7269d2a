"""Reports with keys of many shapes are published; files and frames tell which watcher got which."""

import itertools
import json
from collections import Counter

import pytest

PLACES = ["Zone", "hall", "Yard", "dock", "roof"]
SERVICES = ["web", "mail", "search", "pay", "auth"]
SEVERITIES = ["info", "warning", "fatal", "debug"]
LONGEST = 255
VIEWS = {
    "eu": lambda region, parts, severity: region == "eu",
    "critical": lambda region, parts, severity: severity == "critical",
    "db": lambda region, parts, severity: parts == ["db"],
    "db-family": lambda region, parts, severity: parts[0] == "db",
    "parts": lambda region, parts, severity: len(parts) > 1,
    "nowhere": lambda region, parts, severity: region == "",
}


def words(lab, stock, count=1):
    """Words that no program can know beforehand."""
    return [f"{word}-{lab.random.randrange(100, 1000)}" for word in lab.random.sample(stock, count)]


def start(lab, name, *patterns):
    env = {"SHOW_FILE": f"{name}.jsonl"}
    return lab.start("watch.py", name, *patterns, name=name, env=env)


def shown(lab, process):
    """How often the process has shown which report."""
    lines = lab.file(f"{process.name}.jsonl").split("\n")
    entries = [json.loads(line) for line in lines if line.endswith("}")]
    return Counter((entry["key"], entry["text"]) for entry in entries)


def difference(lab, process, expected):
    """What is missing, and what is too much, when nothing happens any more."""
    wanted = Counter(expected)
    if not lab.eventually(lambda: not wanted - shown(lab, process), seconds=1):
        lab.quiet(1, limit=10)
    found = shown(lab, process)
    return sorted((wanted - found).elements()), sorted((found - wanted).elements())


def listed(reports):
    keys = [repr(key) for key, _ in reports]
    return ", ".join(keys[:4]) + (f" and {len(keys) - 4} more" if len(keys) > 4 else "")


def bound(lab, process):
    return [event.routing_key or "" for event in lab.wire(method="queue.bind", process=process)]


def queues(lab, process):
    return {event.queue for event in lab.wire(method="basic.consume", process=process)}


def begun(lab, process):
    """Wait until it consumes or has ended."""
    ok = {"method": "basic.consume-ok", "process": process}
    lab.eventually(lambda: lab.wire(**ok) or not process.alive, seconds=10)
    return process.alive and bool(lab.wire(**ok))


def ready(lab, *processes):
    for process in processes:
        lab.connected(process)
        did = "We started a watcher and waited for its basic.consume."
        if not begun(lab, process):
            lab.crashed(process)
            lab.fail("not-consuming", did, "No basic.consume came.")
    lab.quiet(0.3, limit=3)  # a program may have more than one consumer
    did = "We looked for the exchange `feed`, to which other teams publish."
    declared = {event.exchange for event in lab.wire(method="exchange.declare")}
    saw = f"Your programs declare {', '.join(map(repr, declared))}."
    lab.expect(lab.exchange_exists("feed"), "wrong-name", did, saw)


def publish(lab, *keys):
    """Reports with these keys; returns (key, text) for each."""
    reports = [(key, f"report {lab.random.randrange(10**8)}") for key in keys]
    for key, text in reports:
        lab.publish(text, routing_key=key, exchange="feed")
    return reports


def explain(lab, process, patterns, left, extra, did):
    """End the check with the reason why a watcher shows too little or too much."""
    types = {e.exchange_type for e in lab.wire(method="exchange.declare", exchange="feed")}
    lab.crashed(process)
    saw = f"{process.name} has not shown {listed(left)}."
    lab.expect("fanout" not in types, "everything", did, f"It showed {listed(extra)} as well.")
    lab.expect(not left or "topic" in types, "compares-whole-keys", did, saw)
    others = lab.wire(method="basic.consume")
    shared = [e for e in others if e.queue in queues(lab, process) and e.connection != process.name]
    lab.expect(not (left and shared), "shared-queue", did, f"{saw} Another consumes there as well.")
    keys = set(bound(lab, process)) & set(patterns)
    saw_bound = f"{saw} It bound {', '.join(map(repr, keys))}, and no more."
    lab.expect(not left or keys != {patterns[0]}, "first-pattern-only", did, saw_bound)
    lab.expect(not left, "report-missing", did, f"{saw} It bound {bound(lab, process)}.")


@pytest.mark.task(1)
def test_a_watcher_shows_what_one_of_its_patterns_matches(lab):
    region, far = words(lab, PLACES, 2)
    service, other = words(lab, SERVICES, 2)
    severity, calm = words(lab, SEVERITIES, 2)
    patterns = {
        "north": [f"{region}.#", f"*.{service}.*"],
        "south": [f"#.{severity}", f"*.{service}.*"],
    }
    watchers = [start(lab, name, *wanted) for name, wanted in patterns.items()]
    ready(lab, *watchers)
    north = publish(lab, f"{region}.{other}.{calm}", f"{region}.{other}.part.{calm}")
    both = publish(lab, f"{far}.{service}.{calm}", f".{service}.{calm}")
    south = publish(lab, f"{far}.{other}.{severity}", f"{far}.{other}.x.y.{severity}")
    publish(lab, f"{far}.{other}.{calm}", f"{far}.{service}.part.{calm}")  # nobody's
    for process, expected in zip(watchers, (north + both, south + both), strict=True):
        wanted = patterns[process.name]
        did = f"We started a watcher with {' and '.join(map(repr, wanted))}; 8 reports came."
        left, extra = difference(lab, process, expected)
        given = lab.wire(method="basic.deliver", process=process)
        unasked = [event for event in given if (event.routing_key, event.preview) not in expected]
        saw = f"{len(unasked)} reports that do not match were sent to it; it showed {len(extra)}."
        lab.expect(len(unasked) <= len(extra), "filters-itself", did, saw, unasked)
        explain(lab, process, wanted, left, extra, did)
        lab.expect(not extra, "everything", did, f"It showed {listed(extra)} as well.")


@pytest.mark.task(2)
def test_a_report_that_several_patterns_match_comes_once(lab):
    (region,), (service,), (severity,) = (words(lab, w) for w in (PLACES, SERVICES, SEVERITIES))
    patterns = [f"{region}.#", f"*.{service}.*", f"#.{severity}"]
    watcher = start(lab, "desk", *patterns)
    ready(lab, watcher)
    keys = [f"{region}.{service}.{severity}", f"{region}.x.{severity}", f"x.{service}.{severity}"]
    reports = publish(lab, *keys)
    lab.publish(reports[0][1], routing_key=keys[0], exchange="feed")  # the same again
    publish(lab, "x.y.z")
    left, extra = difference(lab, watcher, [*reports, reports[0]])
    did = f"We started a watcher with {', '.join(map(repr, patterns))}, which overlap."
    saw = f"It showed {listed(extra)} too often."
    lab.expect(not extra, "comes-twice", did, saw)
    did_twin = f"{did} We published a report with the key {keys[0]!r} twice."
    lab.expect(left != [reports[0]], "dropped-twin", did_twin, "It showed it once.")
    explain(lab, watcher, patterns, left, extra, did)


@pytest.mark.task(3)
def test_every_field_of_a_report_keeps_its_place_in_the_key(lab):
    region, service, severity = (words(lab, w)[0] for w in (PLACES, SERVICES, SEVERITIES))
    deep = f"{service}.replica.disk{lab.random.randrange(10)}"
    reports = [
        (region, deep, severity),
        (region, service, severity.upper()),
        (region, "", severity),
    ]
    reports += [("", service, severity), (region, service, ""), ("", deep, "")]
    sent, keys = emit(lab, reports)
    lab.expect(sent.code == 0, "ended-early", "We ran emit_report.py.", f"Exit code {sent.code}.")
    for number, fields in enumerate(reports):
        did = f"We ran emit_report.py with the report {'/'.join(fields)}:text."
        key, right = keys.get(f"text {number}"), ".".join(fields)
        lab.expect(key is not None, "report-unsent", did, "It was not published.")
        saw = f"It was published with the routing key {key!r}; {right!r} was expected."
        same = sorted(key.split(".")) == sorted(right.split("."))
        lab.expect(key == right or key.lower() != right.lower(), "changed-case", did, saw)
        lab.expect(key == right or not same, "wrong-order", did, saw)
        lab.expect(key == right or "" in fields, "flattened-service", did, saw)
        fewer = key.count(".") < right.count(".")
        lab.expect(not fewer, "skipped-word", did, saw)
        lab.expect(key == right, "filled-word", did, saw)

    room = LONGEST - len(f"{region}..{severity}")
    reports = [(region, service, severity), (region, "\u00fc" * 130, severity)]
    reports += [(region, "s" * room, severity)]
    sent, keys = emit(lab, reports, crash="long-key-kills")
    did = "We ran emit_report.py with three reports; the key of the second would have 270 bytes."
    saw = f"It published {', '.join(keys) or 'nothing'}, and ended with exit code {sent.code}."
    lab.expect("text 0" in keys and len(keys) > 1, "long-key-kills", did, saw)
    exact = did.replace("three", "several").replace(
        "second would have 270", "third has exactly 255"
    )
    lab.expect("text 2" in keys, "off-by-one", exact, saw)
    lab.expect(sent.code != 0, "long-key-hidden", did, saw)


def emit(lab, reports, crash="crashed"):
    """Let the learner's publisher send them; returns how it ended, and the key of each text."""
    args = [f"{'/'.join(fields)}:text {number}" for number, fields in enumerate(reports)]
    sent = lab.run("emit_report.py", *args, seconds=20)
    did = f"We ran emit_report.py with {len(args)} reports."
    if trace := sent.process.traceback():
        lab.fail(crash, did, f"It ended with a traceback: {trace[2][:200]}", line=trace[:2])
    lab.expect(sent.code is not None, "did-not-stop", did, "It had not ended after 20 s.")
    published = lab.wire(method="basic.publish", process=sent.process)
    return sent, {event.preview: event.routing_key for event in published}


@pytest.mark.task(4)
def test_each_view_takes_what_it_is_called_for(lab):
    watchers = {view: start(lab, view, f"@{view}") for view in VIEWS}
    for view, process in watchers.items():
        did = f"We started watch.py with the view @{view}."
        consuming = begun(lab, process)
        hashes = [key for key in bound(lab, process) if key.count("#") > 2]
        lab.expect(not hashes, "view-refused", did, f"It binds {hashes}, with more than two #.")
        saw = f"It ended: {process.lines[-1] if process.lines else ''}"
        lab.expect(consuming or process.alive, "view-refused", did, saw)
    ready(lab, *watchers.values())
    place, service, number = *words(lab, PLACES), *words(lab, SERVICES), lab.random.randrange(100)
    regions = ["eu", "", f"eu-{number}", place, "db", "critical"]
    services = [
        "db",
        "db.replica",
        f"db.replica.disk{number}",
        service,
        f"{service}.db",
        "",
        "critical",
    ]
    severities = ["critical", f"level{number}", ""]
    reports = [*itertools.product(regions, services, severities), (place, service, "db")]
    expected = {view: [] for view in VIEWS}
    for report in publish(lab, *(".".join(fields) for fields in reports)):
        region, *parts, severity = report[0].split(".")
        for view, wants in VIEWS.items():
            if wants(region, parts, severity):
                expected[view].append(report)
    for view, process in watchers.items():
        left, extra = difference(lab, process, expected[view])
        did = f"We started watch.py with the view @{view}, which binds {bound(lab, process)}."
        source = enumerate(lab.file("views.py").splitlines(), start=1)
        line = next((("views.py", n) for n, text in source if f'"{view}"' in text), None)
        lab.expect(not left, "view-too-narrow", did, f"It did not take {listed(left)}.", line=line)
        lab.expect(not extra, "view-too-wide", did, f"It took {listed(extra)} as well.", line=line)


@pytest.mark.task(5)
def test_a_pattern_that_cannot_work_is_refused(lab):
    one, two = words(lab, SERVICES, 2)
    fits = f"{one}.".ljust(LONGEST - 2, "x") + ".#"
    fine = ["#", ".#", "..", f"*.{two}_{one}.*", "\u00fc.#", "#.#", "*.*.*", fits]
    bad = [f"{one}*.#", f"*.{two}#.*", f"#.{one}.#.{two}.#", f"{one}.{two}", "\u00fc" * 130 + ".#"]
    good = start(lab, "good", *fine)
    refused = [start(lab, f"bad-{n}", f"{two}.#", pattern) for n, pattern in enumerate(bad)]
    did = f"We started watch.py with the patterns {', '.join(fine[:-1])} and one of 255 bytes."
    last = good.lines[-1] if not begun(lab, good) and good.lines else ""
    lab.expect(begun(lab, good), "refuses-good", did, f"It does not consume. {last}")
    for process, pattern in zip(refused, bad, strict=True):
        short = (
            pattern if len(pattern) < 60 else f"{pattern[:6]}... ({len(pattern.encode())} bytes)"
        )
        did = f"We started watch.py with a good pattern and {short}."
        process.wait(0.1 if begun(lab, process) else 5)
        trace = process.traceback()
        passed_on = pattern.count("#") > 2 and (process.alive or trace)
        saw = "The pattern went to the broker, which takes it or closes the channel with error 406."
        lab.expect(not passed_on, "three-hashes", did, saw)
        if process.alive:
            named = pattern in process.text.replace(str([f"{two}.#", pattern]), "")
            saw = f"It is running, and has bound {bound(lab, process)}."
            lab.fail("half-refused" if named else "silent-nothing", did, saw[:300])
        saw = f"It ended with a traceback: {trace[2][:200] if trace else ''}"
        lab.expect(trace is None, "traceback-instead", did, saw)
        saw = f"It said {' '.join(process.lines[-1:])[:120]!r} and ended with exit code 0."
        lab.expect(process.code != 0, "exits-zero", did, saw)
        saw = f"It said {' '.join(process.lines)[:200]!r}."
        named = pattern in process.text or len(pattern) > 100
        lab.expect(named and process.lines, "names-nothing", did, saw)
