#pragma once
// Settings as a table: where each is in JSON, in the struct, and what it may be. Changes are taken over all or not at
// all, with the list of reasons (F15).
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "btr/protocol/json.h"
#include "btr/protocol/json_writer.h"
#include "btr/protocol/problems.h"

namespace btr::protocol {

template <typename S>
using SettingMember = std::variant<bool S::*, std::int32_t S::*, float S::*>;

template <typename S>
struct SettingRow {
    std::string_view path;  // "temp_maxdif", or with its group "bath_setpoint.target"; groups stand together
    std::string_view unit;  // empty: none
    SettingMember<S> member;
    double low = 0.0;  // bounds, both allowed; of no meaning for a bool
    double high = 0.0;

    constexpr std::size_t dot() const { return path.find('.'); }
    constexpr std::string_view group() const {
        return dot() == std::string_view::npos ? std::string_view() : path.substr(0, dot());
    }
    constexpr std::string_view name() const { return dot() == std::string_view::npos ? path : path.substr(dot() + 1); }
};

// What is wrong with a value for this row, as a key; null when it was put into the struct.
template <typename S>
const char* set_member(const JsonValue& value, const SettingRow<S>& row, S& into) {
    if (const auto* flag = std::get_if<bool S::*>(&row.member)) {
        const std::optional<bool> read = value.boolean();
        into.*(*flag) = read.value_or(into.*(*flag));
        return read ? nullptr : "not_boolean";
    }
    const std::optional<double> number = value.number();
    if (!number) {
        return "not_number";
    }
    if (*number < row.low || *number > row.high) {
        return "out_of_range";
    }
    if (const auto* real = std::get_if<float S::*>(&row.member)) {
        into.*(*real) = static_cast<float>(*number);
        return nullptr;
    }
    if (!value.integer()) {
        return "not_integer";
    }
    into.*(*std::get_if<std::int32_t S::*>(&row.member)) = static_cast<std::int32_t>(*number);
    return nullptr;
}

template <typename S, std::size_t N>
const SettingRow<S>* find_row(const std::array<SettingRow<S>, N>& rows, std::string_view group, std::string_view name) {
    for (const SettingRow<S>& row : rows) {
        if (row.group() == group && row.name() == name) {
            return &row;
        }
    }
    return nullptr;
}

template <typename S, std::size_t N>
bool is_group(const std::array<SettingRow<S>, N>& rows, std::string_view name) {
    for (const SettingRow<S>& row : rows) {
        if (!name.empty() && row.group() == name) {
            return true;
        }
    }
    return false;
}

template <typename S, std::size_t N>
void merge_group(const JsonValue& object, std::string_view group, const std::array<SettingRow<S>, N>& rows, S& draft,
                 Problems& problems) {
    for (const JsonValue value : object) {
        const std::string_view name = value.key();
        if (const SettingRow<S>* row = find_row(rows, group, name)) {
            if (const char* reason = set_member(value, *row, draft)) {
                problems.add(row->path, reason);
            }
        } else if (group.empty() && is_group(rows, name)) {
            if (value.is_object()) {
                merge_group(value, name, rows, draft, problems);
            } else {
                problems.add(name, "not_an_object");
            }
        } else {
            problems.add(group, name, "unknown_setting");
        }
    }
}

// Puts the members of the object over `into` and returns true, or adds every reason to `problems`, leaves `into` as it
// is and returns false. `check(const S&, Problems&)` has the rules between settings and sees only values within their
// bounds. Integers are whole numbers: 60 and 60.0.
template <typename S, std::size_t N, typename Check>
bool merge_settings(const JsonValue& object, const std::array<SettingRow<S>, N>& rows, Check check, S& into,
                    Problems& problems) {
    if (!object.is_object()) {
        problems.add("config", "not_an_object");
        return false;
    }
    S draft = into;
    merge_group(object, {}, rows, draft, problems);
    if (problems.is_empty()) {
        check(draft, problems);
    }
    if (!problems.is_empty()) {
        return false;
    }
    into = draft;
    return true;
}

// The same without rules between settings.
template <typename S, std::size_t N>
bool merge_settings(const JsonValue& object, const std::array<SettingRow<S>, N>& rows, S& into, Problems& problems) {
    return merge_settings(object, rows, [](const S&, Problems&) {}, into, problems);
}

// The value of one setting, without its name.
template <typename S>
void write_value(const SettingRow<S>& row, const S& settings, JsonWriter& json) {
    if (const auto* flag = std::get_if<bool S::*>(&row.member)) {
        json.boolean(settings.**flag);
    } else if (const auto* whole = std::get_if<std::int32_t S::*>(&row.member)) {
        json.integer(std::int64_t{settings.**whole});
    } else if (const auto* real = std::get_if<float S::*>(&row.member)) {
        json.real(settings.**real);
    }
}

// Members of the object that the caller has begun, in the order of the table.
template <typename S, std::size_t N>
void write_settings(const S& settings, const std::array<SettingRow<S>, N>& rows, JsonWriter& json) {
    std::string_view open;
    for (const SettingRow<S>& row : rows) {
        if (row.group() != open && !open.empty()) {
            json.end_object();
        }
        if (row.group() != open && !row.group().empty()) {
            json.key(row.group()).begin_object();
        }
        open = row.group();
        json.key(row.name());
        write_value(row, settings, json);
    }
    if (!open.empty()) {
        json.end_object();
    }
}

}  // namespace btr::protocol
