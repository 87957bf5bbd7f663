"""What donors of the survey stock hand on; those who make and who use them agree on it here."""

# fields of people and of their state that donors hand on
DONOR_PEOPLE = (
    "arrival_month",
    "birth_month",
    "child_birth_month",
    "head",
    "posted",
    "coupled",
    "single",
    "school_effect",
)
DONOR_STATE = (
    "employed",
    "contract_end",
    "rehired",
    "knows_desk",
    "knows_service",
    "used_service",
    "dutch",
    "friends",
    "friend_places",
    "dutch_partner",
    "volunteers",
    "feels_welcome",
    "finds_attractive",
    "wish",
)
