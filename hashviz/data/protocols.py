"""Which images are asked, learned from and searched: a number means nothing without it.

A protocol is a named rule; `split` applies it with a seed. `query`, `train` and `database` are rows
of the data set; a query is never in the database unless the name of the protocol says so. Sizes are
kept, not scaled: a data set that has too few images for a protocol is refused.
"""

import numpy as np

from hashviz.config import unknown
from hashviz.data.base import Dataset
from hashviz.data.draws import (
    holdout,
    lists,
    official,
    per_class,
    per_label,
    queries_too,
    smaller,
    some,
)
from hashviz.data.protocol import Protocol, Split


def split(dataset: Dataset, protocol: str | None = None, seed: int = 0) -> Split:
    """The three sets of `dataset`, drawn with `seed`, the database in shuffled order.

    Without a name it is the default protocol of the data set.

    Raises:
        ValueError: when the protocol is unknown, belongs to another data set, needs more images, or
            lets a query be learned from or found against its name.
    """
    if protocol is None:
        from hashviz.data import DATASETS  # at call time: that table imports the readers

        row = DATASETS.get(dataset.name)
        protocol = row.default_protocol if row else "holdout"
    if protocol not in PROTOCOLS:
        raise unknown("protocol", protocol, PROTOCOLS)
    if seed < 0:
        raise ValueError(f"A seed is 0 or more, got seed={seed}.")
    rule = PROTOCOLS[protocol]
    if rule.dataset not in (None, dataset.name):
        fitting = [p.name for p in PROTOCOLS.values() if p.dataset in (None, dataset.name)]
        raise ValueError(
            f"The protocol {protocol!r} belongs to {rule.dataset!r}, got {dataset.name!r}; "
            f"choose from {', '.join(sorted(fitting))}."
        )
    query, train, database = rule.draw(dataset, np.random.default_rng(seed))
    drawn = Split(query, train, database, rule, seed)
    drawn.check(dataset)
    return drawn


_TABLE = (
    Protocol(
        name="holdout",
        title="A fifth asks the rest",
        draw=holdout,
        query="a fifth of every class; a fifth of all where images have several labels",
        train="the rest",
        database="the rest",
        source="hashviz",
    ),
    Protocol(
        name="cifar10-p1",
        title="CIFAR-10, 1,000 queries, train inside the database",
        draw=per_class(100, 500),
        query="100 of every class, of all 60,000",
        train="500 of every class, of the database",
        database="the other 59,000",
        dataset="cifar10",
        sizes=(1_000, 5_000, 59_000),
        source="kunhe/TALR; orthohash; 'CIFAR10-1' of swuxyj/DeepHash-pytorch",
    ),
    Protocol(
        name="cifar10-p1x",
        title="CIFAR-10, 1,000 queries, train outside the database",
        draw=per_class(100, 500, train_in_database=False),
        query="100 of every class, of all 60,000",
        train="500 of every class, of the other 59,000",
        database="the 54,000 that are neither",
        dataset="cifar10",
        sizes=(1_000, 5_000, 54_000),
        train_in_database=False,
        source="'cifar10' of swuxyj/DeepHash-pytorch; thulab/DeepHash (R = 54,000)",
    ),
    Protocol(
        name="cifar10-p2",
        title="CIFAR-10, 10,000 queries, everything else learns",
        draw=per_class(1_000, None),
        query="1,000 of every class, of all 60,000",
        train="the database",
        database="the other 50,000",
        dataset="cifar10",
        sizes=(10_000, 50_000, 50_000),
        source="'CIFAR10-2' of swuxyj/DeepHash-pytorch",
    ),
    Protocol(
        name="cifar10-official",
        title="CIFAR-10, test asks train",
        draw=official(),
        query="the 10,000 test images",
        train="the 50,000 train images",
        database="the 50,000 train images",
        dataset="cifar10",
        sizes=(10_000, 50_000, 50_000),
        source="Lin et al. (DLBHC), CVPRW 2015; Yang et al. (SSDH), 2015",
    ),
    Protocol(
        name="cifar10-dsh-queries-in-database",
        title="CIFAR-10, test asks test: every query finds itself",
        draw=official(queries_in_database=True),
        query="the 10,000 test images",
        train="the 50,000 train images",
        database="the same 10,000 test images",
        dataset="cifar10",
        sizes=(10_000, 50_000, 10_000),
        queries_in_database=True,
        train_in_database=False,
        source="Liu et al. (DSH), CVPR 2016: test_map.m of the release",
    ),
    Protocol(
        name="cifar10-small",
        title="CIFAR-10, a tenth of cifar10-p1 for a processor without GPU",
        draw=per_class(10, 50, 590),
        query="10 of every class, of all 60,000",
        train="50 of every class, of the database",
        database="590 others of every class",
        dataset="cifar10",
        sizes=(100, 500, 5_900),
        source="hashviz, the ratios of cifar10-p1",
    ),
    Protocol(
        name="cifar10-tenth",
        title="CIFAR-10, a tenth of cifar10-p2 for a processor without GPU",
        draw=per_class(100, None, 500),
        query="100 of every class, of all 60,000",
        train="the database",
        database="500 others of every class",
        dataset="cifar10",
        sizes=(1_000, 5_000, 5_000),
        source="hashviz, the ratios of cifar10-p2",
    ),
    Protocol(
        name="svhn-p1",
        title="SVHN, 1,000 queries, train inside the database",
        draw=per_class(100, 500),
        query="100 of every class, of all 99,289",
        train="500 of every class, of the database",
        database="the other 98,289",
        dataset="svhn",
        sizes=(1_000, 5_000, 98_289),
        source="the rule of cifar10-p1 (after Liu et al., KSH, CVPR 2012)",
    ),
    Protocol(
        name="svhn-official",
        title="SVHN, test asks train",
        draw=official(),
        query="the 26,032 test images",
        train="the 73,257 train images",
        database="the 73,257 train images",
        dataset="svhn",
        sizes=(26_032, 73_257, 73_257),
        source="Netzer et al., 2011: the official split; DFEH (2022) does not tell its database",
    ),
    Protocol(
        name="cifar100-official",
        title="CIFAR-100, test asks train",
        draw=official(),
        query="the 10,000 test images",
        train="the 50,000 train images",
        database="the 50,000 train images",
        dataset="cifar100",
        sizes=(10_000, 50_000, 50_000),
        source="Krizhevsky, 2009: the official split",
    ),
    Protocol(
        name="cifar100-tenth",
        title="CIFAR-100, a tenth of the official sizes for a processor without GPU",
        draw=per_class(10, None, 50),
        query="10 of every class, of all 60,000",
        train="the database",
        database="50 others of every class",
        dataset="cifar100",
        sizes=(1_000, 5_000, 5_000),
        source="hashviz, the ratios of cifar100-official",
    ),
    Protocol(
        name="fashion-official",
        title="Fashion-MNIST, test asks train",
        draw=official(),
        query="the 10,000 test images",
        train="the 60,000 train images",
        database="the 60,000 train images",
        dataset="fashion-mnist",
        sizes=(10_000, 60_000, 60_000),
        source="Xiao et al., 2017: the official split",
    ),
    Protocol(
        name="fashion-tenth",
        title="Fashion-MNIST, a tenth of the official sizes for a processor without GPU",
        draw=per_class(100, None, 600),
        query="100 of every class, of all 70,000",
        train="the database",
        database="600 others of every class",
        dataset="fashion-mnist",
        sizes=(1_000, 6_000, 6_000),
        source="hashviz, the ratios of fashion-official",
    ),
    Protocol(
        name="nuswide21-s1",
        title="NUS-WIDE, 21 concepts, 2,100 queries, train inside the database",
        draw=per_label(100, 500),
        query="100 of every concept, of all that have one",
        train="500 others of every concept, of the database",
        database="all others that have a concept",
        dataset="nuswide21",
        sizes=(2_100, 10_500, None),
        k=5_000,
        source="swuxyj/DeepHash-pytorch; kunhe/TALR; JerryXu0129/HyP2-Loss",
    ),
    Protocol(
        name="nuswide21-s2",
        title="NUS-WIDE, 21 concepts, 2,100 queries, everything else learns",
        draw=per_label(100, None),
        query="100 of every concept, of all that have one",
        train="the database",
        database="all others that have a concept",
        dataset="nuswide21",
        sizes=(2_100, None, None),
        k=50_000,
        source="fcakir/deep-mihash; kunhe/TALR",
    ),
    Protocol(
        name="nuswide21-dsh-queries-in-database",
        title="NUS-WIDE, 10,000 images ask each other: every query finds itself",
        draw=queries_too(10_000),
        query="10,000 of all that have a concept",
        train="all others that have a concept",
        database="the same 10,000",
        dataset="nuswide21",
        sizes=(10_000, None, 10_000),
        queries_in_database=True,
        train_in_database=False,
        source="Liu et al. (DSH), CVPR 2016: test_map.m of the release",
    ),
    Protocol(
        name="nuswide21-tenth",
        title="NUS-WIDE, a tenth of nuswide21-s1 for a processor without GPU",
        draw=smaller(per_label(10, 50), 0.1),
        query="10 of every concept, of all that have one",
        train="50 others of every concept, of the database",
        database="a tenth of the others that have a concept",
        dataset="nuswide21",
        sizes=(210, 1_050, None),
        k=500,
        source="hashviz, the ratios of nuswide21-s1",
    ),
    Protocol(
        name="nuswide21-csq",
        title="NUS-WIDE, 21 concepts, 2,040 queries",
        draw=some(2_040, 10_455),
        query="2,040 of all that have a concept",
        train="10,455 of the database",
        database="all others that have a concept; the release lists fewer, near 148,000",
        dataset="nuswide21",
        sizes=(2_040, 10_455, None),
        k=5_000,
        source="Yuan et al. (CSQ), CVPR 2020: sizes of the lists, drawn anew",
    ),
    Protocol(
        name="nuswide21-m",
        title="NUS-WIDE, 21 concepts, 2,100 queries of all, whatever their concepts",
        draw=some(2_100, 10_500),
        query="2,100 of all that have a concept",
        train="10,500 of the database",
        database="all others that have a concept; the port's lists have fewer",
        dataset="nuswide21",
        sizes=(2_100, 10_500, None),
        k=5_000,
        source="'nuswide_21_m' of swuxyj/DeepHash-pytorch, its port of CSQ: sizes, drawn anew",
    ),
    Protocol(
        name="nuswide81-hashnet",
        title="NUS-WIDE, 81 concepts, 5,000 queries",
        draw=some(5_000, 10_000),
        query="5,000 of all that have a concept",
        train="10,000 of the database",
        database="all others that have a concept",
        dataset="nuswide81",
        sizes=(5_000, 10_000, None),
        k=5_000,
        source="Cao et al. (HashNet), ICCV 2017: sizes of the lists, drawn anew",
    ),
    Protocol(
        name="mirflickr-1k",
        title="MIRFlickr-25K, 1,000 queries, train outside the database",
        draw=some(1_000, 4_000, train_in_database=False, unlabeled=True),
        query="1,000 of all 25,000, those without a label among them",
        train="4,000 others",
        database="the 20,000 that are neither",
        dataset="mirflickr38",
        sizes=(1_000, 4_000, 20_000),
        train_in_database=False,
        source="swuxyj/DeepHash-pytorch; Zhang et al. (IDHN), TMM 2020",
    ),
    Protocol(
        name="mirflickr-hyp2",
        title="MIRFlickr-25K, 1,000 labeled queries, train outside the database",
        draw=some(1_000, 4_000, train_in_database=False),
        query="1,000 of all that have a label",
        train="4,000 others that have a label",
        database="all others that have a label: 19,581 of the 24,581 that the source lists",
        dataset="mirflickr38",
        sizes=(1_000, 4_000, None),
        k=1_000,
        train_in_database=False,
        source="JerryXu0129/HyP2-Loss: sizes of the lists, drawn anew",
    ),
    Protocol(
        name="voc2012-official",
        title="PASCAL VOC 2012, val asks train",
        draw=official(),
        query="the 5,823 val images",
        train="the 5,717 train images",
        database="the 5,717 train images",
        dataset="voc2012",
        sizes=(5_823, 5_717, 5_717),
        k=5_717,
        source="JerryXu0129/HyP2-Loss",
    ),
    Protocol(
        name="voc2012-1k",
        title="PASCAL VOC 2012, 1,000 queries, train outside the database",
        draw=some(1_000, 4_000, train_in_database=False),
        query="1,000 of all 11,540",
        train="4,000 others",
        database="the 6,540 that are neither",
        dataset="voc2012",
        sizes=(1_000, 4_000, 6_540),
        train_in_database=False,
        source="swuxyj/DeepHash-pytorch",
    ),
    Protocol(
        name="coco-hashnet",
        title="MS-COCO 2014, 5,000 queries, train inside the database",
        draw=some(5_000, 10_000),
        query="5,000 of all that show an object",
        train="10,000 of the database",
        database="all others that show an object",
        dataset="coco2014",
        sizes=(5_000, 10_000, None),
        k=5_000,
        source="Cao et al. (HashNet), ICCV 2017; Yuan et al. (CSQ), CVPR 2020: drawn anew",
    ),
    Protocol(
        name="coco-tenth",
        title="MS-COCO 2014, a tenth of coco-hashnet for a processor without GPU",
        draw=smaller(some(500, 1_000), 0.1),
        query="500 of all that show an object",
        train="1,000 of the database",
        database="a tenth of the others that show an object",
        dataset="coco2014",
        sizes=(500, 1_000, None),
        k=500,
        source="hashviz, the ratios of coco-hashnet",
    ),
    Protocol(
        name="imagenet100-lists",
        title="ImageNet-100, the lists of HashNet",
        draw=lists,
        query="the 5,000 of test.txt",
        train="the 13,000 of train.txt, of the database",
        database="those of database.txt",
        dataset="imagenet100",
        sizes=(5_000, 13_000, None),
        k=1_000,
        source="Cao et al. (HashNet), ICCV 2017; the list of CSQ (CVPR 2020) has 4,983 queries",
    ),
    Protocol(
        name="lists",
        title="The three lists of the data set",
        draw=lists,
        query="those of test.txt",
        train="those of train.txt",
        database="those of database.txt",
        dataset="lists",
        source="HashNet and CSQ publish such lists",
    ),
)
PROTOCOLS = {protocol.name: protocol for protocol in _TABLE}
