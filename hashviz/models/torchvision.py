"""Networks of torchvision as backbones, with random weights; `hashviz.models.weights` loads others.

torchvision takes seconds to import, so this module is imported only when a network is built.
"""

from itertools import pairwise
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from hashviz.models.backbone import Backbone

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
TENSORFLOW = ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
LEAST = 64
"""Images with a shorter side below this are enlarged, so that the last map is at least 2x2."""
VIT_SIZE = 224

CUTS: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "alexnet": ((3, 6, 13), (64, 192, 256)),
    "vgg11": ((3, 6, 11, 16, 21), (64, 128, 256, 512, 512)),
    "vgg16": ((5, 10, 17, 24, 31), (64, 128, 256, 512, 512)),
    "vgg19": ((5, 10, 19, 28, 37), (64, 128, 256, 512, 512)),
    "mobilenet_v2": ((2, 4, 7, 14, 19), (16, 24, 32, 96, 1280)),
    "mobilenet_v3_large": ((2, 4, 7, 13, 17), (16, 24, 40, 112, 960)),
    "squeezenet1_1": ((2, 5, 8, 13), (64, 128, 256, 512)),
}
"""Where the layers of `features` are cut into stages, and the channels at every cut."""


class Torchvision(Backbone):
    """A network of torchvision without its classifier, under torchvision's own names."""

    net: Any
    classifier: tuple[str, ...]
    """Prefixes of the weights that are left out."""
    normalization = IMAGENET

    def enlarge(self, images: Float[Tensor, "n channels h w"]) -> Float[Tensor, "n 3 height width"]:
        """Return three channels, and no side shorter than `LEAST`."""
        if images.shape[1] == 1 and self.normalization is not None:
            images = images.expand(-1, 3, -1, -1)
        scale = LEAST / min(images.shape[2:])
        if scale <= 1:
            return images
        height, width = (round(scale * side) for side in images.shape[2:])
        return functional.interpolate(images, (height, width), mode="bilinear")


class Layered(Torchvision):
    """AlexNet, VGG, MobileNet and SqueezeNet: one chain of layers, cut into stages.

    AlexNet and VGG keep their fully connected layers, as the hashing papers do (fc7, 4096 values);
    the features of the others are the mean of the last map.
    """

    def __init__(self, net: nn.Module, name: str) -> None:
        super().__init__()
        self.net: Any = net
        self.cuts, self.channels = CUTS[name]
        self.connected = name.startswith(("alexnet", "vgg"))
        if self.connected:
            self.features = 4096
            self.classifier = ("classifier.6.",)
            self.net.classifier = self.net.classifier[:-1]
        else:
            self.features = self.channels[-1]
            self.classifier = ("classifier.",)
            self.net.classifier = nn.Identity()

    def stages(self, images: Float[Tensor, "n channels height width"]) -> list[Tensor]:
        maps = [self.enlarge(images)]
        for first, last in pairwise((0, *self.cuts)):
            maps.append(self.net.features[first:last](maps[-1]))
        return maps[1:]

    def forward(self, images: Float[Tensor, "n channels height width"]) -> Float[Tensor, "n _"]:
        last = self.maps(images)[-1]
        if self.connected:
            return self.net.classifier(self.net.avgpool(last).flatten(1))
        return last.mean((2, 3))


class ResNet(Torchvision):
    """Four groups of residual blocks; the features are the mean of the last map."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net: Any = net
        self.features = self.net.fc.in_features
        self.channels = tuple(self.features // 2**k for k in (3, 2, 1, 0))
        self.classifier = ("fc.",)
        self.net.fc = nn.Identity()

    def stages(self, images: Float[Tensor, "n channels height width"]) -> list[Tensor]:
        net = self.net
        maps = [net.maxpool(net.relu(net.bn1(net.conv1(self.enlarge(images)))))]
        for layer in (net.layer1, net.layer2, net.layer3, net.layer4):
            maps.append(layer(maps[-1]))
        return maps[1:]

    def forward(self, images: Float[Tensor, "n channels height width"]) -> Float[Tensor, "n _"]:
        return self.maps(images)[-1].mean((2, 3))


class SmallResNet(ResNet):
    """ResNet-18 for 32x32 images: a first convolution of 3x3 without stride, and no pooling."""

    normalization = None

    def __init__(self, net: nn.Module, image_channels: int) -> None:
        super().__init__(net)
        self.net.conv1 = nn.Conv2d(image_channels, 64, 3, padding=1, bias=False)
        self.net.maxpool = nn.Identity()
        nn.init.kaiming_normal_(self.net.conv1.weight, mode="fan_out", nonlinearity="relu")

    def enlarge(self, images: Float[Tensor, "n channels h w"]) -> Float[Tensor, "n channels h w"]:
        return images


class VisionTransformer(Torchvision):
    """ViT-B/16: the tokens of layers 3, 6, 9 and 12 as 14x14 maps; the class token is the features.

    The network takes one size, so every image is resized to 224x224.
    """

    classifier = ("heads.",)
    features = 768
    channels = (768,) * 4

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net: Any = net
        self.net.heads = nn.Identity()

    def tokens(self, images: Float[Tensor, "n channels height width"]) -> list[Tensor]:
        """Return all tokens after every third layer, class token first; the last are normalized."""
        images = self.enlarge(images)
        if images.shape[2:] != (VIT_SIZE, VIT_SIZE):
            images = functional.interpolate(
                images, (VIT_SIZE, VIT_SIZE), mode="bilinear", antialias=True
            )
        patches = self.net.conv_proj(images).flatten(2).transpose(1, 2)
        encoder = self.net.encoder
        x = torch.cat([self.net.class_token.expand(len(images), -1, -1), patches], 1)
        x = encoder.dropout(x + encoder.pos_embedding)
        kept = []
        for number, layer in enumerate(encoder.layers, 1):
            x = layer(x)
            if number % 3 == 0:
                kept.append(x)
        return [*kept[:-1], encoder.ln(kept[-1])]

    def stages(self, images: Float[Tensor, "n channels height width"]) -> list[Tensor]:
        return [x[:, 1:].transpose(1, 2).unflatten(2, (14, 14)) for x in self.tokens(images)]

    def forward(self, images: Float[Tensor, "n channels height width"]) -> Float[Tensor, "n _"]:
        return self.tokens(images)[-1][:, 0]


def build_torchvision(name: str, image_channels: int) -> Backbone:
    """Build the backbone of that name with random weights.

    Raises:
        ModuleNotFoundError: when torchvision is not installed; the message names the extra.
    """
    try:
        from torchvision import models
    except ModuleNotFoundError as error:
        if error.name != "torchvision":
            raise
        raise ModuleNotFoundError(
            f"The backbone {name!r} needs torchvision: pip install 'hashviz[train]'",
            name="torchvision",
        ) from None
    official = name.removesuffix("_32").removesuffix("_tf")
    net = getattr(models, official)(weights=None)
    if official == "vit_b_16":
        return VisionTransformer(net)
    if name == "resnet18_32":
        return SmallResNet(net, image_channels)
    if official.startswith("resnet"):
        return ResNet(net)
    backbone = Layered(net, official)
    if name.endswith("_tf"):
        backbone.normalization = TENSORFLOW
        for module in backbone.modules():
            if isinstance(module, nn.Conv2d) and module.stride == (2, 2):
                module.padding = (0, 0)
                module.register_forward_pre_hook(pad_like_tensorflow)
    return backbone


def pad_like_tensorflow(module: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """Pad before a 3x3 convolution of stride 2: an even side at its end only."""
    del module
    height, width = inputs[0].shape[2:]
    return (functional.pad(inputs[0], (width % 2, 1, height % 2, 1)),)
