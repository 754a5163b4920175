# %% [markdown]
# # Search in Hamming space
#
# Must a search look at every code?
#
# The plain search measures the distance from the query to every code: a *scan*. It is exact and it
# is fast, a few nanoseconds per code. But there is a trick that looks at almost nothing. Use the
# code itself as an address: a table has one cell per code, and the cell holds the *ids* of the
# pictures that have this code. A cell is found at once, however many there are.
#
# **Bet.** Say the query's own cell is empty. So we look into the cells around it, too: all codes
# that differ in at most 3 bits. With codes of 16 bits, how many cells are that? Write your guess
# into `my_bet`.

# %%
# %matplotlib inline
from itertools import combinations
from math import comb

import numpy as np

from hashviz import HammingIndex, load_dataset, metrics, plots
from hashviz.codes import distances, pack, sign
from hashviz_course import check
from hashviz_course.widgets import BallTelescope

my_bet = 100

bits = 16

digits = load_dataset("digits")
classes = digits.labels.argmax(1)
pixels = digits.images.reshape(len(digits.images), -1) / 255.0
queries, database = np.arange(359), np.arange(359, 1797)


def hashed(bits):
    """Return codes of all pictures: sides of random planes through the mean picture (notebook 01)."""
    planes = np.random.default_rng(0).normal(size=(bits, pixels.shape[1]))
    return sign((pixels - pixels[database].mean(0)) @ planes.T)


codes = hashed(bits)
query = 6
same = classes[database] == classes[query]
BallTelescope(codes[query], codes[database], digits.images[query], digits.images[database],
              relevant=same, radius=3)  # fmt: skip

# %% [markdown]
# *Left: the nearest pictures, nine at most on each ring around the query. A ring is a distance; the
# rings end where the 24 nearest pictures do, and never before distance 3. Dashed frame: another
# digit. Right: how many pictures there are at every distance, and how many random codes there
# would be.*
#
# All codes within a radius $r$ are called a *Hamming ball*. Near the query the pictures are much
# denser than random codes would be; this is what a hash is for.
#
# **Play.** Move the radius from 0 to the last ring. What enters first? Go on: no more pictures are
# drawn, but the sentence above and the bars still count them. Change `query`, then change `bits` to
# 8 and to 32. Does the trick with the cells reach as far?

# %%
counts = metrics.distance_counts(
    codes[queries], classes[queries], codes[database], classes[database]
)
with plots.theme():
    plots.ball_occupancy(
        metrics.ball_sizes(counts), database=len(database), cells=metrics.ball_cells(bits)
    )
cells = sum(comb(16, distance) for distance in range(4))
assert cells == metrics.ball_cells(16)[3]
print(f"A ball of radius 3 has {cells} cells of 16 bits. You bet {my_bet}.")

# %% [markdown]
# *How many pictures lie within each radius, on average over all queries, and how many cells there
# are. Shaded: more cells than pictures.*
#
# The number of cells grows faster than the number of pictures in them. From radius 4 on the ball has
# more cells than the database has pictures, and the trick is slower than a scan.
#
# **Read.** The ball of radius $r$ around a code of $b$ bits has
#
# $$C(b, r) = \sum_{d=0}^{r} \binom{b}{d}$$
#
# cells: one way to flip nothing, $b$ ways to flip one bit, and so on. A search in the table looks
# at $C(b, r)$ cells, whatever the size of the database. A scan looks at $N$ codes, whatever the
# radius.
#
# **Build.** Search in a table. `table` maps a code, as a whole number, to the list of its ids. Look
# into the cells at distance 0, then 1, up to `radius`. Ids at the same distance come in order, so
# that everybody gets the same list.


# %% tags=["exercise"]
def search(query, table, bits, radius):
    """Return the ids within the radius, nearest first, at equal distance the smaller id first."""
    hits = []
    for distance in range(radius + 1):
        found = []
        for places in combinations(range(bits), distance):
            cell = query ^ sum(1 << place for place in places)
            found += table.get(cell, [])
        hits += sorted(found)
    return hits


# %% [markdown]
# **Check.** The cell tries small tables, crowded tables and empty ones.

# %% tags=["check"]
check.search(search)

# %% [markdown]
# The library's `HammingIndex` scans, and promises the same order: by distance, then by id. Does it
# agree with the definition?

# %%
packed = pack(codes)
index = HammingIndex(bits=bits)
index.add(np.arange(len(database)), packed[database])
away = distances(packed[queries], packed[database])
hits = index.search(packed[queries], k=None, radius=1)
for query in range(50):
    expected = np.lexsort((np.arange(len(database)), away[query]))[: (away[query] <= 1).sum()]
    assert hits.ids[query, : hits.found[query]].tolist() == expected.tolist()
print(f"Within radius 1: {hits.found.mean():.0f} pictures, from {hits.found.min()} "
      f"to {hits.found.max()}; nothing for {(hits.found == 0).sum()} of 359 queries")  # fmt: skip

# %% [markdown]
# With a radius each query finds a different number of pictures, sometimes none. So we often ask for
# the $k$ nearest instead. This has a catch, too: the last of them is one of several at the same
# distance, and which of these are shown depends on their order.

# %%
k = 10

order = np.random.default_rng(1).permutation(len(database))
shuffled = HammingIndex(bits=bits)
shuffled.add(np.arange(len(database)), packed[database][order])
first = index.search(packed[queries], k=k)
second = shuffled.search(packed[queries], k=k)
assert (first.distances == second.distances).all()
same = [len(set(a) & set(order[b])) for a, b in zip(first.ids, second.ids, strict=True)]
print(f"Of {k} pictures {np.mean(same):.1f} are the same on average; "
      f"all {k} for {same.count(k)} of 359 queries")  # fmt: skip

# %% [markdown]
# Both searches are exact: all distances are equal, as the assertion has checked. Only the ids were
# given out in another order, and the pictures differ. Compare two search engines by distances, never
# by ids.
#
# Can we have long codes and still look at little? Cut a code of 64 bits into four pieces of 16. If
# two codes differ in at most 3 bits, then at least one of the four pieces is *equal*: three
# differences cannot spoil four pieces. With up to 7 differences, one piece differs in at most 1 bit.
# So we keep four tables, one per piece, and look into small balls. The full distance of whatever
# they find is then measured. This is *multi-index hashing*, and it misses nothing. Its balls are
# searched by your function once it has passed, and by the library's until then; the cell says so.

# %%
look_around = check.use("search")
long = pack(hashed(64))
pieces = long.reshape(len(long), 4, 2).astype(int) @ [256, 1]
tables = [{} for _ in range(4)]
for i in range(len(database)):
    for table, piece in zip(tables, pieces[database[i]], strict=True):
        table.setdefault(int(piece), []).append(i)


def multi_index(query, radius):
    """Return the ids within the radius, and how many cells and codes were looked at."""
    candidates, looks = set(), 0
    for table, piece in zip(tables, pieces[query].tolist(), strict=True):
        looks += int(metrics.ball_cells(16)[radius // 4])
        candidates.update(look_around(piece, table, 16, radius // 4))
    close = sorted(candidates)
    far = distances(long[[query]], long[database[close]])[0]
    return [i for i, d in zip(close, far, strict=True) if d <= radius], looks + len(close)


radii = range(16)
whole = distances(long[queries], long[database])
touched = []
for radius in radii:
    results = [multi_index(query, radius) for query in range(0, 359, 20)]
    for query, (found, _) in zip(range(0, 359, 20), results, strict=True):
        assert found == np.flatnonzero(whole[query] <= radius).tolist()
    touched.append(np.mean([looks for _, looks in results]))
with plots.theme():
    ax = plots.new_axes(6, 3.6)
    ax.plot(radii, np.full(16, len(database)), label="scan")
    ax.plot(radii, metrics.ball_cells(64)[:16], "--", label="one table")
    ax.plot(radii, touched, "o-", drawstyle="steps-post", markersize=4, label="four tables")
    ax.set_yscale("log")
    ax.set(xlabel="Radius (bits)", ylabel="Cells and codes looked at", ylim=(0.8, 1e6))
    ax.legend()

# %% [markdown]
# *How much each way looks at, for codes of 64 bits. All find the same pictures, as the cell has
# checked.*
#
# The scan beats one table already at radius 2, four tables only at radius 12. Their curve rises in
# steps, whenever a piece needs a larger ball. But beware: with 1,438 pictures even the scan takes
# less than a blink, and a look into a table costs more than a step of a scan. The tables pay off
# for millions of codes and small radii.
#
# **Reflect.**
#
# 1. A database has a billion codes. How long should a code be, so that its cells hold about one
#    code each? Why would you not look at radius 3 with 64 bits in one table?
# 2. Two engines return different pictures for the same query, and both claim to be exact. How do
#    you find out whether both are right?
# 3. Codes of 64 bits, distance at most 7: why must one of the four pieces differ in at most 1 bit?
