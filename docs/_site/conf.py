"""How `make docs` makes a site of the pages in docs/, the README and the docstrings.

The pages stay plain Markdown that reads well where it lies. What a site needs besides is added on the way: the front
page begins with the README, its lists become the navigation, and the reference is written from the docstrings.
"""

import re
import sys
from pathlib import Path

SITE = Path(__file__).parent
ROOT = SITE.parents[1]
sys.path[:0] = [str(SITE), str(ROOT)]

project = "Millpond"
author = "the Millpond authors"
extensions = [
    "myst_parser", "sphinx.ext.autodoc", "numpydoc", "sphinx.ext.viewcode", "mathml", "reference",
]  # fmt: skip
exclude_patterns = ["_build", "_site"]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # types, with shapes and units, are in the docstrings
autodoc_default_options = {"members": True, "show-inheritance": True}
numpydoc_show_class_members = False

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
suppress_warnings = ["ref.python"]  # a name that two packages hand on (counts_of_events) has two homes

html_theme = "furo"
html_title = "Millpond"
html_static_path = ["static"]
html_css_files = ["millpond.css"]
html_show_copyright = False
html_math_renderer = "mathml"
pygments_style, pygments_dark_style = "tango", "github-dark"


def _links(text: str) -> str:
    """Return Markdown of the root as if it lay in docs/."""
    return re.sub(r"\]\((?!http|#)(docs/)?", lambda found: "](" if found[1] else "](../", text)


def _trees(text: str) -> str:
    """Return a hidden table of contents for each section of the front page, of the pages that its list links to."""
    trees = []
    for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        pages = re.findall(r"^- \[[^]]+\]\(([^)]+)\.md\)", section, re.MULTILINE)
        trees.append("\n".join(["```{toctree}", f":caption: {section.splitlines()[0]}", ":hidden:", "", *pages, "```"]))
    return "\n\n".join(trees)


def _front_page(app, docname, source) -> None:
    if docname == "index":
        readme = (ROOT / "README.md").read_text().split("\n## Documentation")[0]
        body = source[0].split("\n", 1)[1]  # its own title is for those who read it in the repository
        source[0] = f"{_links(readme)}\n{body}\n{_trees(source[0])}\n"
    else:
        source[0] = source[0].replace("](../README.md", "](index.md")


def setup(app) -> None:
    """Join the README to the front page."""
    app.connect("source-read", _front_page)
