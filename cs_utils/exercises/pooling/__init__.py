"""The exercises of ``04_pooling``: receptive fields and pooling layers, a whole convolutional
network, and looking into a trained one."""

from cs_utils.exercises.pooling import avg_pool, max_pool
from cs_utils.exercises.pooling.fields import LOCAL_CORRELATION, RECEPTIVE_FIELD
from cs_utils.exercises.pooling.invariance import SHIFT_INVARIANCE
from cs_utils.exercises.pooling.maximise import MAXIMISE_ACTIVATION
from cs_utils.exercises.pooling.network import CONV_NET
from cs_utils.exercises.pooling.occlusion import OCCLUSION_MAP
from cs_utils.exercises.pooling.saliency import SALIENCY_MAP
from cs_utils.exercises.pooling.strongest import STRONGEST_UNITS

# In the notebook's order.
EXERCISES = (
    LOCAL_CORRELATION,
    RECEPTIVE_FIELD,
    max_pool.FORWARD,
    max_pool.BACKWARD,
    avg_pool.FORWARD,
    avg_pool.BACKWARD,
    avg_pool.GLOBAL_FORWARD,
    avg_pool.GLOBAL_BACKWARD,
    max_pool.FORWARD_FAST,
    max_pool.BACKWARD_FAST,
    SHIFT_INVARIANCE,
    CONV_NET,
    STRONGEST_UNITS,
    OCCLUSION_MAP,
    SALIENCY_MAP,
    MAXIMISE_ACTIVATION,
)
