"""No alternate exchange: the publisher gets back what nobody wants, and puts it aside itself."""

QUORUM = {"x-queue-type": "quorum"}


def declare(channel):
    channel.exchange_declare(exchange="routed_logs", exchange_type="direct", durable=True)
    channel.queue_declare(queue="unrouted_logs", durable=True, arguments=QUORUM)
    channel.queue_declare(queue="audit_logs", durable=True, arguments=QUORUM)
