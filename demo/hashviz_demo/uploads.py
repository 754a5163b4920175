"""Pictures that visitors upload, read by one careful reader."""

from typing import Any, NamedTuple

import gradio as gr
from gradio.data_classes import ImageData
from jaxtyping import UInt8
from numpy import ndarray

from hashviz.data.images import ImageError, is_animated, read_image


class Upload(NamedTuple):
    """A picture from outside as an event gets it."""

    rgb: UInt8[ndarray, "height width 3"]
    moves: bool
    """Whether it is an animation, of which this is the first frame."""


def safe_image(**settings: Any) -> gr.Image:
    """A gr.Image from upload, webcam or clipboard that gives an `Upload`, or None, to its event."""
    # Replaced on the object: for a subclass gradio would write a stub file beside this one.
    image = gr.Image(**settings)
    vars(image)["preprocess"] = read_upload
    return image


def read_upload(payload: ImageData | None) -> Upload | None:
    """The picture, or one clear message; `gradio_files` has made sure that it was uploaded."""
    if payload is None:
        return None
    if payload.path is None:
        raise gr.Error("A picture arrives as an uploaded file.", print_exception=False)
    try:
        return Upload(read_image(payload.path), is_animated(payload.path))
    except ImageError as error:
        raise gr.Error(str(error), print_exception=False) from None
