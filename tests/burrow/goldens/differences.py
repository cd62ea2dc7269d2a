"""Where burrow differs from RabbitMQ on purpose: scenario, and the reason a learner is told."""

DOCUMENTED: dict[tuple[str, str], str] = {
    ("connecting", "other_protocol_versions_get_ours"): (
        "RabbitMQ offers AMQP 1.0 to a client that asks for an unknown version; burrow speaks "
        "AMQP 0-9-1 only and offers that."
    ),
    ("quorum", "an_unacked_get_counts_as_a_consumer"): (
        "declare-ok's consumer count of a quorum queue: RabbitMQ counts every unacknowledged "
        "basic.get as a consumer; burrow counts consumers."
    ),
    ("queue_arguments", "consumer_timeout_of_quorum_queues"): (
        "burrow has no consumer timeout and says so: 540 NOT_IMPLEMENTED."
    ),
}
