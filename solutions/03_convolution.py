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
# # 3. The convolution layer
#
# Your networks have taken pictures as long vectors, so far. They learned; but such a network sees no
# picture, only a list of numbers in an order that means nothing to it. This lesson is about the layer that
# changed this, and with it the whole field. At the end your own code
#
# * blurs a cat, finds the bricks in a wall, and shows why a network should do the same;
# * computes the convolution layer in three ways, forward and backward: with loops, as one matrix product,
#   and as one huge matrix that is nearly all zeros;
# * runs as a PyTorch layer, on a GPU if you have one, with gradients of your own.
#
# You write sixteen functions, 47 points in all, and six more for a bonus of 13. As before, `check(...)`
# under each tells you what is wrong on the smallest example that goes wrong, and a mistake costs points
# only in its own exercise. NumPy is all you need until section 10.

# %% nbgrader={"grade": false, "grade_id": "set-up", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="set-up"
import numpy as np

from cs_utils import Claim, check, claims
from cs_utils import plots
from cs_utils.gradients import numeric_gradient  # as you wrote it in lesson 1
from cs_utils.photos import photo

# %% [markdown] name="picture-story"
# ## 1. How a computer sees
#
# The slides *How a computer sees* and *A picture is a tensor* say it in three lines:
#
# > Every picture is a matrix of pixels. Every pixel has a brightness on a scale from 0 to 255. A colour
# > image has three channels: red, green and blue (RGB); the image has the dimensions $5 \times 5 \times 3$.
#
# Here is a cat called Chelsea, and $5 \times 5 \times 3$ of her numbers, where the eye meets the fur:

# %% nbgrader={"grade": false, "grade_id": "pixels", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="pixels"
cat = photo("chelsea")
plots.pixels(cat, top=106, left=164)

# %% [markdown] name="tensor-story"
# A file keeps the three numbers of a pixel together: an array of shape (H, W, 3), whole numbers of 8 bits.
# The slides print a photo this way; its first pixel is `[62, 36, 9]`, much red, some green, little blue:
# brown. Networks want it the other way round, **channels first**, (C, H, W), so that each channel is a
# picture of its own, and they want small floats.
#
# **A worked number.** The slide's pixel `[62, 36, 9]` becomes $62/255 \approx 0.24$ in channel 0, $0.14$ in
# channel 1 and $0.04$ in channel 2.

# %% [markdown] name="exercise-image-to-tensor"
# ### Exercise 1: image_to_tensor
# Difficulty: ●○○○○, about 5 minutes, 1 point
#
# `image` has shape (H, W, 3), or (H, W) if it is grey, values 0 to 255. Return floats from 0 to 1 of shape
# (3, H, W), or (1, H, W).
#
# Think about: `reshape(3, H, W)` gives the right shape and the wrong picture. Which function moves an axis?


# %% nbgrader={"grade": false, "grade_id": "image_to_tensor", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="image_to_tensor"
def image_to_tensor(image):
    """A picture of 0..255 as a tensor of 0..1, channels first.

    image: (H, W, 3), or (H, W) for a grey picture, uint8; left unchanged.
    Returns floats of shape (3, H, W), or (1, H, W).

    Lecture: How a computer sees; A picture is a tensor.
    """
    ### BEGIN SOLUTION
    if image.ndim == 2:
        return image[np.newaxis] / 255
    return np.moveaxis(image, 2, 0) / 255
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-image_to_tensor", "locked": true, "points": 1, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-image_to_tensor"
check(image_to_tensor)

# %% nbgrader={"grade": false, "grade_id": "channels", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="channels"
plots.channels(image_to_tensor, cat)

# %% nbgrader={"grade": false, "grade_id": "picture-claims", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="picture-claims"
claims(
    Claim("shape of the photo, (H, W, 3)", (249, 375, 3), lambda: cat.shape),
    Claim(
        "shape of your tensor, (3, H, W)",
        (3, 249, 375),
        lambda: image_to_tensor(cat).shape,
    ),
    Claim(
        "the slide's pixel (62, 36, 9)",
        (0.24, 0.14, 0.04),
        lambda: image_to_tensor(np.array([[[62, 36, 9]]], dtype=np.uint8))[:, 0, 0],
    ),
)

# %% [markdown] name="filter-story"
# ## 2. A small window that slides
#
# Long before networks learned, people worked on pictures with **kernels**, small tables of weights. We take
# these slides before their turn, because everything later is this one idea. Lay the kernel on the picture,
# multiply what lies on top of each other, add it all up: one number. Move on by one pixel: the next. In the
# lecture's words, "slide over the image spatially, computing dot products":
#
# $$\text{out}[i, j] = \sum_{a} \sum_{b} \text{image}[i + a,\; j + b] \cdot \text{kernel}[a, b]$$
#
# The kernel has to lie on the picture entirely, so the result is smaller: $H - k_H + 1$ by $W - k_W + 1$.
# (Why not $H - k_H$? Count the places of a window as large as the picture.)
#
# **A worked number.** Image `[[1, 2, 3, 4]]`, kernel `[[1, 0, -1]]`. First place:
# $1 \cdot 1 + 2 \cdot 0 + 3 \cdot (-1) = -2$. Second: $2 - 4 = -2$.

# %% [markdown] name="exercise-filter2d"
# ### Exercise 2: filter2d
# Difficulty: ●●○○○, about 8 minutes, 2 points
#
# `image` has shape (H, W), `kernel` (kH, kW). Return the (H - kH + 1, W - kW + 1) dot products. Two loops
# over the places are fine.


# %% nbgrader={"grade": false, "grade_id": "filter2d", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="filter2d"
def filter2d(image, kernel):
    """The dot product of a kernel with every window of an image (cross-correlation).

    image: (H, W); kernel: (kH, kW), not larger; both left unchanged.
    Returns shape (H - kH + 1, W - kW + 1).

    Lecture: Convolution layer, "slide over the image spatially, computing dot products".
    """
    ### BEGIN SOLUTION
    H, W = image.shape
    kH, kW = kernel.shape
    out = np.zeros((H - kH + 1, W - kW + 1))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = np.sum(image[i : i + kH, j : j + kW] * kernel)
    return out
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-filter2d", "locked": true, "points": 2, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-filter2d"
check(filter2d)

# %% [markdown] name="blur-text"
# The slides show three kernels. The first has $\frac19$ everywhere, the second 0.1 everywhere, the third
# 0.1 around a 2. The fourth is ours:

# %% nbgrader={"grade": false, "grade_id": "blur", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="blur"
eye = cat[55:145, 85:215].mean(axis=2)
blur, tenths = np.full((3, 3), 1 / 9), np.full((3, 3), 0.1)
two = np.array([[0.1, 0.1, 0.1], [0.1, 2, 0.1], [0.1, 0.1, 0.1]])
sharpen = np.array([[0, -1, 0], [-1, 5, -1], [0, -1, 0]])
plots.filtered(
    filter2d, eye, {"1/9": blur, "0.1": tenths, "0.1 around 2": two, "sharpen": sharpen}
)

# %% [markdown] name="blur-lesson"
# The first takes the mean of nine pixels: a **blur**. The second does too, but its weights add up to 0.9:
# 10 % of the light is lost.
#
# And the third? A heavy centre in a light frame looks like the **sharpen** of every photo program. It
# isn't: its weights add up to 2.8, so most of the picture is burnt out, and none is negative. To sharpen is
# to *subtract* the surroundings, as our fourth does; its weights add up to 1, so the light stays. Let's
# measure it on the finest detail there is, a chequerboard of $100 \pm 10$, whose contrast is
# $10/100 = 0.10$. What sharpens should raise that.

# %% nbgrader={"grade": false, "grade_id": "blur-claims", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="blur-claims"
flat, board = (
    np.full((5, 5), 100.0),
    100 + 10 * (-1.0) ** np.add.outer(range(5), range(5)),
)


def contrast(picture):
    return (picture.max() - picture.min()) / (picture.max() + picture.min())


claims(
    Claim(
        "the worked number",
        ((-2, -2),),
        lambda: filter2d(np.array([[1, 2, 3, 4]]), np.array([[1, 0, -1]])),
    ),
    Claim("a flat grey of 100 through 1/9", 100, lambda: filter2d(flat, blur)[0, 0]),
    Claim("through 0.1", 90, lambda: filter2d(flat, tenths)[0, 0]),
    Claim("through 0.1 around 2", 280, lambda: filter2d(flat, two)[0, 0]),
    Claim("contrast of the chequerboard", 0.10, lambda: contrast(board)),
    Claim("after 1/9", 0.01, lambda: contrast(filter2d(board, blur))),
    Claim(
        "the third kernel sharpens",
        True,
        lambda: contrast(filter2d(board, two)) > contrast(board),
        instead=False,
    ),
    Claim("contrast after it", 0.07, lambda: contrast(filter2d(board, two))),
    Claim(
        "contrast after our sharpen", 0.90, lambda: contrast(filter2d(board, sharpen))
    ),
)

# %% [markdown] name="edges-text"
# So the third kernel is a weak blur that overexposes. Now weights that add up to 0. They give 0 wherever
# the picture is flat, and something else only where it changes: at an **edge**.

# %% nbgrader={"grade": false, "grade_id": "edges", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="edges"
wall = photo("brick")[:120, :160, 0]
vertical = np.array([[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]])
around = np.array([[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]])
plots.filtered(
    filter2d,
    wall,
    {"vertical edges": vertical, "horizontal edges": vertical.T, "all edges": around},
)

# %% [markdown] name="edges-lesson"
# Nine numbers, and the computer sees joints. These nine somebody chose. The filters of a network are
# *learned*, by gradients like yours: that is the whole lesson in one sentence.

# %% [markdown] name="flip-story"
# "We call the layer convolutional because it is related to convolution of two signals", says the slide, and
# gives
#
# $$f[x,y] * g[x,y] = \sum_{n_1=-\infty}^{\infty} \sum_{n_2=-\infty}^{\infty} f[n_1, n_2] \cdot g[x - n_1, y - n_2] .$$
#
# Under it stands "elementwise multiplication and sum of a filter and the signal". Look closely: as $n_1$
# goes up, the index $x - n_1$ of $g$ goes *down*. The formula turns the kernel round on both axes before it
# multiplies; your `filter2d` doesn't. They are two operations:
#
# * **convolution**, the formula, with the flip;
# * **cross-correlation**, the picture, without it. *This* is what convolution layers compute, in PyTorch
#   and everywhere else.
#
# **The worked number again.** Image `[[1, 2, 3, 4]]`, kernel `[[1, 0, -1]]`. Turned round, it is
# `[[-1, 0, 1]]`: $-1 + 3 = 2$, and $-2 + 4 = 2$. The sign has changed.

# %% [markdown] name="exercise-convolve2d"
# ### Exercise 3: convolve2d
# Difficulty: ●○○○○, about 4 minutes, 2 points
#
# Shapes as before. Return the convolution by the slide's formula, at those places where the kernel lies on
# the picture entirely. One line can do it.


# %% nbgrader={"grade": false, "grade_id": "convolve2d", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="convolve2d"
def convolve2d(image, kernel):
    """The convolution f * g of an image and a kernel, where the kernel fits (mode "valid").

    image: (H, W); kernel: (kH, kW), not larger; both left unchanged.
    Returns shape (H - kH + 1, W - kW + 1).

    Lecture: "We call the layer convolutional because it is related to convolution".
    """
    ### BEGIN SOLUTION
    return filter2d(image, kernel[::-1, ::-1])
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-convolve2d", "locked": true, "points": 2, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-convolve2d"
check(convolve2d)

# %% nbgrader={"grade": false, "grade_id": "flip-claims", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="flip-claims"
point = np.zeros((5, 5))
point[2, 2] = 1
counting = np.arange(1.0, 10).reshape(3, 3)
claims(
    Claim(
        "the worked number, with the flip",
        ((2, 2),),
        lambda: convolve2d(np.array([[1, 2, 3, 4]]), np.array([[1, 0, -1]])),
    ),
    Claim(
        "one bright pixel and f * g: the kernel itself",
        ((1, 2, 3), (4, 5, 6), (7, 8, 9)),
        lambda: convolve2d(point, counting),
    ),
    Claim(
        "one bright pixel and filter2d: the kernel turned round",
        ((9, 8, 7), (6, 5, 4), (3, 2, 1)),
        lambda: filter2d(point, counting),
    ),
    Claim(
        "for the blur the two are the same",
        True,
        lambda: np.allclose(filter2d(eye, blur), convolve2d(eye, blur)),
    ),
)

# %% [markdown] name="flip-lesson"
# A network doesn't mind: whichever it computes, it learns the weights that suit. But you should know which
# one your library means. From here on "convolution" is what deep learning calls so: no flip.

# %% [markdown] name="connected-story"
# ## 3. What is wrong with a fully connected network?
#
# The lecture's *Recap: Fully Connected Layer*: "32x32x3 image → stretch to 3072 x 1". Each output is "1
# number: the result of taking a dot product between a row of W and the input (a 3072-dimensional dot
# product)". And the slide before has three complaints:
#
# > 1. Very many weights.
# > 2. Information about the relative position of the pixels is lost.
# > 3. The same thing at different places of the picture gives different weights.
#
# Let's take them one by one. The first is counting. **A worked number:** 10 outputs from a
# $32 \times 32 \times 3$ image: $10 \cdot 3072$ weights and 10 biases, 30,730.

# %% [markdown] name="exercise-fully-connected-parameters"
# ### Exercise 4: fully_connected_parameters
# Difficulty: ●○○○○, about 2 minutes, 1 point
#
# `input_shape` is (C, H, W), `outputs` the number of outputs. Return the number of parameters, an int; the
# biases count unless `bias` is False.


# %% nbgrader={"grade": false, "grade_id": "fully_connected_parameters", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="fully_connected_parameters"
def fully_connected_parameters(input_shape, outputs, bias=True):
    """Parameters of a fully connected layer on an image.

    input_shape: (C, H, W); outputs: how many; bias: whether each output has one.
    Returns an int.

    Lecture: Fully connected network, "very many weights"; Recap: Fully connected layer.
    """
    ### BEGIN SOLUTION
    C, H, W = input_shape
    return C * H * W * outputs + (outputs if bias else 0)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-fully_connected_parameters", "locked": true, "points": 1, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-fully_connected_parameters"
check(fully_connected_parameters)

# %% nbgrader={"grade": false, "grade_id": "connected-claims", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="connected-claims"
rng = np.random.default_rng(0)
W, x = rng.normal(size=(10, 3072)), rng.normal(size=3072)
order = rng.permutation(3072)
claims(
    Claim("32x32x3 stretched", 3072, lambda: 32 * 32 * 3),
    Claim(
        "parameters: 32x32x3 to 10 classes",
        30_730,
        lambda: fully_connected_parameters((3, 32, 32), 10),
    ),
    Claim(
        "to as many outputs as six 28x28 maps, in millions",
        14.46,
        lambda: fully_connected_parameters((3, 32, 32), 6 * 28 * 28) / 1e6,
    ),
    Claim(
        "a 224x224 photo to 4096, in millions",
        616.57,
        lambda: fully_connected_parameters((3, 224, 224), 4096) / 1e6,
    ),
    Claim(
        "pixels and columns of W shuffled alike: change of the scores",
        0,
        lambda: np.abs(W @ x - W[:, order] @ x[order]).max(),
    ),
)

# %% [markdown] name="connected-lesson"
# The last line is the second complaint, proved. Shuffle the pixels of all pictures, and shuffle the columns
# of $W$ the same way: the scores don't change at all. So to this network a cat and a shuffled cat are
# equally good pictures. That neighbouring pixels belong together, it has to find out by itself, for each
# pair anew.

# %% [markdown] name="shift-text"
# ### Experiment: the same thing at another place
#
# The third complaint can be measured. Two networks of similar size learn the clothes of Fashion-MNIST, each
# picture in the middle of a black $40 \times 40$ frame: a fully connected one, and one with convolutions.
# Then they are tried on 2,000 new pictures, *moved* by 0 to 6 pixels, left, right, up and down. Nothing is
# cut off; a person would hardly notice. (PyTorch trains them, with layers that you'll soon have written
# yourself. It takes a quarter of a minute or so.)

# %% nbgrader={"grade": false, "grade_id": "shift-accuracy", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="shift-accuracy"
plots.shift_accuracy()

# %% [markdown] name="shift-lesson"
# Unmoved, the two are about equally good. Three pixels on, the fully connected one has lost nearly half of
# its right answers, and six pixels on three quarters. What it learned of a sleeve holds for that place
# alone; a sleeve three pixels further needs other weights, just as the slide says. The convolutional
# network loses a few percent.
#
# Why does it lose any, and why does it do better again at 4 pixels? To save work it looks at every fourth
# place only, and a shift by 4 is a whole step. That is for lesson 4. The plain layer of *this* lesson does
# it perfectly:

# %% nbgrader={"grade": false, "grade_id": "equivariance", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="equivariance"
plots.equivariance(filter2d, eye[:72, :96], around)

# %% [markdown] name="equivariance-lesson"
# If the picture moves, the result moves with it, exactly. The kernel doesn't know where it is. This is
# called **translation equivariance**, and no training is needed for it: it is built in.

# %% [markdown] name="history-story"
# ## 4. A bit of history
#
# **1959-1968.** David Hubel and Torsten Wiesel watch single cells in a cat's visual cortex. Each looks at a
# small part of the field of view, its *receptive field*, and neighbours look at neighbouring parts. *Simple
# cells* answer to an edge of one orientation at one place; you have just seen what they see. *Complex
# cells* still answer when the edge has moved a little; *hypercomplex* cells want it to end.
#
# **1980.** Kunihiko Fukushima builds this as a network, the Neocognitron: layers of simple cells with
# modifiable weights and layers of complex cells that pool, in turn, "SCSCSC...". The same weights
# everywhere. But no backpropagation.
#
# **1998.** Yann LeCun, Léon Bottou, Yoshua Bengio and Patrick Haffner: convolutions, trained by gradients,
# read the digits on cheques. LeNet-5 has some 60,000 parameters.
#
# **2012.** Alex Krizhevsky, Ilya Sutskever and Geoffrey Hinton win ImageNet with AlexNet: the same idea, a
# thousand times the parameters, a million pictures and two GPUs. Since then, says the slide, "ConvNets are
# everywhere". You'll build both in lesson 5.

# %% [markdown] name="layer-story"
# ## 5. The convolution layer
#
# "Preserve spatial structure", says the slide: the image stays $32 \times 32 \times 3$, and a filter of
# $5 \times 5 \times 3$ slides over it. "Filters always extend the full depth of the input volume": it
# slides along height and width, never along the channels. At each place it takes *one* dot product of
# $5 \cdot 5 \cdot 3 = 75$ numbers and adds a bias:
#
# $$\text{out} = w^T x + b$$
#
# A fully connected output needs a 3072-dimensional dot product with weights of its own. Here it takes a
# 75-dimensional one, and all places share the same 75 weights.

# %% nbgrader={"grade": false, "grade_id": "layer-volumes", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="layer-volumes"
plots.layer_volumes()

# %% [markdown] name="layer-lesson"
# One filter gives one **activation map**, $28 \times 28$. "If we had 6 5×5 filters, we'll get 6 separate
# activation maps. We stack these up to get a 'new image' of size 28×28×6!" And this new image goes into the
# next layer, whose filters are then 6 deep. (We write channels first: 3×32×32 and 6×28×28.)

# %% [markdown] name="size-story"
# "A closer look at spatial dimensions": why 28? A window of width $F$ on a row of $N$ pixels leaves $N - F$
# steps, and the place where it starts. With **stride** $S$ it takes $S$ pixels a step. With $P$ more pixels
# added *on each side* (section 6) the row is $N + 2P$ long. The slide's formula:
#
# $$\frac{N - F + 2P}{S} + 1$$
#
# and its example, $N = 7$, $F = 3$: stride 1 gives 5, stride 2 gives 3, stride 3 gives 2.33. "Doesn't fit!"

# %% [markdown] name="exercise-conv-output-size"
# ### Exercise 5: conv_output_size
# Difficulty: ●●○○○, about 6 minutes, 2 points
#
# Return the number of places, an int. Where the windows don't come out even, or the kernel is larger than
# the padded row, raise a `ValueError` with the numbers in its text: whoever reads it at midnight wants to
# know which size was wrong.


# %% nbgrader={"grade": false, "grade_id": "conv_output_size", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="conv_output_size"
def conv_output_size(n, kernel_size, stride=1, padding=0):
    """Places of a window along one axis: (N - F + 2P)/S + 1.

    n: pixels; kernel_size: pixels of the window; stride: pixels a step; padding: pixels added on
    each side. Returns an int.
    Raises ValueError where the windows don't come out even or the kernel is too large.

    Lecture: A closer look at spatial dimensions.
    """
    ### BEGIN SOLUTION
    room = n - kernel_size + 2 * padding
    if room < 0 or room % stride:
        raise ValueError(
            f"windows of {kernel_size} with stride {stride} don't fit {n} pixels "
            f"with padding {padding}"
        )
    return room // stride + 1
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-conv_output_size", "locked": true, "points": 2, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-conv_output_size"
check(conv_output_size)

# %% nbgrader={"grade": false, "grade_id": "strides", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="strides"
plots.strides(conv_output_size)


# %% nbgrader={"grade": false, "grade_id": "size-claims", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="size-claims"
def refused(n, kernel_size, stride):
    try:
        conv_output_size(n, kernel_size, stride)
    except ValueError:
        return True
    return False


claims(
    Claim("7x7 input, 3x3 filter", 5, lambda: conv_output_size(7, 3)),
    Claim("with stride 2", 3, lambda: conv_output_size(7, 3, 2)),
    Claim("with stride 3: doesn't fit", True, lambda: refused(7, 3, 3)),
    Claim("pad with 1 pixel: 7x7 output", 7, lambda: conv_output_size(7, 3, 1, 1)),
    Claim("32x32 input, 5x5 filter", 28, lambda: conv_output_size(32, 5)),
    Claim("the same with pad 2", 32, lambda: conv_output_size(32, 5, 1, 2)),
)

# %% [markdown] name="parameters-story"
# *Examples time*, says the lecture: input volume 32x32x3, "10 5x5 filters with stride 1, pad 2". How many
# parameters? "Each filter has $5 \cdot 5 \cdot 3 + 1 = 76$ params (+1 for bias) ⇒ $76 \cdot 10 = 760$."

# %% [markdown] name="exercise-conv-parameters"
# ### Exercise 6: conv_parameters
# Difficulty: ●○○○○, about 3 minutes, 1 point
#
# `in_channels` is the depth of the input, `out_channels` the number of filters, `kernel_size` an int or a
# pair (kH, kW). Return an int; one bias for each filter unless `bias` is False.


# %% nbgrader={"grade": false, "grade_id": "conv_parameters", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="conv_parameters"
def conv_parameters(in_channels, out_channels, kernel_size, bias=True):
    """Parameters of a convolution layer.

    in_channels: C; out_channels: F, the filters; kernel_size: int or (kH, kW);
    bias: whether each filter has one. Returns an int.

    Lecture: Examples time, 760.
    """
    ### BEGIN SOLUTION
    kH, kW = (kernel_size, kernel_size) if np.isscalar(kernel_size) else kernel_size
    return out_channels * (in_channels * kH * kW + (1 if bias else 0))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-conv_parameters", "locked": true, "points": 1, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-conv_parameters"
check(conv_parameters)

# %% nbgrader={"grade": false, "grade_id": "parameters-claims", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="parameters-claims"
claims(
    Claim("10 5x5 filters on 32x32x3", 760, lambda: conv_parameters(3, 10, 5)),
    Claim("on a photo of 224x224x3", 760, lambda: conv_parameters(3, 10, 5)),
    Claim("6 5x5 filters on 32x32x3", 456, lambda: conv_parameters(3, 6, 5)),
    Claim(
        "fully connected to the same 6x28x28: times as many",
        31_700,
        lambda: (
            fully_connected_parameters((3, 32, 32), 6 * 28 * 28)
            / conv_parameters(3, 6, 5)
        ),
        digits=0,
    ),
)

# %% [markdown] name="parameters-lesson"
# Note what is missing from the formula: the size of the image. Thirty thousand times fewer parameters, and
# it is the *same* filters for stamps and for posters.

# %% [markdown] name="padding-story"
# ## 6. Padding
#
# "32x32 input convolved repeatedly with 5x5 filters shrinks volumes spatially! (32 → 28 → 24 ...).
# Shrinking too fast is not good." And the pixels at the edge are short-changed too: the corner pixel of a
# picture lies in one window, a pixel in the middle in 25. "In practice: common to zero pad the border."
# With stride 1 and $P = (F-1)/2$ the size stays, says the slide: 1 for $F = 3$, 2 for 5, 3 for 7. **A
# worked number**: $(32 + 2 \cdot 2 - 5)/1 + 1 = 32$.

# %% [markdown] name="exercise-zero-pad"
# ### Exercise 7: zero_pad
# Difficulty: ●○○○○, about 4 minutes, 1 point
#
# `x` is a batch of images, (N, C, H, W). Return a new array (N, C, H + 2P, W + 2P) with `padding` = P rows
# and columns of zeros on each side. No image and no channel is added. With padding 0 it is a copy of `x`.


# %% nbgrader={"grade": false, "grade_id": "zero_pad", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="zero_pad"
def zero_pad(x, padding):
    """Images with a border of zeros.

    x: (N, C, H, W), left unchanged; padding: P, pixels on each side, 0 or more.
    Returns a new array of shape (N, C, H + 2P, W + 2P).

    Lecture: In practice: Common to zero pad the border; Padding.
    """
    ### BEGIN SOLUTION
    N, C, H, W = x.shape
    padded = np.zeros((N, C, H + 2 * padding, W + 2 * padding))
    padded[:, :, padding : padding + H, padding : padding + W] = x
    return padded
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-zero_pad", "locked": true, "points": 1, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-zero_pad"
check(zero_pad)


# %% nbgrader={"grade": false, "grade_id": "padding-claims", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="padding-claims"
def after(layers, n=32):
    for _ in range(layers):
        n = conv_output_size(n, 5)
    return n


claims(
    Claim("two 5x5 layers: 32 → 28 →", 24, lambda: after(2)),
    Claim("seven of them", 4, lambda: after(7)),
    Claim(
        "(F - 1)/2 keeps the size, F = 3, 5, 7",
        (32, 32, 32),
        lambda: [conv_output_size(32, F, 1, (F - 1) // 2) for F in (3, 5, 7)],
    ),
    Claim(
        "filters of size FxF: some padding keeps the size, F = 4",
        True,
        lambda: 32 in [conv_output_size(32, 4, 1, P) for P in range(4)],
        instead=False,
    ),
    Claim(
        "shape of a 32x32x3 image, padded by 2",
        (1, 3, 36, 36),
        lambda: zero_pad(np.ones((1, 3, 32, 32)), 2).shape,
    ),
)

# %% [markdown] name="padding-lesson"
# "In general", says the slide; but for an even $F$ no padding keeps the size: $(F-1)/2$ is no whole number.
# It is one reason why filters are odd, the other being that only an odd window has a pixel in its middle.

# %% [markdown] name="naive-story"
# ## 7. The layer, with loops
#
# All together now. A batch `x` of shape (N, C, H, W), filters `w` of shape (F, C, kH, kW), biases `b` of
# shape (F,):
#
# $$\text{out}[n, f, i, j] = b_f + \sum_{c} \sum_{a} \sum_{b} x_{\text{pad}}[n, c,\; iS + a,\; jS + b] \cdot w[f, c, a, b]$$
#
# For each picture, each filter, each place: one window, one dot product.
#
# **A worked number**, from the slide *Padding*. A 5x5 picture in a border of zeros; the small red numbers
# are the kernel's weights. The picture below the next exercise shows its first three windows: $1$, $6$,
# $5$.

# %% [markdown] name="exercise-conv-forward-naive"
# ### Exercise 8: conv_forward_naive
# Difficulty: ●●●○○, about 15 minutes, 4 points
#
# Return `(out, cache)`, `out` of shape (N, F, outH, outW). Pictures and kernels need not be square.
# `conv_output_size` and `zero_pad` are yours to use; if one of them isn't right yet, the check lends you a
# working one. Loops are welcome: here clarity counts, speed comes in section 8.


# %% nbgrader={"grade": false, "grade_id": "conv_forward_naive", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="conv_forward_naive"
def conv_forward_naive(x, w, b, stride=1, padding=0):
    """The convolution layer, window by window.

    x: images (N, C, H, W); w: filters (F, C, kH, kW); b: biases (F,); all left unchanged.
    stride: pixels a step; padding: zeros on each side.
    Returns (out, cache): out of shape (N, F, outH, outW).
    The cache is your own business, no check looks into it; (x, w, b, stride, padding) would do.

    Lecture: Convolution layer; Padding.
    """
    ### BEGIN SOLUTION
    N, C, H, W = x.shape
    F, C, kH, kW = w.shape
    outH = conv_output_size(H, kH, stride, padding)
    outW = conv_output_size(W, kW, stride, padding)
    padded = zero_pad(x, padding)
    out = np.zeros((N, F, outH, outW))
    for n in range(N):
        for f in range(F):
            for i in range(outH):
                for j in range(outW):
                    top, left = i * stride, j * stride
                    window = padded[n, :, top : top + kH, left : left + kW]
                    out[n, f, i, j] = np.sum(window * w[f]) + b[f]
    return out, (x, w, b, stride, padding)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-conv_forward_naive", "locked": true, "points": 4, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-conv_forward_naive"
check(conv_forward_naive)

# %% nbgrader={"grade": false, "grade_id": "padded-example", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="padded-example"
slide_x = np.array(
    [
        [2, 2, 3, 3, 3],
        [0, 1, 3, 0, 3],
        [2, 3, 0, 1, 3],
        [3, 3, 2, 1, 2],
        [3, 3, 0, 2, 3],
    ]
)
slide_w = np.array([[2, 0, 1], [1, 0, 0], [0, 1, 1]])
slide_out = np.array([[1, 6, 5], [7, 10, 9], [7, 10, 8]])
plots.padded_example(conv_forward_naive, slide_x, slide_w, slide_out)

# %% [markdown] name="convolution-steps-text"
# All 25 places, one after the other. Before each step say the next number yourself.

# %% nbgrader={"grade": false, "grade_id": "convolution-steps", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="convolution-steps"
plots.convolution_steps(conv_forward_naive, slide_x, slide_w, stride=1, padding=1)

# %% [markdown] name="padded-text"
# The slide prints a $3 \times 3$ result. But a 7x7 padded input has $7 - 3 + 1 = 5$ places a row. Can it be
# stride 2, then, which would give 3? Or a 5x5 input without its padding?


# %% nbgrader={"grade": false, "grade_id": "naive-claims", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="naive-claims"
def one_channel(image, kernel, stride=1, padding=0):
    image, kernel = np.float64(image)[None, None], np.float64(kernel)[None, None]
    return conv_forward_naive(image, kernel, np.zeros(1), stride, padding)[0][0, 0]


claims(
    Claim(
        "size of the padded example's result",
        (3, 3),
        lambda: one_channel(slide_x, slide_w, 1, 1).shape,
        instead=(5, 5),
    ),
    Claim(
        "its first row", (1, 6, 5, 6, 6), lambda: one_channel(slide_x, slide_w, 1, 1)[0]
    ),
    Claim(
        "what the slide prints is its corner",
        True,
        lambda: np.allclose(one_channel(slide_x, slide_w, 1, 1)[:3, :3], slide_out),
    ),
    Claim(
        "what the slide prints is stride 2",
        False,
        lambda: np.allclose(one_channel(slide_x, slide_w, 2, 1), slide_out),
    ),
    Claim(
        "what the slide prints is without padding",
        False,
        lambda: np.allclose(one_channel(slide_x, slide_w), slide_out),
    ),
    Claim(
        "your layer computes the slide's f * g",
        True,
        lambda: np.allclose(
            one_channel(slide_x, slide_w), convolve2d(slide_x, slide_w)
        ),
        instead=False,
    ),
    Claim(
        "your layer computes filter2d",
        True,
        lambda: np.allclose(one_channel(slide_x, slide_w), filter2d(slide_x, slide_w)),
    ),
)

# %% [markdown] name="naive-lesson"
# The slide's nine numbers are right and are the corner of 25; the animation they were taken from had not
# finished. And the flip is settled: the layer is `filter2d` with channels.
#
# Here is the eye once more, as a $32 \times 32 \times 3$ image, and six $5 \times 5 \times 3$ filters made
# by hand. Six activation maps of $28 \times 28$, as on the slide:

# %% nbgrader={"grade": false, "grade_id": "activation-maps", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="activation-maps"
small_eye = (
    cat[48:144, 95:191].reshape(32, 3, 32, 3, 3).mean(axis=(1, 3)).astype(np.uint8)
)
mean, steps = np.full((5, 5), 1 / 25), np.tile([-1, -1, 0, 1, 1], (5, 1)) / 10
spot = np.pad(np.full((3, 3), -1 / 9), 1, constant_values=1 / 16)
filters = {
    "brightness": np.stack([mean, mean, mean]),
    "vertical edges": np.stack([steps, steps, steps]),
    "horizontal edges": np.stack([steps.T, steps.T, steps.T]),
    "green, not red": np.stack([-mean, mean, 0 * mean]),
    "red, not blue": np.stack([mean, 0 * mean, -mean]),
    "dark spots": np.stack([spot, spot, spot]),
}
plots.activation_maps(conv_forward_naive, small_eye, filters)

# %% [markdown] name="backward-story"
# ### Backward
#
# You know all you need from lessons 1 and 2. *Which outputs does this number touch?*
#
# * A **weight** $w[f, c, a, b]$ is used at every place of every picture. Its gradient is a long sum: at
#   each place $(n, i, j)$ it was multiplied with one pixel, and that pixel times `dout[n, f, i, j]` is what
#   comes back.
# * A **pixel** lies in several windows, up to $k_H k_W$ of them, and in each it met another weight of each
#   filter. Add up what comes back.
# * A **bias** was added everywhere: the sum of `dout[:, f]`.
#
# Or think of one place alone. Let `dout` be 1 at a single place and 0 elsewhere. Then `dw` *is* the window
# there, and `dx` *is* the filter, laid where the window was. Everything else is adding.
#
# **A worked number,** without padding:
#
# $$\text{image} = \begin{bmatrix} 1 & 2 & 3 \\ 4 & 5 & 6 \\ 7 & 8 & 9 \end{bmatrix} \qquad w = \begin{bmatrix} 1 & 0 \\ 0 & 2 \end{bmatrix} \qquad \text{dout} = \begin{bmatrix} 0 & 1 \\ 0 & 0 \end{bmatrix} \;\Rightarrow\; \text{dw} = \begin{bmatrix} 2 & 3 \\ 5 & 6 \end{bmatrix} \qquad \text{dx} = \begin{bmatrix} 0 & 1 & 0 \\ 0 & 0 & 2 \\ 0 & 0 & 0 \end{bmatrix}$$
#
# If `dout` is 1 at all four places, the four windows add up to $\text{dw} = (12, 16;\; 24, 28)$, and the
# pixel in the middle gets $1 + 0 + 0 + 2 = 3$, one weight from each window that it lies in.

# %% [markdown] name="exercise-conv-backward-naive"
# ### Exercise 9: conv_backward_naive
# Difficulty: ●●●●○, about 20 minutes, 6 points
#
# `dout` has shape (N, F, outH, outW). Return `(dx, dw, db)` of the shapes of `x`, `w` and `b`.
#
# Think about: the same loops as forward. And windows reach into the padding; its gradient must be cut off
# in the end. Published solutions do so with `[padding:-padding]`, nearly half of them, and are wrong when
# the padding is 0. Try `np.arange(5)[0:-0]`.


# %% nbgrader={"grade": false, "grade_id": "conv_backward_naive", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="conv_backward_naive"
def conv_backward_naive(dout, cache):
    """Backward pass of the convolution layer, window by window.

    dout: upstream gradient, (N, F, outH, outW); left unchanged.
    cache: what conv_forward_naive kept.
    Returns (dx, dw, db) of the shapes of x, w and b: (N, C, H, W), (F, C, kH, kW), (F,).

    Lecture: Convolution layer; lesson 1, "gradients have the same dims".
    """
    ### BEGIN SOLUTION
    x, w, b, stride, padding = cache
    N, C, H, W = x.shape
    F, C, kH, kW = w.shape
    padded = zero_pad(x, padding)
    dpadded, dw, db = np.zeros(padded.shape), np.zeros(w.shape), np.zeros(F)
    for n in range(N):
        for f in range(F):
            for i in range(dout.shape[2]):
                for j in range(dout.shape[3]):
                    top, left = i * stride, j * stride
                    window = padded[n, :, top : top + kH, left : left + kW]
                    dw[f] += window * dout[n, f, i, j]
                    dpadded[n, :, top : top + kH, left : left + kW] += (
                        w[f] * dout[n, f, i, j]
                    )
                    db[f] += dout[n, f, i, j]
    dx = dpadded[:, :, padding : padding + H, padding : padding + W]
    return dx, dw, db
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-conv_backward_naive", "locked": true, "points": 6, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-conv_backward_naive"
check(conv_backward_naive)

# %% nbgrader={"grade": false, "grade_id": "backward-claims", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="backward-claims"
image, kernel = np.arange(1.0, 10).reshape(1, 1, 3, 3), np.array([[[[1.0, 0], [0, 2]]]])


def gradients(dout):
    return conv_backward_naive(dout, conv_forward_naive(image, kernel, np.zeros(1))[1])


single = np.array([[[[0.0, 1], [0, 0]]]])
everywhere = np.ones((1, 1, 2, 2))
claims(
    Claim(
        "one place: dw is its window",
        ((2, 3), (5, 6)),
        lambda: gradients(single)[1][0, 0],
    ),
    Claim(
        "one place: dx is the filter, there",
        ((0, 1, 0), (0, 0, 2), (0, 0, 0)),
        lambda: gradients(single)[0][0, 0],
    ),
    Claim(
        "all places: dw", ((12, 16), (24, 28)), lambda: gradients(everywhere)[1][0, 0]
    ),
    Claim(
        "all places: the pixel in the middle",
        3,
        lambda: gradients(everywhere)[0][0, 0, 1, 1],
    ),
    Claim(
        "the same by the numerical gradient",
        3,
        lambda: numeric_gradient(
            lambda x: conv_forward_naive(x, kernel, np.zeros(1))[0].sum(), image
        )[0, 0, 1, 1],
    ),
)

# %% [markdown] name="im2col-story"
# ## 8. One matrix product
#
# Your loops are right and slow: Python spends its time on going round, not on multiplying. Computers are
# really fast at one thing, the product of two large matrices. Can the layer be one?
#
# Every output is a dot product of a window and a filter. So write every window as a **column**, and every
# filter as a **row**; then rows times columns are all the dot products there are:
#
# $$\underbrace{\text{out}}_{F \times \text{places}} = \underbrace{w}_{F \times C k_H k_W} \cdot \underbrace{\text{columns}}_{C k_H k_W \times \text{places}} + b$$
#
# This is **im2col** ("image to columns"). It costs memory, for a pixel is copied into every window it lies
# in, 9 times for 3x3 at stride 1. It nearly always pays.
#
# **A worked number.** The windows of $2 \times 2$ in the picture of 1 to 9, one a column:

# %% [markdown] name="exercise-im2col"
# ### Exercise 10: im2col
# Difficulty: ●●●○○, about 12 minutes, 4 points
#
# `x` is (N, C, H, W), `kernel_size` the pair (kH, kW). Return (N, C kH kW, outH outW). In a column come
# first all of channel 0, row by row, then channel 1; the columns go along the rows of the output. It is the
# layout of `torch.nn.functional.unfold`.
#
# Think about: a window is a small array, and `reshape(-1)` lays it out in just this order. Or, with fewer
# turns of the loop: pixel $(a, b)$ of *all* windows is one slice with a step.


# %% nbgrader={"grade": false, "grade_id": "im2col", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="im2col"
def im2col(x, kernel_size, stride=1, padding=0):
    """Every window of the images as a column.

    x: (N, C, H, W), left unchanged; kernel_size: (kH, kW); stride, padding: ints.
    Returns shape (N, C kH kW, outH outW), in the layout of torch.nn.functional.unfold.

    Lecture: Convolution layer, "computing dot products".
    """
    ### BEGIN SOLUTION
    N, C, H, W = x.shape
    kH, kW = kernel_size
    outH = conv_output_size(H, kH, stride, padding)
    outW = conv_output_size(W, kW, stride, padding)
    padded = zero_pad(x, padding)
    columns = np.zeros((N, C, kH, kW, outH, outW), dtype=x.dtype)
    for a in range(kH):
        for b in range(kW):
            rows, cols = (
                slice(a, a + stride * outH, stride),
                slice(b, b + stride * outW, stride),
            )
            columns[:, :, a, b] = padded[:, :, rows, cols]
    return columns.reshape(N, C * kH * kW, outH * outW)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-im2col", "locked": true, "points": 4, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-im2col"
check(im2col)

# %% nbgrader={"grade": false, "grade_id": "windows-as-columns", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="windows-as-columns"
plots.windows_as_columns(im2col, np.arange(1, 10).reshape(3, 3))

# %% [markdown] name="column-steps-text"
# The same on a larger image, column by column. How often does the 6 appear in the end, and why just so often?

# %% nbgrader={"grade": false, "grade_id": "column-steps", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="column-steps"
plots.column_steps(im2col, np.arange(1, 17).reshape(4, 4), kernel_size=2)

# %% [markdown] name="exercise-col2im"
# ### Exercise 11: col2im
# Difficulty: ●●●○○, about 12 minutes, 4 points
#
# The way back for gradients: every number of a column goes to the pixel it came from, and where windows
# overlap, what arrives is *added*. `columns` has shape (N, C kH kW, outH outW), `x_shape` is (N, C, H, W).
# Return (N, C, H, W), the padding cut off. It is not im2col's inverse; it is its backward pass.


# %% nbgrader={"grade": false, "grade_id": "col2im", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="col2im"
def col2im(columns, x_shape, kernel_size, stride=1, padding=0):
    """Columns added back to where im2col took them: its backward pass.

    columns: (N, C kH kW, outH outW), left unchanged; x_shape: (N, C, H, W).
    kernel_size: (kH, kW); stride, padding: ints.
    Returns shape (N, C, H, W), as torch.nn.functional.fold does.

    Lecture: lesson 1, what comes back along several edges is added.
    """
    ### BEGIN SOLUTION
    N, C, H, W = x_shape
    kH, kW = kernel_size
    outH = conv_output_size(H, kH, stride, padding)
    outW = conv_output_size(W, kW, stride, padding)
    columns = columns.reshape(N, C, kH, kW, outH, outW)
    padded = np.zeros((N, C, H + 2 * padding, W + 2 * padding), dtype=columns.dtype)
    for a in range(kH):
        for b in range(kW):
            rows, cols = (
                slice(a, a + stride * outH, stride),
                slice(b, b + stride * outW, stride),
            )
            padded[:, :, rows, cols] += columns[:, :, a, b]
    return padded[:, :, padding : padding + H, padding : padding + W]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-col2im", "locked": true, "points": 4, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-col2im"
check(col2im)

# %% [markdown] name="adjoint-text"
# How can you be sure of a backward pass without any network around it? If $A$ is linear, its backward pass
# is $A^T$, and for all $x$ and $y$
#
# $$\langle A x,\; y \rangle = \langle x,\; A^T y \rangle .$$
#
# So take random $x$ and $y$ and compare two numbers. It is called the **adjoint identity**, and hardly any
# mistake survives it.


# %% nbgrader={"grade": false, "grade_id": "adjoint-claims", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="adjoint-claims"
def adjoint_gap(kernel_size, stride, padding):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 3, 6, 5))
    columns = im2col(x, kernel_size, stride, padding)
    y = rng.normal(size=columns.shape)
    return np.sum(columns * y) - np.sum(
        x * col2im(y, x.shape, kernel_size, stride, padding)
    )


ones = np.ones((1, 1, 3, 3))
claims(
    Claim(
        "⟨im2col x, y⟩ - ⟨x, col2im y⟩", 0, lambda: adjoint_gap((3, 2), 1, 0), digits=9
    ),
    Claim(
        "with stride 2 and padding 1", 0, lambda: adjoint_gap((4, 3), 2, 1), digits=9
    ),
    Claim(
        "im2col, then col2im: in how many windows each pixel lies",
        ((1, 2, 1), (2, 4, 2), (1, 2, 1)),
        lambda: col2im(im2col(ones, (2, 2)), ones.shape, (2, 2))[0, 0],
    ),
)

# %% [markdown] name="exercise-conv-forward-im2col"
# ### Exercise 12: conv_forward_im2col
# Difficulty: ●●○○○, about 8 minutes, 3 points
#
# The layer as above, by `im2col` and one matrix product; no loop. The columns will be wanted again,
# backward.


# %% nbgrader={"grade": false, "grade_id": "conv_forward_im2col", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="conv_forward_im2col"
def conv_forward_im2col(x, w, b, stride=1, padding=0):
    """The convolution layer as one matrix product.

    x: images (N, C, H, W); w: filters (F, C, kH, kW); b: biases (F,); all left unchanged.
    stride: pixels a step; padding: zeros on each side.
    Returns (out, cache): out of shape (N, F, outH, outW).
    The cache is your own business, no check looks into it; (x, w, b, stride, padding) would do.

    Lecture: Convolution layer.
    """
    ### BEGIN SOLUTION
    N, C, H, W = x.shape
    F, C, kH, kW = w.shape
    outH = conv_output_size(H, kH, stride, padding)
    outW = conv_output_size(W, kW, stride, padding)
    columns = im2col(x, (kH, kW), stride, padding)
    out = w.reshape(F, -1) @ columns + b[:, np.newaxis]
    return out.reshape(N, F, outH, outW), (x, w, b, stride, padding)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-conv_forward_im2col", "locked": true, "points": 3, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-conv_forward_im2col"
check(conv_forward_im2col)

# %% [markdown] name="exercise-conv-backward-im2col"
# ### Exercise 13: conv_backward_im2col
# Difficulty: ●●●○○, about 12 minutes, 4 points
#
# Lesson 2 told you how the gradients of a matrix product must look: "they are the only way to make shapes
# match up". Here the product is (F, CkHkW) times (CkHkW, places), once for each picture. `col2im` does the
# rest.


# %% nbgrader={"grade": false, "grade_id": "conv_backward_im2col", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="conv_backward_im2col"
def conv_backward_im2col(dout, cache):
    """Backward pass of the convolution layer as matrix products.

    dout: upstream gradient, (N, F, outH, outW); left unchanged.
    cache: what conv_forward_im2col kept.
    Returns (dx, dw, db) of the shapes of x, w and b: (N, C, H, W), (F, C, kH, kW), (F,).

    Lecture: lesson 2, matrix multiply.
    """
    ### BEGIN SOLUTION
    x, w, b, stride, padding = cache
    F, C, kH, kW = w.shape
    columns = im2col(x, (kH, kW), stride, padding)
    dout = dout.reshape(len(x), F, -1)
    dw = np.sum(dout @ columns.transpose(0, 2, 1), axis=0).reshape(w.shape)
    dx = col2im(w.reshape(F, -1).T @ dout, x.shape, (kH, kW), stride, padding)
    return dx, dw, dout.sum(axis=(0, 2))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-conv_backward_im2col", "locked": true, "points": 4, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-conv_backward_im2col"
check(conv_backward_im2col)

# %% [markdown] name="matrix-story"
# ## 9. A fully connected layer in disguise
#
# The convolution is linear in $x$. So there must be *one matrix* that does it, a fully connected layer's
# $W$, of shape (F outH outW, C H W): row by row the outputs, column by column the inputs. What does it look
# like?

# %% [markdown] name="exercise-conv-matrix"
# ### Exercise 14: conv_matrix
# Difficulty: ●●●●○, about 15 minutes, 4 points
#
# `w` is (F, C, kH, kW); `height` and `width` are the picture's. Return the matrix with
#
# `conv_matrix(w, H, W, stride, padding) @ x.reshape(-1)`
#
# equal to the layer's output for one picture `x` of shape (C, H, W), flattened, without bias. A NumPy array
# or a `scipy.sparse` matrix.
#
# Think about: row $(f, i, j)$ holds the filter $f$, laid where its window is. A weight that would lie on
# the padding has no column: it meets a zero. Or ask the layer: column $k$ is what it makes of a picture
# that is 1 at pixel $k$ and 0 elsewhere.


# %% nbgrader={"grade": false, "grade_id": "conv_matrix", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="conv_matrix"
def conv_matrix(w, height, width, stride=1, padding=0):
    """The convolution layer, without bias, as one matrix.

    w: filters (F, C, kH, kW); height, width: of the pictures; stride, padding: ints.
    Returns shape (F outH outW, C height width), a NumPy array or a scipy.sparse matrix.

    Lecture: Recap: Fully connected layer; Convolution layer.
    """
    ### BEGIN SOLUTION
    F, C, kH, kW = w.shape
    outH = conv_output_size(height, kH, stride, padding)
    outW = conv_output_size(width, kW, stride, padding)
    matrix = np.zeros((F, outH, outW, C, height, width))
    for i in range(outH):
        for j in range(outW):
            for a in range(kH):
                for b in range(kW):
                    row, column = i * stride + a - padding, j * stride + b - padding
                    if 0 <= row < height and 0 <= column < width:
                        matrix[:, i, j, :, row, column] = w[:, :, a, b]
    return matrix.reshape(F * outH * outW, C * height * width)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-conv_matrix", "locked": true, "points": 4, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-conv_matrix"
check(conv_matrix)

# %% nbgrader={"grade": false, "grade_id": "layer-as-matrix", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="layer-as-matrix"
plots.layer_as_matrix(conv_matrix, slide_w, side=5, padding=1)

# %% [markdown] name="matrix-text"
# There it is: the fully connected layer's matrix with two constraints. Far-off pixels get weight 0
# (**locality**), and all rows use the same few weights (**weight sharing**). A convolution is a fully
# connected layer that has been told what a picture is. And its backward pass needs no new idea: for
# $y = Wx$ it was $W^T \frac{\partial L}{\partial y}$.

# %% nbgrader={"grade": false, "grade_id": "matrix-claims", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="matrix-claims"
rng = np.random.default_rng(0)
x, w = rng.normal(size=(1, 2, 5, 4)), rng.normal(size=(3, 2, 3, 2))
dout = rng.normal(size=(1, 3, 3, 3))


def by_matrix():
    out = conv_forward_naive(x, w, np.zeros(3), 2, 1)[0]
    return np.abs(conv_matrix(w, 5, 4, 2, 1) @ x.reshape(-1) - out.reshape(-1)).max()


def by_transpose():
    cache = conv_forward_naive(x, w, np.zeros(3), 2, 1)[1]
    dx = conv_backward_naive(dout, cache)[0]
    return np.abs(
        conv_matrix(w, 5, 4, 2, 1).T @ dout.reshape(-1) - dx.reshape(-1)
    ).max()


claims(
    Claim("matrix times x, minus the layer", 0, by_matrix, digits=9),
    Claim("its transpose times dout, minus dx", 0, by_transpose, digits=9),
    Claim(
        "the matrix of 10 5x5 filters on 32x32x3, in millions of entries",
        31.46,
        lambda: 10 * conv_output_size(32, 5, 1, 2) ** 2 * 3 * 32 * 32 / 1e6,
    ),
    Claim("weights in it", 750, lambda: conv_parameters(3, 10, 5, bias=False)),
)

# %% [markdown] name="torch-story"
# ## 10. In PyTorch, and on a GPU
#
# The same layer on tensors. **Rule of this section: no convolution of PyTorch may be called**, neither
# `F.conv2d` nor `nn.Conv2d`, nor `F.unfold` and `F.fold`. Slices, `Tensor.unfold`, `einsum`, `@` and
# everything else are yours.

# %% nbgrader={"grade": false, "grade_id": "torch-set-up", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="torch-set-up"
import torch

# %% [markdown] name="exercise-conv-forward-torch"
# ### Exercise 15: conv_forward_torch
# Difficulty: ●●●○○, about 10 minutes, 3 points
#
# Shapes as before; `x`, `w` and `b` are tensors. Return `out` alone: PyTorch keeps its own cache. The
# result must be on the device of `x` and of its dtype, so make new tensors with `x.new_zeros(...)`.
#
# Think about: `t.unfold(dim, size, step)` gives all windows along one axis, as a new last axis, without
# copying anything. Two of them give all windows of an image.


# %% nbgrader={"grade": false, "grade_id": "conv_forward_torch", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="conv_forward_torch"
def conv_forward_torch(x, w, b, stride=1, padding=0):
    """The convolution layer on tensors of any device, without a convolution of PyTorch's.

    x: images (N, C, H, W); w: filters (F, C, kH, kW); b: biases (F,).
    stride: pixels a step; padding: zeros on each side.
    Returns out of shape (N, F, outH, outW), on x's device.

    Lecture: Convolution layer.
    """
    ### BEGIN SOLUTION
    N, C, H, W = x.shape
    kH, kW = w.shape[2:]
    padded = x.new_zeros(N, C, H + 2 * padding, W + 2 * padding)
    padded[:, :, padding : padding + H, padding : padding + W] = x
    windows = padded.unfold(2, kH, stride).unfold(3, kW, stride)
    return torch.einsum("nchwab,fcab->nfhw", windows, w) + b[:, None, None]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-conv_forward_torch", "locked": true, "points": 3, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-conv_forward_torch"
check(conv_forward_torch)

# %% [markdown] name="exercise-conv2dfunction"
# ### Exercise 16: Conv2dFunction
# Difficulty: ●●●●○, about 20 minutes, 5 points
#
# This is how a layer with gradients of its own joins PyTorch's graph: a class with two static methods.
# `forward(ctx, x, w, b, stride, padding)` returns `out`, and `ctx` is your cache:
# `ctx.save_for_backward(x, w)` for tensors, plain attributes for the rest. `backward(ctx, dout)` returns a
# gradient for every argument of `forward`, `None` for `stride` and `padding`. Compute them yourself; the
# rule of this section holds.
#
# Think about: one of your three backward passes translates well.


# %% nbgrader={"grade": false, "grade_id": "Conv2dFunction", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="Conv2dFunction"
class Conv2dFunction(torch.autograd.Function):
    """The convolution layer as a node of PyTorch's graph, with its own backward pass.

    Conv2dFunction.apply(x, w, b, stride, padding) is the layer.

    Lecture: Upstream and downstream gradients; Convolution layer.
    """

    @staticmethod
    def forward(ctx, x, w, b, stride, padding):
        """x: (N, C, H, W); w: (F, C, kH, kW); b: (F,). Returns out, (N, F, outH, outW)."""
        ### BEGIN SOLUTION
        ctx.save_for_backward(x, w)
        ctx.stride, ctx.padding = stride, padding
        return conv_forward_torch(x, w, b, stride, padding)
        ### END SOLUTION

    @staticmethod
    def backward(ctx, dout):
        """dout: (N, F, outH, outW). Returns (dx, dw, db, None, None)."""
        ### BEGIN SOLUTION
        x, w = ctx.saved_tensors
        stride, padding = ctx.stride, ctx.padding
        N, C, H, W = x.shape
        outH, outW = dout.shape[2:]
        padded = x.new_zeros(N, C, H + 2 * padding, W + 2 * padding)
        padded[:, :, padding : padding + H, padding : padding + W] = x
        dpadded, dw = torch.zeros_like(padded), torch.zeros_like(w)
        for a in range(w.shape[2]):
            for b in range(w.shape[3]):
                rows = slice(a, a + stride * outH, stride)
                cols = slice(b, b + stride * outW, stride)
                dw[:, :, a, b] = torch.einsum(
                    "nfhw,nchw->fc", dout, padded[:, :, rows, cols]
                )
                dpadded[:, :, rows, cols] += torch.einsum(
                    "nfhw,fc->nchw", dout, w[:, :, a, b]
                )
        dx = dpadded[:, :, padding : padding + H, padding : padding + W]
        return dx, dw, dout.sum(dim=(0, 2, 3)), None, None
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-Conv2dFunction", "locked": true, "points": 5, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-Conv2dFunction"
check(Conv2dFunction)

# %% [markdown] name="torch-claims-text"
# `torch.autograd.gradcheck` is PyTorch's own version of your numerical gradient. And now we may ask PyTorch
# about the windows that don't fit. The slide: "cannot apply 3x3 filter on 7x7 input with stride 3".


# %% nbgrader={"grade": false, "grade_id": "torch-claims", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="torch-claims"
def gradients_are_right():
    generator = torch.Generator().manual_seed(0)
    shapes = ((2, 3, 5, 4), (2, 3, 3, 2), (2,))
    tensors = [torch.randn(s, generator=generator, dtype=torch.float64) for s in shapes]
    inputs = [tensor.requires_grad_() for tensor in tensors]
    return torch.autograd.gradcheck(Conv2dFunction.apply, (*inputs, 2, 1))


def pytorch_with_stride_3():
    x, w = torch.zeros(1, 1, 7, 7), torch.zeros(1, 1, 3, 3)
    try:
        return torch.nn.functional.conv2d(x, w, stride=3).shape[2:]
    except RuntimeError:
        return ()


def seen_by_stride_3():
    x = torch.zeros(1, 1, 7, 7, requires_grad=True)
    torch.nn.functional.conv2d(x, torch.ones(1, 1, 3, 3), stride=3).sum().backward()
    return int(x.grad.sum())


claims(
    Claim("gradcheck of Conv2dFunction", True, gradients_are_right),
    Claim(
        "PyTorch refuses a 3x3 filter on 7x7 with stride 3",
        True,
        lambda: len(pytorch_with_stride_3()) == 0,
        instead=False,
    ),
    Claim("it returns a result of", (2, 2), pytorch_with_stride_3),
    Claim("of 49 pixels it has seen", 36, seen_by_stride_3),
)

# %% [markdown] name="torch-claims-lesson"
# PyTorch rounds down without a word: the last row and the last column are never looked at. Sometimes that
# is what you want (AlexNet and ResNet do it). Your `ValueError` makes you say so.

# %% [markdown] name="times-text"
# ### Experiment: how much faster?
#
# The lecture says of AlexNet: "GPU (50x speedup)". Never believe a speed you haven't measured. Below are
# six layers from tiny to respectable; the third is the lecture's, ten 5x5 filters on 32x32x3. Each point is
# the median of several forward passes after a warm-up, in float32. On the CPU everybody gets one thread,
# and PyTorch's layer once more all there are; on a GPU the clock waits until it has really finished. (On Colab,
# *Runtime, Change runtime type* offers one; everything here runs without, too.)

# %% nbgrader={"grade": false, "grade_id": "times", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="times"
plots.convolution_times(conv_forward_naive, conv_forward_im2col, conv_forward_torch)

# %% [markdown] name="times-lesson"
# Read the plot from the left. On tiny layers a few calls are the whole cost, whoever multiplies. Only the
# loops, with calls for every single window, lie far above from the start, and soon hundreds of times above
# a matrix product that does the *same* multiplications. im2col stays within a small factor of PyTorch's
# layer, which has been polished for years.
#
# And the 50x? If the caption names a GPU, look at the right end, and at *all threads* for a fair
# comparison: the ratio grows with the work, because a GPU needs thousands of numbers at once to be busy,
# and on tiny layers it loses. If it says "no GPU", the claim can't be measured on this computer, and we
# don't pretend to: the same cell on a machine with one will tell you. Either way, "50x" is no constant of
# nature. It depends on the layer, on both chips, and on who wrote the CPU's side. Your im2col beats your
# loops by more than that, on the same chip.

# %% [markdown] name="bonus-story"
# ## 11. Bonus: relatives of the convolution
#
# Six variants that you'll meet everywhere, each in a few lines. Your own functions from above are there to
# be used.

# %% [markdown] name="exercise-conv1x1-forward"
# ### Exercise 17 (bonus): conv1x1_forward
# Difficulty: ●○○○○, about 3 minutes, 1 point
#
# A 1x1 filter has no neighbours: it mixes the channels of each pixel. GoogLeNet and ResNet shrink the depth
# with it before they do anything expensive. `x` (N, C, H, W), `w` (F, C, 1, 1), `b` (F,). One `einsum` or
# matrix product, no loop.


# %% nbgrader={"grade": false, "grade_id": "conv1x1_forward", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="conv1x1_forward"
def conv1x1_forward(x, w, b):
    """A 1x1 convolution: the channels of each pixel, mixed.

    x: (N, C, H, W); w: (F, C, 1, 1); b: (F,). Returns (N, F, H, W).

    Lecture: GoogLeNet, 1x1 convolutions.
    """
    ### BEGIN SOLUTION
    return np.einsum("nchw,fc->nfhw", x, w[:, :, 0, 0]) + b[:, np.newaxis, np.newaxis]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-conv1x1_forward", "locked": true, "points": 1, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-conv1x1_forward"
check(conv1x1_forward)

# %% [markdown] name="exercise-grouped-conv-forward"
# ### Exercise 18 (bonus): grouped_conv_forward
# Difficulty: ●●○○○, about 8 minutes, 2 points
#
# The channels are split into `groups`, and each filter sees only its own group. AlexNet did it to fit on
# two GPUs; with as many groups as channels it is *depthwise*, the layer that lets MobileNet run on a phone.
# `w` has shape (F, C/groups, kH, kW); the first F/groups filters belong to the first C/groups channels, and
# so on.


# %% nbgrader={"grade": false, "grade_id": "grouped_conv_forward", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="grouped_conv_forward"
def grouped_conv_forward(x, w, b, groups, stride=1, padding=0):
    """A convolution whose filters see one group of the channels each.

    x: (N, C, H, W); w: (F, C/groups, kH, kW); b: (F,); groups divides C and F.
    Returns (N, F, outH, outW).

    Source: Krizhevsky et al. 2012; Howard et al. 2017, MobileNets.
    """
    ### BEGIN SOLUTION
    depth, count = x.shape[1] // groups, len(w) // groups
    parts = []
    for g in range(groups):
        own, chosen = (
            slice(g * depth, (g + 1) * depth),
            slice(g * count, (g + 1) * count),
        )
        parts.append(
            conv_forward_im2col(x[:, own], w[chosen], b[chosen], stride, padding)[0]
        )
    return np.concatenate(parts, axis=1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-grouped_conv_forward", "locked": true, "points": 2, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-grouped_conv_forward"
check(grouped_conv_forward)

# %% [markdown] name="exercise-dilated-conv-forward"
# ### Exercise 19 (bonus): dilated_conv_forward
# Difficulty: ●●○○○, about 8 minutes, 2 points
#
# A filter with gaps: its weights lie `dilation` pixels apart, so that nine weights look at a $5 \times 5$
# window (dilation 2) or wider. Nets that label every pixel see far with it and lose no resolution; WaveNet
# hears seconds of sound. A kernel of $k$ pixels spans $(k - 1) \cdot \text{dilation} + 1$.


# %% nbgrader={"grade": false, "grade_id": "dilated_conv_forward", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="dilated_conv_forward"
def dilated_conv_forward(x, w, b, dilation, stride=1, padding=0):
    """A convolution whose weights lie some pixels apart.

    x: (N, C, H, W); w: (F, C, kH, kW); b: (F,); dilation: pixels from weight to weight, 1 or more.
    Returns (N, F, outH, outW).

    Source: Yu and Koltun 2016, Multi-scale context aggregation by dilated convolutions.
    """
    ### BEGIN SOLUTION
    F, C, kH, kW = w.shape
    wide = np.zeros((F, C, (kH - 1) * dilation + 1, (kW - 1) * dilation + 1))
    wide[:, :, ::dilation, ::dilation] = w
    return conv_forward_im2col(x, wide, b, stride, padding)[0]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-dilated_conv_forward", "locked": true, "points": 2, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-dilated_conv_forward"
check(dilated_conv_forward)

# %% [markdown] name="exercise-transposed-conv-forward"
# ### Exercise 20 (bonus): transposed_conv_forward
# Difficulty: ●●●○○, about 12 minutes, 3 points
#
# A convolution's backward pass, used forward: it makes small maps *large*, in networks that draw pictures
# or label every pixel. Every input number lays down the filter, times itself; steps of `stride` pixels;
# `padding` pixels are cut off each side at the end. `x` is (N, C, H, W), `w` is (C, F, kH, kW). Return (N,
# F, outH, outW) with outH $= (H - 1) S - 2P + k_H$, as `F.conv_transpose2d` does.


# %% nbgrader={"grade": false, "grade_id": "transposed_conv_forward", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="transposed_conv_forward"
def transposed_conv_forward(x, w, b, stride=1, padding=0):
    """A transposed convolution, which enlarges.

    x: (N, C, H, W); w: (C, F, kH, kW); b: (F,); stride, padding: ints.
    Returns (N, F, (H - 1) S - 2P + kH, (W - 1) S - 2P + kW).

    Source: Zeiler et al. 2010, Deconvolutional networks; torch.nn.functional.conv_transpose2d.
    """
    ### BEGIN SOLUTION
    N, C, H, W = x.shape
    C, F, kH, kW = w.shape
    out = np.zeros((N, F, (H - 1) * stride + kH, (W - 1) * stride + kW))
    for i in range(H):
        for j in range(W):
            laid = np.einsum("nc,cfab->nfab", x[:, :, i, j], w)
            out[:, :, i * stride : i * stride + kH, j * stride : j * stride + kW] += (
                laid
            )
    height, width = out.shape[2] - padding, out.shape[3] - padding
    return out[:, :, padding:height, padding:width] + b[:, np.newaxis, np.newaxis]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-transposed_conv_forward", "locked": true, "points": 3, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-transposed_conv_forward"
check(transposed_conv_forward)

# %% [markdown] name="exercise-fft-conv2d"
# ### Exercise 21 (bonus): fft_conv2d
# Difficulty: ●●○○○, about 8 minutes, 2 points
#
# The convolution theorem: convolution becomes plain multiplication after a Fourier transform, and for large
# kernels this is much the fastest way. It computes the slide's $f * g$, flip and all, and at *every* place
# where the two touch: (H + kH - 1, W + kW - 1) numbers ("full"). Pad both to that size with zeros, or the
# edges wrap around.


# %% nbgrader={"grade": false, "grade_id": "fft_conv2d", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="fft_conv2d"
def fft_conv2d(image, kernel):
    """The full convolution f * g, by the fast Fourier transform.

    image: (H, W); kernel: (kH, kW); real numbers.
    Returns shape (H + kH - 1, W + kW - 1), real.

    Lecture: convolution of two signals. Source: the convolution theorem.
    """
    ### BEGIN SOLUTION
    shape = (image.shape[0] + kernel.shape[0] - 1, image.shape[1] + kernel.shape[1] - 1)
    product = np.fft.rfft2(image, shape) * np.fft.rfft2(kernel, shape)
    return np.fft.irfft2(product, shape)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-fft_conv2d", "locked": true, "points": 2, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-fft_conv2d"
check(fft_conv2d)

# %% [markdown] name="exercise-winograd-conv3x3"
# ### Exercise 22 (bonus): winograd_conv3x3
# Difficulty: ●●●○○, about 10 minutes, 3 points
#
# Four outputs of a 3x3 filter take $4 \cdot 9 = 36$ multiplications. Shmuel Winograd found a way with 16;
# NVIDIA's cuDNN uses it for the 3x3 layers of most networks. `tile` is 4x4, `kernel` 3x3; return the 2x2
# cross-correlation
#
# $$Y = A^T \left[ (G g G^T) \odot (B^T d\, B) \right] A$$
#
# $$B^T = \begin{bmatrix} 1 & 0 & -1 & 0 \\ 0 & 1 & 1 & 0 \\ 0 & -1 & 1 & 0 \\ 0 & 1 & 0 & -1 \end{bmatrix} \quad G = \begin{bmatrix} 1 & 0 & 0 \\ \frac12 & \frac12 & \frac12 \\ \frac12 & -\frac12 & \frac12 \\ 0 & 0 & 1 \end{bmatrix} \quad A^T = \begin{bmatrix} 1 & 1 & 1 & 0 \\ 0 & 1 & -1 & -1 \end{bmatrix}$$
#
# with $d$ the tile, $g$ the kernel, and $\odot$ element by element: those are the 16.


# %% nbgrader={"grade": false, "grade_id": "winograd_conv3x3", "locked": false, "solution": true, "schema_version": 3, "task": false, "cell_type": "code"} name="winograd_conv3x3"
def winograd_conv3x3(tile, kernel):
    """Four outputs of a 3x3 filter with 16 multiplications: Winograd's F(2x2, 3x3).

    tile: (4, 4); kernel: (3, 3). Returns the cross-correlation, (2, 2).

    Source: Lavin and Gray 2016, Fast algorithms for convolutional neural networks.
    """
    ### BEGIN SOLUTION
    B_T = np.array([[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]])
    G = np.array([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]])
    A_T = np.array([[1, 1, 1, 0], [0, 1, -1, -1]])
    return A_T @ ((G @ kernel @ G.T) * (B_T @ tile @ B_T.T)) @ A_T.T
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "check-winograd_conv3x3", "locked": true, "points": 3, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="check-winograd_conv3x3"
check(winograd_conv3x3)

# %% [markdown] name="ending"
# ## What you can do now
#
# You can say what a convolution layer computes, why it suits pictures, what size comes out and how many
# weights it takes; you have built it three times over, with its gradients, and once more inside PyTorch.
#
# This part of the lecture once more, claim by claim, recomputed with your code:


# %% nbgrader={"grade": false, "grade_id": "all-claims", "locked": true, "solution": false, "schema_version": 3, "task": false, "cell_type": "code"} name="all-claims"
def layer_shape(filters, size, padding=0, depth=3, side=32):
    x, w = np.zeros((1, depth, side, side)), np.zeros((filters, depth, size, size))
    return conv_forward_im2col(x, w, np.zeros(filters), 1, padding)[0].shape[1:]


claims(
    Claim("one output, fully connected: a dot product of", 3072, lambda: 32 * 32 * 3),
    Claim(
        "one output of a 5x5x3 filter: a dot product of",
        75,
        lambda: conv_parameters(3, 1, 5, bias=False),
    ),
    Claim("6 5x5 filters on 32x32x3", (6, 28, 28), lambda: layer_shape(6, 5)),
    Claim(
        "then 10 5x5x6 filters: 24x24x10",
        (10, 24, 24),
        lambda: layer_shape(10, 5, 0, 6, 28),
    ),
    Claim(
        "10 5x5 filters, pad 2: 32x32x10", (10, 32, 32), lambda: layer_shape(10, 5, 2)
    ),
    Claim("parameters in this layer", 760, lambda: conv_parameters(3, 10, 5)),
    Claim("(7 - 3)/1 + 1", 5, lambda: conv_output_size(7, 3, 1)),
    Claim("(7 - 3)/2 + 1", 3, lambda: conv_output_size(7, 3, 2)),
    Claim("stride 3 doesn't fit", True, lambda: refused(7, 3, 3)),
    Claim("7x7, pad 1", 7, lambda: conv_output_size(7, 3, 1, 1)),
    Claim(
        "the layer is the slide's f * g",
        True,
        lambda: np.allclose(
            one_channel(slide_x, slide_w), convolve2d(slide_x, slide_w)
        ),
        instead=False,
    ),
    Claim(
        "the padded example's result is 3x3",
        True,
        lambda: one_channel(slide_x, slide_w, 1, 1).shape == (3, 3),
        instead=False,
    ),
    Claim(
        "0.1 around 2 sharpens",
        True,
        lambda: contrast(filter2d(board, two)) > contrast(board),
        instead=False,
    ),
    Claim(
        "zero-padding with (F - 1)/2 preserves size, F = 4",
        True,
        lambda: 32 in [conv_output_size(32, 4, 1, P) for P in range(4)],
        instead=False,
    ),
)

# %% [markdown] name="what-comes-next"
# **What comes next.** Your filters see 5x5 pixels; a cat has 90,000. In *Strides, pooling and what networks
# see* the windows take bigger steps, the fields of view grow, and we look inside a network that has learned
# from a million photos.
#
# **Sources.** D. Hubel and T. Wiesel, *Receptive fields of single neurones in the cat's striate cortex*, J.
# Physiology 148 (1959); K. Fukushima, *Neocognitron*, Biological Cybernetics 36 (1980); Y. LeCun et al.,
# *Gradient-based learning applied to document recognition*, Proc. IEEE 86 (1998); A. Krizhevsky, I.
# Sutskever and G. Hinton, *ImageNet classification with deep convolutional neural networks* (2012); K.
# Chellapilla, S. Puri and P. Simard, *High performance convolutional neural networks for document
# processing* (2006), for im2col; A. Lavin and S. Gray, *Fast algorithms for convolutional neural networks*
# (2016). Fashion-MNIST: H. Xiao, K. Rasul and R. Vollgraf (2017). Photos: see `data/README.md`.
