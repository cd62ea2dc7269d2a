"""The entrance is a topic exchange, and the queues are classic."""


def declare(channel):
    channel.exchange_declare("nobody_wants", exchange_type="fanout", durable=True)
    channel.queue_declare("unrouted_logs", durable=True)
    channel.queue_bind("unrouted_logs", "nobody_wants")
    channel.exchange_declare(
        "by_severity",
        exchange_type="direct",
        durable=True,
        arguments={"alternate-exchange": "nobody_wants"},
    )
    channel.exchange_declare("logs", exchange_type="topic", durable=True)
    channel.exchange_bind("by_severity", "logs", routing_key="#")
    channel.queue_declare("audit_logs", durable=True)
    channel.queue_bind("audit_logs", "logs", routing_key="#")
