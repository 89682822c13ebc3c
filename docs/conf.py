"""How the documentation is built: `make docs` does it, without a network."""

import os
import sys
from pathlib import Path

import geobias

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "extensions"))
# Cells run in the Python that builds the pages, whatever kernels a user has installed, and find
# the drawings in `pictures/`.
os.environ["JUPYTER_PATH"] = str(HERE / "jupyter")
os.environ["PYTHONPATH"] = str(HERE)

project = "geobias"
author = "geobias developers"
copyright = author
version = release = geobias.__version__

extensions = [
    "sphinx.ext.autodoc",
    "numpydoc",
    "myst_nb",
    "commands",
    "repository_links",
]
exclude_patterns = ["extensions", "jupyter", "pictures", "sources", "studies"]
default_role = "py:obj"
# Options such as --label are to be copied.
smartquotes = False

# Pages: Markdown that a code host shows too.
myst_heading_anchors = 4

# Cells are run at every build: a figure or a number cannot be older than the code.
nb_execution_mode = "force"
nb_execution_timeout = 120
nb_execution_raise_on_error = False
nb_merge_streams = True
nb_code_prompt_show = "Show the code"
nb_code_prompt_hide = "Hide the code"

# Reference: types stand in signatures, one parameter to a line, as they are written.
autodoc_member_order = "groupwise"
autodoc_preserve_defaults = True
autodoc_typehints_format = "short"
python_maximum_signature_line_length = 80
numpydoc_show_class_members = False

html_theme = "pydata_sphinx_theme"
html_title = "geobias"
html_context = {"default_mode": "auto"}
html_static_path = ["static"]
html_css_files = ["pages.css"]
html_sidebars = {"index": [], "start": []}
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {
    "logo": {"text": "geobias"},
    "navbar_align": "left",
    "header_links_before_dropdown": 6,
    "show_toc_level": 2,
    "navigation_with_keys": False,
    "footer_start": ["copyright"],
    "footer_end": [],
}
