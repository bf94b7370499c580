from eth_account import Account
from hypothesis import given
from hypothesis import strategies as st

from emulators.chain.keys import (
    CURVE_ORDER,
    Key,
    compact_signature,
    party_key,
    recover_address,
)

digests = st.binary(min_size=32, max_size=32)


def test_the_same_seed_and_party_have_the_same_key() -> None:
    assert party_key(3, "H01") == party_key(3, "H01")


def test_seeds_and_parties_have_keys_of_their_own() -> None:
    keys = {party_key(seed, party).secret for seed in range(5) for party in ("H01", "H02", "dso")}
    assert len(keys) == 15


def test_a_key_has_the_address_that_eth_account_gives_it() -> None:
    key = party_key(1, "H01")
    assert key.address == Account.from_key(key.secret).address


def test_a_secret_does_not_show() -> None:
    key = party_key(1, "H01")
    assert key.secret.hex() not in repr(key)


@given(digests)
def test_signatures_are_those_of_eth_account(digest: bytes) -> None:
    key = party_key(1, "H01")
    theirs = Account.unsafe_sign_hash(digest, key.secret)
    assert key.sign_digest(digest) == bytes(theirs.signature)


@given(digests)
def test_signatures_are_low_s(digest: bytes) -> None:
    signature = party_key(1, "H01").sign_digest(digest)
    assert int.from_bytes(signature[32:64]) <= CURVE_ORDER // 2


@given(digests, st.integers(1, CURVE_ORDER - 1))
def test_the_signer_is_recovered(digest: bytes, secret: int) -> None:
    key = Key(secret.to_bytes(32))
    assert recover_address(digest, key.sign_digest(digest)) == key.address_bytes


def test_a_malleable_twin_of_a_signature_is_nobodys() -> None:
    digest = bytes(range(32))
    signature = party_key(1, "H01").sign_digest(digest)
    s = CURVE_ORDER - int.from_bytes(signature[32:64])
    twin = signature[:32] + s.to_bytes(32) + bytes((55 - signature[64],))
    assert recover_address(digest, twin) is None


def test_garbage_is_nobodys_signature() -> None:
    assert recover_address(bytes(32), b"\xff" * 64 + b"\x1b") is None
    assert recover_address(bytes(32), b"short") is None


@given(digests)
def test_a_compact_signature_keeps_r_s_and_parity(digest: bytes) -> None:
    signature = party_key(1, "H01").sign_digest(digest)
    compact = compact_signature(signature)
    assert compact[:32] == signature[:32]
    s = int.from_bytes(compact[32:])
    assert (s & (1 << 255) - 1).to_bytes(32) == signature[32:64]
    assert 27 + (s >> 255) == signature[64]
