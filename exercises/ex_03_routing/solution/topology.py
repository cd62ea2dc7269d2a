"""What all programs declare alike: exchanges, and the queues that must be there before anybody."""

QUORUM = {"x-queue-type": "quorum"}


def declare(channel):
    # From the bottom up, so that nothing ever points at something that is not there.
    # 1. The net: a fanout exchange takes any key, and a durable queue keeps what falls into it.
    channel.exchange_declare(exchange="unrouted_logs", exchange_type="fanout", durable=True)
    channel.queue_declare(queue="unrouted_logs", durable=True, arguments=QUORUM)
    channel.queue_bind(exchange="unrouted_logs", queue="unrouted_logs")
    # 2. The exchange that sorts. What none of its bindings wants, it hands to its alternate.
    channel.exchange_declare(
        exchange="routed_logs",
        exchange_type="direct",
        durable=True,
        arguments={"alternate-exchange": "unrouted_logs"},
    )
    # 3. The entrance. The audit hangs here and not on routed_logs: as a binding there it would
    # want every line, and then none would count as unrouted any more.
    channel.exchange_declare(exchange="logs", exchange_type="fanout", durable=True)
    channel.queue_declare(queue="audit_logs", durable=True, arguments=QUORUM)
    channel.queue_bind(exchange="logs", queue="audit_logs")
    # An exchange can be bound to an exchange: every line goes on to be sorted.
    channel.exchange_bind(destination="routed_logs", source="logs")
