"""How much one task may cost. Each limit is held before the memory is taken."""

from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Limits:
    """The limits of one task; a process needs up to 20 bytes of memory for each pixel.

    `pixels` counts what is decoded, over all frames. `frames` counts frames or pages.
    `metadata_bytes` counts EXIF, XMP, colour profiles, comments and texts together.
    """

    input_bytes: int = 64 * 1024 * 1024
    pixels: int = 100_000_000
    frames: int = 1_000
    metadata_bytes: int = 1024 * 1024
    output_bytes: int = 64 * 1024 * 1024

    def __post_init__(self) -> None:
        for field in fields(self):
            if getattr(self, field.name) < 1:
                raise ValueError(f"the limit {field.name} must be at least 1")
