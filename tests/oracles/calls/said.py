"""What every call of this folder speaks of: the words, the picture, the document, the tool and the schema."""

from __future__ import annotations

import base64
from typing import Any

SYSTEM, HI, LOOK = "Be brief.", "Name a colour: é.", "What is this?"
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
PIXEL_BYTES = base64.b64decode(PIXEL)
PDF_BYTES = b"%PDF-1.4\n% nothing in it\n%%EOF\n"
PDF = base64.b64encode(PDF_BYTES).decode()
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["city", "days"],
    "additionalProperties": False,
}
WEATHER, TELLS = "weather", "The weather of a city"
BERN: dict[str, Any] = {"city": "Bern", "days": 2}
CHUR: dict[str, Any] = {"city": "Chur", "days": 1}
