"""Devices, by whatever name their drivers, shops and users give them."""

import re
from collections.abc import Iterable

import msgspec

from service.knowledge.rows import DeviceRow

UNTELLING = re.compile(
    r"nvidia|geforce|tesla|quadro|amd|radeon|instinct|apple|intel|r|tm|habana|hbm\d*e?|gpu|graphics|generation|google|"
    r"blackwell|workstation|server|edition"
)
"""Words of a device's name that do not tell it from others."""

FORMS = re.compile(r"sxm\d*|pcie|nvl|oam")
"""Words for the form of a device, which tell it from others only where a row is of that form."""


PART = re.compile(r"(.+?)[ -]+mig[ -]+(\d+)g\.(\d+)gb", re.IGNORECASE)
"""A part of a device, as MIG names it: the device, the slices of its processors, and its memory."""


class Devices(dict[str, DeviceRow]):
    """The devices by their ids."""

    def __init__(self, rows: Iterable[DeviceRow]) -> None:
        super().__init__({row.id: row for row in rows})
        self._plain = {_plain(name): row for row in self.values() for name in (row.id, *row.aliases)}

    def find(self, name: str | None) -> DeviceRow | None:
        """The device of this name, in any spelling; None where it is not known.

        `NVIDIA A100-SXM4-80GB` is `a100-80gb`, `3090` is `rtx-3090`. A name may tell another memory than the row's,
        from a quarter of it to its double: more is none of the device's own. `... MIG 3g.20gb` is a part of a device.
        """
        if name is None:
            return None
        if part := PART.fullmatch(name.strip()):
            whole = self.find(part[1])
            return whole.part(int(part[2]), int(part[3])) if whole else None
        for plain in (_plain(name), _plain(name, forms=False)):
            model, _, memory = plain.partition("-")
            for series in ("", "rtx", "gtx"):
                exact, row = self._plain.get(series + plain), self._plain.get(f"{series}{model}-")
                told = float(memory.removesuffix("gb") or 0)
                if exact is not None:
                    return exact
                if row is not None and row.memory_gib / 4 <= told <= row.memory_gib * 2:
                    return msgspec.structs.replace(row, memory_gib=told)
        return None


def _plain(device: str, *, forms: bool = True) -> str:
    """A device's name without its vendor and case; its memory, where it is told, stands last behind a hyphen."""
    words = [word for word in re.split(r"[^a-z0-9]+", device.lower()) if word and not UNTELLING.fullmatch(word)]
    memory = [word for word in words if word.endswith("gb") and word[:-2].isdecimal()]
    name = "".join(word for word in words if word not in memory and (forms or not FORMS.fullmatch(word)))
    name = name.removeprefix("rtx") if name.startswith("rtxa") else name
    return "-".join([name, *(memory[:1] or [""])])
