"""Draws a plan and what came of it as one SVG: the rate by group, the freeze bar, the scores of every setting."""

from html import escape
from itertools import pairwise
from math import log10
from typing import Any

WIDTH, LEFT = 760, 330
"""Points; the words of the scores stand left of LEFT."""

COLOURS = ("#0b6e99", "#d9730d", "#0f7b6c", "#ad1a72", "#6940a5", "#64473a")
STATES = {"frozen": "#9bb7d4", "low-rate": "#f2c14e", "full-rate": "#d1495b"}
LOWEST = 1e-6
"""The rate at the foot of the first picture, whose scale is logarithmic."""


def text(x: float, y: float, words: str, more: str = "") -> str:
    """Words at a place."""
    return f'<text x="{x:.1f}" y="{y:.1f}" {more}>{escape(words)}</text>'


def curves(rates: dict[str, list[float]], top: int) -> list[str]:
    """One line a group, over the steps of all phases."""
    steps, highest = max(map(len, rates.values())), max(max(curve) for curve in rates.values())
    parts = [text(20, top, f"Rate by group over {steps} steps, from {LOWEST:g} to {highest:g}, logarithmic")]
    for place, (name, curve) in enumerate(rates.items()):
        colour = COLOURS[place % len(COLOURS)]
        for start, end in stretches(curve):
            heights = [135 * log10(rate / LOWEST) / log10(highest / LOWEST) for rate in curve[start:end]]
            points = " ".join(
                f"{20 + 480 * step / steps:.1f},{top + 150 - height:.1f}" for step, height in enumerate(heights, start)
            )
            parts.append(f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="{points}"/>')
        parts.append(text(515, top + 25 + 18 * place, name, f'fill="{colour}"'))
    return parts


def stretches(curve: list[float]) -> list[tuple[int, int]]:
    """The spans of steps in which a rate is on the picture."""
    shown = [rate >= LOWEST for rate in curve]
    edges = [0, *(step for step in range(1, len(curve)) if shown[step] != shown[step - 1]), len(curve)]
    return [(start, end) for start, end in pairwise(edges) if shown[start]]


def freeze_bar(blocks: list[dict[str, Any]], top: int) -> list[str]:
    """Every block from stem to head, with its state in the last phase and its parameters."""
    parts = [text(20, top, "Blocks in the last phase: " + ", ".join(STATES))]
    width = (WIDTH - 40) / len(blocks)
    for place, block in enumerate(blocks):
        x = 20 + place * width
        fill = STATES.get(block["state"], "#cccccc")
        parts += [
            f'<rect x="{x:.1f}" y="{top + 10}" width="{width - 3:.1f}" height="34" fill="{fill}"/>',
            text(x + 4, top + 24, block["name"].split(".", 1)[-1].removeprefix("encoder."), 'font-size="11"'),
            text(x + 4, top + 38, f"{block['params']:,}", 'font-size="11"'),
        ]
    return parts


def scores(found: dict[str, list[float]], top: int) -> list[str]:
    """A point for each seed."""
    parts = [text(20, top, "Accuracy on mail not seen, a point for each seed, from half right to all")]
    for place, (name, points) in enumerate(found.items()):
        y = top + 25 + 24 * place
        parts.append(text(20, y, name, 'font-size="12"'))
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - 50}" y1="{y - 4}" y2="{y - 4}" stroke="#cccccc"/>')
        places = [LEFT + (WIDTH - 50 - LEFT) * (2 * one - 1) for one in points]
        parts += [f'<circle cx="{x:.1f}" cy="{y - 4}" r="5" fill="#0b6e99" fill-opacity="0.6"/>' for x in places]
    foot = top + 25 + 24 * len(found)
    return [*parts, text(LEFT, foot, "0.5", 'font-size="12"'), text(WIDTH - 60, foot, "1.0", 'font-size="12"')]


def picture(rates: dict[str, list[float]], blocks: list[dict[str, Any]], found: dict[str, list[float]]) -> str:
    """The whole picture."""
    height = 310 + 24 * len(found)
    parts = [*curves(rates, 24), *freeze_bar(blocks, 205), *scores(found, 275)]
    space = f'xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}"'
    head = f'<svg {space} font-family="sans-serif" font-size="14">'
    return "\n".join([head, f'<rect width="{WIDTH}" height="{height}" fill="white"/>', *parts, "</svg>"]) + "\n"
