"""What all programs declare alike: exchanges, and the queues that must be there before anybody."""

QUORUM = {"x-queue-type": "quorum"}


def declare(channel):
    channel.exchange_declare(exchange="unrouted_logs", exchange_type="fanout", durable=True)
    channel.queue_declare(queue="unrouted_logs", durable=True, arguments=QUORUM)
    channel.queue_bind(exchange="unrouted_logs", queue="unrouted_logs")
    channel.exchange_declare(
        exchange="routed_logs",
        exchange_type="direct",
        durable=True,
        arguments={"x-alternate-exchange": "unrouted_logs"},
    )
    channel.exchange_declare(exchange="logs", exchange_type="fanout", durable=True)
    channel.queue_declare(queue="audit_logs", durable=True, arguments=QUORUM)
    channel.queue_bind(exchange="logs", queue="audit_logs")
    channel.exchange_bind(destination="routed_logs", source="logs")
