"""What llmcourse.long_context states, put to the test."""

import pytest


@pytest.mark.skip(reason="not written")
def test_the_fast_form_is_the_plain_form():
    """Not written."""
