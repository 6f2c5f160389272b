"""Costs are measured from outside; what could not be measured is None, never 0."""

import json
import multiprocessing
import os
import sys
import time
from types import SimpleNamespace

import pytest
from program import harness

from harness.results.run_record import Cost
from harness.runs import cost, energy
from harness.runs.cost import Meter, shared_resident


def test_a_phase_has_its_seconds_and_its_own_memory_peak():
    meter = Meter()
    with meter.phase("large"):
        block = bytearray(200 << 20)
        del block
    with meter.phase("small"):
        time.sleep(0.02)
    assert meter.seconds["small"] >= 0.02
    if meter.peak_bytes["large"] is not None:
        assert meter.peak_bytes["large"] - meter.peak_bytes["small"] > 150 << 20


def _touched(block, pipe):
    """What a forked process shares before and after it writes into all of ``block``."""
    before = shared_resident()
    block[::1024] = bytes(len(block[::1024]))
    pipe.send((before, shared_resident()))


@pytest.mark.skipif(shared_resident() is None, reason="this system does not count shared pages")
def test_pages_that_a_process_has_from_its_parent_are_shared_until_it_writes_into_them():
    block = bytearray(os.urandom(1 << 16)) * (100 << 4)  # 100 MiB
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    child = context.Process(target=_touched, args=(block, theirs))
    child.start()
    before, after = ours.recv()
    child.join()
    assert before > 95 << 20
    assert before - after > 95 << 20


@pytest.mark.skipif(shared_resident() is None, reason="this system does not count shared pages")
def test_a_run_records_what_it_shares_with_the_process_that_it_came_from(tmp_path):
    harness("run", "--backend", "dictionary", "--seed", 13, folder=tmp_path)
    (path,) = tmp_path.glob("results/**/run.json")
    taken = json.loads(path.read_text(encoding="utf-8"))["cost"]
    peak = max(taken["train_peak_bytes"], taken["predict_peak_bytes"])
    assert 0.1 * peak < taken["shared_bytes"] <= peak


def test_without_a_gpu_there_is_no_device_memory_and_no_energy():
    meter = Meter()
    with meter.phase("x"):
        pass
    assert (meter.device_bytes["x"], meter.reserved_bytes["x"]) == (None, None)
    assert (meter.all_joules(), energy.source()) == (None, "n/a")


def test_a_gpu_is_asked_for_what_tensors_had_and_what_was_held_for_them(monkeypatch):
    cuda = SimpleNamespace(
        is_available=lambda: True, is_initialized=lambda: True, synchronize=lambda: None,
        reset_peak_memory_stats=lambda: None, empty_cache=lambda: None,
        max_memory_allocated=lambda: 5, max_memory_reserved=lambda: 8,
    )  # fmt: skip
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda))
    meter = Meter()
    with meter.phase("x"):
        pass
    assert (meter.device_bytes["x"], meter.reserved_bytes["x"]) == (5, 8)


class NotSupportedError(Exception):
    """As NVML says that a device does not have it."""


def driver(monkeypatch, millijoules=(1000, 3500), milliwatts=0, others=0):
    """NVML of one GPU, which this process computes on once ``torch_cuda`` says so."""
    readings = iter(millijoules)

    def told(reading):
        if reading is None:
            raise NotSupportedError
        return reading

    def processes(handle):
        return [object()] * (others + bool(energy.torch_cuda()))

    def by_uuid(name):
        return told(f"the GPU {name}" if name == "GPU-77" else None)

    nvml = SimpleNamespace(
        NVMLError=NotSupportedError, nvmlInit=lambda: None, nvmlDeviceGetHandleByIndex=lambda i: i,
        nvmlDeviceGetHandleByUUID=by_uuid, nvmlDeviceGetComputeRunningProcesses=processes,
        nvmlDeviceGetTotalEnergyConsumption=lambda handle: told(next(readings, None)),
        nvmlDeviceGetPowerUsage=lambda handle: told(milliwatts),
    )  # fmt: skip
    monkeypatch.setitem(sys.modules, "pynvml", nvml)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


def computing(monkeypatch):
    """From now on this process computes on the GPU."""
    cuda = SimpleNamespace(
        synchronize=lambda: None, reset_peak_memory_stats=lambda: None, empty_cache=lambda: None,
        max_memory_allocated=lambda: 5, max_memory_reserved=lambda: 8,
    )  # fmt: skip
    for module in (energy, cost):
        monkeypatch.setattr(module, "torch_cuda", lambda: cuda)


@pytest.mark.parametrize(
    ("millijoules", "milliwatts", "others", "joules"),
    [
        pytest.param((1000, 3500), 0, 0, 2.5, id="counter"),
        pytest.param((), 0, 0, 0, id="sampled power"),
        pytest.param((1000, 3500), 0, 1, None, id="shared with another process"),
        pytest.param((), None, 0, None, id="neither"),
        pytest.param((1000,), 0, 0, None, id="a counter that fails at the end"),
    ],
)
def test_joules_are_those_of_a_gpu_that_nobody_else_uses(
    millijoules, milliwatts, others, joules, monkeypatch
):
    driver(monkeypatch, millijoules, milliwatts, others)
    meter = Meter()
    with meter.phase("fit"):
        computing(monkeypatch)
    assert meter.joules == {"fit": joules}


def test_what_an_idle_gpu_takes_is_not_of_a_run_beside_it(monkeypatch):
    driver(monkeypatch)
    meter = Meter()
    with meter.phase("fit"):
        pass
    assert (meter.joules, meter.all_joules()) == ({}, None)


@pytest.mark.parametrize(
    ("variable", "value"),
    [("CUDA_VISIBLE_DEVICES", "GPU-78"), ("CUDA_VISIBLE_DEVICES", "-1"), ("WORLD_SIZE", "2")],
)
def test_a_gpu_that_cannot_be_told_and_several_have_no_joules(variable, value, monkeypatch):
    driver(monkeypatch)
    monkeypatch.setenv(variable, value)
    with energy.counter() as joules:
        pass
    assert joules() is None


def test_a_gpu_is_known_by_its_uuid(monkeypatch):
    driver(monkeypatch)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "GPU-77")
    with energy.counter() as joules:
        computing(monkeypatch)
    assert joules() == 2.5


@pytest.mark.parametrize(("of_phases", "joules"), [((5.0, 7.0), 12.0), ((5.0, None), None)])
def test_a_run_has_joules_if_every_phase_has(of_phases, joules):
    assert Meter(joules=dict(enumerate(of_phases))).all_joules() == joules


def test_sampled_power_is_integrated_over_time():
    samples = [(0.0, 100.0), (1.0, 200.0), (3.0, 200.0)]
    assert energy._integral(samples) == 150.0 + 400.0


@pytest.mark.parametrize(
    ("seconds", "units", "rate"), [(2.0, 100, 50.0), (0.0, 9, None), (2.0, 0, None)]
)
def test_the_rate_is_undefined_without_units_or_seconds(seconds, units, rate):
    taken = Cost(seconds={"predict": seconds}, train_units=0, predict_units=units)
    assert taken.predict_rate == rate
