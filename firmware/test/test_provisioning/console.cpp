#include "btr/protocol/console.h"

#include <doctest/doctest.h>

#include <cctype>
#include <cstdio>
#include <random>
#include <string>
#include <string_view>

using namespace btr::protocol;

namespace {

constexpr std::string_view kPem =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBszCCAVmgAwIBAgIUFakeButWellFormedBase64Lines0123456789ABCDEF\n"
    "AAAA+/==\n"
    "-----END CERTIFICATE-----\n";

struct Terminal {
    Provisioning provisioning;
    Console console{provisioning};
    ConsoleRequest request = ConsoleRequest::none;

    std::string type(std::string_view text) {
        std::string answers;
        for (const char c : text) {
            const ConsoleRequest asked = console.feed(c);
            request = asked == ConsoleRequest::none ? request : asked;
            answers += console.answer();
        }
        return answers;
    }
};

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

}  // namespace

TEST_CASE("a device is told its networks, its broker and its name, and shows them") {
    Terminal terminal;
    CHECK(terminal.type("set device.id bath-1\r\n") == "ok device.id\n");
    CHECK(terminal.type("set wifi.0.ssid My Lab\n") == "ok wifi.0.ssid\n");
    CHECK(terminal.type("set wifi.0.password  spaces  count \n") == "ok wifi.0.password\n");
    CHECK(terminal.type("set mqtt.host broker.example\nset mqtt.port 8883\nset mqtt.tls on\n") ==
          "ok mqtt.host\nok mqtt.port\nok mqtt.tls\n");
    const Provisioning& told = terminal.provisioning;
    CHECK(told.text(Item::device_id) == "bath-1");
    CHECK(told.text(Item::wifi_ssid_0) == "My Lab");
    CHECK(told.text(Item::wifi_password_0) == " spaces  count ");
    CHECK(told.number(Item::mqtt_port, 1883) == 8883);
    CHECK(told.flag(Item::mqtt_tls, false));
    CHECK(told.flag(Item::device_extensions, true));
    CHECK_FALSE(told.flag(Item::device_legacy, false));
    const std::string shown = terminal.type("show\n");
    CHECK(contains(shown, "device.id bath-1\n"));
    CHECK(contains(shown, "wifi.0.ssid My Lab\n"));
    CHECK(contains(shown, "wifi.1.ssid -\n"));
    CHECK(contains(shown, "missing mqtt.ca\n"));
    CHECK(contains(shown, "ok, not saved\n"));
}

TEST_CASE("H14 secrets go in and never come out") {
    Terminal terminal;
    const std::string typed =
        "set wifi.0.password planted-wifi\nset mqtt.password planted-mqtt\nset mqtt.client_id planted-key\n"
        "set ota.password planted-update\nplanted-alone\nset planted.key planted-value\nset "
        "wifi.0.password\x01planted\n";
    const std::string answers = terminal.type(typed + "show\nhelp\nsave\n");
    CHECK_FALSE(contains(answers, "planted"));
    CHECK(contains(answers, "wifi.0.password ********\n"));
    CHECK(contains(answers, "ota.password ********\n"));
}

TEST_CASE("a line that is wrong changes nothing and says what would be right") {
    Terminal terminal;
    terminal.type("set mqtt.port 1883\nset device.id node-1\n");
    const auto refused = [&terminal](std::string_view line, std::string_view reason) {
        CAPTURE(line);
        const std::string answer = terminal.type(std::string(line) + "\n");
        CHECK(answer.substr(0, 5) == "error");
        CHECK(contains(answer, reason));
    };
    refused("set mqtt.port 0", "must be a number from 1 to 65535");
    refused("set mqtt.port 65536", "must be a number");
    refused("set mqtt.port 12a", "must be a number");
    refused("set mqtt.port 99999", "must be a number");
    refused("set device.id has space", "letters, digits");
    refused("set device.id wild/card", "letters, digits");
    refused("set device.id 123456789012345678901234567890123", "1 to 32");
    refused("set device.root a/+/b", "a topic");
    refused("set device.root /a", "a topic");
    refused("set device.legacy yes", "on or off");
    refused("set wifi.0.password short", "8 to 64");
    refused("set wifi.0.ssid \xff\xfe", "1 to 32 bytes");
    refused("set wifi.0.ssid a\tb", "1 to 32 bytes");
    refused("set mqtt.host host name", "host name");
    refused("set ota.password elevenchars", "12 to 64");
    refused("set probe.core 2807100000000000", "16 hexadecimal digits");
    refused("set nothing.known 1", "unknown key");
    refused("set", "unknown key");
    refused("format", "unknown command");
    refused("set mqtt.ca inline", "lines after");
    refused(std::string("set mqtt.user ") + std::string(200, 'x'), "too long");
    CHECK(terminal.provisioning.number(Item::mqtt_port, 0) == 1883);
    CHECK(terminal.provisioning.text(Item::device_id) == "node-1");
    CHECK(terminal.provisioning.text(Item::wifi_ssid_0).empty());
    CHECK(terminal.type("\n\r\n").empty());
    CHECK(terminal.type("set device.id\n") == "ok device.id\n");
    CHECK_FALSE(terminal.provisioning.is_set(Item::device_id));
}

TEST_CASE("a certificate is pasted, and taken whole or not at all") {
    Terminal terminal;
    CHECK(terminal.type("set mqtt.ca\n") == "paste the certificate\n");
    CHECK(terminal.type(kPem) == "ok mqtt.ca\n");
    CHECK(terminal.provisioning.certificate() == kPem);
    CHECK(contains(terminal.type("show\n"), "mqtt.ca " + std::to_string(kPem.size()) + " bytes\n"));

    const auto refused = [&terminal](const std::string& pasted) {
        CAPTURE(pasted);
        CHECK(contains(terminal.type("set mqtt.ca\n" + pasted), "error mqtt.ca"));
        CHECK(terminal.provisioning.certificate() == kPem);
        CHECK(contains(terminal.type("show\n"), "device.id"));  // pasting has ended
    };
    refused("no certificate\n-----END CERTIFICATE-----\n");
    refused("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n");
    refused("-----BEGIN CERTIFICATE-----\nAAAA\n-----END RSA PRIVATE KEY-----\n");
    refused("-----BEGIN CERTIFICATE-----\nAA*A\n-----END CERTIFICATE-----\n");
    refused("-----BEGIN CERTIFICATE-----\nAAAA\n\n");
    std::string large = "-----BEGIN CERTIFICATE-----\n";
    for (int i = 0; i < 60; ++i) {
        large += std::string(64, 'A') + "\n";
    }
    refused(large + "-----END CERTIFICATE-----\n");

    CHECK(terminal.type("set mqtt.ca\n\n") == "paste the certificate\nok mqtt.ca\n");
    CHECK(terminal.provisioning.certificate().empty());
}

TEST_CASE("a line that is too long ends the pasting of a certificate") {
    Terminal terminal;
    CHECK(contains(terminal.type("set mqtt.ca\n" + std::string(300, 'A') + "\n"), "error: line too long"));
    CHECK(contains(terminal.type("help\n"), "set KEY VALUE"));
}

TEST_CASE("saving and restarting are left to the program, which says how it went") {
    Terminal terminal;
    terminal.type("set wifi.0.ssid lab\n");
    CHECK(terminal.type("save\n").empty());
    CHECK(terminal.request == ConsoleRequest::save);
    terminal.console.saved(false);
    CHECK(terminal.console.answer() == "error: not stored\n");
    CHECK(contains(terminal.type("show\n"), "not saved"));
    terminal.console.saved(true);
    CHECK(terminal.console.answer() == "ok, but missing mqtt.host\n");
    CHECK_FALSE(contains(terminal.type("show\n"), "not saved"));
    terminal.type("set mqtt.host 192.0.2.7\n");
    terminal.console.saved(true);
    CHECK(terminal.console.answer() == "ok, reset to use it\n");
    CHECK(terminal.type("commission\n").empty());
    CHECK(terminal.request == ConsoleRequest::commission);
    CHECK(terminal.type("reset\n") == "ok\n");
    CHECK(terminal.request == ConsoleRequest::restart);
}

TEST_CASE("what is written is read back; lines that are not valid today are counted and left out") {
    Terminal terminal;
    terminal.type("set wifi.0.ssid a=b\nset mqtt.password p=w d\nset mqtt.host h\nset ntp.3 192.0.2.1\n");
    FixedText<kMostProvisioningBytes> record;
    REQUIRE(terminal.provisioning.write(record));
    Provisioning read;
    CHECK(read.read(record.view()) == 0);
    CHECK(read.text(Item::wifi_ssid_0) == "a=b");
    CHECK(read.text(Item::mqtt_password) == "p=w d");
    CHECK(read.text(Item::ntp_3) == "192.0.2.1");
    CHECK(read.missing().empty());

    Provisioning partly;
    CHECK(partly.read("mqtt.host=h\nfuture.item=1\nmqtt.port=0\nno separator\n=\nmqtt.user=u") == 4);
    CHECK(partly.text(Item::mqtt_host) == "h");
    CHECK(partly.text(Item::mqtt_user) == "u");
    CHECK_FALSE(partly.is_set(Item::mqtt_port));
}

TEST_CASE("networks are tried in their order, up to the first gap; one without a password is open") {
    Terminal terminal;
    CHECK(terminal.provisioning.network_count() == 0);
    terminal.type("set wifi.0.ssid one\nset wifi.0.password planted1\nset wifi.1.ssid two\nset wifi.3.ssid four\n");
    CHECK(terminal.provisioning.network_count() == 2);
    CHECK(std::string_view(terminal.provisioning.ssid(1)) == "two");
    CHECK(std::string_view(terminal.provisioning.password(0)) == "planted1");
    CHECK(terminal.provisioning.password(1) == nullptr);
    terminal.type("set wifi.2.ssid three\n");
    CHECK(terminal.provisioning.network_count() == 4);
}

TEST_CASE("the roles of probes go into the provisioning and come back") {
    RomCode code{0x28, 1, 2, 3, 4, 5, 6, 0};
    code[7] = one_wire_crc(code.data(), 7);
    ProbeRoles roles;
    roles.core = code;
    roles.outlets[5] = code;
    Provisioning provisioning;
    provisioning.set_probe_roles(roles);
    CHECK(provisioning.probe_roles() == roles);
    CHECK(provisioning.text(Item::probe_out_5) == text_of(code).view());
    provisioning.set_probe_roles({});
    CHECK(provisioning.probe_roles() == ProbeRoles{});
}

TEST_CASE("the largest provisioning fits the record, and a show of it the answer") {
    Provisioning full;
    const auto fill = [&full](std::size_t i) {
        const ItemRow& row = item_rows()[i];
        for (std::size_t length = row.most; length >= row.least; --length) {
            if (full.set(static_cast<Item>(i), std::string(length, row.key == "mqtt.port" ? '6' : 'a')) ||
                full.set(static_cast<Item>(i), "off")) {
                return;
            }
        }
        RomCode code{0x28, static_cast<std::uint8_t>(i), 0, 0, 0, 0, 0, 0};
        code[7] = one_wire_crc(code.data(), 7);
        REQUIRE(full.set(static_cast<Item>(i), text_of(code).view()));
    };
    for (std::size_t i = 0; i < kItems; ++i) {
        fill(i);
    }
    FixedText<kMostProvisioningBytes> record;
    CHECK(full.write(record));
    Console console(full);
    for (const char c : std::string_view("show\n")) {
        console.feed(c);
    }
    CHECK(contains(console.answer(), "mqtt.host aaaa"));
    CHECK(console.answer().substr(console.answer().size() - 3) == "ok\n");
    FixedText<100> small;
    CHECK_FALSE(full.write(small));
}

TEST_CASE("any input: every item stays valid, secrets stay hidden, and the record reads back the same") {
    std::mt19937 random(20261123);
    const auto below = [&random](std::size_t n) { return random() % n; };
    constexpr std::string_view kPieces[] = {"set ",
                                            "show",
                                            "save",
                                            "reset",
                                            "help",
                                            " ",
                                            "on",
                                            "off",
                                            "\n",
                                            "\r\n",
                                            "=",
                                            "1883",
                                            "SECRET-planted",
                                            "mqtt.ca",
                                            "-----BEGIN CERTIFICATE-----",
                                            "-----END CERTIFICATE-----",
                                            "AAAA",
                                            "\xc3\xa9",
                                            "\xff",
                                            std::string_view("\0", 1)};
    for (int run = 0; run < 300; ++run) {
        Terminal terminal;
        std::string typed;
        for (std::size_t i = 0; i < 120; ++i) {
            const std::size_t choice = below(10);
            if (choice < 4) {
                typed += std::string("set ") + std::string(item_rows()[below(kItems)].key) + " ";
                typed += item_rows()[below(kItems)].is_secret ? "SECRET-planted\n" : "value-1\n";
            } else if (choice < 9) {
                typed += kPieces[below(std::size(kPieces))];
            } else {
                typed += static_cast<char>(below(256));
            }
        }
        for (std::size_t i = 0; i < kItems; ++i) {  // a secret may be typed where none belongs; only hidden items count
            if (!item_rows()[i].is_secret) {
                continue;
            }
            terminal.type("\n\nset " + std::string(item_rows()[i].key) + " HIDDEN-planted-" + std::to_string(i) + "\n");
        }
        const std::string answers = terminal.type(typed + "\n\nshow\n");
        CHECK_FALSE(contains(answers, "HIDDEN-planted"));
        for (std::size_t i = 0; i < kItems; ++i) {
            const std::string_view value = terminal.provisioning.text(static_cast<Item>(i));
            if (!value.empty()) {
                CHECK(item_rows()[i].accepts(value));
                CHECK(value.size() <= item_rows()[i].most);
                CHECK(value.find('\n') == std::string_view::npos);
            }
        }
        FixedText<kMostProvisioningBytes> record;
        REQUIRE(terminal.provisioning.write(record));
        Provisioning again;
        CHECK(again.read(record.view()) == 0);
        for (std::size_t i = 0; i < kItems; ++i) {
            CHECK(again.text(static_cast<Item>(i)) == terminal.provisioning.text(static_cast<Item>(i)));
        }
    }
}
