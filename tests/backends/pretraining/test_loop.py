"""The loop of pretraining: it learns, reads all of the text in its order, and goes on exactly."""

import math
import signal
import subprocess
import sys
from collections import Counter
from itertools import islice
from pathlib import Path

import pytest
import torch
from raw_text import FAMILIES, checkpoints, equal, kept, learner, sparse, stream, weights

from backends.pretraining import loop
from backends.pretraining.characters import FIRST, Characters
from backends.pretraining.next_character import NextCharacter
from backends.pretraining.optimisers import hidden_matrices, optimisers
from backends.pretraining.recipe import PretrainRecipe
from backends.training import device, losses
from backends.training.optimiser import factor
from harness.errors import ConfigError, HarnessError, Stopped, WeightsError
from harness.protocol import Pretrains
from harness.results.checkpoints import CheckpointFolder

QUICK = PretrainRecipe(learning_rate=1e-2, batch_windows=8, together=8, average=0.0)
every_family = pytest.mark.parametrize("family", FAMILIES)


def pretrained(family, folder, text=None, recipe=QUICK, **options):
    return learner(family, folder, **options).pretrain(text or stream(), folder, recipe=recipe)


@pytest.mark.parametrize(
    ("family", "loss"), [("bert-crf", "masked"), ("t5", "span"), ("gpt", "next")]
)
def test_the_loss_falls_on_text_with_a_pattern(family, loss, tmp_path):
    report = pretrained(family, tmp_path, stream(windows=900))
    assert report.curve[-1].losses[loss] < 0.6 * report.curve[0].losses[loss]


def test_generator_and_discriminator_learn_what_text_is_made_of(tmp_path):
    """The one draws the 8 characters alone, the other doubts the 56 that never come."""
    text, kept = sparse(windows=320), []
    backend = learner("electra", tmp_path)

    def make(characters, length):
        kept.append(backend.objective(characters, length))
        return kept[-1]

    report = loop.pretrain(make, text, tmp_path, QUICK, backend.context)
    losses = [point.losses["masked"] for point in report.curve]
    assert losses[0] > math.log(64)
    assert losses[-1] < 1.2 * math.log(8)
    ids = torch.from_numpy(Characters(text.characters).ids(list(islice(text.read(), 8))))
    for place in (3, 17, 30):
        changed = ids.clone()
        changed[:, place] = FIRST + 20
        with torch.no_grad():
            doubts = kept[0].model.doubts(changed)
        assert (doubts.argmax(1) == place).all()


@every_family
def test_a_family_that_pretrains_says_so(family):
    assert issubclass(FAMILIES[family], Pretrains)


def test_all_families_read_the_same_characters_in_the_same_order(tmp_path, monkeypatch):
    read = {}
    convert = Characters.ids
    for family in FAMILIES:
        windows = read[family] = []

        def noting(self, chosen, windows=windows):
            windows += chosen
            return convert(self, chosen)

        monkeypatch.setattr(Characters, "ids", noting)
        report = pretrained(family, tmp_path / family)
        assert report.characters == 64 * 32
    for windows in read.values():
        assert windows == list(stream().read())


@every_family
def test_curve_and_counts_say_what_was_done(family, tmp_path):
    report = pretrained(family, tmp_path)
    assert [point.characters for point in report.curve] == [8 * 32 * i for i in range(1, 9)]
    assert [p.seconds for p in report.curve] == sorted(p.seconds for p in report.curve)
    assert report.parameters == sum(tensor.numel() for tensor in weights(tmp_path).values())
    assert report.trained >= report.parameters
    assert report.precision == "fp32"


def test_operations_are_those_of_six_for_each_weight_of_a_matrix(tmp_path):
    """Two forward and four backward for each, and those of attention beside them."""
    text = stream(windows=8)
    report = pretrained("gpt", tmp_path, text, layers=2, width=32)
    matrices = 2 * 12 * 32 * 32 + (len(text.characters) + 68) * 32
    places = 8 * 31
    products = 6 * matrices * places
    # Queries with keys and scores with values; backward, the flash kernel makes scores again.
    attention = 2 * 8 * (2 + 5) * 2 * 31 * 31 * 32
    assert report.flops == pytest.approx(products + attention, rel=0.05)


# Going on after an interruption.


class Dies(BaseException):
    """What no handler for errors catches."""


@every_family
@pytest.mark.parametrize("average", [0.0, 0.9])
def test_it_goes_on_to_the_same_bits_where_it_was_interrupted(
    family, average, tmp_path, monkeypatch
):
    recipe = PretrainRecipe(batch_windows=8, together=4, average=average, checkpoint_minutes=1e-9)
    whole = pretrained(family, tmp_path / "whole", recipe=recipe, dropout=0.1)
    write, left = CheckpointFolder.write, [3]

    def dying(*arguments):
        write(*arguments)
        left[0] -= 1
        if not left[0]:
            raise Dies

    monkeypatch.setattr(CheckpointFolder, "write", dying)
    with pytest.raises(Dies):
        pretrained(family, tmp_path / "parts", recipe=recipe, dropout=0.1)
    assert not (tmp_path / "parts" / "model.safetensors").exists()
    parts = pretrained(family, tmp_path / "parts", recipe=recipe, dropout=0.1)
    assert equal(tmp_path / "whole", tmp_path / "parts")
    assert [p.losses for p in parts.curve] == [p.losses for p in whole.curve]
    assert (parts.characters, parts.flops) == (whole.characters, whole.flops)


def test_muon_goes_on_to_the_same_bits_too(tmp_path, monkeypatch):
    recipe = PretrainRecipe(batch_windows=8, together=8, optimiser="muon", checkpoint_minutes=1e-9)
    pretrained("bert-crf", tmp_path / "whole", recipe=recipe)
    state = kept(tmp_path / "whole")
    assert len(state["optimiser"]) == 2
    write = CheckpointFolder.write

    def dying(*arguments):
        write(*arguments)
        raise Dies

    monkeypatch.setattr(CheckpointFolder, "write", dying)
    with pytest.raises(Dies):
        pretrained("bert-crf", tmp_path / "parts", recipe=recipe)
    monkeypatch.undo()
    pretrained("bert-crf", tmp_path / "parts", recipe=recipe)
    assert equal(tmp_path / "whole", tmp_path / "parts")


def test_a_checkpoint_of_another_model_is_one_message(tmp_path):
    state = {"loop": {"done": 8, "flops": 1.0}, "model": {}}
    checkpoints(tmp_path).write(lambda stream: torch.save(state, stream))
    with pytest.raises(WeightsError, match="of another model or another version of the code"):
        pretrained("gpt", tmp_path)


KILLED = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, {tests!r})
import torch
torch.set_num_threads(1)
from backends.pretraining.recipe import PretrainRecipe
from raw_text import learner, stream

folder, moment = Path(sys.argv[1]), sys.argv[2]
left = [3]

def killing(step):
    def do(*arguments):
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)
        return step(*arguments)
    return do

if moment == "writing":  # in the midst of the third checkpoint, before it is on the disk
    left = [5]  # each has a state and a record
    os.fsync = killing(os.fsync)
if moment == "training":  # in the third update, between two checkpoints
    torch.Tensor.backward = killing(torch.Tensor.backward)
recipe = PretrainRecipe(batch_windows=8, together=8, checkpoint_minutes=1e-9)
learner("electra", folder).pretrain(stream(), folder, recipe=recipe)
print("done")
"""


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["writing", "training"])
def test_a_process_that_is_killed_goes_on_to_the_same_bits(moment, tmp_path):
    script = KILLED.format(tests=str(Path(__file__).parents[2]))

    def run(folder, moment):
        command = [sys.executable, "-c", script, str(tmp_path / folder), moment]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    died = run("parts", moment)
    assert died.returncode == -signal.SIGKILL, died.stderr
    assert kept(tmp_path / "parts")["loop"]["done"] == 16
    for folder in ("parts", "whole"):
        done = run(folder, "never")
        assert done.stdout.split() == ["done"], done.stderr
    assert equal(tmp_path / "whole", tmp_path / "parts")


# How it moves.


def test_the_rate_rises_stays_and_falls():
    rates = [factor(share, "flat", 0.1) for share in (0.0, 0.05, 0.1, 0.5, 0.8, 0.9, 1.0)]
    assert rates == pytest.approx([0.0, 0.5, 1.0, 1.0, 1.0, 0.5, 0.0])


def test_the_mean_of_the_weights_is_what_is_saved(tmp_path):
    plain = pretrained("gpt", tmp_path / "plain")
    averaged = PretrainRecipe(learning_rate=1e-2, batch_windows=8, together=8, average=0.9)
    mean = pretrained("gpt", tmp_path / "mean", recipe=averaged)
    assert [p.losses for p in plain.curve] == [p.losses for p in mean.curve]
    assert not equal(tmp_path / "plain", tmp_path / "mean")


@every_family
def test_muon_takes_the_matrices_of_layers_and_no_embedding(family, tmp_path):
    model = learner(family, tmp_path).objective(Characters("一二三"), 32).model
    matrices = hidden_matrices(model)
    shapes = Counter(tuple(matrix.shape) for matrix in matrices)
    tokens = len(Characters("一二三"))
    assert not any(tokens in shape or 1 in shape for shape in shapes), shapes
    both = optimisers(model, PretrainRecipe(optimiser="muon"))
    moved = [p for group in both.param_groups for p in group["params"]]
    assert len({id(p) for p in moved}) == len(moved) == len(list(model.parameters()))
    assert len(matrices) >= 4
    assert isinstance(both.parts[1], torch.optim.Muon)


def test_muon_learns(tmp_path):
    recipe = PretrainRecipe(
        learning_rate=1e-2, batch_windows=8, together=8, average=0.0, optimiser="muon"
    )
    report = pretrained("gpt", tmp_path, stream(windows=300), recipe)
    assert report.curve[-1].losses["next"] < 0.5 * report.curve[0].losses["next"]


def test_a_loss_that_is_no_number_ends_it(tmp_path, monkeypatch):
    lossy = NextCharacter.loss

    def poisoned(self, batch):
        loss = lossy(self, batch)
        return loss._replace(total=loss.total * math.nan)

    monkeypatch.setattr(NextCharacter, "loss", poisoned)
    with pytest.raises(HarnessError, match=r"pretraining, step 1: the loss .* is not finite"):
        pretrained("gpt", tmp_path)
    assert not (tmp_path / "model.safetensors").exists()


@pytest.fixture
def read_late(monkeypatch):
    """Losses are read as on an accelerator: every 32 updates, of which there are fewer here."""
    monkeypatch.setattr(losses, "STRIDE", {})


@pytest.mark.usefixtures("read_late")
@every_family
def test_a_loss_that_is_not_finite_leaves_no_model_where_it_is_read_late(family, tmp_path):
    recipe = PretrainRecipe(batch_windows=8, together=8, learning_rate=1e38)
    with pytest.raises(HarnessError, match=r"pretraining, step \d: the loss .* is not finite"):
        pretrained(family, tmp_path, recipe=recipe)
    assert not (tmp_path / "model.safetensors").exists()


@pytest.mark.usefixtures("read_late")
def test_the_step_is_named_after_an_interruption_too(tmp_path, monkeypatch):
    """What was not read before it is read after it."""
    took, lossy = [], NextCharacter.loss

    def poisoned(self, batch):
        took.append(lossy(self, batch))
        if len(took) == 5:
            raise Stopped
        return took[-1]._replace(total=took[-1].total * (math.nan if len(took) == 3 else 1))

    monkeypatch.setattr(NextCharacter, "loss", poisoned)
    with pytest.raises(Stopped):
        pretrained("gpt", tmp_path)
    with pytest.raises(HarnessError, match=r"pretraining, step 3: the loss .* is not finite"):
        pretrained("gpt", tmp_path)


def test_windows_beyond_the_model_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="--window 2100: the model has 2048 positions"):
        pretrained("gpt", tmp_path, stream(windows=1, length=2100))


def test_pretraining_begins_from_scratch(tmp_path):
    made = learner("gpt", tmp_path, init="pretrained", layers=None, width=None,
                   attention_heads=None)  # fmt: skip
    with pytest.raises(ConfigError, match="init=pretrained: pretraining begins from scratch"):
        made.pretrain(stream(), tmp_path)


# Precision.


@pytest.mark.parametrize("able", [True, False])
def test_bf16_is_taken_where_the_processor_has_instructions_for_it_and_is_said(
    able, tmp_path, monkeypatch
):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx2": True, "avx512_bf16": able})
    lines = []
    made = learner("gpt", tmp_path, precision="auto", lines=lines)
    report = made.pretrain(stream(windows=8), tmp_path, recipe=QUICK)
    assert report.precision == ("bf16" if able else "fp32")
    assert lines[0].startswith(f"in {report.precision} (this device has{'' if able else ' no'}")


def test_bf16_without_instructions_is_done_and_warned_of(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx2": True})
    lines = []
    made = learner("gpt", tmp_path, precision="bf16", lines=lines)
    assert made.pretrain(stream(windows=8), tmp_path, recipe=QUICK).precision == "bf16"
    assert "many times as long as fp32 here" in lines[0]


def test_this_processor_is_asked():
    told = torch.cpu.get_capabilities()
    expected = any(told.get(name) for name in device.BF16)
    assert device.multiplies_bf16(torch.device("cpu")) == expected


# What is told.


def test_lines_have_the_losses_the_speed_and_the_time_left(tmp_path):
    lines = []
    learner("electra", tmp_path, lines=lines).pretrain(stream(), tmp_path, recipe=QUICK)
    assert len(lines) == 1 + 8
    for line in lines[1:]:
        assert "loss masked " in line
        assert "replaced " in line
        assert "chars/s" in line
        assert line.endswith(" left")
    assert lines[-1].startswith("100%")


def test_weights_are_in_bf16_and_half_the_size(tmp_path):
    report = pretrained("bert-crf", tmp_path)
    tensors = weights(tmp_path)
    assert {tensor.dtype for tensor in tensors.values()} == {torch.bfloat16}
    size = (tmp_path / "model.safetensors").stat().st_size
    assert 2 * report.parameters < size < 2 * report.parameters + 20_000
