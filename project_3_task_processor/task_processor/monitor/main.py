"""`monitor`: a view that changes in a terminal, a line for each look on a pipe, and metrics."""

import contextlib
import time

from rich.console import Console
from rich.live import Live
from rich.table import Table

from task_processor.amqp.connect import session
from task_processor.monitor import metrics
from task_processor.monitor.gather import Gatherer, View
from task_processor.settings import Broker, BrokerError

MOST_SHOWN = 20


def run(broker: Broker, every: float, count: int, host: str, port: int, live: bool) -> None:
    """Look until Ctrl-C, or `count` times. Waits for a broker that goes away meanwhile."""
    exported = metrics.SystemMetrics(host, port) if port else None
    screen = Live(auto_refresh=False) if live else None
    seen, connected = 0, False
    with screen or contextlib.nullcontext():
        while not count or seen < count:
            try:
                with session(broker, "monitor") as on:
                    gatherer, connected = Gatherer(on, broker), True
                    while not count or seen < count:
                        view = gatherer.look(every)
                        seen += 1
                        if exported is not None:
                            exported.show(view)
                        if screen is not None:
                            screen.update(table(view), refresh=True)
                        else:
                            print(line(view), flush=True)
            except BrokerError as error:
                if not connected:
                    raise
                if exported is not None:
                    exported.lost()
                (screen.console if screen else Console(stderr=True)).print(str(error), markup=False)
                time.sleep(every)


def line(view: View) -> str:
    """One look as words and numbers that a program can split."""
    busy, processes = view.busy
    errors = ",".join(f"{reason}:{count}" for reason, count in sorted(view.errors.items()))
    return (
        f"{time.strftime('%H:%M:%S')} tasks={view.queues['tasks']} again={view.queues['again']} "
        f"dead={view.queues['dead']} workers={len(view.workers)} busy={busy}/{processes} "
        f"rate={view.rate:.1f}/s errors={errors or '-'}"
    )


def table(view: View) -> Table:
    """One look for a terminal."""
    busy, processes = view.busy
    found = Table(
        title=f"{view.queues['tasks']} tasks wait, {view.queues['again']} to be tried again, "
        f"{view.queues['dead']} dead",
        caption=", ".join(f"{count} x {reason}" for reason, count in view.errors.most_common(5))
        or "no errors",
    )
    for column in ("worker", "busy", "in hand", "done", "tasks/s"):
        found.add_column(column, justify="left" if column == "worker" else "right")
    for name, worker in sorted(view.workers.items())[:MOST_SHOWN]:
        beat = worker.beat
        found.add_row(
            name,
            f"{beat.get('busy')}/{beat.get('processes')}",
            str(beat.get("held")),
            str(beat.get("done")),
            f"{worker.rate:.1f}",
        )
    more = (
        f" ({len(view.workers) - MOST_SHOWN} not shown)" if len(view.workers) > MOST_SHOWN else ""
    )
    found.add_section()
    total = sum(worker.beat.get("done", 0) for worker in view.workers.values())
    found.add_row(f"all{more}", f"{busy}/{processes}", "", str(total), f"{view.rate:.1f}")
    return found
