"""The convolution layer in loops: ``conv_forward_naive`` and ``conv_backward_naive``."""

from cs_utils.exercises.convolution import layer_mistakes
from cs_utils.exercises.convolution.layer import NAIVE

_PARTS = ("conv_output_size", "zero_pad")

FORWARD = NAIVE.forward_exercise(4, *layer_mistakes.FORWARD, builds_on=_PARTS)
BACKWARD = NAIVE.backward_exercise(6, *layer_mistakes.BACKWARD, builds_on=_PARTS)
