"""An RPC client: ask over `rpc_queue`, and wait a limited time for the reply."""

import pika


class RemoteError(Exception):
    """The server says that it could not answer."""


class Client:
    """May be used by many threads at the same time."""

    def __init__(self, url: str) -> None:
        self._connection = pika.BlockingConnection(pika.URLParameters(url))
        self._channel = self._connection.channel()
        # TODO 1: where shall the replies go?
        # TODO 5: who reads from the connection, when several threads wait for replies?

    def call(self, question: str, timeout: float) -> str:
        """Send the question to rpc_queue, and return the text of the server's reply.

        Raises TimeoutError if there is none within `timeout` seconds, RemoteError with the server's
        text if the server could not answer, ConnectionError if the broker is lost meanwhile.
        """
        # TODO 1: publish the question to rpc_queue, with the address for the reply; wait; return.
        # TODO 2: not for longer than timeout. How long is the request itself of use?
        # TODO 3: which reply belongs to this question?
        # TODO 4: how does a reply say that it is an error?
        # TODO 6: what if the connection breaks while we wait?
        raise NotImplementedError("call() is still to be written")

    def close(self) -> None:
        """End the connection, also if it is lost already. Nothing of this client is left."""
        self._connection.close()
