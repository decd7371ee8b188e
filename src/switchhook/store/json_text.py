"""JSON as it is stored. An attempt is two kilobytes of it: pydantic's serializer takes a fifth of the time for that."""

from __future__ import annotations

import json
from typing import Any

from pydantic_core import PydanticSerializationError, to_json


def json_text(value: Any) -> str:
    """The value as JSON, in as little space as there is. What UTF-8 cannot say (half a surrogate pair) is escaped."""
    try:
        return to_json(value).decode()
    except PydanticSerializationError:
        return json.dumps(value, separators=(",", ":"))
