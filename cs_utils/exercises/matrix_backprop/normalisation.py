"""The exercises of batch normalisation and the mistakes that people make in it."""

import numpy as np

from cs_utils.exercises.matrix_backprop.batchnorm import (
    BATCHNORM,
    batch_statistics,
    divisor,
    eps,
    momentum,
    normalised,
    used_statistics,
)
from cs_utils.exercises.specification import Inputs, Misconception, Outputs
from cs_utils.language import _


def _fixed(inputs: Inputs, mean: np.ndarray, var: np.ndarray) -> Inputs:
    """The same layer, normalising with these numbers as constants."""
    return {**inputs, "running_mean": mean, "running_var": var, "training": False}


def _out_with(inputs: Inputs, mean: np.ndarray, var: np.ndarray) -> Outputs:
    return {"out": BATCHNORM.forward(_fixed(inputs, mean, var))}


def _moved(inputs: Inputs, share: float, correction: int = 1) -> Outputs:
    """Running statistics moved towards the batch's by this share."""
    mean, var = batch_statistics(inputs, correction)
    return {
        "running_mean": (1 - share) * inputs["running_mean"] + share * mean,
        "running_var": (1 - share) * inputs["running_var"] + share * var,
    }


def _scaled(inputs: Inputs, right: Outputs, factor: np.ndarray) -> Outputs:
    """The right output with another divisor."""
    return {"out": inputs["beta"] + (right["out"] - inputs["beta"]) * factor}


def _eps_outside(inputs: Inputs, right: Outputs) -> Outputs:
    root = np.sqrt(used_statistics(inputs)[1])
    return _scaled(inputs, right, divisor(inputs) / (root + eps(inputs)))


FORWARD = BATCHNORM.forward_exercise(
    3,
    Misconception(
        "the batch's statistics outside training",
        _(
            "Outside training the batch's own mean and variance were used. "
            "What would a single image be normalised to then, and what are the running ones for?"
        ),
        lambda inputs, right: (
            right if inputs["training"] else _out_with(inputs, *batch_statistics(inputs))
        ),
    ),
    Misconception(
        "running statistics while training",
        _(
            "In training the running mean and variance were used. "
            "Which batch should have mean 0 and variance 1 after normalising?"
        ),
        lambda inputs, right: _out_with(inputs, inputs["running_mean"], inputs["running_var"]),
    ),
    Misconception(
        "unbiased variance for the batch",
        _(
            "The batch was normalised with the variance divided by N - 1. "
            "Which of the two variances makes that of x_hat exactly 1, but for eps?"
        ),
        lambda inputs, right: (
            _out_with(inputs, *batch_statistics(inputs, 1)) if inputs["training"] else right
        ),
    ),
    Misconception(
        "biased variance in running_var",
        _(
            "running_var moved towards the variance divided by N. "
            "It stands for all the data, of which the batch is a sample: which divisor does "
            "PyTorch take there?"
        ),
        lambda inputs, right: _moved(inputs, momentum(inputs), 0) if inputs["training"] else right,
    ),
    Misconception(
        "momentum turned round",
        _(
            "The old running statistics were multiplied by momentum, the batch's by 1 - momentum. "
            "Which of the two does PyTorch's momentum multiply?"
        ),
        lambda inputs, right: _moved(inputs, 1 - momentum(inputs)) if inputs["training"] else right,
    ),
    Misconception(
        "running statistics not moved",
        _(
            "The running statistics came back as they were. "
            "From which batches can they learn, if not from those in training?"
        ),
        lambda inputs, right: {name: inputs[name] for name in ("running_mean", "running_var")},
    ),
    Misconception(
        "running statistics replaced",
        _(
            "The running statistics are those of this batch alone. "
            "How much of the old ones should stay?"
        ),
        lambda inputs, right: _moved(inputs, 1.0) if inputs["training"] else right,
    ),
    Misconception(
        "running statistics moved outside training",
        _(
            "The running mean moved although the network is not training. "
            "What should an image that is only looked at change in the network?"
        ),
        lambda inputs, right: (
            right
            if inputs["training"]
            else {"running_mean": _moved(inputs, momentum(inputs), 0)["running_mean"]}
        ),
    ),
    Misconception(
        "divided by the variance",
        _(
            "x - mean was divided by the variance. "
            "If x is in metres, what units has its variance, and what should x_hat have?"
        ),
        lambda inputs, right: _scaled(inputs, right, 1 / divisor(inputs)),
    ),
    Misconception(
        "eps outside the root",
        _(
            "Nearly right: eps was added to the root of the variance. "
            "Does it stand inside or outside the root in the formula?"
        ),
        _eps_outside,
    ),
    Misconception(
        "eps forgotten",
        _("eps plays no part here. What happens to a column whose numbers are all the same?"),
        lambda inputs, right: {"out": BATCHNORM.forward({**_with_used(inputs), "eps": 0.0})},
    ),
    Misconception(
        "one mean for all columns",
        _(
            "All numbers share one mean and one variance. "
            "Each column is a feature with units of its own: over which axis is the mean taken?"
        ),
        lambda inputs, right: _out_of_all(inputs) if inputs["training"] else right,
    ),
    Misconception(
        "gamma and beta exchanged",
        _("gamma was added and beta multiplied. Which of them is the scale?"),
        lambda inputs, right: {"out": inputs["beta"] * normalised(inputs) + inputs["gamma"]},
    ),
    Misconception(
        "gamma and beta left out",
        _("This is x_hat. What do gamma and beta do with it?"),
        lambda inputs, right: {"out": normalised(inputs)},
    ),
)


def _with_used(inputs: Inputs) -> Inputs:
    """The same output without asking which mode it is."""
    momentum_and_eps = {"momentum": momentum(inputs), "eps": eps(inputs)}
    return {**_fixed(inputs, *used_statistics(inputs)), **momentum_and_eps}


def _out_of_all(inputs: Inputs) -> Outputs:
    everything = inputs["x"].ravel()
    mean, var = batch_statistics({"x": everything})
    ones = np.ones_like(inputs["gamma"])
    return _out_with(inputs, mean * ones, var * ones)


def _through_scale_alone(inputs: Inputs) -> np.ndarray:
    """dx where mean and variance count as constants."""
    return BATCHNORM.backward(_fixed(inputs, *used_statistics(inputs)))["dx"]


def _through_mean_too(inputs: Inputs) -> np.ndarray:
    """dx where the variance counts as a constant."""
    dx = _through_scale_alone(inputs)
    return dx - dx.mean(axis=0)


def _sample_variance(inputs: Inputs, right: Outputs) -> np.ndarray:
    """The variance's share in dx as large as for the unbiased one."""
    without = _through_mean_too(inputs)
    rows = len(inputs["x"])
    return without + (right["dx"] - without) * rows / (rows - 1)


def _as_in_training(inputs: Inputs) -> np.ndarray:
    """dx by the training mode's formula with the running statistics put in, by PyTorch."""
    import torch

    x, dout, gamma = (torch.tensor(inputs[name]) for name in ("x", "dout", "gamma"))
    mean, inverse = torch.tensor(inputs["running_mean"]), torch.tensor(1 / divisor(inputs))
    dx, _dgamma, _dbeta = torch.ops.aten.native_batch_norm_backward(
        dout, x, gamma, mean, mean, mean, inverse, True, eps(inputs), [True, False, False]
    )
    return dx.numpy()


BACKWARD = BATCHNORM.backward_exercise(
    4,
    Misconception(
        "mean and variance taken as constants",
        _(
            "In training dx is only dout gamma / std, as if mean and variance were given numbers. "
            "On what do they depend?"
        ),
        lambda inputs, right: {"dx": _through_scale_alone(inputs)},
    ),
    Misconception(
        "variance taken as a constant",
        _(
            "dx goes through x and through the mean, but not through the variance. "
            "Does the variance change when one x does?"
        ),
        lambda inputs, right: {"dx": _through_mean_too(inputs)} if inputs["training"] else right,
    ),
    Misconception(
        "mean taken as a constant",
        _(
            "dx goes through x and through the variance, but not through the mean. "
            "What happens to every x_hat of a column when one x grows?"
        ),
        lambda inputs, right: (
            {"dx": right["dx"] + _through_scale_alone(inputs).mean(axis=0)}
            if inputs["training"]
            else right
        ),
    ),
    Misconception(
        "slope of the unbiased variance",
        _(
            "Nearly right: the variance's share is divided by N - 1. "
            "Which variance was x normalised with in the forward pass?"
        ),
        lambda inputs, right: (
            {"dx": _sample_variance(inputs, right)} if inputs["training"] else right
        ),
    ),
    Misconception(
        "training's formula in both modes",
        _(
            "Training is right; outside it dx still goes through mean and variance. "
            "Do the running ones depend on x?"
        ),
        lambda inputs, right: right if inputs["training"] else {"dx": _as_in_training(inputs)},
    ),
    Misconception(
        "gamma forgotten in dx",
        _("dx lacks the factor gamma. What is the slope of gamma x_hat + beta by x_hat?"),
        lambda inputs, right: {"dx": right["dx"] / inputs["gamma"]},
    ),
    Misconception(
        "not divided by the standard deviation",
        _("dx lacks a factor. What is the slope of x_hat by x, mean and variance aside?"),
        lambda inputs, right: {"dx": right["dx"] * divisor(inputs)},
    ),
    Misconception(
        "dgamma with x in place of x_hat",
        _(
            "dgamma was made with x. "
            "What did gamma multiply in the forward pass: x, or the normalised x_hat?"
        ),
        lambda inputs, right: {"dgamma": (inputs["dout"] * inputs["x"]).sum(axis=0)},
    ),
    Misconception(
        "dgamma without x_hat",
        _("dgamma is the sum of dout. What is the slope of gamma x_hat + beta by gamma?"),
        lambda inputs, right: {"dgamma": right["dbeta"], "dbeta": right["dbeta"]},
    ),
    Misconception(
        "dgamma and dbeta exchanged",
        _("dgamma and dbeta have changed places. In which order must they be returned?"),
        lambda inputs, right: {"dgamma": right["dbeta"], "dbeta": right["dgamma"]},
    ),
    Misconception(
        "dgamma and dbeta averaged",
        _(
            "dgamma and dbeta are means over the batch. "
            "One gamma reaches all rows: how do their gradients join?"
        ),
        lambda inputs, right: {
            name: right[name] / len(inputs["x"]) for name in ("dgamma", "dbeta")
        },
    ),
    Misconception(
        "upstream gradient forgotten",
        _("dout plays no part here, as if it were all ones. What does the chain rule do with it?"),
        lambda inputs, right: BATCHNORM.backward({**inputs, "dout": np.ones_like(inputs["dout"])}),
    ),
)
