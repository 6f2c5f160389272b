"""What ``auto`` stands for, settled before anything starts: so it is planned, run and recorded.

Asked of the driver and of the version of torch, since the harness imports no model library; a
backend that then cannot have what was settled says so, and computes nowhere else.
"""

from harness.runs import hardware
from harness.runs.config import Settings


def resolved(settings: Settings) -> Settings:
    """``settings`` with the device and the precision that ``auto`` stands for here."""
    found = "cuda" if has_gpu() else "cpu"
    device = found if settings.device == "auto" else settings.device
    precision = _precision(device) if settings.precision == "auto" else settings.precision
    return settings.model_copy(update={"device": device, "precision": precision})


def has_gpu() -> bool:
    """Whether there is a GPU, and a torch that can use it."""
    without = hardware.versions().get("torch", "").endswith("+cpu")
    return bool(hardware.accelerators()) and not without


def _precision(device: str) -> str:
    """Training in bf16 on a GPU that computes it, else in fp32."""
    return "bf16" if device == "cuda" and hardware.computes_bf16() else "fp32"
