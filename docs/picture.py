"""Draw docs/viewer.png: one word in three liquids, as the page of a comparison shows it.

Run ``python docs/picture.py`` after ``millpond compare digits --models esn,lsm,water``; it needs playwright
(``pip install -e '.[browser]'``) and Debian's chromium.
"""

from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
PAGE = HERE.parent / "runs" / "digits-synthetic-speaker" / "report.html"


def main() -> None:
    """Draw the picture."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": 1280, "height": 3200}, color_scheme="light")
        tab.goto(PAGE.resolve().as_uri())
        tab.wait_for_selector(".viewer[data-ready=yes]")
        section, votes = tab.locator("#word"), tab.locator("#word .votes").first
        top = section.bounding_box()["y"]
        end = votes.bounding_box()["y"] + votes.bounding_box()["height"] - top
        shot = Image.open(BytesIO(section.screenshot()))
        browser.close()
    shot.crop((0, 0, shot.width, round(end))).convert("RGB").quantize(255).save(HERE / "viewer.png", optimize=True)


if __name__ == "__main__":
    main()
