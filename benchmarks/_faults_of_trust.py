"""Faults in what is believed of files, weights and other processes, and in what is told of them."""

from benchmarks._fault import Fault

LOADING = ("tests/backends/training/test_loading.py",)
CHANGED = ("tests/attacks/test_changed_files.py",)
PLANNED = ("tests/harness/runs/test_plan.py", "-k", "after_the_plan")
ASIDE = ("tests/harness/results/test_set_aside.py",)
KEPT = ("tests/harness/results/test_checkpoints.py",)
LINKS = ("tests/attacks/test_links_and_locks.py",)
TOLD = ("tests/harness/runs/test_failures.py",)
READS_YAML = ("tests/harness/test_yamlfile.py",)
IMPORTS = ("tests/attacks/test_damaged_files.py", "-k", "importing")
FULL_DISK = ("tests/attacks/test_every_write.py", "-k", "any_write and full")

TRUST = (
    Fault(
        "tensors that are missing are drawn",
        "backends/training/loading.py",
        "if missing or foreign:",
        "if foreign:",
        LOADING,
    ),
    Fault(
        "a tokenizer may know nothing",
        "backends/training/loading.py",
        "if share < KNOWN_AT_LEAST:",
        "if False:",
        LOADING,
    ),
    Fault(
        "a folder needs no tokenizer",
        "backends/training/loading.py",
        "if not any((folder / name).is_file() for name in TOKENIZER):",
        "if False:",
        LOADING,
    ),
    Fault(
        "an edited record is believed",
        "harness/results/reader.py",
        "    if not wrong:\n        return result",
        "    if True:\n        return result",
        CHANGED,
    ),
    Fault(
        "a model is what lies in its folder",
        "harness/results/reader.py",
        "        self._require(MODEL, WeightsError)\n",
        "",
        CHANGED,
    ),
    Fault(
        "exported answers are any answers",
        "harness/api.py",
        "verify.require_sound(reader.one(Path(run)))",
        "verify.Sound(reader.one(Path(run)), None)  # type: ignore[arg-type]",
        CHANGED,
    ),
    Fault(
        "data may change after the plan",
        "harness/runs/run.py",
        "if task.fingerprint != cell.fingerprint:",
        "if False:",
        PLANNED,
    ),
    Fault(
        "weights may change after the plan",
        "harness/runs/weights.py",
        "if found != planned.get(option):",
        "if False:",
        PLANNED,
    ),
    Fault(
        "a damaged run is done before",
        "harness/results/set_aside.py",
        "        if not reason:\n",
        "        if True:\n",
        ASIDE,
    ),
    Fault(
        "a checkpoint is read unchecked",
        "harness/results/checkpoints.py",
        "return facts if whole else None",
        "return facts",
        KEPT,
    ),
    Fault(
        "one generation of checkpoints",
        "harness/results/checkpoints.py",
        "[-GENERATIONS:]",
        "[-1:]",
        KEPT,
    ),
    Fault(
        "a run folder may be a link",
        "harness/results/locking.py",
        "if folder.is_symlink():",
        "if False:",
        LINKS,
    ),
    Fault(
        "a removed lock lets a second writer in",
        "harness/results/locking.py",
        "if holder and holder.lives:",
        "if False:",
        LINKS,
    ),
    Fault(
        "a writer does not look who took its folder",
        "harness/results/locking.py",
        "if _holder(folder) != _me():",
        "if False:",
        LINKS,
    ),
    Fault(
        "a lack of memory on a CPU is any error",
        "harness/errors.py",
        "any(words in str(error) for words in _NO_MEMORY)",
        "False",
        TOLD,
    ),
    Fault(
        "telling of a failure may fail",
        "harness/runs/failures.py",
        "with suppress(HarnessError):",
        "with suppress(KeyError):",
        FULL_DISK,
    ),
    Fault(
        "half a character ends a write",
        "harness/results/store.py",
        'content.encode(errors="backslashreplace")',
        "content.encode()",
        TOLD,
    ),
    Fault(
        "brackets are looked at to their end",
        "harness/yamlfile.py",
        "if self.flow_level >= DEEPEST:",
        "if False:",
        READS_YAML,
    ),
    Fault(
        "nested lines of an import end it",
        "harness/archive/external.py",
        "except (ValueError, RecursionError) as error:",
        "except ValueError as error:",
        IMPORTS,
    ),
    Fault(
        "entities of an import need no label",
        "harness/archive/external.py",
        "not all(map(_is_mention, found))",
        "False",
        IMPORTS,
    ),
)
