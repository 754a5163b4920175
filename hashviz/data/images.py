"""Any picture to uint8 RGB, or one friendly sentence why not: the only place where files decode.

The order is the defense: bytes are counted before they are read, the header is checked before a
pixel is decoded, and only listed decoders are tried. No file name is trusted, only content.
"""

import io
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import AvifImagePlugin, ExifTags, Image, TiffImagePlugin, WebPImagePlugin

# Named, so that Pillow need not import all forty of its decoders to find these three.
del AvifImagePlugin, TiffImagePlugin, WebPImagePlugin

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
MOST_BYTES = 20_000_000
MOST_PIXELS = 40_000_000
LONGEST_SIDE, SHORTEST_SIDE = 20_000, 2
READABLE = "JPEG, PNG, WebP, GIF, BMP, TIFF or AVIF"


class ImageError(ValueError):
    """A picture that cannot be used; the message is one sentence for the person who chose it."""


def read_image(
    source: str | Path | bytes | io.BufferedIOBase | Image.Image, *, longest: int = 1024
) -> UInt8[np.ndarray, "height width 3"]:
    """Read a picture upright in RGB, its longer side reduced to at most `longest` pixels.

    Of an animation the first frame; transparent parts become white; 16 bits and floats are scaled
    to the full range, not cut off; a color profile is ignored.

    Raises:
        ImageError: when this is not a picture, or a damaged, enormous or tiny one.
    """
    with quiet():
        if isinstance(source, Image.Image):
            return decode(source, longest)
        data = read_bytes(source)
        try:
            image = open_header(data)
            check_size(image.size)
            if image.format == "PNG":
                image.verify()  # checksums, which decoding skips
                image = open_header(data)
        except ImageError:
            raise
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise ImageError(
                f"The picture claims too many pixels; the limit is {MOST_PIXELS // 10**6} million."
            ) from error
        except Image.UnidentifiedImageError as error:
            raise ImageError(explain_unreadable(data)) from error
        except Exception as error:  # decoders raise whatever broken bytes make them raise
            raise ImageError("The picture is damaged or incomplete.") from error
        return decode(image, longest)


def is_animated(source: str | Path | bytes | io.BufferedIOBase | Image.Image) -> bool:
    """Return whether a readable picture is an animation; only its first frame is used.

    Raises:
        ImageError: when its bytes cannot be had.
    """
    image = source if isinstance(source, Image.Image) else open_header(read_bytes(source))
    return getattr(image, "n_frames", 1) > 1


def fit_image(
    rgb: UInt8[np.ndarray, "h w 3"], size: int | tuple[int, int], channels: int = 3
) -> UInt8[np.ndarray, "height width channels"]:
    """Return the middle of a picture in the size (height, width) and channels of a data set.

    Raises:
        ValueError: when the size is not positive or the channels are not 1 or 3.
    """
    height, width = (size, size) if isinstance(size, int) else size
    if height < 1 or width < 1 or channels not in (1, 3):
        raise ValueError(
            "A picture has a positive size and 1 or 3 channels, "
            f"got {height}x{width} and {channels}."
        )
    image = Image.fromarray(rgb)
    if channels == 1:
        image = image.convert("L")
    scale = min(image.width / width, image.height / height)
    cut_width, cut_height = max(1, round(scale * width)), max(1, round(scale * height))
    left, top = (image.width - cut_width) // 2, (image.height - cut_height) // 2
    image = image.crop((left, top, left + cut_width, top + cut_height))
    if image.size != (width, height):
        filtered = Image.Resampling.LANCZOS if scale > 1 else Image.Resampling.BICUBIC
        image = image.resize((width, height), filtered)
    return np.asarray(image).reshape(height, width, channels).copy()


def read_bytes(source: str | Path | bytes | io.BufferedIOBase) -> bytes:
    """Return all bytes of the source, never more than the limit."""
    if isinstance(source, bytes):
        data = source
    elif isinstance(source, str | Path):
        try:
            with Path(source).open("rb") as file:
                data = file.read(MOST_BYTES + 1)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise ImageError(f"The file {str(source)!r} cannot be opened: {reason}.") from error
    else:
        data = source.read(MOST_BYTES + 1)
    if not data:
        raise ImageError("The file is empty (0 bytes).")
    if len(data) > MOST_BYTES:
        raise ImageError(f"The file is larger than {MOST_BYTES // 10**6} MB, which is the limit.")
    return data


def open_header(data: bytes) -> Image.Image:
    """Open the header only, with one of the decoders on the list."""
    return Image.open(io.BytesIO(data), formats=FORMATS)


def explain_unreadable(data: bytes) -> str:
    """Return why no decoder of the list took these bytes."""
    if data[4:8] == b"ftyp" and data[8:12] in (b"heic", b"heix", b"hevc", b"mif1", b"msf1"):
        return "HEIC pictures are not supported; export the picture as JPEG."
    if data.startswith((b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"RIFF")):
        return "The picture is damaged or incomplete."
    return f"This is not a picture that can be read; use {READABLE}."


def check_size(size: tuple[int, int]) -> None:
    """Refuse a picture whose header gives an impossible width or height."""
    width, height = size
    came = f"The picture has {width:,} x {height:,} pixels"
    if min(size) < SHORTEST_SIDE:
        raise ImageError(f"{came}; each side needs at least {SHORTEST_SIDE}.")
    if max(size) > LONGEST_SIDE:
        raise ImageError(f"{came}; a side has at most {LONGEST_SIDE:,}.")
    if width * height > MOST_PIXELS:
        raise ImageError(f"{came}; the limit is {MOST_PIXELS // 10**6} million.")


def decode(image: Image.Image, longest: int) -> UInt8[np.ndarray, "height width 3"]:
    """Return the pixels of an image whose header was read."""
    check_size(image.size)
    try:
        image.draft(None, (longest, longest))  # a JPEG decodes straight to a smaller size
        image.load()
        turn = find_turn(image)
        image = shrink(image, max(1, max(image.size) // (2 * longest)))
        if turn is not None:
            image = image.transpose(turn)
        image.thumbnail((longest, longest), Image.Resampling.LANCZOS)
        return np.array(image)
    except Exception as error:  # decoders raise whatever broken bytes make them raise
        raise ImageError("The picture is damaged or incomplete.") from error


def find_turn(image: Image.Image) -> Image.Transpose | None:
    """Return the rotation that EXIF asks for; None if it asks for none or cannot be read."""
    turn = Image.Transpose
    turns = (
        *(None, None, turn.FLIP_LEFT_RIGHT, turn.ROTATE_180, turn.FLIP_TOP_BOTTOM),
        *(turn.TRANSPOSE, turn.ROTATE_270, turn.TRANSVERSE, turn.ROTATE_90),
    )
    try:
        return turns[image.getexif().get(ExifTags.Base.Orientation, 1)]
    except Exception:  # a broken block of metadata does not spoil the picture
        return None


def shrink(image: Image.Image, factor: int) -> Image.Image:
    """Return RGB with sides divided by `factor`, band by band: no second copy in full size."""
    span = gray_span(image)
    rgb = Image.new("RGB", (-(-image.width // factor), -(-image.height // factor)))
    for top, band in bands(image, 128 * factor):
        rgb.paste(to_rgb(band, span).reduce(factor), (0, top // factor))
    return rgb


def bands(image: Image.Image, rows: int) -> Iterator[tuple[int, Image.Image]]:
    """Yield the picture from top to bottom, a few rows at a time."""
    for top in range(0, image.height, rows):
        yield top, image.crop((0, top, image.width, min(top + rows, image.height)))


def to_rgb(image: Image.Image, span: tuple[float, float] | None) -> Image.Image:
    """Return eight bits of red, green and blue, whatever the mode; alpha lies on white."""
    if span is not None:
        # Pillow would cut these off at 255 instead of scaling them.
        least, greatest = span
        gray = np.nan_to_num(np.asarray(image, np.float32), nan=0, posinf=0, neginf=0) - least
        gray *= 255 / (greatest - least)
        return Image.fromarray(np.rint(gray).astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGB", image.size, "white")
        white.paste(image, mask=image.getchannel("A"))
        return white
    return image.convert("RGB")


def gray_span(image: Image.Image) -> tuple[float, float] | None:
    """Return what is black and what is white in gray of 16 bits or floats, None for other modes.

    Integers fill 16 bits, floats 0..1, 0..255 or 16 bits, whichever holds them all. Values beyond,
    and negative ones, are stretched from the least to the greatest.
    """
    if image.mode != "F" and not image.mode.startswith("I"):
        return None
    least, greatest = 0.0, 0.0
    for _, band in bands(image, 512):
        gray = np.asarray(band, np.float32)
        gray = gray[np.isfinite(gray)]
        least = float(gray.min(initial=least))
        greatest = float(gray.max(initial=greatest))
    for full in (1, 255, 65535) if image.mode == "F" else (65535,):
        if least >= 0 and greatest <= full:
            return 0.0, float(full)
    return least, greatest


_quiet_lock = threading.Lock()
_quiet_users = 0
_quiet_filters = warnings.catch_warnings()


@contextmanager
def quiet() -> Iterator[None]:
    """Silence Pillow's warnings, except the one about enormous pictures, which is an error.

    `warnings.catch_warnings` alone is not safe when several threads decode: the first one in sets
    the filters, the last one out restores them.
    """
    global _quiet_users, _quiet_filters
    with _quiet_lock:
        if _quiet_users == 0:
            _quiet_filters = warnings.catch_warnings()
            _quiet_filters.__enter__()
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
        _quiet_users += 1
    try:
        yield
    finally:
        with _quiet_lock:
            _quiet_users -= 1
            if _quiet_users == 0:
                _quiet_filters.__exit__(None, None, None)
