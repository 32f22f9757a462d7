"""A picture that a channel answers to more and more: ``maximise_activation``."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from cs_utils.exercises.pooling.drawing import LESSON
from cs_utils.exercises.pooling.networks import (
    function,
    gradients_left,
    module,
    part_of_a_photo,
    slopes,
    weights,
)
from cs_utils.exercises.specification import (
    Case,
    Exercise,
    Functions,
    Inputs,
    Misconception,
    Outputs,
)
from cs_utils.exercises.vector_backprop.drawing import mixed
from cs_utils.language import _

if TYPE_CHECKING:
    from torch import Tensor

_IMAGE, _LEFT = "image", "gradients left in the model"
_PARAMETERS = ("kernels", "gamma", "beta")


def _cases(rng: np.random.Generator) -> list[Case]:
    def inputs(
        filters: int, shape: tuple[int, int], steps: int, rate: float, keep: float = 1.0
    ) -> dict[str, Any]:
        found: dict[str, Any] = {"image": mixed(rng, 3, *shape)}
        found |= {
            name: value
            for name, value in weights(rng, filters, *shape, 2).items()
            if name not in ("w", "b")
        }
        channel = _awake(rng, found)
        return found | {"channel": channel, "steps": steps, "learning_rate": rate, "keep": keep}

    def asleep() -> dict[str, Any]:
        found = inputs(3, (3, 4), 2, 0.5, 0.8)
        found["beta"] = np.where(np.arange(3) == found["channel"], -50.0, found["beta"])
        return found

    def shipped(side: int) -> dict[str, Any]:
        found: dict[str, Any] = {"image": part_of_a_photo(rng, side), "layer": "fire2"}
        channel = _awake(rng, found)
        return found | {"channel": channel, "steps": 2, "learning_rate": 0.7, "keep": 0.9}

    printed = {
        "image": np.array([[[1.0]], [[1]], [[1]]]),
        "kernels": np.array([0.0, 3, 4]).reshape(1, 3, 1, 1),
        "gamma": np.ones(1),
        "beta": np.zeros(1),
        "running_mean": np.zeros(1),
        "running_var": np.full(1, 1 - 1e-5),
        "channel": 0,
        "steps": 2,
        "learning_rate": 1.0,
        "keep": 1.0,
    }
    return [
        Case(_("one pixel, a 1x1 filter of 0, 3, 4, two steps"), printed, weight=0),
        Case(_("one step, nothing regularised"), inputs(3, (3, 3), 1, 0.4)),
        Case(_("two steps"), inputs(3, (3, 4), 2, 0.6)),
        Case(_("three steps, each shrinks the image"), inputs(4, (4, 3), 3, 0.8, 0.8)),
        Case(_("a channel that does not answer: its gradient is 0"), asleep()),
        Case(_("the pretrained network's first layers"), shipped(9)),
        Case(
            _("the model and the image are left as they were"),
            inputs(3, (4, 4), 2, 0.5, 0.9) | {"model_watched": True},
            inputs_unchanged=True,
        ),
    ]


def _awake(rng: np.random.Generator, inputs: Inputs) -> int:
    """A random channel of those that answer to the image, not the first."""
    import torch

    with torch.no_grad():
        answers = function(inputs)(torch.tensor(inputs["image"])[None]).mean(dim=(0, 2, 3))
    likely = answers[1:].topk(max(1, (len(answers) - 1) // 2)).indices + 1
    return int(likely[int(rng.integers(len(likely)))])


def _ask(functions: Functions, case: Case) -> Outputs:
    import torch

    inputs, network = case.inputs, module(case.inputs)
    options = (inputs[name] for name in ("channel", "steps", "learning_rate"))

    def regularise(image: Any) -> Any:
        return inputs["keep"] * image

    image = functions["maximise_activation"](
        network, torch.as_tensor(inputs["image"]), *options, regularise
    )
    more = {_LEFT: gradients_left(network)} if "model_watched" in inputs else {}
    return {_IMAGE: image, **more}


Measured = Callable[["Tensor", int], "Tensor"]


def _mean(maps: "Tensor", channel: int) -> "Tensor":
    return maps[:, channel].mean((1, 2))


@dataclass(frozen=True)
class _Way:
    """A way of climbing; as it stands, the right one.

    measured: what is to grow. sign: of the step. length: what the gradient is divided by. fresh:
    whether each gradient begins at 0. renewed: whether there is a new one for each step.
    batchnorm: its mode. place: where the image is regularised, ``after`` the
    step, ``before`` it, ``at the end`` of all steps, ``step`` alone, or ``never``.
    """

    measured: Measured = _mean
    sign: float = 1.0
    length: Callable[[np.ndarray], Any] = np.linalg.norm
    fresh: bool = True
    renewed: bool = True
    batchnorm: str = "eval"
    place: str = "after"
    guarded: bool = True


def _climbed(inputs: Inputs, way: _Way) -> np.ndarray:
    """The image after the case's steps, with derivatives pixel by pixel."""
    network = function(inputs, way.batchnorm)
    image, keep = inputs["image"], inputs["keep"]
    gradient = np.zeros_like(image)
    for step in range(inputs["steps"]):
        if way.place == "before":
            image = keep * image
        if step == 0 or way.renewed:
            found = slopes(lambda x: way.measured(network(x), inputs["channel"]), image)
            gradient = found if way.fresh else gradient + found
        size = way.length(gradient)
        if way.guarded:
            size = np.maximum(size, np.finfo(float).tiny)
        with np.errstate(invalid="ignore"):
            move = way.sign * inputs["learning_rate"] * gradient / size
        image = image + (keep * move if way.place == "step" else move)
        if way.place == "after":
            image = keep * image
    return keep * image if way.place == "at the end" else image


def _outputs(inputs: Inputs, way: _Way) -> dict[str, Any]:
    more = {_LEFT: 0} if "model_watched" in inputs else {}
    return {_IMAGE: _climbed(inputs, way), **more}


_RIGHT = _Way()


def _mistake(name: str, hint: str, **changes: Any) -> Misconception:
    """A mistake that is told by another way of climbing."""
    way = replace(_RIGHT, **changes)
    return Misconception(name, hint, lambda inputs, right: _outputs(inputs, way))


def _one_step(inputs: Inputs, right: Outputs) -> Outputs:
    return _outputs({**inputs, "steps": 1}, _RIGHT)


def _left_behind(inputs: Inputs, right: Outputs) -> Outputs:
    return {**right, _LEFT: len(_PARAMETERS)} if _LEFT in right else right


MAXIMISE_ACTIVATION = Exercise(
    name="maximise_activation",
    lesson=LESSON,
    points=4,
    cases=_cases,
    answer=_ask,
    oracle=lambda inputs: _outputs(inputs, _RIGHT),
    library="torch",
    seconds=60,
    tolerance=1e-6,
    misconceptions=(
        _mistake(
            "descent in place of ascent",
            _("The activation falls. Which way does the gradient point, uphill or downhill?"),
            sign=-1.0,
        ),
        _mistake(
            "gradient not normalised",
            _(
                "The steps are as long as the gradient happens to be, which differs a hundredfold "
                "between layers. What must it be divided by, to have length 1?"
            ),
            length=lambda gradient: 1.0,
        ),
        _mistake(
            "divided by the largest entry",
            _(
                "The gradient's largest entry became 1. Which length of a vector is the root of "
                "its squares' sum?"
            ),
            length=lambda gradient: np.abs(gradient).max(),
        ),
        _mistake(
            "sign of the gradient",
            _(
                "Every pixel moved by the same amount, as the gradient's sign says. "
                "Where did its size go?"
            ),
            length=np.abs,
        ),
        _mistake(
            "divided by 0",
            _(
                "All is well but for a channel that doesn't answer: 0 divided by 0 is nan. "
                "What small number under the fraction would help?"
            ),
            guarded=False,
        ),
        _mistake(
            "gradients pile up over the steps",
            _(
                "Each step uses the sum of all gradients so far: backward() adds to the one that "
                "is there. What must happen between two steps?"
            ),
            fresh=False,
        ),
        _mistake(
            "one gradient for all steps",
            _(
                "All steps follow the gradient at the first image. "
                "At which image does each step need it?"
            ),
            renewed=False,
        ),
        Misconception(
            "one step only",
            _("The image moved once. How far is `return` indented?"),
            _one_step,
        ),
        _mistake(
            "not regularised",
            _("regularise was never called. What becomes of the image after each step?"),
            place="never",
        ),
        _mistake(
            "regularised before the step",
            _(
                "The image is regularised first and then moved. "
                "Which comes first in the formula, and what is returned in the end?"
            ),
            place="before",
        ),
        _mistake(
            "regularised at the end only",
            _(
                "The image is regularised once, after all steps. "
                "From which image does the second step start?"
            ),
            place="at the end",
        ),
        _mistake(
            "step regularised, not the image",
            _("Only the step was regularised. What does the formula put into R(...)?"),
            place="step",
        ),
        _mistake(
            "strongest unit in place of the mean",
            _("This makes one unit of the map stronger. Of which units is the mean to grow?"),
            measured=lambda maps, channel: maps[:, channel].amax((1, 2)),
        ),
        _mistake(
            "all channels",
            _("This makes all channels stronger. Which one is asked for, and on which axis is it?"),
            measured=lambda maps, channel: maps.mean((1, 2, 3)),
        ),
        _mistake(
            "first channel",
            _("This is a picture for channel 0, whatever is asked for. Where does `channel` go?"),
            measured=lambda maps, channel: maps[:, 0].mean((1, 2)),
        ),
        _mistake(
            "model in train mode",
            _(
                "Batchnorm normalised with the picture's own mean: the model was in train mode. "
                "Which method switches it to the mode for using it?"
            ),
            batchnorm="train",
        ),
        Misconception(
            "gradients left in the model",
            _(
                "The image is right, but the model's parameters hold gradients now, and its next "
                "training step will add to them. Which function of torch.autograd gives the "
                "gradient for the image alone?"
            ),
            _left_behind,
        ),
    ),
)
