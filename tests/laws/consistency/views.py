"""The same job, asked of the other two routes, has the same plan."""

from collections.abc import Iterator
from typing import Any

SHARED = {
    "/freeze-plan": ("resolved", "freeze_plan", "lr_schedule", "phases", "summary", "exports", "setup"),
    "/lr-schedule": ("resolved", "summary", "lr_schedule", "setup"),
}
"""The parts that a route has in common with `/recommend`."""


def differences(whole: dict[str, Any], views: dict[str, dict[str, Any]]) -> Iterator[str]:
    """The parts in which a view differs from the whole."""
    for route, view in views.items():
        for part in SHARED[route]:
            if whole.get(part) != view.get(part):
                yield f"{route}: {part}"
