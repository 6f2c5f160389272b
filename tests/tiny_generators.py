"""Small real generators, made on the spot: every way of tying a head, every kind of position."""

import torch

PAD, END = 0, 1
SIZE = 60
TAG_IDS = [50, 51, 52, 53, 54]
TAGS = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC")


def seq2seq(name, size=SIZE):
    """T5s: ``tied`` scales before its head, ``gated`` does not, ``untied`` has its own head."""
    from transformers import (
        MT5Config,
        MT5ForConditionalGeneration,
        T5Config,
        T5ForConditionalGeneration,
    )

    sizes = {
        "vocab_size": size, "d_model": 32, "d_kv": 8, "d_ff": 48, "num_layers": 2, "num_heads": 4,
        "decoder_start_token_id": PAD, "pad_token_id": PAD, "eos_token_id": END,
        "initializer_factor": 2.0,
    }  # fmt: skip
    torch.manual_seed(7)
    if name == "mt5":
        return MT5ForConditionalGeneration(MT5Config(**sizes)).eval()
    if name == "tied":
        return T5ForConditionalGeneration(T5Config(**sizes)).eval()
    gated = T5Config(**sizes, feed_forward_proj="gated-gelu", tie_word_embeddings=False)
    model = T5ForConditionalGeneration(gated).eval()
    if name == "untied":
        untie(model)
    return model


def untie(model):
    """Give ``model`` a head of its own, as the published flan-T5 and mT5 have."""
    head = model.get_output_embeddings()
    head.weight = torch.nn.Parameter(torch.randn_like(head.weight))
    model.config.tie_word_embeddings = False


def causal(name, size=SIZE, positions=256):
    """GPT-2 has absolute positions; Llama and Qwen2 rotate, share keys and may tie or not."""
    from transformers import (
        GPT2Config,
        GPT2LMHeadModel,
        LlamaConfig,
        LlamaForCausalLM,
        Qwen2Config,
        Qwen2ForCausalLM,
    )

    torch.manual_seed(7)
    control = {"bos_token_id": END, "eos_token_id": END, "pad_token_id": PAD}
    if name == "gpt2":
        sizes = {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": positions}
        config = GPT2Config(vocab_size=size, initializer_range=0.3, **sizes, **control)
        return GPT2LMHeadModel(config).eval()
    sizes = {
        "vocab_size": size, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
        "num_attention_heads": 4, "num_key_value_heads": 2, "initializer_range": 0.3,
        "max_position_embeddings": positions,
    }  # fmt: skip
    if name == "llama":
        return LlamaForCausalLM(LlamaConfig(**sizes, **control, tie_word_embeddings=False)).eval()
    return Qwen2ForCausalLM(Qwen2Config(**sizes, **control, tie_word_embeddings=True)).eval()


SEQ2SEQ = ["tied", "gated", "untied", "mt5"]
CAUSAL = ["gpt2", "llama", "qwen2"]


# A task small enough to be learned in seconds: a word before a name says what it is.
LABELS = ("PER", "LOC")
ODD = ("\u200b", "\ufe0f", "\x07", " ", "\u3000", "😀", "１", "℃", "<", "O", "▁", "Ġ")


def story(seed, extra=()):
    """A short sentence with a name or two; ``extra`` units stand among them."""
    import random

    from harness.core import Example, Sentence, Span

    draw = random.Random(seed)
    units, spans = [], []
    for _ in range(draw.randint(1, 2)):
        label, before = draw.choice([("PER", "先生"), ("LOC", "在")])
        units += [*draw.choice(["我", "今天", "都"]), *before]
        name = draw.sample("东西南北春夏秋冬", draw.randint(1, 3))
        spans.append(Span(len(units), len(units) + len(name), label))
        units += [*name, "。", *extra]
    return Example(Sentence(f"s{seed}", tuple(units)), tuple(spans))


def words(seed):
    """The same in words."""
    from harness.core import Example, Sentence

    example = story(seed)
    units = tuple(
        f"w{ord(unit)}" if i % 3 else unit for i, unit in enumerate(example.sentence.units)
    )
    return Example(Sentence(f"w{seed}", units, " "), example.spans)


TRAIN = [story(i) for i in range(120)]
DEV = [story(i) for i in range(1000, 1030)]


def f1(examples, outputs):
    """Entity F1 of tagged outputs, as a fraction."""
    from harness.tags import decode

    found = [set(decode(output.tags)) if hasattr(output, "tags") else set() for output in outputs]
    gold = [set(example.spans) for example in examples]
    right = sum(len(a & b) for a, b in zip(found, gold, strict=True))
    return 2 * right / max(1, sum(map(len, found)) + sum(map(len, gold)))


def context(folder, dev=DEV, seed=13, precision="fp32", tags=None):
    """What the harness would tell."""
    from harness.protocol import Context, DevScore
    from harness.tags import tag_set

    def score(outputs):
        return DevScore(f1(dev, outputs), 0.0)

    tags = tag_set(LABELS) if tags is None else tags
    return Context(tags, seed, "cpu", precision, 1, folder, score, lambda progress: None)


def tokenizer(folder, byte_level=False, chat=False):
    """A tokenizer as a model's folder has it: SentencePiece with NFKC, or byte-level BPE."""
    from transformers import GPT2Tokenizer

    from backends.generating.scratch import learn_tokenizer

    sentences = [example.sentence for example in TRAIN]
    if not byte_level:
        made = learn_tokenizer(sentences, ["B_PER I_LOC O 标签：句子 0123456789 w assistant user"])
    else:
        from tokenizers.pre_tokenizers import ByteLevel

        letters = sorted(ByteLevel.alphabet())
        vocabulary = {"<|endoftext|>": 0} | {letter: i + 1 for i, letter in enumerate(letters)}
        made = GPT2Tokenizer(vocab=vocabulary, merges=[])
    if chat:
        made.chat_template = (
            "{% for m in messages %}<|im|>{{ m.role }}\n{{ m.content }}<|end|>\n{% endfor %}"
            "{% if add_generation_prompt %}<|im|>assistant\n{% endif %}"
        )
        made.add_special_tokens({"extra_special_tokens": ["<|im|>", "<|end|>"]})
    made.save_pretrained(folder)
    return made


RELOAD = """
import json, sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from making import make
from tiny_generators import context
from harness.core import Sentence
from backends.seq2seq import T5
from backends.decoder import Gpt
asked = json.load(sys.stdin)
family = {{"T5": T5, "Gpt": Gpt}}[asked["family"]]
made = make(family, context(Path(asked["folder"])), **asked["options"])
made.load(Path(asked["folder"]) / "model")
sentences = [Sentence(str(i), tuple(units)) for i, units in enumerate(asked["sentences"])]
tags = [output.tags for output in made.predict(sentences)]
texts = [text.text for text in made.generate(sentences)]
print(json.dumps([tags, texts]))
"""


def reloaded(family, folder, options, sentences):
    """Tags and texts of the model saved in ``folder / "model"``, in a new process."""
    import json
    import subprocess
    import sys
    from pathlib import Path

    script = RELOAD.format(tests=str(Path(__file__).parent))
    asked = {
        "family": family.__name__, "folder": str(folder), "options": options,
        "sentences": [s.units for s in sentences],
    }  # fmt: skip
    answer = subprocess.run(
        [sys.executable, "-c", script], input=json.dumps(asked), text=True,
        capture_output=True, check=False,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr
    tags, texts = json.loads(answer.stdout.splitlines()[-1])
    return [tuple(row) for row in tags], texts
