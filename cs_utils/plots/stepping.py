"""Pictures that are stepped through by hand: a slider where ipywidgets runs (7.7 and 8, in Jupyter
and on Colab), a still picture everywhere else."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from cs_utils.language import _
from cs_utils.plots.figures import Picture

_WIDGET = "application/vnd.jupyter.widget-view+json"


class Steps:
    """A picture for every step of a story.

    draw: makes the picture of a step, counted from 0; each is made when it is first looked at.
    count: how many there are. label: what a step is, as the slider says it.
    still: the step that is shown where there is no slider; the last one by default.
    """

    def __init__(
        self, draw: Callable[[int], Picture], count: int, label: str, still: int | None = None
    ) -> None:
        self._draw = lru_cache(maxsize=None)(draw)
        self.count = count
        self.label = label
        self.still = count - 1 if still is None else still

    def picture(self, step: int) -> Picture:
        """The picture of a step. Raises IndexError outside 0 .. count - 1."""
        if not 0 <= step < self.count:
            raise IndexError(f"there are steps 0 to {self.count - 1}, no {step}")
        return self._draw(step)

    def __repr__(self) -> str:
        return repr(self.picture(self.still))

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        """The still picture, and the slider for whoever can show it."""
        bundle: dict[str, Any] = {
            "text/plain": repr(self),
            "text/html": self.picture(self.still)._repr_html_(),
        }
        if _in_a_kernel():
            model = self.with_slider().model_id
            bundle[_WIDGET] = {"version_major": 2, "version_minor": 0, "model_id": model}
        return bundle

    def with_slider(self) -> Any:
        """A slider with the picture below it, as a widget of ipywidgets."""
        import ipywidgets as widgets

        slider = widgets.IntSlider(
            value=0,
            min=0,
            max=self.count - 1,
            description=self.label,
            continuous_update=False,
            style={"description_width": "initial"},
            layout={"width": "24em"},
        )
        shown = widgets.HTML(self.picture(0)._repr_html_())

        def show(change: Any) -> None:
            shown.value = self.picture(change["new"])._repr_html_()

        slider.observe(show, names="value")
        text = _("Move the slider, or click it and use the arrow keys.")
        return widgets.VBox([slider, widgets.HTML(f"<small>{text}</small>"), shown])


def _in_a_kernel() -> bool:
    """Whether a front end may be there to show widgets, and ipywidgets to make them."""
    try:
        import ipywidgets  # noqa: F401
        from IPython import get_ipython
    except ImportError:
        return False
    return hasattr(get_ipython(), "kernel")
