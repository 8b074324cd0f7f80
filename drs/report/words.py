"""What the report of a drill says, in the city's two languages."""

from collections.abc import Mapping
from typing import Literal

from city.model.places import Text

Code = Literal["el", "en"]
WORDS: Mapping[str, Text] = {
    "title": Text(el="Αναφορά άσκησης ανάκαμψης", en="Report of a recovery drill"),
    "rehearse": Text(el="δοκιμή σε αντίγραφο", en="rehearsal on a copy"),
    "failback": Text(el="επιστροφή στο κέντρο δεδομένων", en="return to the data centre"),
    "switchover": Text(el="προγραμματισμένη μεταφορά", en="planned switchover"),
    "failover": Text(el="απώλεια του κέντρου δεδομένων", en="loss of the data centre"),
    "began": Text(el="Άρχισε", en="Began"),
    "ended": Text(el="Τελευταία εγγραφή", en="Last entry"),
    "point": Text(
        el="Δεδομένα όπως ήταν τότε· ό,τι γράφτηκε αργότερα εγκαταλείφθηκε με απόφαση",
        en="Data as of then; what was written later was given up by decision",
    ),
    "persons": Text(el="Πρόσωπα", en="Persons"),
    "machine": Text(el="Μηχάνημα", en="Machine"),
    "state": Text(el="Κατάσταση", en="State"),
    "over": Text(el="ολοκληρώθηκε· κάθε βήμα αποδείχθηκε", en="over; every step is proven"),
    "stopped": Text(el="διακόπηκε· έμειναν βήματα", en="over; steps were left"),
    "open": Text(el="σε εξέλιξη", en="under way"),
    "services": Text(el="Υπηρεσίες", en="Services"),
    "service": Text(el="Υπηρεσία", en="Service"),
    "rto": Text(el="Χρόνος ανάκαμψης που έχει δηλωθεί (RTO)", en="Time promised (RTO)"),
    "mtd": Text(el="Μέγιστη ανεκτή διακοπή (MTD)", en="Longest outage that can be borne (MTD)"),
    "within-mtd": Text(el="Εντός MTD", en="Within the MTD"),
    "took": Text(el="Έως την απόδειξη", en="Until it was proven"),
    "downtime": Text(el="Διακοπή όπως μετρήθηκε από έξω", en="Outage as measured from outside"),
    "in-time": Text(el="Εντός χρόνου", en="In time"),
    "rpo": Text(el="Απώλεια που έχει δηλωθεί (RPO)", en="Loss promised (RPO)"),
    "lost": Text(el="Απώλεια που μετρήθηκε", en="Loss measured"),
    "within-rpo": Text(el="Εντός RPO", en="Within the RPO"),
    "records": Text(el="{lost} από {acknowledged} εγγραφές", en="{lost} of {acknowledged} records"),
    "no files": Text(el="κανένα αρχείο", en="no files"),
    "files": Text(el="αρχεία έως {time} πριν από την άσκηση", en="files of at most {time} before the drill"),
    "within": Text(el="{records} μέσα σε {time}", en="{records} within {time}"),
    "how": Text(el="Πώς μετρήθηκε", en="How it was measured"),
    "yes": Text(el="ναι", en="yes"),
    "no": Text(el="όχι", en="no"),
    "unknown": Text(el="άγνωστο", en="unknown"),
    "method": Text(
        el="Ο χρόνος έως την απόδειξη μετρά από την έναρξη της άσκησης έως την απόδειξη και του τελευταίου βήματος της"
        " υπηρεσίας. Όσος χρόνος πέρασε πριν αρχίσει κάποιος δεν περιλαμβάνεται. Η διακοπή και η απώλεια μετρώνται από"
        " πελάτη έξω από τα δύο κέντρα. Όπου υπάρχει τέτοια μέτρηση, αυτή κρίνει· ό,τι δεν μετρήθηκε είναι άγνωστο."
        " Πόσα αρχεία χάθηκαν το λέει η ηλικία του αντιγράφου που μεταφέρθηκε.",
        en="The time until it was proven counts from the moment at which the drill began until the last step of the"
        " service was proven. What passed before anybody began is not in it. A client outside both sites measures the"
        " outage and the loss. Where it has done so, its figures decide; what was not measured is unknown. How much of"
        " files was lost, the age of the copy that was brought tells.",
    ),
    "steps": Text(el="Βήματα", en="Steps"),
    "step": Text(el="Βήμα", en="Step"),
    "seen": Text(el="Τι είδε η άσκηση", en="What was seen"),
    "proofs": Text(el="Μάρτυρες", en="Witnesses"),
    "at": Text(el="Πότε", en="When"),
    "agreed-by": Text(el="Ενέκριναν", en="Agreed"),
    "begun": Text(el="Άρχισε", en="Begun"),
    "proven": Text(el="Αποδείχθηκε", en="Proven"),
    "lasted": Text(el="Διάρκεια", en="Took"),
    "deviations": Text(el="Αποκλίσεις", en="Deviations"),
    "none": Text(el="καμία", en="none"),
    "follow-ups": Text(el="Τι μένει να γίνει", en="What has to be done"),
    "answers": Text(el="{by} ανέλαβε την ευθύνη για το βήμα {task}: {reason}", en="{by} answered for {task}: {reason}"),
    "answers signed": Text(
        el="{by} ανέλαβε με υπογραφή την ευθύνη για το βήμα {task}: {reason}",
        en="{by} answered for {task}, signed: {reason}",
    ),
    "taken back": Text(el="{by} αναίρεσε το βήμα {task}: {reason}", en="{by} took {task} back: {reason}"),
    "do prove": Text(el="Αποδείξτε εκ των υστέρων το βήμα {task}.", en="Prove {task} afterwards."),
    "failed": Text(
        el="{task}, προσπάθεια {attempt}: απέτυχε: {reason}", en="{task}, attempt {attempt}: it failed: {reason}"
    ),
    "do mend": Text(
        el="Βρείτε και διορθώστε γιατί απέτυχε το βήμα {task}.", en="Find out why {task} failed, and mend it."
    ),
    "taken over": Text(
        el="{by} συνέχισε την άσκηση από το μηχάνημα {machine}", en="{by} went on with the drill from {machine}"
    ),
    "was stopped": Text(el="{by} διέκοψε την άσκηση: {reason}", en="{by} stopped the drill: {reason}"),
    "hidden": Text(el="{task}: δεν φαινόταν αν έγινε: {reason}", en="{task}: nobody could see it: {reason}"),
    "do look": Text(el="Ελέγξτε επιτόπου το βήμα {task}.", en="Look at {task} yourself."),
    "left": Text(el="{task}: δεν αποδείχθηκε", en="{task}: not proven"),
    "do finish": Text(
        el="Ολοκληρώστε το βήμα {task}, ή αναιρέστε ό,τι έγινε.", en="Finish {task}, or undo what was done of it."
    ),
    "slow": Text(
        el="{task}: κράτησε περισσότερο από {limit} δευτερόλεπτα", en="{task}: it took longer than its {limit} seconds"
    ),
    "do hurry": Text(
        el="Επιταχύνετε το βήμα {task}, ή δηλώστε μεγαλύτερο όριο.", en="Make {task} faster, or give it more time."
    ),
    "rto missed": Text(el="{service}: ο RTO δεν τηρήθηκε", en="{service}: the RTO was not kept"),
    "do rto": Text(
        el="{service}: επιταχύνετε την ανάκαμψη, ή δηλώστε τον χρόνο που μετρήθηκε.",
        en="{service}: make its recovery faster, or declare the time that was measured.",
    ),
    "mtd missed": Text(
        el="{service}: ξεπεράστηκε η μέγιστη ανεκτή διακοπή", en="{service}: it was away for longer than can be borne"
    ),
    "do mtd": Text(
        el="{service}: συμφωνήστε με τον υπεύθυνο πώς εξυπηρετούνται οι πολίτες ώσπου να επανέλθει.",
        en="{service}: agree with its owner how residents are served until it is back.",
    ),
    "rpo missed": Text(el="{service}: ο RPO δεν τηρήθηκε", en="{service}: the RPO was not kept"),
    "do rpo": Text(
        el="{service}: αντιγράφετε συχνότερα τα δεδομένα, και καταχωρίστε ξανά ό,τι λείπει.",
        en="{service}: copy its data more often, and enter again what is missing.",
    ),
    "loss unmeasured": Text(
        el="{service}: η απώλεια δεδομένων δεν μετρήθηκε", en="{service}: the loss of data was not measured"
    ),
    "do measure": Text(
        el="{service}: μετρήστε την απώλεια στην επόμενη άσκηση.", en="{service}: measure its loss in the next drill."
    ),
    "agreed": Text(el="Εγκρίσεις", en="Agreements"),
    "agrees": Text(el="{by} ενέκρινε, έως {until}: {tasks}", en="{by} agreed, until {until}: {tasks}"),
    "signed": Text(el="με υπογραφή", en="signed"),
    "unsigned": Text(el="χωρίς υπογραφή", en="not signed"),
    "journal": Text(el="Ημερολόγιο", en="Journal"),
    "head": Text(
        el="Η αναφορά προέρχεται μόνο από το ημερολόγιο. Σύνοψη (SHA-256) της τελευταίας γραμμής του:",
        en="This report is made from the journal alone. Digest (SHA-256) of the journal's last line:",
    ),
    "plan": Text(
        el="Σύνοψη του σχεδίου, όπως τη γράφει η πρώτη γραμμή του:", en="Digest of the plan, as its first line has it:"
    ),
    "prove": Text(
        el="Η απόδειξη ότι δεν άλλαξε τίποτα:",
        en="To prove that nothing was changed:",
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
