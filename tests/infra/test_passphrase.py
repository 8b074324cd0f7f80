"""The salt below was written by Pulumi 3.259.0 for the passphrase beside it."""

import pytest

from infra.passphrase import fits, salt_of

PASSPHRASE = "correct horse battery staple"  # noqa: S105 - opens nothing but the salt below
SALT = "v1:ZTCzSw0OhFA=:v1:dRq1V4lPwqLtMNUd:P6X7ePPIVNZl5gzXdLKEKmcWtXVTfw=="


@pytest.mark.parametrize(
    ("passphrase", "opens"),
    [
        pytest.param(PASSPHRASE, True, id="the one it was made with"),
        pytest.param(PASSPHRASE + "\n", False, id="with a line break"),
        pytest.param("", False, id="none"),
    ],
)
def test_fits(passphrase: str, opens: bool) -> None:  # noqa: FBT001 - a table
    assert fits(passphrase, SALT) is opens


@pytest.mark.parametrize("salt", ["", "v2:a:v1:b:c", "v1:only"])
def test_a_salt_of_another_form_is_no_answer(salt: str) -> None:
    with pytest.raises(ValueError, match="no salt"):
        fits(PASSPHRASE, salt)


def test_the_salt_stands_in_the_deployment() -> None:
    assert salt_of({"secrets_providers": {"type": "passphrase", "state": {"salt": SALT}}}) == SALT
    assert salt_of({"secrets_providers": {"type": "cloud", "state": {}}}) is None
    assert salt_of({}) is None
