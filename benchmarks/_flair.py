"""flair's CRF fine-tuning of one file of sentences; runs in an environment of its own.

    python _flair.py MODEL_FOLDER SENTENCES.json

The file is a list of [characters, tags]. The last line is the processor seconds from folder and
sentences to trained model, after a warm-up on a few sentences.
"""

import json
import sys
import tempfile
import time
from pathlib import Path

import flair
import torch
from flair.data import Corpus, Sentence
from flair.datasets import FlairDatapointDataset
from flair.embeddings import TransformerWordEmbeddings
from flair.models import SequenceTagger
from flair.trainers import ModelTrainer

WARM_UP = 16


def sentence(characters: list[str], tags: list[str]) -> Sentence:
    """A sentence of flair with its entities."""
    made = Sentence(characters)
    start = None
    for place, tag in enumerate([*tags, "O"]):
        if start is not None and not tag.startswith("I-"):
            made[start:place].add_label("ner", tags[start][2:])
            start = None
        if tag.startswith("B-"):
            start = place
    return made


def fine_tune(folder: str, rows: list) -> None:
    """One epoch at the defaults of ``fine_tune``, batch 8, nothing evaluated."""
    data = FlairDatapointDataset([sentence(*row) for row in rows])
    corpus = Corpus(train=data, sample_missing_splits=False)
    embeddings = TransformerWordEmbeddings(folder, layers="-1", subtoken_pooling="first")
    tagger = SequenceTagger(
        embeddings,
        corpus.make_label_dictionary("ner", add_unk=False),
        "ner",
        use_rnn=False,
        use_crf=True,
        reproject_embeddings=False,
    )
    with tempfile.TemporaryDirectory() as output:
        ModelTrainer(tagger, corpus).fine_tune(
            output, mini_batch_size=8, max_epochs=1, save_final_model=False, monitor_test=False
        )


def main() -> None:
    """Warm up, fine-tune, print the seconds."""
    torch.set_num_threads(1)
    flair.device = torch.device("cpu")
    folder, file = sys.argv[1:]
    rows = json.loads(Path(file).read_text(encoding="utf-8"))
    fine_tune(folder, rows[:WARM_UP])
    begin = time.process_time()
    fine_tune(folder, rows)
    print(json.dumps({"seconds": time.process_time() - begin}))


if __name__ == "__main__":
    main()
