"""Lives of a process that asks a server: each a fork of one that has imported all it needs.

Run as a program, it reads a line of JSON for each life (url, folder, sentences), tells its number,
and how it ended. A life that is not killed leaves its answers in ``answers.json``.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def live(url, folder, texts):
    """Ask for all of ``texts``, and leave the answers."""
    from backends.served import Served
    from harness.core import Sentence
    from harness.protocol import Context
    from harness.runs.options import Given, construct
    from harness.tags import tag_set

    context = Context(
        tags=tag_set(["PER", "LOC"]), seed=1, device="cpu", precision="fp32", threads=1,
        folder=Path(folder), score_dev=lambda outputs: None, report=lambda progress: None,
    )  # fmt: skip
    options = {"url": url, "model": "m", "structure": "none", "concurrency": 3, "timeout": 60.0}
    made = construct(Served, context, Given(options, "options"))
    made.fit([], [])
    answers = made.predict([Sentence(f"s{n}", tuple(text)) for n, text in enumerate(texts)])
    (Path(folder) / "answers.json").write_text(json.dumps([each.text for each in answers]))


def main():
    import backends.asking.client
    import backends.asking.dialect
    import backends.served  # noqa: F401 - for all lives to come

    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            live(*json.loads(line))
            os._exit(0)
        print(child, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


class Lives:
    """The program, from outside."""

    def __init__(self):
        path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
        self.process = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=os.environ | {"PYTHONPATH": path},
        )  # fmt: skip

    def begin(self, *asked):
        """Begin a life; gives the number of its process."""
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def end(self):
        """How the life ended."""
        return int(self.process.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


if __name__ == "__main__":
    main()
