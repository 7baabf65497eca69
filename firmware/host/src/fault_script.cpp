#include "btr/host/fault_script.h"

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>

namespace btr::host {

namespace {

constexpr Millis kForEver = std::numeric_limits<Millis>::max();
constexpr double kMostSeconds = 1e9;
constexpr double kMostValue = 1e6;

using TargetSet = std::uint32_t;
constexpr TargetSet set_of(Target target) { return TargetSet{1} << static_cast<unsigned>(target); }
constexpr TargetSet set_of(Target first, Target last) { return (set_of(last) << 1) - set_of(first); }

constexpr TargetSet kChannels = set_of(Target::ambient, Target::smoke_chip);
constexpr TargetSet kProbes = set_of(Target::core, Target::outlet6);
constexpr TargetSet kWhole = set_of(Target::ambient, Target::internal) | set_of(Target::smoke_chip);  // as float

constexpr TargetSet kOfBoth = set_of(Target::link, Target::device);
constexpr TargetSet targets_of(Machine machine) {
    return kOfBoth | (machine == Machine::bath ? kProbes | set_of(Target::heater) : kChannels);
}

constexpr std::array kTargetNames = {"ambient", "humidity", "internal", "mq2",        "mq4",     "mq8",
                                     "mq7",     "voc",      "smoke",    "smoke_chip", "core",    "tank",
                                     "outlet1", "outlet2",  "outlet3",  "outlet4",    "outlet5", "outlet6",
                                     "heater",  "link",     "store",    "device"};

static_assert(kTargetNames.size() == static_cast<std::size_t>(Target::device) + 1);

struct KindRule {
    FaultKind kind;
    const char* name;
    TargetSet targets;
    bool has_value;
    bool is_moment;
};

constexpr std::array kKinds = {
    KindRule{FaultKind::open, "open", set_of(Target::internal), false, false},
    KindRule{FaultKind::shorted, "short", set_of(Target::internal), false, false},
    KindRule{FaultKind::stuck, "stuck", kChannels | kProbes, true, false},
    KindRule{FaultKind::offset, "offset", kChannels | kProbes, true, false},
    KindRule{FaultKind::nan, "nan", kWhole | kProbes, false, false},
    KindRule{FaultKind::silent, "silent", kChannels, false, false},
    KindRule{FaultKind::unplug, "unplug", kProbes, false, false},
    KindRule{FaultKind::power_on_85, "power_on_85", kProbes, false, false},
    KindRule{FaultKind::crc, "crc", kProbes, false, false},
    KindRule{FaultKind::welded, "welded", set_of(Target::heater), false, false},
    KindRule{FaultKind::dead, "dead", set_of(Target::heater), false, false},
    KindRule{FaultKind::drop, "drop", set_of(Target::link), false, false},
    KindRule{FaultKind::fail, "fail", set_of(Target::store), false, false},
    KindRule{FaultKind::watchdog_reset, "watchdog_reset", set_of(Target::device), false, true},
    KindRule{FaultKind::brownout, "brownout", set_of(Target::device), false, true},
};

std::string_view next_word(std::string_view& rest) {
    constexpr std::string_view kBlank = " \t";
    const std::size_t begin = rest.find_first_not_of(kBlank);
    if (begin == std::string_view::npos) {
        rest = {};
        return {};
    }
    rest.remove_prefix(begin);
    const std::size_t end = rest.find_first_of(kBlank);
    const std::string_view word = rest.substr(0, end);
    rest.remove_prefix(word.size());
    return word;
}

std::string quoted(std::string_view word) { return "'" + std::string(word.substr(0, 40)) + "'"; }

std::optional<Millis> parse_seconds(std::string_view word) {
    const auto seconds = parse_number(word);
    if (!seconds || *seconds < 0.0 || *seconds > kMostSeconds) return std::nullopt;
    return static_cast<Millis>(*seconds * 1000.0 + 0.5);
}

std::optional<Target> target_of(std::string_view word, Machine machine) {
    for (std::size_t i = 0; i < kTargetNames.size(); ++i) {
        const auto target = static_cast<Target>(i);
        if (word == kTargetNames[i] && (targets_of(machine) & set_of(target)) != 0) return target;
    }
    return std::nullopt;
}

const KindRule* rule_of(std::string_view word, Target target) {
    for (const KindRule& rule : kKinds) {
        if (word == rule.name && (rule.targets & set_of(target)) != 0) return &rule;
    }
    return nullptr;
}

void add_to_list(std::string& list, std::string_view word) {
    if (!list.empty()) list += ", ";
    list += word;
}

std::string names_for(Machine machine) {
    std::string names;
    for (std::size_t i = 0; i < kTargetNames.size(); ++i) {
        if ((targets_of(machine) & set_of(static_cast<Target>(i))) != 0) add_to_list(names, kTargetNames[i]);
    }
    return names;
}

std::string kinds_for(Target target) {
    std::string names;
    for (const KindRule& rule : kKinds) {
        if ((rule.targets & set_of(target)) == 0) continue;
        add_to_list(names, rule.name);
        if (rule.has_value) names += " VALUE";
    }
    return names;
}

Parsed<Fault> refuse(std::string why) { return Parsed<Fault>::failed(std::move(why)); }

// [VALUE] [for SECONDS]
Parsed<Fault> parse_details(Fault fault, const KindRule& rule, std::string_view rest) {
    if (rule.has_value) {
        const std::string_view word = next_word(rest);
        const auto value = parse_number(word);
        if (!value || std::abs(*value) > kMostValue) return refuse(quoted(word) + " is no value within +-1000000");
        fault.value = static_cast<float>(*value);
    }
    const std::string_view word = next_word(rest);
    if (word.empty()) return Parsed<Fault>::of(fault);
    if (word != "for" || rule.is_moment) return refuse("nothing is known of " + quoted(word) + " here");
    const std::string_view length = next_word(rest);
    const auto length_ms = parse_seconds(length);
    if (!length_ms) return refuse(quoted(length) + " is no length of time in seconds");
    fault.until_ms = fault.from_ms + *length_ms;
    const std::string_view extra = next_word(rest);
    return extra.empty() ? Parsed<Fault>::of(fault) : refuse("nothing is known of " + quoted(extra) + " here");
}

// SECONDS TARGET KIND [VALUE] [for SECONDS]
Parsed<Fault> parse_fault(std::string_view line, Machine machine) {
    const std::string_view time = next_word(line);
    const auto from_ms = parse_seconds(time);
    if (!from_ms) return refuse(quoted(time) + " is no time in seconds");
    const std::string_view target_word = next_word(line);
    const auto target = target_of(target_word, machine);
    if (!target) return refuse(quoted(target_word) + " is none of " + names_for(machine));
    const std::string_view kind_word = next_word(line);
    const KindRule* rule = rule_of(kind_word, *target);
    if (rule == nullptr) {
        const std::string what = std::string(name_of(*target)) + " cannot have the fault " + quoted(kind_word);
        return refuse(what + ", but: " + kinds_for(*target));
    }
    const Millis until_ms = rule->is_moment ? *from_ms : kForEver;
    return parse_details(Fault{*from_ms, until_ms, *target, rule->kind, 0.0F}, *rule, line);
}

}  // namespace

const char* name_of(Target target) { return kTargetNames[static_cast<std::size_t>(target)]; }

const char* name_of(FaultKind kind) {
    for (const KindRule& rule : kKinds) {
        if (rule.kind == kind) return rule.name;
    }
    return "";
}

Parsed<FaultScript> FaultScript::parse(std::string_view text, Machine machine) {
    FaultScript script;
    for (std::size_t number = 1; !text.empty(); ++number) {
        std::string_view line = next_line(text);
        line = line.substr(0, line.find('#'));
        if (line.find_first_not_of(" \t") == std::string_view::npos) continue;
        const std::string place = "line " + std::to_string(number) + ": ";
        if (script.faults_.size() == kMostFaults) {
            return Parsed<FaultScript>::failed(place + "more than " + std::to_string(kMostFaults) + " faults");
        }
        const Parsed<Fault> fault = parse_fault(line, machine);
        if (!fault.value) return Parsed<FaultScript>::failed(place + fault.error);
        script.faults_.push_back(*fault.value);
    }
    return Parsed<FaultScript>::of(std::move(script));
}

const Fault* FaultScript::active(Target target, Millis now_ms) const {
    const Fault* latest = nullptr;
    for (const Fault& fault : faults_) {
        if (fault.target == target && fault.from_ms <= now_ms && now_ms < fault.until_ms) latest = &fault;
    }
    return latest;
}

const Fault* FaultScript::reset_between(Millis after_ms, Millis until_ms) const {
    const Fault* first = nullptr;
    for (const Fault& fault : faults_) {
        if (fault.target != Target::device || fault.from_ms <= after_ms || fault.from_ms > until_ms) continue;
        if (first == nullptr || fault.from_ms < first->from_ms) first = &fault;
    }
    return first;
}

}  // namespace btr::host
