"""What the papers report of the five architectures, each number with where it stands."""

from dataclasses import dataclass

ALEXNET = "Krizhevsky et al. 2012"
VGG = "Simonyan and Zisserman 2015"
GOOGLENET = "Szegedy et al. 2015"
RESNET = "He et al. 2016"
LENET = "LeCun et al. 1998"


@dataclass(frozen=True)
class Report:
    """A network as published.

    error: top-5 error in per cent on ImageNet's validation images, one network, ten crops of each
        image; of LeNet-5 the error on MNIST's test images.
    parameters: numbers learned, from the network's table; operations: multiplications with weights
        for one image, in billions.
    sources: where error, parameters and operations come from.
    """

    name: str
    error: float
    parameters: float
    operations: float
    sources: tuple[str, str, str]


LENET5 = Report(
    "LeNet-5",
    0.95,
    60_000,
    0.000_340_908,
    (f"{LENET}, section III-B", f"{LENET}, section II-B", f"{LENET}, section II-B, connections"),
)
IMAGENET = (
    Report(
        "AlexNet",
        18.2,
        60_965_224,
        0.724,
        (f"{ALEXNET}, table 2, 1 CNN", f"{ALEXNET}, figure 2, counted", "counted, as parameters"),
    ),
    Report(
        "VGG-16",
        9.33,
        138_357_544,
        15.3,
        (f"{RESNET}, table 3", f"{VGG}, table 1, D, counted", f"{RESNET}, section 4.1"),
    ),
    Report(
        "GoogLeNet",
        9.15,
        6_998_552,
        1.5,
        (f"{GOOGLENET}, table 3", f"{GOOGLENET}, table 1, counted", f"{GOOGLENET}, section 1"),
    ),
    *(
        Report(
            f"ResNet-{depth}",
            error,
            parameters,
            operations,
            (f"{RESNET}, table 3", f"{RESNET}, table 1, counted", f"{RESNET}, table 1"),
        )
        for depth, error, parameters, operations in (
            (34, 7.46, 21_797_672, 3.6),
            (50, 6.71, 25_557_032, 3.8),
            (101, 6.05, 44_549_160, 7.6),
            (152, 5.71, 60_192_808, 11.3),
        )
    ),
)
