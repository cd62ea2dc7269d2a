"""`python -m burrow`: run a broker in a terminal until Ctrl-C."""

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from burrow.broker import BANNER, Broker

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def main() -> int:
    """Exit code 0 after a stop that was asked for, 2 for wrong use, 3 when it cannot start."""
    parser = argparse.ArgumentParser(prog="python -m burrow", description=BANNER)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=5672, help="0 picks a free port")
    parser.add_argument("--data", type=Path, help="directory for durable queues and messages")
    parser.add_argument("--port-file", type=Path, help="gets the port number once it is open")
    parser.add_argument("--memory-limit", type=int, help="bytes before publishers are blocked")
    parser.add_argument("--expose", action="store_true", help="allow a host beyond this machine")
    options = parser.parse_args()
    if options.host not in LOOPBACK:
        if not options.expose:
            parser.error(f"others can reach --host {options.host}; say --expose if you mean it")
        print("burrow: WARNING: open to the network with the password guest", file=sys.stderr)
    return asyncio.run(serve(options))


async def serve(options: argparse.Namespace) -> int:
    """Run until SIGINT or SIGTERM."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stop.set)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))
    if options.port_file is not None:
        options.port_file.unlink(missing_ok=True)
    broker = Broker(options.data, memory_limit=options.memory_limit)
    try:
        await broker.start(options.host, options.port)
    except OSError as error:
        print(f"burrow: cannot start on port {options.port}: {error}", file=sys.stderr)
        return 3
    print(f"{BANNER}\nburrow: listening on {options.host}:{broker.port}", flush=True)
    if options.port_file is not None:
        part = options.port_file.with_suffix(".part")
        part.write_text(f"{broker.port}\n")
        part.replace(options.port_file)  # others see it whole, or not at all
    await stop.wait()
    await broker.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
