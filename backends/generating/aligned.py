"""T5 and GPT-2 from scratch that know which unit an answer has come to, and see its neighbours.

An answer that gives every unit equally many tokens has come to a unit that can be counted. Trained
on much text, attention finds that unit in the question by what it reads; on some thousand sentences
it does not, and neither copies nor tags. Here attention is told the distance, in units, from where
the answer is to each unit of the question; how to use it is learned.

Both are also given that unit in what they read as they answer, as its neighbours show it: what the
layers of a T5's encoder say of it would hide it. The layers of a T5 begin by adding nothing, and it
reads the token that it has just written through a map of its own, turned away from all that it may
write: to write the unit again is then where training begins, and not what it must find.

Both are read and written like any model of transformers; the class is named in the configuration.
``generate`` looks at the names of what ``forward`` takes, and leaves out what has no name there.
"""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional
from transformers import AutoConfig, GPT2LMHeadModel, T5ForConditionalGeneration
from transformers.modeling_outputs import BaseModelOutput
from transformers.models.bart.modeling_bart import BartScaledWordEmbedding
from transformers.models.t5.modeling_t5 import T5Stack

from backends.generating.padding import causal_mask, key_mask
from backends.training.distances import NOWHERE, Distances, shut
from backends.training.neighbours import Neighbours, Sight

# The unit that a position of a question is at, but for the last.
_UNASKED = NOWHERE - 1
# How far the embeddings of a T5 are spread at the start.
T5_DEVIATION = 1.0


@dataclass
class Encoded(BaseModelOutput):
    """What a ``SeeingStack`` says of its inputs, and its embeddings (rows, inputs, width)."""

    seen: torch.Tensor | None = None


class SeeingStack(T5Stack):
    """T5's encoder, its embeddings with neighbours added."""

    def __init__(self, config: Any) -> None:
        super().__init__(config)
        self.neighbours = Neighbours(config.d_model, Sight(**config.sight), T5_DEVIATION)

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor | None = None, **others: Any
    ) -> Encoded:
        """As of T5, from ``input_ids`` (rows, positions)."""
        plain = self.embed_tokens(input_ids)  # (rows, positions, width)
        real = input_ids != self.config.pad_token_id
        seen = self.neighbours(plain, input_ids, real)  # (rows, positions, width)
        said = super().forward(inputs_embeds=seen, attention_mask=attention_mask, **others)
        return Encoded(said.last_hidden_state, said.hidden_states, said.attentions, seen)


class CopyingT5(T5ForConditionalGeneration):
    """A T5 whose encoder sees neighbours, and whose decoder has the unit that its answer is at.

    ``config.sight`` are the fields of ``Sight``; ``config.stride``, the tokens of an answer that
    a unit takes, or None if that is not to be known. Masks of inputs are numbered: 0 where there
    is padding, else the unit from 1 on.
    """

    def __init__(self, config: Any) -> None:
        super().__init__(config)
        self.distances = Distances(config.num_heads)
        encoder: Any = self.get_encoder()
        self.encoder = SeeingStack(encoder.config)
        self._scale_embeddings()
        self._add_nothing()
        # Unturned, the token just written is as likely to come again as the unit is to be copied.
        self.turned = torch.nn.Linear(config.d_model, config.d_model, bias=False)
        torch.nn.init.orthogonal_(self.turned.weight)

    def _scale_embeddings(self) -> None:
        """Embeddings of 1 / sqrt(width), read sqrt(width) times as large.

        Vaswani et al. 2017, section 3.4. T5's own start at 1, which is far to go in the steps of
        AdamW; what they say is the same.
        """
        tokens, width = self.shared.weight.shape
        embeddings = BartScaledWordEmbedding(tokens, width, None, embed_scale=width**0.5)
        torch.nn.init.normal_(embeddings.weight, std=T5_DEVIATION * width**-0.5)
        self.config.scale_decoder_outputs = False
        self.set_input_embeddings(embeddings)
        self.tie_weights()

    def _add_nothing(self) -> None:
        """What a layer adds to the stream starts at zero (Zhang et al. 2019, "Fixup").

        T5's own start as large as the embeddings, which are hidden among them.
        """
        for name, parameter in self.named_parameters():
            if name.endswith((".o.weight", ".wo.weight")):
                torch.nn.init.zeros_(parameter)

    def read(
        self, ids: torch.Tensor, numbered: torch.Tensor, seen: torch.Tensor, start: int
    ) -> torch.Tensor:
        """What the decoder reads: tokens, turned, and the unit that each one comes before.

        Args:
            ids: (rows, positions) of answers, from ``start`` on.
            numbered: (rows, inputs).
            seen: the inputs as the first layer of the encoder reads them (rows, inputs, width).
            start: the first place.

        Returns:
            (rows, positions, width).
        """
        tokens: torch.Tensor = self.turned(self.shared(ids))
        if self.config.stride is None:
            return tokens
        positions = torch.arange(start, start + ids.shape[1], device=ids.device)
        units = positions // self.config.stride + 1  # (positions,)
        return tokens + _at(units, numbered, seen)

    def across(self, numbered: torch.Tensor, start: int, end: int) -> torch.Tensor:
        """What attention across adds for the positions from ``start`` to ``end`` of the answers.

        Args:
            numbered: (rows, inputs).
            start: the first place.
            end: the place behind the last.

        Returns:
            (rows, heads, end - start, inputs); or who is seen at all (rows, 1, 1, inputs).
        """
        if self.config.stride is None:
            return key_mask(numbered)
        positions = torch.arange(start, end, device=numbered.device) // self.config.stride
        bias = self.distances(positions.expand(len(numbered), -1), numbered - 1)
        return shut(bias, key_mask(numbered))

    def decoded(self, inputs: torch.Tensor, before: torch.Tensor) -> torch.Tensor:
        """The states of answers in which each unit is one token, as it is in the questions.

        What ``forward`` gives for such, of rows without padding, in less time: the units are at the
        same places in all of them.

        Args:
            inputs: (rows, units).
            before: the token before each position of the answers (rows, units).

        Returns:
            (rows, units, width).
        """
        said = self.encoder(inputs)
        numbered = torch.arange(1, inputs.shape[1] + 1, device=inputs.device)[None]  # (1, units)
        states: torch.Tensor = self.decoder(
            inputs_embeds=self.turned(self.shared(before)) + said.seen,
            encoder_hidden_states=said.last_hidden_state,
            encoder_attention_mask=self.across(numbered, 0, inputs.shape[1]),
            use_cache=False,
        ).last_hidden_state
        return states

    def forward(
        self,
        input_ids: torch.Tensor | None = None,
        attention_mask: Any = None,
        decoder_input_ids: Any = None,
        encoder_outputs: Any = None,
        past_key_values: Any = None,
        **others: Any,
    ) -> Any:
        """As of T5, its mask (rows, inputs) numbered."""
        if encoder_outputs is None:
            encoder_outputs = self.encoder(input_ids, attention_mask=key_mask(attention_mask))
        start = past_key_values.get_seq_length() if past_key_values is not None else 0
        end = start + decoder_input_ids.shape[1]
        seen = encoder_outputs.seen
        return super().forward(
            attention_mask=self.across(attention_mask, start, end),
            decoder_inputs_embeds=self.read(decoder_input_ids, attention_mask, seen, start),
            encoder_outputs=encoder_outputs,
            past_key_values=past_key_values,
            **others,
        )


def _at(units: torch.Tensor, held: torch.Tensor, states: torch.Tensor) -> torch.Tensor:
    """The mean of the states of each of ``units`` (rows, positions, width); zeros for one not held.

    Args:
        units: (positions,).
        held: the unit of each column (rows, columns).
        states: (rows, columns, width).
    """
    own = (held[:, None, :] == units[:, None]).to(states)  # (rows, positions, columns)
    found: torch.Tensor = own / own.sum(-1, keepdim=True).clamp(min=1) @ states
    return found


class CopyingGpt2(GPT2LMHeadModel):
    """A GPT-2 whose units see their neighbours in the question, and that has the unit it is at.

    ``config.sight`` are the fields of ``Sight``; ``config.stride``, the tokens of an answer that
    a unit takes, or None if that is not to be known. All questions of a batch end in one column,
    and answers begin behind it.
    """

    def __init__(self, config: Any) -> None:
        super().__init__(config)
        self._scale_embeddings()
        # Between units of the question, from answer to question, between units of the answer.
        self.distances = Distances(config.n_head, kinds=3)
        self.look_around(Sight(**config.sight))

    def look_around(self, sight: Sight) -> None:
        """Begin anew to see neighbours, by ``sight``."""
        width = self.config.n_embd
        self.config.sight = asdict(sight)
        self.neighbours = Neighbours(width, sight, width**-0.5)

    def _scale_embeddings(self) -> None:
        """Embeddings of 1 / sqrt(width): a small GPT-2's own are lost among what layers add."""
        torch.nn.init.normal_(self.transformer.wte.weight, std=self.config.n_embd**-0.5)

    def forward(
        self,
        input_ids: Any = None,
        attention_mask: Any = None,
        units: torch.Tensor | None = None,
        seen: torch.Tensor | None = None,
        position_ids: torch.Tensor | None = None,
        past_key_values: Any = None,
        logits_to_keep: int | torch.Tensor = 0,
        **others: Any,
    ) -> Any:
        """As of GPT-2.

        Args:
            input_ids: (rows, positions), behind what ``past_key_values`` hold.
            attention_mask: (rows, columns), 0 where padded; None if nothing is.
            units: which unit each column of the questions holds (rows, question), or ``NOWHERE``;
                None if what is read is no question.
            seen: what ``see`` says of the questions, where they are not all of what is read here.
            position_ids: (rows, positions).
            past_key_values: what was read before.
            logits_to_keep: how many of the last positions are scored; 0 = all.
            **others: passed on.
        """
        others |= {
            "position_ids": position_ids, "past_key_values": past_key_values,
            "logits_to_keep": logits_to_keep,
        }  # fmt: skip
        if units is None:
            return super().forward(input_ids, attention_mask=attention_mask, **others)
        start = past_key_values.get_seq_length() if past_key_values is not None else 0
        end = start + input_ids.shape[1]
        if attention_mask is None:  # generate drops a mask that is all ones
            attention_mask = input_ids.new_ones(len(input_ids), end)
        if seen is None:
            seen = self.see(input_ids[:, : units.shape[1]], units)
        return super().forward(
            inputs_embeds=self._embedded(input_ids, units, seen, start),
            attention_mask=self._looking(attention_mask, units, start),
            **others,
        )

    def see(self, ids: torch.Tensor, units: torch.Tensor) -> torch.Tensor:
        """The units of questions, with their neighbours (rows, question, width), zeros elsewhere.

        Args:
            ids: (rows, question).
            units: which unit each column holds (rows, question), or ``NOWHERE``.
        """
        found: torch.Tensor = self.neighbours(self.transformer.wte(ids), ids, units != NOWHERE)
        return found

    def _embedded(
        self, ids: torch.Tensor, units: torch.Tensor, seen: torch.Tensor, start: int
    ) -> torch.Tensor:
        """``ids`` (rows, positions) from ``start`` on: units as ``seen``, and the unit they are at.

        The last column of a question is at the first unit.
        """
        plain: torch.Tensor = self.transformer.wte(ids)  # (rows, positions, width)
        end = start + ids.shape[1]
        here, told = seen[:, start:end], units[:, start:end, None]  # (rows, question left, ...)
        asked, answer = plain.tensor_split((told.shape[1],), 1)
        embedded = torch.cat([torch.where(told == NOWHERE, asked, here), answer], 1)
        if self.config.stride is None:
            return embedded
        behind = torch.arange(start, end, device=ids.device) - units.shape[1]  # (positions,)
        at = torch.where(behind < -1, _UNASKED, (behind + 1) // self.config.stride)
        return embedded + _at(at, units, seen)

    def _looking(self, mask: torch.Tensor, units: torch.Tensor, start: int) -> torch.Tensor:
        """What attention adds behind ``start`` (rows, heads, positions, columns)."""
        if self.config.stride is None:
            return causal_mask(mask, start)
        end = mask.shape[1]
        behind = torch.arange(end, device=units.device) - units.shape[1]  # (columns,)
        told = functional.pad(units, (0, max(0, end - units.shape[1])))[:, :end]  # (rows, columns)
        held = torch.where(behind < 0, told, behind // self.config.stride)
        # The last column of a question asks about the first unit.
        asking = torch.where(behind < -1, told, (behind + 1) // self.config.stride)
        kind = (behind[start:, None] >= -1).long() + (behind >= 0)  # (positions, columns)
        bias = self.distances(asking[:, start:], held, kind)
        return shut(bias, causal_mask(mask, start))


def is_aligned(model: Any) -> bool:
    """Whether ``model``, or what adapters are around, is one of these."""
    return hasattr(model, "distances")


_CLASSES = {kind.__name__: kind for kind in (CopyingT5, CopyingGpt2)}


def class_of(folder: Path) -> Any:
    """The class of ours that the model in ``folder`` is of, or None."""
    named = AutoConfig.from_pretrained(folder, trust_remote_code=False).architectures or [""]
    return _CLASSES.get(named[0])
