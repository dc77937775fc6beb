"""An issuer of certificates for the test plants, and what it has signed.

    authority.py DIR

Makes in DIR what is not there yet: `ca.der` with `ca_key.pem`, the plant's `certificate.der` and `key.pem` signed by it,
`chain.pem` with both certificates, and for a person `user.pem` with `user_key.pem`.
"""

import datetime
import ipaddress
import pathlib
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DER, PEM = serialization.Encoding.DER, serialization.Encoding.PEM
NOW = datetime.datetime.now(datetime.timezone.utc)


def key_in(path):
    if path.exists():
        return serialization.load_pem_private_key(path.read_bytes(), None)
    key = rsa.generate_private_key(65537, 2048)
    kind = serialization.PrivateFormat.PKCS8
    path.write_bytes(key.private_bytes(PEM, kind, serialization.NoEncryption()))
    return key


def name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def signed(subject, key, issuer, issuer_key, extensions):
    builder = x509.CertificateBuilder().subject_name(name(subject)).issuer_name(issuer).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(NOW - datetime.timedelta(1)).not_valid_after(NOW + datetime.timedelta(30))
    for extension, is_critical in extensions:
        builder = builder.add_extension(extension, is_critical)
    return builder.sign(issuer_key, hashes.SHA256())


def usage(**wanted):
    names = ["digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"]
    names += ["key_cert_sign", "crl_sign", "encipher_only", "decipher_only"]
    return x509.KeyUsage(**{name: wanted.get(name, False) for name in names})


def main(folder, uri):
    folder.mkdir(parents=True, exist_ok=True)
    ca_key = key_in(folder / "ca_key.pem")
    ca = folder / "ca.der"
    if not ca.exists():
        extensions = [(x509.BasicConstraints(True, None), True), (usage(key_cert_sign=True, crl_sign=True), True)]
        ca.write_bytes(signed("test issuer", ca_key, name("test issuer"), ca_key, extensions).public_bytes(DER))
    issuer = x509.load_der_x509_certificate(ca.read_bytes())
    leaf = folder / "certificate.der"
    if not leaf.exists():
        address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
        names = [x509.UniformResourceIdentifier(uri), x509.DNSName("localhost"), address]
        uses = dict.fromkeys(("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"), True)
        extensions = [
            (x509.BasicConstraints(False, None), True),
            (x509.SubjectAlternativeName(names), False),
            (usage(**uses), True),
            (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]), False),
        ]
        key = key_in(folder / "key.pem")
        leaf.write_bytes(signed("test plant", key, issuer.subject, ca_key, extensions).public_bytes(DER))
    own = x509.load_der_x509_certificate(leaf.read_bytes())
    (folder / "chain.pem").write_bytes(own.public_bytes(PEM) + issuer.public_bytes(PEM))
    user_key = key_in(folder / "user_key.pem")
    if not (folder / "user.pem").exists():
        extensions = [(x509.BasicConstraints(False, None), True), (usage(digital_signature=True), True)]
        user = signed("test operator", user_key, name("test operator"), user_key, extensions)
        (folder / "user.pem").write_bytes(user.public_bytes(PEM))
    key_in(folder / "other_key.pem")


main(pathlib.Path(sys.argv[1]), sys.argv[2])
