"""Small real generators, made on the spot: every way of tying a head, every kind of position."""

import torch

PAD, END = 0, 1
SIZE = 60
TAG_IDS = [50, 51, 52, 53, 54]
TAGS = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC")


def seq2seq(name, size=SIZE):
    """T5s: ``tied`` scales before its head, ``gated`` does not, ``untied`` has a head of its own."""
    from transformers import MT5Config, MT5ForConditionalGeneration
    from transformers import T5Config, T5ForConditionalGeneration

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
        return LlamaForCausalLM(
            LlamaConfig(**sizes, **control, tie_word_embeddings=False)
        ).eval()
    return Qwen2ForCausalLM(Qwen2Config(**sizes, **control, tie_word_embeddings=True)).eval()


SEQ2SEQ = ["tied", "gated", "untied", "mt5"]
CAUSAL = ["gpt2", "llama", "qwen2"]
