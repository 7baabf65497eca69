// Every new of this program comes through here.
#include "allocations.h"

#include <cstdlib>
#include <new>

namespace {

int count = 0;

}  // namespace

int btr::test::allocations() { return count; }

void* operator new(std::size_t size) {
    ++count;
    void* memory = std::malloc(size == 0 ? 1 : size);
    if (memory == nullptr) {
        std::abort();
    }
    return memory;
}

void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
