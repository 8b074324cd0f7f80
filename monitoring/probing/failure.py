"""Why a probe failed: the first cause alone, in the same words each time, so that a cause that lasts is one."""

from enum import StrEnum

from city.model.places import Text


class Failure(StrEnum):
    """The value is what the ledger keeps. docs/on-call.md says what to do about each."""

    NO_NAME = "its name is not found"
    NO_RESOLVER = "nobody resolves its name"
    NO_WAY = "there is no way to it"
    REFUSED = "it refuses connections"
    NO_CONNECTION = "no connection in time"
    NO_ANSWER = "no answer in time"
    CUT_OFF = "it ends the connection early"
    NO_TLS = "it speaks no TLS that is accepted"
    EXPIRED = "its certificate has expired"
    NOT_YET = "its certificate is not valid yet"
    WRONG_NAME = "its certificate is for another name"
    UNTRUSTED = "nobody trusted signed its certificate"
    WRONG_ANSWER = "its answer is not the expected one"
    NOT_LET_IN = "it refuses the probe's credentials"
    NOT_ASKED = "it could not be asked"
    """Our own trouble: it says nothing of the service."""

    @property
    def text(self) -> Text:
        return Text(el=_GREEK[self], en=self.value)


_GREEK = {
    Failure.NO_NAME: "το όνομά της δεν βρίσκεται",
    Failure.NO_RESOLVER: "κανείς δεν λύνει το όνομά της",
    Failure.NO_WAY: "δεν υπάρχει δρόμος προς αυτήν",
    Failure.REFUSED: "αρνείται συνδέσεις",
    Failure.NO_CONNECTION: "καμία σύνδεση εγκαίρως",
    Failure.NO_ANSWER: "καμία απάντηση εγκαίρως",
    Failure.CUT_OFF: "κλείνει νωρίς τη σύνδεση",
    Failure.NO_TLS: "δεν μιλά αποδεκτό TLS",
    Failure.EXPIRED: "το πιστοποιητικό της έχει λήξει",
    Failure.NOT_YET: "το πιστοποιητικό της δεν ισχύει ακόμη",
    Failure.WRONG_NAME: "το πιστοποιητικό της έχει εκδοθεί σε άλλο όνομα",
    Failure.UNTRUSTED: "το πιστοποιητικό της δεν το έχει υπογράψει κανείς έμπιστος",
    Failure.WRONG_ANSWER: "η απάντησή της δεν είναι η αναμενόμενη",
    Failure.NOT_LET_IN: "αρνείται τα διαπιστευτήρια του ελέγχου",
    Failure.NOT_ASKED: "η ερώτηση δεν έγινε",
}


class Failed(Exception):  # noqa: N818 - said of a probe: it failed
    """Ends a probe: why, and what was seen."""

    def __init__(self, failure: Failure, detail: str = "") -> None:
        super().__init__(f"{failure}: {detail}" if detail else failure.value)
        self.failure, self.detail = failure, detail
