"""How much of a training is done: of whichever of its bounds is nearest.

The learning rate falls with that share, so a training that is bounded by seconds or by operations
ends at a rate of nothing, as one bounded by its epochs does.
"""

from dataclasses import dataclass

from backends.training.course import Course


@dataclass(frozen=True, slots=True)
class Budget:
    """The most that a training may take; 0 does not bound it.

    ``units`` of text are read, in ``seconds`` of training alone, with ``flops`` operations of
    matrix products, forward and backward.
    """

    units: int
    seconds: float = 0.0
    flops: float = 0.0

    def share(self, course: Course, ahead: float = 0.0) -> float:
        """The share that is done of it, from 0 to 1, ``ahead`` units from now.

        What these will take is told by what those before them took.
        """
        grown = (course.done + ahead) / course.done if course.done else 1.0
        used = [(course.seconds_so_far, self.seconds), (course.flops, self.flops)]
        shares = [grown * spent / most for spent, most in used if most]
        return min(1.0, max((course.done + ahead) / self.units, *shares, 0.0))

    def is_spent(self, course: Course) -> bool:
        """Whether nothing of it is left."""
        return self.share(course) >= 1.0
