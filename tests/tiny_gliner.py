"""A GLiNER checkpoint made on the spot: small, and taught to read the names of labels."""

import random

import torch

PERSON, PLACE = "人名", "地名"
LESSONS = [
    ("李四在广州工作。", [(0, 1, PERSON), (3, 4, PLACE)]),
    ("张三去了北京。", [(0, 1, PERSON), (4, 5, PLACE)]),
    ("王五住在上海。", [(0, 1, PERSON), (4, 5, PLACE)]),
    ("昨天没有消息。", []),
]
STEPS = 400


def made_checkpoint(folder):
    """The folder of a checkpoint as the library ``gliner`` saves it."""
    from gliner.config import UniEncoderSpanConfig
    from gliner.model import UniEncoderSpanGLiNER

    config = UniEncoderSpanConfig(
        model_name=str(_backbone(folder / "backbone")), hidden_size=32, max_width=12, max_len=384,
        dropout=0.0, num_rnn_layers=0,
    )  # fmt: skip
    torch.manual_seed(1)
    model = UniEncoderSpanGLiNER.load_from_config(config, backbone_from_pretrained=True)
    _teach(model)
    model.save_pretrained(folder / "checkpoint", safe_serialization=True)
    return folder / "checkpoint"


def _backbone(folder):
    """A small BERT over the characters of the lessons."""
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder.mkdir(parents=True)
    characters = sorted({unit for text, _ in LESSONS for unit in text} | set(PERSON + PLACE))
    control = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    words = [*control, *characters, *(f"##{unit}" for unit in characters)]
    (folder / "vocab.txt").write_text("\n".join(words) + "\n", encoding="utf-8")
    BertTokenizerFast(vocab=str(folder / "vocab.txt"), model_max_length=512).save_pretrained(folder)
    torch.manual_seed(1)
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2,
             "intermediate_size": 64, "hidden_dropout_prob": 0.0,
             "attention_probs_dropout_prob": 0.0, "initializer_range": 0.2}  # fmt: skip
    BertModel(BertConfig(vocab_size=len(words), **sizes)).save_pretrained(folder)
    return folder


def _teach(model):
    """Some steps with the labels in any order: their names are all that tells them apart."""
    draw = random.Random(1)
    optimiser = torch.optim.AdamW(model.parameters(), 2e-3)
    collate = model.data_collator_class(
        model.config, data_processor=model.data_processor, prepare_labels=True
    )
    model.train()
    for _ in range(STEPS):
        rows = [
            {"tokenized_text": list(text), "ner": found,
             "ner_labels": draw.sample([PERSON, PLACE], 2)}
            for text, found in LESSONS
        ]  # fmt: skip
        batch = collate(rows)
        tensors = {key: value for key, value in batch.items() if isinstance(value, torch.Tensor)}
        optimiser.zero_grad()
        model(**tensors, reduction="sum").loss.backward()
        optimiser.step()
    model.eval()
