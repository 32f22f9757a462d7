"""The exercises of ``02_matrix_backprop``: batches, the layers between, and how they learn."""

from cs_utils.exercises.matrix_backprop import affine, normalisation, products
from cs_utils.exercises.matrix_backprop.adam import ADAM
from cs_utils.exercises.matrix_backprop.bonus import EINSUM_BACKWARD
from cs_utils.exercises.matrix_backprop.broadcasting import UNBROADCAST
from cs_utils.exercises.matrix_backprop.dropout import DROPOUT_BACKWARD, DROPOUT_FORWARD
from cs_utils.exercises.matrix_backprop.initialisation import KAIMING_INIT, XAVIER_INIT
from cs_utils.exercises.matrix_backprop.jacobians import JACOBIAN_BYTES, MATMUL_JACOBIAN_X
from cs_utils.exercises.matrix_backprop.losses import SOFTMAX_LOSS
from cs_utils.exercises.matrix_backprop.momentum import SGD_MOMENTUM
from cs_utils.exercises.matrix_backprop.network import TWO_LAYER_NET

# In the notebook's order.
EXERCISES = (
    products.FORWARD,
    products.BACKWARD,
    MATMUL_JACOBIAN_X,
    JACOBIAN_BYTES,
    affine.FORWARD,
    affine.BACKWARD,
    UNBROADCAST,
    SOFTMAX_LOSS,
    normalisation.FORWARD,
    normalisation.BACKWARD,
    DROPOUT_FORWARD,
    DROPOUT_BACKWARD,
    SGD_MOMENTUM,
    ADAM,
    KAIMING_INIT,
    XAVIER_INIT,
    TWO_LAYER_NET,
    EINSUM_BACKWARD,
)
