"""The page of a comparison as it is seen."""

import json
import shutil

import pytest

from millpond.report import report
from tests.scenarios.report.test_report import hostile

BOXES = """() => [...document.querySelectorAll('svg')].filter(s => s.getBoundingClientRect().width).map(s => ({
  frame: s.getBoundingClientRect().toJSON(),
  texts: [...s.querySelectorAll('text')].map(t => [t.textContent, t.getBoundingClientRect().toJSON()])}))"""


def overlaps(a, b):
    return (
        min(a["right"], b["right"]) - max(a["left"], b["left"]) > 0.5
        and min(a["bottom"], b["bottom"]) - max(a["top"], b["top"]) > 2  # lines have air above and below their letters
    )


def looked_at(tab, width):
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    tab.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    pictures = tab.evaluate(BOXES)
    assert len(pictures) > 10
    for picture in pictures:
        frame, texts = picture["frame"], picture["texts"]
        for i, (said, box) in enumerate(texts):
            assert box["left"] >= frame["left"] - 1 and box["right"] <= frame["right"] + 1, said
            for other, box_2 in texts[:i]:
                assert not overlaps(box, box_2), f"{said} on {other}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_overlaps_and_nothing_sticks_out(opened, made, width, scheme):
    tab = opened(made[0] / "report.html", width, scheme)
    looked_at(tab, width)
    contrast = tab.evaluate(
        """() => { const c = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
        const light = p => { c.fillStyle = p; c.fillRect(0, 0, 1, 1);
          const [r, g, b] = [...c.getImageData(0, 0, 1, 1).data].slice(0, 3).map(
            v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
          return .2126 * r + .7152 * g + .0722 * b + .05; };
        return Math.min(...[...document.querySelectorAll('.cell')].map(e => { const s = getComputedStyle(e);
          const [a, b] = [light(s.color), light(s.backgroundColor)]; return Math.max(a / b, b / a); })); }"""
    )
    assert contrast > 4.5  # numbers in coloured cells: WCAG 2.1, 1.4.3


def test_the_page_is_small_and_soon_there(opened, made):
    path = made[0] / "report.html"
    assert path.stat().st_size < 2**20
    paint = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
    times = [opened(path).wait_for_function(paint).json_value() for _ in range(2)]
    assert 0 < min(times) < 1000  # ms; the machine may be busy once


def test_the_pictures_show_the_numbers(opened, made):
    """Dots stand in the order of the scores, curves have a point for each part."""
    tab = opened(made[0] / "report.html")
    places = tab.evaluate("[...document.querySelectorAll('#scores tbody svg circle')].map(c => +c.getAttribute('cx'))")
    scores = [row["score"]["mean"] for row in made[1]["rows"]]
    ends = (min(scores), max(scores)), (min(places), max(places))
    for place, score in zip(places, scores, strict=True):
        share = (score - ends[0][0]) / (ends[0][1] - ends[0][0])
        assert place == pytest.approx(ends[1][0] + share * (ends[1][1] - ends[1][0]), abs=0.2)
    names = {row["model"] for row in made[1]["rows"]}
    assert names == set(tab.evaluate("[...document.querySelectorAll('#learning svg text.named, #learning svg text.control')].map(t => t.textContent)"))  # fmt: skip # noqa: E501
    n_rows, n_points = len(made[1]["rows"]), 4
    assert tab.locator("#learning svg circle").count() == n_rows * n_points
    assert tab.locator("#cost svg").count() == 3
    for name in ("esn", "mackey-glass"):
        assert tab.locator("#cost svg text.named", has_text=name).count() == 3
    assert tab.locator("#scores .whisker").count() == n_rows


@pytest.mark.parametrize("width", [1280, 390])
def test_long_and_hostile_names_do_no_harm(opened, made, tmp_path, width):
    found = hostile(json.loads((made[0] / "summary.json").read_text()))
    trained = json.loads(json.dumps(found["rows"][0])) | {"kind": "baseline", "model": "gru", "of": "gru"}
    found["rows"].append({k: v for k, v in trained.items() if k != "learning_curve"})
    shutil.copy(made[0] / "summary.json", tmp_path)
    (tmp_path / "summary.json").write_text(json.dumps(found))
    tab = opened(report(tmp_path, measure=False), width)
    looked_at(tab, width)
    assert tab.locator("#cost path.baseline").count() == 3
