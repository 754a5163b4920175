"""Pictures that visitors upload, all read by `hashviz.data.images`."""

from typing import Any, NamedTuple

import gradio as gr
from gradio.data_classes import ImageData
from jaxtyping import UInt8
from numpy import ndarray

from hashviz.data.images import ImageError, moves, read_image
from hashviz_demo.gradio_patches import replace_preprocess


class Upload(NamedTuple):
    """A picture from outside as an event gets it."""

    rgb: UInt8[ndarray, "height width 3"]
    moves: bool
    """Whether it is an animation, of which this is the first frame."""


def safe_image(**settings: Any) -> gr.Image:
    """Make a gr.Image that gives an `Upload`, or None, to its event."""
    return replace_preprocess(gr.Image(**settings), read_upload)


def read_upload(payload: ImageData | None) -> Upload | None:
    """Read a picture that `guard_events` found to be an upload, or refuse it with one sentence."""
    if payload is None:
        return None
    if payload.path is None:
        raise gr.Error("A picture arrives as an uploaded file.", print_exception=False)
    try:
        return Upload(read_image(payload.path), moves(payload.path))
    except ImageError as error:
        raise gr.Error(str(error), print_exception=False) from None
