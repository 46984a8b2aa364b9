"""`/explore` as its readers use it."""

# pyright: basic, reportMissingImports=false

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, unquote

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.pages.conftest import watched

JOB = {
    "target": {"task": "image-classification", "domain": "pets-and-animals"},
    "dataset": {"examples": 3680, "classes": 37},
    "source": {"model": "resnet50"},
}
JOBS = [
    JOB,
    {"target": {"task": "text-generation"}, "dataset": {"size": "medium"}},
    {"target": {"task": "text-classification"}, "dataset": {"examples": 300, "classes": 3}},
    {
        "target": {"task": "image-classification"},
        "dataset": {"examples": 40, "classes": 10},
        "source": {"model": "openai/clip-vit-base-patch32"},
    },
]
CONTROLS = [
    ("target.domain", "food", "target.domain"),
    ("dataset.examples", "12000", "dataset.examples"),
    ("dataset.size", "small", "dataset.size"),
    ("dataset.classes", "5", "dataset.classes"),
    ("source.model", "convnext_tiny", "source.model"),
    ("compute.device", "RTX 3060", "compute.device"),
    ("compute.kind", "cpu", "compute.kind"),
    ("compute.memory_gib", "24", "compute.memory_gib"),
    ("compute.count", "4", "compute.count"),
    ("fixed.strategy", "partial-fine-tuning", "fixed.strategy"),
    ("fixed.batch_size", "64", "fixed.batch_size"),
    ("similarity", "4", "similarity"),
    ("policy", "guides", "policy"),
]


def opened(page: Page, job: Any = JOB) -> None:
    page.goto(f"/explore#{quote(json.dumps(job))}")
    settle(page)


def settle(page: Page) -> None:
    """Waits until the page has asked and been answered."""
    page.wait_for_timeout(400)
    expect(page.locator("#answer")).to_have_attribute("aria-busy", "false")
    page.wait_for_load_state("networkidle")


def job_in_address(page: Page) -> Any:
    return json.loads(unquote(page.url.partition("#")[2]))


def asked(origin: str, job: Any) -> Any:
    """What the API answers itself."""
    return httpx.post(f"{origin}/recommend?explain=false", json=job, trust_env=False, timeout=30).json()


def leaves(value: Any) -> Iterator[float]:
    if isinstance(value, dict):
        for part in value.values():
            yield from leaves(part)
    elif isinstance(value, list):
        for part in value:
            yield from leaves(part)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield float(value)


@pytest.mark.parametrize("job", JOBS, ids=range(len(JOBS)))
def test_the_shown_numbers_are_the_apis(page: Page, origin: str, job: Any) -> None:
    opened(page, job)
    told = asked(origin, job)
    cards = page.locator("#verdict, #glance, #freeze, #rates, #strategies, #memory")
    shown = cards.locator("data").evaluate_all("found => found.map(one => [one.value, one.textContent])")
    assert len(shown) > 10
    known = set(leaves(told))
    for value, text in shown:
        assert float(value) in known
        assert float(text.replace(",", "")) == pytest.approx(float(value), rel=0.006)
    verdict = page.locator("#verdict")
    assert (
        ": ".join([verdict.locator("h2").inner_text(), verdict.locator("p").inner_text()]) == told["verdict"]["summary"]
    )


def test_the_tiles_say_their_own_numbers(page: Page, origin: str) -> None:
    opened(page)
    told = asked(origin, JOB)

    def tile(name: str) -> list[float]:
        cell = page.locator("#glance div", has=page.locator("dt", has_text=name))
        return [float(value) for value in cell.locator("data").evaluate_all("found => found.map(one => one.value)")]

    summary, rates = told["summary"], told["lr_schedule"]["rates"]
    assert tile("Train for") == [summary["steps"], summary["epochs"], summary["phases"]]
    assert tile("Peak rates") == [rates["head"], rates["backbone_top"]]
    assert tile("Warm-up") == [rates["warmup_steps"]]
    assert tile("Batch") == [summary["batch_size"], summary["micro_batch"], told["setup"]["devices"]]
    assert tile("Time") == [told["resources"]["time"][name] for name in ("hours", "hours_low", "hours_high")]
    assert tile("Trained") == [summary["trainable"]]


def test_the_bar_has_every_block_and_the_table_behind_it_too(page: Page, origin: str) -> None:
    opened(page)
    blocks = asked(origin, JOB)["freeze_plan"]["blocks"]
    assert page.locator("#freeze .bar > rect").count() == len(blocks)
    page.locator("#freeze summary").click()
    rows = page.locator("#freeze tbody tr")
    assert [row.split("\t")[:2] for row in rows.all_inner_texts()] == [
        [block["name"], block["state"]] for block in blocks
    ]


def said_of_step(page: Page) -> list[float]:
    """The step that is told beside the curve, and the rates of the first and the last two groups there."""
    step, rates = page.locator("#rates output").inner_text().removeprefix("Step ").split(": ")
    return [float(one.rpartition(" ")[2].replace(",", "")) for one in (step, *rates.split(", "))]


@pytest.mark.parametrize("job", JOBS[:3], ids=range(3))
def test_the_curve_passes_through_the_apis_points(page: Page, origin: str, job: Any) -> None:
    opened(page, job)
    told = asked(origin, job)
    schedule, before = told["lr_schedule"], sum(phase["steps"] for phase in told["phases"][:-1])
    peaks = [group["peak_rate"] for group in schedule["groups"] if group["peak_rate"] > 0]
    told_of = [peaks[0], *peaks[-2:]] if len(peaks) > 2 else peaks
    slider = page.get_by_label("Step", exact=True)
    for point in schedule["points"]:
        slider.fill(str(before + point["step"]))
        step, *rates = said_of_step(page)
        assert step == before + point["step"]
        assert rates == pytest.approx([point["factor"] * peak for peak in told_of], rel=0.006, abs=1e-15)
    page.locator("#rates summary").click()
    rows = page.locator("#rates .scroll").last.locator("tbody tr")
    values = rows.evaluate_all(
        "rows => rows.map(row => [...row.querySelectorAll('data')].map(one => Number(one.value)))"
    )
    assert [row[:2] for row in values] == [[one["step"], one["factor"]] for one in schedule["points"]]


def test_the_curve_is_drawn_and_follows_scale_pointer_and_keys(page: Page) -> None:
    opened(page)
    canvas = page.locator("#rates canvas")
    even = canvas.evaluate("one => one.toDataURL()")
    page.get_by_label("Logarithmic scale").uncheck()
    expect(page.get_by_label("Logarithmic scale")).to_be_focused()
    assert canvas.evaluate("one => one.toDataURL()") != even
    over = page.locator("#rates .u-over")
    for share in (0.2, 0.6):
        box = over.bounding_box()
        assert box
        over.hover(position={"x": share * box["width"], "y": 40})
        total = int(page.get_by_label("Step", exact=True).get_attribute("max") or 0)
        assert said_of_step(page)[0] == pytest.approx(share * total, abs=total / box["width"] + 1)
    slider = page.get_by_label("Step", exact=True)
    slider.fill("7")
    slider.press("ArrowRight")
    assert said_of_step(page)[0] == 8


@pytest.mark.parametrize(("name", "value", "pointer"), CONTROLS)
def test_every_control_changes_the_job_and_the_address(
    page: Page, answers: list[Any], name: str, value: str, pointer: str
) -> None:
    opened(page)
    for closed in page.locator("#job details > summary").all():
        closed.click()
    control = page.locator(f'[data-field="{name}"]')
    control.select_option(value) if control.evaluate("one => one.tagName") == "SELECT" else control.fill(value)
    settle(page)
    part: Any = job_in_address(page)
    for step in pointer.split("."):
        part = part[step]
    assert str(part) == value
    assert json.loads(answers[-1].request.post_data) == job_in_address(page)
    assert page.locator("#faults").inner_text() == ""


def test_the_task_brings_its_domains_and_models(page: Page) -> None:
    opened(page, {"target": {"task": "image-classification"}, "dataset": {"examples": 500}})
    page.locator('[data-field="target.task"]').select_option("automatic-speech-recognition")
    settle(page)
    domains = page.locator('[data-field="target.domain"] option').all_inner_texts()
    assert "pets-and-animals" not in domains
    assert len(domains) > 2
    assert page.locator('#models option[value="openai/whisper-small"]').count() == 1
    page.get_by_label("Weights for commercial use").evaluate("one => one.closest('details').open = true")
    page.get_by_label("Weights for commercial use").check()
    settle(page)
    assert job_in_address(page)["constraints"] == {"commercial_use": True}


def test_a_model_is_completed_from_the_whole_catalogue(page: Page) -> None:
    opened(page)
    page.get_by_label("Pretrained model").fill("resnet18d")
    settle(page)
    page.locator('#models option[value^="resnet18d"]').first.wait_for(state="attached")


def test_a_fault_stands_by_its_field_with_the_nearest_word(page: Page) -> None:
    opened(page)
    page.get_by_label("Pretrained model").fill("resnet5o")
    settle(page)
    expect(page.get_by_role("alert")).to_contain_text("/source/model")
    assert page.locator('[data-field="source.model"]').get_attribute("aria-invalid") == "true"
    page.get_by_role("button", name="Use ").click()
    settle(page)
    assert page.get_by_role("alert").inner_text() == ""
    assert job_in_address(page)["source"]["model"].startswith("resnet")


def test_a_link_brings_its_job_with_what_the_form_does_not_know(page: Page, answers: list[Any]) -> None:
    job = {**JOB, "measurements": {"linear_probe": 0.9, "full_fine_tuning": 0.8}}
    opened(page, job)
    assert json.loads(answers[-1].request.post_data) == job
    page.evaluate(
        "job => { location.hash = encodeURIComponent(JSON.stringify(job)); }",
        {"target": {"task": "summarization"}, "dataset": {"examples": 50}},
    )
    settle(page)
    assert page.locator('[data-field="target.task"]').input_value() == "summarization"


def test_a_broken_link_and_a_start_over_show_the_example(page: Page) -> None:
    for fragment in ("#%7Bbroken", "#3", ""):
        page.goto("about:blank")
        page.goto(f"/explore{fragment}")
        settle(page)
        assert job_in_address(page) == JOB
    page.get_by_label("Classes").fill("9")
    page.get_by_role("button", name="Start over").click()
    settle(page)
    assert job_in_address(page) == JOB


def test_what_is_copied_is_what_is_shown(page: Page, origin: str) -> None:
    opened(page)
    page.get_by_role("button", name="Copy as curl").click()
    expect(page.locator("#said")).to_contain_text("Copied")
    line = page.evaluate("navigator.clipboard.readText()")
    assert f"'{origin}/recommend'" in line
    assert json.loads(line.partition(" -d '")[2].rstrip("'")) == JOB
    page.get_by_role("button", name="Copy link").click()
    expect(page.locator("#said")).to_contain_text("opens the link")
    assert page.evaluate("navigator.clipboard.readText()") == page.url
    for trainer in page.locator("#trainer option").all_inner_texts():
        told = asked(origin, {**JOB, "dialects": [trainer]})["exports"][0]
        page.get_by_label("Trainer").select_option(trainer)
        page.evaluate("navigator.clipboard.writeText('')")
        page.get_by_role("button", name="Copy as plan").click()
        page.wait_for_load_state("networkidle")
        expect(page.locator("#said")).to_contain_text(told["losses"][0] if told["losses"] else f"Copied for {trainer}")
        assert page.evaluate("navigator.clipboard.readText()") == told["text"]


def test_stars_say_their_evidence_and_arrows_move_between_them(page: Page, origin: str) -> None:
    opened(page)
    answered = httpx.get(f"{origin}/matrix?modality=image", trust_env=False).json()["cells"]
    cells = {(cell["model"], cell["task"]): cell for cell in answered}
    tasks = page.locator("#matrix thead th").all_inner_texts()[1:]
    rows = page.locator("#matrix tbody tr")
    assert tasks[0] == "image-classification"
    for row in rows.all():
        model = row.locator("th").inner_text()
        for task, cell in zip(tasks, row.locator("td").all(), strict=True):
            label = cell.locator("> *").get_attribute("aria-label") or ""
            told = cells.get((model, task), {"score": None, "judged": True})
            missing = "cannot" if told["judged"] else "no evidence"
            assert label.startswith(missing if told["score"] is None else f"{told['score']} of 5")
    first = page.locator('#matrix .stars[tabindex="0"]')
    assert first.count() == 1
    first.focus()
    page.keyboard.press("ArrowDown")
    model = page.evaluate("document.activeElement.closest('tr').querySelector('th').textContent")
    expect(page.locator("#evidence")).to_contain_text(cells[model, tasks[0]]["reason"])
    rows.nth(4).locator(".stars").first.hover()
    expect(page.locator("#evidence")).to_contain_text(rows.nth(4).locator("th").inner_text())


def test_pages_and_rules_are_read_in_place(page: Page, origin: str) -> None:
    opened(page)
    page.locator("[data-topic]").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    assert len(dialog.inner_text()) > 200
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.locator("[data-rule]").first.click()
    expect(dialog).to_contain_text("Rule ask-")
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_be_hidden()


def test_the_keyboard_reaches_everything_and_everything_has_a_name(page: Page) -> None:
    opened(page)
    page.keyboard.press("Tab")
    expect(page.locator("#skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#answer")).to_be_focused()
    nameless = page.locator("select, input, button, [role=img], [role=region]").evaluate_all(
        "found => found.filter(one => !(one.labels?.length || one.textContent.trim() || one.ariaLabel))"
        ".map(one => one.outerHTML)"
    )
    assert nameless == []
    assert page.locator("h1").count() == 1
    assert page.locator("html[lang]").count() == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_from_what_is_behind_them(page: Page, scheme: Any) -> None:
    """Contrast of at least 4.5 (WCAG 2.2, 1.4.3) for each pair of colours that the style names for text."""
    page.emulate_media(color_scheme=scheme)
    opened(page)
    for ink, paper in [
        ("ink", "card"),
        ("soft", "card"),
        ("soft", "paper"),
        ("accent", "card"),
        ("accent-ink", "accent"),
        ("verdict-ink", "verdict"),
        ("ink", "warn"),
        ("ink", "bad"),
    ]:
        colours = page.evaluate(
            "names => names.map(name => getComputedStyle(document.documentElement).getPropertyValue('--' + name))",
            [ink, paper],
        )
        light, dark = sorted((luminance(colour) for colour in colours), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, (ink, paper)


def luminance(colour: str) -> float:
    parts = [int(part, 16) / 255 for part in re.findall("..", colour.strip().removeprefix("#"))]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("width", [400, 768, 1100, 1600])
def test_nothing_is_cut_off_at_any_width(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    for job in JOBS:
        page.goto("about:blank")
        opened(page, job)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.set_viewport_size({"width": width - 1, "height": 900})
        page.set_viewport_size({"width": width, "height": 900})
        wide = page.locator("#freeze .bar").evaluate("one => one.getBoundingClientRect().right")
        assert wide <= width


def test_the_policy_lets_nothing_else_run(page: Page, origin: str) -> None:
    answer = httpx.get(f"{origin}/explore", trust_env=False)
    policy, text = answer.headers["content-security-policy"], answer.text
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert len(re.findall(r"'sha256-[^']{44}'", policy)) == 2
    assert not re.search(r'(src|href)="(https?:)?//', text)
    assert "innerHTML" not in text
    assert not re.search(r"localStorage|sessionStorage|indexedDB|document\.cookie", text)
    opened(page)
    assert page.context.cookies() == []


@pytest.mark.parametrize("path", ["/explore", "/explore/"])
def test_it_works_under_a_path_prefix(browser: Browser, prefixed: str, path: str) -> None:
    with watched(browser, prefixed) as page:
        page.goto(prefixed + path)
        settle(page)
        assert page.locator("#verdict h2").inner_text().endswith("resnet50")
        assert page.locator("#matrix .stars").count() > 10
