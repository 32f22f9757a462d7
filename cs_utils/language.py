"""One catalogue for everything that cs_utils says to people (gettext).

A second language is a file ``locale/<language>/LC_MESSAGES/cs_utils.mo``, chosen with the
environment variable ``CS_UTILS_LANGUAGE``; English is written in the code itself.
"""

import os
from gettext import translation
from pathlib import Path

_catalogue = translation(
    "cs_utils",
    localedir=str(Path(__file__).parent / "locale"),
    languages=[os.environ.get("CS_UTILS_LANGUAGE", "en")],
    fallback=True,
)

_ = _catalogue.gettext
ngettext = _catalogue.ngettext
