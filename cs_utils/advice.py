"""What to do about an exception: a sentence for each of those that beginners meet most."""

import re

from cs_utils.language import _

_ADVICE = (
    (
        r"could not be broadcast together",
        _("Two arrays don't fit entry by entry: print the .shape of both."),
    ),
    (
        r"could not broadcast input array|setting an array element",
        _("What is assigned has another shape than its place: print the .shape of both sides."),
    ),
    (
        r"mat1 and mat2 shapes|same reduction dim",
        _(
            "A linear layer gets another number of features than it was made for. "
            "Print the shape that arrives: its last number must be the layer's in_features."
        ),
    ),
    (
        r"matmul: Input operand|not aligned",
        _("In a product the columns of the left must be as many as the rows of the right."),
    ),
    (
        r"cannot reshape array",
        _("A reshape keeps the number of entries: multiply out the sizes of both shapes."),
    ),
    (
        r"^IndexError.*out of bounds|^IndexError.*out of range",
        _("An index runs past the end: which axis does it belong to, and how long is that?"),
    ),
    (r"^IndexError.*too many indices", _("There are more indices than the array has axes.")),
    (r"arrays used as indices", _("An index must be a whole number: was it divided with /?")),
    (
        r"^TypeError.*(cannot be interpreted as an integer|slice indices must be)",
        _("A whole number is needed here: // divides without a fraction."),
    ),
    (
        r"^TypeError.*(positional argument|unexpected keyword)",
        _("Compare the arguments of the definition with those of the call."),
    ),
    (r"^TypeError.*'NoneType'", _("Something is None here: does every function return its value?")),
    (
        r"cannot unpack|values to unpack",
        _("More or fewer values come back than there are names on the left."),
    ),
    (
        r"^NameError|^UnboundLocalError",
        _("A name is used before anything was assigned to it: a typing error, or a cell not run?"),
    ),
    (
        r"^RecursionError",
        _("The function calls itself without end: has something else the same name?"),
    ),
    (
        r"output array is read-only|assignment destination is read-only",
        _("This array may only be read: work on a copy."),
    ),
    (r"^UFuncTypeError|Cannot cast", _("Whole numbers cannot take fractions in place.")),
    (r"^(_Array)?MemoryError|Unable to allocate", _("The array asked for is far too large.")),
)


def advice_on(problem: str) -> str:
    """A sentence on an exception told as 'ValueError: ...'; '' where there is none."""
    return next((words for pattern, words in _ADVICE if re.search(pattern, problem)), "")
