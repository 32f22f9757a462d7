# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown] name="title"
# # 1. Vector backprop
#
# A neural network learns by asking one question millions of times: *if I change this number a little, how
# much does the loss change?* In this lesson you build the machine that answers it, first for a single
# number, then for a neuron, then for whole vectors at once. At the end your own code
#
# * trains a two-layer network, $f = W_2 \max(0, W_1 x)$, on a problem that no straight line solves;
# * agrees with PyTorch to about 16 digits;
# * learns to tell two letters apart through 20 × 20 photocells, like the Mark I Perceptron of 1960.
#
# You write twenty short functions, 34 points in all, most of them two to six lines. Under each is a line
# like `check(relu_forward)`: run it as often as you like. It tells you what is wrong on the smallest
# example that goes wrong, and a mistake costs points only in its own exercise. All you need is NumPy and
# any laptop.
#
# The lesson follows the lecture's slides, in their order and notation, but takes nothing on trust: every
# claim is computed with *your* functions, and a few of them will not survive.

# %% nbgrader={"grade": false, "grade_id": "set-up", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="set-up"
import numpy as np

from cs_utils import Claim, check, claims, compare_with_pytorch, jacobian_layouts
from cs_utils import experiments, letters, plots

# %% [markdown] name="derivative-story"
# ## 1. A derivative is a question
#
# The lecture's recap (*Vector derivatives*) begins with one number in and one number out:
#
# > Scalar to scalar: $x \in \mathbb{R}$, $y \in \mathbb{R}$. Regular derivative
# > $\frac{\partial y}{\partial x} \in \mathbb{R}$. If $x$ changes by a small amount, how much will $y$
# > change?
#
# and goes on to many numbers in, one out:
#
# > Vector to scalar: $x \in \mathbb{R}^N$, $y \in \mathbb{R}$. The derivative is the **gradient**
# > $\frac{\partial y}{\partial x} \in \mathbb{R}^N$ with
# > $\left(\frac{\partial y}{\partial x}\right)_n = \frac{\partial y}{\partial x_n}$. For each element of
# > $x$, if it changes by a small amount, how much will $y$ change?
#
# The question can be put to any function without knowing its formula: *do* change $x_n$ by a small $h$, and
# look. Looking to both sides is the **central difference**,
#
# $$\frac{\partial y}{\partial x_n} \approx \frac{f(x + h\,e_n) - f(x - h\,e_n)}{2h},$$
#
# where $e_n$ is the vector with a 1 at place $n$ and 0 elsewhere. Why both sides? Write Taylor's series for
# $f(x+h)$ and for $f(x-h)$ and subtract: the terms in $h^2$ cancel, and what remains of the error is of
# order $h^2$. Looking to one side only leaves an error of order $h$.
#
# **A worked number.** For $f(x) = x_0^2 + 3 x_0 x_1$ the gradient is $(2x_0 + 3x_1,\; 3x_0)$; at
# $x = (1, 2)$ that is $(8, 3)$.

# %% [markdown] name="exercise-numerical-gradient"
# ### Exercise 1: numerical_gradient
# Difficulty: ●●○○○, about 10 minutes, 2 points
#
# Given a function `f` that returns one number, a place `x` and a step `h`, return the gradient of `f` at
# `x`. `x` may be a single number, a vector or an array of any shape; the gradient has the shape of `x` (for
# a single number, a `float`).
#
# Think about: whoever called you still needs `x`, unchanged, and `f` should never see two elements moved at
# once. And can an array of integers hold `1 + 1e-5`?
#
# This slow and honest function will be your judge for everything that follows.

# %% nbgrader={"grade": false, "grade_id": "numerical_gradient", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="numerical_gradient"
def numerical_gradient(f, x, h=1e-5):
    """Gradient of a scalar function by central differences.

    f: function of x that returns one number.
    x: a number or an array of any shape, floats or integers; left unchanged.
    h: step, in the units of x.
    Returns an array of x's shape with df/dx at every place; a float where x is a number.

    Lecture: Recap, vector derivatives.
    """
    ### BEGIN SOLUTION
    x = np.array(x, dtype=float)
    gradient = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[index] = h
        gradient[index] = (f(x + step) - f(x - step)) / (2 * h)
    return gradient if gradient.ndim else float(gradient)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-numerical_gradient", "locked": true, "points": 2, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-numerical_gradient"
check(numerical_gradient)

# %% [markdown] name="worked-gradient-text"
# The worked number, and one that is less innocent: the slope of $\max(0, x)$ exactly at the kink $x = 0$.
# Guess before you look.

# %% nbgrader={"grade": false, "grade_id": "worked-gradient", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="worked-gradient"
def worked(x):
    return x[0] ** 2 + 3 * x[0] * x[1]


claims(
    Claim("gradient of x0² + 3 x0 x1 at (1, 2)", (8, 3),
          lambda: numerical_gradient(worked, np.array([1.0, 2.0]))),
    Claim("slope of max(0, x) at x = 2", 1,
          lambda: numerical_gradient(lambda x: max(0.0, x), 2.0)),
    Claim("central difference of max(0, x) at x = 0", 0.5,
          lambda: numerical_gradient(lambda x: max(0.0, x), 0.0)),
)

# %% [markdown] name="step-size-text"
# At the kink there *is* no derivative: the slope is 0 on the left and 1 on the right, and the central
# difference takes the mean. Remember this for section 5.
#
# How small should $h$ be? Smaller is better in mathematics. In floating point it isn't:

# %% nbgrader={"grade": false, "grade_id": "step-size", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="step-size"
plots.step_sizes(numerical_gradient)

# %% [markdown] name="step-size-lesson"
# On the right side the error falls like $h^2$. On the left, $f(x+h)$ and $f(x-h)$ agree in almost all of
# their 16 digits, the subtraction throws those away, and the error grows like $10^{-16}/h$. The best $h$
# balances the two, near $\sqrt[3]{10^{-16}} \approx 5 \cdot 10^{-6}$; hence the usual `h=1e-5`, good for
# about ten digits.
#
# Why, then, do we need anything else? Because it asks *two* evaluations of $f$ for *every* element. A
# network with a million weights would be run two million times for one gradient. **Backpropagation gets the
# same gradient for about the price of two.** Let's see how.

# %% [markdown] name="node-story"
# ## 2. Upstream, local, downstream
#
# Every calculation can be drawn as a graph of small nodes. Values flow forward; then gradients of the final
# number $L$, the **loss**, flow back:

# %% nbgrader={"grade": false, "grade_id": "node-picture", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="node-picture"
plots.node()

# %% [markdown] name="node-rule"
# A node is a modest fellow. It knows nothing of the network around it, only its inputs, its output, and how
# the one depends on the other: its **local gradients**. In the backward pass it is told one thing, the
# **upstream gradient** $\frac{\partial L}{\partial z}$: how much its *output* influences the loss. It
# multiplies, and tells each of its inputs how much *they* influence the loss, the **downstream gradients**:
#
# $$\underbrace{\frac{\partial L}{\partial x}}_{\text{downstream}} =
# \underbrace{\frac{\partial z}{\partial x}}_{\text{local}} \;\cdot\; \underbrace{\frac{\partial L}{\partial z}}_{\text{upstream}}$$
#
# That is the chain rule, and there is nothing more to backpropagation. One node's downstream gradient is
# the next node's upstream gradient, until the inputs are reached. Where a value is used in several places,
# what comes back along its edges is *added*.
#
# > **Read the slide with care.** Downstream gradients, it says (in Russian), go "to deeper layers" and help
# > to find "how the outputs of the current layer influence the errors of the following layers". But they go
# > *back*, towards the network's input, and say how a node's *inputs* influence the loss; how its *output*
# > does is the upstream gradient. In section 5 we measure both and see which is which.
#
# Four kinds of node are enough for a neuron:
#
# | node | $a + b$ | $a \cdot b$ | $e^{a}$ | $1/a$ |
# |---|---|---|---|---|
# | local gradient | $1$ and $1$ | $b$ and $a$ | $e^{a}$ | $-1/a^2$ |
#
# A sum hands its upstream gradient on to both inputs. A product swaps: each input gets the *other* input
# times the upstream gradient.

# %% [markdown] name="neuron-story"
# A neuron with two inputs and the sigmoid at its end:
#
# $$\text{out} = \frac{1}{1 + e^{-(w_0 x_0 + w_1 x_1 + w_2)}}$$
#
# **A worked number** (from Stanford's CS231n): $w = (2, -3, -3)$ and $x = (-1, -2)$. The products are $-2$
# and $6$, the sum with $w_2$ is $1$, and the output $1/(1+e^{-1}) \approx 0.73$. Backward, starting from
# $1$ at the output: the four little nodes of the sigmoid make $0.20$ of it. The sums hand on $0.20$. The
# products swap: $w_0$ gets $0.20 \cdot x_0 = -0.20$, and $x_0$ gets $0.20 \cdot w_0 = 0.39$. (Not 0.40: we
# round only what we print.)

# %% [markdown] name="exercise-neuron-forward"
# ### Exercise 2: neuron_forward
# Difficulty: ●○○○○, about 5 minutes, 1 point
#
# `w` has shape (3,), `x` shape (2,). Return the pair `(out, cache)`: the neuron's output, one number, and
# whatever you want to find again in the backward pass.
#
# Go node by node, one operation a line. It will pay when you walk the same way back.

# %% nbgrader={"grade": false, "grade_id": "neuron_forward", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="neuron_forward"
def neuron_forward(w, x):
    """A neuron with two inputs: 1 / (1 + exp(-(w0 x0 + w1 x1 + w2))), node by node.

    w: shape (3,), the two weights and the bias.
    x: shape (2,).
    Returns (out, cache): out is one number between 0 and 1.
    The cache is your own business, no check looks into it; (w, x, out) would do.

    Lecture: backprop with scalars (upstream and downstream gradients).
    """
    ### BEGIN SOLUTION
    first = w[0] * x[0]
    second = w[1] * x[1]
    total = first + second + w[2]
    power = np.exp(-total)
    out = 1 / (1 + power)
    return out, (w, x, power)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-neuron_forward", "locked": true, "points": 1, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-neuron_forward"
check(neuron_forward)

# %% [markdown] name="exercise-neuron-backward"
# ### Exercise 3: neuron_backward
# Difficulty: ●●○○○, about 10 minutes, 2 points
#
# `dout` is the upstream gradient, one number, and `cache` is what your forward function kept. Return
# `(dw, dx)` of shapes (3,) and (2,): a gradient has the shape of its variable, always.
#
# Start at the end of your forward function and take its lines in reverse. Each turns the gradient of its
# result into the gradients of what went in.

# %% nbgrader={"grade": false, "grade_id": "neuron_backward", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="neuron_backward"
def neuron_backward(dout, cache):
    """Backward pass of the neuron.

    dout: upstream gradient dL/dout, one number.
    cache: what neuron_forward kept.
    Returns (dw, dx): dL/dw of shape (3,) and dL/dx of shape (2,).

    Lecture: backprop with scalars (upstream and downstream gradients).
    """
    ### BEGIN SOLUTION
    w, x, power = cache
    dpower = dout * -1 / (1 + power) ** 2
    dtotal = dpower * power * -1
    dw = np.array([dtotal * x[0], dtotal * x[1], dtotal])
    dx = np.array([dtotal * w[0], dtotal * w[1]])
    return dw, dx
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-neuron_backward", "locked": true, "points": 2, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-neuron_backward"
check(neuron_backward)

# %% [markdown] name="neuron-picture-text"
# The whole story in one picture, with the numbers of your functions on its edges. The node $\sigma$ is the
# sigmoid, your last nodes taken together. Move the slider: the values come from the left, then the
# gradients from the right, each node asking only its own neighbours.

# %% nbgrader={"grade": false, "grade_id": "neuron-picture", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="neuron-picture"
w, x = np.array([2.0, -3, -3]), np.array([-1.0, -2])
plots.neuron_graph(neuron_forward, neuron_backward, w, x)

# %% nbgrader={"grade": false, "grade_id": "neuron-claims", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="neuron-claims"
claims(
    Claim("out", 0.73, lambda: neuron_forward(w, x)[0]),
    Claim("dw by backprop", (-0.20, -0.39, 0.20),
          lambda: neuron_backward(1.0, neuron_forward(w, x)[1])[0]),
    Claim("dx by backprop", (0.39, -0.59),
          lambda: neuron_backward(1.0, neuron_forward(w, x)[1])[1]),
    Claim("dw by your numerical gradient", (-0.20, -0.39, 0.20),
          lambda: numerical_gradient(lambda w: neuron_forward(w, x)[0], w)),
)

# %% [markdown] name="jacobian-story"
# ## 3. What about vector-valued functions?
#
# > Vector to vector: $x \in \mathbb{R}^N$, $y \in \mathbb{R}^M$. The derivative is the **Jacobian**
# > $\frac{\partial y}{\partial x} \in \mathbb{R}^{N \times M}$,
# > $\left(\frac{\partial y}{\partial x}\right)_{n,m} = \frac{\partial y_m}{\partial x_n}$. For each element
# > of $x$, if it changes by a small amount, how much will each element of $y$ change?
#
# So row $n$ belongs to the input $x_n$ and tells what it does to *all* outputs; column $m$ belongs to the
# output $y_m$.
#
# **A worked number.** $y = (x_0 x_1,\; x_0 + x_1,\; x_0^2)$ at $x = (2, 3)$:
#
# $$\frac{\partial y}{\partial x} = \begin{bmatrix} x_1 & 1 & 2x_0 \\ x_0 & 1 & 0 \end{bmatrix} = \begin{bmatrix} 3 & 1 & 4 \\ 2 & 1 & 0 \end{bmatrix}$$
#
# > **The layout.** Most books, and PyTorch, put it the other way round: output first,
# > $J_{m,n} = \frac{\partial y_m}{\partial x_n}$, of shape $(M, N)$. The lecture's Jacobian is the
# > transpose of theirs. Both are fine, mixing them is not. In the lecture's layout the chain rule reads
# > like the graph, from left to right: for $x \to y \to z$,
# > $\frac{\partial z}{\partial x} = \frac{\partial y}{\partial x}\,\frac{\partial z}{\partial y}$, and the
# > downstream gradient is
# > $\frac{\partial L}{\partial x} = \frac{\partial z}{\partial x} \frac{\partial L}{\partial z}$ with no
# > transpose. In the books' layout the product is reversed and the gradient is
# > $J^{T} \frac{\partial L}{\partial z}$.

# %% [markdown] name="exercise-numerical-jacobian"
# ### Exercise 4: numerical_jacobian
# Difficulty: ●●○○○, about 8 minutes, 2 points
#
# `f` takes a vector of shape (N,) and returns one of shape (M,). Return the Jacobian in the lecture's
# layout, shape (N, M), `J[n, m]` $= \partial y_m / \partial x_n$, by central differences.
#
# Think about: how do you learn what M is? And do you need a loop over $m$ at all?

# %% nbgrader={"grade": false, "grade_id": "numerical_jacobian", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="numerical_jacobian"
def numerical_jacobian(f, x, h=1e-5):
    """Jacobian of a vector function by central differences, in the lecture's layout.

    f: function of a vector (N,) that returns a vector (M,).
    x: shape (N,), floats or integers; left unchanged.
    h: step, in the units of x.
    Returns J of shape (N, M) with J[n, m] = dy_m / dx_n, the transpose of PyTorch's.

    Lecture: Recap, vector derivatives.
    """
    ### BEGIN SOLUTION
    x = np.array(x, dtype=float)
    rows = []
    for n in range(len(x)):
        step = np.zeros_like(x)
        step[n] = h
        rows.append((f(x + step) - f(x - step)) / (2 * h))
    return np.array(rows)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-numerical_jacobian", "locked": true, "points": 2, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-numerical_jacobian"
check(numerical_jacobian)

# %% [markdown] name="jacobian-layout-text"
# Beside PyTorch's, for the worked number:

# %% nbgrader={"grade": false, "grade_id": "jacobian-layout", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="jacobian-layout"
jacobian_layouts(numerical_jacobian)

# %% [markdown] name="jacobian-chain-text"
# And the chain rule in the lecture's order, for $x \to y \to z$ with two, three and two numbers. The other
# order would not even give the right shape.

# %% nbgrader={"grade": false, "grade_id": "jacobian-chain", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="jacobian-chain"
def to_y(x):
    return np.array([x[0] * x[1], x[0] + x[1], x[0] ** 2])


def to_z(y):
    return np.array([y[0] * y[2], y[1] - y[2]])


def chained(x):
    return numerical_jacobian(to_y, x) @ numerical_jacobian(to_z, to_y(x))


start = np.array([2.0, 3.0])
claims(
    Claim("dz/dx at (2, 3), directly", ((36, -3), (8, 1)),
          lambda: numerical_jacobian(lambda x: to_z(to_y(x)), start)),
    Claim("the product (dy/dx)(dz/dy)", ((36, -3), (8, 1)), lambda: chained(start)),
)

# %% [markdown] name="relu-explicit-story"
# ## 4. Backprop with vectors, the explicit way
#
# Let the node be $f(x) = \max(0, x)$, taken of each element, the **ReLU** ("rectified linear unit"). The
# slide's example, four numbers in, four out:
#
# $$x = \begin{bmatrix} 1 \\ -2 \\ 3 \\ -1 \end{bmatrix} \longrightarrow z = \begin{bmatrix} 1 \\ 0 \\ 3 \\ 0
# \end{bmatrix}, \qquad \frac{\partial L}{\partial z} = \begin{bmatrix} 4 \\ -1 \\ 5 \\ 9 \end{bmatrix}$$
#
# The loss $L$ is still one number, whatever the vectors' sizes. The upstream gradient says of each element
# of $z$ how much it influences $L$. And the chain rule says exactly what it said before, with a matrix as
# the local gradient:
#
# $$\frac{\partial L}{\partial x} = \begin{bmatrix} \frac{\partial z}{\partial x} \end{bmatrix} \begin{bmatrix} \frac{\partial L}{\partial z} \end{bmatrix} =
# \begin{bmatrix} 1 & 0 & 0 & 0 \\ 0 & 0 & 0 & 0 \\ 0 & 0 & 1 & 0 \\ 0 & 0 & 0 & 0 \end{bmatrix}
# \begin{bmatrix} 4 \\ -1 \\ 5 \\ 9 \end{bmatrix} = \begin{bmatrix} 4 \\ 0 \\ 5 \\ 0 \end{bmatrix}$$
#
# Element by element:
# $\frac{\partial L}{\partial x_n} = \sum_m \frac{\partial z_m}{\partial x_n} \frac{\partial L}{\partial z_m}$.
# That is the rule "add what comes back along all edges", written as a matrix product.

# %% [markdown] name="exercise-relu-jacobian"
# ### Exercise 5: relu_jacobian
# Difficulty: ●○○○○, about 4 minutes, 1 point
#
# `x` has shape (N,). Return the whole Jacobian of the ReLU at `x`, shape (N, N). Where $x_n = 0$ the
# slide's formula (section 5) puts 0.

# %% nbgrader={"grade": false, "grade_id": "relu_jacobian", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="relu_jacobian"
def relu_jacobian(x):
    """The Jacobian of z = max(0, x), explicitly.

    x: shape (N,).
    Returns J of shape (N, N) with J[n, m] = dz_m / dx_n; 0 where x is 0.

    Lecture: Backprop with vectors.
    """
    ### BEGIN SOLUTION
    jacobian = np.zeros((len(x), len(x)))
    for n in range(len(x)):
        if x[n] > 0:
            jacobian[n, n] = 1.0
    return jacobian
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-relu_jacobian", "locked": true, "points": 1, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-relu_jacobian"
check(relu_jacobian)

# %% [markdown] name="exercise-jacobian-backward"
# ### Exercise 6: jacobian_backward
# Difficulty: ●○○○○, about 3 minutes, 1 point
#
# `jacobian` has shape (N, M), in the lecture's layout, and `dz` shape (M,). Return `dx`, shape (N,).
#
# One function for *every* vector node there is. The ReLU's Jacobian is symmetric, so it cannot show you a
# transpose too many; the check uses Jacobians that are not even square.

# %% nbgrader={"grade": false, "grade_id": "jacobian_backward", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="jacobian_backward"
def jacobian_backward(jacobian, dz):
    """Downstream gradient from an explicit Jacobian: dL/dx = (dz/dx) (dL/dz).

    jacobian: shape (N, M), J[n, m] = dz_m / dx_n.
    dz: upstream gradient dL/dz, shape (M,).
    Returns dx of shape (N,).

    Lecture: Backprop with vectors.
    """
    ### BEGIN SOLUTION
    dx = np.zeros(len(jacobian))
    for n in range(len(jacobian)):
        dx[n] = jacobian[n] @ dz
    return dx
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-jacobian_backward", "locked": true, "points": 1, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-jacobian_backward"
check(jacobian_backward)

# %% nbgrader={"grade": false, "grade_id": "relu-explicit-claims", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="relu-explicit-claims"
x, dz = np.array([1.0, -2, 3, -1]), np.array([4.0, -1, 5, 9])
claims(
    Claim("the Jacobian's diagonal", (1, 0, 1, 0),
          lambda: np.diag(relu_jacobian(x))),
    Claim("dL/dx = [dz/dx] [dL/dz]", (4, 0, 5, 0),
          lambda: jacobian_backward(relu_jacobian(x), dz)),
    Claim("the last row of the product, by hand: 0·4 + 0·(-1) + 0·5 + 0·9", 0,
          lambda: jacobian_backward(relu_jacobian(x), dz)[3]),
)

# %% [markdown] name="relu-implicit-story"
# ## 5. Never explicitly form the Jacobian
#
# Look at that product again: sixteen numbers stored, to keep two and drop two. The slide:
#
# > Jacobian is **sparse**: off-diagonal entries always zero! Never **explicitly** form Jacobian, instead
# > use **implicit** multiplication.
#
# $$\left(\frac{\partial L}{\partial x}\right)_i = \begin{cases} \left(\frac{\partial L}{\partial z}\right)_i & \text{if } x_i > 0 \\ 0 & \text{otherwise} \end{cases}$$
#
# *Implicit* means: do what the multiplication would do, without the matrix. Nothing else in this course is
# as useful as this one habit.

# %% [markdown] name="exercise-relu-forward"
# ### Exercise 7: relu_forward
# Difficulty: ●○○○○, about 3 minutes, 1 point
#
# `x` has shape (N,). Return `(z, cache)` with `z` of the same shape, and `x` itself left as it was. What
# will the backward pass need to know?

# %% nbgrader={"grade": false, "grade_id": "relu_forward", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="relu_forward"
def relu_forward(x):
    """The ReLU, z = max(0, x) of each element.

    x: shape (N,); left unchanged.
    Returns (z, cache): z of shape (N,).
    The cache is your own business, no check looks into it; x would do.

    Lecture: Backprop with vectors.
    """
    ### BEGIN SOLUTION
    z = np.zeros(len(x))
    for n in range(len(x)):
        if x[n] > 0:
            z[n] = x[n]
    return z, x
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-relu_forward", "locked": true, "points": 1, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-relu_forward"
check(relu_forward)

# %% [markdown] name="exercise-relu-backward"
# ### Exercise 8: relu_backward
# Difficulty: ●●○○○, about 5 minutes, 2 points
#
# `dz` has shape (N,). Return `dx`, shape (N,), by the slide's formula; at $x_i = 0$ it is 0. No (N, N)
# array anywhere.
#
# Think about: `dz` belongs to somebody else. It is tempting to set some of its elements to zero and return
# it.

# %% nbgrader={"grade": false, "grade_id": "relu_backward", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="relu_backward"
def relu_backward(dz, cache):
    """Backward pass of the ReLU, without its Jacobian.

    dz: upstream gradient dL/dz, shape (N,); left unchanged.
    cache: what relu_forward kept.
    Returns dx = dL/dx, shape (N,); 0 where x is 0.

    Lecture: Backprop with vectors, "use implicit multiplication".
    """
    ### BEGIN SOLUTION
    x = cache
    dx = np.zeros(len(x))
    for n in range(len(x)):
        if x[n] > 0:
            dx[n] = dz[n]
    return dx
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-relu_backward", "locked": true, "points": 2, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-relu_backward"
check(relu_backward)

# %% [markdown] name="relu-claims-text"
# Now the promised measurement. Take $L = 4 z_0 - z_1 + 5 z_2 + 9 z_3$, so that
# $\frac{\partial L}{\partial z}$ is the slide's. Move the ReLU's *output* $z$ a little and look at $L$;
# then move its *input* $x$.

# %% nbgrader={"grade": false, "grade_id": "relu-claims", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="relu-claims"
x, dz = np.array([1.0, -2, 3, -1]), np.array([4.0, -1, 5, 9])
claims(
    Claim("z for the slide's x", (1, 0, 3, 0), lambda: relu_forward(x)[0]),
    Claim("dL/dx, implicit", (4, 0, 5, 0),
          lambda: relu_backward(dz, relu_forward(x)[1])),
    Claim("L when the output z moves: the upstream gradient", (4, -1, 5, 9),
          lambda: numerical_gradient(lambda z: dz @ z, relu_forward(x)[0])),
    Claim("L when the input x moves: the downstream gradient", (4, 0, 5, 0),
          lambda: numerical_gradient(lambda x: dz @ relu_forward(x)[0], x)),
    Claim("your gradient at the kink x = 0, upstream 1", 0,
          lambda: relu_backward(np.ones(1), relu_forward(np.zeros(1))[1])[0]),
)

# %% [markdown] name="relu-claims-lesson"
# So the downstream gradient tells of the node's inputs. And at the kink, mathematics leaves the choice
# free: the slide and PyTorch choose 0, your numerical gradient said 0.5. That is why numerical checks keep
# away from kinks.

# %% nbgrader={"grade": false, "grade_id": "relu-plot", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="relu-plot"
plots.local_gradient(relu_forward, relu_backward, "ReLU", reach=3.0)

# %% [markdown] name="cost-experiment"
# ### Experiment: what does the explicit way cost?
#
# "Never" is a strong word. Let's measure: one backward pass of the ReLU with *your* functions, once through
# `relu_jacobian` and `jacobian_backward`, once through `relu_forward` and `relu_backward`, for
# $N = 8, 16, \dots, 4096$. On logarithmic axes a cost that grows like $N^k$ is a straight line of slope
# $k$. Which slopes do you expect?

# %% nbgrader={"grade": false, "grade_id": "cost-plot", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="cost-plot"
plots.jacobian_costs(relu_jacobian, jacobian_backward, relu_forward, relu_backward)

# %% [markdown] name="cost-lesson"
# The matrix has $N^2$ entries, so memory grows with slope 2 against 1. For time that is the *limit*: at
# small $N$ the computer is busier calling functions than handling numbers, and there the explicit way is
# quite bearable. But here are the sizes that matter:

# %% nbgrader={"grade": false, "grade_id": "cost-of-real-layers", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="cost-of-real-layers"
vgg = 64 * 224 * 224  # numbers that leave the first layer of VGG-16, for one picture
claims(
    Claim("numbers in the first ReLU of VGG-16", 3_211_264, lambda: vgg),
    Claim("its explicit Jacobian at 4 bytes, in TB", 41.2,
          lambda: 4 * vgg**2 / 1e12, digits=1),
    Claim("what relu_backward needs instead, in MB", 12.8,
          lambda: 4 * vgg / 1e6, digits=1),
)

# %% [markdown] name="squash-story"
# ## 6. Two more nodes: sigmoid and softmax
#
# The **sigmoid** $y = \sigma(x) = \frac{1}{1+e^{-x}}$ sat at the end of your neuron. It works element by
# element, so its Jacobian is diagonal, like the ReLU's. Its local gradient has a pretty form: write it with
# $y$ alone, and no exponential is left.
#
# The formula is right and can still fail: for $x = -10^4$ it asks for $e^{10000}$, which no float can hold.
# Your function should be calm there. Multiply the fraction by $e^{x}/e^{x}$ and you have a second formula,
# equal to the first. Where is each one safe?

# %% [markdown] name="exercise-sigmoid-forward"
# ### Exercise 9: sigmoid_forward
# Difficulty: ●●○○○, about 6 minutes, 1 point
#
# `x` has shape (N,). Return `(y, cache)`, `y` of shape (N,) with values from 0 to 1, without overflow for
# $|x|$ up to $10^4$.

# %% nbgrader={"grade": false, "grade_id": "sigmoid_forward", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="sigmoid_forward"
def sigmoid_forward(x):
    """The sigmoid, y = 1 / (1 + exp(-x)) of each element, safe for large |x|.

    x: shape (N,).
    Returns (y, cache): y of shape (N,).
    The cache is your own business, no check looks into it; y would do.

    Lecture: backprop with scalars, taken of each element.
    """
    ### BEGIN SOLUTION
    y = np.zeros(len(x))
    for n in range(len(x)):
        if x[n] >= 0:
            y[n] = 1 / (1 + np.exp(-x[n]))
        else:
            y[n] = np.exp(x[n]) / (1 + np.exp(x[n]))
    return y, y
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-sigmoid_forward", "locked": true, "points": 1, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-sigmoid_forward"
check(sigmoid_forward)

# %% [markdown] name="exercise-sigmoid-backward"
# ### Exercise 10: sigmoid_backward
# Difficulty: ●●○○○, about 5 minutes, 2 points
#
# `dy` has shape (N,). Return `dx`, shape (N,).

# %% nbgrader={"grade": false, "grade_id": "sigmoid_backward", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="sigmoid_backward"
def sigmoid_backward(dy, cache):
    """Backward pass of the sigmoid, without its Jacobian.

    dy: upstream gradient dL/dy, shape (N,).
    cache: what sigmoid_forward kept.
    Returns dx = dL/dx, shape (N,).

    Lecture: Backprop with vectors, "use implicit multiplication".
    """
    ### BEGIN SOLUTION
    y = cache
    dx = np.zeros(len(y))
    for n in range(len(y)):
        dx[n] = dy[n] * y[n] * (1 - y[n])
    return dx
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-sigmoid_backward", "locked": true, "points": 2, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-sigmoid_backward"
check(sigmoid_backward)

# %% nbgrader={"grade": false, "grade_id": "sigmoid-plot", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="sigmoid-plot"
plots.local_gradient(sigmoid_forward, sigmoid_backward, "sigmoid")

# %% [markdown] name="sigmoid-lesson"
# Compare with the ReLU's slope above. The sigmoid's is never more than 1/4 and fades to almost nothing on
# both sides. A gradient that passes ten sigmoids is multiplied by at most $(1/4)^{10} \approx 10^{-6}$.
# This **vanishing gradient** is one reason why deep networks came to prefer the ReLU.

# %% [markdown] name="softmax-story"
# **Softmax** turns scores $s \in \mathbb{R}^C$ into probabilities:
#
# $$p_i = \frac{e^{s_i}}{\sum_k e^{s_k}}$$
#
# It is our first node in which *every* output depends on *every* input, through the sum. Differentiate, and
# you get
#
# $$\frac{\partial p_j}{\partial s_i} = p_i\,(\delta_{ij} - p_j), \qquad\text{that is}\qquad \frac{\partial p}{\partial s} = \operatorname{diag}(p) - p\,p^T .$$
#
# No zeros off the diagonal! The slide's reason for never forming the Jacobian, "off-diagonal entries always
# zero", is true of elementwise functions only. Yet the advice still stands, for a better reason: the
# Jacobian is *a simple thing made of few numbers*, here of the $C$ numbers $p$. Multiply
# $\operatorname{diag}(p) - p\,p^T$ by $\frac{\partial L}{\partial p}$ on paper, bracket cleverly, and no
# matrix is left.
#
# **A worked number.** $s = (1, 2, 3)$ gives $p \approx (0.09, 0.24, 0.67)$; so does
# $s = (1001, 1002, 1003)$, since adding a constant to all scores changes nothing. (Why? And what can you
# make of it, with $e^{1003}$ out of reach?)

# %% [markdown] name="exercise-softmax-forward"
# ### Exercise 11: softmax_forward
# Difficulty: ●●○○○, about 6 minutes, 2 points
#
# `scores` has shape (C,). Return `(p, cache)`: `p` of shape (C,), positive or zero, with sum 1, right for
# scores up to $\pm 10^4$.

# %% nbgrader={"grade": false, "grade_id": "softmax_forward", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="softmax_forward"
def softmax_forward(scores):
    """Softmax: scores to probabilities, safe for large scores.

    scores: shape (C,).
    Returns (p, cache): p of shape (C,), its sum 1.
    The cache is your own business, no check looks into it; p would do.

    Lecture: Backprop with vectors.
    """
    ### BEGIN SOLUTION
    powers = np.exp(scores - np.max(scores))
    p = powers / np.sum(powers)
    return p, p
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-softmax_forward", "locked": true, "points": 2, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-softmax_forward"
check(softmax_forward)

# %% [markdown] name="exercise-softmax-backward"
# ### Exercise 12: softmax_backward
# Difficulty: ●●●○○, about 8 minutes, 2 points
#
# `dp` has shape (C,). Return `dscores`, shape (C,), without forming a (C, C) array.

# %% nbgrader={"grade": false, "grade_id": "softmax_backward", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="softmax_backward"
def softmax_backward(dp, cache):
    """Backward pass of softmax: (diag(p) - p p^T) dp, without forming the matrix.

    dp: upstream gradient dL/dp, shape (C,).
    cache: what softmax_forward kept.
    Returns dscores = dL/dscores, shape (C,).

    Lecture: Backprop with vectors, "use implicit multiplication".
    """
    ### BEGIN SOLUTION
    p = cache
    mean = 0.0
    for j in range(len(p)):
        mean += p[j] * dp[j]
    dscores = np.zeros(len(p))
    for i in range(len(p)):
        dscores[i] = p[i] * (dp[i] - mean)
    return dscores
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-softmax_backward", "locked": true, "points": 2, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-softmax_backward"
check(softmax_backward)

# %% nbgrader={"grade": false, "grade_id": "softmax-claims", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="softmax-claims"
scores = np.array([1.0, 2, 3])
claims(
    Claim("p of (1, 2, 3)", (0.09, 0.24, 0.67), lambda: softmax_forward(scores)[0]),
    Claim("p of (1001, 1002, 1003)", (0.09, 0.24, 0.67),
          lambda: softmax_forward(scores + 1000)[0]),
    Claim("upstream gradient (5, 5, 5): the same for all", (0, 0, 0),
          lambda: softmax_backward(np.full(3, 5.0), softmax_forward(scores)[1])),
)

# %% [markdown] name="jacobian-picture-text"
# Why zero in the last line? Here are the Jacobians of what you have written, measured by your
# `numerical_jacobian`.

# %% nbgrader={"grade": false, "grade_id": "jacobian-picture", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="jacobian-picture"
plots.jacobians(
    numerical_jacobian,
    {
        "ReLU": lambda x: relu_forward(x)[0],
        "sigmoid": lambda x: sigmoid_forward(x)[0],
        "softmax": lambda x: softmax_forward(x)[0],
    },
    x=[1.0, -0.5, 0.5, -1.0],
)

# %% [markdown] name="linear-story"
# ## 7. The linear layer and the loss
#
# The lecture's linear score function is $f = Wx$. With a bias:
#
# $$y = W x + b, \qquad y_m = \sum_d W_{m,d}\, x_d + b_m, \qquad x \in \mathbb{R}^D,\; W \in \mathbb{R}^{M \times D},\; y, b \in \mathbb{R}^M .$$
#
# In the lecture's layout $\frac{\partial y}{\partial x}$ has the entry
# $\frac{\partial y_m}{\partial x_d} = W_{m,d}$ in row $d$, column $m$: it *is* $W^T$. Hence
# $\frac{\partial L}{\partial x} = W^T \frac{\partial L}{\partial y}$.
#
# And $W$? Its Jacobian would have $M D$ rows and $M$ columns, nearly all zeros. Ask like the slide instead:
# which outputs does the one number $W_{m,d}$ touch? Only $y_m$; and how much? Then use the slide's best
# sentence as a test of what you found: *gradients have the same dims as the original variable.* (The slide
# words it "gradients of variables wrt loss". It is the other way round: the gradient of the *loss* with
# respect to the *variable*.)
#
# **A worked number.** $W = \begin{bmatrix} 1 & 2 & 0 \\ 0 & -1 & 3 \end{bmatrix}$, $x = (1, 2, -1)$,
# $b = (0.5, 0)$ give $y = (5.5, -5)$. An upstream gradient $(1, 10)$ gives
# $\frac{\partial L}{\partial x} = W^T (1, 10) = (1, -8, 30)$.

# %% [markdown] name="exercise-linear-forward"
# ### Exercise 13: linear_forward
# Difficulty: ●○○○○, about 3 minutes, 1 point
#
# `x` has shape (D,), `W` shape (M, D), `b` shape (M,). Return `(y, cache)`, `y` of shape (M,).

# %% nbgrader={"grade": false, "grade_id": "linear_forward", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="linear_forward"
def linear_forward(x, W, b):
    """A linear layer for one vector: y = W x + b.

    x: shape (D,); W: shape (M, D); b: shape (M,).
    Returns (y, cache): y of shape (M,).
    The cache is your own business, no check looks into it; (x, W, b) would do.

    Lecture: linear score function, f = Wx.
    """
    ### BEGIN SOLUTION
    y = np.zeros(len(b))
    for m in range(len(b)):
        y[m] = np.sum(W[m] * x) + b[m]
    return y, (x, W, b)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-linear_forward", "locked": true, "points": 1, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-linear_forward"
check(linear_forward)

# %% [markdown] name="exercise-linear-backward"
# ### Exercise 14: linear_backward
# Difficulty: ●●●○○, about 10 minutes, 3 points
#
# `dy` has shape (M,). Return `(dx, dW, db)` of shapes (D,), (M, D) and (M,).
#
# Each $x_d$ is used in all of $y_1, \dots, y_M$: its gradients add up. Each $W_{m,d}$ and each $b_m$ is
# used once.

# %% nbgrader={"grade": false, "grade_id": "linear_backward", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="linear_backward"
def linear_backward(dy, cache):
    """Backward pass of the linear layer.

    dy: upstream gradient dL/dy, shape (M,).
    cache: what linear_forward kept.
    Returns (dx, dW, db) of the shapes of x, W and b: (D,), (M, D), (M,).

    Lecture: Backprop with vectors, "gradients have the same dims as the original variable".
    """
    ### BEGIN SOLUTION
    x, W, b = cache
    dx, dW, db = np.zeros(len(x)), np.zeros(W.shape), np.zeros(len(b))
    for m in range(len(b)):
        dx += W[m] * dy[m]
        dW[m] = x * dy[m]
        db[m] = dy[m]
    return dx, dW, db
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-linear_backward", "locked": true, "points": 3, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-linear_backward"
check(linear_backward)

# %% nbgrader={"grade": false, "grade_id": "linear-claims", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="linear-claims"
W, b = np.array([[1.0, 2, 0], [0, -1, 3]]), np.array([0.5, 0])
x, dy = np.array([1.0, 2, -1]), np.array([1.0, 10])


def layer(x):
    return linear_forward(x, W, b)[0]


def loss_of_weights(W):
    return dy @ linear_forward(x, W, b)[0]


claims(
    Claim("y", (5.5, -5), lambda: linear_forward(x, W, b)[0]),
    Claim("dL/dx, implicit", (1, -8, 30),
          lambda: linear_backward(dy, linear_forward(x, W, b)[1])[0]),
    Claim("dL/dx, by the explicit Jacobian", (1, -8, 30),
          lambda: jacobian_backward(numerical_jacobian(layer, x), dy)),
    Claim("the numerical Jacobian dy/dx is W transposed", True,
          lambda: np.allclose(numerical_jacobian(layer, x), W.T)),
    Claim("dL/dW, implicit", ((1, 2, -1), (10, 20, -10)),
          lambda: linear_backward(dy, linear_forward(x, W, b)[1])[1]),
    Claim("dL/dW, by your numerical gradient", ((1, 2, -1), (10, 20, -10)),
          lambda: numerical_gradient(loss_of_weights, W)),
)

# %% [markdown] name="loss-story"
# What is the loss that all this flows from? For a classifier with the right answer `label` it is the
# **cross-entropy**: softmax first, then how surprised we are by the right answer,
#
# $$L = -\log p_{\text{label}}, \qquad p = \operatorname{softmax}(s).$$
#
# It is 0 if the network is sure and right, and $\log C$ if it has no idea. **A worked number**: for
# $s = (1, 2, 3)$ and label 2, $L = -\log 0.665 \approx 0.408$; for label 0 it is $2.408$.
#
# You could chain $-\log$ and your softmax. Don't: a probability of $e^{-10000}$ is 0 in a float, and the
# loss would be infinite. Write $L$ in terms of the scores first; the logarithm undoes the exponential
# before anything can go wrong. The gradient, too, becomes much simpler than its parts. Derive it on paper;
# it is worth the five minutes.

# %% [markdown] name="exercise-cross-entropy-forward"
# ### Exercise 15: cross_entropy_forward
# Difficulty: ●●●○○, about 8 minutes, 2 points
#
# `scores` has shape (C,), `label` is an integer from 0 to C - 1. Return `(loss, cache)`, the loss one
# number, right for scores up to $\pm 10^4$.

# %% nbgrader={"grade": false, "grade_id": "cross_entropy_forward", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="cross_entropy_forward"
def cross_entropy_forward(scores, label):
    """Cross-entropy of softmax(scores): -log p[label], safe for large scores.

    scores: shape (C,); label: integer, 0 <= label < C.
    Returns (loss, cache): loss one number, in nats, never negative.
    The cache is your own business, no check looks into it; (scores, label) would do.

    Lecture: backprop with vectors, "loss L still a scalar".
    """
    ### BEGIN SOLUTION
    largest = np.max(scores)
    total = 0.0
    for score in scores:
        total += np.exp(score - largest)
    loss = largest + np.log(total) - scores[label]
    return loss, (scores, label)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-cross_entropy_forward", "locked": true, "points": 2, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-cross_entropy_forward"
check(cross_entropy_forward)

# %% [markdown] name="exercise-cross-entropy-backward"
# ### Exercise 16: cross_entropy_backward
# Difficulty: ●●●○○, about 8 minutes, 2 points
#
# `dloss` is the upstream gradient, one number; it is 1.0 where the loss is the end of the graph, but don't
# count on it. Return `dscores`, shape (C,).

# %% nbgrader={"grade": false, "grade_id": "cross_entropy_backward", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="cross_entropy_backward"
def cross_entropy_backward(dloss, cache):
    """Backward pass of the cross-entropy.

    dloss: upstream gradient, one number (1.0 where the loss is the end of the graph).
    cache: what cross_entropy_forward kept.
    Returns dscores = dL/dscores, shape (C,).

    Lecture: backprop with vectors, "loss L still a scalar".
    """
    ### BEGIN SOLUTION
    scores, label = cache
    powers = np.exp(scores - np.max(scores))
    p = powers / np.sum(powers)
    dscores = np.zeros(len(scores))
    for i in range(len(scores)):
        dscores[i] = dloss * (p[i] - (1 if i == label else 0))
    return dscores
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-cross_entropy_backward", "locked": true, "points": 2, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-cross_entropy_backward"
check(cross_entropy_backward)

# %% nbgrader={"grade": false, "grade_id": "loss-claims", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="loss-claims"
scores = np.array([1.0, 2, 3])
claims(
    Claim("loss of (1, 2, 3), label 2", 0.408,
          lambda: cross_entropy_forward(scores, 2)[0], digits=3),
    Claim("loss of (1, 2, 3), label 0", 2.408,
          lambda: cross_entropy_forward(scores, 0)[0], digits=3),
    Claim("no idea: loss of (0, ..., 0), 10 classes, is log 10", 2.303,
          lambda: cross_entropy_forward(np.zeros(10), 3)[0], digits=3),
    Claim("hopelessly wrong: loss of (10000, 0), label 1", 10000,
          lambda: cross_entropy_forward(np.array([1e4, 0]), 1)[0]),
    Claim("the gradient's elements add up to", 0,
          lambda: np.sum(cross_entropy_backward(1.0, cross_entropy_forward(scores, 2)[1]))),
)

# %% [markdown] name="loss-plot-text"
# The gradient speaks plainly: it pushes the right class up (descending means going *against* the gradient)
# and every other class down, each as hard as it deserves.

# %% nbgrader={"grade": false, "grade_id": "loss-plot", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="loss-plot"
plots.loss_gradient(
    softmax_forward,
    cross_entropy_forward,
    cross_entropy_backward,
    scores=[2.0, 1.0, 0.1, -1.0],
    label=1,
)

# %% [markdown] name="two-layer-story"
# ## 8. A two-layer network
#
# Everything is ready for the lecture's second formula:
#
# $$f = W_2 \max(0, W_1 x)$$
#
# Why the $\max$? Without it, $f = W_2 (W_1 x) = (W_2 W_1)\, x$ is one linear layer in disguise, however
# many matrices you chain. Bending the lines in between makes the difference.
#
# The graph has three nodes, and you have them all: linear, ReLU, linear. Backward you meet them in reverse,
# and each one's downstream gradient is the next one's upstream. The formula has no bias; give your linear
# layer zeros.

# %% [markdown] name="exercise-two-layer-forward"
# ### Exercise 17: two_layer_forward
# Difficulty: ●●○○○, about 5 minutes, 2 points
#
# `x` has shape (D,), `W1` shape (H, D), `W2` shape (C, H). Return `(scores, cache)`, `scores` of shape
# (C,). Call the functions you have written; the caches they return are what your own cache is made of. (If
# one of them isn't right yet, this check lends you a working one.)

# %% nbgrader={"grade": false, "grade_id": "two_layer_forward", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="two_layer_forward"
def two_layer_forward(x, W1, W2):
    """A two-layer network: scores = W2 max(0, W1 x).

    x: shape (D,); W1: shape (H, D); W2: shape (C, H).
    Returns (scores, cache): scores of shape (C,).
    The cache is your own business, no check looks into it; the nodes' three caches would do.

    Lecture: 2-layer neural network.
    """
    ### BEGIN SOLUTION
    hidden, first_cache = linear_forward(x, W1, np.zeros(len(W1)))
    active, relu_cache = relu_forward(hidden)
    scores, second_cache = linear_forward(active, W2, np.zeros(len(W2)))
    return scores, (first_cache, relu_cache, second_cache)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-two_layer_forward", "locked": true, "points": 2, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-two_layer_forward"
check(two_layer_forward)

# %% [markdown] name="exercise-two-layer-backward"
# ### Exercise 18: two_layer_backward
# Difficulty: ●●●○○, about 8 minutes, 3 points
#
# `dscores` has shape (C,). Return `(dx, dW1, dW2)` of the shapes of `x`, `W1` and `W2`.

# %% nbgrader={"grade": false, "grade_id": "two_layer_backward", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="two_layer_backward"
def two_layer_backward(dscores, cache):
    """Backward pass of the two-layer network.

    dscores: upstream gradient dL/dscores, shape (C,).
    cache: what two_layer_forward kept.
    Returns (dx, dW1, dW2) of the shapes of x, W1 and W2: (D,), (H, D), (C, H).

    Lecture: 2-layer neural network; Backprop with vectors.
    """
    ### BEGIN SOLUTION
    first_cache, relu_cache, second_cache = cache
    dactive, dW2, _ = linear_backward(dscores, second_cache)
    dhidden = relu_backward(dactive, relu_cache)
    dx, dW1, _ = linear_backward(dhidden, first_cache)
    return dx, dW1, dW2
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-two_layer_backward", "locked": true, "points": 3, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-two_layer_backward"
check(two_layer_backward)

# %% [markdown] name="clusters-text"
# Does it learn? Four clouds of points, opposite corners in the same class: whatever line you draw, about a
# quarter of the points or more end up on the wrong side. Both networks below learn with *your* gradients:
# after each point every weight takes a small step against its gradient,
# $W \leftarrow W - 0.1\, \frac{\partial L}{\partial W}$. (A third coordinate, a constant 1, stands in for
# the bias.)

# %% nbgrader={"grade": false, "grade_id": "clusters", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="clusters"
plots.crossed_clusters(
    linear=(linear_forward, linear_backward),
    two_layer=(two_layer_forward, two_layer_backward),
    cross_entropy=(cross_entropy_forward, cross_entropy_backward),
)

# %% [markdown] name="pytorch-text"
# ### Beside PyTorch
#
# PyTorch's `autograd` keeps the graph of a calculation and walks it backward, as you did. Same values, same
# gradients. And the time?

# %% nbgrader={"grade": false, "grade_id": "pytorch-all", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="pytorch-all"
compare_with_pytorch(
    neuron_forward, neuron_backward,
    relu_forward, relu_backward,
    sigmoid_forward, sigmoid_backward,
    softmax_forward, softmax_backward,
    linear_forward, linear_backward,
    cross_entropy_forward, cross_entropy_backward,
    two_layer_forward, two_layer_backward,
)

# %% [markdown] name="pytorch-lesson"
# On a handful of numbers nobody is fast: a call into PyTorch costs some microseconds before the first
# multiplication, and each line of Python has its price. A layer of realistic size looks different, above
# all if your function loops over the matrix in Python:

# %% nbgrader={"grade": false, "grade_id": "pytorch-large", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="pytorch-large"
rng = np.random.default_rng(0)
large = {
    "x": rng.normal(size=512),
    "W": rng.normal(size=(512, 512)),
    "b": rng.normal(size=512),
}
compare_with_pytorch(linear_forward, linear_backward, inputs=large)

# %% [markdown] name="history-story"
# ## 9. A bit of history: machines that learned
#
# **1957-1960, the Perceptron.** Frank Rosenblatt, a psychologist, proposed a machine that learns to see.
# The lecture: "The Mark I Perceptron machine was the first implementation of the perceptron algorithm." Not
# quite: the first was a *program*, shown in July 1958 on an IBM 704 that filled a room. The Mark I,
# finished about 1960, was the first in hardware. Its camera had $20 \times 20 = 400$ cadmium sulfide
# photocells; its weights were potentiometers, turned by electric motors as it learned. And it recognised
# letters of the alphabet.
#
# $$f(x) = \begin{cases} 1 & \text{if } w \cdot x + b > 0 \\ 0 & \text{otherwise} \end{cases} \qquad\quad w_i(t+1) = w_i(t) + \alpha\,(d_j - y_j(t))\, x_{j,i}$$
#
# Here $x_j$ is the $j$-th example, $d_j$ the desired answer (0 or 1), $y_j(t)$ the machine's answer and
# $\alpha$ the learning rate. It learns from its mistakes alone. **A worked number:** $w = (1, 0.5)$,
# $x = (1, 1)$: $w \cdot x = 1.5 > 0$, so $y = 1$. If $d = 1$, nothing happens. If $d = 0$ and
# $\alpha = 0.1$, the new $w$ is $(0.9, 0.4)$.
#
# Note what is *not* there: a derivative. The step function's slope is 0 wherever it exists, so
# backpropagation would have nothing to say.
#
# > **What the slide leaves out.** It gives a rule for $w$ and none for $b$. With $b$ stuck at 0 the machine
# > can't even learn "small numbers 0, large numbers 1"; we'll try it. The cure is an old trick: let $b$ be
# > the last weight, and give it a constant input 1.

# %% nbgrader={"grade": false, "grade_id": "retina", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="retina"
training, fresh = letters.samples("T", "J", seed=1), letters.samples("T", "J", seed=2)
plots.retina(*training, names="TJ")

# %% [markdown] name="exercise-perceptron-update"
# ### Exercise 19: perceptron_update
# Difficulty: ●○○○○, about 5 minutes, 1 point
#
# `w` and `x` have shape (N,); the bias is the last weight, the last input a constant 1. `target` is 0 or 1,
# `learning_rate` is $\alpha$. Return the new weights, shape (N,), and leave `w` as it was.

# %% nbgrader={"grade": false, "grade_id": "perceptron_update", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="perceptron_update"
def perceptron_update(w, x, target, learning_rate):
    """One step of the Mark I Perceptron's rule.

    w: weights, shape (N,), the last one the bias; left unchanged.
    x: one example, shape (N,), its last element a constant 1.
    target: the desired answer, 0 or 1; learning_rate: alpha.
    Returns the new weights, shape (N,).

    Lecture: A bit of history, the Mark I Perceptron.
    """
    ### BEGIN SOLUTION
    y = 1 if np.sum(w * x) > 0 else 0
    return w + learning_rate * (target - y) * x
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-perceptron_update", "locked": true, "points": 1, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-perceptron_update"
check(perceptron_update)

# %% [markdown] name="perceptron-plot-text"
# Your Mark I, with one simplification: the real one had a layer of 512 randomly wired units between camera
# and weights, here the weights sit on the 400 pixels themselves. It learns from 200 pictures of a T or a J,
# moved by up to 3 pixels, each pixel flipped with probability 5 %. Its weights can be looked at as a
# picture:

# %% nbgrader={"grade": false, "grade_id": "perceptron-plot", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="perceptron-plot"
plots.learned_weights(perceptron_update, training, fresh, names="TJ")

# %% nbgrader={"grade": false, "grade_id": "perceptron-claims", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="perceptron-claims"
points, answers = np.array([[1.0], [2.0]]), np.array([0, 1])
with_one = np.hstack([points, np.ones((2, 1))])


def mistakes_after_learning(inputs, targets, learning_rate=1.0):
    w = experiments.learn(perceptron_update, inputs, targets, learning_rate, epochs=30)[-1]
    return letters.mistakes(w, inputs, targets)


claims(
    Claim("photocells, 20 × 20", 400, lambda: letters.letter("T").size),
    Claim("right answer: w = (1, 0.5) stays", (1, 0.5),
          lambda: perceptron_update(np.array([1.0, 0.5]), np.ones(2), 1, 0.1)),
    Claim("wrong answer: w = (1, 0.5) moves", (0.9, 0.4),
          lambda: perceptron_update(np.array([1.0, 0.5]), np.ones(2), 0, 0.1)),
    Claim("T and J are separated: mistakes on the training pictures", 0,
          lambda: mistakes_after_learning(*training)),
    Claim("x = 1 wants 0, x = 2 wants 1: mistakes, b never updated", 0,
          lambda: mistakes_after_learning(points, answers), instead=1),
    Claim("the same, b a weight with constant input 1", 0,
          lambda: mistakes_after_learning(with_one, answers)),
)

# %% [markdown] name="adaline-story"
# **1960, Adaline.** Bernard Widrow and Ted Hoff changed one thing in the rule: they compare the target with
# $w \cdot x$ itself, *before* the threshold. Targets are $-1$ and $1$, and
#
# $$w \leftarrow w + \alpha\,(d - w \cdot x)\, x .$$
#
# This is a step downhill on the squared error $E = \frac12 (d - w \cdot x)^2$: its gradient is
# $-(d - w \cdot x)\, x$. So Adaline, unlike the Perceptron, does follow a derivative, and its rule (**least
# mean squares**) is the stochastic gradient descent that you used in section 8, for one linear neuron.
#
# **The same worked number:** $w = (1, 0.5)$, $x = (1, 1)$, $d = 1$, $\alpha = 0.1$. The answer, $1.5 > 0$,
# is on the right side. The Perceptron is content. Adaline finds 1.5 too much, and learns:
# $w = (0.95, 0.45)$.

# %% [markdown] name="exercise-adaline-update"
# ### Exercise 20: adaline_update
# Difficulty: ●○○○○, about 4 minutes, 1 point
#
# As before, with `target` $-1$ or $1$ and no threshold. Return the new weights, shape (N,), and leave `w`
# as it was.

# %% nbgrader={"grade": false, "grade_id": "adaline_update", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="adaline_update"
def adaline_update(w, x, target, learning_rate):
    """One step of Widrow and Hoff's rule, least mean squares.

    w: weights, shape (N,), the last one the bias; left unchanged.
    x: one example, shape (N,), its last element a constant 1.
    target: the desired answer, -1 or 1; learning_rate: alpha.
    Returns the new weights, shape (N,).

    Lecture: A bit of history, Adaline.
    """
    ### BEGIN SOLUTION
    error = target - np.sum(w * x)
    return w + learning_rate * error * x
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-adaline_update", "locked": true, "points": 1, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-adaline_update"
check(adaline_update)

# %% nbgrader={"grade": false, "grade_id": "adaline-claims", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="adaline-claims"
w, x = np.array([1.0, 0.5]), np.ones(2)
claims(
    Claim("right side, but 1.5 is not 1: Adaline moves", (0.95, 0.45),
          lambda: adaline_update(w, x, 1, 0.1)),
    Claim("the step is -0.1 times the gradient of (d - w·x)²/2", (-0.05, -0.05),
          lambda: -0.1 * numerical_gradient(lambda w: (1 - w @ x) ** 2 / 2, w)),
    Claim("error before: d - w·x", -0.5, lambda: 1 - w @ x),
    Claim("error after, (1 - α |x|²) times as large", -0.4,
          lambda: 1 - adaline_update(w, x, 1, 0.1) @ x),
)

# %% [markdown] name="adaline-plot-text"
# The last line is a warning, too. If $\alpha |x|^2 > 2$, each step makes the error *larger*. Our letters
# light about 80 photocells, so $|x|^2 \approx 80$, and $\alpha$ has to stay well under $1/40$; below it is
# 0.002. (The Perceptron never minds: starting from zero, $\alpha$ only scales all its weights.)

# %% nbgrader={"grade": false, "grade_id": "learning-curves", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="learning-curves"
plots.learning_curves(
    perceptron_update, adaline_update, training, fresh, adaline_rate=0.002
)

# %% [markdown] name="learning-curves-lesson"
# The Perceptron stops the moment all training pictures are on the right side, however narrowly. Adaline
# goes on polishing, and its border ends with more room on both sides. Here this means fewer mistakes on
# fresh pictures: an observation on these letters, not a law.

# %% [markdown] name="backprop-history"
# **1986, backpropagation.** Neither rule reaches *through* a layer: there is no target for a hidden neuron.
# Rumelhart, Hinton and Williams made popular what does (others, such as Linnainmaa in 1970 and Werbos in
# 1974, had found it before). On the slide, for example $p$:
#
# $$\frac{\partial E_p}{\partial w_{ji}} = \frac{\partial E_p}{\partial o_{pj}} \frac{\partial o_{pj}}{\partial w_{ji}}$$
#
# Downstream = upstream × local: it is line by line what your `neuron_backward` does, with
# $\frac{\partial E}{\partial o}$ as `dout`. And where does it hold? Where $w_{ji}$ acts on $E$ through
# $o_{pj}$ *alone*. A weight used twice gets the *sum* of both ways. Convolution, two lessons from here,
# uses each weight thousands of times.

# %% nbgrader={"grade": false, "grade_id": "backprop-history-claims", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="backprop-history-claims"
w, x, desired = np.array([2.0, -3, -3]), np.array([-1.0, -2]), 1.0


def error(w):
    return (desired - neuron_forward(w, x)[0]) ** 2 / 2


def neuron_gradient(w, x, dout=1.0):
    return neuron_backward(dout, neuron_forward(w, x)[1])[0]


same = np.array([2.0, 2, 3])
claims(
    Claim("dE/dw by 1986: neuron_backward with dout = dE/do = -(d - o)", (0.053, 0.106, -0.053),
          lambda: neuron_gradient(w, x, neuron_forward(w, x)[0] - desired), digits=3),
    Claim("dE/dw by your numerical gradient", (0.053, 0.106, -0.053),
          lambda: numerical_gradient(error, w), digits=3),
    Claim("one weight used twice, w0 = w1 = 2, w2 = 3: do/dw, first way only", -0.14,
          lambda: neuron_gradient(same, x)[0], instead=-0.05),
    Claim("both ways added", -0.14, lambda: neuron_gradient(same, x)[:2].sum()),
    Claim("the truth, by your numerical gradient", -0.14,
          lambda: numerical_gradient(lambda t: neuron_forward(np.array([t, t, 3]), x)[0], 2.0)),
)

# %% [markdown] name="ending"
# ## What you can do now
#
# You can differentiate a function by asking it, walk any graph of nodes backward, multiply with a Jacobian
# without ever having it, and train a network with gradients of your own.
#
# Here is this part of the lecture once more, claim by claim, recomputed with your code:

# %% nbgrader={"grade": false, "grade_id": "all-claims", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="all-claims"
x, dz = np.array([1.0, -2, 3, -1]), np.array([4.0, -1, 5, 9])
scores, pair = np.array([1.0, 2, 3]), np.array([-1.0, -2])


def only_diagonal(f, x):
    jacobian = numerical_jacobian(lambda x: f(x)[0], x)
    return np.allclose(jacobian, np.diag(np.diag(jacobian)))


def collapsed(x):
    W1, W2 = np.array([[1.0, -2], [3, 1], [0, 1]]), np.array([[1.0, 1, -1]])
    return np.allclose(two_layer_forward(x, W1, W2)[0], W2 @ W1 @ x)


def downstream_is_of_outputs():
    z, cache = relu_forward(x)
    return np.allclose(relu_backward(dz, cache), numerical_gradient(lambda z: dz @ z, z))


def once_and_twice():
    once = numerical_gradient(lambda w: neuron_forward(w, pair)[0], same)[0]
    twice = numerical_gradient(lambda t: neuron_forward(np.array([t, t, 3]), pair)[0], 2.0)
    return np.isclose(neuron_gradient(same, pair)[0], [once, twice])


claims(
    Claim("z = max(0, x) of the slide's x", (1, 0, 3, 0),
          lambda: relu_forward(x)[0]),
    Claim("diagonal of its Jacobian", (1, 0, 1, 0),
          lambda: np.diag(relu_jacobian(x))),
    Claim("dL/dx = [dz/dx] [dL/dz]", (4, 0, 5, 0),
          lambda: jacobian_backward(relu_jacobian(x), dz)),
    Claim("the same, implicitly", (4, 0, 5, 0),
          lambda: relu_backward(dz, relu_forward(x)[1])),
    Claim("dL/dx has the dims of x", (4,),
          lambda: np.shape(relu_backward(dz, relu_forward(x)[1]))),
    Claim("Jacobian: off-diagonal always zero (ReLU)", True,
          lambda: only_diagonal(relu_forward, x)),
    Claim("Jacobian: off-diagonal always zero (softmax)", True,
          lambda: only_diagonal(softmax_forward, scores), instead=False),
    Claim("W2 max(0, W1 x) equals W2 W1 x at x = (1, -1)", False,
          lambda: collapsed(np.array([1.0, -1]))),
    Claim("downstream gradients tell how a node's outputs act on the loss", True,
          lambda: downstream_is_of_outputs(), instead=False),
    Claim("1986's formula, for a weight used once", True,
          lambda: once_and_twice()[0]),
    Claim("1986's formula, for a weight used twice", True,
          lambda: once_and_twice()[1], instead=False),
    Claim("photocells of the Mark I", 400, lambda: letters.letter("T").size),
    Claim("the printed update rule, without b, learns x = 1: 0, x = 2: 1", True,
          lambda: mistakes_after_learning(points, answers) == 0, instead=False),
)

# %% [markdown] name="what-comes-next"
# Two things the table can't compute. The Mark I wasn't the first implementation but the first in hardware.
# And the lecture's Jacobian is the transpose of PyTorch's: no error, only a choice to remember.
#
# **What comes next.** Real networks see not one vector at a time but a batch of them, as a matrix. In
# *Matrix backprop* the Jacobians grow to hundreds of gigabytes, and the habit of never forming them becomes
# a necessity.
#
# **Sources.** F. Rosenblatt, *The Perceptron*, Cornell Aeronautical Laboratory (1957) and Psychological
# Review 65 (1958); B. Widrow and M. E. Hoff, *Adaptive switching circuits*, IRE WESCON (1960); D.
# Rumelhart, G. Hinton and R. Williams, *Learning representations by back-propagating errors*, Nature 323
# (1986); the neuron's worked example: Stanford CS231n.
