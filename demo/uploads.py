"""Pictures that visitors upload, read by one careful reader."""

from typing import Any

import gradio as gr
import numpy as np
from gradio.data_classes import ImageData

from hashviz.data.images import ImageError, read_image


def safe_image(**settings: Any) -> gr.Image:
    """A gr.Image from upload, webcam or clipboard that gives uint8 RGB, or None, to its event."""
    # Replaced on the object: for a subclass gradio would write a stub file beside this one.
    image = gr.Image(**settings)
    vars(image)["preprocess"] = read_upload
    return image


def read_upload(payload: ImageData | None) -> np.ndarray | None:
    """The picture, or one clear message; gradio has made sure that the file was uploaded."""
    if payload is None:
        return None
    if payload.path is None:
        raise gr.Error("A picture arrives as an uploaded file.", print_exception=False)
    try:
        return read_image(payload.path)
    except ImageError as error:
        raise gr.Error(str(error), print_exception=False) from None
