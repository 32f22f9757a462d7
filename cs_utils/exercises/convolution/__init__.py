"""The exercises of ``03_convolution``: from pictures and kernels to the layer, written in loops, as
a matrix product, as one matrix and on tensors."""

from cs_utils.exercises.convolution import naive, products
from cs_utils.exercises.convolution.columns import COL2IM, IM2COL
from cs_utils.exercises.convolution.dilation import DILATED_CONV_FORWARD
from cs_utils.exercises.convolution.filters import CONVOLVE2D, FILTER2D
from cs_utils.exercises.convolution.images import IMAGE_TO_TENSOR, ZERO_PAD
from cs_utils.exercises.convolution.matrix import CONV_MATRIX
from cs_utils.exercises.convolution.options import CONV1X1_FORWARD, GROUPED_CONV_FORWARD
from cs_utils.exercises.convolution.parameters import CONV_PARAMETERS, FULLY_CONNECTED_PARAMETERS
from cs_utils.exercises.convolution.shortcuts import FFT_CONV2D, WINOGRAD_CONV3X3
from cs_utils.exercises.convolution.sizes import CONV_OUTPUT_SIZE
from cs_utils.exercises.convolution.tensors import CONV2D_FUNCTION, CONV_FORWARD_TORCH
from cs_utils.exercises.convolution.transposed import TRANSPOSED_CONV_FORWARD

# In the notebook's order.
EXERCISES = (
    IMAGE_TO_TENSOR,
    FILTER2D,
    CONVOLVE2D,
    FULLY_CONNECTED_PARAMETERS,
    CONV_OUTPUT_SIZE,
    CONV_PARAMETERS,
    ZERO_PAD,
    naive.FORWARD,
    naive.BACKWARD,
    IM2COL,
    COL2IM,
    products.FORWARD,
    products.BACKWARD,
    CONV_MATRIX,
    CONV_FORWARD_TORCH,
    CONV2D_FUNCTION,
    CONV1X1_FORWARD,
    GROUPED_CONV_FORWARD,
    DILATED_CONV_FORWARD,
    TRANSPOSED_CONV_FORWARD,
    FFT_CONV2D,
    WINOGRAD_CONV3X3,
)
