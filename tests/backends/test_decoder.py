"""GPT: the prompt and its errors, the loss on the answer only, examples, chat, no training."""

from dataclasses import replace

import pytest
import torch
from making import make
from same_answers import assert_same_answers
from tiny_generators import DEV, TAGS, TRAIN, causal, context, story, tokenizer

from backends.decoder import Gpt
from backends.generating.shots import draw_shots
from harness.core import Sentence, Tags, Text
from harness.errors import ConfigError

SMALL = {"layers": 1, "width": 32, "attention_heads": 2, "epochs": 1, "batch_units": 512}
ECHO = {"format": "echo", "prompt": "echo.zh.v1"}


def started(tmp_path, train=TRAIN[:40], **options):
    made = make(Gpt, context(tmp_path), **SMALL | options)
    made.build(train)
    return made


@pytest.fixture(scope="module", params=["gpt2", "llama", "qwen2"])
def place(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / request.param
    made = tokenizer(folder, byte_level=request.param != "llama", chat=request.param == "qwen2")
    causal(request.param, len(made), positions=512).save_pretrained(folder)
    return folder


def pretrained(place, tmp_path, **options):
    options = {"init": "pretrained", "model": str(place), "epochs": 1} | options
    return make(Gpt, context(tmp_path), **options)


def test_the_loss_is_on_the_answer_only(tmp_path):
    made = started(tmp_path, **ECHO, dropout=0.0)
    examples = sorted(TRAIN[:5], key=lambda e: len(e.sentence))
    loss, targets = made.loss(made.collate(examples))
    assert targets == sum(2 * len(e.sentence) + 1 for e in examples)
    one_by_one = 0.0
    for example in examples:
        question, answer = made.source_ids(example.sentence), made.target_ids(example)
        ids = torch.tensor([[*question, *answer]])
        labels = ids.clone()
        labels[:, : len(question)] = -100
        one_by_one += made.model(input_ids=ids, labels=labels).loss * len(answer)
    torch.testing.assert_close(loss, one_by_one, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("equal", [False, True], ids=["padded", "unpadded"])
def test_a_mask_that_nobody_looks_at_gives_the_same_loss_and_tags(
    place, equal, tmp_path, monkeypatch
):
    made = pretrained(place, tmp_path, dropout=0.0, **ECHO)
    made.build(TRAIN[:40])
    lengths = [len(example.sentence) for example in TRAIN]
    wanted = max(lengths, key=lengths.count)
    examples = [e for e in TRAIN if len(e.sentence) == wanted or not equal][:6]
    sentences = [example.sentence for example in examples]

    def loss_and_tags():
        made.model.zero_grad()
        loss, _ = made.loss(made.collate(examples))
        loss.backward()
        gradients = [p.grad.clone() for p in made.model.parameters() if p.grad is not None]
        return [loss.detach(), *gradients], made.predict(sentences)

    plain, tags = loss_and_tags()
    for module in ("decoder", "generating.incremental"):
        monkeypatch.setattr(f"backends.{module}.waits_for_mask", lambda model: True)
    found, same = loss_and_tags()
    torch.testing.assert_close(found, plain, rtol=1e-4, atol=1e-4)
    assert same == tags


def test_a_prompt_of_another_format_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="asks for format=echo, but the option is format=tags"):
        make(Gpt, context(tmp_path), prompt="echo.zh.v1")


def test_examples_need_a_section_to_stand_in(tmp_path):
    with pytest.raises(ConfigError, match=r"has no section \[example\]"):
        make(Gpt, context(tmp_path), prompt="tags.zh.v1", shots=2)
    few = [story(i) for i in range(3)]
    with pytest.raises(ConfigError, match="shots=5, but train has 3 sentences"):
        make(Gpt, context(tmp_path), **SMALL, prompt="tags.zh.shots.v1", shots=5).fit(few, [])


def test_a_prompt_that_leaves_no_room_is_an_error_at_the_start(place, tmp_path):
    long = [*TRAIN[:20], type(TRAIN[0])(Sentence("long", ("东",) * 250), ())]
    made = pretrained(place, tmp_path, **ECHO)
    with pytest.raises(ConfigError, match=r"sentence long of 250 units needs \d+ positions"):
        made.fit(long, [])
    assert not (tmp_path / "history.jsonl").exists(), "before any training"
    made = pretrained(place, tmp_path, **ECHO)
    made.fit(TRAIN[:10], [])
    with pytest.raises(ConfigError, match="Lower window_limit or shots"):
        made.predict([long[-1].sentence])


@pytest.mark.parametrize("prompt", ["echo.zh.v1", "echo.en.v1", "echo.zh.shots.v1"])
def test_the_longest_window_leaves_room_for_the_prompt(place, prompt, tmp_path):
    shots = 2 if "shots" in prompt else 0
    options = {"format": "echo", "prompt": prompt, "shots": shots, "chat": True}
    made = pretrained(place, tmp_path, **options)
    made.build(TRAIN[:40])
    longest = Gpt.longest_window({"init": "pretrained", "model": str(place), **options})
    room = (512 - 1 - len(made.question)) // 3  # a unit is read, copied and tagged
    assert room <= longest <= (512 - 1) // 3 - 5
    if not shots:  # of which nothing is known before they are drawn
        assert longest - room <= len(made.vocabulary.text(" ".join(TAGS))) // 3 + 1


def test_a_prompt_longer_than_its_model_is_refused_as_such(place, tmp_path):
    path = tmp_path / "long.txt"
    path.write_text(
        f"[format]\ntags\n[instruction]\n{'字 ' * 600}{{tags}}\n[question]\n{{text}}\n",
        encoding="utf-8",
    )
    asked = {"init": "pretrained", "model": str(place), "format": "tags", "shots": 0, "chat": True}
    with pytest.raises(ConfigError, match=r"takes \d+ positions or more; the model has 512"):
        Gpt.longest_window(asked | {"prompt": str(path)})


def test_a_question_that_leaves_no_room_has_an_empty_answer_and_cuts_no_other(place, tmp_path):
    made = pretrained(place, tmp_path, **ECHO, decoding="free")
    made.build(TRAIN[:10])
    unit = len(made.unit_ids(Sentence("one", ("东",))))
    nearly = (512 - len(made.question) - 2) // unit  # leaves two tokens, or a few
    asked = [Sentence(str(units), ("东",) * units) for units in (3, nearly, 600)]
    alone = [made.predict([sentence])[0] for sentence in asked]
    assert [alone[0].text != "", alone[2].text] == [True, ""]
    assert made._free(made.model, asked) == alone


def test_examples_are_drawn_by_the_seed_and_shown_with_their_answers(tmp_path):
    options = SMALL | {"format": "echo", "prompt": "echo.zh.shots.v1", "shots": 2}
    prefixes = []
    for seed in (1, 1, 2):
        made = make(Gpt, context(tmp_path, seed=seed), **options)
        made.build(TRAIN)
        prefixes.append(made.question.before)
        shown = draw_shots(TRAIN, 2, seed)
        assert len(shown) == 2
        assert all(example.spans for example in shown)
        for example in shown:
            answer = made.target_ids(example)[:-1]
            text = " ".join(map(str, made.question.before))
            assert " ".join(map(str, answer)) in text
    assert prefixes[0] == prefixes[1] != prefixes[2]


@pytest.mark.parametrize("shots", [0, 2])
def test_the_prompt_says_what_the_task_says_of_its_labels(shots, tmp_path):
    described = replace(context(tmp_path), descriptions={"PER": "名字 of people"})
    options = {"format": "inline", "decoding": "free", "prompt": "inline.zh.shots.v1"}
    made = make(Gpt, described, **SMALL, **options, shots=shots)
    made.build(TRAIN[:40])
    prompt = made.vocabulary.tokenizer.decode(list(made.question.before))
    assert "PER: 名字 of people" in prompt
    assert "<unk>" not in prompt


def test_without_training_the_model_is_asked_as_it_is(place, tmp_path):
    made = pretrained(
        place, tmp_path, train="none", format="echo", prompt="echo.zh.shots.v1", shots=2
    )
    report = made.fit(TRAIN[:20], DEV)
    assert (report.trained, report.epochs, report.best_epoch) == (0, (), None)
    assert report.parameters > 0
    spelled = made.vocabulary.text("东 O")
    marks = set(made.vocabulary.marks.values())
    assert not marks & set(made.question.before), "examples are plain text"
    assert spelled
    sentences = [e.sentence for e in DEV[:3]]
    assert [len(a.tags) for a in made.predict(sentences)] == [len(s) for s in sentences]
    assert all(isinstance(text, Text) for text in made.generate(sentences))


def test_the_chat_template_is_used_where_there_is_one(place, tmp_path):
    chat, plain = (pretrained(place, tmp_path, **ECHO, chat=chat) for chat in (True, False))
    for made in (chat, plain):
        made.build(TRAIN[:10])
    sentence = Sentence("s", tuple("先生东</s>"))
    texts = [m.vocabulary.tokenizer.decode(m.source_ids(sentence)) for m in (chat, plain)]
    if place.name == "qwen2":
        control = chat.vocabulary.tokenizer.convert_tokens_to_ids(["<|im|>", "<|end|>"])
        assert set(control) <= set(chat.source_ids(sentence))
        assert not set(control) & set(plain.source_ids(sentence))
        assert "assistant" in texts[0]
        assert "assistant" not in texts[1]
    else:
        assert chat.source_ids(sentence) == plain.source_ids(sentence)
    assert chat.vocabulary.end not in chat.unit_ids(sentence), "text is no control token"


def test_any_causal_model_trains_and_answers(place, tmp_path):
    made = pretrained(place, tmp_path, **ECHO, beam=4)
    report = made.fit(TRAIN[:16], DEV)
    assert report.weights == place.name
    assert report.trained == report.parameters
    sentences = [e.sentence for e in DEV]
    answers = made.predict(sentences)
    assert all(isinstance(answer, Tags) for answer in answers)
    assert_same_answers(answers, [made.predict([sentence])[0] for sentence in sentences])
    made.save(tmp_path)
    again = pretrained(place, tmp_path, **ECHO, beam=4)
    again.load(tmp_path)
    assert again.question.before == made.question.before
    assert again.predict(sentences) == answers


@pytest.mark.parametrize("form", ["tags", "echo"])
def test_the_whole_batch_is_masked_generate_one_by_one(form, tmp_path):
    """The family's own path against ``generate`` under the same grammar, prompts of all lengths."""
    options = {"format": form, "prompt": f"{form}.zh.v1", "epochs": 2}
    made = make(Gpt, context(tmp_path), **SMALL | options)
    made.fit(TRAIN[:40], [])
    sentences = [e.sentence for e in DEV[:10]] + [Sentence("x", ("东", "</s>", "😀"))]
    found = made.predict(sentences)
    for sentence, answer in zip(sentences, found, strict=True):
        assert answer.tags == generated(made, sentence)


def generated(made, sentence):
    from harness.tags import may_follow

    ids = dict(zip(made.codec.tag_ids, made.context.tags, strict=True))
    question, blocks = made.source_ids(sentence), made.codec.forced(sentence)

    def allowed(row, written):
        done, previous = written[len(question) :].tolist(), "O"
        for block in blocks:
            if len(done) < len(block):
                return [block[len(done)]]
            if len(done) == len(block):
                return [i for i, tag in ids.items() if may_follow(previous, tag)]
            previous = ids[done[len(block)]]
            done = done[len(block) + 1 :]
        return [made.vocabulary.end]

    written = (
        made.model.eval()
        .generate(
            torch.tensor([question]),
            attention_mask=torch.ones(1, len(question), dtype=torch.long),
            max_new_tokens=sum(len(block) + 1 for block in blocks),
            prefix_allowed_tokens_fn=allowed,
            do_sample=False,
            eos_token_id=made.vocabulary.end,
            pad_token_id=made.vocabulary.padding,
        )[0, len(question) :]
        .tolist()
    )
    return tuple(ids[i] for i in written if i in ids)


def test_a_row_that_is_done_is_not_fed_padding(tmp_path):
    """Transformers drops a mask of ones, sees padding without a mask, and warns."""
    made = started(tmp_path, **ECHO)
    fed = []

    def end_the_first_row(model, args, kwargs, output):
        fed.append(kwargs["input_ids"])
        output.logits[0, -1, made.vocabulary.end] += 1_000

    with made.model.register_forward_hook(end_the_first_row, with_kwargs=True):
        texts = made.generate([Sentence("a", ("张", "三")), Sentence("b", ("李", "四"))])
    assert texts[0].text == ""
    assert len(fed) > 2
    assert all((step[0] != made.vocabulary.padding).all() for step in fed)


# --- what the weights know -----------------------------------------------------------------------


def greedy(place, text, tokens):
    """What the model in ``place`` writes behind ``text``, by transformers alone."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(place).eval()
    reader = AutoTokenizer.from_pretrained(place)
    ids = torch.tensor([reader(text, add_special_tokens=False)["input_ids"]])
    written = model.generate(
        ids, attention_mask=torch.ones_like(ids), max_new_tokens=tokens, do_sample=False,
        pad_token_id=model.config.pad_token_id,
    )  # fmt: skip
    return reader.decode(written[0, ids.shape[1] :], skip_special_tokens=True)


@pytest.mark.slow
def test_pretrained_weights_go_on_with_a_text_as_they_would_before_training(place, tmp_path):
    texts = ["我说先生东西", "今天"]
    expected = [greedy(place, text, 15) for text in texts]
    made = pretrained(place, tmp_path, lora=2, learning_rate=0.1)
    made.fit(TRAIN[:20], [])
    assert made.complete(texts, 5) == expected
    before = made.predict([e.sentence for e in DEV[:3]])
    made.complete(texts, 5)
    assert made.predict([e.sentence for e in DEV[:3]]) == before
    untrained = pretrained(place, tmp_path, train="none")
    untrained.fit(TRAIN[:20], [])
    assert untrained.complete(texts, 5) == expected
    assert untrained.complete((), 0) == []


@pytest.mark.slow
def test_weights_that_were_changed_or_read_nothing_else_cannot_be_asked(place, tmp_path):
    changed = pretrained(place, tmp_path)
    changed.build(TRAIN[:20])
    assert changed.complete(["我"], 5) is None
    assert started(tmp_path).complete(["我"], 5) is None
