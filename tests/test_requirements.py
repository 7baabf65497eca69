"""What the manifest requires installs where most Home Assistants run: Alpine Linux, on both processors."""

import json
import os
import re
import subprocess
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
REQUIREMENTS = json.loads((ROOT / "custom_components" / "btr" / "manifest.json").read_text("utf-8"))["requirements"]
ALPINE = ("x86_64-unknown-linux-musl", "aarch64-unknown-linux-musl")
LOCK = (ROOT / "requirements" / "homeassistant.txt").read_text("utf-8")
(ONNX_RUNTIME,) = re.findall(r"^onnxruntime==\S+", LOCK, re.MULTILINE)
# uv and the package index are found in the way of all other scripts
RESOLVE = 'source scripts/lib.sh; need_uv; exec "$UV" pip compile --quiet --no-header --python-version 3.14 "$@" -'


def resolve(requirements: list[str], *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", RESOLVE, "resolve", *options],
        input="\n".join(requirements),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def resolve_for(platform: str, requirements: list[str]) -> subprocess.CompletedProcess[str]:
    """As Home Assistant would there: within its own constraints, and without a compiler."""
    constraints = metadata.distribution("homeassistant").locate_file("homeassistant/package_constraints.txt")
    return resolve(
        requirements, "--python-platform", platform, "--only-binary", ":all:", "--constraints", str(constraints)
    )


@pytest.fixture(scope="module", autouse=True)
def _index():
    """There is a package index that knows our requirements at all; without one nothing here can be said."""
    probe = resolve(REQUIREMENTS)
    if probe.returncode:
        reason = f"no package index answers:\n{probe.stderr}"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.mark.parametrize("platform", ALPINE)
def test_every_requirement_of_the_manifest_has_a_wheel_for_alpine(platform):
    resolved = resolve_for(platform, REQUIREMENTS)

    assert resolved.returncode == 0, resolved.stderr
    assert "numpy==" in resolved.stdout


@pytest.mark.parametrize("processor", ["x86_64", "aarch64"])
def test_onnx_runtime_has_wheels_but_none_for_alpine_so_the_manifest_may_not_require_it(processor):
    on_debian = resolve_for(f"{processor}-manylinux_2_28", [*REQUIREMENTS, ONNX_RUNTIME])
    on_alpine = resolve_for(f"{processor}-unknown-linux-musl", [*REQUIREMENTS, ONNX_RUNTIME])

    assert on_debian.returncode == 0, on_debian.stderr
    assert on_alpine.returncode != 0
    assert f"{ONNX_RUNTIME} has no wheels with a matching platform" in on_alpine.stderr
