import csv
import shutil

import numpy as np
import pytest
import soundfile


@pytest.fixture(scope="session")
def corpus(tmp_path_factory):
    """A folder of 72 short sounds: three "words" (chirps up, down, and flat) by four "speakers" (pitches)."""
    folder = tmp_path_factory.mktemp("corpus")
    rng = np.random.default_rng(0)
    t = np.arange(1600) / 8000
    with (folder / "manifest.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["path", "label", "speaker"])
        for speaker, pitch in {"ann": 500, "bob": 650, "cem": 800, "dee": 950}.items():
            for label, slope in {"up": 2000, "down": -1000, "flat": 0}.items():
                for take in range(6):
                    start = pitch * rng.uniform(0.9, 1.1) + (800 if label == "down" else 0)
                    wave = np.sin(2 * np.pi * (start * t + slope * t**2)) + 0.3 * rng.normal(size=len(t))
                    name = f"{label}_{speaker}_{take}.wav"
                    soundfile.write(folder / name, 0.3 * wave, 8000, subtype="PCM_16")
                    rows.writerow([name, label, speaker])
    return folder


@pytest.fixture(scope="session")
def chromium():
    """Debian's headless browser, driven by playwright."""
    where = shutil.which("chromium")
    if where is None:
        pytest.skip("there is no chromium here (Debian: apt install chromium)")
    driver = pytest.importorskip("playwright.sync_api", reason="pip install -e '.[browser]' brings playwright")
    with driver.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=where, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium):
    """Return a function that opens a file; at the end the page must not have complained or asked for more."""
    complaints, pages = [], []

    def look(path, width=1280, scheme="light"):
        tab = chromium.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        tab.on("console", lambda m: complaints.append(m.text) if m.type in ("error", "warning") else None)
        tab.on("pageerror", lambda e: complaints.append(str(e)))
        tab.on("request", lambda r: complaints.append(r.url) if r.url.startswith(("http", "ws")) else None)
        tab.goto(path.as_uri())
        pages.append(tab)
        return tab

    yield look
    for tab in pages:
        tab.close()
    assert not complaints
