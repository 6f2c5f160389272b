"""Whether two finished runs are one, byte for byte, apart from what they cost."""

import json


def content(folder):
    """The files of a run by name, without times and other costs."""
    return {
        str(path.relative_to(folder)): _without_cost(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ".lock" and path.parent.name != "tensorboard"
    }


def _without_cost(path):
    if path.name == "run.json":
        return {k: v for k, v in json.loads(path.read_text()).items() if k != "cost"}
    if path.name == "history.jsonl":
        epochs = [json.loads(line) for line in path.read_text().splitlines()]
        return [{k: v for k, v in e.items() if "seconds" not in k} for e in epochs]
    if path.name == "metrics.json":
        record = json.loads(path.read_text())
        timed = ("run.json", "history.jsonl")  # whose hashes are hashes of times
        return record | {"files": {k: v for k, v in record["files"].items() if k not in timed}}
    return path.read_bytes()
