"""Counters and times for Prometheus. Labels are few words of a closed set, never ids or texts."""

from dataclasses import fields
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from passphrase.events import Event

LABELS: Final = tuple(field.name for field in fields(Event))
BUCKETS: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)


class Metrics:
    """The metrics of one process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._events = Counter(
            "passphrase_events", "What happened to invites", LABELS, registry=self._registry
        )
        self._seconds = Histogram(
            "http_request_seconds",
            "Requests by route and status",
            ("route", "status"),
            buckets=BUCKETS,
            registry=self._registry,
        )

    def event(self, event: Event) -> None:
        """Count an event."""
        self._events.labels(**event.labels).inc()

    def request(self, route: str, status: int, seconds: float) -> None:
        """Count a request."""
        self._seconds.labels(route, str(status)).observe(seconds)

    def page(self) -> str:
        """Write what Prometheus reads."""
        return generate_latest(self._registry).decode()
