"""What all programs declare alike: exchanges, and the queues that must be there before anybody."""

QUORUM = {"x-queue-type": "quorum"}


def declare(channel):
    channel.queue_declare(queue="unrouted_logs", durable=True, arguments=QUORUM)
    channel.exchange_declare(exchange="routed_logs", exchange_type="direct", durable=True)
    channel.queue_declare(queue="audit_logs", durable=True, arguments=QUORUM)
