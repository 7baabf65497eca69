// btr_bench CASE TIMES    does one case so often and prints how often it was measured
// btr_bench names         prints the cases
// btr_bench sizes         prints what objects take in bytes
#include <cJSON.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "cases.h"

namespace btr::bench {

[[gnu::noinline]] void measured(Work work, void* context) { work(context); }

void must_be_same(const char* a, const char* b) {
    cJSON* left = cJSON_Parse(a);
    cJSON* right = cJSON_Parse(b);
    if (cJSON_Compare(left, right, 1) == 0) {
        std::fprintf(stderr, "not the same:\n%s\n%s\n", a, b);
        std::exit(1);
    }
    cJSON_Delete(left);
    cJSON_Delete(right);
}

}  // namespace btr::bench

int main(int count, char** arguments) {
    using namespace btr::bench;
    const std::string_view what = count > 1 ? arguments[1] : "";
    for (const auto& [sizes, number] : {kBathSizes, kBatterySizes}) {
        for (std::size_t i = 0; i < number && what == "sizes"; ++i) {
            std::printf("%s %zu\n", sizes[i].name, sizes[i].bytes);
        }
    }
    for (const auto& [cases, number] : {kBathCases, kBatteryCases}) {
        for (std::size_t i = 0; i < number; ++i) {
            if (what == "names") {
                std::printf("%s\n", cases[i].name);
            } else if (what == cases[i].name) {
                std::printf("%d\n", cases[i].run(count > 2 ? std::atoi(arguments[2]) : 1));
                return 0;
            }
        }
    }
    return what == "names" || what == "sizes" ? 0 : 2;
}
