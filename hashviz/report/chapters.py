"""The chapters of a page in their order, and what the reader sees in each."""

from hashviz.report.page import Section
from hashviz.report.registry import FIGURES, Plate, Subject

MAPS = (
    "Every distinct code is one bubble, as large as the number of images that have it, in the "
    "color of their most common class; stars are hash centers. Hollow bubbles have other neighbors "
    "on the map than among the codes."
)

CHAPTERS: dict[str, str] = {
    "What the search returns": "Left a query, right the images with the nearest codes. Images in "
    "one box are equally near; their order here is that of the data set.",
    "Why this hit": "The code of a typical query above that of one of its hits. A cross marks "
    "where they differ; framed are the fewest bits that decide about the hit.",
    "What bits stand for": "Mutual information between each bit and what is known about the "
    "images, as a share of the entropy of what is known; cells no better than shuffled images are "
    "pale. The pictures stand at both ends of the bit that tells most, and where it cannot decide.",
    "How easily it is fooled": "A few steps along the gradient change every pixel by no more than "
    "a limit, and the code as much as they can. The limit doubles until an eighth of the bits "
    "flips.",
    "Which scale a bit comes from": "What the branch of a scale adds to an output, as a share of "
    "what the output tells about the images; below 0 it works against the others. A branch also "
    "holds what came down from coarser stages, so its share is not that of its stage alone.",
    "Hash centers": "Before training, every class is given one code, and images are pulled towards "
    "the code of their class. Classes are told apart by the bits in which their centers differ: a "
    "bit that is constant, or repeats another, is stored for nothing.",
    "Several labels, one target": "An image with several labels is pulled to the majority of their "
    "centers. Where these disagree evenly, a coin decides, and how it is tossed says how far apart "
    "images end up: one toss for all pulls images without a common label together, and always "
    "taking the first label forgets the second. Kept apart, the centers leave such bits to the "
    "image.",
    "Codes around their centers": "Every bubble is a number of database images. Those far left "
    "have reached the center of their class; in the shaded half another center is as near or "
    "nearer, and a search finds the wrong class first. Of several labels the nearest center "
    "counts.",
    "A map of the codes": MAPS,
    "The codes": "Every row is the code of one database image, rows of a class together. Codes "
    "that know the classes show as blocks: alike inside a class, different between classes. The "
    "bars count the images by how many others have exactly their code.",
    "What each bit does": "A bit says most when it is +1 for half of the images, and adds most "
    "when it does not follow another bit. The mean of a balanced bit is 0; 95 % of fair coins "
    "would end in the shaded band.",
    "Before the sign": "The last layer gives a number u for every bit, and the code keeps only its "
    "sign. Drawn is what the method brings near −1 and +1: u itself, or what its loss makes of it. "
    "Little decides about what lies close to 0; rounding loses what lies away from the dashed "
    "lines.",
    "Distances": "Every pair of a query and a database image is counted at the number of bits in "
    "which their codes differ. The further apart the two hills, the better a radius separates what "
    "belongs together. The curve counts the images in a ball around a query: more than with random "
    "codes, because codes crowd.",
    "Precision and recall": "By radius, everything within r bits is returned: a larger radius "
    "finds more (recall), of which less is relevant (precision). By rank, the first N are "
    "returned; among equal distances the value is the mean over all orders.",
    "Training": "The loss is a sum of named terms, drawn with the weight they have in it. The last "
    "epoch is what is scored above, not the best one.",
}
"""Of a page about one run."""

SHARED: dict[str, str] = {
    "Who is ahead": "A point is the mean over all orders of equal distances, the bar what the "
    "unluckiest and the luckiest order would give. The steps join the runs that nobody beats in "
    "time and score at once.",
    "What enters, what leaves": "The first results of the first run above, of the second below; "
    "lines join the images in both. A box holds results at one distance, whose order says nothing: "
    "what another order could have kept out or let in is called a tie, not a change.",
    "Precision and recall": "A method has one color in every figure; a second run of it has "
    "another line and marker. A higher curve returns fewer wrong results; its band is what the "
    "worst and the best order of equal distances give.",
    "The way there": "After every epoch a few images of the database search each other. That is "
    "easier than what is scored above: read the shape and the time, not the height.",
    "Maps of the codes, side by side": f"{MAPS} Maps are turned and mirrored onto the first one, "
    "as far as they agree with it.",
    "Distances, run by run": "Pairs that share a label against pairs that share none. The less the "
    "two hills overlap, the better a radius can separate them.",
    "Codes, run by run": "Rows are images, grouped by class. Codes that know the classes show as "
    "blocks.",
}
"""Of a page about several runs."""


def sections(subject: Subject) -> list[Section]:
    """Return the chapters that say something about these runs, their figures not yet drawn.

    A figure of a chapter that is not listed stands in a chapter of its own at the end.
    """
    source, listed = ("run", CHAPTERS) if len(subject.runs) == 1 else ("runs", SHARED)
    rows = [known[source] for known in FIGURES.values() if source in known]
    found = []
    for title in dict.fromkeys([*listed, *(row.chapter for row in rows)]):
        items = [item for row in rows if row.chapter == title for item in row.items(subject)]
        plates = [item for item in items if isinstance(item, Plate)]
        look = [item for item in items if isinstance(item, str)]
        if items:
            found.append(Section(title, plates, listed.get(title, ""), look))
    return found
