# %% [markdown]
# # Several scales
#
# Does a code get better when the early layers contribute, too?
#
# A network looks at a picture in stages. The first stage sees small strokes at many places. The last
# one sees the whole, at few places. Most hash layers use only the last stage. DMSH (Redaoui,
# Belloulata and Belalia 2022) uses several: fine strokes should add structure to the meaning.
# The paper's equations could not be read here. What we train is a reconstruction from its abstract.
#
# **Bet.** We train codes of 12 bits from the last stage, then from all three. Will mAP be "higher",
# "lower" or "the same"? Write it into `my_bet`.

# %%
# %matplotlib inline
import tempfile

import numpy as np
import torch
from matplotlib import pyplot as plt

from hashviz import TrainConfig, encode, load_dataset, load_model, plots, train
from hashviz.codes import sign
from hashviz.explain.scales import origin_of_bits
from hashviz.methods.dmsh import MultiScaleNetwork
from hashviz.metrics.comparison import paired_difference
from hashviz.models.networks import build_backbone
from hashviz.training.ablation import ablate, judge
from hashviz_course import check

my_bet = "higher"

picture = 6

digits = load_dataset("digits")
config = TrainConfig(method="dmsh", data="digits", bits=12, epochs=10, threads=1,
                     options={"width": 16})  # fmt: skip
with tempfile.TemporaryDirectory() as folder:
    run = train(config, runs=folder)
    model = load_model(run).eval()
one = torch.from_numpy(digits.images[picture : picture + 1]).permute(0, 3, 1, 2)
with torch.no_grad():
    stages = model.backbone.stages((one.float() - model.mean) / model.std)
with plots.theme():
    figure, panels = plt.subplots(2, 4, figsize=(8, 4), layout="constrained")
    panels[0, 0].imshow(digits.images[picture, :, :, 0], cmap="gray")
    panels[0, 0].set_title("picture")
    for panel, stage, name in zip(panels.T[1:], stages, (1, 2, 3), strict=True):
        loudest = stage[0].mean((1, 2)).argsort(descending=True)
        for ax, channel in zip(panel, loudest, strict=False):
            ax.imshow(stage[0, channel], cmap=plots.palette.sequential())
        panel[0].set_title(f"stage {name}")
    for ax in panels.ravel():
        ax.set_axis_off()
for name, stage in enumerate(stages, start=1):
    print(f"stage {name}: {stage.shape[1]} maps of {stage.shape[2]} × {stage.shape[3]}")

# %% [markdown]
# *A digit, and what each stage of a trained network makes of it: the two maps with the largest mean.
# Bright is large.*
#
# **Play.** Change `picture`. In which stage can you still read the digit? And in which could you tell
# two ways of writing it apart?
#
# **Read.** Let $C_l$ be the maps of stage $l$. They differ in size, so we cannot add them. First each map
# is *pooled*: its mean over all places, $q_l$, is one number per map. Then a matrix $W_l$ turns the
# numbers of the stage into one summand for each bit. The outputs are the sum over the stages,
#
# $$u = \sum_l q_l W_l, \qquad q_l = \operatorname{mean}_{\text{places}} C_l$$
#
# It is the same as putting all $q_l$ side by side and multiplying by one tall matrix. This is called
# *feature fusion*. The signs of $u$ are the code.
#
# **Build.** Write the fusion with torch. `maps` is a list: for each stage a tensor of the shape
# pictures × maps × height × width. `weights` is a list of the matrices, maps × bits.


# %% tags=["exercise"]
def fuse(maps, weights):
    """Return outputs, a row per picture and a column per bit: the sum of what the stages say."""
    return sum(map_.mean((2, 3)) @ weight for map_, weight in zip(maps, weights, strict=True))


# %% [markdown]
# **Check.** The cell tries one stage and several, compares with the formula, and tests whether the
# gradient reaches every stage. A stage that it does not reach never learns.

# %% tags=["check"]
check.fuse(fuse)

# %% [markdown]
# The library does more between the map and the mean. It builds a *pyramid*: each stage is added to the coarser
# one above it, then goes through a small convolution. So there is a *branch* per stage, and branch 1
# holds stages 1, 2 and 3. It ends in the sum you have written. Does it agree? And which branch says
# what? (Each branch is fused by your function once it has passed, else by the library's.)

# %%
fused = check.use("fuse")
images = digits.images[:359]
with torch.no_grad():
    own = model.backbone.stages(
        (torch.from_numpy(images).permute(0, 3, 1, 2).float() - model.mean) / model.std
    )


@torch.no_grad()
def branches(silent=()):
    """Return what each branch adds to each output when some stages show only their mean map."""
    shown = [m.mean(0, keepdim=True).expand_as(m) if stage in silent else m
             for stage, m in enumerate(own, start=1)]  # fmt: skip
    model.backbone.stages = lambda _: shown
    features = model.embed(torch.from_numpy(images).permute(0, 3, 1, 2))
    del model.backbone.stages
    blocks = [slice(start, start + 16) for start in (0, 16, 32)]
    weight, bias = model.head.fuse.weight, model.head.fuse.bias
    parts = [fused([features[:, b, None, None]], [weight[:, b].T]) + bias / 3 for b in blocks]
    return torch.stack(parts, 1).numpy()


whole = branches()
assert np.allclose(whole.sum(1), encode(model, images), atol=1e-4)
origin = origin_of_bits(whole)
with plots.theme():
    plots.bit_origins(origin, [f"branch {name}" for name in model.scales], ax=plots.new_axes(7, 3))
for name, share in zip(model.scales, origin.mean(1), strict=True):
    print(f"branch {name} brings {share:.0%} of what the outputs tell about the pictures")

# %% [markdown]
# *For each bit: how much of its variation over 359 pictures comes from each branch. A part below zero
# works against the others.*
#
# So the early stages do contribute? Not so fast. A branch is not a stage: whatever branch 1 says may
# have come down from stage 3. To find out which stage it is, *intervene*. Replace the maps of one
# stage by their mean over all pictures, where the pyramid takes them: then that stage says the same
# for every picture. How much of the outputs is lost?

# %%
outputs, lost = whole.sum(1), {}
for stage in (1, 2, 3):
    without = branches(silent=[stage])
    alike = [np.corrcoef(a, b)[0, 1] ** 2 for a, b in zip(outputs.T, without.sum(1).T, strict=True)]
    lost[stage] = 1 - np.mean(alike)
    flips = (sign(without.sum(1)) != sign(outputs)).mean()
    print(f"stage {stage} silent: {lost[stage]:4.0%} of the outputs is lost, {flips:4.0%} of the bits "
          "change")  # fmt: skip
first = [branches(silent)[:, 0] for silent in ([], [1], [2, 3])]
for name, other in (("stage 1", first[1]), ("what comes from above", first[2])):
    kept = np.mean([np.corrcoef(a, b)[0, 1] ** 2 for a, b in zip(first[0].T, other.T, strict=True)])
    print(f"Branch 1 without {name}: {kept:.0%} of it remains.")
assert lost[3] > 5 * max(lost[1], lost[2])

# %% [markdown]
# Here nearly everything that *all* branches say comes from the last stage, branch 1 included. Its share
# of the bars above belonged to stage 3. The name of a part does not say what it does; only taking it
# away shows that.
#
# And does it help to have more branches? Five seeds of three networks: all stages; the last one
# alone; and a *control*, the last one alone with a wider layer, so that it has as many numbers to
# learn as all stages together.

# %%
variants = {
    "all stages": {},
    "last stage": {"scales": "3"},
    "last stage, wider": {"scales": "3", "width": 28},
}
for name, options in variants.items():
    network = MultiScaleNetwork(build_backbone("small", 1), 1, 12, **{"width": 16} | options)
    learnable = sum(p.numel() for p in network.parameters() if p.requires_grad)
    print(f"{name:<18} {learnable:,} numbers to learn")
with tempfile.TemporaryDirectory() as folder:
    table = ablate(config, range(5), lambda each: train(each, runs=folder, slim=True),
                   rows_of=variants)  # fmt: skip
scores = {row["name"]: row["map"]["values"] for row in table["rows"]}
apart = np.array([np.subtract(values, scores["all stages"]) for values in scores.values()])
found = np.array([paired_difference(v, scores["all stages"]) for v in scores.values()])
with plots.theme():
    plots.ablation(list(scores), apart, means=found[:, 0], half_widths=found[:, 1])
for name, values in scores.items():
    print(f"{name:<18} mAP", *(f"{value:.2f}" for value in values))
for name in ("last stage", "last stage, wider"):
    gain = paired_difference(scores["all stages"], scores[name])
    print(f"All stages are better than {name}: {gain.mean:+.3f} ± {gain.half_width:.3f}, "
          f"{judge(gain)}.")  # fmt: skip
print(f"You bet on {my_bet!r}.")

# %% [markdown]
# *How mAP changes when only the last stage is used. Small dots: one seed each; the line is the 95 %
# interval of the mean.*
#
# Read the two verdicts above. *Undecided* says that these five seeds cannot tell, and that is all that
# may be reported: after ten passes these digits do not show whether all stages are better than the
# last one alone. Stop at three passes (`epochs=3`) and the first difference is far larger: the small
# network has not finished learning. But more stages also mean more to learn with, and compared with
# the wider last stage, which has as many numbers, no gain is left after three passes either.
#
# This says nothing against several scales on photographs, where a texture or a small object may be
# lost in the last stage. It says what a table has to contain before it is evidence for them.
#
# **Reflect.**
#
# 1. Pooling takes the mean over all places. Which two pictures get the same $q_1$, though they look
#    quite different?
# 2. A branch has a large share in every bit. Is it therefore useful? How would you find out?
# 3. Besides the number of weights, what else should be equal in a fair comparison of two networks?
