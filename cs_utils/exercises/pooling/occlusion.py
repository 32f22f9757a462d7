"""What a class's probability does where a part of the picture is hidden: ``occlusion_map``."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from cs_utils.exercises.pooling.drawing import LESSON
from cs_utils.exercises.pooling.networks import (
    function,
    module,
    other_than_best,
    part_of_a_photo,
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


def _cases(rng: np.random.Generator) -> list[Case]:
    def inputs(
        filters: int, shape: tuple[int, int], classes: int, size: int, stride: int, fill: float
    ) -> dict[str, Any]:
        found: dict[str, Any] = {"image": mixed(rng, 3, *shape)}
        found |= weights(rng, filters, *shape, classes)
        label = other_than_best(rng, found, classes)
        return found | {"label": label, "size": size, "stride": stride, "fill": fill}

    def shipped(side: int) -> dict[str, Any]:
        found: dict[str, Any] = {"image": part_of_a_photo(rng, side), "layer": "pool10"}
        label = other_than_best(rng, found, 3)
        return found | {"label": label, "size": 19, "stride": 16, "fill": 0.5}

    printed = {
        "image": np.array([[[1.0, 0, 2]], [[1, 0, 0]], [[1, 0, 0]]]),
        "kernels": np.ones((1, 3, 1, 1)),
        "gamma": np.ones(1),
        "beta": np.zeros(1),
        "running_mean": np.zeros(1),
        "running_var": np.full(1, 1 - 1e-5),
        "w": np.array([[1.0, 0, 0], [0, 0, 1]]),
        "b": np.zeros(2),
        "label": 0,
        "size": 1,
        "stride": 1,
        "fill": 0.0,
    }
    return [
        Case(_("three pixels, hidden one by one"), printed, weight=0),
        Case(_("one pixel hidden of 3 x 3"), inputs(4, (3, 3), 2, 1, 1, 0.5)),
        Case(_("2 x 2 hidden of 4 x 5 pixels"), inputs(5, (4, 5), 3, 2, 1, 0.4)),
        Case(_("stride 2"), inputs(5, (6, 4), 4, 2, 2, 0.6)),
        Case(_("3 x 3 hidden, stride 2, one pixel left over"), inputs(4, (6, 8), 3, 3, 2, -0.5)),
        Case(_("the pretrained network on a part of a photo"), shipped(51)),
        Case(
            _("the model and the image are left as they were"),
            inputs(4, (5, 4), 3, 2, 1, 0.5),
            inputs_unchanged=True,
        ),
    ]


def _ask(functions: Functions, case: Case) -> Outputs:
    import torch

    inputs = case.inputs
    image = torch.as_tensor(inputs["image"])
    options = (inputs[name] for name in ("label", "size", "stride", "fill"))
    return {"probabilities": functions["occlusion_map"](module(inputs), image, *options)}


def _covers(inputs: Inputs, stride: int | None = None) -> "Tensor":
    """Where the patch lies, (rows, columns, H, W), 1 or 0: what a transposed convolution makes of
    one bright point at each place."""
    import torch

    size, step = inputs["size"], stride or inputs["stride"]
    height, width = inputs["image"].shape[1:]
    rows, columns = ((side - size) // inputs["stride"] + 1 for side in (height, width))
    points = torch.eye(rows * columns).reshape(-1, 1, rows, columns)
    laid = torch.nn.functional.conv_transpose2d(points, torch.ones(1, 1, size, size), stride=step)
    right, below = width - laid.shape[3], height - laid.shape[2]
    return torch.nn.functional.pad(laid, (0, right, 0, below)).reshape(rows, columns, height, width)


def _all_scores(
    inputs: Inputs, covers: "Tensor", batchnorm: str = "eval", channels: int = 3
) -> "Tensor":
    """The scores of the image behind each cover, (rows, columns, classes)."""
    import torch

    image = torch.tensor(inputs["image"])
    hidden = covers.bool()[:, :, None] & (torch.arange(3) < channels)[:, None, None]
    images = torch.where(hidden, torch.as_tensor(inputs["fill"], dtype=image.dtype), image)
    with torch.no_grad():
        scores = function(inputs, batchnorm)(images.flatten(0, 1))
    return scores.unflatten(0, covers.shape[:2])


Told = Callable[["Tensor", int], "Tensor"]


def _probability(scores: "Tensor", label: int) -> "Tensor":
    return scores.softmax(-1)[..., label]


def _map(inputs: Inputs, told: Told = _probability, **options: Any) -> np.ndarray:
    covers = options.pop("covers", _covers)(inputs)
    return told(_all_scores(inputs, covers, **options), inputs["label"]).numpy()


def _mistake(name: str, hint: str, told: Told = _probability, **options: Any) -> Misconception:
    """A mistake that is told by what is hidden, and what of the scores is written down."""

    def outputs(inputs: Inputs, right: Outputs) -> Outputs:
        return {"probabilities": _map(inputs, told, **options)}

    return Misconception(name, hint, outputs)


def _never_restored(inputs: Inputs) -> "Tensor":
    covers = _covers(inputs)
    return covers.flatten(0, 1).cumsum(0).reshape(covers.shape)


def _unbroken(inputs: Inputs) -> "Tensor":
    import torch

    height, width = inputs["image"].shape[1:]
    return torch.zeros(1, 1, height, width)


def _lost(inputs: Inputs, right: Outputs) -> Outputs:
    """How much the probability fell."""
    before = _map(inputs, covers=_unbroken)
    return {"probabilities": before - right["probabilities"]}


def _last_left_out(inputs: Inputs, right: Outputs) -> Outputs:
    counts = (-((size - side) // inputs["stride"]) for side, size in _sides(inputs))
    rows, columns = counts
    return {"probabilities": right["probabilities"][:rows, :columns]}


def _sides(inputs: Inputs) -> list[tuple[int, int]]:
    return [(side, inputs["size"]) for side in inputs["image"].shape[1:]]


def _sticking_out(inputs: Inputs, right: Outputs) -> Outputs:
    """The patch is cut off at the border, at every place where it begins inside."""
    size, stride = inputs["size"], inputs["stride"]
    image = inputs["image"]
    counts = [-(-side // stride) for side in image.shape[1:]]
    wide = [(count - 1) * stride + size for count in counts]
    around = [(0, 0), *((0, max(0, w - s)) for w, s in zip(wide, image.shape[1:], strict=True))]
    covers = _covers({**inputs, "image": np.pad(image, around)})
    covers = covers[: counts[0], : counts[1], : image.shape[1], : image.shape[2]]
    return {"probabilities": _map(inputs, covers=lambda _inputs: covers)}


OCCLUSION_MAP = Exercise(
    name="occlusion_map",
    lesson=LESSON,
    points=3,
    cases=_cases,
    answer=_ask,
    oracle=lambda inputs: {"probabilities": _map(inputs)},
    library="torch",
    seconds=60,
    misconceptions=(
        _mistake(
            "score in place of the probability",
            _(
                "These are the class's scores. "
                "Which function makes probabilities of them, that add up to 1?"
            ),
            told=lambda scores, label: scores[..., label],
        ),
        _mistake(
            "logarithm of the probability",
            _("These are logarithms of the probabilities. What turns them back?"),
            told=lambda scores, label: scores.log_softmax(-1)[..., label],
        ),
        _mistake(
            "best class in place of the label",
            _(
                "This is the highest probability at each place, whichever class has it. "
                "Whose probability is asked for?"
            ),
            told=lambda scores, label: scores.softmax(-1).amax(-1),
        ),
        _mistake(
            "softmax along the wrong axis",
            _(
                "The probabilities of all places add up to 1: softmax went along the batch. "
                "Along which axis do the classes lie?"
            ),
            told=lambda scores, label: (
                scores.flatten(0, 1).softmax(0).reshape(scores.shape)[..., label]
            ),
        ),
        Misconception(
            "drop of the probability",
            _(
                "This is how much the probability fell. "
                "Which is asked for, what was lost or what is left?"
            ),
            _lost,
        ),
        _mistake(
            "patch not restored",
            _(
                "The patches of earlier places are still on the picture. "
                "On what does each new patch go: on the same tensor, or on a fresh copy?"
            ),
            covers=_never_restored,
        ),
        Misconception(
            "black patch",
            _("The patch is 0, whatever fill says. Which value hides without being black?"),
            lambda inputs, right: {"probabilities": _map({**inputs, "fill": 0.0})},
        ),
        _mistake(
            "one channel hidden",
            _(
                "Only the first channel is hidden, the other two show through. "
                "Which axes does your slice go over?"
            ),
            channels=1,
        ),
        _mistake(
            "steps of one pixel",
            _(
                "The patch moves by one pixel from place to place. "
                "Where does it begin at place (i, j)?"
            ),
            covers=lambda inputs: _covers(inputs, stride=1),
        ),
        Misconception(
            "last place left out",
            _(
                "The places at the end are missing: the patch would have fitted once more. "
                "How many places has a patch of this size, and what does range() leave out?"
            ),
            _last_left_out,
        ),
        Misconception(
            "patch over the border",
            _(
                "There are places where the patch sticks out of the picture and is cut off. "
                "At which place does it lie inside for the last time?"
            ),
            _sticking_out,
        ),
        Misconception(
            "rows and columns swapped",
            _("The map lies on its side. Which axis of the image is the height?"),
            lambda inputs, right: {"probabilities": np.transpose(right["probabilities"])},
        ),
        _mistake(
            "model in train mode",
            _(
                "Batchnorm normalised with each picture's own mean: the model was in train mode. "
                "Which method switches it to the mode for using it?"
            ),
            batchnorm="train",
        ),
        _mistake(
            "model in train mode, on a batch",
            _(
                "Batchnorm normalised with the mean of all your pictures together: the model was "
                "in train mode. Which method switches it to the mode for using it?"
            ),
            batchnorm="train on a batch",
        ),
    ),
)
