# %% [markdown]
# # Breaking and explaining
#
# What does a bit look at, and how easily is it fooled?
#
# A code says *that* two pictures are similar, not *why*. This notebook opens the box from two sides.
# First we ask a bit where on a picture it looks. Then we change pictures on purpose, so little that
# you hardly see it, until the bits say something else.
#
# **Bet.** A pixel is a number from 0 to 255. By how much must the pixels of a 3 change, at most,
# until its code of 32 bits is exactly the code of an 8? Write your guess into `my_bet`.

# %%
# %matplotlib inline
import tempfile

import numpy as np
import torch

from hashviz import TrainConfig, encode, load_dataset, load_model, metrics, plots, train
from hashviz.codes import sign
from hashviz.explain.attacks import attack_path, collision_path
from hashviz.explain.bits import bit_extremes, scene_variables
from hashviz.explain.deciding import deciding_bits
from hashviz.explain.heat import heat_maps
from hashviz_course import check

my_bet = 100

folder = tempfile.TemporaryDirectory()
digits = load_dataset("digits")
config = TrainConfig(method="csq", data="digits", bits=32, epochs=10, threads=1)
run = train(config, runs=folder.name)
model = load_model(run)
asked, stored = digits.images[run.query_index], digits.images[run.database_index]
digit_of = run.query_labels.argmax(1)
print(run.split)
print(f"mAP {run.scores['map']['expected']:.2f}")

# %% [markdown]
# One network, one seed. All that follows is about this network.
#
# **Play.** Where does a bit look? Change `bit`, 0 to 31, and `query`, 0 to 358. Can you say what the
# bit responds to?

# %%
bit, query = 5, 6

hit = int((run.database_codes != run.query_codes[query]).sum(1).argmin())
heats = heat_maps(model, np.stack([asked[query], stored[hit]]), bits=[bit], stage=-1)[:, 0]
voices = encode(model, np.stack([asked[query], stored[hit]]))[:, bit]
with plots.theme():
    plots.heat_on_both((asked[query], stored[hit]), (heats[0], heats[1]), bit=bit,
                       outputs=(float(voices[0]), float(voices[1])))  # fmt: skip
decision = deciding_bits(run.query_codes[query], run.database_codes, hit, k=10)
if decision.bits is None:
    print("No flips of the query's bits can drive this hit out of the first ten.")
else:
    print(f"Flip bits {decision.bits} of the query, and this hit leaves the first ten.")

# %% [markdown]
# *A query and its nearest picture. Each place of the network's last map adds something to the output
# of the bit: where the heat speaks for +1 it raises the output, where it speaks for −1 it lowers it.*
#
# The printed line is another explanation: the fewest bits on which this hit depends.
#
# A heat map shows where the evidence is, not what it is. It is tempting to read more from it. "The
# bit looks for a loop" is a story until somebody tests it.
#
# The map is drawn from a slope, the *gradient*: how does the output change when the last map does? The
# slope at each place times the map at this place is the method *HiResCAM* (Draelos and Carin 2020).
# The better-known *Grad-CAM* (Selvaraju et al. 2017) first takes the mean of the slopes over all
# places, and so may show evidence where there is none. A gradient has another use. Follow it, and the
# bit flips.
#
# **Read.** Let $x$ be the picture, $u_k(x)$ the output behind bit $k$, and $t$ the code that we want.
# An attack goes downhill on a loss that is small when all signs agree with $t$:
#
# $$x \leftarrow \Pi_\epsilon \Bigl( x - \alpha \operatorname{sign} \nabla_x
#   \sum_k \log\bigl(1 + e^{-t_k u_k(x)}\bigr) \Bigr)$$
#
# $\Pi_\epsilon$ brings every pixel back that has moved by more than $\epsilon$, or left 0 to 255. A
# few dozen such steps are called *projected gradient descent*.
#
# **Build.** `network` takes a tensor of shape [1, channels, height, width] and gives the outputs,
# shape [1, bits]. `image` is such a tensor with whole numbers from 0 to 255; `target` holds a +1 or
# −1 per bit. Return a picture with this code and no pixel changed by more than `epsilon`.


# %% tags=["exercise"]
def collide(network, image, target, epsilon):
    """Return a picture near `image` whose code is `target`: whole numbers from 0 to 255."""
    low, high = (image - epsilon).clamp(min=0), (image + epsilon).clamp(max=255)
    x = image
    for _ in range(60):
        x = x.detach().requires_grad_()
        outputs = network(x)[0]
        if bool(((outputs >= 0) == (target > 0)).all()):
            break
        loss = torch.nn.functional.softplus(-target * outputs).sum()
        (slope,) = torch.autograd.grad(loss, x)
        x = (x - epsilon / 5 * slope.sign()).clamp(low, high).round()
    return x.detach()


# %% [markdown]
# **Check.** The cell encodes your pictures again and looks at the bits.

# %% tags=["check"]
check.collide(collide)

# %% [markdown]
# From here on we use the library's attack. First without a target: how many bits flip as the pictures
# are allowed to change more and more? We take 20 queries.

# %%
sizes = (0, 2, 4, 8, 16, 24, 32, 48, 64)
paths = [attack_path(model, picture, sizes, steps=10) for picture in asked[:20]]
flipped = np.array([path.flipped for path in paths])
with plots.theme():
    ax = plots.new_axes(6, 3.2)
    ax.plot(sizes, flipped.T, color="gray", alpha=0.4, linewidth=1)
    ax.plot(sizes, flipped.mean(0), "o-", color="black", label="mean of 20 pictures")
    ax.axhline(16, linestyle=":", color="gray")
    ax.annotate("unrelated pictures", (64, 16), (0, -12), textcoords="offset points", ha="right")
    ax.set(xlabel="Largest change of a pixel, of 255", ylabel="Flipped bits of 32")
    ax.legend(loc="upper left")
for path, picture in zip(paths, asked[:20], strict=True):
    changed = np.abs(path.images.astype(int) - picture).max((1, 2, 3))
    assert (changed <= path.epsilons).all()
    assert (sign(encode(model, path.images)) == path.codes).all()

# %% [markdown]
# *Bits that an attack can flip, against how much it may change each pixel. Gray: single pictures.*
#
# Now with a target: we want a 3 with the code of an 8.

# %%
three, eight = int(np.flatnonzero(digit_of == 3)[0]), int(np.flatnonzero(digit_of == 8)[0])
aim = run.query_codes[eight]
path = collision_path(model, asked[three], aim, (0, 8, 16, 24, 32, 48, 64, 96, 128), steps=20)
best = int(path.to_target.argmin())
with plots.theme():
    plots.attack(asked[three], path.images[best], path.own, path.codes[best], target=aim,
                 names=("a 3", "has an 8's code"))  # fmt: skip
reached = path.collides
print("Within 128 there is no collision." if reached is None else
      f"A change of at most {reached} of 255 is enough. You bet {my_bet}.")  # fmt: skip
found = (run.database_codes != path.codes[best]).sum(1).argsort(kind="stable")[:10]
print("The ten nearest pictures show", *run.database_labels[found].argmax(1))

# %% [markdown]
# *Left: the 3. Middle: what was added. Right: the sum. Below: the code of the 3, the new code, and
# that of the 8.*
#
# Anyone who has the network can try this for any pair of pictures. So a code alone must never be
# proof. In August 2021 the network NeuralHash, made to find forbidden pictures on phones, was
# extracted from a phone and published, and soon people showed different pictures with the same code.
# Think of both sides: a harmless picture that gets reported, and a forbidden one that does not.
#
# Do collisions happen without an attack? Codes drawn at random collide like birthdays.

# %%
for bits in (8, 16, 32):
    codes = np.random.default_rng(0).choice([-1, 1], (len(stored), bits))
    there = metrics.buckets(codes, run.database_labels).pairs
    expected = metrics.expected_pairs(len(stored), bits)
    print(f"random, {bits:2} bits: {there:7,} pairs with one code, expected {expected:11.3f}")
real = metrics.buckets(run.database_codes, run.database_labels)
strange = int(real.strange_pairs.sum())
print(f"CSQ,    32 bits: {real.pairs:7,} pairs, {strange} of them of different digits")
assert real.pairs > 1000 * metrics.expected_pairs(len(stored), 32)

# %% [markdown]
# With 32 random bits no two of 1,438 pictures should share a code. CSQ makes tens of thousands of
# collisions, on purpose: pictures of one digit should have one code. Only pairs of *different* digits
# are accidents.
#
# Now the gentler side. Do bits stand for things that have a name? We train on generated scenes, where
# every shape and color is known, and measure the *mutual information* of each bit with each
# attribute: how many bits of knowledge about the attribute are in the bit, 0 for none and 1 at best.
#
# $$I(b; v) = \sum_{b, v} p(b, v) \log_2 \frac{p(b, v)}{p(b)\, p(v)}$$
#
# **Build.** `bit` is a list of +1 and −1, one entry per picture. `attributes` has a list of whole
# numbers under each name. Name the bit after the attribute that it knows most about; if that is less
# than the threshold, return "nothing".


# %% tags=["exercise"]
def name_bit(bit, attributes, threshold):
    """Return the attribute that a bit tells most about, or "nothing"."""
    known, n = {}, len(bit)
    for name, values in attributes.items():
        known[name] = 0.0
        for b in set(bit):
            for v in set(values):
                p = sum(x == b and y == v for x, y in zip(bit, values, strict=True)) / n
                if p:
                    known[name] += p * np.log2(p / (bit.count(b) / n * values.count(v) / n))
    best = max(known, key=known.get)
    return best if known[best] >= threshold else "nothing"


# %% [markdown]
# **Check.** Clear bits, empty bits, and bits that agree with something rare. Then the bit that
# knows most gets its name from your function if it has passed, and from the library's if not.

# %% tags=["check"]
check.name_bit(name_bit)

# %%
config = TrainConfig(method="csq", data="scenes?images=800", bits=16, epochs=8, threads=1)
seen = train(config, runs=folder.name)
scenes = load_dataset("scenes?images=800")
here = seen.database_index
known = scene_variables({name: values[here] for name, values in scenes.attributes.items()})
told = metrics.mutual_information(seen.database_codes, known, permutations=500)
with plots.theme():
    plots.mutual_information(told.values, told.names, limit=told.table_limit)
top, name = np.unravel_index(told.values.argmax(), told.values.shape)
everything = {key: values.astype(int).tolist() for key, values in known.items()}
bit = seen.database_codes[:, top].tolist()
named = check.use("name_bit")(bit, everything, told.table_limit[top, name])
print(f"Bit {top} knows most: {told.values[top, name]:.2f} bits about {named!r}, "
      f"of {told.entropy[name]:.2f} that there are; chance {told.table_limit[top, name]:.3f}")  # fmt: skip
dealt = np.random.default_rng(0).permutation(seen.database_codes)  # codes of other pictures
blind = metrics.mutual_information(dealt, known, permutations=500)
print(f"Of {told.values.size} cells the codes fill, and the same codes dealt to other pictures:")
for each, limit, other in (("each cell by itself", told.limit, blind.limit),
                           ("the table as a whole", told.table_limit, blind.table_limit)):  # fmt: skip
    print(f"{each:<21}{(told.values > limit).sum():4}, {(blind.values > other).sum():3}")

# %% [markdown]
# *What each bit knows about each attribute. Empty: no more than chance shows anywhere in a table of
# this size.*
#
# Note the size. With 16 bits and 20 attributes this is 320 tests. A test at 5 % is wrong in one of 20
# cases, so codes that know nothing would still fill some 16 cells, and every one of them would invite
# a story. The figure therefore asks for more: a limit that in 95 of 100 shuffles *no* cell of the
# table exceeds. (Bonferroni's rule, 5 % divided by 320, is the simple way to the same end.)

# %%
ends = bit_extremes(encode(model=load_model(seen), images=scenes.images[here]), int(top), count=8)
with plots.theme():
    plots.bit_gallery(
        *(list(scenes.images[here[rows]]) for rows in (ends.plus, ends.minus, ends.undecided)),
        bit=int(top),
    )

# %% [markdown]
# *The pictures for which this bit is surest of +1, those it can hardly decide, and those for which it
# is surest of −1.*
#
# Would you have found the name from the pictures alone? Nobody told the network about colors. It
# learned from the shapes, and still a bit rarely *is* one shape: it knows a little about several.
#
# **Reflect.**
#
# 1. A heat map and an attack both follow a gradient. What does one show that the other hides?
# 2. A platform compares uploads with a list of codes and blocks those that match. Name two people whom
#    an attack can harm. What would you require before a match has consequences?
# 3. A bit and "star" share 0.3 bits of information. May you call it the star bit?
