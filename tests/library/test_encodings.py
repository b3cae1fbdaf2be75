"""Names and tags of old disks are read as who wrote them meant them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tomb.library import encodings

NAMES = (
    "Süße Träume", "Ärger", "Überfall", "Été à la plage", "Noël", "Smørrebrød", "Größe", "Ä", "Señor", "Façade",
    "Ça va", "l’été", "naïve", "Bibi & Tina – Fälle", "À bientôt", "schön", "und…", "ähnlich", "Straße", "Große Übung",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_read_in_whichever_encoding_it_was_written(name: str) -> None:
    for encoding in ("utf-8", "cp1252", "mac_roman"):
        assert encodings.read(name.encode(encoding)) == name


DOS = (
    "Hänsel und Gretel", "Der Räuber Hotzenplotz", "Märchen", "Spaß", "Fußball", "Küche", "Löwe", "Öl", "GRÖSSE",
    "Götter", "Weiß nicht", "Dornröschen", "Schneeweißchen", "Rotkäppchen", "Müller", "José", "niño", "café", "garçon",
)  # fmt: skip


@pytest.mark.parametrize("name", [*NAMES, *DOS])
def test_a_name_out_of_a_zip_archive_of_dos_is_read_as_one(name: str) -> None:
    for encoding in ("cp850", "cp437"):
        if (raw := name.encode(encoding, "replace")).decode(encoding) == name:
            assert encodings.read(raw) == name


@pytest.mark.parametrize("name", DOS)
def test_what_dos_could_have_written_is_read_as_windows_and_a_mac_wrote_it(name: str) -> None:
    for encoding in ("cp1252", "mac_roman"):
        assert encodings.read(name.encode(encoding)) == name


@pytest.mark.parametrize("name", NAMES)
def test_tags_that_were_taken_for_latin_1_are_mended_and_others_left(name: str) -> None:
    assert encodings.mended(name) == name
    assert encodings.mended(name.encode("utf-8").decode("latin-1")) == name
    assert encodings.mended(name.encode("cp1252").decode("latin-1")) == name


@given(st.binary(max_size=50))
def test_whatever_the_bytes_are_they_are_text_that_json_can_carry(raw: bytes) -> None:
    encodings.read(raw).encode("utf-8")
    encodings.mended(raw.decode("latin-1")).encode("utf-8")
