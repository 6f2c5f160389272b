"""What attention is told of distances: it falls off either way, and nowhere is no place."""

import torch

from backends.training.distances import NOWHERE, REACH, Distances, shut


def bias(module, asking, held, kind=0):
    return module(torch.tensor([asking]), torch.tensor([held]), kind)[0]


def test_every_head_begins_by_falling_off_and_the_first_one_steepest():
    found = bias(Distances(heads=3), [4], [2, 3, 4, 5, 6])[:, 0]  # (heads, held)
    assert (found[:, 2] == 0).all()
    assert (found[:, 1] > found[:, 0]).all()
    assert (found[:, 3] > found[:, 4]).all()
    assert found[0, 1] < found[1, 1] < found[2, 1] < 0


def test_before_and_behind_are_told_apart_once_trained():
    module = Distances(heads=1)
    with torch.no_grad():
        module.bias[REACH + 1] = 5.0  # one behind
    assert bias(module, [4], [3, 5])[0, 0].tolist() == [-4.0, 5.0]


def test_beyond_the_reach_all_is_equally_far():
    found = bias(Distances(heads=1), [0], [REACH, REACH + 1, 500])[0, 0]
    assert len(set(found.tolist())) == 1


def test_nowhere_is_as_far_from_everything():
    module = Distances(heads=2)
    with torch.no_grad():
        module.bias += 1.0
    assert (bias(module, [NOWHERE, 3], [1, NOWHERE])[:, 0] == 0).all()
    assert (bias(module, [3], [1, NOWHERE])[:, :, 1] == 0).all()


def test_each_kind_has_a_table_of_its_own():
    module = Distances(heads=1, kinds=2)
    with torch.no_grad():
        module.bias[2 * REACH + 1 :] = 7.0
    found = bias(module, [1], [1, 1], torch.tensor([[0, 1]]))
    assert found[0, 0].tolist() == [0.0, 7.0]


def test_what_is_shut_gets_no_attention():
    open_one = shut(torch.zeros(1, 1, 1, 3), torch.tensor([[[[True, False, False]]]]))
    assert open_one.softmax(-1).tolist() == [[[[1.0, 0.0, 0.0]]]]
