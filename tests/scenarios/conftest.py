import shutil

import pytest

from tests.sounds import write_corpus


@pytest.fixture(scope="session")
def corpus(tmp_path_factory):
    """A folder of 72 short sounds: three "words" by four "speakers"."""
    return write_corpus(tmp_path_factory.mktemp("corpus"))


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
