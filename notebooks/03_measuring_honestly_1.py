# %% [markdown]
# # Measuring honestly I: precision, recall, AP
#
# What does a score of 0.8 say?
#
# A search returns a ranking: the nearest picture first. Some of the pictures are *relevant*: they
# show what was searched for. The others are not. We write a ranking as a strip of + and −. A score is
# one number for such a strip. There are many, and two papers that both say "mAP" may not mean the
# same one.
#
# **Bet.** Two searches show three results each. The first finds `+−+`, the second `+−−`. There is a
# common score, AP@3, that ranks one of them higher. Which one? Write 1 or 2 into `my_bet`.

# %%
# %matplotlib inline
import numpy as np

from hashviz import load_dataset, metrics, plots
from hashviz.codes import sign
from hashviz_course import check
from hashviz_course.widgets import DrawBeforeYouSee, LabelStrip

my_bet = 1

marks = "++-+--+---+-----+---"

strip = LabelStrip([mark == "+" for mark in marks])
strip

# %% [markdown]
# *A ranking of twenty results from left to right. Precision jumps up at a hit and falls at a miss;
# recall only rises. Below: average precision in four ways, explained next.*
#
# **Play.** Change results. Swap a hit with the miss behind it, at ranks 2 and 3, then at ranks
# 17 and 18: where does one swap matter most? Move all hits to the front, then all to the end. Then
# move the cut to rank 10, and watch the bars diverge. If you see no buttons, edit `marks`.
#
# **Read.** Look at the first $k$ ranks. The share of relevant ones among them is the *precision*
# $P(k)$. The share that they are of all relevant ones is the *recall*. One number instead of two
# curves is the *average precision*: the mean of $P$ at the ranks $r$ that hold a relevant result.
# Nobody looks at a thousand results, so we often stop at rank $k$:
#
# $$\mathrm{AP@}k = \frac{1}{D} \sum_{r \le k} P(r) \cdot [\text{result } r \text{ is relevant}]$$
#
# And here the trouble begins: what is $D$? Some divide by the relevant results *found* in the first
# $k$ ("hits"), some by all *relevant* ones there are, some by the most that could be *reached*,
# which is the smaller of that number and $k$. Without a cut all three are the same. The fourth
# bar above, "answered", has the divisor of "hits" and another mean: a query that finds nothing
# scores 0 with "hits" but is left out with "answered".
#
# **Build.** Write AP@k. `relevant` is a list of True and False for the whole database, `mode` one of
# "hits", "relevant" and "reachable".


# %% tags=["exercise"]
def average_precision(relevant, k, mode):
    """Return AP of the first k ranks; 0 for a query that finds nothing."""
    hits, total = 0, 0.0
    for rank, is_relevant in enumerate(relevant[:k], start=1):
        if is_relevant:
            hits += 1
            total += hits / rank
    there = sum(relevant)
    divisor = {"hits": hits, "relevant": there, "reachable": min(there, k)}[mode]
    return total / divisor if divisor else 0.0


# %% [markdown]
# **Check.** The cell tries every ranking of up to five results.

# %% tags=["check"]
check.average_precision(average_precision)

# %% [markdown]
# Here is your bet, scored by your function once it has passed, and by the library's until then; the
# cell says so. The last line compares with the library, which takes its counts by distance: a ranking
# without ties has one result at each distance.


# %%
ap = check.use("average_precision")


def score(marks, k, mode):
    """Return AP@k of a strip."""
    return float(ap([mark == "+" for mark in marks], k, mode))


modes = ("hits", "relevant", "reachable")
print("        " + "".join(f"{mode:>11}" for mode in modes))
for name in ("+-+", "+--"):
    # Two relevant pictures in a database of 100; where + - - misses the second, it comes last.
    whole = name + "-" * 96 + ("-" if name == "+-+" else "+")
    print(f"{name:<8}" + "".join(f"{score(whole, 3, mode):11.3f}" for mode in modes))
print(f"You bet on search {my_bet}.")
relevant = np.array([[mark == "+" for mark in marks]]).astype(int)
counts = metrics.DistanceCounts(np.ones_like(relevant), relevant, database=relevant.size)
library = [metrics.average_precision(counts, 10, mode)[0] for mode in modes]
assert np.allclose([score(marks, 10, mode) for mode in modes], library)

# %% [markdown]
# With "hits" the second search wins: it found *less* and scores *more*, because its late + no longer
# lowers the mean. You may call this a mistake, but much published code computes it. The other two do
# not have this fault. So always state the divisor with the number.
#
# **Draw before you see.** How much does it matter for a real search? We hash digits with random
# planes, 64 bits, and move the cut. mAP@k is the mean AP@k over 359 queries. A query has about 143
# relevant pictures, and the divisor is "reachable". How does mAP@k change as k grows from 1 to 1,024?
# Set the points, then reveal.

# %%
digits = load_dataset("digits")
classes = digits.labels.argmax(1)
pixels = digits.images.reshape(len(digits.images), -1) / 255.0
queries, database = np.arange(359), np.arange(359, 1797)


def counted(bits):
    """Count relevant and other pictures at each distance, with codes from random planes."""
    planes = np.random.default_rng(0).normal(size=(bits, pixels.shape[1]))
    codes = sign((pixels - pixels[database].mean(0)) @ planes.T)
    return metrics.distance_counts(
        codes[queries], classes[queries], codes[database], classes[database]
    )


counts = counted(64)
cuts = 2 ** np.arange(11)
curve = {mode: [metrics.average_precision(counts, k, mode).mean() for k in cuts] for mode in modes}
DrawBeforeYouSee(
    np.log2(cuts), curve["reachable"], xlabel="Logarithm of the cut k, base 2", ylabel="mAP@k"
)

# %% [markdown]
# *Your curve. The true one is in the next figure, together with the other two divisors.*

# %%
with plots.theme():
    ax = plots.new_axes(6.4, 3.8)
    for mode, line in zip(modes, ("o-", "s--", "^:"), strict=True):
        ax.plot(cuts, curve[mode], line, markersize=4, label=f"divided by {mode}")
        whole = metrics.average_precision(counts, None, mode).mean()
        print(f"{mode:<10} mAP@16 {curve[mode][4]:.2f}, mAP@1024 {curve[mode][-1]:.2f}, "
              f"mAP {whole:.2f}")  # fmt: skip
    ax.set_xscale("log", base=2)
    ax.set(xlabel="Cut k", ylabel="mAP@k", ylim=(0, 1))
    ax.legend()
relevant_each = counts.relevant.sum(1)
print(f"A query has {relevant_each.min()} to {relevant_each.max()} relevant pictures.")
assert np.allclose([metrics.average_precision(counts, None, m).mean() for m in modes], whole)

# %% [markdown]
# *The same codes and the same rankings, scored with three divisors.*
#
# All three are called mAP@k in papers. At k = 16 they range from almost nothing to almost
# everything, and only without a cut do they agree. "Reachable" even turns around: its divisor grows
# with k up to about 143, the number of relevant pictures, and then stays the same. Never compare two
# numbers unless the cut *and* the divisor are the same.
#
# A single number hides where a search is good. The curve of precision against recall shows it, and
# it also shows that a longer code helps.

# %%
shown = np.unique(np.geomspace(1, len(database), 80).astype(int))
share = relevant_each.mean() / len(database)
with plots.theme():
    ax = plots.new_axes(6, 4)
    for bits, line in ((16, ":"), (64, "--"), (256, "-")):
        counts = counted(bits)
        precisions = metrics.precision_at(counts, shown).mean(0)
        ax.plot(metrics.recall_at(counts, shown).mean(0), precisions, line, label=f"{bits} bits")
    ax.axhline(share, color="gray", linewidth=1)
    ax.annotate("a random order", (0.02, share), (0, 4), textcoords="offset points")
    ax.set(xlabel="Recall", ylabel="Precision", ylim=(0, 1.03))
    ax.legend()
assert np.isclose(precisions[-1], share)

# %% [markdown]
# *Precision against recall for three lengths of code, as the list of results grows. Left: few
# results, most of them right. Right: everything, right and wrong.*
#
# At the right end all curves meet at the share of relevant pictures in the database, one in ten:
# if you show everything, you find everything.
#
# **Reflect.**
#
# 1. "Our method reaches mAP@10 of 0.8." Which two questions do you ask before you are impressed?
# 2. One search engine is for vacation pictures, another for a fire department's hazard sheets. Which
#    one needs precision, which one recall?
# 3. One query has 3 relevant pictures in the database, another one 3,000. Should both count the same
#    in the mean? They do in mAP.
