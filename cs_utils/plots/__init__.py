"""The pictures of the lessons. Each comes as HTML with a text for those who do not see it; where
a student's function is not written yet, a sentence comes in its place."""

from cs_utils.plots.derivatives import (
    jacobian_costs,
    jacobians,
    local_gradient,
    step_sizes,
)
from cs_utils.plots.figures import Picture, with_alt_text
from cs_utils.plots.graphs import neuron_graph, node
from cs_utils.plots.learning import crossed_clusters, loss_gradient
from cs_utils.plots.retina import learned_weights, learning_curves, retina

__all__ = [
    "Picture",
    "crossed_clusters",
    "jacobian_costs",
    "jacobians",
    "learned_weights",
    "learning_curves",
    "local_gradient",
    "loss_gradient",
    "neuron_graph",
    "node",
    "retina",
    "step_sizes",
    "with_alt_text",
]
