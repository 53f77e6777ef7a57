# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
"""Encryption of files at rest, with keys from the environment.

AES-256 in Galois/counter mode: what was changed, cut short or put in another order does
not decrypt. Files are cut into chunks whose nonces are counted, and whose last one is
marked, so that no chunk can be left out.

References
----------
.. [1] M. Dworkin, "Recommendation for block cipher modes of operation: Galois/counter
   mode (GCM) and GMAC", NIST Special Publication 800-38D, 2007.
.. [2] V. T. Hoang, R. Reyhanitabar, P. Rogaway and D. Vizár, "Online authenticated
   encryption and its nonce-reuse misuse-resistance", CRYPTO 2015 (STREAM).
"""

import base64
import binascii
import os
import secrets

from sklearn_sales._compat import import_optional

__all__ = ["decrypt", "encrypt", "new_key"]

CHUNK = 2**26
_PREFIX, _COUNTER, _TAG = 7, 4, 16


def new_key():
    """A new key for :func:`save` and :func:`load`, at random.

    Returns
    -------
    str
        44 characters (256 bits, URL-safe base64), to be kept where secrets are kept
        and handed to jobs in an environment variable. Who loses it loses the files.

    Examples
    --------
    >>> from sklearn_sales.persistence import new_key
    >>> len(new_key())
    44
    """
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode("ascii")


def encrypt(data, variable, header):
    """Encrypted bytes of data, bound to a header that stays readable.

    Parameters
    ----------
    data : bytes
    variable : str
        Name of the environment variable with the key.
    header : bytes

    Returns
    -------
    bytes
    """
    cipher = _cipher(variable)
    prefix = secrets.token_bytes(_PREFIX)
    view = memoryview(data)
    starts = range(0, max(len(view), 1), CHUNK)
    parts = [prefix]
    for number, start in enumerate(starts):
        nonce = _nonce(prefix, number, last=start + CHUNK >= len(view))
        parts.append(cipher.encrypt(nonce, view[start : start + CHUNK], header))
    return b"".join(parts)


def decrypt(data, variable, header):
    """The inverse of :func:`encrypt`.

    Raises
    ------
    ValueError
        Where the key is another, or the file was changed.
    """
    cipher = _cipher(variable)
    view = memoryview(data)
    prefix, view = bytes(view[:_PREFIX]), view[_PREFIX:]
    size = CHUNK + _TAG
    invalid = import_optional(
        "cryptography.exceptions", extra="cryptography"
    ).InvalidTag
    parts = []
    for number, start in enumerate(range(0, max(len(view), 1), size)):
        nonce = _nonce(prefix, number, last=start + size >= len(view))
        try:
            parts.append(cipher.decrypt(nonce, view[start : start + size], header))
        except (invalid, ValueError) as error:
            raise ValueError(
                f"the file cannot be decrypted: the key in {variable} is not the one "
                "that it was saved with, or the file was changed since."
            ) from error
    return b"".join(parts)


def _nonce(prefix, number, *, last):
    return prefix + number.to_bytes(_COUNTER, "big") + (b"\1" if last else b"\0")


def _cipher(variable):
    text = os.environ.get(variable)
    if not text:
        raise ValueError(
            f"key={variable!r} names an environment variable that is not set. Make a "
            "key once by sklearn_sales.persistence.new_key(), keep it where secrets "
            "are kept, and set the variable to it."
        )
    try:
        key = base64.urlsafe_b64decode(text.encode("ascii"))
    except (binascii.Error, UnicodeEncodeError):
        key = b""
    if len(key) != 32:
        raise ValueError(
            f"the environment variable {variable} holds no key: it must be 32 bytes in "
            "URL-safe base64, as sklearn_sales.persistence.new_key() makes them."
        )
    aead = "cryptography.hazmat.primitives.ciphers.aead"
    return import_optional(aead, extra="cryptography").AESGCM(key)
