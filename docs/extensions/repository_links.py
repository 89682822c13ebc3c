"""Links from pages to files beside `docs/`, which are right in the repository.

The site has a page for each of these files. The pages name the files, as a code host needs it; when
a page is built its links are turned to the pages that show them.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx

PAGES = {
    "CHANGELOG.md": "project/changelog.md",
    "CONTRIBUTING.md": "project/contributing.md",
    "NOTICE": "project/notice.md",
    "SECURITY.md": "project/security.md",
    "benchmarks/README.md": "numbers/speed.md",
}
"""Page of the site that shows a file of the repository."""

_LINK = re.compile(r"(?<=\]\()(?P<path>\.\./[^)#\s]+)")


def turned(text: str, page: str) -> str:
    """Return a page's text with links that leave `docs/` turned to the pages of the site."""
    folder = posixpath.dirname(page)

    def turn(link: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join("docs", folder, link["path"]))
        if target in PAGES:
            return posixpath.relpath(PAGES[target], folder or ".")
        return link["path"]

    return _LINK.sub(turn, text)


def _turn(app: Sphinx, page: str, text: list[str]) -> None:
    text[0] = turned(text[0], page)


def setup(app: Sphinx) -> dict[str, bool]:
    """Turn the links of every page when it is read."""
    app.connect("source-read", _turn)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
