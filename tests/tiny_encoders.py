"""Small real encoders on a task that is learned in seconds; pretrained ones, made on the spot."""

import random

import tiny_generators
import torch
from making import make

from backends.encoder import BertCrf, BertSoftmax, Electra
from harness.core import Example, Sentence, Span
from harness.tags import tag_set

TAGS = tag_set(["PER", "LOC"])
FAMILY = [BertCrf, BertSoftmax, Electra]
TINY = {"layers": 1, "width": 32, "attention_heads": 2, "epochs": 1, "batch_units": 256}
ODD = ["\u200b", "\ufe0f", "\x07", " ", "\u3000"]


def story(seed, odd=False):
    """Sentences in which a title or a preposition gives a name away."""
    draw = random.Random(seed)
    units, spans = [], []
    for _ in range(draw.randint(1, 3)):
        units += draw.choice(["我说", "今天", "大家都"])
        label, before = draw.choice([("PER", "先生"), ("LOC", "在于")])
        units += before
        name = draw.sample("东西南北春夏秋冬", draw.randint(1, 3))
        if odd:
            name.insert(1, draw.choice(ODD))
        spans.append(Span(len(units), len(units) + len(name), label))
        units += [*name, "。"]
    return Example(Sentence(f"s{seed}", tuple(units)), tuple(spans))


TRAIN = [story(i) for i in range(300)]
DEV = [story(i) for i in range(1000, 1040)]


def context(folder, **more):
    """What the harness would tell, with the development set of these sentences."""
    return tiny_generators.context(folder, **{"dev": DEV} | more)


def trained(backend, folder, train=TRAIN, **options):
    made = make(backend, context(folder), **TINY | options)
    return made, made.fit(train, DEV)


def small_bert(models):
    """A folder with a pretrained model: real weights of no worth, and a WordPiece vocabulary."""
    from transformers import BertConfig, BertModel, BertTokenizer

    place = models / "small-bert"
    characters = sorted({unit for example in TRAIN for unit in example.sentence.units})
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "rome", "##me", "ro", "in", *characters]
    place.mkdir()
    (place / "vocab.txt").write_text("\n".join(pieces), encoding="utf-8")
    BertTokenizer(vocab=str(place / "vocab.txt"), model_max_length=64).save_pretrained(place)
    torch.manual_seed(5)
    BertModel(
        BertConfig(
            vocab_size=len(pieces), hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
            intermediate_size=64, max_position_embeddings=64,
        )
    ).save_pretrained(place)  # fmt: skip
    return place


def as_electra(folder, place):
    """An ELECTRA with the vocabulary of ``folder``."""
    from transformers import BertTokenizer, ElectraConfig, ElectraModel

    tokenizer = BertTokenizer.from_pretrained(folder)
    tokenizer.save_pretrained(place)
    sizes = {"hidden_size": 32, "embedding_size": 16, "intermediate_size": 64,
             "num_hidden_layers": 1, "num_attention_heads": 2}  # fmt: skip
    config = ElectraConfig(vocab_size=len(tokenizer), max_position_embeddings=64, **sizes)
    ElectraModel(config).save_pretrained(place)
    return place


def pretrained(backend, place, tmp_path, **options):
    options = {"init": "pretrained", "model": str(place), "epochs": 1, "batch_units": 256} | options
    made = make(backend, context(tmp_path), **options)
    return made, made.fit(TRAIN, DEV)
