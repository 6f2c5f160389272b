"""What the file of a preset holds; a key that it does not know is an error, not a default."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field


class SearchNote(BaseModel):
    """The search that a preset is the best of: its trials, and what else it noted of itself."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True)

    trials: Annotated[int, Field(ge=0)] = 0


class PresetFile(BaseModel):
    """The options of a backend by name, and the search behind them."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    options: dict[str, Any] | None = None
    tuned: SearchNote = SearchNote()
