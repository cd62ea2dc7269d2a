"""How our exchange, queues and streams are called."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Names:
    """All names begin with the prefix, so that several systems can share a vhost."""

    prefix: str = "images"

    @property
    def exchange(self) -> str:
        """Direct; every queue is bound to it with its own name as the key."""
        return self.prefix

    @property
    def workers(self) -> str:
        """Fanout; workers say here every two seconds how they are, monitors listen."""
        return f"{self.prefix}.workers"

    @property
    def tasks(self) -> str:
        return f"{self.prefix}.tasks"

    @property
    def crashed(self) -> str:
        """Tasks that were returned so often that the broker took them out."""
        return f"{self.prefix}.crashed"

    @property
    def dead(self) -> str:
        return f"{self.prefix}.dead"

    @property
    def jobs(self) -> str:
        """Stream: jobs submitted and cancelled."""
        return f"{self.prefix}.jobs"

    @property
    def progress(self) -> str:
        """Stream: which tasks were accepted, done, tried again, given up; as ranges."""
        return f"{self.prefix}.progress"

    @property
    def results(self) -> str:
        """Stream: each output with its hash, each failure with its message."""
        return f"{self.prefix}.results"

    def monitor(self, token: str) -> str:
        """A monitor's own queue, as long as it listens."""
        return f"{self.prefix}.monitor.{token}"

    def retry(self, delay: int) -> str:
        """The queue in which tasks wait `delay` seconds."""
        return f"{self.prefix}.retry.{delay}s"
