"""Raises the same error for whatever it is asked, and hands back what it was given.

*: error, 0
relu_jacobian: wrong, 0
sigmoid_forward: wrong, 0
linear_forward: correct, 1
"""


# %%
def refuse(*args, **kwargs):
    raise ValueError("it does not fit")


numerical_gradient = neuron_forward = neuron_backward = numerical_jacobian = refuse
jacobian_backward = relu_forward = relu_backward = sigmoid_backward = refuse
softmax_forward = softmax_backward = linear_forward = linear_backward = refuse
cross_entropy_forward = cross_entropy_backward = refuse
two_layer_forward = two_layer_backward = perceptron_update = adaline_update = refuse


# %%
def relu_jacobian(x):
    return x


# %%
def sigmoid_forward(x):
    return x, x
