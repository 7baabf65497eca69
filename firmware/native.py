"""PlatformIO target `check` of [env:native]: the host tests, which CMake builds (`pio run -e native -t check`)."""

Import("env")  # noqa: F821  (PlatformIO puts it there)

env.AddCustomTarget(  # noqa: F821
    "check",
    None,
    ["cmake --preset check", "cmake --build --preset check", "ctest --preset check"],
    title="Host tests",
    description="Libraries and both devices on this PC, with ASan and UBSan",
)
