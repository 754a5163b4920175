# %% [markdown]
# # Maps that lie
#
# Can you trust the islands on a map of codes?
#
# A code of 32 bits is a point in a space of 32 dimensions. Paper has two. Every map of codes leaves
# out almost everything, and still we see islands on it and tell stories about them. Here the truth
# is known, because the codes were made for this notebook: `three_heaps` knows it, and reveals it later.
#
# **Bet.** The map below shows some 260 codes. You see three heaps. Two of them are clusters: their codes
# differ in few bits. One is an artifact: its codes are unrelated. Which one? Run the cell, look, and
# write 0, 1 or 2 into `my_bet`.

# %%
# %matplotlib inline
import tempfile
from itertools import combinations

import numpy as np
from matplotlib import pyplot as plt

from hashviz import TrainConfig, load_dataset, plots, train
from hashviz.codes import distances, pack
from hashviz.maps.layouts import HammingSpace, point_trust
from hashviz.maps.projection import project
from hashviz_course import check
from hashviz_course.checks.n11_maps_that_lie import three_heaps

my_bet = 0

codes, heaps, truth = three_heaps()
flat = project(codes, method="pca")
places = flat.positions[flat.inverse]
with plots.theme():
    ax = plots.new_axes(5.5, 4.2)
    ax.plot(*places.T, "o", markersize=4, alpha=0.6)
    for heap in range(3):
        ax.annotate(str(heap), places[heaps == heap].mean(0), size=22, weight="bold",
                    bbox={"facecolor": "white", "alpha": 0.8, "linewidth": 0})  # fmt: skip
    ax.set(xticks=[], yticks=[], aspect="equal")
print(
    f"{len(codes)} different codes; the plane holds {flat.settings['variance']:.0%} of the variance"
)

# %% [markdown]
# *The codes in the plane of their first two principal components (notebook 05).*
#
# **Play.** Choose any point by its number, 0 to 257. Its ten nearest points on the map get the color
# of their *true* distance. Try some points of each heap.

# %%
point = 130

away = distances(pack(codes), pack(codes))
drawn = ((places[:, None] - places) ** 2).sum(2)
near = np.argsort(drawn[point])[1:11]
with plots.theme():
    ax = plots.new_axes(5.5, 4)
    ax.plot(*places.T, "o", markersize=4, color="lightgray")
    ax.plot(*places[point], "*", markersize=12, color="red", zorder=4)
    dots = ax.scatter(*places[near].T, c=away[point, near], vmin=0, vmax=20, s=50, zorder=3)
    plt.colorbar(dots, label="True distance (bits)", shrink=0.7)
    ax.set(xticks=[], yticks=[], aspect="equal")
print(f"Point {point} is in heap {heaps[point]}. Its ten neighbors on the map differ from it in",
      *sorted(away[point, near]), "bits.")  # fmt: skip

# %% [markdown]
# *A point (red star) and its ten nearest on the map. Dark: near in truth. Bright: far in truth.*
#
# **Read.** How far can a map be trusted? Take the $k$ nearest points on the map of each point $i$.
# For each of them, $j$, ask for its rank $r_{ij}$ in truth: is it the nearest code, the second, the
# hundredth? A rank above $k$ is a false neighbor, and costs by how much it is above. With $n$ points,
# *trustworthiness* (Venna and Kaski, 2001) is
#
# $$T = 1 - \frac{2}{n k (2n - 3k - 1)} \sum_i \sum_{j \text{ shown near } i} \max(0, r_{ij} - k)$$
#
# It is 1 when every neighbor on the map is a true one. In Hamming space many points are equally far
# away. All of them get the best of their ranks: one plus the number of points that are strictly
# nearer.
#
# **Build.** `codes` is an array with a row of +1 and −1 per point, `positions` has a row of two
# numbers per point.


# %% tags=["exercise"]
def trustworthiness(codes, positions, k):
    """Return how far the neighbors on a map are neighbors in Hamming space, 1 at best."""
    n, total = len(codes), 0
    for i in range(n):
        others = np.delete(np.arange(n), i)
        away = (codes != codes[i]).sum(1)
        drawn = ((positions - positions[i]) ** 2).sum(1)
        for j in others[np.argsort(drawn[others])[:k]]:
            rank = 1 + (away[others] < away[j]).sum()
            total += max(0, rank - k)
    return 1 - 2 * total / (n * k * (2 * n - 3 * k - 1))


# %% [markdown]
# **Check.** First codes in a row, then true and false maps, then ties.

# %% tags=["check"]
check.trustworthiness(trustworthiness)

# %% [markdown]
# The library computes the trust of every *point*, and draws hollow those that should not be trusted.
# Is their mean what your function says? (Until it has passed, the library's stands in, and the cell
# says so.) And where are the hollow points?

# %%
k = 8
trust = point_trust(HammingSpace(codes, pack(codes)), places, k)
assert np.isclose(trust.mean(), check.use("trustworthiness")(codes, places, k))

heap_labels = np.eye(3, dtype=int)[heaps]
heap_names = ["heap 0", "heap 1", "heap 2"]
with plots.theme():
    plots.code_map(places, labels=heap_labels, class_names=heap_names, trust=trust, method="pca")
for heap in range(3):
    print(f"heap {heap}: mean trust {trust[heaps == heap].mean():.2f}")

# %% [markdown]
# *The same map. A hollow point has neighbors on the map that are not its neighbors in truth.*
#
# So the map itself can tell where it lies. But low trust has many causes: a true cluster that is
# squeezed into a plane mixes up its members, too. To name the artifact, go back to the bits.
#
# **Build.** `codes` is as before; `heaps` says for each code in which heap it is on the map.


# %% tags=["exercise"]
def artifact(codes, heaps):
    """Return the number of the heap, 0, 1 or 2, that is not a cluster in Hamming space."""
    spread = []
    for heap in range(3):
        own = codes[heaps == heap]
        spread.append(np.mean([(a != b).sum() for a in own for b in own]))
    return int(np.argmax(spread))


# %% [markdown]
# **Check.** Heaps of all sizes, in any order.

# %% tags=["check"]
check.artifact(artifact)

# %% [markdown]
# And on our map?

# %%
print("mean distance in bits   " + "".join(f"heap {heap}  " for heap in range(3)))
for row in range(3):
    means = [away[heaps == row][:, heaps == other].mean() for other in range(3)]
    print(f"from heap {row} to         " + "".join(f"{mean:6.1f}  " for mean in means))
print(f"The artifact is heap {check.use('artifact')(codes, heaps)}. You bet {my_bet}.")

# %% [markdown]
# Two members of the artifact are nearly as far apart as members of different heaps. In truth it is
# six small families of ten codes that have nothing to do with each other; the clusters are families
# of 100. The eight centers are exactly 16 bits apart, and three bits of each code were flipped. The
# plane had two directions and spent them on the two large clusters. All the rest fell onto one spot.
#
# Another kind of map, UMAP, looks only at which points are near which. It should find the six
# families. Does it tell the truth, then?

# %%
umap = project(codes, method="umap", neighbors=k, seed=0)
islands, family = umap.positions[umap.inverse], truth
labels = np.eye(8, dtype=int)[family]
names = [f"family {number}" for number in range(8)]
with plots.theme():
    plots.code_map(islands, labels=labels, class_names=names, trust=umap.trust[umap.inverse])
print(f"trustworthiness: plane {trust.mean():.3f}, UMAP {umap.trustworthiness:.3f}")

# %% [markdown]
# *The same codes by UMAP, colored by the eight families. Below the map: what you must not read from
# it.*
#
# UMAP is trusted more, and rightly so: neighbors are neighbors. Now look at the sea between the
# islands. Which families are related? None! All eight centers are exactly 16 bits from each other.

# %%
middle = np.array([islands[family == number].mean(0) for number in range(8)])
pairs = list(combinations(range(8), 2))
on_map = np.array([np.hypot(*(middle[a] - middle[b])) for a, b in pairs])
true = np.array([away[np.ix_(family == a, family == b)].mean() for a, b in pairs])
with plots.theme():
    ax = plots.new_axes(5.5, 3)
    ax.plot(true, on_map, "o")
    ax.set(xlabel="True mean distance (bits)", ylabel="Distance on the map", xlim=(0, 20), ylim=0)
print(f"true {true.min():.1f} to {true.max():.1f} bits; on the map the farthest pair of islands is "
      f"{on_map.max() / on_map.min():.1f} times as far apart as the nearest")  # fmt: skip

# %% [markdown]
# *All 28 pairs of islands: the true distance is always about the same, the one on the map is not.*
#
# So a plane lies about what is near, and UMAP lies about how far. The picture alone does not tell you.
#
# So much for codes that were made up. Now learned ones, as papers show them: CSQ (notebook 00), 16
# bits. One more trap is waiting: *duplicates*. Codes are short, so many pictures have the same one. A
# point on a map may be one picture or a hundred.

# %%
digits = load_dataset("digits")
with tempfile.TemporaryDirectory() as folder:
    run = train(TrainConfig(method="csq", data="digits", bits=16, epochs=4, threads=1), runs=folder)
    learned, shown = run.database_codes, run.database_labels
real = project(learned, method="umap", neighbors=k, seed=0)
with plots.theme():
    plots.code_map(real.positions, real.counts, real.class_counts(shown),
                   class_names=digits.classes, trust=real.trust)  # fmt: skip
print(f"{len(learned):,} pictures have {len(real.counts)} codes of 16 bits; "
      f"one code has {real.counts.max()} pictures")  # fmt: skip
apart, same = distances(pack(learned), pack(learned)), shown.argmax(1)[:, None] == shown.argmax(1)
print(f"mean distance in bits: same digit {apart[same].mean():.1f}, "
      f"different digits {apart[~same].mean():.1f}")  # fmt: skip

# %% [markdown]
# *The database by learned codes. A bubble is a code, its area the number of pictures that have it,
# its color the digit that most of them show.*
#
# The islands are classes, and the printed distances say so; the map alone would not prove it. And it
# lies as before: it means nothing that two islands touch or that one is far out, since the hash
# centers of CSQ are all about equally far apart. A map that draws a dot for each picture would also hide how
# many pictures share a code. Worse, the nearest neighbors of a picture would all be its own copies,
# and a map of neighborhoods would have nothing else to show. That is why the library draws each
# code once.
#
# **Reflect.**
#
# 1. A paper shows ten well separated islands by UMAP and concludes that its codes are well separated.
#    What would you ask for?
# 2. Trustworthiness penalizes false neighbors. Which lie of a map does it not see at all?
# 3. Why are duplicates harmless for a search, and harmful for a map?
