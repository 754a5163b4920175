# %% [markdown]
# # Hash centers
#
# Where should the codes of ten classes be?
#
# With pairs a network has to find out by itself where the classes should go. We can also decide it
# in advance: every class gets a code of its own, its *center*, and the network pulls the pictures of
# the class there. Then much depends on the centers. They should be far from each other, so that a wrong
# bit or two does no harm.
#
# **Bet.** There is a famous recipe for ten centers of 64 bits. Any two of them differ in exactly 32
# bits. How many *different* bits do they have? (A bit that says the same of all ten classes as
# another bit, or always the opposite, does not count as different.) Write your guess into `my_bet`.

# %%
# %matplotlib inline
import tempfile

import numpy as np
from matplotlib import pyplot as plt

from hashviz import TrainConfig, metrics, plots, train
from hashviz.centers import gilbert_varshamov, make_centers, measure_centers, plotkin
from hashviz.centers.columns import column_representatives
from hashviz.metrics.comparison import paired_difference
from hashviz.training.ablation import judge
from hashviz_course import check
from hashviz_course.widgets import CenterDesigner

my_bet = 64

start = np.random.default_rng(1).choice([-1, 1], (6, 16))
CenterDesigner(start, names=["cat", "dog", "bird", "ship", "car", "tree"])

# %% [markdown]
# *Six classes, 16 bits each, at random. Below: the distance between the closest two, and two bounds.*
#
# **Play.** Flip bits until the closest two classes are 6 bits apart. Can you get 8? The row of buttons
# has ready recipes. If you see no keys, change `default_rng(1)` and try your luck.
#
# **Read.** How far apart can $C$ centers of $b$ bits be? Look at one bit. If half of the classes have
# +1 there, it separates $\frac C2 \cdot \frac C2$ pairs, and no other split separates more. There are
# $\frac{C(C-1)}2$ pairs. So the *mean* distance of two centers is at most
#
# $$\frac{b \cdot C^2/4}{C(C-1)/2} = \frac b2 \cdot \frac C{C-1}$$
#
# and the smallest distance $d$ cannot be larger than the mean. This is Plotkin's bound: much more than
# half of the bits is impossible. A second bound, by Gilbert and Varshamov, says what *is* possible:
# take any code, cross out all codes nearer than $d$, take one that is left, and so on. As long as the
# crossed-out balls do not fill the space, there is one more.
#
# A large distance is not everything. A bit that is the same for all classes says nothing. A bit that
# repeats another says nothing new.
#
# **Build.** Place the centers: as many `classes` with as many `bits`, any two at least `distance`
# apart, no bit constant and none the same as another or its opposite. Any way that works is right.
# It should work for 48 bits too, which is not a power of two.


# %% tags=["exercise"]
def centers(classes, bits, distance):
    """Return a row of -1 and +1 for each class, far apart, and no bit wasted."""
    rng = np.random.default_rng(0)
    while True:
        codes = []
        while len(codes) < classes:
            code = rng.choice([-1, 1], bits)
            if all((code != other).sum() >= distance for other in codes):
                codes.append(code)
        codes = np.array(codes)
        turned = codes * codes[0]  # now opposite columns are equal, and constant ones are all +1
        if len(np.unique(turned, axis=1).T) == bits and not (turned == 1).all(0).any():
            return codes


# %% [markdown]
# **Check.** The cell looks at distances and columns, from 4 classes with 4 bits to 20 classes with 48.
# The distances it asks for are those of Gilbert and Varshamov or less, so they can be reached.

# %% tags=["check"]
check.centers(centers)

# %% [markdown]
# From here on we use the library's `make_centers`. Here is the famous recipe. A *Hadamard matrix* is a
# square of ±1 in which any two rows differ in exactly half of the places. Sylvester found in 1867 how
# to double one. The usual programs take its first rows as centers.

# %%
ten = make_centers("hadamard-first", classes=10, bits=64)
quality = measure_centers(ten)
with plots.theme():
    plots.hash_centers(ten, ax=plots.new_axes(8, 3.2))
away = (ten[:, None] != ten).sum(2)[~np.eye(10, dtype=bool)]
print(f"Any two differ in {away.min()} bits. There are {quality.distinct_columns} different bits. "
      f"You bet on {my_bet}.")  # fmt: skip
assert away.min() == away.max() == quality.minimum == 32
assert quality.distinct_columns == 16

# %% [markdown]
# *The first ten rows of Sylvester's matrix. Dark and light are the two signs. A filled dot: a new bit.
# A ring: repeats an earlier one. A cross: constant.*
#
# All distances are equal, and yet: 64 stored bits, 16 different ones, and one of these is constant.
# It would be the same with 128 bits. The first ten rows of the matrix simply repeat after 16 columns.
# Taking *random* rows instead, and flipping some signs, keeps all distances and repairs the columns.
# For 48 bits Sylvester has no matrix, but Paley (1933) does.
#
# How good are the various ways to place ten centers?

# %%
lengths = [8, 12, 16, 24, 32, 48, 64]
schemes = {"hadamard": "o-", "greedy": "s--", "random": "^:"}
formula = [bits / 2 * 10 / 9 for bits in lengths]
with plots.theme():
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
    for scheme, line in schemes.items():
        found = [measure_centers(make_centers(scheme, 10, bits)) for bits in lengths]
        left.plot(lengths, [q.minimum / q.bits for q in found], line, label=scheme)
        right.plot(lengths, [q.useful_bits for q in found], line, label=scheme)
    first = [measure_centers(make_centers("hadamard-first", 10, bits)) for bits in (8, 16, 32, 64)]
    left.plot([8, 16, 32, 64], [q.minimum / q.bits for q in first], "xk", label="first rows")
    right.plot([8, 16, 32, 64], [q.useful_bits for q in first], "xk-", label="first rows")
    upper, lower = ([bound(10, bits) for bits in lengths] for bound in (plotkin, gilbert_varshamov))
    left.fill_between(lengths, np.divide(lower, lengths), np.divide(upper, lengths), color="gray",
                      alpha=0.2, label="between the bounds")  # fmt: skip
    left.set(xlabel="Bits", ylabel="Smallest distance / bits", ylim=(0, 0.7))
    right.set(xlabel="Bits", ylabel="Useful bits", ylim=(0, 66))
    left.legend(fontsize="small", loc="lower right")
    for ax in (left, right):
        ax.set_xticks([8, 16, 24, 32, 48, 64])
assert all(f - 2 < bound <= f for f, bound in zip(formula, upper, strict=True))
most = {bits: max(measure_centers(make_centers(scheme, 10, bits)).minimum for scheme in schemes)
        for bits in (32, 48, 64)}  # fmt: skip
print("Best smallest distance:", *(f"{d} of {bits} bits," for bits, d in most.items()),
      "while nobody passes", *(f"{plotkin(10, bits)}" for bits in most))  # fmt: skip
assert all(d > bits // 2 for bits, d in most.items())

# %% [markdown]
# *Left: the smallest distance of ten centers, as a share of the bits. The band goes from what is
# certainly possible (Gilbert, Varshamov) to what cannot be exceeded (Plotkin). Right: bits that are
# neither constant nor repeated.*
#
# Random codes with half of each sign stay below what is certainly possible, at most lengths. The
# first rows keep the distance and lose the bits. And Hadamard is not the best: for ten classes the
# bound is above half of the bits, and from 32 bits on a simple search ("greedy") finds centers that
# are a little farther apart.
#
# Does it matter? We train a network toward the first rows, and toward rows without wasted bits, 64
# bits each. The loss is that of CSQ (Yuan et al. 2020). Four seeds, three passes over the digits.

# %%
scores, together, short = {"hadamard-first": [], "hadamard": []}, [], []
with tempfile.TemporaryDirectory() as folder:
    for scheme in scores:
        for seed in range(4):
            config = TrainConfig(method="csq", data="digits", bits=64, epochs=3, seed=seed,
                                 threads=1, options={"centers": scheme})  # fmt: skip
            run = train(config, runs=folder, slim=True)
            scores[scheme].append(run.scores["map"]["expected"])
            if scheme == "hadamard":
                continue
            same_as = column_representatives(run.centers)
            wrong = run.database_codes != run.centers[run.database_labels.argmax(1)]
            both = wrong.T.astype(int) @ wrong / wrong.sum(0).clip(1)[:, None]
            useful, pair = same_as >= 0, same_as[:, None] == same_as
            useful_pair = useful[:, None] & useful & ~np.eye(64, dtype=bool)
            together.append([both[useful_pair & pair].mean(), both[useful_pair & ~pair].mean()])
            fifteen = np.unique(same_as[useful])
            counts = metrics.distance_counts(
                run.query_codes[:, fifteen], run.query_labels.argmax(1),
                run.database_codes[:, fifteen], run.database_labels.argmax(1),
            )  # fmt: skip
            short.append(metrics.average_precision(counts).mean())
print("mAP, first rows, 64 bits        ", *(f"{s:.3f}" for s in scores["hadamard-first"]))
print("mAP, the 15 useful ones of these", *(f"{s:.3f}" for s in short))
print("mAP, no bit wasted, 64 bits     ", *(f"{s:.3f}" for s in scores["hadamard"]))
gain = paired_difference(scores["hadamard"], scores["hadamard-first"])
print(f"No bit wasted is better: {gain.mean:+.3f} ± {gain.half_width:.3f}, {judge(gain)}.")
copy, other = np.mean(together, axis=0)
print(f"When a bit is wrong, its copy is wrong too in {copy:.0%} of cases, another bit in "
      f"{other:.0%}.")  # fmt: skip
assert copy > 2 * other

# %% [markdown]
# Each column is a seed. The last line explains the rest. Four copies of a bit are like four
# witnesses who all repeat what one of them saw: when one is wrong, the others usually are, too. So the
# distance of 32 between two centers protects less than it seems to. The gain in mAP is about a
# hundredth, at a score so near to 1 that there is hardly room for more. Even where the verdict is
# "holds", it says nothing about the size of the effect on harder data. What you store is another
# matter: 15 of the 64 bits find nearly as much, in a quarter of the space.
#
# **Reflect.**
#
# 1. Two classes. What are their best centers of 32 bits, and how many of the bits are useful? What
#    does this say about wasted bits in general?
# 2. The bound falls with the number of classes, to half of the bits. Why do 1,000 classes in 16 bits
#    have to be much closer than 8 bits?
# 3. Cat and dog should be nearer than cat and ship. Are centers at equal distances then a good idea?
