"""burrow: a small AMQP 0-9-1 broker for learning and for tests, in readable Python.

`with burrow.running() as url:` starts one in the background; `async with burrow.serving() as url:`
starts one in your own event loop; `python -m burrow` starts one in a terminal.
"""

from burrow.broker import BANNER, Broker, running, serving

__all__ = ["BANNER", "Broker", "running", "serving"]
