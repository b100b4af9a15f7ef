import pytest

from millpond.page import Section, page, table

HOSTILE = "<script>alert('no')</script> & co"


@pytest.fixture
def small(tmp_path):
    path = tmp_path / "page.html"
    wide = '<div class="scroll"><table><tr><td>' + "wide " * 200 + "</td></tr></table></div>"
    sections = [Section("one", HOSTILE, wide), Section("two", "Two", "<p>text</p>")]
    path.write_text(page(HOSTILE, sections))
    return path


def test_titles_are_text_and_not_markup(small):
    assert "<script>alert" not in small.read_text()


def test_a_table_is_a_stop_of_the_keyboard_where_it_scrolls(opened, tmp_path):
    path = tmp_path / "page.html"
    wide, narrow = (table("t", [word], [["x"]]) for word in ("wide" * 200, "narrow"))
    path.write_text(page("Tables", [Section("wide", "Wide", wide), Section("narrow", "Narrow", narrow)]))
    tab = opened(path)
    tab.wait_for_function("document.querySelector('.scroll').tabIndex === 0")
    assert tab.evaluate("[...document.querySelectorAll('.scroll')].map(e => e.tabIndex)") == [0, -1]


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_but_a_table_scrolls_sideways(opened, small, width):
    tab = opened(small, width)
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    tab.get_by_role("link", name="Two").click()
    assert tab.url.endswith("#two")


def test_paper_is_dark_where_the_reader_wants_it_dark(opened, small):
    colours = [
        opened(small, scheme=s).evaluate("getComputedStyle(document.body).backgroundColor") for s in ("light", "dark")
    ]
    light, dark = (sum(map(int, c[4:-1].split(","))) for c in colours)
    assert light > 700 and dark < 100
