"""What the course says in numbers is computed again here, and looked up in its pages."""

import json
import re
from pathlib import Path

import nbformat
import numpy as np
import pytest
import torch

from hashviz import metrics
from hashviz.centers import make_centers, measure_centers, plotkin
from hashviz.codes import distances, pack, sign
from hashviz.data.readers.digits import read_digits, scans
from hashviz.explain.bits import scene_variables
from hashviz.methods.base import Batch, Problem
from hashviz.methods.dfeh import DFEH
from hashviz.methods.dmsh import MultiScaleNetwork
from hashviz.models.networks import build_backbone
from hashviz_course.checks.n11_maps_that_lie import three_heaps
from hashviz_course.widgets import BallTelescope

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"


def script(number: str) -> Path:
    [path] = FOLDER.glob(f"{number}_*.py")
    return path


def text(number: str) -> str:
    """All markdown of a notebook in one line."""
    lines = script(number).read_text().splitlines()
    return " ".join(line.removeprefix("#").strip() for line in lines if line.startswith("#"))


def printed(number: str) -> str:
    """All that the executed notebook has printed."""
    notebook = nbformat.read(script(number).with_suffix(".ipynb"), as_version=4)
    return "".join(o.get("text", "") for c in notebook.cells for o in c.get("outputs", ()))


def teacher(number: str) -> str:
    return (FOLDER / "teacher" / f"{number}.md").read_text()


@pytest.fixture(scope="module")
def searched():
    """Digits as notebooks 02 to 04 search them: codes of random planes, classes, split."""
    digits = read_digits()
    pixels = digits.images.reshape(len(digits.images), -1) / 255.0
    queries, database = np.arange(359), np.arange(359, 1797)

    def codes(bits):
        planes = np.random.default_rng(0).normal(size=(bits, pixels.shape[1]))
        return sign((pixels - pixels[database].mean(0)) @ planes.T)

    return digits, codes, digits.labels.argmax(1), queries, database


def test_00_codes_are_16_times_smaller_than_what_was_scanned():
    code = 32 // 8
    points = (scans().shape[1] - 1) * 1  # a byte per point
    pixels = read_digits().images[0].nbytes
    assert f"{points // code} times smaller than the scans" in text("00")
    assert f"To say {pixels // code} times would count pixels" in text("00")


def test_00_and_05_an_enlarged_scan_says_no_more_than_its_points():
    points = scans()[:, :-1]
    rank = np.linalg.matrix_rank(points - points.mean(0))
    black = (points == 0).all(0).sum()
    assert f"{len(np.unique(points))} shades" in re.sub(r"\s+", " ", text("00"))
    assert f"{black} points that are always black, and differ in {rank} directions" in printed("05")
    assert f"from the {rank + 1}nd on the components are an artifact" in text("05")


def test_01_one_of_four_lines_separates_more_often_than_one_line():
    one, any_of_four = 30 / 180, 1 - (1 - 30 / 180) ** 4
    assert f"separates the points in {100 * one:.0f} of 100" in printed("01")
    assert f"At least one of four lines does so in {any_of_four:.0%}" in printed("01")
    assert "seed=seed" in script("01").read_text()


def test_01_directions_from_even_numbers_prefer_the_diagonals():
    edge = (np.arange(400) + 0.5) / 200 - 1
    w = np.stack(np.meshgrid(edge, edge), -1).reshape(-1, 2)  # the whole square
    shares = []
    for start in range(0, 90, 5):
        first, last = np.radians(start), np.radians(start + 30)
        sides = w @ np.array([[np.cos(first), np.cos(last)], [np.sin(first), np.sin(last)]]) >= 0
        shares.append((sides[:, 0] != sides[:, 1]).mean())
    assert f"even   numbers: {min(shares):.0%} to {max(shares):.0%}" in printed("01")
    alike = re.search(r"normal numbers: (\d+)% to (\d+)%", printed("01"))
    assert alike is not None
    assert all(abs(int(share) - 100 * 30 / 180) < 1 for share in alike.groups())


def test_02_the_rings_end_where_the_text_says(searched):
    digits, codes, _, _, database = searched
    code = codes(16)
    telescope = BallTelescope(
        code[6], code[database], digits.images[6], digits.images[database], radius=3
    )
    rings = telescope.distances[telescope.shown]
    assert rings.max() == 3
    assert np.bincount(rings).max() <= 9
    assert np.sort(telescope.distances)[23] <= 3
    assert "nine at most on each ring" in text("02")
    assert "end where the 24 nearest pictures do, and never before distance 3" in text("02")


def test_03_the_swaps_of_the_play_change_ap_the_first_one_more(searched):
    [marks] = re.findall(r'^marks = "([+-]+)"$', script("03").read_text(), re.MULTILINE)
    pairs = re.search(r"at ranks (\d+) and (\d+), then at ranks (\d+) and (\d+)", text("03"))
    assert pairs is not None

    def ap(strip):
        ranks = [rank for rank, mark in enumerate(strip, 1) if mark == "+"]
        return np.mean([found / rank for found, rank in enumerate(ranks, 1)])

    def swapped(a, b):
        strip = list(marks)
        strip[a - 1], strip[b - 1] = strip[b - 1], strip[a - 1]
        return strip

    a, b, c, d = map(int, pairs.groups())
    early, late = ap(marks) - ap(swapped(a, b)), ap(marks) - ap(swapped(c, d))
    assert early > late > 0
    assert len(metrics.DIALECTS) == 4
    assert all(f'"{dialect}"' in text("03") for dialect in metrics.DIALECTS)


def test_04_luck_averages_out_inside_a_single_query(searched):
    _, codes, classes, queries, database = searched
    queries, code, rng = queries[:60], codes(64)[:, :8], np.random.default_rng(0)
    away = distances(pack(code[queries]), pack(code[database]))
    right = classes[queries][:, None] == classes[database]

    def ap_in(order):
        nearest = np.argsort(away[:, order], 1, kind="stable")
        ranked = np.take_along_axis(right[:, order], nearest, 1)
        precision = np.cumsum(ranked, 1) / np.arange(1, len(database) + 1)
        return (precision * ranked).sum(1) / ranked.sum(1)

    single = np.std([ap_in(rng.permutation(len(database))) for _ in range(20)], axis=0, ddof=1)
    counts = metrics.distance_counts(
        code[queries], classes[queries], code[database], classes[database]
    )
    worst = metrics.average_precision(counts, ties="pessimistic")
    band = (metrics.average_precision(counts, ties="optimistic") - worst).mean()
    assert counts.total.max(1).min() > 100  # "a tie holds hundreds of pictures"
    assert single.mean() < band / 20
    assert f"{single.mean():.3f} between shuffles, while the band is {band:.1f}" in teacher("04")
    assert f"spread over shuffles: {single.mean():.3f} for the AP of one query" in printed("04")
    gain = ap_in(np.argsort(classes[database], kind="stable")) - metrics.average_precision(counts)
    assert gain[classes[queries] == 0].mean() > 0.1  # zeros gain much,
    assert gain[classes[queries] == 6].mean() < 0  # sixes lose


def test_06_ten_equal_classes_have_two_independent_bits_and_no_two_balanced_ones():
    bits = np.array([[1 if number >> c & 1 else -1 for c in range(10)] for number in range(1, 512)])
    uncorrelated = 10 * (bits @ bits.T) == np.outer(bits.sum(1), bits.sum(1))  # up to their sign
    first, second = np.nonzero(np.triu(uncorrelated))
    assert len(first)
    assert not (uncorrelated[first] & uncorrelated[second]).any()  # no third one
    balanced = bits.sum(1) == 0
    assert not uncorrelated[np.ix_(balanced, balanced)].any()
    assert int(np.log2(10)) == 3
    assert np.linalg.matrix_rank(bits - bits.mean(1, keepdims=True)) == 9
    assert "no more than nine bits could be uncorrelated" in text("06")
    assert "ten codes have room for three" in text("06")
    assert "With ten classes of equal size it is only two" in text("06")
    assert "nine uncorrelated bits at most, and three independent ones" in teacher("06")


def test_07_outputs_reach_a_margin_that_no_codes_reach():
    bits, classes = 12, 10
    assert plotkin(classes, bits) < bits  # codes: a squared distance of 4K is a Hamming one of K
    u = 2**0.5 * torch.from_numpy(make_centers("hadamard", classes, bits)).float()
    loss = DFEH(
        Problem(bits, classes, classes, False, 0),
        quantization_weight=0.0, balance_weight=0.0, margin_per_bit=4.0,
    )  # fmt: skip
    terms = loss(Batch(u, torch.eye(classes, dtype=torch.bool), torch.arange(classes), 0.0))
    assert terms["contrastive"].item() == pytest.approx(0, abs=1e-6)
    assert "By codes, no." in teacher("07")
    assert "By real outputs, yes" in teacher("07")


def test_equations_that_could_not_be_read_are_not_called_secret():
    for path in [*FOLDER.glob("*.py"), *FOLDER.glob("teacher/*.md")]:
        assert "not public" not in path.read_text(), path
    assert "open access (CC BY), but its equations could not be read here" in text("07")


def test_08_branch_1_of_the_pyramid_holds_the_last_stage():
    torch.manual_seed(0)
    network = MultiScaleNetwork(build_backbone("small", 1), 1, 12, width=16).eval()
    with torch.no_grad():
        maps = network.backbone.stages(torch.rand(2, 1, 32, 32))
    last = maps[-1].clone().requires_grad_()
    network.backbone.stages = lambda _: [*maps[:-1], last]  # pyright: ignore[reportAttributeAccessIssue]
    branch = network.embed(torch.zeros(2, 1, 32, 32))[:, :16]
    (slope,) = torch.autograd.grad(branch.sum(), last)
    assert slope.abs().max() > 0
    lost = [int(share) for share in re.findall(r"silent: +(\d+)% of the outputs", printed("08"))]
    assert len(lost) == 3
    assert lost[2] > 5 * max(lost[:2])
    assert "nearly everything that *all* branches say comes from the last stage" in text("08")


def test_08_reports_the_verdicts_that_it_prints():
    config = re.search(r"epochs=(\d+)", script("08").read_text())
    assert config is not None
    assert int(config.group(1)) >= 10
    verdicts = re.findall(r"better than last stage.*, ([a-z ]+)\.$", printed("08"), re.MULTILINE)
    assert verdicts == ["undecided", "undecided"]
    assert "*Undecided* says that these five seeds cannot tell" in text("08")


def test_09_for_ten_classes_a_search_beats_hadamard():
    found = {scheme: measure_centers(make_centers(scheme, 10, 32)).minimum
             for scheme in ("hadamard", "greedy")}  # fmt: skip
    assert found["hadamard"] < found["greedy"] <= plotkin(10, 32)
    assert f"a smallest distance of {found['greedy']}, Hadamard {found['hadamard']}" in teacher(
        "09"
    )
    assert "Hadamard is not the best: for ten classes" in text("09")
    gain = re.search(r"No bit wasted is better: \+(0\.\d+)", printed("09"))
    assert gain is not None
    assert float(gain.group(1)) < 0.015  # "about a hundredth"
    assert "so near to 1 that there is hardly room for more" in text("09")


def test_10_says_which_part_of_the_loss_has_earned_the_gain():
    found = re.findall(r"^([a-z ,]+?) +gain (\S+) .*, ([a-z ]+)$", printed("10"), re.MULTILINE)
    gain = {name: float(mean) for name, mean, _ in found}
    verdicts = {name: verdict for name, _, verdict in found}
    assert gain["vote, kept centers"] > gain["all three"] - 0.02
    assert gain["vote, kept centers"] > max(gain["vote, partial similarity"], gain["no vote"])
    assert verdicts["vote, partial similarity"] != "holds"
    assert verdicts["no vote"] != "holds"
    assert "shows no benefit that four seeds could tell from luck" in text("10")
    assert "Nor do they show that the centers could *replace* the vote" in text("10")
    table = json.loads((FOLDER.parent / "results" / "hybrid-centers-voc2007.json").read_text())
    score = {row["name"]: row["map"]["mean"] for row in table["rows"]}
    loss = score["CSQ voting"] - score["no voting"]
    assert f"without the vote a loss of {loss:.2f}" in text("10")


def test_11_nothing_above_the_bet_tells_the_answer_and_the_heaps_are_as_told():
    before = script("11").read_text().partition("**Build.**")[0]
    assert not re.search(r"hadamard|repeat|famil|sizes|\[2, 0, 1", before)
    codes, heaps, families = three_heaps()
    away = distances(pack(codes), pack(codes))
    inside = [away[np.ix_(heaps == heap, heaps == heap)].mean() for heap in range(3)]
    assert inside[1] > 2 * max(inside[0], inside[2])
    sizes = [(heaps == heap).sum() for heap in range(3)]
    assert max(sizes) <= 100
    assert len(np.unique(families[heaps == 1])) == 6
    middle = sign(np.array([codes[families == family].mean(0) for family in range(8)]))
    between = distances(pack(middle), pack(middle))[~np.eye(8, dtype=bool)]
    assert (between == 16).all()


def test_12_says_how_many_cells_chance_would_fill_and_names_its_method():
    scenes = {
        "shape": np.zeros((4, 1), int), "color": np.zeros((4, 1), int), "count": np.ones(4),
        "size": np.zeros((4, 1)), "x": np.zeros((4, 1)), "y": np.zeros((4, 1)),
    }  # fmt: skip
    cells = 16 * len(scene_variables(scenes))
    assert f"Of {cells} cells" in printed("12")
    assert f"this is {cells} tests" in text("12")
    assert f"would still fill some {0.05 * cells:.0f} cells" in text("12")
    assert "limit=told.table_limit" in script("12").read_text()
    blind = re.search(r"^the table as a whole +\d+, +(\d+)$", printed("12"), re.MULTILINE)
    assert blind is not None
    assert int(blind.group(1)) <= 2
    assert "*HiResCAM* (Draelos and Carin 2020)" in text("12")
    assert "*Grad-CAM* (Selvaraju et al. 2017)" in text("12")
