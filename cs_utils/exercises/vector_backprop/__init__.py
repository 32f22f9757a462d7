"""The exercises of ``01_vector_backprop``: scalars, vectors, Jacobians, and a two-layer network."""

from cs_utils.exercises.vector_backprop import (
    cross_entropy,
    elementwise,
    linear,
    neuron,
    softmax,
    two_layer,
)
from cs_utils.exercises.vector_backprop.derivatives import NUMERICAL_GRADIENT, NUMERICAL_JACOBIAN
from cs_utils.exercises.vector_backprop.history import ADALINE_UPDATE, PERCEPTRON_UPDATE
from cs_utils.exercises.vector_backprop.jacobians import JACOBIAN_BACKWARD, RELU_JACOBIAN

# In the notebook's order.
EXERCISES = (
    NUMERICAL_GRADIENT,
    neuron.FORWARD,
    neuron.BACKWARD,
    NUMERICAL_JACOBIAN,
    RELU_JACOBIAN,
    JACOBIAN_BACKWARD,
    elementwise.RELU_FORWARD,
    elementwise.RELU_BACKWARD,
    elementwise.SIGMOID_FORWARD,
    elementwise.SIGMOID_BACKWARD,
    softmax.FORWARD,
    softmax.BACKWARD,
    linear.FORWARD,
    linear.BACKWARD,
    cross_entropy.FORWARD,
    cross_entropy.BACKWARD,
    two_layer.FORWARD,
    two_layer.BACKWARD,
    PERCEPTRON_UPDATE,
    ADALINE_UPDATE,
)
