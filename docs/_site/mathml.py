"""Formulas as MathML, which browsers draw by themselves: no script, no font and no network is needed."""

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.util import logging

_TO_SAY = {r"\!": "", r"\,": " ", r"\qquad": r"\quad\quad"}


def _mathml(self, node, block):
    tex = node.astext()
    for command, other in _TO_SAY.items():
        tex = tex.replace(command, other)
    try:
        self.body.append(tex2mathml(tex, as_block=block))
    except Exception as error:
        logging.getLogger(__name__).warning("no MathML for %s: %s", tex, error, location=node)
        self.body.append(f"<code>{self.encode(node.astext())}</code>")
    raise nodes.SkipNode


def setup(app):
    """Make it a way to draw formulas."""
    app.add_html_math_renderer(
        "mathml",
        (lambda self, node: _mathml(self, node, False), None),
        (lambda self, node: _mathml(self, node, True), None),
    )
    return {"parallel_read_safe": True}
