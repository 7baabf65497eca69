#pragma once

namespace btr {

constexpr char kFirmwareVersion[] = "0.3.0";  // as in the library.json files

}  // namespace btr
