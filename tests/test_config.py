from pathlib import Path

import pytest

from tomb.config import MPD_PORT, host_and_port, read_settings, unknown_settings
from tomb.errors import StartError


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_slip_in_a_name_is_named_and_where_it_stands(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOMB_PROT", "8001")
    (here / "tomb.toml").write_text("volume_celing = 40\nport = 8002\n[tomb]\ndemo = 'off'\n", encoding="utf-8")
    assert read_settings({}).port == 8002
    named = unknown_settings()
    assert {"TOMB_PROT", "volume_celing (tomb.toml)", "tomb (tomb.toml)"} <= set(named)
    assert "port (tomb.toml)" not in named


def test_settings_and_what_the_scripts_read_are_no_slips(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TOMB_PORT", "tomb_demo", "TOMB_PYTHON", "TOMB_PACKAGES", "TOMB_URL"):
        monkeypatch.setenv(name, "1")
        assert name not in unknown_settings()


@pytest.mark.parametrize(
    ("value", "hosts"), [("::1", ("::1",)), ("127.0.0.1, fe80::1%eth0,", ("127.0.0.1", "fe80::1%eth0"))]
)
def test_one_address_or_several_may_be_named_to_listen_on(value: str, hosts: tuple[str, ...]) -> None:
    assert read_settings({"host": value}).host == hosts
    for nothing in ("", " , "):
        with pytest.raises(StartError, match="TOMB_HOST"):
            read_settings({"host": nothing})


def test_a_key_without_its_certificate_is_refused_and_an_empty_setting_is_none(tmp_path: Path) -> None:
    assert read_settings({"tls_cert": "", "tls_key": ""}).tls_key is None
    assert read_settings({"tls_cert": str(tmp_path)}).tls_cert == tmp_path
    with pytest.raises(StartError, match=r"TOMB_TLS_KEY.*TOMB_TLS_CERT"):
        read_settings({"tls_key": str(tmp_path)})


def test_clients_of_mpd_are_answered_nowhere_or_at_an_address(tmp_path: Path) -> None:
    assert read_settings({"mpd": ""}).mpd == ""
    assert host_and_port(read_settings({"mpd": "[::1]"}).mpd, MPD_PORT) == ("::1", 6600)
    for wrong in (":6600", "box:65536", "http://box:6600", "box:6600/x", "pin@box"):
        with pytest.raises(StartError, match="TOMB_MPD"):
            read_settings({"mpd": wrong})


@pytest.mark.parametrize(
    "address", ["http://example.org/index.json", "https://user@example.org/i", "https://", "index.json"]
)
def test_updates_are_looked_for_over_https_alone(address: str) -> None:
    assert read_settings({"update_url": "https://example.org/tomb/index.json"}).update_url
    with pytest.raises(StartError, match="TOMB_UPDATE_URL"):
        read_settings({"update_url": address})


def test_the_command_line_goes_before_the_environment_and_that_before_the_file(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "tomb.toml").write_text("port = 1\nvolume_ceiling = 2\nstart_volume = 3\n", encoding="utf-8")
    monkeypatch.setenv("tomb_port", "4")
    monkeypatch.setenv("TOMB_VOLUME_CEILING", "5")
    settings = read_settings({"port": 6})
    assert (settings.port, settings.volume_ceiling, settings.start_volume) == (6, 5, 3)
    assert settings.model_fields_set == {"port", "volume_ceiling", "start_volume"}  # what parents see as fixed
    (here / "tomb.toml").write_text("port = ", encoding="utf-8")
    with pytest.raises(StartError, match=r"tomb\.toml"):
        read_settings({})
