"""What the repository says of itself, in one place each."""

import json
import re
import subprocess
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
MANIFEST = ROOT / "custom_components" / "btr" / "manifest.json"
# Every key that HACS knows, and what it must be
HACS_KEYS = {
    "content_in_root": bool,
    "country": list,
    "filename": str,
    "hacs": str,
    "hide_default_branch": bool,
    "homeassistant": str,
    "name": str,
    "persistent_directory": str,
    "render_readme": bool,
    "zip_release": bool,
}
# By these an automated reader knows the licence of the Open Source Initiative
MIT = [
    "Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated",
    "The above copyright notice and this permission notice shall be included in all copies or substantial portions",
    'THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED',
]

manifest = json.loads(MANIFEST.read_text("utf-8"))


def tracked() -> list[Path]:
    """All files that are in the repository, and those about to be."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        names = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    except OSError, subprocess.CalledProcessError:  # an archive, not a clone
        return [
            path for path in ROOT.rglob("*") if path.is_file() and not path.relative_to(ROOT).parts[0].startswith(".")
        ]
    return [path for name in names.split("\0") if name and (path := ROOT / name).is_file()]


def files_with(text: str) -> list[str]:
    return sorted(str(path.relative_to(ROOT)) for path in tracked() if text.encode() in path.read_bytes())


def test_only_the_manifest_and_the_buttons_that_import_blueprints_name_the_owner_and_the_address():
    (owner,) = manifest["codeowners"]

    assert files_with(owner.removeprefix("@")) == ["custom_components/btr/manifest.json", "docs/examples.md"]


def test_the_links_of_the_manifest_lead_to_one_address():
    address = manifest["documentation"]

    assert manifest["issue_tracker"] == f"{address}/issues"


def test_manifest_keys_are_in_the_order_that_hassfest_wants():
    keys = list(manifest)

    assert keys == ["domain", "name", *sorted(key for key in keys if key not in {"domain", "name"})]


def test_hacs_knows_every_key_of_its_file_and_the_least_home_assistant():
    hacs = json.loads((ROOT / "hacs.json").read_text("utf-8"))

    assert {key for key, value in hacs.items() if not isinstance(value, HACS_KEYS[key])} == set()
    assert hacs["name"] == manifest["name"]
    assert "filename" in hacs or not hacs.get("zip_release")
    assert re.fullmatch(r"\d{4}\.\d{1,2}\.\d+", hacs["homeassistant"])


def test_hacs_finds_one_integration_with_its_picture():
    folders = [path for path in (ROOT / "custom_components").iterdir() if (path / "manifest.json").exists()]

    assert folders == [MANIFEST.parent]
    assert (MANIFEST.parent / "brand" / "icon.png").exists()


def test_hacs_finds_what_it_asks_of_a_manifest():
    assert re.fullmatch(r"\d+\.\d+\.\d+", manifest["version"])
    assert all(owner.startswith("@") for owner in manifest["codeowners"])
    for key in ("documentation", "issue_tracker"):
        assert manifest[key].startswith("https://")


def test_hacs_finds_a_page_to_show_and_a_licence_that_it_knows():
    """Anything but the text of the Open Source Initiative is no licence to it."""
    licence = " ".join((ROOT / "LICENSE").read_text("utf-8").split())

    assert (ROOT / "README.md").read_text("utf-8").startswith("# BTR")
    assert licence.startswith("MIT License Copyright (c)")
    assert [part for part in MIT if part not in licence] == []
    assert tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["license"] == "MIT"


def test_all_parts_have_the_version_of_the_manifest():
    projects = [ROOT / "pyproject.toml", ROOT / "training" / "pyproject.toml"]

    versions = [tomllib.loads(path.read_text("utf-8"))["project"]["version"] for path in projects]

    assert versions == [manifest["version"]] * len(projects)


def test_the_least_home_assistant_is_not_newer_than_the_tested_one():
    lock = (ROOT / "requirements" / "homeassistant.txt").read_text("utf-8")
    tested = re.search(r"^homeassistant==([\d.]+)$", lock, re.MULTILINE)
    least = json.loads((ROOT / "hacs.json").read_text("utf-8"))["homeassistant"]

    assert tested
    assert [int(part) for part in least.split(".")] <= [int(part) for part in tested[1].split(".")]


def test_every_folder_of_tests_belongs_to_a_stage():
    stages = (ROOT / "scripts" / "test").read_text("utf-8")
    folders = {path.parent for path in (ROOT / "tests").glob("*/**/test_*.py") if "node_modules" not in path.parts}

    orphans = [str(path) for path in folders if f"tests/{path.relative_to(ROOT / 'tests').parts[0]}" not in stages]

    assert orphans == []


def test_lock_files_name_no_index():
    locks = [path.read_text("utf-8") for path in (ROOT / "requirements").glob("*.txt")]

    assert [line for lock in locks for line in lock.splitlines() if "://" in line or line.startswith("-")] == []
