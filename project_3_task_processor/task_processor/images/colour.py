"""Brings decoded pixels to one of four modes, L, LA, RGB or RGBA: 8 bits, in sRGB."""

from functools import lru_cache
from io import BytesIO

from PIL import Image, ImageCms

from task_processor.errors import Permanent

SIXTEEN_BITS = ("I;16", "I;16L", "I;16B", "I;16N")


def normal(image: Image.Image, profile: bytes | None) -> Image.Image:
    """The same picture in L, LA, RGB or RGBA.

    16 bits are scaled to 8; palettes become colours, with their transparency; a colour profile
    is applied, so that the output needs none. A profile that cannot be used is left out.
    Raises Permanent (pixels-not-supported) for samples without a defined range.
    """
    if image.mode in ("F", "I", "LAB"):
        raise Permanent(
            "pixels-not-supported",
            f"its pixels are of mode {image.mode}, whose range is not defined. "
            "Convert it to 8 or 16 bits for each channel with another program",
        )
    if image.mode in SIXTEEN_BITS:
        image = _eight_bits(image)
    clear = "transparency" in image.info
    if image.mode == "CMYK":
        return _in_srgb(image, profile) or image.convert("RGB")
    if image.mode == "1":
        image = image.convert("L")
    elif image.mode in ("P", "PA"):
        clear = clear or image.mode == "PA" or (image.palette is not None and _has_alpha(image))
        image = image.convert("RGBA" if clear else "RGB")
    elif image.mode in ("L", "RGB") and clear:
        image = image.convert("LA" if image.mode == "L" else "RGBA")
    elif image.mode == "La":
        image = image.convert("LA")
    elif image.mode == "RGBa":
        image = image.convert("RGBA")
    elif image.mode not in ("L", "LA", "RGB", "RGBA"):
        image = image.convert("RGB")  # YCbCr, RGBX
    if profile and image.mode in ("RGB", "RGBA"):
        return _in_srgb(image, profile) or image
    return image


def _has_alpha(image: Image.Image) -> bool:
    return image.palette is not None and image.palette.mode == "RGBA"


def _eight_bits(image: Image.Image) -> Image.Image:
    """The high byte of each 16-bit sample."""
    wide = image.convert("I")
    return wide.point(lambda value: value * (1 / 256)).convert("L")


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image | None:
    """The picture with its profile applied; None without a usable one."""
    if not profile:
        return None
    transform = _to_srgb(profile, image.mode)
    if transform is None:
        return None
    try:
        return ImageCms.applyTransform(image, transform)
    except (ImageCms.PyCMSError, ValueError):
        return None


@lru_cache(maxsize=8)
def _to_srgb(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """The transform into sRGB; None if the profile is broken, of another mode, or sRGB itself."""
    try:
        opened = ImageCms.ImageCmsProfile(BytesIO(profile))
        if mode != "CMYK" and ImageCms.getProfileDescription(opened).startswith("sRGB"):
            return None
        return ImageCms.buildTransform(
            opened,
            ImageCms.createProfile("sRGB"),
            mode,
            "RGB" if mode == "CMYK" else mode,
            ImageCms.Intent.PERCEPTUAL,
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None
