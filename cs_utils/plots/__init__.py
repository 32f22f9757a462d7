"""The pictures of the lessons. Each comes as HTML with a text for those who do not see it; where
a student's function is not written yet, a sentence comes in its place."""

from cs_utils.plots.attribution import occlusion, saliency
from cs_utils.plots.blocks import published_blocks, residual_block
from cs_utils.plots.convolution import (
    activation_maps,
    layer_volumes,
    padded_example,
    strides,
)
from cs_utils.plots.convolution_steps import column_steps, convolution_steps
from cs_utils.plots.derivatives import (
    jacobian_costs,
    jacobians,
    local_gradient,
    step_sizes,
)
from cs_utils.plots.fields import (
    field_growth,
    field_of_gradient,
    local_correlations,
    strided_photos,
)
from cs_utils.plots.figures import Picture, with_alt_text
from cs_utils.plots.graphs import neuron_graph, node
from cs_utils.plots.history import five_architectures
from cs_utils.plots.images import channels, equivariance, filtered, pixels
from cs_utils.plots.learning import crossed_clusters, loss_gradient
from cs_utils.plots.matrices import (
    image_samples,
    jacobian_blocks,
    jacobian_memory,
    touched_row,
)
from cs_utils.plots.matrix_forms import layer_as_matrix, windows_as_columns
from cs_utils.plots.network_diagrams import (
    googlenet_road,
    inception_modules,
    network_volumes,
)
from cs_utils.plots.network_measures import mistaken_digits, top_five, weights_and_work
from cs_utils.plots.optimisers import optimiser_paths
from cs_utils.plots.pooling import (
    filters_and_maps,
    pooled_pictures,
    pooling_example,
    pooling_routes,
    pooling_speed,
    shift_invariances,
)
from cs_utils.plots.pooling_steps import depth_steps, field_steps, winner_steps
from cs_utils.plots.residual import alike, degradation, residual_scales, same_kind
from cs_utils.plots.retina import learned_weights, learning_curves, retina
from cs_utils.plots.seeing import by_depth, feature_maps, learned_filters, predictions
from cs_utils.plots.signals import activation_scales, batchnorm_activations, dropout_masks
from cs_utils.plots.small_networks import small_network
from cs_utils.plots.stepping import Steps
from cs_utils.plots.timing import convolution_times, shift_accuracy
from cs_utils.plots.training import confusion, first_layer, training_curves
from cs_utils.plots.wishes import fooled, maximised, strongest_patches

__all__ = [
    "Picture",
    "Steps",
    "activation_maps",
    "activation_scales",
    "alike",
    "batchnorm_activations",
    "by_depth",
    "channels",
    "column_steps",
    "confusion",
    "convolution_steps",
    "convolution_times",
    "crossed_clusters",
    "degradation",
    "depth_steps",
    "dropout_masks",
    "equivariance",
    "feature_maps",
    "field_growth",
    "field_of_gradient",
    "field_steps",
    "filtered",
    "filters_and_maps",
    "first_layer",
    "five_architectures",
    "fooled",
    "googlenet_road",
    "image_samples",
    "inception_modules",
    "jacobian_blocks",
    "jacobian_costs",
    "jacobian_memory",
    "jacobians",
    "layer_as_matrix",
    "layer_volumes",
    "learned_filters",
    "learned_weights",
    "learning_curves",
    "local_correlations",
    "local_gradient",
    "loss_gradient",
    "maximised",
    "mistaken_digits",
    "network_volumes",
    "neuron_graph",
    "node",
    "occlusion",
    "optimiser_paths",
    "padded_example",
    "pixels",
    "pooled_pictures",
    "pooling_example",
    "pooling_routes",
    "pooling_speed",
    "predictions",
    "published_blocks",
    "residual_block",
    "residual_scales",
    "retina",
    "saliency",
    "same_kind",
    "shift_accuracy",
    "shift_invariances",
    "small_network",
    "step_sizes",
    "strided_photos",
    "strides",
    "strongest_patches",
    "top_five",
    "touched_row",
    "training_curves",
    "weights_and_work",
    "windows_as_columns",
    "winner_steps",
    "with_alt_text",
]
