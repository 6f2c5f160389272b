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
from harness.runs import energy
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
    cost = json.loads(path.read_text(encoding="utf-8"))["cost"]
    peak = max(cost["train_peak_bytes"], cost["predict_peak_bytes"])
    assert 0.1 * peak < cost["shared_bytes"] <= peak


def test_without_a_gpu_there_is_no_device_memory_and_no_energy():
    meter = Meter()
    with meter.phase("x"):
        pass
    assert (meter.device_bytes["x"], meter.reserved_bytes["x"]) == (None, None)
    assert (meter.joules["x"], energy.source()) == (None, "n/a")


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


@pytest.mark.parametrize(
    ("processes", "has_counter", "joules"), [(1, True, 2.5), (1, False, 0), (2, True, None)]
)
def test_joules_are_those_of_a_gpu_that_nobody_else_uses(
    processes, has_counter, joules, monkeypatch
):
    readings = iter([1000, 3500])

    def total(handle):
        if not has_counter:
            raise RuntimeError("not supported")
        return next(readings)

    nvml = SimpleNamespace(
        NVMLError=RuntimeError, nvmlInit=lambda: None, nvmlDeviceGetHandleByIndex=lambda i: i,
        nvmlDeviceGetTotalEnergyConsumption=total, nvmlDeviceGetPowerUsage=lambda handle: 0,
        nvmlDeviceGetComputeRunningProcesses=lambda handle: [object()] * processes,
    )  # fmt: skip
    monkeypatch.setitem(sys.modules, "pynvml", nvml)
    with energy.counter() as counted:
        pass
    assert counted() == joules


def test_sampled_power_is_integrated_over_time():
    samples = [(0.0, 100.0), (1.0, 200.0), (3.0, 200.0)]
    assert energy._integral(samples) == 150.0 + 400.0


@pytest.mark.parametrize(
    ("seconds", "units", "rate"), [(2.0, 100, 50.0), (0.0, 9, None), (2.0, 0, None)]
)
def test_the_rate_is_undefined_without_units_or_seconds(seconds, units, rate):
    cost = Cost(seconds={"predict": seconds}, train_units=0, predict_units=units)
    assert cost.predict_rate == rate
