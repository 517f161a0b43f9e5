"""Where keys went that ceased."""

from collections.abc import Iterable, Mapping


def resolve_merges(merges: Iterable[tuple[str, str]], live: set[str]) -> dict[str, str]:
    """Where each ceased key ended, through chains of merges.

    Args:
        merges: pairs of old and new key, oldest merge first; the last merge of an old key counts.
        live: keys in use; a chain ends at the first of them, and a key in use hasn't ceased.

    Returns:
        ceased key → the key it is now.
    """
    following = {old: new for old, new in merges if old not in live}
    return {old: _follow(old, following) for old in sorted(following)}


def _follow(old: str, following: Mapping[str, str]) -> str:
    seen = {old}
    key = following[old]
    while key in following and key not in seen:
        seen.add(key)
        key = following[key]
    return key
