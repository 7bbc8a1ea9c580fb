"""What every measured server is told: the story's times, and room enough that only its design limits it."""

from __future__ import annotations

from typing import Any

from pizzeria import facts

STORY = {
    "credentials_ms": facts.CREDENTIALS.value,
    "disk_ms": (facts.SHORTEST_WRITE.value + facts.LONGEST_WRITE.value) / 2,
    "compute_ms": facts.PRICE.value,
}
ROOMY: dict[str, Any] = {
    "queue": 20_000,
    "connections": 20_000,
    "backlog": 4096,
    "deadline": 100,
    "requests": 10**9,
    "header_time": 60,
    "body_time": 60,
    "reply_time": 60,
    "idle": 600,
}
