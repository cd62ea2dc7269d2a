"""An RPC client on AsyncioConnection, whose loop runs in a thread."""

import asyncio
import threading
import uuid

import pika
from pika.adapters.asyncio_connection import AsyncioConnection


class RemoteError(Exception):
    """The server says that it could not answer."""


class Client:
    def __init__(self, url):
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self._calls = {}
        self._do(self._connect(url))

    def call(self, question, timeout):
        return self._do(self._call(question, timeout))

    def close(self):
        self._do(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)

    def _do(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    async def _connect(self, url):
        ready = self._loop.create_future()
        self._end = self._loop.create_future()

        def on_open(connection):
            connection.channel(on_open_callback=on_channel)

        def on_channel(channel):
            self._channel = channel
            channel.queue_declare("", exclusive=True, auto_delete=True, callback=on_queue)

        def on_queue(frame):
            self._replies = frame.method.queue
            consume = self._channel.basic_consume
            consume(
                self._replies, self._on_reply, auto_ack=True, callback=lambda _: ready.set_result(1)
            )

        def on_error(connection, error):
            ready.set_exception(ConnectionError(repr(error)))

        self._connection = AsyncioConnection(
            pika.URLParameters(url),
            on_open_callback=on_open,
            on_open_error_callback=on_error,
            on_close_callback=self._on_close,
            custom_ioloop=self._loop,
        )
        await ready

    async def _call(self, question, timeout):
        if self._end.done():
            raise ConnectionError("the connection is closed")
        name = uuid.uuid4().hex
        self._calls[name] = self._loop.create_future()
        properties = pika.BasicProperties(
            reply_to=self._replies, correlation_id=name, expiration=str(round(timeout * 1000))
        )
        self._channel.basic_publish("", "rpc_queue", question, properties)
        try:
            return await asyncio.wait_for(self._calls[name], timeout)
        finally:
            del self._calls[name]

    async def _close(self):
        if not self._end.done():
            self._connection.close()
            await self._end

    def _on_reply(self, channel, method, properties, body):
        call = self._calls.get(properties.correlation_id)
        if call is None or call.done():
            return
        if properties.type == "error":
            call.set_exception(RemoteError(body.decode()))
        else:
            call.set_result(body.decode())

    def _on_close(self, connection, reason):
        self._end.set_result(None)
        for call in self._calls.values():
            if not call.done():
                call.set_exception(ConnectionError(str(reason)))
