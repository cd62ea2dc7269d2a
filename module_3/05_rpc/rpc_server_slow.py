"""The RPC server on a slow machine: fib(20) takes it 4 seconds."""

import os
import time

import pika

URL = os.environ.get("RABBITMQ_URL", "amqp://guest:guest@localhost:5672/%2F")


def fib(n: int) -> int:
    return n if n in (0, 1) else fib(n - 1) + fib(n - 2)  # slow on purpose: something to wait for


def answer(channel, method, properties, body):
    question = f"fib({body.decode(errors='replace')})"
    print(f" [.] {question}{' (redelivered)' if method.redelivered else ''}", flush=True)
    try:
        time.sleep(int(body) * 0.2)
        reply, kind = str(fib(int(body))), "result"
    except Exception as error:  # whatever it is, the caller must hear of it, and we must live on
        reply, kind = f"{type(error).__name__}: {error}", "error"
    if properties.reply_to:
        channel.basic_publish(
            exchange="",
            routing_key=properties.reply_to,
            body=reply,
            # The correlation id goes back as it came: it says which question this answers.
            properties=pika.BasicProperties(correlation_id=properties.correlation_id, type=kind),
        )
    # After the reply: if we die before this line, another server gets the request.
    channel.basic_ack(delivery_tag=method.delivery_tag)
    print(f" [x] Answered {question}", flush=True)


def main() -> None:
    connection = pika.BlockingConnection(pika.URLParameters(URL))
    channel = connection.channel()
    channel.queue_declare(queue="rpc_queue", durable=True, arguments={"x-queue-type": "quorum"})

    channel.basic_qos(prefetch_count=1)  # one request at a time, the rest is for other servers
    channel.basic_consume(queue="rpc_queue", on_message_callback=answer)
    print(" [x] Awaiting RPC requests", flush=True)
    channel.start_consuming()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass  # the connection closes with the process; an unanswered request returns
