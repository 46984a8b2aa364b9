"""Puts parts that no name puts anywhere into the order in which their widths chain."""

from collections import deque
from collections.abc import Iterable

from service.core.architecture.module_tree import Node
from service.core.architecture.order.widths import PIXEL, gives, layers, reads

Widths = frozenset[int]


class _Face:
    """What a part reads from others and gives to others, without what stays within it.

    `even`: it gives every width that it reads, and may give it to others: then it is among those `given`.
    """

    def __init__(self, part: Node) -> None:
        pairs = layers([part])
        read, gave = {pair[0] for pair in pairs}, {pair[1] for pair in pairs}
        self.part = part
        self.even = not read - gave
        self.reads: Widths = frozenset(read - gave or {reads([part]) or 0})
        self.gives: Widths = frozenset(gave - read or {gives([part]) or 0})
        self.given: Widths = self.gives | self.reads if self.even else self.gives
        self.linked = False


def chain(parts: list[Node]) -> tuple[list[Node], set[int]]:
    """The parts in the order of their widths; and the ids of those whose place the widths tell.

    It begins with what reads a width that no other gives, and goes on with what reads what the last one gave; what
    gives a width that nothing reads comes last. Single layers of one face may change places.
    """
    faces = [_Face(part) for part in parts]
    given = {width for face in faces for width in face.gives}
    read = {width for face in faces for width in face.reads}
    inner = [face for face in faces if face.gives & read]
    waiting: dict[int, deque[_Face]] = {}
    for face in inner:
        face.linked = not face.reads & given
        for width in face.reads:
            waiting.setdefault(width, deque()).append(face)
    rest = deque([*(face for face in inner if face.linked), *inner])
    placed: dict[int, _Face] = {}
    last: _Face | None = None
    while following := _reader(last, waiting, placed) or _unplaced(rest, placed):
        following.linked = following.linked or last is None or _fits(last.gives, following.reads)
        last = placed[id(following.part)] = following
    for face in faces:
        if id(face.part) not in placed:
            face.linked = bool(face.reads & given) or last is None or _fits(last.gives, face.reads)
            placed[id(face.part)] = face
    alike: dict[tuple[Widths, Widths], list[Node]] = {}
    for face in faces:
        alike.setdefault((face.reads, face.gives), []).append(face.part)
    told = {key for key, same in alike.items() if _is_told(same)}
    sure = {id(face.part) for face in faces if face.linked and (face.reads, face.gives) in told}
    return [face.part for face in placed.values()], sure


MOST_LISTS = 16
"""Lists of blocks beside each other, at most, that widths put in order."""


def merged(lists: list[list[Node]], stems: list[Node]) -> list[Node]:
    """The members of lists of blocks in the order in which widths lead on, each list in its own order.

    It begins with a list that reads what stems give, or a width that no other list gives. Behind a block runs the next
    of its list, if it reads what that gives; else the first of a list that does, before others one that gives what it
    reads or what is read on; else the next of its list.
    """
    waiting = [deque(map(_Face, members)) for members in lists]
    if not 1 < len(waiting) <= MOST_LISTS:
        return [node for members in lists for node in members]
    placed: list[_Face] = []
    current = _entrance(waiting, {width for _, width in layers(stems)} | set(PIXEL))
    while current is not None:
        placed.append(current.popleft())
        while current and not current[0].part.matrices:
            placed.append(current.popleft())
        waiting = [faces for faces in waiting if faces]
        current = _following(placed[-1], current, waiting) or _entrance(waiting, set(PIXEL))
    return [face.part for face in placed]


def _entrance(waiting: list[deque[_Face]], begun: set[int]) -> deque[_Face] | None:
    """The first list that begins with a width that has begun, or that no other list gives; at best with both."""
    given = [{width for face in faces for width in face.given} for faces in waiting]

    def enters(index: int) -> tuple[bool, bool]:
        read = waiting[index][0].reads
        inner = any(read & widths for at, widths in enumerate(given) if at != index)
        return not read & begun, inner

    return waiting[min(range(len(waiting)), key=enters)] if waiting else None


def _following(last: _Face, current: deque[_Face], waiting: list[deque[_Face]]) -> deque[_Face] | None:
    """The list with the block that runs behind the last one; None where nothing tells."""
    if current and (last.gives & current[0].reads or not last.part.matrices):
        return current
    read = {width for faces in waiting for width in faces[0].reads}
    fits = [faces for faces in waiting if last.gives & faces[0].reads]
    even = [faces for faces in fits if faces[0].even]
    on = [faces for faces in fits if faces[-1].gives & read]
    return next(iter([*even, *on, *fits]), current or None)


def _is_told(alike: list[Node]) -> bool:
    """Whether parts of one face are a single one, or whole nets of one size, which run side by side."""
    return len(alike) == 1 or (len({part.count for part in alike}) == 1 and all(part.matrices > 1 for part in alike))


def _reader(last: _Face | None, waiting: dict[int, deque[_Face]], placed: dict[int, _Face]) -> _Face | None:
    """A part that reads what the last one gives."""
    found = (_unplaced(waiting[width], placed) for width in sorted(last.gives if last else ()) if width in waiting)
    return next(filter(None, found), None)


def _unplaced(faces: deque[_Face], placed: dict[int, _Face]) -> _Face | None:
    """The first of these that has no place yet; it and those before it are taken away."""
    while faces:
        face = faces.popleft()
        if id(face.part) not in placed:
            return face
    return None


def _fits(given: Iterable[int], read: Iterable[int]) -> bool:
    """Whether what is given may be read flattened, joined with more of its kind, or in parts."""
    return any(width and one and (width % one == 0 or one % width == 0) for one in given for width in read)
