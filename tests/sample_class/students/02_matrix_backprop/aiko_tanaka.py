"""Aiko Tanaka: everything right, number by number in plain loops."""

import numpy as np

# %%
import math


def flat(x):
    return [list(np.ravel(example)) for example in x]


# %%
def matmul_forward(x, w):
    y = np.zeros((len(x), len(w[0])))
    for n in range(len(x)):
        for m in range(len(w[0])):
            for d in range(len(w)):
                y[n][m] += x[n][d] * w[d][m]
    return y, [x, w]


# %%
def matmul_backward(dy, cache):
    x, w = cache
    dx = np.zeros(x.shape)
    dw = np.zeros(w.shape)
    for n in range(len(x)):
        for m in range(len(w[0])):
            for d in range(len(w)):
                dx[n][d] += dy[n][m] * w[d][m]
                dw[d][m] += dy[n][m] * x[n][d]
    return dx, dw


# %%
def matmul_jacobian_x(x, w):
    N, D = x.shape
    M = w.shape[1]
    J = np.zeros((N, D, N, M))
    for n in range(N):
        for d in range(D):
            for i in range(N):
                for m in range(M):
                    if i == n:
                        J[n, d, i, m] = w[d, m]
    return J


# %%
def jacobian_bytes(N, D, M, itemsize):
    inputs = 0
    weights = 0
    for _ in range(M):
        inputs += N * D * N * itemsize
        weights += D * M * N * itemsize
    return inputs, weights


# %%
def affine_forward(x, w, b):
    rows = flat(x)
    out = np.zeros((len(rows), len(b)))
    for n in range(len(rows)):
        for m in range(len(b)):
            out[n][m] = b[m]
            for d in range(len(w)):
                out[n][m] += rows[n][d] * w[d][m]
    return out, (x, w)


# %%
def affine_backward(dout, cache):
    x, w = cache
    rows = flat(x)
    drows = np.zeros((len(rows), len(w)))
    dw = np.zeros(w.shape)
    db = np.zeros(w.shape[1])
    for n in range(len(rows)):
        for m in range(w.shape[1]):
            db[m] += dout[n][m]
            for d in range(len(w)):
                drows[n][d] += dout[n][m] * w[d][m]
                dw[d][m] += dout[n][m] * rows[n][d]
    return drows.reshape(x.shape), dw, db


# %%
def unbroadcast(grad, shape):
    result = np.zeros(shape)
    extra = np.ndim(grad) - len(shape)
    for index in np.ndindex(*np.shape(grad)):
        target = []
        for axis in range(len(shape)):
            target.append(0 if shape[axis] == 1 else index[extra + axis])
        result[tuple(target)] += grad[index]
    return result


# %%
def softmax_loss(scores, y):
    N = len(scores)
    loss = 0
    dscores = np.zeros(scores.shape)
    for n in range(N):
        largest = max(scores[n])
        total = 0
        for score in scores[n]:
            total += math.exp(score - largest)
        loss += (math.log(total) - (scores[n][y[n]] - largest)) / N
        for c in range(len(scores[n])):
            dscores[n][c] = math.exp(scores[n][c] - largest) / total / N
        dscores[n][y[n]] -= 1 / N
    return loss, dscores


# %%
def batchnorm_forward(x, gamma, beta, running_mean, running_var, training, momentum=0.1, eps=1e-5):
    N, D = x.shape
    out = np.zeros((N, D))
    normal = np.zeros((N, D))
    scale = np.zeros(D)
    new_mean = np.array(running_mean)
    new_var = np.array(running_var)
    for d in range(D):
        if training:
            mean = 0
            for n in range(N):
                mean += x[n, d] / N
            squares = 0
            for n in range(N):
                squares += (x[n, d] - mean) ** 2
            var = squares / N
            new_mean[d] = (1 - momentum) * running_mean[d] + momentum * mean
            new_var[d] = (1 - momentum) * running_var[d] + momentum * squares / (N - 1)
        else:
            mean = running_mean[d]
            var = running_var[d]
        scale[d] = 1 / math.sqrt(var + eps)
        for n in range(N):
            normal[n, d] = (x[n, d] - mean) * scale[d]
            out[n, d] = gamma[d] * normal[n, d] + beta[d]
    return out, (normal, scale, gamma, training), new_mean, new_var


# %%
def batchnorm_backward(dout, cache):
    normal, scale, gamma, training = cache
    N, D = dout.shape
    dx = np.zeros((N, D))
    dgamma = np.zeros(D)
    dbeta = np.zeros(D)
    for d in range(D):
        for n in range(N):
            dgamma[d] += dout[n, d] * normal[n, d]
            dbeta[d] += dout[n, d]
        for n in range(N):
            dx[n, d] = gamma[d] * scale[d] * dout[n, d]
            if training:
                back = dbeta[d] + normal[n, d] * dgamma[d]
                dx[n, d] -= gamma[d] * scale[d] * back / N
    return dx, dgamma, dbeta


# %%
def dropout_forward(x, p, training, rng):
    out = np.zeros(x.shape)
    factor = np.ones(x.shape)
    for index in np.ndindex(*x.shape):
        if training:
            if rng.uniform() < p:
                factor[index] = 0
            else:
                factor[index] = 1 / (1 - p)
        out[index] = x[index] * factor[index]
    return out, factor


# %%
def dropout_backward(dout, cache):
    dx = np.zeros(dout.shape)
    for index in np.ndindex(*dout.shape):
        dx[index] = dout[index] * cache[index]
    return dx


# %%
def sgd_momentum(w, dw, velocity, learning_rate, momentum):
    new_velocity = np.zeros(w.shape)
    new_w = np.zeros(w.shape)
    for index in np.ndindex(*w.shape):
        new_velocity[index] = momentum * velocity[index] + dw[index]
        new_w[index] = w[index] - learning_rate * new_velocity[index]
    return new_w, new_velocity


# %%
def adam(w, dw, m, v, t, learning_rate=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    new_w, new_m, new_v = np.zeros(w.shape), np.zeros(w.shape), np.zeros(w.shape)
    for index in np.ndindex(*w.shape):
        new_m[index] = beta1 * m[index] + (1 - beta1) * dw[index]
        new_v[index] = beta2 * v[index] + (1 - beta2) * dw[index] ** 2
        m_hat = new_m[index] / (1 - beta1**t)
        v_hat = new_v[index] / (1 - beta2**t)
        new_w[index] = w[index] - learning_rate * m_hat / (math.sqrt(v_hat) + eps)
    return new_w, new_m, new_v


# %%
def kaiming_init(fan_in, fan_out, rng):
    w = []
    for _ in range(fan_in):
        w.append(rng.normal(0, math.sqrt(2 / fan_in), fan_out))
    return w


# %%
def xavier_init(fan_in, fan_out, rng):
    w = np.zeros((fan_in, fan_out))
    for i in range(fan_in):
        w[i] = rng.normal(0, math.sqrt(2 / (fan_in + fan_out)), fan_out)
    return w


# %%
class TwoLayerNet:
    def __init__(self, w1, b1, w2, b2):
        self.w1 = w1
        self.b1 = b1
        self.w2 = w2
        self.b2 = b2

    def loss(self, X, y=None):
        hidden, cache1 = affine_forward(X, self.w1, self.b1)
        z = np.zeros(hidden.shape)
        for index in np.ndindex(*hidden.shape):
            if hidden[index] > 0:
                z[index] = hidden[index]
        scores, cache2 = affine_forward(z, self.w2, self.b2)
        if y is None:
            return scores
        loss, dscores = softmax_loss(scores, y)
        dz, dw2, db2 = affine_backward(dscores, cache2)
        for index in np.ndindex(*hidden.shape):
            if hidden[index] <= 0:
                dz[index] = 0
        dX, dw1, db1 = affine_backward(dz, cache1)
        return loss, {"w1": dw1, "b1": db1, "w2": dw2, "b2": db2}


# %%
def einsum_backward(subscripts, dout, x, w):
    operands, result = subscripts.replace(" ", "").split("->")
    of_x, of_w = operands.split(",")
    letters = sorted(set(of_x + of_w))
    sizes = dict(zip(of_x + of_w, x.shape + w.shape))
    dx = np.zeros(x.shape)
    dw = np.zeros(w.shape)
    for numbers in np.ndindex(*[sizes[letter] for letter in letters]):
        at = dict(zip(letters, numbers))
        i = tuple(at[letter] for letter in of_x)
        j = tuple(at[letter] for letter in of_w)
        k = tuple(at[letter] for letter in result)
        dx[i] += dout[k] * w[j]
        dw[j] += dout[k] * x[i]
    return dx, dw
