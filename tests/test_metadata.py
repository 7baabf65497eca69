"""What the repository says of itself, in one place each."""

import json
import re
import subprocess
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
MANIFEST = ROOT / "custom_components" / "btr" / "manifest.json"
HACS_KEYS = {
    *{"content_in_root", "country", "filename", "hacs", "hide_default_branch", "homeassistant", "name"},
    *{"persistent_directory", "render_readme", "zip_release"},
}

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

    assert set(hacs) <= HACS_KEYS
    assert hacs["name"] == manifest["name"]
    assert re.fullmatch(r"\d{4}\.\d{1,2}\.\d+", hacs["homeassistant"])


def test_hacs_finds_one_integration_with_its_picture():
    folders = [path for path in (ROOT / "custom_components").iterdir() if (path / "manifest.json").exists()]

    assert folders == [MANIFEST.parent]
    assert (MANIFEST.parent / "brand" / "icon.png").exists()


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
