"""How Sphinx makes a site of docs/, the README files of packaging/ and CHANGELOG.md, all of which read well without it.

The sources are the whole checkout, so that a link between two pages is the same in the site, in an editor and on a
forge. What is linked and is no page is copied beside the site; a folder stays a name.
"""

import re
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

ROOT = Path(__file__).parent.parent.parent
START = "docs/index"

project = "TOMB, The Open Music Box"
root_doc = START
include_patterns = ["docs/*.md", "packaging/*.md", "packaging/*/*.md", "CHANGELOG.md"]
exclude_patterns = [".*", "**/node_modules", "dist", "data", "web", "tests", "tomb"]

extensions = ["myst_parser"]
myst_enable_extensions = ["html_image"]
myst_fence_as_directive = ["mermaid"]
myst_heading_anchors = 4
highlight_language = "none"  # of a block that names none

html_theme = "furo"
html_title = "TOMB, The Open Music Box"
html_static_path = ["assets", str(ROOT / "web/node_modules/@mermaid-js/tiny/dist")]
html_css_files = ["style.css"]
html_js_files = [("drawings.js", {"defer": "defer"})]
html_copy_source = False
html_show_search_summary = False  # a page that was opened as a file may not read its neighbours
html_show_sphinx = False
html_show_copyright = False
html_theme_options = {
    "light_css_variables": {
        "color-background-primary": "#fbf8f2",
        "color-background-secondary": "#f4efe5",
        "color-foreground-primary": "#2b2b33",
        "color-brand-primary": "#8a5208",
        "color-brand-content": "#8a5208",
    },
    "dark_css_variables": {
        "color-background-primary": "#1b1a20",
        "color-background-secondary": "#23222a",
        "color-foreground-primary": "#ece7dd",
        "color-brand-primary": "#e8a33d",
        "color-brand-content": "#e8a33d",
    },
}


class Drawing(SphinxDirective):
    """A block of Mermaid, which is drawn where it is read, by assets/drawings.js."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        drawing = nodes.container(classes=["drawing"])
        drawing += nodes.literal_block("", "\n".join(self.content), language="text", classes=["mermaid"])
        return [drawing]


def with_contents(_app: Sphinx, docname: str, source: list[str]) -> None:
    """The start page's links, in their order and under its headings, are the navigation; programs are shown."""
    if docname == START:
        source[0] = re.sub(r"(?ms)^## (.*?)\n(.*?)(?=^## |\Z)", _with_toctree, source[0])
    source[0] = re.sub(r"<!-- shown: (\S+) -->", lambda shown: _code((ROOT / docname).parent / shown[1]), source[0])
    source[0] = re.sub(r"\[([^\]\n]+)\]\(([^)\s#:]+)\)", lambda link: _known(ROOT / docname, link), source[0])


def _with_toctree(section: re.Match[str]) -> str:
    links = re.findall(r"\[([^\]]+)\]\(([^)#:]+)\.md\)", section[2])
    pages = "\n".join(f"{title[0].upper()}{title[1:]} <{page}>" for title, page in links)
    return f"{section[0]}\n```{{toctree}}\n:hidden:\n:caption: {section[1]}\n\n{pages}\n```\n\n"


def _code(file: Path) -> str:
    """A file that the page only links to where nobody makes a site of it."""
    return f"```{file.suffix[1:]}\n{file.read_text(encoding='utf-8')}```\n"


def _known(page: Path, link: re.Match[str]) -> str:
    return link[1] if (page.parent / link[2]).is_dir() else link[0]


def setup(app: Sphinx) -> None:
    app.add_directive("mermaid", Drawing)
    app.connect("source-read", with_contents)
