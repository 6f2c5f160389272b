"""What a plugin may use of the training here; the names stay from release to release.

``UnitTagger`` makes a backend of a network alone. Who brings more than a network implements
``Objective`` and calls ``train``, as every family here does. ``Recipe`` are the options of
training, to be had as one argument of a constructor; ``option_group`` makes groups of one's own.
"""

from backends.tagging.unit_tagger import UnitTagger
from backends.training.device import set_up, to_device, to_host
from backends.training.loop import Objective, Training, train
from backends.training.optimiser import decay_groups
from backends.training.option_group import option_group
from backends.training.prediction import positions_per_batch, predict_in_batches
from backends.training.recipe import Recipe

__all__ = [
    "Objective",
    "Recipe",
    "Training",
    "UnitTagger",
    "decay_groups",
    "option_group",
    "positions_per_batch",
    "predict_in_batches",
    "set_up",
    "to_device",
    "to_host",
    "train",
]
