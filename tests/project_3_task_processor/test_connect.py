"""What is said when there is no connection, and that no password is in it."""

import ssl

import pytest
from task_processor.amqp.connect import redact, session, why
from task_processor.settings import Broker, BrokerError

from course.brokers import Broker as CourseBroker


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("amqp://me:secret@broker.example/photos", "amqp://broker.example:5672/photos"),
        ("amqps://me:secret@broker.example/photos", "amqps://broker.example:5671/photos"),
        ("amqps://me:secret@broker.example:5690/photos", "amqps://broker.example:5690/photos"),
    ],
)
def test_a_url_is_shown_with_its_port_and_without_its_password(url: str, shown: str) -> None:
    assert redact(url) == shown


def test_a_port_that_speaks_no_tls_is_named(embedded: CourseBroker) -> None:
    url = embedded.url.replace("amqp://", "amqps://", 1)
    with pytest.raises(BrokerError, match="does not answer in TLS"):
        session(Broker(url), "test").__enter__()


def test_a_certificate_of_ones_own_needs_its_ca_named() -> None:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_message = "self-signed certificate in certificate chain"
    said = why(error, "amqps://me:secret@broker.example/photos")
    assert "self-signed certificate" in said and "SSL_CERT_FILE" in said
    assert "secret" not in said
