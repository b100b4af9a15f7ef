"""The viewer in a browser: it plays, steps, and draws what the data say."""

import json
import re

import numpy as np
import pytest

from millpond.page import Section, page
from millpond.viewer import section
from millpond.viewer.sights import TICK

# read from a copy, as the browser complains of a canvas on the page that is read often
COPY = """const c = document.querySelector(selector), r = c.width / c.clientWidth;
const copy = document.createElement('canvas');
[copy.width, copy.height] = [c.width, c.height]; const context = copy.getContext('2d', { willReadFrequently: true });
context.drawImage(c, 0, 0);"""
# the colour of a spot of a canvas, and a number for all of it
SPOT = f"([selector, x, y]) => {{ {COPY} return [...context.getImageData(x * r, y * r, 1, 1).data] }}"
ALL = f"""selector => {{ {COPY} let h = 0;
for (const v of context.getImageData(0, 0, c.width, c.height).data) h = (31 * h + v) >>> 0; return h }}"""
SEEK = """t => { const s = document.querySelector('.slider'); s.value = t; s.dispatchEvent(new Event('input')) }"""
FRAMES = """() => new Promise(done => { const at = []; (function next(now) { at.push(now);
at.length < 41 ? requestAnimationFrame(next) : done((at.at(-1) - at[0]) / 40) })(performance.now()) })"""
RIGHT = "parseFloat(document.querySelector('.viewer').style.getPropertyValue('--right'))"
MOVING = (".column", ".phase", ".surface", ".camera")
CANVASES = (*MOVING, ".wave", ".cochlea", ".course", ".lines", ".raster", ".votes")


def ready(tab):
    tab.wait_for_selector(".viewer[data-ready]")
    tab.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return tab


def now(tab):
    return float(tab.input_value(".slider"))


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_every_picture_is_drawn_and_nothing_scrolls_sideways(opened, seen, width, scheme):
    tab = ready(opened(seen, width, scheme))
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    pictures = {name: tab.evaluate(ALL, name) for name in CANVASES}
    assert all(pictures.values())
    # another scheme is another picture, without loading anew; photographs and water stay what they are
    tab.emulate_media(color_scheme="dark" if scheme == "light" else "light")
    ready(tab)
    assert [n for n in CANVASES if tab.evaluate(ALL, n) == pictures[n]] == [".camera"]
    if width == 390:
        tops = tab.evaluate("[...document.querySelectorAll('.liquid')].map(e => e.getBoundingClientRect().top)")
        assert tops == sorted(tops) and len(set(tops)) == 3


def test_it_plays_by_click_and_key_at_thirty_frames_a_second(opened, seen):
    tab = ready(opened(seen))
    before = {name: tab.evaluate(ALL, name) for name in CANVASES}
    tab.select_option(".speed", "0.025")
    tab.click(".play")
    assert tab.inner_text(".play") == "Pause"
    tab.wait_for_function(
        "() => { const t = Number(document.querySelector('.slider').value); return t > 0.01 && t < 0.1 }"
    )
    goal = 1000 / 30
    milliseconds = next((ms for ms in (tab.evaluate(FRAMES) for _ in range(6)) if ms < goal), None)
    tab.keyboard.press("Space")  # the button has the focus: it is pressed once, not twice
    assert tab.inner_text(".play") == "Play"
    stood = now(tab)
    assert 0.01 < stood
    after = {name: tab.evaluate(ALL, name) for name in CANVASES}
    assert all(after[name] != before[name] for name in MOVING)
    assert all(after[name] == before[name] for name in CANVASES if name not in (*MOVING, ".votes"))  # under a veil
    assert milliseconds is not None, "no 40 frames of six times 40 came in time"
    tab.keyboard.press("ArrowRight")
    assert now(tab) > stood
    tab.focus(".viewer")
    tab.select_option(".speed", "1")
    tab.keyboard.press("Space")
    tab.wait_for_function("() => document.querySelector('.play').textContent === 'Play'")
    assert now(tab) == pytest.approx(float(tab.get_attribute(".slider", "max")))  # it stops at the end


def test_it_moves_by_keys_and_mouse(opened, seen, embedded):
    tab, facts = ready(opened(seen)), embedded[0]
    end = facts["n_rows"] * facts["period"]
    tab.focus(".slider")
    for key, where in (("Home", 0), ("ArrowRight", 0.01), ("ArrowRight", 0.02), ("Shift+ArrowRight", 0.07),
                       ("ArrowLeft", 0.06), ("End", end), ("ArrowRight", end)):  # fmt: skip
        tab.keyboard.press(key)
        assert now(tab) == pytest.approx(where, abs=1e-6)
    box = tab.locator(".cochlea").bounding_box()
    wide = box["width"] - 44 - tab.evaluate(RIGHT)
    tab.mouse.click(box["x"] + 44 + 0.25 * wide, box["y"] + 40)
    assert now(tab) == pytest.approx(0.25 * end, abs=2 * end / box["width"])
    veil = tab.locator(".heard .veil").first.bounding_box()
    assert veil["x"] == pytest.approx(box["x"] + 44 + 0.25 * wide, abs=2)
    box = tab.locator(".slider").bounding_box()
    tab.mouse.click(box["x"] + 0.5 * box["width"], box["y"] + box["height"] / 2)
    assert now(tab) == pytest.approx(0.5 * end, abs=0.02 * end)
    tab.focus(".column")  # which turns, and leaves the time alone
    picture, stood = tab.evaluate(ALL, ".column"), now(tab)
    tab.keyboard.press("ArrowRight")
    assert tab.evaluate(ALL, ".column") != picture and now(tab) == stood
    picture = tab.evaluate(ALL, ".column")
    box = tab.locator(".column").bounding_box()
    tab.mouse.move(box["x"] + 99, box["y"] + 99)
    tab.mouse.down()
    tab.mouse.move(box["x"] + 160, box["y"] + 120)
    tab.mouse.up()
    assert tab.evaluate(ALL, ".column") != picture


def test_a_neuron_is_lit_when_it_fires_and_dark_before(opened, seen, embedded):
    tab, arrays = ready(opened(seen)), embedded[1]
    times, units = arrays["1.times"] * TICK, arrays["1.units"]
    # one that fires once in the middle of a silence of its own
    lonely = [k for k in range(len(times)) if times[k] > 0.03
              and ((units == units[k]) & (abs(times - times[k]) < 0.03)).sum() == 1]  # fmt: skip
    lit = tab.evaluate("() => getComputedStyle(document.querySelector('.lsm .hears')).color")
    lit = np.array([float(c) for c in re.findall(r"[\d.]+", lit)[:3]])
    checked = 0
    for k in lonely:
        if arrays["1.inhibitory"][units[k]]:
            continue
        tab.evaluate(SEEK, float(times[k]) - 1e-3)
        x, y = tab.evaluate("k => document.querySelector('.column').placeOf(k)", int(units[k]))
        before = tab.evaluate(SPOT, [".column", x, y])
        tab.evaluate(SEEK, float(times[k]) + 1e-3)
        after = tab.evaluate(SPOT, [".column", x, y])
        tab.evaluate(SEEK, float(times[k]) + 0.03)
        faded = tab.evaluate(SPOT, [".column", x, y])
        far = [np.abs(np.array(c[:3]) - lit).sum() for c in (before, after, faded)]
        if far[0] < 60 or far[2] < 60:
            continue  # another one in front of it is lit then
        assert far[1] < 0.5 * min(far[0], far[2]) and after[3] > before[3]
        checked += 1
        if checked == 3:
            break
    assert checked == 3


def test_the_column_is_whole_however_it_is_turned(opened, seen):
    """Nothing is drawn at the rim of the picture, and the box nearly fills it along one side."""
    tab = ready(opened(seen))
    tab.evaluate(SEEK, 0)  # nobody glows yet
    tab.focus(".column")
    extent = f"""selector => {{ {COPY} const found = [], data = context.getImageData(0, 0, c.width, c.height).data;
      for (let i = 0; 4 * i < data.length; i++) {{
        if (data[4 * i + 3]) found.push([i % c.width, Math.floor(i / c.width)]);
      }}
      const [xs, ys] = [0, 1].map(k => found.map(p => p[k]));
      const ends = v => v.reduce(([a, b], x) => [Math.min(a, x), Math.max(b, x)], [1e9, -1]);
      return [ends(xs).map(x => x / c.width), ends(ys).map(y => y / c.height)] }}"""
    for key in (None, *["ArrowRight"] * 4, *["ArrowDown"] * 8):
        if key:
            tab.keyboard.press(key)
        wide, high = tab.evaluate(extent, ".column")
        assert min(wide[0], high[0]) > 0.005 and max(wide[1], high[1]) < 0.995
        assert max(wide[1] - wide[0], high[1] - high[0]) > 0.9


def test_each_liquid_says_what_it_hears_and_has_the_shape_it_has(opened, seen, embedded):
    tab, facts = ready(opened(seen)), embedded[0]
    assert tab.locator(".takes").all_inner_texts() == [
        f"input: {liquid['front_end']}, {liquid['n_channels']} channels" for liquid in facts["liquids"]
    ]
    assert facts["liquids"][2]["frame"] == [56, 50]
    for selector, (wide, high) in ((".surface", facts["liquids"][2]["size"]), (".camera", (56, 50))):
        box = tab.locator(selector).bounding_box()
        assert box["width"] / box["height"] == pytest.approx(wide / high, rel=0.01)


def test_the_leader_named_is_the_largest_vote(opened, seen, embedded):
    tab, (facts, arrays) = ready(opened(seen)), embedded
    for row in (0, 3, 8, facts["n_rows"] - 2):
        tab.evaluate(SEEK, (row + 0.5) * facts["period"])
        hears = tab.locator(".hears").all_inner_texts()
        says = tab.locator(".says").all_inner_texts()
        for i, _ in enumerate(facts["liquids"]):
            votes = arrays[f"{i}.votes"][row]
            second, first = np.argsort(votes, kind="stable")[-2:]
            assert hears[i] == facts["liquids"][i]["classes"][first]
            assert says[i].startswith(f"So far {facts['liquids'][i]['classes'][first]}, ")
            assert float(re.search(r"[\d.]+(?= ahead)", says[i])[0]) == pytest.approx(
                votes[first] - votes[second], abs=6e-3
            )
    tab.evaluate(SEEK, 0)
    assert tab.locator(".says").first.inner_text() == "No input yet."
    tab.evaluate(SEEK, 99)
    final = [liquid["classes"][liquid["verdict"]["first"]] for liquid in facts["liquids"]]
    assert tab.locator(".hears").all_inner_texts() == final
    assert tab.locator(".says").all_inner_texts() == [liquid["verdict"]["says"] for liquid in facts["liquids"]]
    assert tab.locator(".now").get_attribute("aria-live") == "off"  # the end alone is announced
    assert all(liquid["verdict"]["says"] in tab.locator(".end").text_content() for liquid in facts["liquids"])


def test_at_the_end_the_dot_of_the_verdict_is_in_colour_and_the_words_are_whole(opened, tmp_path, folder):
    """Also where the readout of beginnings leads with another word: here the verdicts are turned round."""
    body = section(folder, ["esn"]).body
    facts = json.loads(re.search(r'class="facts">(.*?)</script>', body)[1])
    verdict = facts["liquids"][0]["verdict"]
    verdict["votes"] = [1 - v for v in verdict["votes"]]
    verdict["first"] = int(np.argmax(verdict["votes"]))
    facts["liquids"][0]["classes"][verdict["first"]] = "pomegranate"
    told = json.dumps(facts).replace("\\", "\\\\")
    path = tmp_path / "turned.html"
    path.write_text(
        page("A word", [Section("word", "One", re.sub(r'(?<=class="facts">).*?(?=</script>)', told, body))])
    )
    tab = ready(opened(path))
    tab.evaluate(SEEK, 99)
    name = tab.locator(".hears")
    assert name.inner_text() == "pomegranate"
    assert name.bounding_box()["height"] < 50 and tab.evaluate(
        "e => e.scrollWidth <= e.clientWidth", name.element_handle()
    )
    coloured = tab.evaluate(
        r"""right => { const c = document.querySelector('.votes');
        const own = getComputedStyle(document.querySelector('.hears')).color;
        const r = c.width / c.clientWidth, copy = document.createElement('canvas');
        [copy.width, copy.height] = [c.width, c.height];
        const context = copy.getContext('2d', { willReadFrequently: true });
        context.drawImage(c, 0, 0);
        const [a, b, d] = own.match(/[\d.]+/g).map(Number), x = (c.clientWidth - right + 9) * r, found = [];
        for (let y = 0; y < c.height; y++) {
          const [p, q, s, alpha] = context.getImageData(x, y, 1, 1).data;
          if (alpha > 200 && Math.abs(p - a) + Math.abs(q - b) + Math.abs(s - d) < 12) found.push(y / r);
        }
        return found }""",
        tab.evaluate(RIGHT),
    )
    shares = 1 - (np.array(verdict["votes"]) - min(verdict["votes"])) / np.ptp(verdict["votes"])
    assert shares[verdict["first"]] == 0 and coloured  # the uppermost dot, and nothing below it
    assert np.ptp(coloured) < 10 and max(coloured) < 60


def test_the_camera_shows_the_frame_of_the_row(opened, seen, embedded):
    tab, (facts, arrays) = ready(opened(seen)), embedded
    box = tab.locator(".camera").bounding_box()
    for row in (2, 9):
        tab.evaluate(SEEK, (row + 0.5) * facts["period"])
        frame = arrays["2.frames"][row]
        for y, x in [*np.argwhere(frame == frame.max())[:1], *np.argwhere(frame == np.median(frame) // 1)[:2]]:
            spot = [(x + 0.5) / frame.shape[1] * box["width"], (y + 0.5) / frame.shape[0] * box["height"]]
            shown = tab.evaluate(SPOT, [".camera", *spot])
            dark, light = (facts["liquids"][2][name] for name in ("dark", "light"))
            share = np.clip((float(frame[y, x]) - dark) / (light - dark), 0, 1)
            assert shown[:3] == [pytest.approx(255 * np.sqrt(share), abs=1)] * 3


def test_sound_is_off_until_it_is_asked_for(opened, seen):
    tab = opened(seen)
    tab.evaluate("""() => { window.heard = []; HTMLAudioElement.prototype.play = function () {
        window.heard.push([this.src.slice(0, 15), this.currentTime]); return Promise.resolve() } }""")
    ready(tab)
    tab.select_option(".speed", "1")
    tab.click(".play")
    tab.wait_for_function("() => document.querySelector('.play').textContent === 'Play'")
    assert tab.evaluate("window.heard") == []
    tab.select_option(".speed", "0.1")
    tab.check(".aloud")  # which is heard at no other speed
    assert tab.input_value(".speed") == "1"
    tab.click(".play")
    assert tab.evaluate("window.heard") == [["data:audio/wav;", 0]]
