"""Finished runs made without a model: sentences of our own, and systems that err as models do."""

import hashlib
import json
import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from harness.analysis import FACTS, FinishedRun, TrainFacts, train_facts
from harness.core import Example, Sentence, Span
from harness.protocol import Epoch
from harness.results.record import Metrics, Prediction
from harness.results.run_record import Cost, Data, Run
from harness.tags import POLICIES, decode, encode, invalid_transitions

LABELS = ("PER", "ORG", "LOC", "T")
NAMES = {
    "PER": ("林晓", "周文博", "何雨", "欧阳靖", "Ada Wong", "陈一鸣", "郑和风", "苏晴", "𠮷田"),
    "ORG": (
        "青禾银行",
        "北岭大学",
        "南港中学",
        "K12出版社",
        "云桥科技有限公司",
        "河东医院",
        "平湖",
    ),
    "LOC": ("平湖", "白沙镇", "河东", "松岭", "长桥路18号", "南港", "东山县", "云桥"),
    "T": ("周三", "3月5日", "去年", "2019年12月", "上午9点", "今天"),
}
CHARACTERS = "晓文雨静明和晴平东南松青禾云岭桥沙泽兰溪岚柏"
FRAMES = (
    "{PER}{T}从{LOC}出发，前往{ORG}。",
    "{T}，{ORG}的{PER}说：“没有问题。”",
    "{PER}住在{LOC}{LOC}。",
    "天气很好，没有人出门。",
    "{ORG}和{ORG}都在{LOC}，{T}由{PER}和{PER}负责，他们已经认识了十几年。",
    "据{PER}介绍，{T}以后{LOC}不再下雨。",
    "记者{T}在{LOC}见到了{PER}，他刚离开{ORG}不久；其余的人都没有来。",
)


def examples(number: int, seed: int = 0) -> list[Example]:
    """Sentences of one character per unit, with their gold."""
    draw = random.Random(seed)
    return [_example(f"s{index}", draw) for index in range(number)]


def _example(identity: str, draw: random.Random) -> Example:
    text, spans = "", []
    for part in draw.choice(FRAMES).replace("}", "{").split("{"):
        mention = _mention(part, draw) if part in NAMES else part
        if part in NAMES:
            spans.append(Span(len(text), len(text) + len(mention), part))
        text += mention
    return Example(Sentence(identity, tuple(text)), tuple(spans))


def _mention(label: str, draw: random.Random) -> str:
    """A name of the list, or one made up, as most names of a text are new."""
    if draw.random() < 0.4:
        return draw.choice(NAMES[label])
    core = "".join(draw.choices(CHARACTERS, k=draw.choice((1, 2, 2))))
    return {
        "PER": f"{draw.choice('林周何陈郑苏')}{core}",
        "ORG": f"{core}{draw.choice(('银行', '大学', '公司', '研究院'))}",
        "LOC": f"{core}{draw.choice('县镇河山')}",
        "T": f"{draw.randint(1, 12)}月{draw.randint(1, 28)}日",
    }[label]


@dataclass(frozen=True)
class System:
    """How a backend errs: at ``rate``, and more on what is hard for all; ``share`` of its errors
    are the ones that every system makes alike."""

    name: str
    rate: float = 0.1
    share: float = 0.5
    family: str = "encoder"
    labels: Sequence[str] = field(default=LABELS)

    def answer(self, example: Example, seed: int) -> tuple[str, ...]:
        """The tags of one sentence."""
        own = random.Random(f"{self.name}{seed}{example.sentence.id}")
        tags = list(encode(example.spans, len(example.sentence)))
        for span in example.spans:
            common = random.Random(f"{example.sentence.mention(span)}{example.sentence.id}")
            hard = common.random() < self.rate * self.share
            if hard or own.random() < self.rate * (1 - self.share):
                self._spoil(tags, span, common if hard else own)
        for start in range(len(tags) - 1):
            if own.random() < self.rate / 30 and tags[start] == tags[start + 1] == "O":
                self._mark(tags, start, start + 2, own.choice(self.labels))
        return tuple(tags)

    def _spoil(self, tags: list[str], span: Span, draw: random.Random) -> None:
        kind = draw.choice(("type", "short", "long", "missed", "split", "orphan"))
        start, end, label = span.start, span.end, span.label
        tags[start:end] = ["O"] * (end - start)
        if kind == "type":
            label = draw.choice([other for other in self.labels if other != label])
        elif kind == "short" and end - start > 1:
            start += 1
        elif kind == "long" and end < len(tags) and tags[end] == "O":
            end += 1
        elif kind == "missed":
            return
        self._mark(tags, start, end, label)
        if kind == "split" and end - start > 2:
            tags[end - 1] = f"B-{label}"
        elif kind == "orphan":
            tags[start] = f"I-{label}"

    @staticmethod
    def _mark(tags: list[str], start: int, end: int, label: str) -> None:
        tags[start:end] = [f"B-{label}", *[f"I-{label}"] * (end - start - 1)]


def prediction(example: Example, tags: Sequence[str], **more: object) -> Prediction:
    """The record of one sentence."""
    return Prediction(
        id=example.sentence.id, units=example.sentence.units, joiner=example.sentence.joiner,
        gold=tuple((span.start, span.end, span.label) for span in example.spans),
        tags=tuple(tags), **more,
    )  # fmt: skip


def answers(
    predictions: Sequence[Prediction], backend: str = "made", seed: int = 1, *, task: str = "made",
    facts: TrainFacts | None = None, family: str = "encoder", labels: Sequence[str] = LABELS,
) -> FinishedRun:  # fmt: skip
    """The finished run that gave ``predictions``."""
    gold = [each.gold_spans() for each in predictions]
    units = sum(len(each.units) for each in predictions)
    support = {label: sum(s.label == label for spans in gold for s in spans) for label in labels}
    fingerprint = hashlib.sha256(repr([(p.id, p.gold) for p in predictions]).encode()).hexdigest()
    return FinishedRun(
        Run(
            digest=hashlib.sha256(f"{task}{backend}{seed}".encode()).hexdigest(), harness="0.1.0",
            backend=backend, family=family, preset="default", variant="", seed=seed,
            planned_seeds=(1, 2, 3), options={}, settings={},
            data=Data(task=task, fingerprint=fingerprint, policy="conlleval", split="test",
                      support=support, sentences={"test": len(predictions)}, malformed={}),
            origin={}, versions={}, hardware={}, weights="scratch", parameters=1000, trained=1000,
            precision="fp32", cost=Cost(seconds={}, train_units=0, predict_units=units),
            transitions=_transitions(labels) if "crf" in backend else None,
        ),
        metrics(predictions, labels), tuple(predictions), history(seed), facts,
    )  # fmt: skip


def metrics(predictions: Sequence[Prediction], labels: Sequence[str] = LABELS) -> Metrics:
    """The metrics of ``predictions``, by set logic and one loop over the units."""
    gold = [each.gold_spans() for each in predictions]
    wrong, units = [0] * 4, [0] * 4
    for each in predictions:
        right = encode(each.gold_spans(), len(each.units))
        for place, (a, b) in enumerate(zip(each.tags, right, strict=True)):
            quarter = 4 * place // len(right)
            units[quarter] += 1
            wrong[quarter] += a != b
    content = "".join(each.model_dump_json() + "\n" for each in predictions)
    return Metrics(
        split="test", policy="conlleval", labels=tuple(labels), sentences=len(predictions),
        units=sum(units), correct_units=sum(units) - sum(wrong),
        invalid_transitions=sum(invalid_transitions(each.tags) for each in predictions),
        types={
            policy: dict.fromkeys(labels, (0, 0, 0))
            | by_sets(gold, [decode(each.tags, policy) for each in predictions])
            for policy in POLICIES
        },
        quarters=tuple(zip(wrong, units, strict=True)),
        predictions_sha256=hashlib.sha256(content.encode()).hexdigest(),
    )  # fmt: skip


def by_sets(
    gold: Sequence[Sequence[Span]], found: Sequence[Sequence[Span]]
) -> dict[str, tuple[int, int, int]]:
    """Counts (tp, fp, fn) by type, by set logic."""
    one = {(row, span) for row, spans in enumerate(gold) for span in spans}
    other = {(row, span) for row, spans in enumerate(found) for span in spans}
    parts = (one & other, other - one, one - other)
    labels = {span.label for _, span in one | other}
    return {
        label: tuple(sum(span.label == label for _, span in part) for part in parts)
        for label in sorted(labels)
    }


def _transitions(labels: Sequence[str]) -> tuple[tuple[float, ...], ...]:
    size = 2 * len(labels) + 1
    draw = random.Random(3)
    return tuple(tuple(draw.gauss(0, 1) for _ in range(size)) for _ in range(size))


def history(seed: int, epochs: int = 8) -> tuple[Epoch, ...]:
    """A training that learns and levels off."""
    draw = random.Random(seed)
    return tuple(
        Epoch(n, 2.0 / n + draw.random() / 9, 2.2 / n + 0.1 + draw.random() / 9,
              1 - 1 / (n + 1) - draw.random() / 20, 1 - 1 / (4 * n + 1), (5e-5,), 1.0, 0.1, 10, 10,
              "")
        for n in range(1, epochs + 1)
    )  # fmt: skip


def study(
    systems: Sequence[System],
    number: int = 60,
    seeds: Sequence[int] = (1, 2, 3),
    task: str = "made",
) -> list[FinishedRun]:  # fmt: skip
    """Runs of ``systems`` with every seed, on one generated task."""
    facts, test = train_facts(examples(number * 3, seed=7)), examples(number, seed=8)
    return [
        answers([prediction(example, system.answer(example, seed)) for example in test],
                system.name, seed, facts=facts, family=system.family, task=task)
        for system in systems
        for seed in seeds
    ]  # fmt: skip


def store(folder: Path, run: FinishedRun) -> Path:
    """Write ``run`` as the runner does."""
    folder.mkdir(parents=True)
    lines = "".join(each.model_dump_json() + "\n" for each in run.predictions)
    (folder / "predictions.jsonl").write_text(lines, encoding="utf-8")
    epochs = "".join(json.dumps(asdict(epoch)) + "\n" for epoch in run.history)
    (folder / "history.jsonl").write_text(epochs, encoding="utf-8")
    (folder / "run.json").write_text(run.run.model_dump_json(), encoding="utf-8")
    if run.facts:
        (folder / FACTS).write_text(run.facts.to_json(), encoding="utf-8")
    (folder / "metrics.json").write_text(run.metrics.model_dump_json(), encoding="utf-8")
    return folder


HOSTILE = (
    "</script><script>document.title='bad'</script>",
    "</style><style>body{display:none}</style>",
    '"><img src=x onerror="document.title=\'bad\'">',
    "{{ 7*7 }}{% raw %}",
    "<!--<script>",
    "\u202eabc\u202c\u2066\u2028\u2029\u0000\ufeff",
    "a&amp;b'\"`",
)


def hostile() -> list[FinishedRun]:
    """Two runs on text that would act on a page that let it."""
    examples = [
        Example(Sentence(f"id{text}", tuple(text)), (Span(0, 3, "PER"),)) for text in HOSTILE
    ]
    return [
        answers(
            [
                prediction(each, encode([Span(1, 4, "<b>X</b>")], len(each.sentence)))
                for each in examples
            ],
            backend, task="</script><b>", labels=("PER",),
        )
        for backend in ("<i>a</i>", "b")
    ]  # fmt: skip
