"""The tables of the firmware's documentation say what its code says."""

import re
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).parents[1]
FIRMWARE = ROOT / "firmware"
SETTINGS_PAGE = (ROOT / "docs" / "firmware-settings.md").read_text("utf-8")
MAIN_PAGE = (ROOT / "docs" / "firmware.md").read_text("utf-8")
DIFFERENCES_PAGE = (ROOT / "docs" / "firmware-differences.md").read_text("utf-8")

UNITS_MS = {"kSecond": 1000, "kMinute": 60_000, "kHour": 3_600_000}
UNIT_WORDS = {"°C": "degC", "°C/s": "degC/s"}

type Row = tuple[str, ...]


def source(path: str) -> str:
    """The text without comments."""
    return re.sub(r"//.*", "", (FIRMWARE / path).read_text("utf-8"))


def table_below(heading: str, page: str) -> list[Row]:
    """The cells of the first table below that heading, without its head; code marks are taken off."""
    section = page.split(f"\n{heading}\n", 1)[1]
    lines = section[section.index("\n|") + 1 :].splitlines()
    rows = []
    for line in lines[2:]:
        if not line.startswith("|"):
            break
        rows.append(tuple(cell.strip().strip("`") for cell in line.strip("|").split("|")))
    return rows


def number(expression: str, constants: dict[str, float]) -> float:
    """A literal, a constant, or a product of both, with or without a cast."""
    expression = re.sub(r"static_cast<\w+>\((.*)\)", r"\1", expression.strip())
    result = 1.0
    for factor in expression.split("*"):
        word = factor.strip().split("::")[-1]
        result *= constants[word] if word in constants else float(word.removesuffix("F"))
    return result


def constants_of(*paths: str) -> dict[str, float]:
    known: dict[str, float] = dict(UNITS_MS)
    for path in paths:
        for name, value in re.findall(r"constexpr (?:float|double|Millis) (k\w+) = ([^;]+);", source(path)):
            if name not in known and "{" not in value:
                known[name] = number(value, known)
    return known


def defaults_of(path: str) -> dict[str, str]:
    return dict(re.findall(r"(?:std::int32_t|float|bool) (\w+) = ([\w.]+);", source(path)))


def documented(rows: list[Row]) -> dict[str, tuple[str, float | str, float | None, float | None]]:
    def bound(cell: str) -> float | None:
        return float(cell) if cell else None

    return {
        key: (
            UNIT_WORDS.get(unit, unit),
            default if default in ("true", "false") else float(default),
            bound(low),
            bound(high),
        )
        for key, unit, default, low, high, *_ in rows
    }


def coded(table_path: str, struct_path: str) -> dict[str, tuple[str, float | str, float | None, float | None]]:
    constants = constants_of(struct_path, table_path)
    defaults = defaults_of(struct_path)
    rows = re.findall(r'\{"([\w.]+)", "([^"]*)", &\w+::(\w+)(?:, ([^,{}]+), ([^,{}]+))?\}', source(table_path))
    return {
        key: (
            unit,
            defaults[member] if defaults[member] in ("true", "false") else float(defaults[member].removesuffix("F")),
            number(low, constants) if low else None,
            number(high, constants) if high else None,
        )
        for key, unit, member, low, high in rows
    }


def test_every_setting_of_the_bath_is_documented_with_its_unit_default_and_bounds():
    in_code = coded("lib/btr_control/src/settings_table.cpp", "lib/btr_control/include/btr/control/settings.h")

    assert len(in_code) == 25
    assert documented(table_below("## Bath", SETTINGS_PAGE)) == in_code


def test_every_setting_of_the_node_is_documented_with_its_unit_default_and_bounds():
    header = "lib/btr_battery/include/btr/battery/settings.h"
    in_code = coded(header, header)

    assert len(in_code) == 12
    assert documented(table_below("## Battery node", SETTINGS_PAGE)) == in_code


def pins_of(path: str) -> set[tuple[str, str]]:
    return {(pin, name) for name, pin in re.findall(r"std::uint8_t (k\w+) = (\d+);", source(path))}


def test_the_wiring_tables_have_the_pins_of_the_code():
    for heading, path in (("### Battery node", "src/battery/pins.h"), ("### Bath controller", "src/bath/pins.h")):
        rows = table_below(heading, MAIN_PAGE)

        assert {(gpio, name) for gpio, name, *_ in rows} == pins_of(path)
        assert len(rows) == len(pins_of(path))


def test_every_item_of_the_console_is_documented():
    in_code = re.findall(r'\{"([a-z_.0-9]+)", is_\w+,', source("lib/btr_protocol/src/provisioning.cpp"))
    table = MAIN_PAGE.split("| item | takes |", 1)[1].split("\n\n", 1)[0]
    listed = set()
    for first, last in re.findall(r"`([a-z_.0-9]+)`(?: … `([a-z_.0-9]+)`)?", table):
        numbers = re.findall(r"\d", first), re.findall(r"\d", last)
        upto = int(numbers[1][-1]) if last else 0
        listed |= {re.sub(r"\d", str(n), first) for n in range(upto + 1)} if last else {first}

    assert len(in_code) == 31
    assert set(in_code) <= listed


def test_every_hazard_of_the_original_devices_is_answered():
    rows = {row[0] for row in table_below("# What differs from the original firmware", "\n" + DIFFERENCES_PAGE)}

    assert rows == {f"H{n}" for n in range(1, 16) if n != 6}  # H6 is about the server


def test_the_firmware_and_its_libraries_have_one_version():
    version = re.search(r'kFirmwareVersion\[\] = "([\d.]+)"', source("src/version.h"))

    assert version
    for library in sorted(FIRMWARE.glob("lib/*/library.json")):
        assert f'"version": "{version[1]}"' in library.read_text("utf-8"), library


def test_the_partitions_fill_four_megabytes_without_a_gap_and_both_firmwares_have_one_size():
    lines = [line for line in (FIRMWARE / "partitions.csv").read_text("utf-8").splitlines() if not line.startswith("#")]
    parts = [[cell.strip() for cell in line.split(",")] for line in lines]
    places = [(int(offset, 16), int(size, 16)) for *_, offset, size in parts]
    apps = [place for place, (_, kind, *_) in zip(places, parts, strict=True) if kind == "app"]

    assert all(offset + size == following for (offset, size), (following, _) in pairwise(places))
    assert sum(places[-1]) == 4 * 1024 * 1024
    assert len({size for _, size in apps}) == 1
    assert all(offset % 0x10000 == 0 for offset, _ in apps)  # where the chip maps code


def test_no_network_and_no_secret_is_in_the_source():
    for path in [*FIRMWARE.glob("lib/**/*.cpp"), *FIRMWARE.glob("lib/**/*.h"), *FIRMWARE.glob("src/**/*.*")]:
        literals = re.findall(r'"([^"\n]*)"', re.sub(r"//.*|#include.*", "", path.read_text("utf-8")))
        hosts = [text for text in literals if re.fullmatch(r"(?i)([a-z0-9-]+\.)+(com|org|net|cn|io|local|lan)", text)]

        assert not hosts, path
