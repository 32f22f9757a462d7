"""The exercises of ``05_architectures``: networks that made history, as PyTorch modules.

A network is told by its published table (``tables``) and computed from it (``execution``,
``weights``). A student's module is followed through its layers (``tracing``, ``operators``,
``rows``) and compared row by row (``comparing``); ``networks`` makes the exercises of it.
"""

from cs_utils.exercises.architectures.accuracy import TOP_K_ACCURACY
from cs_utils.exercises.architectures.alexnet import ALEXNET
from cs_utils.exercises.architectures.capstone import TRAIN_SMALL_NETWORK
from cs_utils.exercises.architectures.counting import CONV_OPS, STACK_PARAMETERS
from cs_utils.exercises.architectures.googlenet import GOOGLENET
from cs_utils.exercises.architectures.inception import INCEPTION, INCEPTION_NAIVE
from cs_utils.exercises.architectures.lenet import LENET5
from cs_utils.exercises.architectures.residual_mistakes import BACKWARD as RESIDUAL_BACKWARD
from cs_utils.exercises.architectures.residual_mistakes import FORWARD as RESIDUAL_FORWARD
from cs_utils.exercises.architectures.residual_networks import BASIC_BLOCK, BOTTLENECK, RESNET
from cs_utils.exercises.architectures.retrieval import NEAREST_NEIGHBOURS
from cs_utils.exercises.architectures.vgg import VGG16
from cs_utils.exercises.specification import Exercise

# In the notebook's order.
EXERCISES: tuple[Exercise, ...] = (
    LENET5,
    TOP_K_ACCURACY,
    ALEXNET,
    STACK_PARAMETERS,
    VGG16,
    CONV_OPS,
    INCEPTION_NAIVE,
    INCEPTION,
    GOOGLENET,
    RESIDUAL_FORWARD,
    RESIDUAL_BACKWARD,
    BASIC_BLOCK,
    BOTTLENECK,
    RESNET,
    NEAREST_NEIGHBOURS,
    TRAIN_SMALL_NETWORK,
)
