"""The scores of one run as text: what a person reads is what the files hold."""

from stored_runs import change, write_run

from harness.analysis.score_text import page
from harness.results import reader

FREE = {"raw": {"PER": [0, 0, 3]}, "repaired": {"PER": [2, 1, 1]},
        "repairs": {"loop": 3, "missing_unit": 12}, "malformed_sentences": 2,
        "quarters": [[1, 10], [1, 10], [2, 10], [3, 10]], "predictions_sha256": ""}  # fmt: skip


def cells(text: str, first: str) -> list[str]:
    line = next(line for line in text.splitlines() if line.startswith(f"| {first} "))
    return [cell.strip() for cell in line.split("|")[2:-1]]


def test_the_page_has_each_type_under_each_policy(tmp_path):
    write_run(tmp_path, sentences=8)
    [result] = reader.read([tmp_path]).runs
    text = page(result)
    micro = result.metrics.micro("conlleval")
    assert cells(text, "all (micro)")[3:] == [str(n) for n in (micro.tp, micro.fp, micro.fn,
                                                               micro.support)]  # fmt: skip
    assert all(f"| {policy} " in text for policy in ("conlleval", "strict", "discard"))
    assert "repair" not in text


def test_free_generation_is_shown_before_and_after_repair_with_its_repairs(tmp_path):
    folder = write_run(tmp_path, sentences=8)
    change(folder / "metrics.json", "free", to=FREE)
    change(folder / "metrics.json", "units", to=600)
    text = page(reader.read([tmp_path]).runs[0])
    assert cells(text, "raw")[2:] == ["0.00", "0", "0", "3", "3"]
    assert cells(text, "repaired")[2:] == ["66.67", "2", "1", "1", "3"]
    assert cells(text, "missing_unit") == ["12", "20.0"]
    assert text.index("missing_unit") < text.index("loop")
    assert "2 of 8 sentences malformed" in text
    assert text.endswith("%: 10.00, 10.00, 20.00, 30.00")
