"""What a page allows of itself: a content security policy names its own style and script."""

import base64
import hashlib
import re


def source(text: str) -> str:
    """The hash of a style or script, as a policy names it."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def own(page: str, tag: str) -> list[str]:
    """The sources of every ``tag`` that ``page`` has in itself."""
    return [source(text) for text in re.findall(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL)]
