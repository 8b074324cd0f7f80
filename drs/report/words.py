"""What the report of a drill says, in the city's two languages."""

from collections.abc import Mapping
from typing import Literal

from city.model.places import Text

Code = Literal["el", "en"]
WORDS: Mapping[str, Text] = {
    "title": Text(el="Αναφορά άσκησης ανάκαμψης", en="Report of a recovery drill"),
    "switchover": Text(el="προγραμματισμένη μεταφορά", en="planned switchover"),
    "failover": Text(el="απώλεια του κέντρου δεδομένων", en="loss of the data centre"),
    "began": Text(el="Άρχισε", en="Began"),
    "ended": Text(el="Τελευταία εγγραφή", en="Last entry"),
    "persons": Text(el="Πρόσωπα", en="Persons"),
    "state": Text(el="Κατάσταση", en="State"),
    "over": Text(el="ολοκληρώθηκε· κάθε βήμα αποδείχθηκε", en="over; every step is proven"),
    "stopped": Text(el="διακόπηκε· έμειναν βήματα", en="over; steps were left"),
    "open": Text(el="σε εξέλιξη", en="under way"),
    "services": Text(el="Υπηρεσίες", en="Services"),
    "service": Text(el="Υπηρεσία", en="Service"),
    "promised": Text(el="Χρόνος που έχει δηλωθεί (RTO)", en="Time promised (RTO)"),
    "measured": Text(el="Χρόνος που μετρήθηκε", en="Time measured"),
    "in-time": Text(el="Εντός χρόνου", en="In time"),
    "yes": Text(el="ναι", en="yes"),
    "no": Text(el="όχι", en="no"),
    "unknown": Text(el="άγνωστο", en="unknown"),
    "method": Text(
        el="Ο χρόνος μετρά από την έναρξη της άσκησης έως την απόδειξη και του τελευταίου βήματος της υπηρεσίας. Όσος"
        " χρόνος πέρασε πριν αρχίσει κάποιος δεν περιλαμβάνεται. Η απώλεια δεδομένων (RPO) δεν μετρήθηκε.",
        en="The time counts from the moment at which the drill began until the last step of the service was proven."
        " What passed before anybody began is not in it. Loss of data (RPO) was not measured.",
    ),
    "steps": Text(el="Βήματα", en="Steps"),
    "step": Text(el="Βήμα", en="Step"),
    "seen": Text(el="Τι είδε η άσκηση", en="What was seen"),
    "proofs": Text(el="Μάρτυρες", en="Witnesses"),
    "at": Text(el="Πότε", en="When"),
    "deviations": Text(el="Αποκλίσεις", en="Deviations"),
    "none": Text(el="καμία", en="none"),
    "answers": Text(el="{by} ανέλαβε την ευθύνη για το βήμα {task}: {reason}", en="{by} answered for {task}: {reason}"),
    "failed": Text(
        el="{task}, προσπάθεια {attempt}: απέτυχε: {reason}", en="{task}, attempt {attempt}: it failed: {reason}"
    ),
    "left": Text(el="{task}: δεν αποδείχθηκε", en="{task}: not proven"),
    "agreed": Text(el="Εγκρίσεις", en="Agreements"),
    "agrees": Text(el="{by} ενέκρινε το βήμα {task} έως {until}", en="{by} agreed to {task} until {until}"),
    "journal": Text(el="Ημερολόγιο", en="Journal"),
    "head": Text(
        el="Η αναφορά προέρχεται μόνο από το ημερολόγιο. Σύνοψη (SHA-256) της τελευταίας γραμμής του:",
        en="This report is made from the journal alone. Digest (SHA-256) of the journal's last line:",
    ),
    "stage not begun": Text(el="δεν άρχισε", en="not begun"),
    "stage under way": Text(el="σε εξέλιξη", en="under way"),
    "stage returned": Text(el="δεν ελέγχθηκε ακόμη", en="not looked at yet"),
    "stage not done": Text(el="δεν έγινε", en="not done"),
    "stage unseen": Text(el="δεν φάνηκε", en="could not be seen"),
    "stage proven": Text(el="αποδείχθηκε", en="proven"),
    "stage overridden": Text(el="με ευθύνη προσώπου", en="answered for by a person"),
}


def say(key: str, language: Code) -> str:
    """Raises KeyError for what the report never says."""
    return WORDS[key].el if language == "el" else WORDS[key].en
