"""Aiko Tanaka: everything right, number by number in plain loops."""

import numpy as np

# %%
import math


# %%
def numerical_gradient(f, x, h=1e-5):
    if np.ndim(x) == 0:
        return (f(x + h) - f(x - h)) / (2 * h)
    gradient = np.zeros(np.shape(x))
    for index in np.ndindex(*np.shape(x)):
        right = np.array(x, dtype=float)
        left = np.array(x, dtype=float)
        right[index] += h
        left[index] -= h
        gradient[index] = (f(right) - f(left)) / (2 * h)
    return gradient


# %%
def neuron_forward(w, x):
    total = w[2]
    for i in range(2):
        total = total + w[i] * x[i]
    out = 1 / (1 + np.exp(-total))
    return out, (w, x, out)


# %%
def neuron_backward(dout, cache):
    w, x, out = cache
    slope = dout * out * (1 - out)
    dw = np.zeros(3)
    dx = np.zeros(2)
    for i in range(2):
        dw[i] = slope * x[i]
        dx[i] = slope * w[i]
    dw[2] = slope
    return dw, dx


# %%
def numerical_jacobian(f, x, h=1e-5):
    rows = []
    for n in range(len(x)):
        right = [float(value) for value in x]
        left = [float(value) for value in x]
        right[n] += h
        left[n] -= h
        rows.append((f(np.array(right)) - f(np.array(left))) / (2 * h))
    return np.array(rows)


# %%
def relu_jacobian(x):
    jacobian = np.zeros((len(x), len(x)))
    for n in range(len(x)):
        if x[n] > 0:
            jacobian[n][n] = 1
    return jacobian


# %%
def jacobian_backward(jacobian, dz):
    dx = []
    for row in jacobian:
        total = 0
        for slope, upstream in zip(row, dz):
            total += slope * upstream
        dx.append(total)
    return np.array(dx)


# %%
def relu_forward(x):
    z = []
    for value in x:
        if value > 0:
            z.append(value)
        else:
            z.append(0.0)
    return np.array(z), x


# %%
def relu_backward(dz, cache):
    dx = []
    for upstream, value in zip(dz, cache):
        if value > 0:
            dx.append(upstream)
        else:
            dx.append(0.0)
    return np.array(dx)


# %%
def sigmoid_forward(x):
    y = np.zeros(len(x))
    for n in range(len(x)):
        if x[n] >= 0:
            y[n] = 1 / (1 + math.exp(-x[n]))
        else:
            y[n] = math.exp(x[n]) / (1 + math.exp(x[n]))
    return y, y


# %%
def sigmoid_backward(dy, cache):
    dx = np.zeros(len(dy))
    for n in range(len(dy)):
        dx[n] = dy[n] * cache[n] * (1 - cache[n])
    return dx


# %%
def softmax_forward(scores):
    largest = max(scores)
    exponentials = [math.exp(score - largest) for score in scores]
    p = np.array([value / sum(exponentials) for value in exponentials])
    return p, p


# %%
def softmax_backward(dp, cache):
    p = cache
    dscores = np.zeros(len(p))
    for i in range(len(p)):
        for j in range(len(p)):
            if i == j:
                dscores[i] += p[i] * (1 - p[i]) * dp[i]
            else:
                dscores[i] -= p[i] * p[j] * dp[j]
    return dscores


# %%
def linear_forward(x, W, b):
    y = np.zeros(len(b))
    for m in range(len(b)):
        y[m] = b[m]
        for d in range(len(x)):
            y[m] += W[m][d] * x[d]
    return y, (x, W, b)


# %%
def linear_backward(dy, cache):
    x, W, b = cache
    dx = np.zeros(len(x))
    dW = np.zeros((len(b), len(x)))
    db = np.zeros(len(b))
    for m in range(len(b)):
        db[m] = dy[m]
        for d in range(len(x)):
            dx[d] += W[m][d] * dy[m]
            dW[m][d] = dy[m] * x[d]
    return dx, dW, db


# %%
def cross_entropy_forward(scores, label):
    largest = max(scores)
    total = 0
    for score in scores:
        total += math.exp(score - largest)
    loss = math.log(total) - (scores[label] - largest)
    return loss, (scores, label)


# %%
def cross_entropy_backward(dloss, cache):
    scores, label = cache
    p, _ = softmax_forward(scores)
    dscores = np.zeros(len(scores))
    for c in range(len(scores)):
        dscores[c] = dloss * p[c]
        if c == label:
            dscores[c] -= dloss
    return dscores


# %%
def two_layer_forward(x, W1, W2):
    hidden, cache1 = linear_forward(x, W1, [0.0] * len(W1))
    z, cache2 = relu_forward(hidden)
    scores, cache3 = linear_forward(z, W2, [0.0] * len(W2))
    return scores, (cache1, cache2, cache3)


# %%
def two_layer_backward(dscores, cache):
    cache1, cache2, cache3 = cache
    dz, dW2, _ = linear_backward(dscores, cache3)
    dhidden = relu_backward(dz, cache2)
    dx, dW1, _ = linear_backward(dhidden, cache1)
    return dx, dW1, dW2


# %%
def perceptron_update(w, x, target, learning_rate):
    total = 0
    for i in range(len(w)):
        total += w[i] * x[i]
    y = 1 if total > 0 else 0
    new = []
    for i in range(len(w)):
        new.append(w[i] + learning_rate * (target - y) * x[i])
    return np.array(new)


# %%
def adaline_update(w, x, target, learning_rate):
    total = 0
    for i in range(len(w)):
        total += w[i] * x[i]
    new = list(w)
    for i in range(len(w)):
        new[i] = new[i] + learning_rate * (target - total) * x[i]
    return np.array(new)
