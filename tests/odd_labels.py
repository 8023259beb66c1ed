"""Labels that no picture or page has room for, and what is shown in their place."""

import re

from hypothesis import strategies as st

LABELS = st.text(
    st.sampled_from(
        "\x00\x1b\x07\x7f\x85\ufffe\uffff\ud800\udfff\u202e\u2028\u2066&;#<>\"'\\\\%$_{}^~"
    )
    | st.characters(),
    min_size=1,
    max_size=12,
) | st.sampled_from(
    ["&lt;", "&#0;", "&amp;lt;", "]]>", "</script>", "<!--", "a\\nb", "\\N", "{a|b}", "\r\n", "蛋"]
)

NO_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML document may have in it (XML 1.0, section 2.2), nor any page."""

HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
"""What nobody sees, and what turns the text around it."""


def visible(label: str) -> str:
    """The label, its odd characters written as Python writes them in a string."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in label)
