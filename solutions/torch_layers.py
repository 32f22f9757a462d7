"""The layers on PyTorch tensors of any device, without PyTorch's own layer calls or autograd."""
