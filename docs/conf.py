"""The documentation's settings. At each build the notebooks are copied here as pages."""

import re
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

HERE = Path(__file__).parent

project = "From vector backprop to ResNet"
html_title = project
language = "en"
extensions = ["myst_nb", "sphinx-mathjax-offline"]
exclude_patterns = ["_build"]

# Notebooks are shown as students get them: nothing is run to build the site.
nb_execution_mode = "off"
myst_enable_extensions = ["amsmath", "colon_fence", "dollarmath"]
myst_heading_anchors = 3

html_theme = "furo"
html_copy_source = False
html_show_copyright = False
html_static_path = ["_static"]
html_css_files = ["pages.css"]
# Colours with a contrast of 7 to 1 or more, on white and on black.
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"


def page_of(notebook: NotebookNode, lesson: str) -> NotebookNode:
    """The notebook as a page: each cell but solutions and checks is a target ``01-cell-id`` to link
    to, the set-up for Colab is left out, and Colab's badge is a link that fetches no picture."""
    cells = []
    for cell in notebook.cells:
        if cell.id == "colab-set-up":
            continue
        marks = cell.metadata.get("nbgrader", {})
        target = f"({lesson[:2]}-{cell.id})="
        if cell.cell_type == "markdown":
            source = re.sub(r"\[!\[([^\]]+)\]\([^)]*\)\]", r"[\1]", cell.source)
            cell.source = f"{target}\n{source}"
        elif not (marks.get("solution") or marks.get("grade")):
            cells.append(new_markdown_cell(target, id=f"target-{cell.id}"))
        cells.append(cell)
    notebook.cells = cells
    return notebook


def copy_notebooks(source: Path, target: Path) -> None:
    """Write every notebook's page into ``target``; what did not change is left as it is."""
    target.mkdir(exist_ok=True)
    names = {path.name for path in source.glob("*.ipynb")}
    for path in target.glob("*.ipynb"):
        if path.name not in names:
            path.unlink()
    for name in names:
        page = page_of(nbformat.read(source / name, as_version=4), name)
        text = nbformat.writes(page)
        if not (target / name).exists() or (target / name).read_text(encoding="utf-8") != text:
            (target / name).write_text(text, encoding="utf-8")


copy_notebooks(HERE.parent / "notebooks", HERE / "notebooks")
