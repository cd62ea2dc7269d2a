"""The small sets that names and arguments are drawn from, so that operations meet each other."""

from __future__ import annotations

from hypothesis import strategies as st

from .side import SLOTS

queues = st.sampled_from(["q0", "q0", "q0", "q1", "q1", "q1", "q2"])
new_queues = st.sampled_from(["q2", "q2", "q2", "q0", "q1"])
exchanges = st.sampled_from(["x0", "x0", "x0", "x1", "x1", "x1", "x2"])
keys = st.sampled_from(["q0", "q1", "a", "a.b", "b", "#", "*", "a.*", "#.b"])
slots = st.integers(0, SLOTS - 1)
tags = st.sampled_from(["t0", "t1"])
often = st.sampled_from([True, True, True, False])
seldom = st.sampled_from([False, False, False, False, True])
good_arguments = st.sampled_from([
    {}, {}, {}, {"x-max-length": 2}, {"x-max-length": 2, "x-overflow": "reject-publish"},
    {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": "Q:q0"},
    {"x-dead-letter-exchange": "X:x0"},
    {"x-max-length": 1, "x-dead-letter-exchange": "", "x-dead-letter-routing-key": "Q:q1"},
    {"x-message-ttl": 1, "x-dead-letter-exchange": "", "x-dead-letter-routing-key": "Q:q1"},
    {"x-message-ttl": 0}, {"x-single-active-consumer": True}, {"x-max-priority": 3},
    {"x-max-length": 1, "x-overflow": "reject-publish-dlx", "x-dead-letter-exchange": "",
     "x-dead-letter-routing-key": "Q:q0"},
    {"x-max-length-bytes": 6}, {"x-mine": 1},
])  # fmt: skip
bad_arguments = st.sampled_from([
    {"x-max-length": -1}, {"x-overflow": "no"}, {"x-message-ttl": "1"}, {"x-max-priority": 256},
    {"x-delivery-limit": 1}, {"x-dead-letter-routing-key": "a"}, {"x-queue-type": "sorted"},
])  # fmt: skip
arguments = st.one_of(good_arguments, good_arguments, good_arguments, bad_arguments)
quorum_arguments = st.sampled_from([
    {}, {}, {"x-delivery-limit": 1}, {"x-max-length": 2}, {"x-single-active-consumer": True},
    {"x-delivery-limit": 0, "x-dead-letter-exchange": "", "x-dead-letter-routing-key": "Q:q0"},
])  # fmt: skip
binding_arguments = st.sampled_from([
    {}, {}, {}, {"x-match": "all", "h": 1}, {"x-match": "any", "h": "x", "g": 2}, {"h": None},
    {"x-match": "any-with-x", "x-h": 1}, {"x-match": "some"},
])  # fmt: skip
message_headers = st.sampled_from([
    None, None, {"h": 1}, {"h": "x", "x-h": 1}, {"g": 2, "h": True}, {"x-death": "mine"},
])  # fmt: skip
