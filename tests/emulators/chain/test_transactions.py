import rlp
from eth_account import Account
from eth_utils import keccak
from hypothesis import given
from hypothesis import strategies as st

from emulators.chain.keys import party_key
from emulators.chain.transactions import (
    CHAIN_ID,
    GAS_PRICE_WEI,
    Sender,
    contract_address,
    rlp_encode,
)

items = st.binary(max_size=300) | st.integers(0, 2**256 - 1)


@given(st.lists(items, max_size=12))
def test_lists_are_encoded_as_the_rlp_library_does(parts: list[bytes | int]) -> None:
    assert rlp_encode(parts) == rlp.encode(parts)


def test_a_transaction_is_byte_for_byte_that_of_eth_account() -> None:
    sender = Sender("dso", party_key(1, "dso"), nonce=41)
    to = party_key(1, "H01").address
    signed = sender.send("call", to, b"\x01\x02", 90_000)
    theirs = Account.sign_transaction(
        {
            "nonce": 41,
            "gasPrice": GAS_PRICE_WEI,
            "gas": 90_000,
            "to": to,
            "value": 0,
            "data": b"\x01\x02",
            "chainId": CHAIN_ID,
        },
        sender.key.secret,
    )
    assert signed.raw == bytes(theirs.raw_transaction)
    assert signed.tx_hash == "0x" + keccak(signed.raw).hex()


def test_a_sender_counts_its_transactions() -> None:
    sender = Sender("dso", party_key(1, "dso"))
    first, second = (sender.send("call", None, b"", 90_000) for _ in range(2))
    assert sender.nonce == 2
    assert first.raw != second.raw


def test_contracts_stand_where_the_protocol_puts_them() -> None:
    # the well-known first contracts of a well-known account
    sender = bytes.fromhex("6ac7ea33f8831ea9dcc53393aaa88b25a785dbf0")
    assert contract_address(sender, 0).lower() == "0xcd234a471b72ba2f1ccf0a70fcaba648a5eecd8d"
    assert contract_address(sender, 1).lower() == "0x343c43a37d37dff08ae8c4a11544c718abb4fcf8"
