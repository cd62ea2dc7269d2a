"""Which metadata goes on into the output, and how much of it there is."""

from PIL import Image, ImageFile

ORIENTATION = 0x0112
# Descriptions stay true when pixels change. Sizes, offsets, previews and makers' notes do not.
DESCRIPTIONS = (0x010E, 0x010F, 0x0110, 0x0131, 0x0132, 0x013B, 0x8298)
EXIF_IFD, GPS_IFD = 0x8769, 0x8825
NO_LONGER_TRUE = (0x927C, 0xA002, 0xA003, 0xA005)  # maker's note, width, height, interoperability


def kept_exif(exif: Image.Exif) -> bytes:
    """What EXIF says of camera, author, time, place and exposure; empty if it cannot be read."""
    kept = Image.Exif()
    try:
        for tag in DESCRIPTIONS:
            if isinstance(exif.get(tag), str):
                kept[tag] = exif[tag]
        for ifd in (EXIF_IFD, GPS_IFD):
            values = exif.get_ifd(ifd).items()
            if true := {tag: value for tag, value in values if tag not in NO_LONGER_TRUE}:
                kept[ifd] = true
        return kept.tobytes() if len(kept) else b""
    except Exception:  # broken EXIF takes many forms, and never spoils the pixels
        return b""


def without_folders(exif: bytes) -> bytes:
    """The descriptions only: a compressed TIFF cannot hold the parts about place and exposure."""
    read, kept = Image.Exif(), Image.Exif()
    read.load(exif)
    for tag in DESCRIPTIONS:
        if tag in read:
            kept[tag] = read[tag]
    return kept.tobytes() if len(kept) else b""


def size_of(image: ImageFile.ImageFile) -> int:
    """Bytes of EXIF, XMP, profile, comments and texts in an opened image."""
    values = list(image.info.values())
    values += [content for _, content in getattr(image, "applist", ())]
    values += dict(getattr(image, "tag_v2", {})).values()
    return sum(len(value) for value in values if isinstance(value, bytes | str))
