"""The one font of watermarks: it comes with Pillow, so that every machine draws the same."""

from functools import lru_cache

from PIL import ImageFont

NO_CHARACTER = "\uffff"  # what a font draws for it, it draws for all that it lacks


@lru_cache(maxsize=64)
def font(pixels: int) -> ImageFont.FreeTypeFont:
    """Pillow's own font, `pixels` high, without the optional layout engine."""
    found = ImageFont.load_default(pixels)
    if not isinstance(found, ImageFont.FreeTypeFont):
        raise RuntimeError("this Pillow was built without FreeType; install it from its wheel")
    # Raqm is not in every build, and would place letters differently.
    return found.font_variant(layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=1024)
def can_draw(character: str) -> bool:
    """Whether the font has this character."""
    if character == " ":
        return True
    if not character.isprintable():
        return False
    return bytes(font(20).getmask(character)) != bytes(font(20).getmask(NO_CHARACTER))
