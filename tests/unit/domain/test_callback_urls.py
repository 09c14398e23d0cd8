"""Where messages may be posted to, as far as a URL tells."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.callback_urls import LONGEST, check_url, is_local
from chalicelib.domain.errors import BadInput

GOOD = [
    "https://example.com",
    "https://example.com/",
    "https://example.com/hooks/1?key=a%20b&more=c",
    "https://example.com:1",
    "https://example.com:8443/hook",
    "https://example.com:65535/",
    "https://example.com./",
    "HTTPS://EXAMPLE.COM/Hook",
    "https://under_score.example.com/",
    "https://xn--bcher-kva.example/",
    "https://a-b.example/~user/(x);y='z'!*@$,[]",
    "https://example.com/a@b:c",
    "https://93.184.216.34/",
    "https://93.184.216.34:8443/",
    "https://[2606:4700:4700::1111]/",
    "https://[2606:4700:4700::1111]:8443/hook",
    "https://example.com/".ljust(LONGEST, "x"),
]
REFUSED_WHEN_CONNECTED_TO = [
    "https://localhost/",
    "https://localhost:8443/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://127.1/",
    "https://0/",
    "https://127.0.0.1./",
    "https://metadata.google.internal/",
]
BAD = [
    "",
    "https",
    "https:",
    "https:/",
    "https://",
    "https:///hook",
    "https://?hook",
    "https://:443/",
    "https:example.com",
    "//example.com/",
    "example.com",
    "/hook",
    "http://example.com/",
    "http://localhost/",
    "http://127.0.0.1:8000/",
    "http://[::1]/",
    "ftp://example.com/",
    "file:///etc/passwd",
    "gopher://example.com/",
    "javascript:alert(1)",
    "https+unix://example.com/",
    "https://user@example.com/",
    "https://user:secret@example.com/",
    "https://:secret@example.com/",
    "https://@example.com/",
    "https://example.com@127.0.0.1/",
    "https://example.com/#part",
    "https://example.com#@127.0.0.1/",
    "https://example.com:0/",
    "https://example.com:99999/",
    "https://example.com:65536/",
    "https://example.com:-1/",
    "https://example.com:+443/",
    "https://example.com:https/",
    "https://example.com:4:43/",
    "https://example.com\\@127.0.0.1/",
    "https:\\\\example.com",
    "https://example.com/\\hook",
    "https://example.com/\n",
    "https://example.com/\r\nHost: other",
    "https://exam\tple.com/",
    "https://example.com/a b",
    " https://example.com/",
    "https://example.com/ ",
    "https://example.com/\x00",
    "https://example.com/\x7f",
    "https://example.com/é",
    "https://bücher.example/",
    "https://example。com/",
    "https://ⓛocalhost/",
    "https://example.com/".ljust(LONGEST + 1, "x"),
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:8.8.8.8]/",
    "https://[fe80::1%25eth0]/",
    "https://[2606:4700:4700::1111%25eth0]/",
    "https://[64:ff9b::8.8.8.8]/",
    "https://[fd00:ec2::254]/",
    "https://[::1/",
    "https://::1/",
    "https://[]/",
    "https://127.0.0.1/",
    "https://127.0.0.1:8443/hook",
    "https://10.0.0.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://168.63.129.16/",
    "https://0.0.0.0/",
    "https://255.255.255.255/",
    "https://example..com/",
    "https://.example.com/",
    "https://-example.com/",
    "https://example-.com/",
    "https://exam%70le.com/",
    "https://exa*mple.com/",
    "https://example.com,other.com/",
    f"https://{'a' * 64}.example/",
]
LOCAL = [
    "http://localhost",
    "http://localhost:8000/hook",
    "http://LOCALHOST:8000/hook",
    "http://127.0.0.1:8000/",
    "http://[::1]:8000/",
]
NOT_EVEN_LOCAL = [
    "http://localhost.example.com/",
    "http://localhost./",
    "http://127.0.0.2/",
    "http://10.0.0.1/",
    "http://example.com/",
    "http://user@localhost/",
    "http://user:secret@127.0.0.1/",
    "http://localhost/#part",
    "http://localhost:0/",
    "http://localhost:99999/",
    "http://localhost/a b",
    "ftp://localhost/",
    "https://127.0.0.1/",
    "https://[::1]/",
]


def refusal(url: str, *, local: bool = False) -> str:
    """What the error says."""
    with pytest.raises(BadInput) as refused:
        check_url(url, local=local)
    return str(refused.value)


@pytest.mark.parametrize("local", [False, True])
@pytest.mark.parametrize("url", GOOD)
def test_https_to_a_name_or_a_public_address_may_be_posted_to(url: str, *, local: bool) -> None:
    check_url(url, local=local)

    assert not is_local(url)


@pytest.mark.parametrize("url", REFUSED_WHEN_CONNECTED_TO)
def test_a_name_says_nothing_and_is_looked_at_when_connected_to(url: str) -> None:
    check_url(url)

    assert not is_local(url)


@pytest.mark.parametrize("url", BAD)
def test_every_other_url_is_refused(url: str) -> None:
    assert refusal(url).startswith("The URL")


@pytest.mark.parametrize("url", LOCAL)
def test_http_leads_to_this_machine_alone_and_only_if_that_is_said(url: str) -> None:
    check_url(url, local=True)

    assert is_local(url)
    assert refusal(url).startswith("The URL")


@pytest.mark.parametrize("url", NOT_EVEN_LOCAL)
def test_what_is_allowed_locally_is_no_more_than_http_to_this_machine(url: str) -> None:
    assert refusal(url, local=True).startswith("The URL")


@pytest.mark.parametrize("local", [False, True])
@pytest.mark.parametrize(
    "url",
    [
        "ftp://kumquat.example/kumquat",
        "https://kumquat:kumquat@kumquat.example/",
        "https://kumquat.example/#kumquat",
        "https://kumquat.example:kumquat/",
        "https://kumquat.example:99999/",
        "https://kumquat.example:0/",
        "https://kumquat..example/",
        "https://kumquat.example/\n",
        "https://[kumquat]/",
        "https://127.0.0.1/kumquat",
        "http://kumquat@localhost/",
        "https://kumquat.example/" + "x" * LONGEST,
    ],
)
def test_an_error_never_repeats_the_url(url: str, *, local: bool) -> None:
    said = refusal(url, local=local)

    assert not any(part in said for part in ("kumquat", "127.0.0.1", "99999", "localhost"))


@given(st.text(max_size=50).map(lambda text: f"https://{text}") | st.text(max_size=50), st.booleans())
def test_whatever_the_url_it_is_taken_or_refused_in_plain_words(url: str, local: bool) -> None:  # noqa: FBT001
    try:
        check_url(url, local=local)
    except BadInput as refused:
        said = str(refused)
    else:
        said = "The URL is good"

    assert said.startswith("The URL")
