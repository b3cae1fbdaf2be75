"""What is wrong with a certificate, in words."""

import shutil
from pathlib import Path
from subprocess import run

import pytest

from tests.rigs.certificates import self_signed
from tomb.devices.certificate import Pair, load, stamp
from tomb.errors import Broken, Missing


def test_a_certificate_and_its_key_in_two_files_or_in_one(tmp_path: Path) -> None:
    made = self_signed(tmp_path)
    assert load(Pair(made.certificate, made.key)).get_ca_certs() == []
    both = tmp_path / "both.pem"
    both.write_bytes(made.key.read_bytes() + made.certificate.read_bytes())
    load(Pair(both, both))


def test_what_is_wrong_names_the_file(tmp_path: Path) -> None:
    made, other = self_signed(tmp_path), self_signed(tmp_path, "other")
    locked, text, torn = tmp_path / "locked.key", tmp_path / "text", tmp_path / "torn.crt"
    lock = ("openssl", "ec", "-aes256", "-passout", "pass:secret", "-in", made.key, "-out", locked)
    run(lock, check=True, capture_output=True)
    text.write_text("no PEM\n", encoding="ascii")
    torn.write_bytes(made.certificate.read_bytes()[:200] + b"\n-----END CERTIFICATE-----\n")
    missing = tmp_path / "missing"
    for certificate, key, words in (
        (made.certificate, other.key, f"{other.key} belongs to another certificate than the one in {made.certificate}"),
        (made.certificate, locked, f"{locked} asks for a password"),
        (made.certificate, text, f"no key in {text}"),
        (made.certificate, made.certificate, f"no key in {made.certificate}"),
        (text, made.key, f"no certificate in {text}"),
        (torn, made.key, f"{torn} and {made.key} are no certificate"),
        (tmp_path, made.key, f"{tmp_path} cannot be read"),
    ):
        with pytest.raises(Broken) as refused:
            load(Pair(certificate, key))
        assert words in str(refused.value)
    for pair in (Pair(missing, made.key), Pair(made.certificate, missing)):
        with pytest.raises(Missing, match="is not there"):
            load(pair)


def test_a_file_that_is_written_anew_or_replaced_is_another(tmp_path: Path) -> None:
    made = self_signed(tmp_path)
    pair = Pair(made.certificate, made.key)
    first = stamp(pair)
    assert stamp(pair) == first
    shutil.copy2(made.key, tmp_path / "same")
    (tmp_path / "same").rename(made.key)
    second = stamp(pair)
    assert second != first
    made.certificate.unlink()
    assert stamp(pair) not in (first, second)
