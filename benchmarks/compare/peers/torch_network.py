# SPDX-License-Identifier: MIT
"""The network of every job in PyTorch, and what is set before it is used."""
import torch


def network(dims, width):
    linear, act = torch.nn.Linear, torch.nn.SELU
    return torch.nn.Sequential(linear(dims + 1, width), act(), linear(width, width), act(),
                               linear(width, width), act(), linear(width, dims))


class Field(torch.nn.Module):
    """v(t, x) for a time of all cells."""

    def __init__(self, dims, width, layers=None):
        super().__init__()
        self.net = network(dims, width)
        with torch.no_grad():
            for linear, (weight, bias) in zip(self.net[::2], layers or ()):
                linear.weight.copy_(torch.from_numpy(weight.T.copy()))
                linear.bias.copy_(torch.from_numpy(bias.copy()))
        self.evaluations = 0

    def forward(self, t, x):
        self.evaluations += 1
        return self.net(torch.cat([x, t.expand(x.shape[0], 1)], 1))
