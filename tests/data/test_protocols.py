"""No image is asked and searched at once, and every set has the size that its protocol names."""

from dataclasses import replace

import numpy as np
import pytest

from hashviz.data.base import Dataset
from hashviz.data.draws import per_class, per_label, some
from hashviz.data.protocols import PROTOCOLS, split
from hashviz.metrics.labels import multi_hot

SVHN_TRAIN = [4948, 13861, 10585, 8497, 7458, 6882, 5727, 5595, 5045, 4659]
SVHN_TEST = [1744, 5099, 4149, 2882, 2523, 2384, 1977, 2019, 1660, 1595]


def stand_in(name: str, train: list[int], test: list[int], seed: int = 0) -> Dataset:
    """The labels of a data set with images of one pixel."""
    rng = np.random.default_rng(seed)
    parts = [rng.permutation(np.repeat(np.arange(len(train)), counts)) for counts in (train, test)]
    labels = np.concatenate(parts)
    return Dataset(
        name=name,
        images=np.zeros((len(labels), 1, 1, 1), np.uint8),
        labels=multi_hot(labels, len(train)),
        classes=tuple(f"class {k}" for k in range(len(train))),
        official=np.repeat(np.array([0, 1], np.int8), [sum(train), sum(test)]),
    )


def tagged(name: str, images: int, labels: int, unlabeled: int = 0, seed: int = 0) -> Dataset:
    """Images of one pixel with one to three labels each, frequent ones and rare ones."""
    rng = np.random.default_rng(seed)
    share = np.linspace(3, 1, labels)
    table = np.zeros((images, labels), bool)
    for _ in range(3):
        some = rng.random(images) < 0.5 if table.any() else np.ones(images, bool)
        table[some, rng.choice(labels, some.sum(), p=share / share.sum())] = True
    table[rng.choice(images, unlabeled, replace=False)] = False
    return Dataset(
        name=name,
        images=np.zeros((images, 1, 1, 1), np.uint8),
        labels=table,
        classes=tuple(f"label {k}" for k in range(labels)),
    )


def halved(dataset: Dataset, train: int) -> Dataset:
    """With an official split after the first so many."""
    official = (np.arange(len(dataset)) >= train).astype(np.int8)
    return replace(dataset, official=official)


def listed(name: str, images: int, classes: int, test: int, train: int) -> Dataset:
    """With lists: the first are asked, the next learned from, all but the first searched."""
    rows = np.arange(images)
    return replace(
        stand_in(name, [images // classes] * classes, [0] * classes),
        attributes={
            "in_test": rows < test,
            "in_train": (rows >= test) & (rows < test + train),
            "in_database": rows >= test,
        },
    )


DATA = {
    "cifar100": stand_in("cifar100", [500] * 100, [100] * 100),
    "fashion-mnist": stand_in("fashion-mnist", [6_000] * 10, [1_000] * 10),
    "nuswide21": tagged("nuswide21", 40_000, 21),  # enough of every label; 195,834 in truth
    "nuswide81": tagged("nuswide81", 40_000, 81, unlabeled=9_000),
    "mirflickr38": tagged("mirflickr38", 25_000, 38, unlabeled=400),
    "voc2012": halved(tagged("voc2012", 11_540, 20), 5_717),
    "coco2014": halved(tagged("coco2014", 30_000, 80, unlabeled=500), 20_000),
    "imagenet100": listed("imagenet100", 20_000, 100, 5_000, 13_000),
    "lists": listed("lists", 500, 5, 50, 200),
    "cifar10": stand_in("cifar10", [5_000] * 10, [1_000] * 10),
    "svhn": stand_in("svhn", SVHN_TRAIN, SVHN_TEST),
    None: stand_in("folder-any", [1, 2, 3, 7, 40], [0] * 5),
}


@pytest.fixture(scope="module", params=PROTOCOLS)
def protocol(request):
    return PROTOCOLS[request.param]


@pytest.fixture(scope="module")
def drawn(protocol):
    return split(DATA[protocol.dataset], protocol.name)


def dataset_labels_are_known(protocol, drawn) -> bool:
    """No image without a label asks, teaches or is found, but for those of official halves."""
    labels = DATA[protocol.dataset].labels
    rows = np.concatenate([drawn.query, drawn.train, drawn.database])
    return bool(labels[rows].any(1).all())


def test_a_query_is_in_the_database_only_where_the_name_says_so(protocol, drawn):
    common = np.intersect1d(drawn.query, drawn.database)
    assert protocol.queries_in_database == ("queries-in-database" in protocol.name)
    assert len(common) == (len(drawn.query) if protocol.queries_in_database else 0)


def test_a_query_is_never_learned_from(drawn):
    assert len(np.intersect1d(drawn.query, drawn.train)) == 0


def test_train_is_inside_or_outside_the_database_as_named(protocol, drawn):
    common = np.intersect1d(drawn.train, drawn.database)
    assert len(common) == (len(drawn.train) if protocol.train_in_database else 0)


def test_no_image_is_twice_in_a_set_and_every_row_exists(protocol, drawn):
    dataset = DATA[protocol.dataset]
    for rows in (drawn.query, drawn.train, drawn.database):
        assert len(np.unique(rows)) == len(rows)
        assert 0 <= rows.min() <= rows.max() < len(dataset)


def test_sizes_are_those_of_the_table(protocol, drawn):
    found = (len(drawn.query), len(drawn.train), len(drawn.database))
    for size, named in zip(found, protocol.sizes, strict=True):
        assert size == named or named is None
    everything = protocol.name in ("holdout", "mirflickr-1k")
    assert everything or dataset_labels_are_known(protocol, drawn)


@pytest.mark.parametrize(
    ("name", "query", "train", "database"),
    [
        ("cifar10-p1", 100, 500, 5_900),
        ("cifar10-p1x", 100, 500, 5_400),
        ("cifar10-p2", 1_000, 5_000, 5_000),
        ("cifar10-official", 1_000, 5_000, 5_000),
        ("cifar10-dsh-queries-in-database", 1_000, 5_000, 1_000),
        ("cifar10-small", 10, 50, 590),
        ("cifar10-tenth", 100, 500, 500),
        ("cifar100-official", 100, 500, 500),
        ("cifar100-tenth", 10, 50, 50),
        ("fashion-official", 1_000, 6_000, 6_000),
        ("fashion-tenth", 100, 600, 600),
    ],
)
def test_every_class_has_the_same_number_of_images(name, query, train, database):
    dataset = DATA[PROTOCOLS[name].dataset]
    drawn = split(dataset, name, seed=3)
    for rows, count in ((drawn.query, query), (drawn.train, train), (drawn.database, database)):
        assert dataset.labels[rows].sum(0).tolist() == [count] * len(dataset.classes)


def test_classes_of_svhn_are_asked_equally_and_searched_as_they_are():
    dataset = DATA["svhn"]
    drawn = split(dataset, "svhn-p1")
    assert dataset.labels[drawn.query].sum(0).tolist() == [100] * 10
    assert dataset.labels[drawn.train].sum(0).tolist() == [500] * 10
    everything = np.add(SVHN_TRAIN, SVHN_TEST)
    assert dataset.labels[drawn.database].sum(0).tolist() == (everything - 100).tolist()


@pytest.mark.parametrize("name", ["cifar10-official", "svhn-official"])
def test_the_official_split_is_the_one_of_the_files(name):
    dataset = DATA[PROTOCOLS[name].dataset]
    assert dataset.official is not None
    drawn = split(dataset, name)
    assert (dataset.official[drawn.query] == 1).all()
    assert (dataset.official[drawn.train] == 0).all()


def test_a_fifth_of_every_class_is_held_out():
    dataset = DATA[None]
    drawn = split(dataset)
    # 1, 2, 3, 7 and 40 images: one cannot be asked and found, the others round, with one at least
    assert dataset.labels[drawn.query].sum(0).tolist() == [0, 1, 1, 1, 8]
    assert len(drawn.query) + len(drawn.database) == len(dataset)
    assert np.array_equal(drawn.train, drawn.database)


def test_the_fifth_that_is_held_out_is_rounded_to_the_nearest():
    sizes = [5, 7, 8, 12, 13]
    drawn = split(dataset := stand_in("rounded", sizes, [0] * 5))
    assert dataset.labels[drawn.query].sum(0).tolist() == [round(size / 5) for size in sizes]
    assert round(13 / 5) > 13 // 5


def test_a_fifth_of_all_is_held_out_where_images_have_several_labels():
    labels = np.ones((101, 3), bool)
    dataset = Dataset("many", np.zeros((101, 1, 1, 1), np.uint8), labels, ("a", "b", "c"))
    assert len(split(dataset).query) == 20


def test_the_seed_decides(protocol, drawn):
    again, other = (split(DATA[protocol.dataset], protocol.name, seed) for seed in (0, 8))
    for name in ("query", "train", "database"):
        assert np.array_equal(getattr(drawn, name), getattr(again, name))
        assert not np.array_equal(getattr(drawn, name), getattr(other, name))


def test_the_database_is_in_no_order_of_classes(protocol):
    dataset = DATA[protocol.dataset]
    if protocol.dataset is None:
        dataset = stand_in("sorted", [200] * 5, [0] * 5)
    database = split(dataset, protocol.name).database
    classes = dataset.labels[database].argmax(1)
    chance = ((np.bincount(classes) / len(classes)) ** 2).sum()
    assert abs((classes[1:] == classes[:-1]).mean() - chance) < 0.05
    assert (np.diff(database) < 0).mean() > 0.4


def test_the_small_protocol_keeps_the_ratios_of_the_large_one():
    small, large = PROTOCOLS["cifar10-small"].sizes, PROTOCOLS["cifar10-p1"].sizes
    assert [10 * (size or 0) for size in small] == list(large)


@pytest.mark.parametrize("name", ["nuswide21-tenth", "coco-tenth"])
def test_a_tenth_is_one_of_every_set_and_of_the_rank(name):
    large = PROTOCOLS[{"nuswide21-tenth": "nuswide21-s1", "coco-tenth": "coco-hashnet"}[name]]
    assert 10 * (PROTOCOLS[name].k or 0) == large.k
    whole, tenth = (split(DATA[large.dataset], rule, 5) for rule in (large.name, name))
    for part in ("query", "train", "database"):
        sizes = len(getattr(tenth, part)), len(getattr(whole, part))
        assert sizes[0] == pytest.approx(sizes[1] / 10, abs=1)
    assert np.isin(tenth.train, tenth.database).all()


def test_every_label_has_its_images_and_no_image_is_drawn_for_two():
    dataset = DATA["nuswide21"]
    drawn = split(dataset, "nuswide21-s1", seed=2)
    assert (dataset.labels[drawn.query].sum(0) >= 100).all()
    assert (dataset.labels[drawn.train].sum(0) >= 500).all()
    assert len(np.intersect1d(drawn.query, drawn.train)) == 0
    assert len(drawn.query) + len(drawn.database) == len(dataset)


def test_rare_labels_choose_first():
    """Both images of the rare label are needed for it; the frequent one has others."""
    labels = np.array([[True, True]] * 2 + [[True, False]] * 6)
    dataset = Dataset("any", np.zeros((8, 1, 1, 1), np.uint8), labels, ("frequent", "rare"))
    for seed in range(9):
        asked, _, _ = per_label(2, None, labels=2).draw(dataset, np.random.default_rng(seed))
        assert dataset.labels[asked].sum(0).tolist() == [4, 2]


def test_exactly_enough_images_are_enough():
    """Of every class query and train; in all one more, for else nothing were left to search."""
    rng = np.random.default_rng(0)
    two = stand_in("any", [5, 5], [0, 0])
    asked, learned, _ = per_class(2, 3, of=(10, 2)).draw(two, rng)
    assert (len(asked), len(learned)) == (4, 6)
    with pytest.raises(ValueError, match="needs 6 images of every class"):
        per_class(2, 4, of=(10, 2)).draw(two, rng)
    assert len(some(4, 5, train_in_database=False).draw(two, rng)[2]) == 1
    with pytest.raises(ValueError, match="needs more than 10 images"):
        some(4, 6).draw(two, rng)


def test_a_label_with_too_few_images_is_named():
    with pytest.raises(ValueError, match=r"600 images of every label, 'nuswide21' has .* 'label"):
        split(tagged("nuswide21", 5_000, 21), "nuswide21-s1")
    with pytest.raises(ValueError, match="more than 15,000 images with a label"):
        split(tagged("coco2014", 5_000, 80), "coco-hashnet")


def test_lists_are_taken_as_they_are_and_missed_where_they_are_not():
    drawn = split(DATA["imagenet100"], seed=1)
    assert sorted(drawn.query) == list(range(5_000))
    assert sorted(drawn.train) == list(range(5_000, 18_000))
    assert sorted(drawn.database) == list(range(5_000, 20_000))
    with pytest.raises(ValueError, match="did not come with lists"):
        split(stand_in("lists", [10] * 3, [0] * 3), "lists")


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ("in_database", r"3 of the 50 queries of 'lists' are in its database set too; remove them"),
        ("in_train", "3 of the 50 queries of 'lists' are in its train set too"),
    ],
)
def test_lists_that_let_a_query_be_learned_from_or_found_are_refused(column, message):
    dataset = DATA["lists"]
    rows = dataset.attributes[column].copy()
    rows[7:10] = True
    leaky = replace(dataset, attributes={**dataset.attributes, column: rows})
    with pytest.raises(ValueError, match=message):
        split(leaky, "lists")


def test_lists_say_how_much_of_train_is_in_their_database():
    dataset = DATA["lists"]
    searched = dataset.attributes["in_database"].copy()
    for gone, told in ((60, "190 of train inside"), (250, "train outside")):
        searched[50:gone] = False
        listed = replace(dataset, attributes={**dataset.attributes, "in_database": searched})
        assert f"({told})" in split(listed, "lists").describe()


def test_mirflickr_asks_images_without_a_label_too_where_the_source_does():
    dataset = DATA["mirflickr38"]
    drawn = split(dataset, "mirflickr-1k", seed=1)
    everything = np.concatenate([drawn.query, drawn.train, drawn.database])
    assert sorted(everything) == list(range(25_000))
    assert (~dataset.labels[drawn.query].any(1)).any()
    with pytest.raises(ValueError, match="more than 5,000 images, 'mirflickr38' has 900"):
        split(tagged("mirflickr38", 900, 38), "mirflickr-1k")


def test_the_lists_of_hyp2_leave_their_training_images_out_of_the_database():
    """The release: retrieval = permutation[queries + train:], of 24,581 images."""
    drawn = split(listed_by_hyp2 := tagged("mirflickr38", 24_581, 38), "mirflickr-hyp2")
    assert len(drawn.database) == len(listed_by_hyp2) - 1_000 - 4_000 == 19_581
    assert not np.isin(drawn.train, drawn.database).any()


def test_what_a_source_lists_is_what_its_protocol_cites():
    assert "4,983 queries" in PROTOCOLS["imagenet100-lists"].source
    assert PROTOCOLS["imagenet100-lists"].sizes[0] == 5_000
    assert PROTOCOLS["nuswide21-m"].sizes[:2] == (21 * 100, 21 * 500)


def test_a_split_describes_itself_in_one_line():
    assert split(DATA["cifar10"], seed=4).describe() == (
        "cifar10-p1, seed 4: 1,000 queries, 5,000 train, 59,000 database (train inside), "
        "mAP over the whole database"
    )
    described = split(DATA["cifar10"], "cifar10-dsh-queries-in-database").describe()
    assert "(train outside, queries inside)" in described


def test_the_words_of_the_table_are_complete(protocol):
    for words in (
        protocol.query,
        protocol.train,
        protocol.database,
        protocol.source,
    ):
        assert words
    assert protocol.metric.startswith("mAP")


def test_a_protocol_for_other_data_too_few_images_and_wrong_names_are_refused():
    any_data, small = DATA[None], stand_in("cifar10", [120] * 10, [0] * 10)
    with pytest.raises(ValueError, match=r"belongs to 'cifar10', got 'folder-any'; .* holdout\."):
        split(any_data, "cifar10-p1")
    with pytest.raises(ValueError, match="needs 600 images of every class, 'cifar10' has 120"):
        split(small, "cifar10-p1")
    with pytest.raises(ValueError, match=r"Unknown protocol 'cifar10-p3', did you mean"):
        split(small, "cifar10-p3")
    with pytest.raises(ValueError, match="A seed is 0 or more"):
        split(any_data, seed=-1)
    with pytest.raises(ValueError, match="leaves the query set empty: 'cifar10' has 1,200"):
        split(small, "cifar10-official")
    one = Dataset("one", np.zeros((1, 1, 1, 1), np.uint8), np.ones((1, 1), bool), ("a",))
    with pytest.raises(ValueError, match="leaves the query set empty: 'one' has 1 images"):
        split(one)


def test_the_official_protocol_needs_an_official_split():
    dataset = Dataset("svhn", np.zeros((2, 1, 1, 1), np.uint8), np.eye(2, dtype=bool), ("a", "b"))
    with pytest.raises(ValueError, match="has no official split"):
        split(dataset, "svhn-official")
