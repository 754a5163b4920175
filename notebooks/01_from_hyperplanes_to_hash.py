# %% [markdown]
# # From hyperplanes to hash
#
# How can random lines make codes that keep near things near?
#
# The hash of a password is meant to be scattered: change one letter and every bit may change.
# For a search we want the opposite: similar things should get similar codes. The oldest way to do
# it needs no training at all: draw lines at random. It is called *locality-sensitive hashing*,
# LSH.
#
# **Bet.** Two points are 30° apart, seen from the center. A line through the center is drawn at
# random. In how many of 100 tries does it pass between the points? Write your guess into `my_bet`.

# %%
# %matplotlib inline
import numpy as np

from hashviz import load_dataset, methods, plots
from hashviz.codes import distances, pack
from hashviz.metrics import distance_counts, precision_at
from hashviz_course import check
from hashviz_course.widgets import Hyperplanes

my_bet = 50

lines = 4
seed = 7

rng = np.random.default_rng(seed)
turns = np.radians(np.arange(0, 360, 10))
points = np.column_stack([np.cos(turns), np.sin(turns)]) * rng.uniform(0.8, 2, (36, 1))
angles = rng.uniform(0, 360, lines)
Hyperplanes(points, lines=[(float(angle), 0.0) for angle in angles], pair=(0, 3), seed=seed)

# %% [markdown]
# *Random lines through the center, and points around it. An arrow shows the side of each line that
# gives a 1. All points of a sector have the same code. The two stars are 30° apart.*
#
# **Play.** Put a number of your own into `seed`, such as your birthday: with the same number
# everybody gets the same lines. Then draw four new lines with the button, ten times, and add up in
# how many bits the stars differ. How many of the 40 lines passed between them? Then turn a single
# line around. If you see no buttons, change `seed` ten times, and `lines` from 1 to 6. The
# more lines, the narrower the sectors, and the better a code tells the direction of its point.
#
# **Read.** In more dimensions the line becomes a *hyperplane*: all $x$ with $w^\top x = 0$. Bit $k$
# of the code says on which side of the $k$-th hyperplane the point lies. The *direction* of $w_k$
# is drawn at random, and every direction is as likely as any other; numbers from a normal
# distribution do this; numbers drawn uniformly from −1 to 1 prefer the diagonals. When does a line
# separate two points? Exactly when it falls into the angle $\theta$ between them. A random line does
# so in $\theta$ of 180 cases. In more dimensions two points and the center still lie in one plane,
# and a hyperplane of random direction cuts it in a line of random direction. So the bits of two
# points agree with
#
# $$P(\text{same bit}) = 1 - \frac{\theta}{180°}$$
#
# **Build.** Write the hash. `points` has a row per point, `planes` a row per bit: the $w$ of its
# hyperplane. A point exactly on a plane counts as +1, so that there is no third value.


# %% tags=["exercise"]
def lsh_encode(points, planes):
    """Return codes of ±1, a row per point: the side of each plane, +1 on the plane itself."""
    return np.where(points @ planes.T >= 0, 1, -1)


# %% [markdown]
# **Check.** The cell tries many numbers of points and planes, and counts how often bits agree.

# %% tags=["check"]
check.lsh_encode(lsh_encode)

# %% [markdown]
# From here on every code is made by your function once it has passed, and by the library's until
# then; the cell says so. Does the formula hold? We turn one point away from
# another, and count agreeing bits: for 32 planes as in a short code, and for 4,000.

# %%
encode = check.use("lsh_encode")
angles = np.arange(0, 181, 5)
turns = np.radians(angles)
circle = np.column_stack([np.cos(turns), np.sin(turns)])
agree = {}
for bits in (32, 4000):
    codes = encode(circle, np.random.default_rng(0).normal(size=(bits, 2)))
    agree[bits] = 1 - distances(pack(codes[:1]), pack(codes))[0] / bits
formula = 1 - angles / 180
spread = np.sqrt(formula * (1 - formula) / 32)
with plots.theme():
    ax = plots.new_axes(6, 3.6)
    ax.plot(angles, formula, color="gray", linewidth=1, label="1 − θ / 180°")
    ax.fill_between(angles, formula - 2 * spread, formula + 2 * spread, color="gray", alpha=0.15)
    ax.plot(angles, agree[32], "o", markersize=4, label="32 bits")
    ax.plot(angles, agree[4000], "x", markersize=4, label="4,000 bits")
    ax.set(xlabel="Angle between two points (degrees)", ylabel="Share of equal bits")
    ax.legend()
assert np.abs(agree[4000] - formula).max() < 0.04
print(
    f"At 30 degrees a line separates the points in {100 * 30 / 180:.0f} of 100. You bet {my_bet}."
)
for name, bent in (("normal", np.random.default_rng(0).normal(size=(100_000, 2))),
                   ("even", np.random.default_rng(0).uniform(-1, 1, (100_000, 2)))):  # fmt: skip
    sides = encode(circle, bent)
    share = (sides[:-6] != sides[6:]).mean(1)  # all pairs that are 30 degrees apart
    print(f"{name:<6} numbers: {share.min():.0%} to {share.max():.0%}, by where the points are")
print(f"At least one of four lines does so in {1 - (1 - 30 / 180) ** 4:.0%} of all draws.")

# %% [markdown]
# *Share of equal bits against the angle. The band is where 95 of 100 codes of 32 bits lie.*
#
# So a Hamming distance *is* an angle, measured with noise. The noise falls with the square root of
# the length: four times as many bits halve it. And only the angle matters only if no direction is
# preferred: with even numbers it also matters where the two points are. If you counted in how many
# draws the *codes* of the stars differ, and not in how many bits, you found more: one line of four
# is enough.
#
# Now to pictures. A picture of 32 × 32 points is one point in 1,024 dimensions. But pixels are
# never negative, so all pictures lie in one corner of that space. What does this do to the codes?

# %%
digits = load_dataset("digits")
pixels = digits.images.reshape(len(digits.images), -1) / 255.0
database, queries = np.arange(359, 1797), np.arange(359)
center = pixels[database].mean(0)


def hashed(bits, moved, seed=0):
    """Return codes of all pictures from random planes, through zero or through their mean."""
    planes = np.random.default_rng(seed).normal(size=(bits, pixels.shape[1]))
    return encode(pixels - center * moved, planes)


with plots.theme():
    ax = plots.new_axes(6, 3.2)
    for moved, name in ((0, "planes through zero"), (1, "planes through the mean")):
        codes = pack(hashed(32, moved))
        away = distances(codes[queries], codes[database]).ravel()
        ax.plot(np.bincount(away, minlength=33) / len(away), drawstyle="steps-mid", label=name)
        print(f"{name}: {away.mean():.1f} of 32 bits differ between two pictures")
    ax.set(xlabel="Hamming distance (bits)", ylabel="Share of pairs", ylim=(0, None))
    ax.legend()

# %% [markdown]
# *How far apart codes of 32 bits are, for all pairs of a query and a picture of the database.*
#
# Planes through zero miss the cloud of pictures: most bits are equal for all of them. Planes through
# the mean picture cut the cloud, and two pictures differ in about half of their bits. That is why
# the library's LSH subtracts the mean first.
#
# How many bits does a search need? We look for the ten nearest codes and count those that show the
# same digit. The goal is what the angles themselves find, without any code.

# %%
lengths = [8, 16, 32, 64, 128, 256]
classes = digits.labels.argmax(1)
direction = pixels - center
direction /= np.linalg.norm(direction, axis=1, keepdims=True)
nearest = np.argsort(-(direction[queries] @ direction[database].T), axis=1)[:, :10]
goal = (classes[database][nearest] == classes[queries][:, None]).mean()
right = np.empty((5, len(lengths)))
for seed in range(5):
    for column, bits in enumerate(lengths):
        codes = hashed(bits, moved=1, seed=seed)
        counts = distance_counts(
            codes[queries], classes[queries], codes[database], classes[database]
        )
        right[seed, column] = precision_at(counts, [10]).mean()
with plots.theme():
    ax = plots.new_axes(6, 3.6)
    color = plots.color_of(methods.METHODS["lsh"].look)
    ax.fill_between(lengths, right.min(0), right.max(0), color=color, alpha=0.2)
    ax.plot(lengths, right.mean(0), marker="o", color=color)
    ax.axhline(goal, color="gray", linewidth=1)
    ax.annotate("the angles themselves", (8, goal), (0, -14), textcoords="offset points")
    ax.set_xscale("log", base=2)
    ax.set_xticks(lengths, [str(bits) for bits in lengths])
    ax.set(xlabel="Length of the code (bits)", ylabel="Right among the first ten", ylim=(0, 1.03))
assert (np.diff(right.mean(0)) > 0).all()

# %% [markdown]
# *Share of right pictures among the ten nearest codes. Line: mean over five draws of planes. Band:
# from the worst draw to the best.*
#
# LSH comes as close to the true angles as you pay for in bits, whatever the data. It cannot promise
# more, since it has never looked at the data, and its short codes are poor. Notebook 05 turns the
# planes toward the data.
#
# **Reflect.**
#
# 1. $k$ lines through the center make $2k$ sectors in the plane, but $k$ bits could name $2^k$.
#    Which codes never occur?
# 2. Two pictures show the same digit, one is half as bright. What is their distance with planes
#    through zero, and why is it no longer certain with planes through the mean?
# 3. You may spend 64 bits. Would you rather have one code of 64 bits or four tables of 16 bits?
#    Come back to this after the next notebook.
