"""The questionnaire: what a respondent is asked, in Dutch and English, item by item.

An item is one column of a file of answers. Its codes are the answers of the study's question where
there is one of the same name; :mod:`expatsim.survey.crosstabs` turns answers into the study's
tables. The wording is ours, after the printed tables: the report does not print its questionnaire.

Left out are the study's questions that simulated people cannot answer (who the five most important
persons are; what respondents miss in the city).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from expatsim.survey.background import BACKGROUND
from expatsim.survey.questions import QUESTIONS

LOWEST_GRADE, HIGHEST_GRADE = 1.0, 10.0


class Wording(NamedTuple):
    """A text in both languages."""

    en: str
    nl: str

    def in_language(self, code: str) -> str:
        """The text in a language.

        Parameters
        ----------
        code : {"en", "nl"}
            Code of the language.
        """
        return self.nl if code == "nl" else self.en


Where = Mapping[str, tuple[str, ...]]  # by column, the codes that count


@dataclass(frozen=True)
class Item:
    """One question to a respondent, and the column with its answers.

    Attributes
    ----------
    column : str
        Name of the column in a file of answers.
    wording : Wording
        The question as asked.
    codes : mapping of str to Wording
        Answers in their order: as tables name them, to the text beside the box. Empty for grades.
    asked : mapping of str to tuple of str
        Who is asked: by column, the codes of an earlier answer. Empty if everybody is.
    topic : Wording or None
        What several items ask together; they stand under it as one question.
    """

    column: str
    wording: Wording
    codes: Mapping[str, Wording]
    asked: Where
    topic: Wording | None = None

    @property
    def is_grade(self) -> bool:
        """Whether the answer is a grade from 1 to 10."""
        return not self.codes


YES_NO = {"yes": Wording("yes", "ja"), "no": Wording("no", "nee")}


def _texts(
    codes: Mapping[str, object] | tuple[str, ...], *texts: tuple[str, str]
) -> dict[str, Wording]:
    """Texts of both languages by code; there is one for each."""
    return {code: Wording(*text) for code, text in zip(codes, texts, strict=True)}


def _item(
    column: str, en: str, nl: str, codes: Mapping[str, Wording], **asked: tuple[str, ...]
) -> Item:
    return Item(column, Wording(en, nl), codes, asked)


STAYS = (
    "up to 6 months",
    "7 to 11 months",
    "1 to 2 years",
    "2 to 6 years",
    "6 years or longer",
)
INTERVIEWED = STAYS[1:4]  # the study's respondents: longer than six months, less than six years

_PLACES = Wording(
    "Where did you meet your Dutch friends? (for each place: yes or no)",
    "Waar hebt u uw Nederlandse vrienden ontmoet? (per plaats: ja of nee)",
)
_GRADES = Wording(
    "Which grade do you give the city, from 1 (very bad) to 10 (excellent), for its ...",
    "Welk cijfer geeft u de stad, van 1 (zeer slecht) tot 10 (uitstekend), voor ...",
)
_WITH_FRIENDS = tuple(code for code in QUESTIONS["friends"].answers if code != "0")

_MET = {
    "met_work": Wording("at work", "op het werk"),
    "met_neighbourhood": Wording("in the neighbourhood", "in de buurt"),
    "met_school": Wording("at my children's school", "op de school van mijn kinderen"),
    "met_sport": Wording("at a sports club", "bij een sportclub"),
    "met_other_clubs": Wording("at another club", "bij een andere vereniging"),
}
# grades by their category in Tabel 4.1
GRADES = {
    "hospitality": Wording("hospitality", "gastvrijheid"),
    "housing supply": Wording("housing supply", "woningaanbod"),
    "restaurants": Wording("restaurants", "restaurants"),
    "shops": Wording("shops", "winkels"),
    "culture": Wording("culture", "cultuur"),
    "nightlife": Wording("nightlife", "uitgaansleven"),
    "public space": Wording("public space", "openbare ruimte"),
    "health care": Wording("health care", "gezondheidszorg"),
    "safety": Wording("safety", "veiligheid"),
    "education": Wording("education", "onderwijs"),
}


def grade_column(category: str) -> str:
    """Column of a grade, from its category in the table.

    Examples
    --------
    >>> grade_column("public space")
    'grade_public_space'
    """
    return "grade_" + category.replace(" ", "_")


_ALL = (
    _item(
        "stay",
        "How long have you lived in the Netherlands?",
        "Hoe lang woont u in Nederland?",
        _texts(
            STAYS,
            ("up to 6 months", "tot en met 6 maanden"),
            ("7 to 11 months", "7 t/m 11 maanden"),
            ("1 to 2 years", "1 tot 2 jaar"),
            ("2 to 6 years", "2 tot 6 jaar"),
            ("6 years or longer", "6 jaar of langer"),
        ),
    ),
    _item(
        "role",
        "What brought you to the Netherlands: your own job, or your partner's?",
        "Wat bracht u naar Nederland: uw eigen baan, of die van uw partner?",
        _texts(
            ("worker", "partner"),
            ("own job", "eigen baan"),
            ("partner's job", "baan van partner"),
        ),
    ),
    _item(
        "sex",
        "Are you a man or a woman?",
        "Bent u man of vrouw?",
        _texts(("man", "woman"), ("man", "man"), ("woman", "vrouw")),
    ),
    _item(
        "age",
        "How old are you?",
        "Hoe oud bent u?",
        _texts(
            BACKGROUND["age"].answers,
            ("under 25", "jonger dan 25"),
            ("25 to 34", "25 t/m 34"),
            ("35 to 44", "35 t/m 44"),
            ("45 to 54", "45 t/m 54"),
            ("55 or older", "55 of ouder"),
        ),
    ),
    _item(
        "origin",
        "Of which country are you a citizen?",
        "Van welk land bent u staatsburger?",
        _texts(
            BACKGROUND["origin"].answers,
            ("India", "India"),
            ("United States", "Verenigde Staten"),
            ("China", "China"),
            ("Japan", "Japan"),
            ("another country outside the EU", "een ander land buiten de EU"),
            (
                "an EU country that joined before 2004 or the United Kingdom",
                "een EU-land van voor 2004 of het Verenigd Koninkrijk",
            ),
            ("an EU country that joined in 2004 or later", "een EU-land van 2004 of later"),
        ),
    ),
    _item(
        "family",
        "Are you married, do you have a partner, or are you single?",
        "Bent u gehuwd, hebt u een partner of bent u alleenstaand?",
        _texts(
            BACKGROUND["family_of_men"].answers,
            ("married", "gehuwd"),
            ("partner but not married", "partner maar niet gehuwd"),
            ("single", "alleenstaand"),
        ),
    ),
    _item("children", "Do you have children?", "Hebt u kinderen?", YES_NO),
    _item(
        "employed",
        "Do you have a paid job in the Netherlands?",
        "Hebt u betaald werk in Nederland?",
        YES_NO,
        role=("partner",),
    ),
    _item(
        "posted",
        "Were you (or was your partner) posted to the Netherlands by an employer?",
        "Bent u (of is uw partner) door een werkgever naar Nederland uitgezonden?",
        YES_NO,
    ),
    _item(
        "contract",
        "How long will you stay in the Netherlands in all, in whole years, according to your "
        "contract (or your partner's, if that brought you here)?",
        "Hoe lang zult u in totaal in Nederland blijven, in hele jaren, volgens uw contract (of "
        "dat van uw partner, als dat u hier bracht)?",
        _texts(
            QUESTIONS["contract"].answers,
            ("up to 1 year", "hoogstens 1 jaar"),
            ("2 to 3 years", "2 t/m 3 jaar"),
            ("4 to 5 years", "4 t/m 5 jaar"),
            ("6 to 7 years", "6 t/m 7 jaar"),
            ("no end date", "geen einddatum"),
        ),
    ),
    _item(
        "wish",
        "Would you like to stay longer in the Netherlands?",
        "Zou u langer in Nederland willen blijven?",
        _texts(QUESTIONS["wish"].answers, ("no", "nee"), ("maybe", "misschien"), ("yes", "ja")),
    ),
    _item(
        "dutch",
        "How much Dutch do you speak?",
        "Hoeveel Nederlands spreekt u?",
        _texts(
            QUESTIONS["dutch"].answers,
            ("none", "geen"),
            ("a few words", "een paar woorden"),
            ("a little", "een beetje"),
            ("(almost) fluent", "(bijna) vloeiend"),
        ),
    ),
    _item(
        "friends",
        "How many Dutch friends do you have in the Netherlands?",
        "Hoeveel Nederlandse vrienden hebt u in Nederland?",
        _texts(
            QUESTIONS["friends"].answers,
            ("0", "0"),
            ("1", "1"),
            ("2 to 5", "2 t/m 5"),
            ("6 to 9", "6 t/m 9"),
            ("10 to 20", "10 t/m 20"),
            ("more than 20", "meer dan 20"),
        ),
    ),
    *(
        Item(column, wording, YES_NO, {"friends": _WITH_FRIENDS}, _PLACES)
        for column, wording in _MET.items()
    ),
    _item(
        "volunteers",
        "Do you do voluntary work at present?",
        "Doet u op dit moment vrijwilligerswerk?",
        YES_NO,
    ),
    _item(
        "volunteers_at_school",
        "Do you do voluntary work at a school?",
        "Doet u vrijwilligerswerk op een school?",
        YES_NO,
        volunteers=("yes",),
    ),
    _item(
        "knows",
        "Which services of the city for people from abroad do you know?",
        "Welke diensten van de stad voor mensen uit het buitenland kent u?",
        _texts(
            QUESTIONS["knows"].answers,
            ("none", "geen"),
            ("only services other than the expat desk", "alleen andere dan het expatloket"),
            ("the expat desk", "het expatloket"),
        ),
    ),
    _item(
        "used",
        "Have you used one or more of these services?",
        "Hebt u een of meer van deze diensten gebruikt?",
        YES_NO,
        knows=tuple(QUESTIONS["knows"].answers)[1:],
    ),
    _item(
        "welcome",
        "Does what the city does for people from abroad make you feel welcome?",
        "Voelt u zich welkom door wat de stad voor mensen uit het buitenland doet?",
        YES_NO,
    ),
    _item(
        "attractive",
        "Do you agree? The city is attractive for people from abroad.",
        "Bent u het eens? De stad is aantrekkelijk voor mensen uit het buitenland.",
        _texts(
            ("strongly agree", "agree", "neither", "disagree", "strongly disagree"),
            ("strongly agree", "helemaal mee eens"),
            ("agree", "mee eens"),
            ("neither", "geen van beide"),
            ("disagree", "mee oneens"),
            ("strongly disagree", "helemaal mee oneens"),
        ),
    ),
    *(
        Item(grade_column(category), wording, {}, {}, _GRADES)
        for category, wording in GRADES.items()
    ),
)
ITEMS: Mapping[str, Item] = {item.column: item for item in _ALL}
WEIGHT = "weight"  # column that is not asked: how many people a respondent stands for


def answers_of_asked(item: Item, language: str) -> dict[str, str]:
    """Earlier answers of those who are asked, by column; empty if everybody is.

    Parameters
    ----------
    item : Item
        An item of the questionnaire.
    language : {"en", "nl"}
        Language of the answers.
    """
    return {
        column: " / ".join(ITEMS[column].codes[c].in_language(language) for c in codes)
        for column, codes in item.asked.items()
    }


def who_is_asked(item: Item, language: str) -> str:
    """Who is asked, as a line of the codebook; empty if everybody is.

    Parameters
    ----------
    item : Item
        An item of the questionnaire.
    language : {"en", "nl"}
        Language of the line.

    Examples
    --------
    >>> who_is_asked(ITEMS["employed"], "nl")
    'role: baan van partner'
    """
    return "; ".join(f"{c}: {answers}" for c, answers in answers_of_asked(item, language).items())
