"""Run the notebooks from top to bottom and store them with their outputs.

    make examples                                               # all of them
    python examples/run.py examples/audit_a_classifier.ipynb    # with '.[test]' installed

Two runs store the same bytes, but for what other versions of libraries draw and print.
"""

from __future__ import annotations

import sys
from base64 import b64decode, b64encode
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode
from PIL import Image
from traitlets.config import Config

FOLDER = Path(__file__).parent
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def run(path: Path) -> NotebookNode:
    """Return a notebook as a fresh kernel leaves it, without anything that differs by machine."""
    notebook = nbformat.read(path, as_version=4)
    for number, cell in enumerate(notebook.cells, 1):
        cell.id, cell.metadata = f"cell-{number}", NotebookNode()
    with TemporaryDirectory() as folder:
        # Files in this folder in place of ports: nobody else can talk to the kernel.
        talk = {"transport": "ipc", "ip": f"{folder}/kernel"}
        NotebookClient(
            notebook,
            kernel_name="python3",
            record_timing=False,
            resources={"metadata": {"path": str(FOLDER)}},
            config=Config({"KernelManager": talk}),
        ).execute()
    notebook.metadata = NotebookNode(METADATA)
    return notebook


def small(notebook: NotebookNode) -> NotebookNode:
    """Return a notebook whose pictures have 256 colours, which takes a third of the room."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "image/png" in data:
                picture = Image.open(BytesIO(b64decode(data["image/png"]))).convert("RGB")
                made = BytesIO()
                picture.quantize(256).save(made, format="png", optimize=True)
                data["image/png"] = b64encode(made.getvalue()).decode()
    return notebook


if __name__ == "__main__":
    for path in [Path(name) for name in sys.argv[1:]] or NOTEBOOKS:
        nbformat.write(small(run(path)), path)
        print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")
