#pragma once
// A command line as a table of options; every option is --name VALUE, or --name alone for a flag.
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "btr/hal/time.h"
#include "btr/host/parsed.h"

namespace btr::host {

class OptionTable {
public:
    OptionTable(std::string program, std::string purpose);

    // Each writes into its variable, which keeps its value as the default. Names include the dashes.
    void text(const char* name, const char* shape, std::string& into, const char* help);
    void number(const char* name, double least, double most, double& into, const char* help);
    void flag(const char* name, bool& into, const char* help);
    void choice(const char* name, std::vector<std::string> words, std::string& into, const char* help);
    // For every time it is given; `take` returns what is wrong, or nothing.
    void custom(const char* name, const char* shape, std::function<std::string(std::string_view)> take,
                const char* help);

    // What is wrong with the command line in one sentence; nothing when all is well. is_help(): --help was given.
    std::optional<std::string> parse(int argc, const char* const* argv);
    bool is_help() const { return is_help_; }
    std::string help() const;

private:
    struct Option {
        std::string name;
        std::string shape;  // of the value; empty for a flag
        std::string help;
        std::function<std::string(std::string_view)> take;
    };

    std::string program_;
    std::string purpose_;
    std::vector<Option> options_;
    bool is_help_ = false;
};

struct BrokerOptions {
    std::string host;
    int port = 1883;
    std::string client_id;
    std::string user;
    std::string password;
    std::string ca_file;  // TLS when it is not empty
};

// What both programs take.
struct CommonOptions {
    BrokerOptions broker;
    std::string state_folder;  // empty: nothing survives
    std::string faults_file;
    std::string reset_reason = "power_on";
    std::string extensions = "on";
    double speed = 1.0;
    double uptime_start_ms = 0.0;

    void add_to(OptionTable& table, double most_speed = 50.0);
    // After parsing: what is missing or cannot be read; fills in the password.
    std::optional<std::string> complete(const std::string& device_id);

private:
    std::string password_file_;
};

// The whole file, at most that many bytes; the error names the file.
Parsed<std::string> read_file(const std::string& path, std::size_t most_bytes);

}  // namespace btr::host
