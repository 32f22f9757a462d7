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
# # 2. Matrix backprop
#
# In lesson 1 a network saw one vector at a time. A real one sees a **batch**: dozens of pictures, stacked as
# the rows of a matrix, in one go. Nothing new happens to the chain rule. But the Jacobians, which were merely
# wasteful, become impossible, and the habit of never forming them becomes the only way. At the end your own
# code
#
# * trains a network on photographs of clothes until it is right on 83 % or more of 2,000 it has never seen;
# * normalises, drops out, takes Adam's steps, and starts from weights that let a signal through 20 layers;
# * agrees with PyTorch to about 16 digits.
#
# You write seventeen short functions and a network, 39 points in all, the last four a bonus. As before,
# `check(...)` under each says what is wrong on the smallest example that goes wrong, and a mistake costs
# points only in its own exercise.

# %% nbgrader={"grade": false, "grade_id": "set-up", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="set-up"
import numpy as np

from cs_utils import Claim, check, claims, compare_with_pytorch
from cs_utils import datasets, plots, training
from cs_utils.gradients import numeric_gradient  # as you wrote it in lesson 1

# %% [markdown] name="batch-story"
# ## 1. A batch is a matrix
#
# Let $N$ examples of $D$ numbers each be the rows of $x$, of shape $[N \times D]$, and let the weights $w$ have
# shape $[D \times M]$. The lecture's node is the matrix product:
#
# $$y_{n,m} = \sum_d x_{n,d}\, w_{d,m}, \qquad y: [N \times M] .$$
#
# In lesson 1 we wrote $y = Wx$ for one column vector. Now examples are rows, so the weights stand on the
# right, and $w = W^T$. Row $n$ of $y$ depends on row $n$ of $x$ alone: the batch is $N$ separate calculations
# done together.
#
# The slide's numbers, with $N, D, M = 2, 3, 4$:
#
# $$x = \begin{bmatrix} 2 & 1 & -3 \\ -3 & 4 & 2 \end{bmatrix} \qquad
# w = \begin{bmatrix} 3 & 2 & 1 & -1 \\ 2 & 1 & 3 & 2 \\ 3 & 2 & 1 & -2 \end{bmatrix} \qquad
# \frac{\partial L}{\partial y} = \begin{bmatrix} 2 & 3 & -3 & 9 \\ -8 & 1 & 4 & 6 \end{bmatrix}$$
#
# **A worked number:** $y_{0,0} = 2 \cdot 3 + 1 \cdot 2 - 3 \cdot 3 = -1$. Now look at your slide. It says 13.

# %% nbgrader={"grade": false, "grade_id": "slide-numbers", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="slide-numbers"
slide_x = np.array([[2.0, 1, -3], [-3, 4, 2]])
slide_w = np.array([[3.0, 2, 1, -1], [2, 1, 3, 2], [3, 2, 1, -2]])
slide_dy = np.array([[2.0, 3, -3, 9], [-8, 1, 4, 6]])

# %% [markdown] name="exercise-matmul-forward"
# ### Exercise 1: matmul_forward
# Difficulty: ●○○○○, about 4 minutes, 1 point
#
# `x` has shape (N, D), `w` shape (D, M). Return `(y, cache)`, `y` of shape (N, M). Write the sum as loops once,
# if you like; NumPy's `x @ w` runs the same loops in compiled code.

# %% nbgrader={"grade": false, "grade_id": "matmul_forward", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="matmul_forward"
def matmul_forward(x, w):
    """A matrix product: y[n, m] = sum over d of x[n, d] w[d, m].

    x: shape (N, D); w: shape (D, M).
    Returns (y, cache): y of shape (N, M).
    The cache is your own business, no check looks into it; (x, w) would do.

    Lecture: Backprop with matrices.
    """
    ### BEGIN SOLUTION
    y = np.zeros((len(x), w.shape[1]))
    for n in range(len(x)):
        for m in range(w.shape[1]):
            for d in range(len(w)):
                y[n, m] += x[n, d] * w[d, m]
    return y, (x, w)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-matmul_forward", "locked": true, "points": 1, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-matmul_forward"
check(matmul_forward)

# %% [markdown] name="printed-y-text"
# What about the slide, then? Your function, three ways. The third column of $w$ happens to be five times its
# first minus seven times its second; so *whatever* $x$ is, the columns of $y = xw$ must obey the same rule.

# %% nbgrader={"grade": false, "grade_id": "printed-y", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="printed-y"
printed_y = np.array([[13.0, 9, -2, -6], [5, 2, 17, 1]])
moved_x = np.array([[2.0, -1, 3], [-3, 4, 2]])
moved_w = np.array([[3.0, 2, -1, 1], [2, 1, 3, 2], [3, 2, 1, -2]])
claims(
    Claim(
        "y = x w, as printed",
        printed_y,
        lambda: matmul_forward(slide_x, slide_w)[0],
        instead=((-1, -1, 2, 6), (5, 2, 11, 7)),
    ),
    Claim(
        "rule for every x, on your y: 5 y[:, 0] - 7 y[:, 1] - y[:, 2]",
        (0, 0),
        lambda: matmul_forward(slide_x, slide_w)[0] @ np.array([5.0, -7, -1, 0]),
    ),
    Claim(
        "the same on the printed y",
        (0, 0),
        lambda: printed_y @ np.array([5.0, -7, -1, 0]),
        instead=(4, -6),
    ),
    Claim(
        "y for x[0] = (2, -1, 3) and w[0] = (3, 2, -1, 1)",
        printed_y,
        lambda: matmul_forward(moved_x, moved_w)[0],
    ),
)

# %% [markdown] name="printed-y-lesson"
# So with the printed $w$, *no* $x$ whatever gives the printed $y$. And the last line tells where it must have
# come from: move the minus sign in the first row of $x$, and in the first row of $w$, one place to the left,
# and all eight numbers are right. Two signs moved, and the old product stayed. We keep $x$ and $w$ as printed,
# and the right $y$.

# %% [markdown] name="touched-story"
# Backward, the slide asks two questions:
#
# > Q: What parts of $y$ are affected by one element of $x$? A: $x_{n,d}$ affects the whole row $y_{n,:}$.
# >
# > Q: How much does $x_{n,d}$ affect $y_{n,m}$? A: $w_{d,m}$.
#
# Let's not take it on trust. The slide's marked element $x_{0,1}$ grows by 1, and your function says what
# happens:

# %% nbgrader={"grade": false, "grade_id": "touched-picture", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="touched-picture"
plots.touched_row(matmul_forward, slide_x, slide_w, n=0, d=1)

# %% [markdown] name="matmul-backward-story"
# The rest is lesson 1's rule "add what comes back along all edges":
#
# $$\frac{\partial L}{\partial x_{n,d}} = \sum_m \frac{\partial L}{\partial y_{n,m}} \frac{\partial y_{n,m}}{\partial x_{n,d}} = \sum_m \frac{\partial L}{\partial y_{n,m}}\, w_{d,m}$$
#
# This sum is a matrix product again, if $w$ is turned on its side. And "by similar logic" for $w$, of which
# one element touches a whole *column* of $y$:
#
# $$\underset{[N \times D]}{\frac{\partial L}{\partial x}} = \underset{[N \times M]}{\left(\frac{\partial L}{\partial y}\right)} \underset{[M \times D]}{w^T} \qquad\qquad
# \underset{[D \times M]}{\frac{\partial L}{\partial w}} = \underset{[D \times N]}{x^T} \underset{[N \times M]}{\left(\frac{\partial L}{\partial y}\right)}$$
#
# **A worked number:**
# $\left(\frac{\partial L}{\partial x}\right)_{0,1} = 2 \cdot 2 + 3 \cdot 1 - 3 \cdot 3 + 9 \cdot 2 = 16$.

# %% [markdown] name="exercise-matmul-backward"
# ### Exercise 2: matmul_backward
# Difficulty: ●●○○○, about 8 minutes, 2 points
#
# `dy` is $\frac{\partial L}{\partial y}$, shape (N, M). Return `(dx, dw)` of the shapes of `x` and `w`. Note
# what the second formula does: it sums over $n$, over all examples of the batch. Why must it?

# %% nbgrader={"grade": false, "grade_id": "matmul_backward", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="matmul_backward"
def matmul_backward(dy, cache):
    """Backward pass of the matrix product.

    dy: upstream gradient dL/dy, shape (N, M).
    cache: what matmul_forward kept.
    Returns (dx, dw) of the shapes of x and w: (N, D), (D, M).

    Lecture: Backprop with matrices, "the only way to make shapes match up".
    """
    ### BEGIN SOLUTION
    x, w = cache
    dx, dw = np.zeros(x.shape), np.zeros(w.shape)
    for n in range(len(x)):
        for m in range(w.shape[1]):
            dx[n] += dy[n, m] * w[:, m]
            dw[:, m] += dy[n, m] * x[n]
    return dx, dw
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-matmul_backward", "locked": true, "points": 2, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-matmul_backward"
check(matmul_backward)

# %% [markdown] name="shapes-text"
# "These formulas are easy to remember," says the slide, "they are the only way to make shapes match up!" Is
# that so? Here are all products of two matrices, either of them turned or not, in either order; let's count
# those that fit.

# %% nbgrader={"grade": false, "grade_id": "shapes", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="shapes"
def fitting(one, other, shape):
    """All products of the two, each transposed or not, in either order, that have this shape."""
    pairs = [
        (a, b)
        for first, second in ((one, other), (other, one))
        for a in (first, first.T)
        for b in (second, second.T)
    ]
    return [a @ b for a, b in pairs if (a.shape[0], b.shape[1]) == shape and a.shape[1] == len(b)]


def slide_gradients():
    return matmul_backward(slide_dy, matmul_forward(slide_x, slide_w)[1])


square_w, square_dy = slide_w[:, :3], np.array([[2.0, 3, -3], [-8, 1, 4], [0, 5, 1]])


def square_gradient():
    return matmul_backward(square_dy, matmul_forward(np.eye(3), square_w)[1])[0]


claims(
    Claim(
        "dL/dx of the slide",
        ((0, 16, -9), (-24, 9, -30)),
        lambda: slide_gradients()[0],
    ),
    Claim(
        "dL/dw of the slide",
        ((28, 3, -18, 0), (-30, 7, 13, 33), (-22, -7, 17, -15)),
        lambda: slide_gradients()[1],
    ),
    Claim("dL/dx always has the same shape as x", (2, 3), lambda: slide_gradients()[0].shape),
    Claim(
        "N, D, M = 2, 3, 4: products of dL/dy and w with x's shape",
        1,
        lambda: len(fitting(slide_dy, slide_w, (2, 3))),
    ),
    Claim(
        "N, D, M = 2, 3, 4: products of x and dL/dy with w's shape",
        1,
        lambda: len(fitting(slide_x, slide_dy, (3, 4))),
    ),
    Claim(
        "N, D, M = 3, 3, 3: products of dL/dy and w with x's shape",
        1,
        lambda: len(fitting(square_dy, square_w, (3, 3))),
        instead=8,
    ),
    Claim(
        "and how many of those are dL/dx",
        1,
        lambda: sum(
            np.allclose(product, square_gradient())
            for product in fitting(square_dy, square_w, (3, 3))
        ),
    ),
)

# %% [markdown] name="shapes-lesson"
# The trick works as long as $N$, $D$ and $M$ all differ. With square matrices eight products fit, and one is
# right; real networks are full of layers with $D = M$. Nor can a shape see a factor, a sign or a sum that is
# missing. So: **shapes remind you of a formula that you have derived; they don't derive it.** And test on
# shapes that all differ, as the checks here do.

# %% [markdown] name="jacobian-story"
# ## 2. Jacobians of 256 GB
#
# We never formed a Jacobian. Could we have? The slide:
#
# > Jacobians: $dy/dx: [(N \times D) \times (N \times M)]$, $dy/dw: [(D \times M) \times (N \times M)]$. For a
# > neural net we may have $N=64$, $D=M=4096$. Each Jacobian takes ~256 GB of memory! Must work with them
# > implicitly!
#
# Input and output have two indices each, so the Jacobian has four:
# $J_{n,d,i,m} = \frac{\partial y_{i,m}}{\partial x_{n,d}}$. Build it once, for small matrices, to see what it
# is made of.

# %% [markdown] name="exercise-matmul-jacobian-x"
# ### Exercise 3: matmul_jacobian_x
# Difficulty: ●●●○○, about 10 minutes, 2 points
#
# Return the Jacobian $\frac{\partial y}{\partial x}$ of $y = xw$, shape (N, D, N, M), with
# `J[n, d, i, m]` $= \frac{\partial y_{i,m}}{\partial x_{n,d}}$. The slide's two answers tell you every entry:
# where is it zero, and what is it elsewhere?

# %% nbgrader={"grade": false, "grade_id": "matmul_jacobian_x", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="matmul_jacobian_x"
def matmul_jacobian_x(x, w):
    """The Jacobian dy/dx of y = x w, explicitly.

    x: shape (N, D); w: shape (D, M).
    Returns J of shape (N, D, N, M) with J[n, d, i, m] = dy[i, m] / dx[n, d].

    Lecture: Backprop with matrices, dy/dx: [(N x D) x (N x M)].
    """
    ### BEGIN SOLUTION
    N, D, M = len(x), len(w), w.shape[1]
    jacobian = np.zeros((N, D, N, M))
    for n in range(N):
        for d in range(D):
            jacobian[n, d, n] = w[d]
    return jacobian
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-matmul_jacobian_x", "locked": true, "points": 2, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-matmul_jacobian_x"
check(matmul_jacobian_x)

# %% nbgrader={"grade": false, "grade_id": "jacobian-picture", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="jacobian-picture"
plots.jacobian_blocks(matmul_jacobian_x, slide_x, slide_w)

# %% [markdown] name="jacobian-lesson"
# The slide's $(N \times D) \times (N \times M)$ matrix, with your numbers: $w$ again and again along the
# diagonal, once for each example, and zeros. $N^2 D M$ numbers to say what $D M$ say. That is why the
# implicit form is so much smaller.
#
# How much smaller, at the slide's sizes?

# %% [markdown] name="exercise-jacobian-bytes"
# ### Exercise 4: jacobian_bytes
# Difficulty: ●○○○○, about 4 minutes, 1 point
#
# Return two Python integers: the bytes that the whole Jacobians $\frac{\partial y}{\partial x}$ and
# $\frac{\partial y}{\partial w}$ take, if one number takes `itemsize` bytes.

# %% nbgrader={"grade": false, "grade_id": "jacobian_bytes", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="jacobian_bytes"
def jacobian_bytes(N, D, M, itemsize):
    """Memory of the explicit Jacobians of y = x w, x of shape (N, D), w of shape (D, M).

    itemsize: bytes of one number, 4 for float32.
    Returns (bytes of dy/dx, bytes of dy/dw), two ints.

    Lecture: Backprop with matrices, "each Jacobian takes ~256 GB".
    """
    ### BEGIN SOLUTION
    outputs = N * M
    return N * D * outputs * itemsize, D * M * outputs * itemsize
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-jacobian_bytes", "locked": true, "points": 1, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-jacobian_bytes"
check(jacobian_bytes)

# %% nbgrader={"grade": false, "grade_id": "jacobian-claims", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="jacobian-claims"
claims(
    Claim(
        "dL/dx from the explicit Jacobian",
        ((0, 16, -9), (-24, 9, -30)),
        lambda: np.tensordot(matmul_jacobian_x(slide_x, slide_w), slide_dy, axes=2),
    ),
    Claim(
        "the only row of y that x[0, 1] touches",
        (0,),
        lambda: np.flatnonzero(matmul_jacobian_x(slide_x, slide_w)[0, 1].any(axis=1)),
    ),
    Claim(
        "dy/dx in GiB (2^30 bytes), 4 bytes a number",
        256,
        lambda: jacobian_bytes(64, 4096, 4096, 4)[0] / 2**30,
    ),
    Claim(
        "the same in GB (10^9 bytes)",
        256,
        lambda: jacobian_bytes(64, 4096, 4096, 4)[0] / 1e9,
        instead=275,
        digits=0,
    ),
    Claim(
        "\"each\": dy/dw in GiB",
        256,
        lambda: jacobian_bytes(64, 4096, 4096, 4)[1] / 2**30,
        instead=16384,
    ),
    Claim(
        "dy/dw in TiB",
        16,
        lambda: jacobian_bytes(64, 4096, 4096, 4)[1] / 2**40,
    ),
    Claim(
        "what matmul_backward makes instead, dx and dw, in MiB",
        65,
        lambda: 4 * (64 * 4096 + 4096 * 4096) / 2**20,
    ),
)

# %% nbgrader={"grade": false, "grade_id": "memory-plot", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="memory-plot"
plots.jacobian_memory(jacobian_bytes, N=64, D=4096, M=4096)

# %% [markdown] name="jacobian-bytes-lesson"
# One Jacobian takes the 256 GiB. The other takes 64 times as much: 16 TiB, for a layer whose weights take
# 64 MiB. "Must work with them implicitly" is, if anything, too mild.

# %% [markdown] name="images-story"
# ## 3. Two layers, and images
#
# The lecture wraps up with what lesson 1 ended with, the linear score function and the two-layer network,
#
# $$f = Wx \qquad\qquad f = W_2 \max(0, W_1 x),$$
#
# for one example as a column. For a batch of rows: $f = \max(0,\, x\, w_1)\, w_2$.
#
# And what is $x$? "How a computer sees": every picture is a matrix of pixels, and each pixel has a brightness
# from 0 to 255. A colour picture has three such matrices, for red, green and blue; the slide's has the shape
# $5 \times 5 \times 3$. An array with more than two axes is called a **tensor**, and a batch of pictures is one
# more axis: $(N, H, W)$ or $(N, C, H, W)$.
#
# Ours are 12,000 photographs of clothes, **Fashion-MNIST**, in ten classes: 10,000 to learn from and 2,000
# held out, for an honest exam.

# %% nbgrader={"grade": false, "grade_id": "images", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="images"
fashion = datasets.fashion_mnist()
plots.image_samples(fashion.train_images, fashion.train_labels, datasets.FASHION_CLASSES)

# %% nbgrader={"grade": false, "grade_id": "image-claims", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="image-claims"
boot = fashion.train_images[0]
claims(
    Claim("one picture", (28, 28), lambda: boot.shape),
    Claim("a batch of 100 of them", (100, 28, 28), lambda: fashion.train_images[:100].shape),
    Claim(
        "smallest and largest brightness",
        (0, 255),
        lambda: np.array([fashion.train_images.min(), fashion.train_images.max()]),
    ),
    Claim("numbers in the slide's 5 × 5 × 3 picture", 75, lambda: np.zeros((5, 5, 3)).size),
    Claim("numbers in one of our pictures, D", 784, lambda: boot.ravel().size),
)

# %% [markdown] name="affine-story"
# To a matrix product a picture is just a long row: **flatten** it, $(N, d_1, \dots, d_k) \to (N, D)$ with
# $D = d_1 \cdots d_k$. Add a bias, and you have the **affine** layer (PyTorch calls it `Linear`):
#
# $$\text{out} = x\,w + b, \qquad b \in \mathbb{R}^M .$$
#
# Which rows of the output does $b_m$ touch? All of them: the same bias is added to every example. It is used
# $N$ times, so $N$ gradients come back, and they add up:
#
# $$\frac{\partial L}{\partial b_m} = \sum_n \frac{\partial L}{\partial \text{out}_{n,m}} .$$
#
# **A worked number:** with the slide's $\frac{\partial L}{\partial y}$ arriving,
# $\frac{\partial L}{\partial b} = (2-8,\; 3+1,\; -3+4,\; 9+6) = (-6, 4, 1, 15)$.

# %% [markdown] name="exercise-affine-forward"
# ### Exercise 5: affine_forward
# Difficulty: ●○○○○, about 5 minutes, 1 point
#
# `x` has shape (N, d1, ..., dk), `w` shape (D, M) with D = d1 · ... · dk, `b` shape (M,). Return `(out, cache)`,
# `out` of shape (N, M). Flatten in NumPy's own order (`reshape`). This one will see thousands of batches: use
# `@`.

# %% nbgrader={"grade": false, "grade_id": "affine_forward", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="affine_forward"
def affine_forward(x, w, b):
    """An affine layer: out = x w + b, every example of x flattened to a row.

    x: shape (N, d1, ..., dk); w: shape (D, M), D = d1 * ... * dk; b: shape (M,).
    Returns (out, cache): out of shape (N, M).
    The cache is your own business, no check looks into it; (x, w, b) would do.

    Lecture: Backprop with matrices; a picture is a tensor.
    """
    ### BEGIN SOLUTION
    rows = x.reshape(len(x), -1)
    return rows @ w + b, (x, w, b)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-affine_forward", "locked": true, "points": 1, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-affine_forward"
check(affine_forward)

# %% [markdown] name="exercise-affine-backward"
# ### Exercise 6: affine_backward
# Difficulty: ●●○○○, about 8 minutes, 3 points
#
# `dout` has shape (N, M). Return `(dx, dw, db)`. A gradient has the shape of its variable: `dx` is a tensor
# like `x`, and `db` has shape (M,), not (1, M).

# %% nbgrader={"grade": false, "grade_id": "affine_backward", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="affine_backward"
def affine_backward(dout, cache):
    """Backward pass of the affine layer.

    dout: upstream gradient dL/dout, shape (N, M).
    cache: what affine_forward kept.
    Returns (dx, dw, db) of the shapes of x, w and b: (N, d1, ..., dk), (D, M), (M,).

    Lecture: Backprop with matrices.
    """
    ### BEGIN SOLUTION
    x, w, b = cache
    rows = x.reshape(len(x), -1)
    dx = (dout @ w.T).reshape(x.shape)
    dw = rows.T @ dout
    db = dout.sum(axis=0)
    return dx, dw, db
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-affine_backward", "locked": true, "points": 3, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-affine_backward"
check(affine_backward)

# %% [markdown] name="pytorch-text"
# ### Beside PyTorch
#
# First on the checks' small matrices; then one affine layer of a realistic size. If you wrote `matmul_forward`
# with loops and `affine_forward` with `@`, this is where you see the difference.

# %% nbgrader={"grade": false, "grade_id": "pytorch-small", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="pytorch-small"
compare_with_pytorch(matmul_forward, matmul_backward, affine_forward, affine_backward)

# %% nbgrader={"grade": false, "grade_id": "pytorch-large", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="pytorch-large"
rng = np.random.default_rng(0)
large = {
    "x": rng.normal(size=(100, 28, 28)),
    "w": rng.normal(size=(784, 256)),
    "b": rng.normal(size=256),
}
compare_with_pytorch(affine_forward, affine_backward, inputs=large)

# %% [markdown] name="broadcasting-story"
# ## 4. Broadcasting, backward
#
# What you just met in `db` is one case of something general. When NumPy adds arrays of shapes (N, M) and (M,),
# it **broadcasts** the smaller one, as if it had been copied $N$ times. Shapes are compared from the right;
# an axis that is missing, or has size 1, is stretched.
#
# Each number of the smaller array is then used in several places, and gradients from several places add up.
# So the gradient of a broadcast is a *sum over every axis that was stretched*. PyTorch does it behind the
# scene wherever shapes differ.
#
# **A worked number:** a gradient $\begin{bmatrix} 1 & 2 & 3 \\ 4 & 5 & 6 \end{bmatrix}$ arrives at something
# that was broadcast to $(2, 3)$. If its shape is (3,), its gradient is $(5, 7, 9)$; if (2, 1), it is
# $\begin{bmatrix} 6 \\ 15 \end{bmatrix}$; if it is a single number, 21.

# %% [markdown] name="exercise-unbroadcast"
# ### Exercise 7: unbroadcast
# Difficulty: ●●●○○, about 10 minutes, 2 points
#
# `grad` is the gradient of the broadcast array, `shape` the shape before broadcasting: possibly fewer axes,
# sizes of 1 anywhere, or `()`. Return the gradient of that shape.

# %% nbgrader={"grade": false, "grade_id": "unbroadcast", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="unbroadcast"
def unbroadcast(grad, shape):
    """The gradient of what was broadcast from ``shape`` to the shape of ``grad``.

    grad: upstream gradient, an array; left unchanged.
    shape: a tuple that broadcasts to grad's shape.
    Returns the gradient, of shape ``shape``: sums over all stretched axes.

    Lecture: Backprop with matrices, "dL/dx always has the same shape as x".
    """
    ### BEGIN SOLUTION
    total = np.array(grad)
    while total.ndim > len(shape):
        total = total.sum(axis=0)
    for axis, size in enumerate(shape):
        if size == 1:
            total = total.sum(axis=axis, keepdims=True)
    return total
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-unbroadcast", "locked": true, "points": 2, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-unbroadcast"
check(unbroadcast)

# %% nbgrader={"grade": false, "grade_id": "unbroadcast-claims", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="unbroadcast-claims"
six = np.array([[1.0, 2, 3], [4, 5, 6]])
claims(
    Claim("to shape (3,)", (5, 7, 9), lambda: unbroadcast(six, (3,))),
    Claim("to shape (2, 1)", ((6,), (15,)), lambda: unbroadcast(six, (2, 1))),
    Claim("to a single number", 21, lambda: unbroadcast(six, ())),
    Claim("the affine layer's db", (-6, 4, 1, 15), lambda: unbroadcast(slide_dy, (4,))),
)

# %% [markdown] name="softmax-loss-story"
# ## 5. One loss for the whole batch
#
# "Loss $L$ still a scalar!" the slides keep saying. For a batch of scores, a row for each example, it is
# the *mean* of lesson 1's cross-entropies:
#
# $$L = \frac{1}{N} \sum_n -\log p_{n, y_n}, \qquad p_{n,:} = \operatorname{softmax}(s_{n,:}).$$
#
# The mean, not the sum, so that a learning rate which suits 50 examples suits 100. Because of it every
# gradient carries a $\frac{1}{N}$, which is easily forgotten. The loss is the end of the graph, so no upstream gradient
# arrives: one function returns the loss and the gradient together.
#
# **A worked number.** Two rows of scores, both $(1, 2, 3)$, with right classes 2 and 0. Lesson 1 gave 0.408
# and 2.408; the mean is 1.408.

# %% [markdown] name="exercise-softmax-loss"
# ### Exercise 8: softmax_loss
# Difficulty: ●●●○○, about 10 minutes, 3 points
#
# `scores` has shape (N, C), `y` holds N integers from 0 to C - 1. Return `(loss, dscores)`: one number, and an
# array of shape (N, C). Right for scores up to $\pm 10^4$, and without a loop over the batch.

# %% nbgrader={"grade": false, "grade_id": "softmax_loss", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="softmax_loss"
def softmax_loss(scores, y):
    """Mean cross-entropy of softmax(scores) over the batch, and its gradient.

    scores: shape (N, C); left unchanged. y: the right classes, integers of shape (N,).
    Returns (loss, dscores): loss one number, in nats; dscores = dL/dscores, shape (N, C).

    Lecture: Backprop with matrices, "loss L still a scalar".
    """
    ### BEGIN SOLUTION
    rows = np.arange(len(y))
    shifted = scores - scores.max(axis=1, keepdims=True)
    powers = np.exp(shifted)
    totals = powers.sum(axis=1)
    loss = np.mean(np.log(totals) - shifted[rows, y])
    dscores = powers / totals[:, None]
    dscores[rows, y] -= 1
    return loss, dscores / len(y)
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-softmax_loss", "locked": true, "points": 3, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-softmax_loss"
check(softmax_loss)

# %% nbgrader={"grade": false, "grade_id": "softmax-loss-claims", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="softmax-loss-claims"
two_rows, right = np.array([[1.0, 2, 3], [1, 2, 3]]), np.array([2, 0])
claims(
    Claim(
        "the worked loss", 1.408, lambda: softmax_loss(two_rows, right)[0], digits=3
    ),
    Claim(
        "its gradient",
        ((0.045, 0.122, -0.167), (-0.455, 0.122, 0.333)),
        lambda: softmax_loss(two_rows, right)[1],
        digits=3,
    ),
    Claim(
        "sum of every row of it",
        (0, 0),
        lambda: softmax_loss(two_rows, right)[1].sum(axis=1),
    ),
    Claim(
        "no idea, ten classes: log 10",
        2.303,
        lambda: softmax_loss(np.zeros((7, 10)), np.arange(7))[0],
        digits=3,
    ),
    Claim(
        "largest error of dscores against a numeric gradient",
        0,
        lambda: np.abs(
            softmax_loss(two_rows, right)[1]
            - numeric_gradient(lambda s: softmax_loss(s, right)[0], two_rows)
        ).max(),
        digits=6,
    ),
)

# %% [markdown] name="batchnorm-story"
# ## 6. Batch normalisation
#
# The network you will train needs no more than this. The deep ones of lesson 5 do: the lecture's ResNet slide
# lists "BatchNorm". As weights learn, the numbers inside a network drift to other sizes, and the next layer
# has to follow. **Batch normalisation** pins them down. For each feature (column) of $x$, over the batch:
#
# $$\mu = \frac1N \sum_n x_n, \qquad \sigma^2 = \frac1N \sum_n (x_n - \mu)^2, \qquad
# \hat x = \frac{x - \mu}{\sqrt{\sigma^2 + \varepsilon}}, \qquad \text{out} = \gamma\, \hat x + \beta .$$
#
# $\gamma$ and $\beta$ are learned, so the layer can undo it where that is better.
#
# In use, a picture should not be judged by the company it comes in. So while **training** the layer keeps
# **running statistics**, new = (1 - momentum) · old + momentum · batch, and afterwards normalises with those.
# One odd detail, as PyTorch has it: the batch is normalised with the variance above (divided by $N$, "biased"),
# while the running variance is fed the one divided by $N - 1$.
#
# **A worked number.** A feature is 1 and 3 in a batch of two: $\mu = 2$, $\sigma^2 = 1$, so
# $\hat x = (-1, 1)$. With momentum 0.1 the running mean moves from 0 to 0.2; the running variance from 1 to
# $0.9 \cdot 1 + 0.1 \cdot 2 = 1.1$.

# %% [markdown] name="exercise-batchnorm-forward"
# ### Exercise 9: batchnorm_forward
# Difficulty: ●●●○○, about 12 minutes, 3 points
#
# `x` has shape (N, D), all the rest (D,). Return four things: `(out, cache, running_mean, running_var)`, the
# running statistics as new arrays. With `training=False`, use them and return them as they came. The backward
# pass must know which mode it was.

# %% nbgrader={"grade": false, "grade_id": "batchnorm_forward", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="batchnorm_forward"
def batchnorm_forward(
    x, gamma, beta, running_mean, running_var, training, momentum=0.1, eps=1e-5
):
    """Batch normalisation of every feature, as in PyTorch's BatchNorm1d.

    x: shape (N, D), N > 1 in training; gamma, beta, running_mean, running_var: shape (D,).
    training: True: the batch's own statistics; False: the running ones.
    Returns (out, cache, running_mean, running_var); no argument is changed.
    The cache is your own business, no check looks into it.

    Lecture: ResNet, "BatchNorm". Ioffe and Szegedy (2015).
    """
    ### BEGIN SOLUTION
    mean, var = running_mean, running_var
    if training:
        mean = x.mean(axis=0)
        var = ((x - mean) ** 2).mean(axis=0)
        unbiased = var * len(x) / (len(x) - 1)
        running_mean = (1 - momentum) * running_mean + momentum * mean
        running_var = (1 - momentum) * running_var + momentum * unbiased
    std = np.sqrt(var + eps)
    normal = (x - mean) / std
    out = gamma * normal + beta
    return out, (normal, gamma, std, training), running_mean, running_var
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-batchnorm_forward", "locked": true, "points": 3, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-batchnorm_forward"
check(batchnorm_forward)

# %% [markdown] name="batchnorm-plot-text"
# Three features, as different as can be, through your layer. Note what it does not touch: the *shape* of each
# cloud.

# %% nbgrader={"grade": false, "grade_id": "batchnorm-plot", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="batchnorm-plot"
plots.batchnorm_activations(batchnorm_forward)

# %% [markdown] name="batchnorm-backward-story"
# Backward is the best exercise of this lesson. In training every output of a column depends on *every* input
# of it, along three ways: directly, through $\mu$, and through $\sigma^2$. All three come back, and add up.
# Go node by node, as you did for the neuron: out ← $\hat x$ ← ($x$, $\mu$, $\sigma^2$), then $\sigma^2$ ← $x$,
# then $\mu$ ← $x$. A good test: adding a constant to a whole column changes no output, so every column of `dx`
# must sum to 0. With `training=False` $\mu$ and $\sigma^2$ are mere constants, and two of the ways are closed.

# %% [markdown] name="exercise-batchnorm-backward"
# ### Exercise 10: batchnorm_backward
# Difficulty: ●●●●○, about 20 minutes, 4 points
#
# `dout` has shape (N, D). Return `(dx, dgamma, dbeta)` of shapes (N, D), (D,), (D,), right in both modes.

# %% nbgrader={"grade": false, "grade_id": "batchnorm_backward", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="batchnorm_backward"
def batchnorm_backward(dout, cache):
    """Backward pass of batch normalisation, in either mode.

    dout: upstream gradient dL/dout, shape (N, D).
    cache: what batchnorm_forward kept.
    Returns (dx, dgamma, dbeta): shapes (N, D), (D,), (D,).

    Lecture: Backprop with matrices. Ioffe and Szegedy (2015).
    """
    ### BEGIN SOLUTION
    normal, gamma, std, training = cache
    dgamma = (dout * normal).sum(axis=0)
    dbeta = dout.sum(axis=0)
    dnormal = dout * gamma
    dx = dnormal / std
    if training:
        count = len(dout)
        dvar = (dnormal * normal).sum(axis=0) * -0.5 / std**2
        dx = dx + dvar * 2 * normal * std / count
        dmean = -(dnormal / std).sum(axis=0)
        dx = dx + dmean / count
    return dx, dgamma, dbeta
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-batchnorm_backward", "locked": true, "points": 4, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-batchnorm_backward"
check(batchnorm_backward)

# %% nbgrader={"grade": false, "grade_id": "batchnorm-claims", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="batchnorm-claims"
pair, ones, zeros = np.array([[1.0], [3.0]]), np.ones(1), np.zeros(1)


def normalised(x, training=True):
    return batchnorm_forward(x, ones, zeros, zeros, ones, training)


claims(
    Claim("(1, 3) normalised", ((-1,), (1,)), lambda: normalised(pair)[0]),
    Claim("running mean", (0.2,), lambda: normalised(pair)[2]),
    Claim("running variance", (1.1,), lambda: normalised(pair)[3]),
    Claim(
        "(1, 3) when not training: as good as unchanged",
        ((1,), (3,)),
        lambda: normalised(pair, training=False)[0],
    ),
    Claim(
        "sum of dx over the batch, dout = (5, 2)",
        (0,),
        lambda: batchnorm_backward(np.array([[5.0], [2.0]]), normalised(pair)[1])[0].sum(axis=0),
    ),
)

# %% [markdown] name="dropout-story"
# ## 7. Dropout
#
# AlexNet's slide lists it, GoogLeNet's table has it with 40 %, and ResNet's says it is not used: **dropout**.
# While training, every number is set to 0 with probability $p$. No unit can lean on one other unit, so the
# network learns the same thing in several ways.
#
# On average that makes the numbers smaller, by $1 - p$. **Inverted** dropout, the form in use today, divides
# those that stay by $1 - p$, at once; then nothing has to be done when the network is in use, and it isn't.
# (Here $p$ is the probability to *drop*, as in PyTorch. Some books mean the one to keep.)
#
# **A worked number:** with $p = 0.5$, $(1, 2, 3, 4)$ may become $(2, 0, 6, 0)$.
#
# Backward, a number that was dropped had no influence, and one that stayed had $\frac{1}{1-p}$ times its own.
# It must be *the same* mask: throw the dice once.

# %% [markdown] name="exercise-dropout-forward"
# ### Exercise 11: dropout_forward
# Difficulty: ●●○○○, about 6 minutes, 2 points
#
# `x` may have any shape, `p` is from 0 to less than 1, and `rng` is a NumPy generator: `rng.random(x.shape)`
# gives numbers from 0 to 1. Return `(out, cache)`; with `training=False`, `out` equals `x`.

# %% nbgrader={"grade": false, "grade_id": "dropout_forward", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="dropout_forward"
def dropout_forward(x, p, training, rng):
    """Inverted dropout.

    x: any shape; left unchanged. p: probability to drop a number, 0 <= p < 1.
    training: False: out equals x. rng: a numpy.random.Generator to draw from.
    Returns (out, cache): out of x's shape.
    The cache is your own business, no check looks into it.

    Lecture: AlexNet, "Dropout". Srivastava et al. (2014).
    """
    ### BEGIN SOLUTION
    if not training:
        return x.copy(), np.ones(x.shape)
    mask = (rng.random(x.shape) >= p) / (1 - p)
    return x * mask, mask
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-dropout_forward", "locked": true, "points": 2, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-dropout_forward"
check(dropout_forward)

# %% [markdown] name="exercise-dropout-backward"
# ### Exercise 12: dropout_backward
# Difficulty: ●○○○○, about 3 minutes, 1 point
#
# `dout` has the shape of `x`. Return `dx`, right in both modes.

# %% nbgrader={"grade": false, "grade_id": "dropout_backward", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="dropout_backward"
def dropout_backward(dout, cache):
    """Backward pass of dropout.

    dout: upstream gradient dL/dout, of x's shape; left unchanged.
    cache: what dropout_forward kept.
    Returns dx = dL/dx, of x's shape.

    Lecture: AlexNet, "Dropout".
    """
    ### BEGIN SOLUTION
    return dout * cache
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-dropout_backward", "locked": true, "points": 1, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-dropout_backward"
check(dropout_backward)

# %% nbgrader={"grade": false, "grade_id": "dropout-plot", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="dropout-plot"
plots.dropout_masks(dropout_forward, fashion.train_images[0])

# %% [markdown] name="optimiser-story"
# ## 8. Better steps
#
# Lesson 1 stepped against the gradient, $w \leftarrow w - \eta \frac{\partial L}{\partial w}$, with learning
# rate $\eta$. In a long narrow valley that is slow: the steep direction forbids large steps, the flat one
# needs them. Two cures.
#
# **Momentum** lets the step roll on. A velocity collects gradients and slowly forgets old ones (PyTorch's
# form):
#
# $$v \leftarrow \mu v + \frac{\partial L}{\partial w}, \qquad w \leftarrow w - \eta v .$$
#
# **Adam** also measures how large a gradient usually is, and divides by it, for each weight on its own. With
# $g = \frac{\partial L}{\partial w}$, in step number $t = 1, 2, \dots$:
#
# $$m \leftarrow \beta_1 m + (1 - \beta_1) g, \qquad v \leftarrow \beta_2 v + (1 - \beta_2) g^2,$$
# $$\hat m = \frac{m}{1 - \beta_1^t}, \qquad \hat v = \frac{v}{1 - \beta_2^t}, \qquad
# w \leftarrow w - \eta\, \frac{\hat m}{\sqrt{\hat v} + \varepsilon} .$$
#
# The hats make up for starting from zero: without them the first averages are far too small.
#
# **A worked number.** A constant gradient 1, $\eta = 0.1$, $\mu = 0.9$, from $w = 0$: $v = 1$, $w = -0.1$; then
# $v = 1.9$, $w = -0.29$. And Adam's very first step is $\eta$ in each weight, whether its gradient is 1000 or
# 0.001.

# %% [markdown] name="exercise-sgd-momentum"
# ### Exercise 13: sgd_momentum
# Difficulty: ●○○○○, about 4 minutes, 1 point
#
# `w`, `dw` and `velocity` have one shape, any. Return the new `(w, velocity)`; nothing in place.

# %% nbgrader={"grade": false, "grade_id": "sgd_momentum", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="sgd_momentum"
def sgd_momentum(w, dw, velocity, learning_rate, momentum):
    """One step of gradient descent with momentum, as torch.optim.SGD takes it.

    w, dw, velocity: weights, their gradient and velocity, of one shape; left unchanged.
    Returns the new (w, velocity).

    Source: Polyak (1964), in PyTorch's form.
    """
    ### BEGIN SOLUTION
    velocity = momentum * velocity + dw
    return w - learning_rate * velocity, velocity
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-sgd_momentum", "locked": true, "points": 1, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-sgd_momentum"
check(sgd_momentum)

# %% [markdown] name="exercise-adam"
# ### Exercise 14: adam
# Difficulty: ●●○○○, about 8 minutes, 2 points
#
# Return the new `(w, m, v)`, nothing in place. $\hat m$ and $\hat v$ serve this step only: don't carry them on.

# %% nbgrader={"grade": false, "grade_id": "adam", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="adam"
def adam(w, dw, m, v, t, learning_rate=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    """One step of Adam, as torch.optim.Adam takes it.

    w, dw, m, v: weights, gradient, first and second moment, of one shape; left unchanged.
    t: the number of this step, counted from 1.
    Returns the new (w, m, v).

    Source: Kingma and Ba (2015), algorithm 1.
    """
    ### BEGIN SOLUTION
    m = beta1 * m + (1 - beta1) * dw
    v = beta2 * v + (1 - beta2) * dw**2
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    return w - learning_rate * m_hat / (np.sqrt(v_hat) + eps), m, v
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-adam", "locked": true, "points": 2, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-adam"
check(adam)

# %% nbgrader={"grade": false, "grade_id": "optimiser-claims", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="optimiser-claims"
def two_steps():
    w, velocity = sgd_momentum(np.zeros(1), np.ones(1), np.zeros(1), 0.1, 0.9)
    return sgd_momentum(w, np.ones(1), velocity, 0.1, 0.9)


claims(
    Claim("momentum: w after two steps", (-0.29,), lambda: two_steps()[0]),
    Claim("momentum: velocity after two steps", (1.9,), lambda: two_steps()[1]),
    Claim(
        "Adam's first step, gradient (1000, -0.001), η = 0.1",
        (-0.1, 0.1),
        lambda: adam(
            np.zeros(2), np.array([1000, -0.001]), np.zeros(2), np.zeros(2), 1, 0.1
        )[0],
        digits=4,
    ),
)

# %% [markdown] name="paths-text"
# A bowl that is 100 times as steep along $w_1$ as along $w_0$, and your optimisers in it. Plain SGD is your
# `sgd_momentum` with momentum 0; its learning rate is nearly the largest that doesn't explode.

# %% nbgrader={"grade": false, "grade_id": "paths-plot", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="paths-plot"
plots.optimiser_paths(sgd_momentum, adam)

# %% [markdown] name="initialisation-story"
# ## 9. The first weights
#
# With what does one start? Not zeros: then all hidden units are alike and get the same gradient for ever.
# Random numbers, then; but how large?
#
# $y_m$ is a sum of $D$ products $x_d w_{d,m}$. If the weights are independent, with mean 0, then
# $\operatorname{Var}(y_m) = D \cdot \operatorname{Var}(w) \cdot \operatorname{mean}(x_d^2)$. To hand on signals
# at the size they came, $\operatorname{Var}(w)$ must be $\frac{1}{D}$, $D$ being the **fan-in**. The way back
# asks for one over the **fan-out**; **Xavier** (Glorot) initialisation takes the middle:
# $\operatorname{Var}(w) = \frac{2}{\text{fan-in} + \text{fan-out}}$.
#
# A ReLU throws half of the signal away, and half of $\operatorname{mean}(x^2)$ with it. **Kaiming** (He)
# initialisation makes up for that: $\operatorname{Var}(w) = \frac{2}{\text{fan-in}}$.
#
# **A worked number:** for 784 inputs and 100 hidden units Kaiming's standard deviation is
# $\sqrt{2/784} \approx 0.051$, Xavier's $\sqrt{2/884} \approx 0.048$.

# %% [markdown] name="exercise-kaiming-init"
# ### Exercise 15: kaiming_init
# Difficulty: ●○○○○, about 3 minutes, 1 point
#
# Return weights of shape (fan_in, fan_out), normal, drawn from `rng` (`rng.normal`). Mind the difference
# between a variance and a standard deviation.

# %% nbgrader={"grade": false, "grade_id": "kaiming_init", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="kaiming_init"
def kaiming_init(fan_in, fan_out, rng):
    """First weights for a layer that a ReLU follows: normal, mean 0, variance 2 / fan_in.

    rng: a numpy.random.Generator to draw from.
    Returns w of shape (fan_in, fan_out).

    Source: He et al. (2015).
    """
    ### BEGIN SOLUTION
    return rng.normal(0.0, np.sqrt(2 / fan_in), size=(fan_in, fan_out))
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-kaiming_init", "locked": true, "points": 1, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-kaiming_init"
check(kaiming_init)

# %% [markdown] name="exercise-xavier-init"
# ### Exercise 16: xavier_init
# Difficulty: ●○○○○, about 3 minutes, 1 point
#
# The same with Xavier's variance.

# %% nbgrader={"grade": false, "grade_id": "xavier_init", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="xavier_init"
def xavier_init(fan_in, fan_out, rng):
    """First weights after Xavier Glorot: normal, mean 0, variance 2 / (fan_in + fan_out).

    rng: a numpy.random.Generator to draw from.
    Returns w of shape (fan_in, fan_out).

    Lecture: ResNet, "Xavier init". Glorot and Bengio (2010).
    """
    ### BEGIN SOLUTION
    return rng.normal(0.0, np.sqrt(2 / (fan_in + fan_out)), size=(fan_in, fan_out))
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-xavier_init", "locked": true, "points": 1, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-xavier_init"
check(xavier_init)

# %% nbgrader={"grade": false, "grade_id": "scales-plot", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="scales-plot"
plots.activation_scales(kaiming_init, xavier_init)

# %% [markdown] name="scales-lesson"
# Twenty layers are unforgiving. Weights nine times too small, and nothing arrives; twice too large, and it
# explodes. Xavier, made for units without a ReLU, loses about $\sqrt2$ in each layer: $\sqrt2^{\,20} = 1024$.
# Kaiming holds. (The lecture's ResNet slide says "Xavier init"; the paper itself used He's. Its networks have up to
# 152 layers, so it had better.)

# %% [markdown] name="network-story"
# ## 10. A network that knows clothes
#
# Time to put it together:
#
# $$X \to \text{affine} \to \text{ReLU} \to \text{affine} \to \text{softmax loss}$$
#
# with weights $w_1, b_1, w_2, b_2$. One method does both jobs: without labels it gives the scores, with
# labels the loss and its gradients.

# %% [markdown] name="exercise-two-layer-net"
# ### Exercise 17: TwoLayerNet
# Difficulty: ●●●○○, about 15 minutes, 5 points
#
# `__init__` is there. Write `loss`. `X` holds N examples, of shape (N, D) or images (N, 28, 28). Without `y`
# return the scores, shape (N, C). With `y` return `(loss, gradients)`, a dict with the keys `"w1"`, `"b1"`,
# `"w2"`, `"b2"`. Build on your `affine_*` and `softmax_loss`; a ReLU is one line each way. (If one of your
# parts isn't right yet, this check lends you a working one.)

# %% nbgrader={"grade": false, "grade_id": "TwoLayerNet", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="TwoLayerNet"
class TwoLayerNet:
    """affine - ReLU - affine - softmax loss.

    w1: shape (D, H); b1: shape (H,); w2: shape (H, C); b2: shape (C,).

    Lecture: 2-layer neural network, f = W2 max(0, W1 x).
    """

    def __init__(self, w1, b1, w2, b2):
        self.w1, self.b1, self.w2, self.b2 = w1, b1, w2, b2

    def loss(self, X, y=None):
        """Scores, or the loss and its gradients.

        X: shape (N, d1, ..., dk); y: the right classes, shape (N,), or None.
        Returns scores of shape (N, C) where y is None, else (loss, gradients): the mean loss and
        a dict of the gradients for "w1", "b1", "w2" and "b2".
        """
        ### BEGIN SOLUTION
        hidden, first_cache = affine_forward(X, self.w1, self.b1)
        active = np.maximum(hidden, 0)
        scores, second_cache = affine_forward(active, self.w2, self.b2)
        if y is None:
            return scores
        loss, dscores = softmax_loss(scores, y)
        dactive, dw2, db2 = affine_backward(dscores, second_cache)
        dhidden = dactive * (hidden > 0)
        dX, dw1, db1 = affine_backward(dhidden, first_cache)
        return loss, {"w1": dw1, "b1": db1, "w2": dw2, "b2": db2}
        ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-TwoLayerNet", "locked": true, "points": 5, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-TwoLayerNet"
check(TwoLayerNet)

# %% [markdown] name="training-text"
# Now train it: ten times through the 10,000 pictures, in batches of 100 drawn in a new order each time, with
# your initialisation, your network and your momentum. Brightness is moved from 0...255 to -0.5...0.5 first.
# Guessing gets 10 %; the promise was **83 %**.

# %% nbgrader={"grade": false, "grade_id": "training", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="training"
train_x, test_x = fashion.train_images / 255 - 0.5, fashion.test_images / 255 - 0.5
data = (train_x, fashion.train_labels, test_x, fashion.test_labels)


def first_weights(rng, hidden=100):
    return {
        "w1": kaiming_init(784, hidden, rng),
        "b1": np.zeros(hidden),
        "w2": xavier_init(hidden, 10, rng),
        "b2": np.zeros(10),
    }


trained = training.train(
    TwoLayerNet,
    first_weights,
    training.with_momentum(sgd_momentum, learning_rate=0.05, momentum=0.9),
    data,
    epochs=10,
)
plots.training_curves(trained)

# %% [markdown] name="training-lesson"
# The two accuracies part company: the network gets better at the pictures it learns from than at fresh ones.
# That gap is called **overfitting**, and only pictures held out can show it. In which classes does it go
# wrong?

# %% nbgrader={"grade": false, "grade_id": "confusion", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="confusion"
plots.confusion(trained, test_x, fashion.test_labels, datasets.FASHION_CLASSES)

# %% [markdown] name="first-layer-text"
# Each column of $w_1$ has 784 weights, one for each pixel, so it can be looked at as a picture, like the Mark
# I's weights in lesson 1:

# %% nbgrader={"grade": false, "grade_id": "first-layer", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="first-layer"
plots.first_layer(trained)

# %% [markdown] name="play-text"
# Clothes shine through. Now it is your laboratory: copy the training cell and change one thing. Adam
# (`training.with_adam(adam)`) instead of momentum? 20 hidden units, or 400? All first weights zero?

# %% [markdown] name="bonus-story"
# ## 11. Bonus: every product at once
#
# Matrix products, outer products, batches of products, attention: `np.einsum` writes them all with letters.
# `"nd,dm->nm"` is our $y = xw$: a letter that both operands have and the output lacks is summed over. The slide
# said that the shapes all but give the backward formulas. In letters, it is nearly true: for
# `"nd,dm->nm"` the gradient of $x$ is `"nm,dm->nd"`, the output and the *other* operand in, the wanted one out.
#
# One case needs more thought. In `"ij,jk->k"` the letter `i` belongs to the first operand alone; it was summed
# over, and no one can bring it back by letters. What is the gradient along it?

# %% [markdown] name="exercise-einsum-backward"
# ### Exercise 18 (bonus): einsum_backward
# Difficulty: ●●●●●, about 20 minutes, 4 points
#
# `subscripts` is a string such as `"ij,jk->ik"`: two operands, an explicit arrow, no letter twice in one
# operand. `dout` is the gradient of `np.einsum(subscripts, x, w)`. Return `(dx, dw)` of the shapes of `x` and
# `w`.

# %% nbgrader={"grade": false, "grade_id": "einsum_backward", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="einsum_backward"
def einsum_backward(subscripts, dout, x, w):
    """Gradients of np.einsum(subscripts, x, w).

    subscripts: two operands and an explicit output, "ij,jk->ik"; no letter repeats in an operand.
    dout: upstream gradient, of the output's shape. x, w: the operands.
    Returns (dx, dw) of the shapes of x and w.

    Lecture: Backprop with matrices (or tensors).
    """
    ### BEGIN SOLUTION
    inputs, output = subscripts.replace(" ", "").split("->")
    letters_x, letters_w = inputs.split(",")

    def gradient(own, own_array, other, other_array):
        known = [letter for letter in own if letter in output or letter in other]
        found = np.einsum(f"{output},{other}->{''.join(known)}", dout, other_array)
        # A letter of this operand alone was summed over: the gradient is the same all along it.
        shape = [size if a in known else 1 for a, size in zip(own, own_array.shape)]
        return found.reshape(shape) * np.ones(own_array.shape)

    dx = gradient(letters_x, x, letters_w, w)
    dw = gradient(letters_w, w, letters_x, x)
    return dx, dw
    ### END SOLUTION

# %% nbgrader={"grade": true, "grade_id": "check-einsum_backward", "locked": true, "points": 4, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-einsum_backward"
check(einsum_backward)

# %% nbgrader={"grade": false, "grade_id": "einsum-claims", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="einsum-claims"
claims(
    Claim(
        '"nd,dm->nm": dL/dx of the slide',
        ((0, 16, -9), (-24, 9, -30)),
        lambda: einsum_backward("nd,dm->nm", slide_dy, slide_x, slide_w)[0],
    ),
    Claim(
        '"nd,d->": dL/dx for w = (1, 2, 3), upstream 10',
        ((10, 20, 30), (10, 20, 30)),
        lambda: einsum_backward("nd,d->", np.array(10.0), slide_x, np.array([1.0, 2, 3]))[0],
    ),
)

# %% [markdown] name="ending"
# ## What you can do now
#
# You can send a gradient back through any product, sum, stretch or normalisation of tensors, without a single
# Jacobian; choose first weights, take good steps, and train a network on real pictures.
#
# Here is this part of the lecture once more, claim by claim, recomputed with your code:

# %% nbgrader={"grade": false, "grade_id": "all-claims", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="all-claims"
W1, W2 = np.array([[1.0, -2], [3, 1], [0, 1]]), np.array([[1.0, 1, -1], [2, 0, 1]])
column = np.array([1.0, -1])


def row_network():
    net = TwoLayerNet(W1.T, np.zeros(3), W2.T, np.zeros(2))
    return net.loss(column[None])[0]


claims(
    Claim(
        "y of the slide's x and w",
        printed_y,
        lambda: matmul_forward(slide_x, slide_w)[0],
        instead=((-1, -1, 2, 6), (5, 2, 11, 7)),
    ),
    Claim("dL/dx always has the same shape as x", (2, 3), lambda: slide_gradients()[0].shape),
    Claim(
        "x[0, 1] affects the whole row y[0, :], by",
        slide_w[1],
        lambda: matmul_jacobian_x(slide_x, slide_w)[0, 1, 0],
    ),
    Claim(
        "and no other row: y[1, :], by",
        (0, 0, 0, 0),
        lambda: matmul_jacobian_x(slide_x, slide_w)[0, 1, 1],
    ),
    Claim(
        "how much x[0, 1] affects y[0, 2]: w[1, 2]",
        3,
        lambda: matmul_jacobian_x(slide_x, slide_w)[0, 1, 0, 2],
    ),
    Claim(
        "dL/dx = (dL/dy) wT",
        slide_dy @ slide_w.T,
        lambda: numeric_gradient(
            lambda x: np.sum(slide_dy * matmul_forward(x, slide_w)[0]), slide_x
        ),
    ),
    Claim(
        "dL/dw = xT (dL/dy)",
        slide_x.T @ slide_dy,
        lambda: numeric_gradient(
            lambda w: np.sum(slide_dy * matmul_forward(slide_x, w)[0]), slide_w
        ),
    ),
    Claim(
        "the only way to make shapes match up: ways, if N, D, M differ",
        1,
        lambda: len(fitting(slide_dy, slide_w, (2, 3))),
    ),
    Claim(
        "the only way to make shapes match up: ways, if N = D = M",
        1,
        lambda: len(fitting(square_dy, square_w, (3, 3))),
        instead=8,
    ),
    Claim(
        "~256 GB: dy/dx, in GiB",
        256,
        lambda: jacobian_bytes(64, 4096, 4096, 4)[0] / 2**30,
    ),
    Claim(
        "~256 GB, \"each\": dy/dw, in GiB",
        256,
        lambda: jacobian_bytes(64, 4096, 4096, 4)[1] / 2**30,
        instead=16384,
    ),
    Claim("f = W2 max(0, W1 x) of x = (1, -1)", W2 @ np.maximum(0, W1 @ column), row_network),
    Claim("brightness goes from 0 to 255", True, lambda: fashion.train_images.max() == 255),
)

# %% [markdown] name="what-comes-next"
# **What comes next.** Your network knows nothing of pictures. Shuffle the 784 pixels, the same way in all
# images, and it learns just as well: it never knew which pixels are neighbours. It has a weight for every
# pixel and every unit, and must learn a sleeve anew at every place where one may be. *The convolution layer*
# mends both, and its backward pass is what you have just learned: add what comes back from wherever a number
# was used.
#
# **Sources.** J. Johnson, *Backpropagation for a linear layer*, Stanford CS231n handout (2017); S. Ioffe and C.
# Szegedy, *Batch normalization* (2015); N. Srivastava et al., *Dropout*, JMLR 15 (2014); B. Polyak, *Some
# methods of speeding up the convergence of iteration methods* (1964); D. Kingma and J. Ba, *Adam* (2015); X.
# Glorot and Y. Bengio, *Understanding the difficulty of training deep feedforward neural networks* (2010); K.
# He et al., *Delving deep into rectifiers* and *Deep residual learning* (2015); H. Xiao, K. Rasul and R.
# Vollgraf, *Fashion-MNIST* (2017).
