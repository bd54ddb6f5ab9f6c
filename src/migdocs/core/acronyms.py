"""Words whose letters have a case of their own: a title made from an id keeps it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# Those that are written in capitals, and those that are not.
_CAPITALS = """
    2FA 3D ACL AES AI API APNS ASN AWS B2B BIC CIDR CLI CMS CORS CPU CRM CRUD CSRF CSS CSV CTE CVE
    DB DNS EAN ERP FAQ FCM FIDO FTP FTS GCP GDPR GPS GPU GUID HMAC HTML HTTP HTTPS IBAN ICMP ID IMAP
    IP ISBN ISO JPEG JS JSON JSONB JWK JWKS JWT KMS KPI KYC LDAP LLM LSN MD5 MFA MIME ML MQTT NFC
    NLP OCR OIDC ORM OTP PDF PGP PII PKCE PNG QR RAM RBAC RLS RPC RSA RSS S3 SAML SCIM SDK SEO SHA
    SKU SLA SMS SMTP SQL SSE SSH SSL SSO SVG TCP TLS TOTP TSV TTL UDP UI URI URL URN UTC UTF UUID UX
    VAT VM VPN XML XSS YAML ZIP
"""
_MIXED = """
    DynamoDB GitHub GitLab GraphQL IPv4 IPv6 MongoDB MySQL OAuth OAuth1 OAuth2 OpenAPI OpenID
    PayPal PostGIS PostgreSQL SQLite TimescaleDB WebAuthn WebSocket iOS macOS
"""
_PLURAL = ("API", "DB", "ID", "IP", "JWT", "PDF", "SDK", "SKU", "URI", "URL", "UUID", "VM")
KNOWN: dict[str, str] = {
    word.lower(): word
    for word in (*_CAPITALS.split(), *_MIXED.split(), *(f"{word}s" for word in _PLURAL))
}


def spelled(words: str, more: Iterable[str] = ()) -> str:
    """Give a sentence made from an id with its acronyms, and a capital letter first.

    Args:
        words: in lower case, with blanks between them.
        more: acronyms of the project's own, as they are to be written; they go before ours.
    """
    own = {word.lower(): word for word in more}
    told = [own.get(word.lower()) or KNOWN.get(word.lower(), word) for word in words.split(" ")]
    text = " ".join(told)
    first = words.partition(" ")[0].lower()
    return text if first in own or first in KNOWN else text[:1].upper() + text[1:]
