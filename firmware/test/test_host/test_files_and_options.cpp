#include <doctest/doctest.h>
#include <stdlib.h>

#include <array>
#include <cstdio>
#include <string>
#include <vector>

#include "btr/host/file_store.h"
#include "btr/host/options.h"

using namespace btr;
using namespace btr::host;

namespace {

struct Folder {
    std::string path = [] {
        char name[] = "/tmp/btr_test_host_XXXXXX";
        return std::string(mkdtemp(name));
    }();
    std::vector<std::string> files;

    std::string file(const std::string& name, const std::string& content) {
        files.push_back(path + "/" + name);
        std::FILE* out = std::fopen(files.back().c_str(), "wb");
        std::fwrite(content.data(), 1, content.size(), out);
        std::fclose(out);
        return files.back();
    }
    ~Folder() {
        for (const std::string& name : files) std::remove(name.c_str());
        std::remove(path.c_str());
    }
};

std::string read_text(Store& store, const char* name) {
    std::array<std::uint8_t, 16> bytes{};
    const std::size_t length = store.read(name, bytes.data(), bytes.size());
    return {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length)};
}

bool write_text(Store& store, const char* name, const std::string& text) {
    return store.write(name, reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
}

std::optional<std::string> parse(CommonOptions& options, std::vector<const char*> words) {
    OptionTable table("program", "purpose");
    options.add_to(table);
    words.insert(words.begin(), "program");
    const auto problem = table.parse(static_cast<int>(words.size()), words.data());
    return problem ? problem : options.complete("cell-1");
}

}  // namespace

TEST_CASE("Records are found again, by another program too, and not when they are too long") {
    Folder folder;
    folder.files = {folder.path + "/settings"};
    FileStore store(folder.path);
    CHECK(read_text(store, "settings") == "");
    CHECK(store.is_empty());
    CHECK(write_text(store, "settings", "first"));
    CHECK_FALSE(store.is_empty());
    CHECK(write_text(store, "settings", "second"));
    FileStore other(folder.path);
    CHECK(read_text(other, "settings") == "second");
    CHECK(write_text(store, "settings", "seventeen letters"));
    CHECK(read_text(other, "settings") == "");
}

TEST_CASE("Without a folder records last as long as the program") {
    FileStore store("");
    CHECK(store.is_empty());
    CHECK(write_text(store, "boost", "4.5"));
    CHECK_FALSE(store.is_empty());
    CHECK(read_text(store, "boost") == "4.5");
    CHECK(read_text(store, "settings") == "");
    FileStore other("");
    CHECK(read_text(other, "boost") == "");
}

TEST_CASE("A failing store writes nothing and says so, and what was there stays") {
    Folder folder;
    folder.files = {folder.path + "/boost"};
    for (const std::string& path : {folder.path, std::string()}) {
        FileStore store(path);
        CHECK(write_text(store, "boost", "1"));
        store.set_failing(true);
        CHECK_FALSE(write_text(store, "boost", "2"));
        CHECK(read_text(store, "boost") == "1");
    }
    FileStore nowhere("/nowhere/at/all");
    CHECK_FALSE(write_text(nowhere, "boost", "1"));
}

TEST_CASE("Options are read into their variables") {
    Folder folder;
    const std::string secret = folder.file("secret", "open sesame\n");
    CommonOptions options;
    CHECK(parse(options, {"--broker", "::1:1884", "--speed", "2.5", "--user", "cell", "--password-file", secret.c_str(),
                          "--extensions", "off"}) == std::nullopt);
    CHECK(options.broker.host == "::1");
    CHECK(options.broker.port == 1884);
    CHECK(options.broker.client_id == "cell-1");
    CHECK(options.broker.password == "open sesame");
    CHECK(options.speed == 2.5);
    CHECK(options.extensions == "off");
}

TEST_CASE("A command line that makes no sense is refused with the option's name") {
    const struct {
        std::vector<const char*> words;
        const char* problem;
    } cases[] = {
        {{}, "--broker HOST:PORT is missing"},
        {{"--broker"}, "--broker needs a value: HOST:PORT"},
        {{"--broker", "here"}, "--broker: 'here' is not HOST:PORT"},
        {{"--broker", ":1883"}, "--broker: ':1883' is not HOST:PORT"},
        {{"--broker", "here:0"}, "--broker: 'here:0' is not HOST:PORT"},
        {{"--broker", "here:1.5"}, "--broker: 'here:1.5' is not HOST:PORT"},
        {{"--broker", "here:99999"}, "--broker: 'here:99999' is not HOST:PORT"},
        {{"--speed", "0"}, "--speed: '0' is no number within 0.1..50"},
        {{"--speed", "fast"}, "--speed: 'fast' is no number within 0.1..50"},
        {{"--extensions", "some"}, "--extensions: 'some' is none of on|off"},
        {{"--state", ""}, "--state: '' is empty"},
        {{"--fast"}, "there is no option --fast; --help lists them"},
        {{"--broker", "a:1", "--state", "/nowhere"}, "--state /nowhere: there is no such folder"},
        {{"--broker", "a:1", "--password-file", "/none"}, "--password-file needs --user"},
        {{"--broker", "a:1", "--user", "x", "--password-file", "/none"},
         "/none: cannot be read (No such file or directory)"},
    };
    for (const auto& row : cases) {
        CAPTURE(row.problem);
        CommonOptions options;
        CHECK(parse(options, row.words) == row.problem);
    }
}

TEST_CASE("Help names every option, and nothing else is looked at") {
    CommonOptions options;
    OptionTable table("program", "purpose");
    options.add_to(table);
    const char* words[] = {"program", "--help", "--nonsense"};
    CHECK(table.parse(3, words) == std::nullopt);
    CHECK(table.is_help());
    for (const char* name : {"--broker HOST:PORT", "--speed 0.1..50", "--extensions on|off", "--cafile FILE"}) {
        CAPTURE(name);
        CHECK(table.help().find(name) != std::string::npos);
    }
}

TEST_CASE("A file that is too long is not read") {
    Folder folder;
    const std::string path = folder.file("long", std::string(100, 'x'));
    CHECK(read_file(path, 100).value == std::string(100, 'x'));
    CHECK(read_file(path, 99).error == path + ": longer than 99 bytes");
}
