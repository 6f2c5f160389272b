"""What is about to be read, and what a finished pretraining was, as text."""

from collections import defaultdict
from collections.abc import Iterator

from harness.numbers import magnitude, rounded, whole
from harness.pretraining.held_out import RUN
from harness.results.pretraining import Pretraining, TextRead


def describe_text(text: TextRead) -> str:
    """The sources with their licences and shares, and what was held out."""
    return "\n".join([*_sources(text), *_held_out(text)])


def _sources(text: TextRead) -> Iterator[str]:
    width = max(len(source.name) for source in text.sources)
    yield f"{'source':<{width}} {'characters':>12} {'read':>12} {'passes':>6}  licence"
    for source in sorted(text.sources, key=lambda source: -source.read):
        yield (
            f"{source.name:<{width}} {whole(source.characters):>12} {whole(source.read):>12} "
            f"{rounded(source.passes):>6}  {source.licence or 'not stated'}"
        )
    total = sum(source.characters for source in text.sources)
    yield f"{'all':<{width}} {whole(total):>12} {whole(text.characters):>12}"
    yield (
        f"{whole(text.alphabet)} characters known, windows of {text.window}, "
        f"SHA-256 of the text {text.sha256[:12]}"
    )


def _held_out(text: TextRead) -> Iterator[str]:
    lines = sum(source.removed_lines for source in text.sources)
    yield (
        f"{whole(lines)} lines not read: they share {RUN} characters in a row with a development "
        f"or test sentence of {', '.join(text.compared) or 'no task'}"
    )
    for name, count in text.removed.items():
        yield f"  {name}: {whole(count)}"
    names: dict[str, list[str]] = defaultdict(list)
    for name, reason in text.not_compared.items():
        names[reason].append(name)
    for reason, same in names.items():
        yield f"  not compared: {', '.join(same)}: {reason}"


def describe_result(record: Pretraining) -> str:
    """The cost of what was learned and the last losses, in a few lines."""
    last = record.curve[-1].losses if record.curve else {}
    losses = ", ".join(f"{name} {rounded(loss, 3)}" for name, loss in last.items())
    flops = f"{magnitude(record.flops / record.text.characters)} FLOPs" if record.flops else "n/a"
    rate = record.text.characters / record.seconds if record.seconds else 0.0
    return (
        f"{record.objective}\n"
        f"{whole(record.parameters)} parameters, {whole(record.trained)} trained to make them, "
        f"in {record.precision}\n"
        f"{whole(record.text.characters)} characters in {whole(record.seconds)} s: "
        f"{whole(rate)} characters/s, {flops} a character\n"
        f"last losses in nats: {losses or 'n/a'}"
    )
