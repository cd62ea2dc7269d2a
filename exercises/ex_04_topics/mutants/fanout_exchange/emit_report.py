"""Publisher: send reports, one for each argument, such as "eu/db.replica/critical:lag 40 s"."""

import os
import sys

import pika
from report import parse

URL = os.environ.get("RABBITMQ_URL", "amqp://guest:guest@localhost:5672/%2F")
LONGEST = 255


def main() -> None:
    if len(sys.argv) < 2:
        sys.exit("Usage: emit_report.py REGION/SERVICE/SEVERITY:TEXT...")
    reports = [parse(argument) for argument in sys.argv[1:]]
    refused = 0

    connection = pika.BlockingConnection(pika.URLParameters(URL))
    channel = connection.channel()
    channel.exchange_declare(exchange="feed", exchange_type="fanout", durable=True)

    channel.confirm_delivery()
    for report in reports:
        key = f"{report.region}.{report.service}.{report.severity}"
        if len(key.encode()) > LONGEST:
            print(f" [!] Refused, its key is longer than {LONGEST} bytes: {key}", file=sys.stderr)
            refused += 1
            continue
        channel.basic_publish(exchange="feed", routing_key=key, body=report.text)
        print(f" [x] Sent {key}: {report.text}", flush=True)
    connection.close()
    sys.exit(1 if refused else 0)


if __name__ == "__main__":
    main()
