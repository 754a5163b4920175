"""Every way in which a picture can be broken, and every odd one that is not."""

import contextlib
import io
import resource
import struct
import time
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from hashviz.data.images import ImageError, fit_image, read_image

SCENE = np.asarray(
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)).resize(
        (70, 50), 3
    )
)  # 50 high and 70 wide, no symmetry


def encoded(image: Image.Image | np.ndarray, format: str = "PNG", **options) -> bytes:
    image = Image.fromarray(image) if isinstance(image, np.ndarray) else image
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(
    width: int, height: int, depth: int, color: int, packed: bytes, extra: bytes = b""
) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra
    return start + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def zeros(count: int) -> bytes:
    squeeze = zlib.compressobj(9)
    step = 1 << 20
    parts = [squeeze.compress(bytes(min(step, count - k))) for k in range(0, count, step)]
    return b"".join(parts) + squeeze.flush()


BOMB = png(13_000, 13_000, 1, 0, zeros(13_000 * (1 + 13_000 // 8)))


def peak_memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def test_a_lossless_picture_comes_back_exactly():
    assert np.array_equal(read_image(encoded(SCENE)), SCENE)


def test_path_bytes_file_and_pillow_image_give_the_same(tmp_path):
    data = encoded(SCENE)
    file = tmp_path / "a.png"
    file.write_bytes(data)
    with Image.open(file) as lazy:
        for source in (file, str(file), data, io.BytesIO(data), lazy, Image.fromarray(SCENE)):
            assert np.array_equal(read_image(source), SCENE)


def test_an_empty_file_is_named_empty(tmp_path):
    (tmp_path / "a.jpg").touch()
    with pytest.raises(ImageError, match=r"^The file is empty \(0 bytes\)\.$"):
        read_image(tmp_path / "a.jpg")


def test_a_missing_file_or_a_folder_cannot_be_opened(tmp_path):
    for path in (tmp_path / "no.png", tmp_path, tmp_path / ("n" * 300), "a\0b"):
        with pytest.raises(ImageError, match="cannot be opened"):
            read_image(path)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "GIF", "TIFF"])
@pytest.mark.parametrize("part", [0.3, 0.6, 0.9])
def test_half_a_picture_is_never_shown(format, part):
    data = encoded(SCENE, format)
    with pytest.raises(ImageError, match=r"damaged or incomplete|not a picture"):
        read_image(data[: int(part * len(data))])


def test_a_wrong_checksum_is_damage():
    data = bytearray(encoded(SCENE))
    where = data.index(b"IDAT") + 4 + struct.unpack_from(">I", data, data.index(b"IDAT") - 4)[0]
    data[where] ^= 1
    with pytest.raises(ImageError, match="damaged"):
        read_image(bytes(data))


def test_noise_never_gets_past_as_another_exception(rng):
    original = [encoded(SCENE, format) for format in ("JPEG", "PNG", "WEBP", "TIFF")]
    for trial in range(200):
        data = bytearray(original[trial % 4])
        for where in rng.integers(0, len(data), 5):
            data[where] = rng.integers(0, 256)
        with contextlib.suppress(ImageError):
            assert read_image(bytes(data)).shape[2] == 3


@pytest.mark.parametrize(
    "data",
    [
        b"dear diary, today I renamed a text to .jpg",
        b"MZ\x90\x00" + bytes(200),
        b'<svg xmlns="http://www.w3.org/2000/svg"><script href="http://127.0.0.1/x"/></svg>',
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\nshowpage\n",
        b"%PDF-1.7",
        b"P6 2 2 255 " + bytes(12),
    ],
    ids=["text", "exe", "svg", "eps", "pdf", "ppm"],
)
def test_what_is_no_picture_is_told_what_is(data, tmp_path):
    file = tmp_path / "picture.png"
    file.write_bytes(data)
    with pytest.raises(ImageError, match="not a picture that can be read; use JPEG, PNG"):
        read_image(file)


def test_heic_is_told_to_export_as_jpeg():
    with pytest.raises(ImageError, match="export the picture as JPEG"):
        read_image(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100))


def test_content_decides_not_the_name(tmp_path):
    file = tmp_path / "really_a_jpeg.png"
    file.write_bytes(encoded(SCENE, "JPEG", quality=95))
    assert np.abs(read_image(file).astype(int) - SCENE).mean() < 3


def test_a_bomb_is_refused_from_its_header():
    assert len(BOMB) < 30_000
    read_image(encoded(SCENE))  # decoders are loaded
    before, start = peak_memory(), time.perf_counter()
    with pytest.raises(ImageError, match="limit is 40 million"):
        read_image(BOMB)
    assert time.perf_counter() - start < 0.5
    assert peak_memory() - before < 50e6


def test_eight_bombs_at_once_cost_no_memory_and_leave_the_warnings_as_they_were():
    def attempt(data):
        try:
            return read_image(data).shape
        except ImageError as error:
            return str(error)

    filters, before = list(warnings.filters), peak_memory()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(attempt, [BOMB, encoded(SCENE)] * 8))
    assert all("40 million" in answer for answer in answers[::2])
    assert answers[1::2] == [SCENE.shape] * 8
    assert peak_memory() - before < 50e6
    assert list(warnings.filters) == filters


def test_between_the_limit_and_a_bomb_the_header_decides_too():
    with pytest.raises(ImageError, match="7,000 x 7,000 pixels; the limit is 40 million"):
        read_image(png(7_000, 7_000, 1, 0, zeros(7_000 * (1 + 7_000 // 8))))


def test_a_bomb_of_text_is_refused():
    text = chunk(b"zTXt", b"comment\0\0" + zeros(80_000_000))
    before = peak_memory()
    with pytest.raises(ImageError):
        read_image(png(8, 8, 8, 0, zlib.compress(bytes(8 * 9)), extra=text))
    assert peak_memory() - before < 50e6


@pytest.mark.parametrize("format", ["GIF", "WEBP", "TIFF"])
def test_of_an_animation_the_first_frame_counts(format):
    frames = [Image.new("RGB", (20, 10), color) for color in ("red", "blue", "green")]
    options = {"lossless": True} if format == "WEBP" else {}
    data = encoded(frames[0], format, save_all=True, append_images=frames[1:], **options)
    assert np.array_equal(read_image(data), np.asarray(frames[0]))


def test_transparent_parts_are_white():
    rgba = np.zeros((10, 20, 4), np.uint8)
    rgba[:, 10:] = (200, 100, 50, 255)
    rgba[:, :5, 3] = 51  # a fifth of black
    expected = np.full((10, 20, 3), 255)
    expected[:, :5] = 255 * 4 // 5
    expected[:, 10:] = (200, 100, 50)
    assert np.array_equal(read_image(encoded(rgba)), expected)
    assert np.array_equal(read_image(encoded(rgba, "WEBP", lossless=True, exact=True)), expected)


def test_gray_with_alpha_palette_with_transparency_and_one_bit():
    gray_alpha = np.array([[[0, 0], [80, 255]], [[80, 255], [0, 0]]], np.uint8)
    picture = read_image(encoded(Image.fromarray(gray_alpha, "LA")))
    assert picture[0].tolist() == [[255] * 3, [80] * 3]
    palette = Image.new("P", (4, 4), 1)
    palette.putpalette([255, 0, 0, 0, 0, 255])
    palette.paste(0, (0, 0, 2, 4))
    picture = read_image(encoded(palette, transparency=0))
    assert picture[0].tolist() == [[255] * 3] * 2 + [[0, 0, 255]] * 2
    one_bit = Image.new("1", (4, 4), 1)
    one_bit.putpixel((1, 0), 0)
    assert read_image(encoded(one_bit))[0, :2].tolist() == [[255] * 3, [0] * 3]


def test_cmyk_has_the_right_colors():
    cmyk = Image.new("CMYK", (16, 16), (0, 255, 255, 0))
    for data in (encoded(cmyk, "TIFF"), encoded(cmyk, "JPEG", quality=95)):
        assert np.abs(read_image(data).reshape(-1, 3).mean(0) - [255, 0, 0]).max() < 4


def test_sixteen_bits_are_scaled_not_cut_off():
    truth = np.linspace(0, 65535, 64 * 48).reshape(48, 64)
    for format in ("PNG", "TIFF"):
        picture = read_image(encoded(truth.astype(np.uint16), format))
        assert abs(picture.mean() / (truth.mean() / 257) - 1) < 0.01
        assert (picture.min(), picture.max()) == (0, 255)


@pytest.mark.parametrize("full", [1.0, 255.0, 65535.0])
def test_floats_are_scaled_by_the_range_they_use(full):
    truth = np.linspace(0, 1, 64 * 48).reshape(48, 64)
    picture = read_image(encoded((truth * full).astype(np.float32), "TIFF"))
    assert abs(picture.mean() / (255 * truth.mean()) - 1) < 0.01


def test_floats_that_are_no_numbers_do_no_harm():
    values = np.full((8, 8), np.nan, np.float32)
    values[0] = [0, 1, np.inf, -np.inf, 0.5, 0, 0, 0]
    assert read_image(encoded(values, "TIFF"))[0, :2, 0].tolist() == [0, 255]
    stretched = read_image(encoded(np.array([[-3, 1], [5, 1]], np.float32), "TIFF"))[..., 0]
    assert stretched.tolist() == [[0, 128], [255, 128]]
    # zero is in every range: what is negative everywhere is black, not an error
    assert read_image(encoded(np.full((4, 4), -2, np.float32), "TIFF")).max() == 0


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_exif_orientation_gives_the_same_picture(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    upright = Image.fromarray(SCENE)
    turns = [upright, *(upright.transpose(turn) for turn in Image.Transpose)]
    # Pillow's own reading of the orientation tells which of the eight turns it undoes.
    turned = next(
        turn
        for turn in turns
        if np.array_equal(np.asarray(ImageOps.exif_transpose(with_exif(turn, exif))), SCENE)
    )
    for format in ("PNG", "TIFF"):
        assert np.array_equal(read_image(encoded(turned, format, exif=exif)), SCENE)
    assert read_image(encoded(turned, "JPEG", exif=exif)).shape == SCENE.shape


def with_exif(image: Image.Image, exif: Image.Exif) -> Image.Image:
    return Image.open(io.BytesIO(encoded(image, exif=exif)))


def test_broken_exif_and_broken_color_profiles_are_ignored():
    for format in ("PNG", "JPEG"):
        broken = encoded(SCENE, format, icc_profile=b"not a profile" * 9, exif=b"Exif\0\0broken")
        assert read_image(broken).shape == SCENE.shape


@pytest.mark.parametrize("size", [(1, 1), (20_000, 1), (1, 500)])
def test_a_line_or_a_point_is_refused_with_its_size(size):
    with pytest.raises(ImageError, match=rf"{size[0]:,} x {size[1]:,} pixels; each side needs at"):
        read_image(encoded(Image.new("L", size)))


def test_a_side_that_is_too_long_is_refused():
    with pytest.raises(ImageError, match="a side has at most 20,000"):
        read_image(encoded(Image.new("L", (20_001, 2))))


def test_a_file_over_the_limit_is_refused_without_reading_it_all(tmp_path):
    class Endless(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            assert size is not None
            assert 0 < size < 21_000_000
            return bytes(size)

    file = tmp_path / "large.png"
    with file.open("wb") as sparse:
        sparse.truncate(21_000_000)
    for source in (file, bytes(21_000_000), Endless()):
        with pytest.raises(ImageError, match="larger than 20 MB"):
            read_image(source)


def test_large_pictures_are_reduced_and_keep_their_shape():
    gradient = np.linspace(0, 255, 1500).astype(np.uint8)
    large = np.broadcast_to(gradient[None, :, None], (1000, 1500, 3))
    for format in ("JPEG", "PNG"):
        picture = read_image(encoded(large.copy(), format), longest=150)
        assert picture.shape == (100, 150, 3)
        assert abs(picture.mean() - large.mean()) < 1


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "LA", "P", "1", "I;16", "F", "CMYK"])
def test_reading_in_bands_gives_what_reading_at_once_gives(mode):
    y, x = np.mgrid[0:1:1100j, 0:1:300j]
    gray = ((x + y) * 127).astype(np.uint8)
    if mode == "I;16":
        image, expected = Image.fromarray(gray.astype(np.uint16) * 257), gray
    elif mode == "F":
        image, expected = Image.fromarray(gray.astype(np.float32) - 50), gray * (255 / 254)
    elif mode == "1":
        image = Image.fromarray(gray > 127)
        expected = np.where(gray > 127, 255, 0)
    else:
        image, expected = Image.fromarray(gray), gray
        image = image.convert("P") if mode == "P" else image.convert("RGB").convert(mode)
    assert read_image(image, longest=1100).shape == (1100, 300, 3)
    assert np.abs(read_image(image, longest=1100)[..., 0] - expected.astype(float)).max() <= 3
    small = read_image(image, longest=110)[..., 0]
    boxes = expected.reshape(110, 10, 30, 10).mean((1, 3))
    assert np.abs(small - boxes)[2:-2, 2:-2].mean() < 4


def test_a_large_transparent_picture_takes_little_more_than_its_own_pixels():
    data = encoded(Image.new("RGBA", (5000, 5000)), compress_level=1)
    before = peak_memory()
    assert read_image(data).shape == (1024, 1024, 3)
    assert peak_memory() - before < 150e6  # its pixels are 100 MB


def test_a_pillow_image_is_checked_too():
    with pytest.raises(ImageError, match="each side needs at least 2"):
        read_image(Image.new("L", (1, 1)))


def test_the_middle_is_cut_out():
    wide = np.zeros((10, 30, 3), np.uint8)
    wide[:, 10:20] = 200
    assert (fit_image(wide, 10) == 200).all()
    assert (fit_image(wide.transpose(1, 0, 2).copy(), (5, 5)) == 200).all()
    assert fit_image(wide, (8, 24)).shape == (8, 24, 3)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_picture_of_the_data_set_is_its_own_query(channels, rng):
    image = rng.integers(0, 256, (32, 32, channels), np.uint8)
    pillow = Image.fromarray(image[..., 0] if channels == 1 else image)
    assert np.array_equal(fit_image(read_image(encoded(pillow)), 32, channels), image)


def test_one_color_stays_that_color_at_any_size():
    plain = np.full((37, 91, 3), 90, np.uint8)
    for size in (2, 32, 200):
        assert (fit_image(plain, size, 1) == 90).all()


def test_impossible_sizes_are_refused():
    with pytest.raises(ValueError, match="positive size and 1 or 3 channels"):
        fit_image(SCENE.copy(), 0)
    with pytest.raises(ValueError, match="positive size and 1 or 3 channels"):
        fit_image(SCENE.copy(), 8, 4)


def test_paths_may_be_strings_or_paths():
    with pytest.raises(ImageError, match="cannot be opened: No such file"):
        read_image(str(Path("nowhere") / "a.png"))
