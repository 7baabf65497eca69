#include "heap.h"

#include <cstddef>
#include <ctime>

#ifdef __SANITIZE_ADDRESS__
// sanitizer/allocator_interface.h, which not every compiler brings
extern "C" int __sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void*, std::size_t),
                                                         void (*on_free)(const volatile void*));
#else
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
}
#endif

namespace {

int depth = 0;
long calls = 0;

void note() { calls += depth > 0 ? 1 : 0; }

#ifdef __SANITIZE_ADDRESS__
const int kInstalled = __sanitizer_install_malloc_and_free_hooks([](const volatile void*, std::size_t) { note(); },
                                                                 [](const volatile void*) {});
#endif

}  // namespace

#ifndef __SANITIZE_ADDRESS__
// In front of the C library's own, for its callers in other libraries too.
extern "C" void* malloc(std::size_t size) noexcept {
    note();
    return __libc_malloc(size);
}
extern "C" void* calloc(std::size_t count, std::size_t size) noexcept {
    note();
    return __libc_calloc(count, size);
}
extern "C" void* realloc(void* memory, std::size_t size) noexcept {
    note();
    return __libc_realloc(memory, size);
}
#endif

namespace btr::soak {

long heap_calls() { return calls; }

// glibc reads its time zones with the first time that it converts: not the device's doing.
Counted::Counted() {
    static const bool is_warm = [] {
        const std::time_t epoch = 0;
        return std::gmtime(&epoch) != nullptr;
    }();
    depth += is_warm ? 1 : 0;
}
Counted::~Counted() { --depth; }
Uncounted::Uncounted() : before_(depth) { depth = 0; }
Uncounted::~Uncounted() { depth = before_; }

}  // namespace btr::soak
