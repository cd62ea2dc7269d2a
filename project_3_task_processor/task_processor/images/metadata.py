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
            if tag in exif:
                kept[tag] = exif[tag]
        for ifd in (EXIF_IFD, GPS_IFD):
            for tag, value in exif.get_ifd(ifd).items():
                if tag not in NO_LONGER_TRUE:
                    kept.get_ifd(ifd)[tag] = value
        for ifd in (EXIF_IFD, GPS_IFD):
            if kept.get_ifd(ifd):
                kept[ifd] = kept.get_ifd(ifd)
        return kept.tobytes() if len(kept) else b""
    except Exception:  # broken EXIF takes many forms, and never spoils the pixels
        return b""


def size_of(image: ImageFile.ImageFile) -> int:
    """Bytes of EXIF, XMP, profile, comments and texts in an opened image."""
    values = list(image.info.values())
    values += [content for _, content in getattr(image, "applist", ())]
    values += dict(getattr(image, "tag_v2", {})).values()
    return sum(len(value) for value in values if isinstance(value, bytes | str))
