"""Which pixels a class's score hangs on: ``saliency_map``."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from cs_utils.exercises.layers import describe
from cs_utils.exercises.pooling.drawing import LESSON
from cs_utils.exercises.pooling.networks import (
    function,
    gradients_left,
    module,
    other_than_best,
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
    WrongReturnError,
)
from cs_utils.exercises.vector_backprop.drawing import mixed
from cs_utils.language import _

if TYPE_CHECKING:
    from torch import Tensor

_MAP, _SECOND, _LEFT = "saliency", "saliency of a second call", "gradients left in the model"
_PLACES = "saliency at four places"


def _cases(rng: np.random.Generator) -> list[Case]:
    def inputs(filters: int, height: int, width: int, classes: int) -> dict[str, Any]:
        found: dict[str, Any] = {"image": mixed(rng, 3, height, width)}
        found |= weights(rng, filters, height, width, classes)
        return found | {"label": other_than_best(rng, found, classes)}

    def shipped(side: int) -> dict[str, Any]:
        found: dict[str, Any] = {"image": part_of_a_photo(rng, side), "layer": "pool10"}
        label = other_than_best(rng, found, 5)
        return found | {"label": label, "places": rng.integers(5, side - 5, (4, 2))}

    pixels = [[[1.0, -1]], [[2, 1]], [[1, 1]]]
    printed = {
        "image": np.array(pixels),
        "kernels": np.array([1.0, -2, 3]).reshape(1, 3, 1, 1),
        "gamma": np.ones(1),
        "beta": np.full(1, 4.0),
        "running_mean": np.zeros(1),
        "running_var": np.full(1, 1 - 1e-5),
        "w": np.array([[1.0, 2], [-3, 1]]),
        "b": np.zeros(2),
        "label": 1,
    }
    return [
        Case(_("two pixels, one 1x1 filter of 1, -2, 3"), printed, weight=0),
        Case(_("an image of 3 x 3 pixels, two classes"), inputs(4, 3, 3, 2)),
        Case(_("3 x 5 pixels, three classes"), inputs(4, 3, 5, 3)),
        Case(_("6 x 4 pixels, five classes"), inputs(6, 6, 4, 5)),
        Case(_("5 x 6 pixels, four classes"), inputs(8, 5, 6, 4)),
        Case(_("the pretrained network on a part of a photo"), shipped(43)),
        Case(
            _("called twice; the model and the image are left as they were"),
            inputs(4, 4, 3, 3) | {"calls": 2},
            inputs_unchanged=True,
        ),
    ]


def _ask(functions: Functions, case: Case) -> Outputs:
    import torch

    inputs, network = case.inputs, module(case.inputs)
    image = torch.as_tensor(inputs["image"])

    def ask() -> Any:
        return functions["saliency_map"](network, image, inputs["label"])

    first = ask()
    if "places" in inputs:
        return {_PLACES: _at(first, inputs["places"], inputs["image"].shape[1:])}
    if inputs.get("calls") != 2:
        return {_MAP: first}
    # A second call may write into the same tensor.
    return {_MAP: _copied(first), _SECOND: ask(), _LEFT: gradients_left(network)}


def _copied(value: Any) -> np.ndarray:
    return np.array(value.detach().cpu().numpy() if hasattr(value, "detach") else value)


def _at(saliency: Any, places: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    array = _copied(saliency)
    if array.shape != shape:
        text = _("saliency_map must return shape {expected} here; it returned {what}.")
        raise WrongReturnError(text.format(expected=shape, what=describe(saliency)))
    return array[tuple(places.T)]


Target = Callable[["Tensor", int], "Tensor"]


def _score(scores: "Tensor", label: int) -> "Tensor":
    return scores[:, label]


def _slopes(inputs: Inputs, target: Target = _score, batchnorm: str = "eval") -> np.ndarray:
    """How the target changes with each pixel's channels, (3, H, W) or (3, places)."""
    network = function(inputs, batchnorm)
    return slopes(
        lambda x: target(network(x), inputs["label"]), inputs["image"], inputs.get("places")
    )


def _outputs(inputs: Inputs, saliency: np.ndarray) -> dict[str, Any]:
    """A map as the case's outputs."""
    if "places" in inputs:
        return {_PLACES: saliency}
    more = {_SECOND: saliency, _LEFT: 0} if inputs.get("calls") == 2 else {}
    return {_MAP: saliency, **more}


def _largest(slopes: np.ndarray) -> np.ndarray:
    return np.linalg.norm(slopes, ord=np.inf, axis=0)


def _scaled(slopes: np.ndarray) -> np.ndarray:
    return _largest(slopes) / _largest(slopes).max()


def _oracle(inputs: Inputs) -> Outputs:
    return _outputs(inputs, _largest(_slopes(inputs)))


def _mistake(
    name: str,
    hint: str,
    target: Target = _score,
    reduced: Callable[[np.ndarray], np.ndarray] = _largest,
    batchnorm: str = "eval",
) -> Misconception:
    """A mistake that is told by what is differentiated, and how the channels become one number."""

    def outputs(inputs: Inputs, right: Outputs) -> Outputs:
        if reduced is _scaled and "places" in inputs:
            # What four places are scaled by is not known here; this case is left to the others.
            return {}
        return _outputs(inputs, reduced(_slopes(inputs, target, batchnorm)))

    return Misconception(name, hint, outputs)


def _turned(inputs: Inputs) -> Outputs:
    if "places" in inputs:
        swapped = {**inputs, "places": inputs["places"][:, ::-1]}
        return _outputs(inputs, _largest(_slopes(swapped)))
    return _outputs(inputs, _largest(_slopes(inputs)).T)


def _piled_up(inputs: Inputs, right: Outputs) -> Outputs:
    return {name: 2 * value if name == _SECOND else value for name, value in right.items()}


def _left_behind(inputs: Inputs, right: Outputs) -> Outputs:
    parameters = sum(name in inputs for name in ("kernels", "gamma", "beta", "w", "b"))
    return {**right, _LEFT: parameters} if _LEFT in right else right


SALIENCY_MAP = Exercise(
    name="saliency_map",
    lesson=LESSON,
    points=3,
    cases=_cases,
    answer=_ask,
    oracle=_oracle,
    library="torch",
    seconds=60,
    misconceptions=(
        _mistake(
            "probability in place of the score",
            _(
                "This is the gradient of the probability, which also falls when other classes "
                "gain. Which number comes before the softmax?"
            ),
            target=lambda scores, label: scores.softmax(1)[:, label],
        ),
        _mistake(
            "loss in place of the score",
            _(
                "This is the gradient of the loss, which holds the scores of all classes. "
                "Which one number of the model's output is meant?"
            ),
            target=lambda scores, label: -scores.log_softmax(1)[:, label],
        ),
        _mistake(
            "best class in place of the label",
            _("This map belongs to the class with the highest score. Which class was asked for?"),
            target=lambda scores, label: scores.amax(1),
        ),
        _mistake(
            "all classes together",
            _(
                "The scores of all classes were added up before the gradient was taken. "
                "Which one is the class's own?"
            ),
            target=lambda scores, label: scores.sum(1),
        ),
        _mistake(
            "absolute value forgotten",
            _(
                "The largest of the three gradients was taken with its sign. "
                "Does a channel that lowers the score matter less?"
            ),
            reduced=lambda slopes: slopes.max(axis=0),
        ),
        _mistake(
            "absolute value taken last",
            _(
                "The maximum was taken before the absolute value, so that a strong negative "
                "gradient loses. Which comes first?"
            ),
            reduced=lambda slopes: np.abs(slopes.max(axis=0)),
        ),
        _mistake(
            "sum over the channels",
            _("The three channels were added up. Which one number of the three is asked for?"),
            reduced=lambda slopes: np.abs(slopes).sum(axis=0),
        ),
        _mistake(
            "mean over the channels",
            _("This is the channels' mean. Which one number of the three is asked for?"),
            reduced=lambda slopes: np.abs(slopes).mean(axis=0),
        ),
        _mistake(
            "length over the channels",
            _(
                "This is the length of the three gradients, the root of their squares' sum. "
                "Which one number of the three is asked for?"
            ),
            reduced=lambda slopes: np.linalg.norm(slopes, axis=0),
        ),
        _mistake(
            "channels left",
            _("There is a map for each channel still. How do three numbers of a pixel become one?"),
            reduced=np.abs,
        ),
        _mistake(
            "scaled to 1",
            _(
                "The map was divided by its maximum: pretty, but the gradients' size is lost. "
                "Who should do this, the function or the plot?"
            ),
            reduced=_scaled,
        ),
        _mistake(
            "model in train mode",
            _(
                "Batchnorm normalised with this one image's own mean: the model was in train mode. "
                "Which method switches it to the mode for using it?"
            ),
            batchnorm="train",
        ),
        Misconception(
            "rows and columns swapped",
            _("The map lies on its side. Which axis of the image is the height?"),
            lambda inputs, right: _turned(inputs),
        ),
        Misconception(
            "gradients pile up over calls",
            _(
                "The second call gives twice as much: backward() adds to the gradient that is "
                "there already. Whose gradient is it, and where should it be kept?"
            ),
            _piled_up,
        ),
        Misconception(
            "gradients left in the model",
            _(
                "The map is right, but the model's parameters hold gradients now, and its next "
                "training step will add to them. Which function of torch.autograd gives the "
                "gradient for the image alone?"
            ),
            _left_behind,
        ),
    ),
)
