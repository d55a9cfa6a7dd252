"""How Sphinx makes a site of these pages: ``sphinx-build -W docs SITE``, without a network."""

import re
from pathlib import Path

from sphinx.application import Sphinx

from boxreach import __version__

DOCS = Path(__file__).parent

project = "boxreach"
author = "the boxreach contributors"
version = release = __version__

extensions = ["myst_parser", "numpydoc", "sphinx.ext.autodoc", "sphinx.ext.autosummary"]
exclude_patterns = ["__pycache__", "pictures/README.md"]
needs_sphinx = "8.0"
templates_path = ["_templates"]

# Pages are read on forges too: headings are anchors there, and here to the same depth.
myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence", "deflist"]

autosummary_generate = True
default_role = "py:obj"  # `propose` in a docstring is a link, where there is such a name
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
python_maximum_signature_line_length = 88
numpydoc_show_class_members = False
add_module_names = False

html_theme = "pydata_sphinx_theme"
html_title = "boxreach"
html_show_sourcelink = False
html_sidebars = {"**": ["globaltoc.html"]}
html_theme_options = {
    "navbar_center": [],  # all chapters stand at the side
    "show_prev_next": False,
    "navigation_with_keys": False,
    "secondary_sidebar_items": ["page-toc"],
    "show_toc_level": 2,
}


def name_what_is_elsewhere(_app: Sphinx, page: str, source: list[str]) -> None:
    """Leave of links to pages outside this folder, which a forge can follow, their texts."""

    def rewrite(link: re.Match[str]) -> str:
        target = ((DOCS / page).parent / link["path"]).resolve()
        is_file = target.is_file() and target.suffix != ".md"
        return link[0] if is_file or DOCS in target.parents else link["text"]

    source[0] = re.sub(r"\[(?P<text>[^\]]+)\]\((?P<path>\.\./[^)#]+)[^)]*\)", rewrite, source[0])


def setup(app: Sphinx) -> None:
    """Register what is done to pages before they are read."""
    app.connect("source-read", name_what_is_elsewhere)
