# %% [markdown]
# # PCA and ITQ
#
# Can turning the axes make better codes?
#
# Random planes know nothing of the pictures. A better idea: find the directions in which the
# pictures differ most, and let each give one bit. These are the *principal components*, PCA. The
# first direction carries the most, the second the most of the rest, and so on. A few numbers per
# picture say most of what its pixels say. (There are 1,024 pixels, but the digits were scanned with
# 8 × 8 points and enlarged: the pixels say no more than those 64 points.)
#
# **Bet.** We give one bit to each principal component. Will 64 bits be better than 8 bits? Write
# "better" or "worse" into `my_bet`.

# %%
# %matplotlib inline
import numpy as np
import torch
from matplotlib import pyplot as plt
from sklearn.datasets import load_digits

from hashviz import load_dataset, metrics, plots
from hashviz.codes import sign
from hashviz.methods.fitted.projections import (
    learn_rotation,
    principal_directions,
    rotation_step,
)
from hashviz_course import check

my_bet = "better"

degrees = 0

digits = load_dataset("digits")
classes = digits.labels.argmax(1)
pixels = digits.images.reshape(len(digits.images), -1) / np.float32(255)


def turn(degrees):
    """Return the rotation of the plane by an angle."""
    a = np.radians(degrees)
    return np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]])


def error(cloud):
    """Return the mean squared distance of each number from its sign."""
    return ((np.abs(cloud) - 1) ** 2).mean()


two = pixels[classes <= 1] - pixels[classes <= 1].mean(0)
plane = principal_directions(torch.from_numpy(two), 2).numpy()
cloud = two @ plane / np.sqrt(((two @ plane) ** 2).mean())  # so large that the corners lie in it
turned = cloud @ turn(degrees)
with plots.theme():
    figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3.8), layout="constrained")
    for digit in (0, 1):
        here = turned[classes[classes <= 1] == digit]
        left.plot(*here.T, "o^"[digit], markersize=3, alpha=0.5, label=f"digit {digit}")
    left.plot([1, 1, -1, -1], [1, -1, 1, -1], "k*", markersize=14, label="codes")
    left.axhline(0, color="gray", linewidth=1)
    left.axvline(0, color="gray", linewidth=1)
    left.set(xlabel="First number", ylabel="Second number", aspect="equal")
    left.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=3, columnspacing=0.8)
    angles = np.arange(0, 91)
    errors = [error(cloud @ turn(angle)) for angle in angles]
    right.plot(angles, errors)
    right.plot(degrees % 90, error(turned), "ko")
    right.set(xlabel="Turned by (degrees)", ylabel="Quantization error", ylim=(0, None))
print(f"error {error(turned):.2f}, the least is {min(errors):.2f} at {np.argmin(errors)} degrees")

# %% [markdown]
# *Left: zeros and ones in the plane of their first two principal components, scaled. Each of the four
# codes is a star. Right: the mean squared distance from a picture to its star.*
#
# At 0° the zeros lie *across* the horizontal gray line. There the sign is a matter of luck: of two
# zeros that look alike, one gets + and the other −.
#
# **Play.** Change `degrees` until the error is small. What happens to the gray lines?
#
# **Read.** Let $V$ hold a row of real numbers per picture. Turning it by a rotation $R$ changes no
# distance between pictures, so nothing is lost. But it changes the signs. The codes are
# $B = \operatorname{sign}(V R)$, and the *quantization error* is how far they are from the numbers
# they replace:
#
# $$Q(B, R) = \lVert B - V R \rVert^2$$
#
# ITQ reduces it in alternating steps. For a fixed $R$ the best $B$ is the sign. For a fixed $B$ the best
# $R$ is known in closed form: take the singular value decomposition $B^\top V = P S Q^\top$, then
# $R = Q P^\top$. Neither half of the step can raise the error.
#
# **Build.** Write one step. `projected` is $V$, `rotation` the old $R$; return the new one.


# %% tags=["exercise"]
def itq_step(projected, rotation):
    """Return the best rotation for the codes of the old one."""
    codes = np.where(projected @ rotation >= 0, 1, -1)
    p, _, qt = np.linalg.svd(codes.T @ projected)
    return qt.T @ p.T


# %% [markdown]
# **Check.** The cell asks three questions: is it a rotation, does the error never rise, and is there
# no better rotation for these codes?

# %% tags=["check"]
check.itq_step(itq_step)

# %% [markdown]
# Now repeat the step. We take 16 principal components of all digits and start from five random
# rotations. The curves are drawn with your function once it has passed, and with the library's until
# then; the cell says so.

# %%
queries, database = np.arange(359), np.arange(359, 1797)
features = torch.from_numpy(pixels)
centered = features - features[database].mean(0)
components = centered @ principal_directions(centered[database], 64)
projected = components[:, :16]


def random_rotation(bits, seed):
    """Draw a rotation; any direction is as likely as any other."""
    generator = torch.Generator().manual_seed(seed)
    return torch.linalg.qr(torch.randn(bits, bits, generator=generator)).Q


step, cloud = check.use("itq_step"), projected[database].numpy()
with plots.theme():
    ax = plots.new_axes(6, 3.4)
    for seed in range(5):
        rotation, falls = random_rotation(16, seed).numpy(), []
        for _ in range(31):
            falls.append(error(cloud @ rotation))
            rotation = np.asarray(step(cloud, rotation), np.float32)
        assert (np.diff(falls) < 1e-5).all()
        ax.plot(falls, linewidth=1.5)
    ax.axhline(error(cloud), color="gray", linewidth=1)
    ax.annotate("not turned", (30, error(cloud)), (0, -14),
                textcoords="offset points", ha="right")  # fmt: skip
    ax.set(xlabel="Steps", ylabel="Quantization error")
library = rotation_step(projected[database], torch.from_numpy(rotation)).numpy()
assert np.allclose(step(cloud, rotation), library, atol=1e-4)

# %% [markdown]
# *The error falls with every step, from five random starts. Even a random rotation is better than
# none.*
#
# The five starts end at different errors: ITQ finds a valley, not the deepest one. The last assertion
# has checked that the library takes the same step.
#
# A small error is not the goal. The goal is a good search. Here is your bet.

# %%
lengths = [4, 8, 16, 32, 64]


def mean_ap(codes):
    """Return mAP over all orders of equal distances (notebook 04)."""
    counts = metrics.distance_counts(
        codes[queries], classes[queries], codes[database], classes[database]
    )
    return metrics.average_precision(counts).mean()


scores = {"PCA, turned by ITQ": [], "PCA, turned at random": [], "random planes": [], "PCA": []}
for bits in lengths:
    numbers = components[:, :bits]
    scores["PCA"].append([mean_ap(sign(numbers.numpy()))] * 3)
    found = {name: [] for name in scores if name != "PCA"}
    for seed in range(3):
        planes = np.random.default_rng(seed).normal(size=(pixels.shape[1], bits))
        found["random planes"].append(mean_ap(sign(centered.numpy() @ planes)))
        turned = numbers @ random_rotation(bits, seed)
        found["PCA, turned at random"].append(mean_ap(sign(turned.numpy())))
        turned = numbers @ learn_rotation(numbers[database], seed, iterations=50)
        found["PCA, turned by ITQ"].append(mean_ap(sign(turned.numpy())))
    for name, values in found.items():
        scores[name].append(values)
with plots.theme():
    ax = plots.new_axes(7, 3.8)
    for (name, values), line in zip(scores.items(), ("o-", "s--", "^:", "v-."), strict=True):
        values = np.array(values)
        ax.plot(lengths, values.mean(1), line, markersize=5, label=name)
        ax.fill_between(lengths, values.min(1), values.max(1), alpha=0.2, linewidth=0)
    ax.set_xscale("log", base=2)
    ax.set_xticks(lengths, [str(bits) for bits in lengths])
    ax.set(xlabel="Length of the code (bits)", ylabel="mAP", ylim=(0, 0.8))
    ax.legend(bbox_to_anchor=(1.02, 1), loc="upper left")
pca = np.array(scores["PCA"])[:, 0]
print(f"PCA: {pca[1]:.2f} with 8 bits, {pca[-1]:.2f} with 64 bits. You bet on {my_bet!r}.")
assert pca[-1] < pca[1]

# %% [markdown]
# *mAP against the length of the code. Lines: mean of three seeds; bands: from the worst to the best.
# Plain PCA has no seed.*
#
# Plain PCA gets *worse* with more bits! Every bit counts the same in a Hamming distance, but the last
# components are hardly more than noise: their bits are nearly coin tosses. Any rotation mixes the
# components, so that each bit carries a fair share. With 64 bits that alone brings most of the gain,
# and ITQ adds the rest.
#
# How unequal were the components? And how many are there at all?

# %%
spread = components[database].std(0).numpy()
mixed = (components[database] @ random_rotation(64, 0)).std(0).numpy()
with plots.theme():
    ax = plots.new_axes(6, 3)
    ax.plot(range(1, 65), spread, label="principal components")
    ax.plot(range(1, 65), mixed, "--", label="after a random rotation")
    ax.set(xlabel="Bit", ylabel="Standard deviation", ylim=(0, None))
    ax.legend()
share = (spread[:16] ** 2).sum() / centered[database].var(0).sum()
print(f"The first 16 components carry {share:.0%} of the variance.")
print(f"first {spread[0]:.2f}, last {spread[-1]:.2f}; mixed {mixed.min():.2f} to {mixed.max():.2f}")
points = load_digits().data
print(f"The scans have {(points == 0).all(0).sum()} points that are always black, and differ in "
      f"{np.linalg.matrix_rank(points - points.mean(0))} directions.")  # fmt: skip
assert np.isclose((spread**2).sum(), (mixed**2).sum(), rtol=1e-4)

# %% [markdown]
# *How far the numbers behind each bit spread. Their squares have the same sum; the rotation spreads
# it evenly.*
#
# So from the 62nd on the components are an artifact: the enlarged pictures have them only because
# pixels were rounded and kept within 0 and 255. Plain PCA still gives each of them a bit.
#
# **Reflect.**
#
# 1. A rotation changes no distance between pictures. Why does it change the search?
# 2. Could ITQ be used after a deep network, instead of PCA? What would it improve, and what not?
# 3. ITQ never saw a label, and 64 of its bits are better than 64 random planes. What does it know
#    that they do not?
