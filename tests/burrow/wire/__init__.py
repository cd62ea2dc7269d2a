"""A small blocking AMQP 0-9-1 client for tests of a broker's behaviour."""

from .channel import Channel
from .connection import CAPABILITIES, Connection
from .frames import Closed, Json, marshal, method

__all__ = ["CAPABILITIES", "Channel", "Closed", "Connection", "Json", "marshal", "method"]
