#pragma once

namespace btr::test {

// How often this program has taken memory with new.
int allocations();

}  // namespace btr::test
