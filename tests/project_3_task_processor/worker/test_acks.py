"""Acknowledgements are few, and each delivery has exactly one."""

from hypothesis import given
from hypothesis import strategies as st
from task_processor.worker.acks import AckWindow


class Channel:
    """The broker's side: which tags are unacknowledged."""

    def __init__(self) -> None:
        self.unacknowledged: set[int] = set()
        self.frames = 0

    def ack(self, tag: int, multiple: bool) -> None:
        assert tag in self.unacknowledged, "RabbitMQ closes the channel: unknown delivery tag"
        self.frames += 1
        gone = {one for one in self.unacknowledged if one <= tag} if multiple else {tag}
        self.unacknowledged -= gone


@given(st.data())
def test_whatever_the_order_every_delivery_is_acknowledged_once_and_not_too_early(data) -> None:
    window, channel = AckWindow(), Channel()
    delivered, held = 0, set()
    for _ in range(data.draw(st.integers(1, 60))):
        action = data.draw(st.sampled_from(["deliver", "settle", "look"]))
        if action == "deliver":
            delivered += 1
            window.delivered(delivered)
            channel.unacknowledged.add(delivered)
            held.add(delivered)
        elif action == "settle" and held:
            tags = data.draw(st.lists(st.sampled_from(sorted(held)), min_size=1, unique=True))
            held.difference_update(tags)
            due = window.settle(tags)
            if due is not None:
                channel.ack(due, multiple=True)
        elif action == "look":
            for tag in window.stragglers():
                channel.ack(tag, multiple=False)
        assert held <= channel.unacknowledged, "nothing is acknowledged before it is settled"
        assert window.outstanding == len(channel.unacknowledged)
    due = window.settle(sorted(held))
    if due is not None:
        channel.ack(due, multiple=True)
    for _ in range(2):
        for tag in window.stragglers():
            channel.ack(tag, multiple=False)
    assert not channel.unacknowledged


def test_deliveries_settled_in_order_need_one_frame() -> None:
    window = AckWindow()
    for tag in range(1, 101):
        window.delivered(tag)
    assert window.settle(list(range(1, 101))) == 100


def test_one_slow_task_does_not_hold_the_others_back() -> None:
    window = AckWindow()
    for tag in range(1, 5):
        window.delivered(tag)
    assert window.settle([2, 3, 4]) is None
    assert window.stragglers() == [], "its neighbours may be done in a moment"
    assert window.stragglers() == [2, 3, 4]
    assert window.outstanding == 1
    assert window.settle([1]) == 1
