"""A member that is packed beyond reason is refused by what its header says, before a byte of it is unpacked."""

import io
import zipfile

import pytest

from pincite.guard import UnreadableDocument
from pincite.guard.archives import unpack
from pincite.guard.source import Allowance

ALLOWED = 512 << 20


@pytest.mark.parametrize(("size_mb", "refused"), [(31, False), (40, True)])
def test_small_members_may_be_packed_as_well_as_they_like_and_large_ones_not(size_mb: int, refused: bool) -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros.txt", bytes(size_mb << 20))
    opened, allowance = zipfile.ZipFile(held), Allowance(ALLOWED)
    if not refused:
        assert len(unpack(opened, opened.infolist()[0], allowance)) == size_mb << 20
        return
    with pytest.raises(UnreadableDocument):
        unpack(opened, opened.infolist()[0], allowance)
    assert allowance.bytes_left == ALLOWED
