"""Faults to plant: each a change that a careless edit could make, with the tests to notice it."""

from benchmarks._fault import Fault
from benchmarks._faults_of_trust import TRUST

STORE, PLAN, GRID = "harness/results/store.py", "harness/runs/plan.py", "harness/runs/grid.py"
LOGBOOK = "harness/runs/logbook.py"
CONTRACT, DECODE, YAML = "harness/runs/contract.py", "harness/runs/decode.py", "harness/yamlfile.py"
WRITES = ("tests/attacks/test_every_write.py",)
STORED = ("tests/harness/results/test_store.py",)
SAME = ("tests/harness/runs/test_identity.py",)
GRIDS = ("tests/harness/runs/test_grid.py",)
BEFORE = ("tests/harness/runs/test_preflight.py",)
PLUGINS = ("tests/attacks/test_bad_plugins.py",)
ANSWERS = (*PLUGINS, "-k", "answer or reordered or elsewhere")
PACKAGES = (f"{PLUGINS[0]}::test_packages_that_break_at_import_are_listed_and_the_others_run",)
READS_YAML = ("tests/harness/test_yamlfile.py",)
NAMES = ("tests/attacks/test_hostile_names.py",)
SIGNALS = ("tests/attacks/test_processes.py",)
LAST = (f"{WRITES[0]}::test_metrics_are_the_last_file_that_a_run_writes",)
REMOTE = ("tests/attacks/test_remote_code.py",)
HUB = ("tests/harness/data/readers/test_hub.py",)

FAULTS = (
    Fault(
        "files are written in place",
        STORE,
        'path.with_name(f".{path.name}.{os.getpid()}.tmp")',
        "path",
        STORED,
    ),
    Fault(
        "nothing is synced to the disk",
        STORE,
        "            os.fsync(stream.fileno())\n",
        "",
        (f"{WRITES[0]}::test_a_write_reaches_the_disk_before_its_name_does",),
    ),
    Fault("NaN is written as JSON", STORE, "allow_nan=False", "allow_nan=True", STORED),
    Fault(
        "a folder is a finished run",
        STORE,
        "return (folder / COMPLETE).is_file()",
        "return folder.is_dir()",
        STORED,
    ),
    Fault("what a killed run left stays", STORE, "            _clear(folder)\n", "", STORED),
    Fault("another run's folder is taken", STORE, "if found != digest:", "if False:", STORED),
    Fault(
        "nobody holds a folder",
        "harness/results/locking.py",
        "        lock.acquire(timeout=0)\n",
        "        pass\n",
        STORED,
    ),
    Fault(
        "no claim is written", STORE, "            write_json(folder / CLAIM, about)\n", "", STORED
    ),
    Fault(
        "devices are replaced", STORE, "path.is_char_device() or path.is_fifo()", "False", STORED
    ),
    Fault(
        "metrics.json before run.json",
        "harness/results/writer.py",
        "    store.write_json(folder / store.RUN, run.model_dump())\n    complete =",
        "    store.write_json(folder / store.COMPLETE, scores.metrics.model_dump())\n"
        "    store.write_json(folder / store.RUN, run.model_dump())\n    complete =",
        LAST,
    ),
    Fault(
        "identity without options",
        PLAN,
        '        "options": one.options.lasting,\n        "weights"',
        '        "weights"',
        SAME,
    ),
    Fault("identity without weights", PLAN, '        "weights": dict(one.weights),\n', "", SAME),
    Fault(
        "identity without prompts", PLAN, '        "prompts": dict(one.files.prompts),\n', "", SAME
    ),
    Fault(
        "identity without the seed",
        PLAN,
        '        "seed": seed,\n        "harness"',
        '        "harness"',
        SAME,
    ),
    Fault("identity without the code", PLAN, '        "code": one.code.model_dump(),\n', "", SAME),
    Fault(
        "identity without libraries",
        PLAN,
        '        "versions": versions(plugin.distribution),\n',
        "",
        SAME,
    ),
    Fault(
        "identity without data",
        PLAN,
        '"task": [task.name, task.fingerprint]',
        '"task": [task.name]',
        SAME,
    ),
    Fault(
        "what is asked for twice runs twice",
        PLAN,
        "tuple(once.values())",
        "tuple(c for name, task in tasks for c in cells_of(request, name, task, pairs))",
        BEFORE,
    ),
    Fault(
        "failed runs are not reported",
        LOGBOOK,
        "            self.failed.append(replace(event, cell=cell))\n",
        "            pass\n",
        GRIDS,
    ),
    Fault(
        "no failed.json",
        "harness/runs/failures.py",
        "        store.write_json(folder / store.FAILED, told)\n",
        "        pass\n",
        GRIDS,
    ),
    Fault(
        "no traceback is kept",
        "harness/runs/failures.py",
        "            store.write(folder / store.LOG, failure.trace)\n",
        "            pass\n",
        GRIDS,
    ),
    Fault(
        "one cause has no code of its own",
        LOGBOOK,
        "            error.exit_code = codes.pop()",
        "            pass",
        GRIDS,
    ),
    Fault(
        "failed cells are code 1",
        "harness/errors.py",
        "    exit_code = 7",
        "    exit_code = 1",
        GRIDS,
    ),
    Fault(
        "children are not ended",
        GRID,
        "                child.close()\n",
        "                pass\n",
        SIGNALS,
    ),
    Fault(
        "no handler of SIGTERM",
        "harness/cli.py",
        "(signal.SIGTERM, signal.SIGINT, signal.SIGHUP)",
        "()",
        SIGNALS,
    ),
    Fault(
        "seeds that libraries refuse",
        "harness/runs/preflight.py",
        "0 <= seed <= LARGEST_SEED",
        "True",
        BEFORE,
    ),
    Fault(
        "a GPU where there is none",
        "harness/runs/preflight.py",
        'settings.device == "cuda" and not accelerators()',
        "False",
        BEFORE,
    ),
    Fault(
        "more threads than cores",
        "harness/runs/preflight.py",
        "settings.threads > cores",
        "False",
        BEFORE,
    ),
    Fault(
        "windows longer than the model",
        "harness/runs/preflight.py",
        "if longest is None or settings.window_limit <= longest:",
        "if True:",
        BEFORE,
    ),
    Fault(
        "predict imports a package itself",
        "harness/runs/predict.py",
        "    require_import(plugin)\n",
        "",
        ("tests/attacks/test_hostile_imports.py", "-k", "predict"),
    ),
    Fault(
        "results of others are used",
        "harness/results/provenance.py",
        "if found is not None and complete(folder) != found.complete:",
        "if False:",
        ("tests/attacks/test_forged_folders.py", "-k", "found"),
    ),
    Fault(
        "pretraining hears no signal",
        "harness/runs/stopping.py",
        "            if self.number:\n                raise Stopped\n",
        "",
        ("tests/attacks/test_interrupted_pretraining.py", "-k", "next_report"),
    ),
    Fault(
        "two values for one option",
        "harness/runs/config.py",
        "if name in found and found[name] != value:",
        "if False:",
        BEFORE,
    ),
    Fault(
        "changed sentences go unnoticed",
        CONTRACT,
        "if _content(given) != before:",
        "if False:",
        ANSWERS,
    ),
    Fault(
        "sentences can be reordered",
        CONTRACT,
        "self.backend.predict(_fixed(sentences))",
        "self.backend.predict(list(sentences))",
        ANSWERS,
    ),
    Fault(
        "a backend moves the program elsewhere", CONTRACT, "        os.fchdir(home)\n", "", ANSWERS
    ),
    Fault(
        "a backend ends the program",
        CONTRACT,
        "    except SystemExit as error:",
        "    except ZeroDivisionError as error:",
        ANSWERS,
    ),
    Fault(
        "fit may return anything",
        CONTRACT,
        "if not isinstance(found, FitReport):",
        "if False:",
        ANSWERS,
    ),
    Fault("a loss that is no number", CONTRACT, "not math.isfinite(value)", "False", ANSWERS),
    Fault("one answer too few", CONTRACT, "if len(found) != len(given):", "if False:", ANSWERS),
    Fault(
        "a text is as good as its letters",
        DECODE,
        '        _require(sentence, "what Tags hold", tags, tuple)\n',
        "        pass\n",
        ANSWERS,
    ),
    Fault(
        "tags of any length",
        DECODE,
        "if unread < 0 or len(tags) + unread != len(sentence):",
        "if False:",
        ("tests/harness/runs/test_decode.py",),
    ),
    Fault(
        "packages are imported where all runs start",
        "harness/runs/apart.py",
        "for plugin in plugins if not plugin.is_own",
        "for plugin in plugins if False",
        PACKAGES,
    ),
    Fault(
        "sys.exit at import ends the program",
        "harness/registry.py",
        "except (Exception, SystemExit) as error:",
        "except ImportError as error:",
        ("tests/harness/test_registry.py",),
    ),
    Fault(
        "tags of YAML make values",
        YAML,
        'if tag := getattr(event, "tag", None):',
        'if tag := "":',
        READS_YAML,
    ),
    Fault(
        "aliases of YAML", YAML, "if isinstance(event, yaml.AliasEvent):", "if False:", READS_YAML
    ),
    Fault("nesting without an end", YAML, "if depth > DEEPEST", "if depth < 0", READS_YAML),
    Fault(
        "heads of LaTeX are format strings",
        "harness/leaderboard/render/latex.py",
        '_escaped(title).replace("{", "{{").replace("}", "}}")',
        "_escaped(title)",
        NAMES,
    ),
    Fault(
        "markup in pages of text",
        "harness/analysis/plain_table.py",
        '.replace("<", "&lt;")',
        "",
        NAMES,
    ),
    Fault(
        "a border in a cell",
        "harness/analysis/plain_table.py",
        r'_ENDS_A_CELL.sub(r"\\\1", marked)',
        "marked",
        ("tests/harness/analysis/test_plain_table.py",),
    ),
    Fault(
        "rows without tokens",
        "harness/data/readers/hub.py",
        "if not (isinstance(tokens, list) and isinstance(tags, list)):",
        "if False:",
        HUB,
    ),
    Fault(
        "a damaged data set is a traceback",
        "harness/data/readers/hub.py",
        "except Exception as error:",
        "except ValueError as error:",
        HUB,
    ),
    Fault(
        "remote code is on",
        "backends/tagging/architecture.py",
        "AutoConfig.from_pretrained(folder, trust_remote_code=False)",
        "AutoConfig.from_pretrained(folder, trust_remote_code=True)",
        REMOTE,
    ),
    Fault(
        "what is printed may be lost",
        "harness/commands/output.py",
        "                sys.stdout.flush()\n",
        "                pass\n",
        ("tests/harness/commands/test_output.py",),
    ),
    *TRUST,
)
