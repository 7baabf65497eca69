"""A real mosquitto as docs/firmware.md wants it: TLS, a user for each device, and its rights."""

import base64
import hashlib
import ipaddress
import os
import re
import secrets
import shutil
import signal
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from demo.broker import HOST, SBIN
from demo.processes import Child, free_port, wait_until_listening

GUIDE = Path(__file__).parents[2] / "docs" / "firmware.md"
# Started by root, mosquitto would become a user who may not read the folder of a test
SETTINGS = """\
user root
listener {port} {host}
cafile {folder}/ca.pem
certfile {folder}/server.pem
keyfile {folder}/server.key
allow_anonymous false
password_file {folder}/passwords
acl_file {folder}/rights
persistence true
persistence_location {folder}/
log_dest stderr
log_type error
log_type warning
"""
START_S = 20.0


def recommended_rights() -> str:
    """The access rules that the documentation tells people to use."""
    rights = re.search(r"```\n(pattern write .*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    assert rights is not None
    return rights.group(1)


def hashed(password: str) -> str:
    """A password as mosquitto keeps it."""
    salt, turns = secrets.token_bytes(12), 101
    key = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, turns)
    return f"$7${turns}${base64.b64encode(salt).decode()}${base64.b64encode(key).decode()}"


class Authority:
    """Somebody who signs certificates of brokers."""

    def __init__(self, name: str) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.certificate = self._sign(self.name, self.key.public_key(), x509.BasicConstraints(True, None))

    @property
    def pem(self) -> bytes:
        """Its own certificate, which clients trust."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def equip(self, folder: Path) -> None:
        """Write what a broker on this machine needs."""
        key = ec.generate_private_key(ec.SECP256R1())
        address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST))])
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "broker")])
        certificate = self._sign(name, key.public_key(), address)
        (folder / "ca.pem").write_bytes(self.pem)
        (folder / "server.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        (folder / "server.key").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )

    def _sign(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey, extension: x509.ExtensionType
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        unsigned = x509.CertificateBuilder(
            self.name, subject, key, x509.random_serial_number(), now - timedelta(days=1), now + timedelta(days=1)
        )
        return unsigned.add_extension(extension, critical=isinstance(extension, x509.BasicConstraints)).sign(
            self.key, hashes.SHA256()
        )


class SecuredBroker:
    """The broker; it can be restarted, killed, and made to stand still."""

    def __init__(self, program: str, folder: Path, authority: Authority, passwords: Mapping[str, str]) -> None:
        self.port = free_port(HOST)
        self._program = program
        self._folder = folder
        self._child: Child | None = None
        folder.mkdir()
        authority.equip(folder)
        (folder / "rights").write_text(recommended_rights())
        (folder / "mosquitto.conf").write_text(SETTINGS.format(port=self.port, host=HOST, folder=folder))
        self.set_passwords(passwords)

    @property
    def address(self) -> str:
        return f"{HOST}:{self.port}"

    @property
    def ca_file(self) -> Path:
        return self._folder / "ca.pem"

    def set_passwords(self, passwords: Mapping[str, str]) -> None:
        """What the broker knows of its users from its next start on."""
        lines = [f"{user}:{hashed(password)}\n" for user, password in passwords.items()]
        (self._folder / "passwords").write_text("".join(lines))

    def forbid_commands(self) -> None:
        """From its next start on Home Assistant may hear everything and say nothing."""
        rights = recommended_rights()
        assert rights.count("topic readwrite ") == 2
        (self._folder / "rights").write_text(rights.replace("topic readwrite ", "topic read "))

    async def start(self) -> None:
        command = [self._program, "-c", str(self._folder / "mosquitto.conf")]
        self._child = await Child.start("mosquitto", command, self._folder / "broker.log")
        await wait_until_listening(self._child, HOST, self.port, START_S)

    async def stop(self) -> None:
        """Be gone, and say so to every client."""
        if self._child is not None:
            self.go_on()
            await self._child.stop()

    async def die(self) -> None:
        """Be gone without a word."""
        assert self._child is not None
        self._child.process.kill()
        await self._child.process.wait()

    def freeze(self) -> None:
        """Keep every connection, and answer nothing."""
        assert self._child is not None
        self._child.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Wake up again."""
        if self._child is not None and self._child.is_running:
            self._child.process.send_signal(signal.SIGCONT)


def mosquitto() -> str | None:
    """The program, where there is one."""
    return os.environ.get("MOSQUITTO") or shutil.which("mosquitto") or shutil.which("mosquitto", path=SBIN)
