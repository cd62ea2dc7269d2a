"""Does one operation on one frame. Frames are L, LA, RGB or RGBA, 8 bits, sRGB, upright."""

from PIL import Image, ImageDraw, ImageFilter

from task_processor.images.font import font
from task_processor.images.operations import (
    Blur,
    Grayscale,
    Operation,
    Rotate,
    Thumbnail,
    Watermark,
)

PREMULTIPLIED = {"LA": "La", "RGBA": "RGBa"}
CLOCKWISE = {
    90: Image.Transpose.ROTATE_270,  # Pillow turns the other way
    180: Image.Transpose.ROTATE_180,
    270: Image.Transpose.ROTATE_90,
}


def apply(image: Image.Image, operation: Operation) -> Image.Image:
    """The frame after the operation; the frame given may be changed."""
    match operation:
        case Thumbnail(size):
            image.thumbnail((size, size), Image.Resampling.BICUBIC, reducing_gap=2.0)
        case Grayscale():
            image = image.convert("LA" if image.mode in PREMULTIPLIED else "L")
        case Blur(tenths):
            image = blurred(image, tenths / 10)
        case Rotate(degrees):
            image = image.transpose(CLOCKWISE[degrees])
        case Watermark(text):
            image = marked(image, text)
        case _:
            pass  # conversion and metadata concern the file, not the pixels
    return image


def blurred(image: Image.Image, radius: float) -> Image.Image:
    """Blurs; what is transparent lends no colour to its neighbours."""
    mode = PREMULTIPLIED.get(image.mode)
    if mode is None:
        return image.filter(ImageFilter.GaussianBlur(radius))
    return image.convert(mode).filter(ImageFilter.GaussianBlur(radius)).convert(image.mode)


def marked(image: Image.Image, text: str) -> Image.Image:
    """Writes white text with a dark edge; as high as a 16th of the image, smaller if it must."""
    room = image.width - 2
    height = max(8, min(image.size) // 16)
    length = font(height).getlength(text)
    if length > room:
        height = max(8, int(height * room / length))
    edge = max(1, height // 12)
    corner = (image.width - max(2, height // 2), image.height - max(2, height // 2))
    left, top, right, bottom = font(height).getbbox(text, anchor="rs", stroke_width=edge)
    # Only the rectangle of the text is touched: a large image needs no second copy.
    box = (
        max(0, int(corner[0] + left) - 1),
        max(0, int(corner[1] + top) - 1),
        min(image.width, int(corner[0] + right) + 2),
        min(image.height, int(corner[1] + bottom) + 2),
    )
    if box[0] >= box[2] or box[1] >= box[3]:
        return image
    under = image.crop(box).convert("RGBA")
    layer = Image.new("RGBA", under.size, (0, 0, 0, 0))
    ImageDraw.Draw(layer).text(
        (corner[0] - box[0], corner[1] - box[1]),
        text,
        anchor="rs",
        font=font(height),
        fill=(255, 255, 255, 200),
        stroke_width=edge,
        stroke_fill=(0, 0, 0, 160),
    )
    image.paste(Image.alpha_composite(under, layer).convert(image.mode), box)
    return image
