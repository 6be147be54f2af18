"""What Keras's loaders do beside looking classes up, and since which release: facts as data, so that no check knows a release by heart.

Each was read in the sources at the releases' tags and seen in the releases on either side of the change.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from kdoctor.target import Target

NUMBER = re.compile(r"([0-9]{1,4})\.([0-9]{1,4})")
ALWAYS, NEVER = (0, 0), (10**6, 0)


class Habit(NamedTuple):
    """The first release that has it, and the first that has it no more; by number, under whatever name they are published."""

    first: tuple[int, int]
    last: tuple[int, int] = NEVER

    def of(self, target: Target) -> bool:
        """Whether the target's loader has it."""
        return self.first <= target.minor < self.last

    def at(self, release: str | None) -> bool:
        """Whether the release that a file states has it; no release does where the file states none."""
        numbers = NUMBER.match(release or "")
        return numbers is not None and self.first <= (int(numbers[1]), int(numbers[2])) < self.last


# How a file is opened: saving/saving_api.py
READS_ARCHIVES = Habit((2, 12))  # `.keras` zip archives
OPENS_BY_NAME = Habit((3, 0))  # the extension alone decides; before, the content of a file did

LOST_BACKEND_NAMES = Habit((3, 1))  # most of keras.backend: read in 3.0.5, 3.1.1, 3.12.0 and 3.15.1
TURNS_KERNELS_OF_THEANO = Habit(
    ALWAYS, (2, 4)
)  # of convolutions, as it reads an `.h5`: read in Keras 2.1.6 to 2.3.1 and TensorFlow 1.15 to 2.4, run in 2.2.5

ASKS_SHAPES_OF_ATTENTION = Habit(
    (2, 5), (3, 0)
)  # MultiHeadAttention.from_config takes them out of the config; 2.4 stored none. Read in 2.4, 2.6, 2.9, 2.13 and 2.15, run in 2.6 and 2.15

# The `.h5` reader of Keras 3: keras/src/legacy/saving
KEEPS_BATCH_AXIS = Habit((3, 0))  # a first layer's batch_input_shape is passed on as the shape of one sample
JOINS_MASKS_BY_OPERATIONS = Habit((3, 6))  # and names them beside the layers: 3.6.0, 3.12.0 and 3.15.1 tried, 3.0 not
SHOWS_WHAT_ANY_INPUT_SHOWS = Habit(
    (3, 4)
)  # a merging layer joins masks with "or", before with "and"; read in 1.2.2 to 3.15.1, run in 2.15 to 3.15
HANDS_ON_MASKS_OF_RELU = Habit((2, 6))  # run in TensorFlow 1.15 to 2.4, 2.6 and later
JOINS_NO_MASKS = Habit((3, 0), (3, 4))  # before and after, a merging layer hands one on; run in 3.0.5 to 3.4.1
LOSES_MASKS_BESIDE_STATES = Habit(
    (3, 0)
)  # a recurrent layer with an initial_state gets no mask with its input: Layer.__call__ of 3.0.5, 3.15.1
TAKES_MASKS_AWAY = Habit((3, 8))  # a MultiHeadAttention, from the tensors that it is given; read in 3.0.5 to 3.15.1, run in 3.7.0 and 3.8.0
LEAVES_MASKS_UNSAID = Habit(
    (3, 10)
)  # of a call of several tensors: its node is made of what it was given; read in 3.9.2 and 3.10.0, run in 3.6.0 to 3.15.1
HANDS_ON_MASKS_OF_TIMES = Habit((3, 0))  # a TimeDistributed, whatever the layer in it makes of the mask: run in 2.15, 3.0.5 and 3.15.1
REPEATS_MASKED_STEPS = Habit((0, 1), (2, 4))  # a Bidirectional that returns sequences; tf.keras of the same number puts zeros there
PASSES_OVER_MASKS = Habit((2, 4), (2, 10))
TELLS_CAUSALITY_IN_CALLS = Habit((2, 10))  # use_causal_mask of attention layers, which 2.9 refuses as an argument of call()
MASKS_ATTENTION = Habit((2, 10))  # a MultiHeadAttention heeds the masks that come with its inputs: 2.9 did not, 2.15 does
SPREADS_MASKS_OF_GROUPS = Habit((2, 14), (3, 0))  # of a GroupNormalization: read in 2.13.1 and 2.14.0, run in 2.15
FORGETS_FROZEN = Habit(
    (3, 0), (3, 2)
)  # variables that a layer makes are trained, though its config freezes it: every release from 3.0 to 3.15 tried
FORGETS_FROZEN_PARTS = Habit(
    (3, 0)
)  # and so are those of the layers that a MultiHeadAttention or ConvLSTM makes, and a Bidirectional wraps
ZEROES_HIDDEN_QUERIES = Habit(
    (3, 10)
)  # layers/activations/softmax.py: zeros where the whole axis is masked, not its mean; run in 3.9.2, 3.11.3 and 3.15.1, read in 3.10.0
DROPS_LISTED_AXIS = Habit((3, 0))  # a list-valued `axis` is passed over, or its one number taken
FORGETS_LORA_ALPHA = Habit(
    (3, 10)
)  # of a Dense or Embedding: build() enables LoRA with its rank alone; run in 3.15.1, read in 3.10 to 3.14
KEEPS_CUSTOM_OBJECTS_TO_ITSELF = Habit((3, 0), (3, 3))  # the reader of an .h5, from layers: run in 3.0.5, 3.2.1, 3.3.3 and 3.15.1
FORGETS_STATISTICS = Habit((3, 0), (3, 6))  # of a Normalization: legacy_h5_format.py; read in 3.3.3 to 3.6.0, run in 3.0.5 and 3.15.1
FORGETS_NESTED_STATISTICS = Habit((3, 0))  # where a model or a wrapper holds it: read in 3.6.0 and 3.9.2, run in 3.15.1
DROPS_NUMBERED_AXIS = Habit((3, 0), (3, 9))  # and one that is a number; seen in 3.0.5, read in 3.6.0 and 3.9.2
ENCODES_IN_WHOLE_NUMBERS = Habit((3, 0))  # IntegerLookup, StringLookup, TextVectorization: run in 2.9, 2.15, 3.0.5 and 3.15.1
REGULARIZES_FLOATS_ALONE = Habit(
    (3, 0), (3, 14)
)  # ActivityRegularization fails with whole numbers: run in 3.0.5 to 3.13.2, 3.14.1 and 3.15.1
NORMALIZES_FLOATS_ALONE = Habit((3, 0), (3, 6))  # BatchNormalization: run in 3.0.5 to 3.5.0 and 3.6.0 to 3.15.1
NORMALIZES_IN_OWN_KIND = Habit((3, 11))  # LayerNormalization truncates its gamma to whole numbers: run in 3.9.2 to 3.11.3 and 3.15.1
SCALES_FLOATS_ALONE = Habit((3, 6))  # UnitNormalization, and a Dot that normalizes: run in 3.0.5 to 3.6.0 and 3.15.1
TELLS_SCORES_BY_QUERY = Habit((3, 4))  # the shape of a MultiHeadAttention's scores: read in 3.2.1 and 3.4.1 to 3.14.1, run in 3.15.1
TAKES_TEXTS_FOR_FUNCTIONS = Habit((3, 15))  # an Attention's score_mode "dot" becomes the function of that name
FALLS_BACK_TO_OPTIMIZER_NAME = Habit((3, 0))  # an unknown optimizer class is sought once more by its config's name

FINDS_REGISTERED_WITHIN = Habit(
    (2, 13), (3, 0)
)  # what is registered, beside a table: deserialize_keras_object of archives; read in 2.12.0 and 2.13.1, run in 2.15.0
BUILDS_SCALING_IN_VAIN = Habit(
    (2, 11), (3, 0)
)  # a LossScaleOptimizerV3, whose set_weights refuses state then: optimizer.py; read in 2.11 to 2.13, run in 2.15
BUILDS_FOR_NO_VARIABLES = Habit((3, 0))  # the optimizer of a file with optimizer_weights, for a model's own variables: it has none

PASSES_UNKNOWN_LOSSES = Habit((3, 0))  # of a loss or metric that it does not know, an .h5's reader gives compile() the name

# Training: trainers/trainer.py
TAKES_RMSPROP_FOR_NONE = Habit((3, 0))  # a compile_config without an optimizer is passed on to compile(), which has a default

# Constructors and calls
SPEAKS_KERAS_1 = Habit(ALWAYS, (2, 4))  # nb_filter and its like; Keras 2.0 to 2.3 through keras/legacy/interfaces.py
# In the training state of an `.h5`; run in Keras 2.3.1 and TensorFlow 1.15, 2.3 and 2.4, read in TensorFlow 2.1 and 2.2
ASKS_SAMPLE_WEIGHT_MODE = Habit(ALWAYS, (2, 4))
ASKS_SAMPLE_WEIGHT_MODE_IN_TENSORFLOW = Habit(ALWAYS, (2, 3))  # by TensorFlow's number
REFUSES_SLASHES = Habit((3, 0))  # in the name of a layer or model: src/ops/operation.py
TAKES_ONE_AXIS = Habit((3, 0))  # a BatchNormalization's axis is a number, a list of one is refused
BUILDS_ATTENTION_WITH_SHAPES = Habit((3, 0))  # MultiHeadAttention.build takes the shapes of query and value
BUILDS_WHAT_BIDIRECTIONAL_COPIES = Habit(
    (3, 0), (3, 3)
)  # the layer it was made of has variables, too; run in 3.0.5, 3.1.1 and 3.3.3, read in 3.2
TAKES_LISTED_NGRAMS = Habit((3, 1))  # of a TextVectorization; run in 2.15, 3.0.5 and 3.1.1
READS_LAYERS_AS_ACTIVATIONS = Habit((3, 10))  # activations.get finds the classes of keras.layers, too
NEW_HARD_SIGMOID = Habit((3, 0))  # relu6(x + 3) / 6 instead of clip(0.2 x + 0.5, 0, 1)
# RandomCrop hands its input on at inference; before, it resized it; run in 3.0, 3.6 (which still resizes), 3.9, 3.12, 3.15, read in 3.7 and 3.8
CROPS_IN_TRAINING_ALONE = Habit((3, 8))
TELLS_LAYERS_WHETHER_TO_TRAIN = Habit((3, 0))  # models/functional.py, operation_fn: over what a call says; run in 3.0.5 and 3.15.1
KEEPS_NULL_STEPS = Habit((3, 0))  # steps_per_execution: null is compared with a number
SORTS_NORMALIZED_AXES = Habit((3, 14))  # of a LayerNormalization, in build; read in 3.6.0 to 3.15.1, run in 3.0.5, 3.12.0 and 3.15.1
SHIFTS_BY_NUMBERS = Habit((3, 10))  # bitwise_left_shift(x, 1); before, the 1 was asked for its dtype; run in 3.9.2, read in 3.10.0
STRIDES_PATCHES = Habit((3, 14))  # before, the operation ExtractPatches failed when it was told its strides (keras#21959)
INFERS_ATTENTION_SCORES = Habit(
    (3, 8)
)  # of an Attention; 3.0 to 3.7 make one tensor of it; run in 3.0.5, 3.6.0 and 3.9.2, read in 3.7.0 and 3.8.0
INFERS_SCORES_OF_HEADS = Habit((3, 3))  # of a MultiHeadAttention; run in 3.0.5, 3.1.1, 3.2.1 and 3.3.3
WIDENS_ATTENTION_MASKS = Habit(
    (3, 12)
)  # the mask of an Attention's values by an axis for its queries; run in 3.0.5 to 3.6.0 and 3.15.1, read in 3.11
REFUSES_SYMBOLIC_MASKS = Habit((3, 4), (3, 7))  # of an Attention: compute_mask makes a tensor of them; run in 3.3.3 to 3.6.0, read in 3.7.0
READS_NESTED_ENDS = Habit((3, 4))  # lists and dicts in those of a Functional; run in 3.0.5 to 3.4.1
SKIPS_OVERWRITTEN = Habit(
    (3, 10)
)  # of float8, as it makes its arrays: optimizers/base_optimizer.py, add_optimizer_variables; read in 3.9.2, 3.10.0
GATHERS_GRADIENTS = Habit((3, 0))  # gradient_accumulation_steps of an optimizer; read in 2.15.0, run in 3.0.5
GROUPS_STATE_BY_KIND = Habit(
    (3, 10)
)  # of an optimizer that averages and gathers: optimizers/base_optimizer.py, build; run in 3.0.5, 3.9.2, 3.10.0
COUNTS_UPDATES = Habit(
    (3, 5)
)  # of an optimizer that gathers gradients, before: batches; base_optimizer.py, iterations; run in 3.0.5, 3.3.3, 3.4.1, 3.5.0, 3.15.1
KEEPS_PRODUCT_OF_NADAM_LAST = Habit((3, 10))  # before, it stands before the slots: optimizers/nadam.py, build
WEIGHS_EVERY_OUTPUT = Habit((3, 0))  # trainers/compile_utils.py: a loss and a weight for every output, no null among metrics; run in 3.15.1
FLATTENS_METRICS_OF_ONE_OUTPUT = Habit((3, 14))  # before, a list in the list of them was refused; run in 3.0.5, 3.9.2, 3.13.0 and 3.14.0
NAMES_METRICS_IN_HDF5 = Habit(
    (2, 4), (3, 0)
)  # it keeps their names as an `.h5` says them, and puts no output before them: engine/compile_utils.py, from_serialized; run in 2.4 to 2.15
SCOPES_SCHEDULES = Habit((3, 0))  # a learning-rate schedule computes in a scope of its name, which must be a text
TURNS_NO_LAYER_ROUND = Habit((3, 0))  # the second direction of a Bidirectional goes backwards whatever the first one does
# What a Normalization does with the mean and variance of its config; later releases lay them beside the axes that it keeps
RESHAPES_STATISTICS = Habit((3, 0), (3, 8))  # read in 3.0, 3.3, 3.6 to 3.9
SPREADS_STATISTICS = Habit((3, 8), (3, 14))  # read in 3.8 to 3.14
WANTS_EQUAL_STATISTICS = Habit((3, 14))  # mean and variance of one shape: read in 3.13.0 and 3.14.0, run in 3.15.1
CLIPS_ALL_TOGETHER = Habit(
    ALWAYS, (2, 4)
)  # clipnorm, by the norm of all gradients: get_gradients of Keras 1.2.2, 2.1.6, 2.2.5 and 2.3.1, not of tf.keras
CLIPS_IN_ONE_WAY = Habit((3, 2))  # before, 3.0 and 3.1 refused clipnorm beside global_clipnorm alone: optimizers/base_optimizer.py
LOSES_CUDNN_LAYERS_OF_ARCHIVES = Habit(
    (2, 13), (3, 0)
)  # looked up under a public name that TensorFlow 1 alone has; run in 2.12, 2.13 and 2.15
RUNS_CUDNN_LAYERS = Habit(ALWAYS, (3, 0))  # CuDNNLSTM and CuDNNGRU are kernels of a GPU
RENAMES_REDUCTION = Habit((3, 0))  # a loss no longer takes the reduction "auto"

# Inputs of a Functional (models/functional.py), run in every minor release from 3.0 to 3.15
COUNTS_INPUTS = Habit((3, 0))  # what miscounted inputs do was measured in Keras 3 (keras_api/input_counts.py)
COUNTS_INPUTS_OF_MODELS_SHORT = Habit((2, 9), (3, 0))  # of a nested model only too few are refused; measured in 2.9 and 2.15
SORTS_DICTS = Habit((3, 4), (3, 7))  # a dict for a list of inputs goes by its sorted keys, not by name
REFUSES_LISTS_FOR_DICTS = Habit((3, 8))  # a list for a dict of inputs

# Models: models/sequential.py, models/functional.py, saving/serialization_lib.py
BUILDS_DOT_FROM_TUPLES = Habit((3, 0), (3, 2))  # not from the lists of a build_config; seen in 3.0.5, read in 3.1.1 and 3.2.1
KEEPS_LAYERS_BEFORE_A_CUT = Habit((3, 0), (3, 1))  # of a Functional made from an intermediate tensor; seen in 3.0.5, not in 3.3.3
READS_NO_POLICY_OF_STACKS = Habit((3, 0))  # the dtype in a Sequential's own config: its from_config takes name and layers alone
REFUSES_BARE_LIST = Habit((3, 0))  # a Sequential's config that is the list of its layers
REFUSES_REPEATED_LAYERS = Habit((3, 0))  # the same entry twice in a Functional model
REFUSES_KEYWORD_TENSORS = Habit((3, 0))  # in a list node, a tensor among the keyword arguments is a plain list
NUMBERS_CALLS_OF_ALL_MODELS = Habit((3, 0), (3, 2))  # when it saves; run in 3.0.5, read in 3.1 and 3.2
KEEPS_CATEGORY_AXIS = Habit(
    (3, 0), (3, 4)
)  # CategoryEncoding and Discretization, one_hot of (…, 1): run in 3.0.5, 3.6 and 3.15, read in 3.1 to 3.5
EXCHANGES_AXIS_AND_ORDER = Habit((3, 0), (3, 1))  # of the operation Normalize; run in 3.0.5 and 3.1.1
MAKES_DTYPE_OF_GIVEN = Habit(
    (3, 0)
)  # a preprocessing layer, of its input, in a graph of TensorFlow; read in 3.0.5 to 3.15.1, run in 3.15.1
TELLS_OTHER_SHAPE_OF_BINS = Habit((3, 0), (3, 14))  # a Discretization, that of its input; run in 3.0.5 to 3.6.0, read in 3.13 and 3.14
READS_ELLIPSIS = Habit((3, 3))  # in a call within a .keras; in an .h5 none does. Read in 3.0 to 3.5, tried in 3.6 to 3.15
COUNTS_ENDS_OF_MODELS_FROM_ONE = Habit(
    (3, 3)
)  # output_layers of what nested models make; before, from 0; run in 3.0.5 to 3.3.3, read in 3.3.0
READS_LISTED_KEYS = Habit((3, 2))  # of a slice (GetItem), a tuple that JSON made a list; run in 3.0.5, 3.1.1 and 3.3.3, read in 3.2.0
WAITS_IN_ITS_OWN_WORDS = Habit(
    (3, 7)
)  # for a tensor that a call in Keras 3's form takes; for those of a list it always did. Read in 3.0.5 to 3.12, run in 3.0.5, 3.3.3, 3.6.0, 3.7.0
COUNTS_NESTED_CALLS_ANEW = Habit((3, 0))  # calls of a nested Sequential count from 0
# [["a", 0, 0]] for the one end of a Functional, and ["a", 0, 0]; run in every minor release from 3.0 to 3.6, 3.9, 3.12 and 3.15
KEEPS_ENDPOINT_LISTS = Habit((3, 11))  # the list of a nested Functional stays a list
RETURNS_LISTED_OUTPUTS = Habit((3, 0), (3, 3))  # a Functional within a Sequential returns a list then
WANTS_LISTED_INPUTS = Habit((3, 4), (3, 5))  # a Functional within a Sequential wants to be called with a list then
TAKES_FLAT_ENDS = Habit((3, 4))  # before, the flat form was taken for a list of ends
STANDARDIZES_SHAPES = Habit((3, 5))  # build_input_shape as a list equals the same tuple (keras#20214)
LOOKS_AT_INNER_MODELS = Habit((3, 5))  # Sequential builds itself from the input shape of a model that is its first layer
POLICY_OBJECTS = Habit((3, 4))  # a dtype policy is an object; before, a plain text
REFUSES_REGISTERED_NAMES = Habit((3, 15))  # of Keras's own classes: _assert_no_registered_name_for_builtin
READS_HELD_LAYERS_NATIVELY = Habit((3, 0))  # what a wrapper holds, without a module too: Wrapper.from_config
GOES_BY_MODULE = Habit((3, 0))  # a layer of a model by its module; before, by its class name alone (layers.deserialize)
READS_MODULES_IN_HDF5 = Habit((2, 12))  # an object that states a module is read as in an archive, inside an `.h5` too
SAFE_MODE_IN_HDF5 = Habit((3, 11))  # Python code in an `.h5` is refused like that in an archive
BINDS_TF = Habit((2, 6), (3, 0))  # a Lambda's code finds `tf` among the globals of the module that loads it (lambda_layer.py)
BINDS_K = Habit(ALWAYS, (2, 6))  # and `K` (layers/core.py)
BINDS_NUMPY = Habit(ALWAYS, (3, 0))  # and `np`
