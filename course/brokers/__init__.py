"""Choose, start, stop and restart a broker. One interface, several providers."""

from course.brokers.base import Broker, Capabilities, Declared, Unavailable

__all__ = ["Broker", "Capabilities", "Declared", "Unavailable"]
