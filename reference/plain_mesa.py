"""A second model, written from ``docs/odd.md``: plain Mesa, one agent at a time, ordinary Python.

It shares only the population at the start and the definition of a uniform with the engine, and
computes the latter with Python integers. The engine must give the same life to every agent; the
benchmarks measure the engine against it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import mesa

MASK = 0xFFFFFFFF  # keeps Python integers to 32 bits
# numbers of decisions, as in docs/odd.md
JOB = 0
HEAR_DESK = 1
HEAR_SERVICE = 2
USE_SERVICE = 3
LEARN = 4
MENTOR = 5
MEET = 6
LOSE = 7
PARTNER = 8
VOLUNTEER = 9
RENEW = 10
TERM = 11
LEAVE = 12
DESTINATION = 13
GRADES = (  # the ten of Tabel 4.1, each a lever
    "hospitality",
    "housing_supply",
    "restaurants",
    "shops",
    "culture",
    "nightlife",
    "public_space",
    "health_care",
    "safety",
    "education",
)
OPEN = 32767  # month of the end of a contract without end date, and of leaving for those here
NONE = -32768  # month where there is no contract, or no child


def mix(x: int) -> int:
    """A 32-bit word scrambled by ``lowbias32``."""
    x ^= x >> 16
    x = x * 0x7FEB352D & MASK
    x ^= x >> 15
    x = x * 0x846CA68B & MASK
    return x ^ x >> 16


# standard normal quantiles at 1/16, 3/16, ..., 15/16
EIGHTHS = [-1.534121, -0.887147, -0.488776, -0.157311, 0.157311, 0.488776, 0.887147, 1.534121]


def odds(p: float) -> float:
    """Odds of a probability below 1."""
    return p / (1 - p)


def within_a_year(share: float) -> float:
    """Monthly probability that leads to a share within twelve months."""
    return 1 - (1 - min(share, 0.999)) ** (1 / 12)


class PlainExpat(mesa.Agent):
    """An adult; every attribute is an ordinary Python value."""

    def __init__(self, model: PlainExpats, slot: int) -> None:
        super().__init__(model)
        adults = model.adults
        self.slot = slot
        self.key1, self.key2 = model.agent_keys(int(adults.id[slot]))
        for name in ("arrival_month", "birth_month", "child_birth_month", "school_effect"):
            setattr(self, name, int(adults.people[name][slot]))
        for name in ("head", "posted", "coupled", "single"):
            setattr(self, name, bool(adults.people[name][slot]))
        for name in ("stay_taste", "welcome_taste", "city_taste"):
            setattr(self, name, float(adults.people[name][slot]))
        self.origin = int(adults.origin[slot])
        self.non_eu = self.origin <= 4
        self.status = "here" if self.arrival_month < 0 else "waiting"
        start = {k: v[slot].item() for k, v in adults.state.items()}
        self.employed = bool(start["employed"])
        self.contract_end = int(start["contract_end"])
        self.rehired = bool(start.get("rehired", False))
        self.knows_desk = bool(start.get("knows_desk", False))
        self.knows_service = bool(start.get("knows_service", False))
        self.used_service = bool(start.get("used_service", False))
        self.dutch = int(start["dutch"])
        self.friends = int(start.get("friends", 0))
        self.places = int(start.get("friend_places", 0))
        self.mentor_left = 0
        self.had_mentor = False
        self.dutch_partner = bool(start.get("dutch_partner", False))
        self.volunteers = bool(start.get("volunteers", False))
        self.feels_welcome = bool(start.get("feels_welcome", False))
        self.finds_attractive = bool(start.get("finds_attractive", False))
        self.wish = int(start.get("wish", 0))
        self.mobility, self.recent = int(start["mobility"]), bool(start["recent"])
        self.leave_month, self.reason, self.destination = OPEN, 0, 0

    def u(self, decision: int) -> float:
        """Uniform in [0, 1) of the agent for a decision of this month."""
        c1, c2 = self.model.decision_keys(decision)
        x = self.key1 ^ c1
        x ^= x >> 16
        x = x * 0x7FEB352D & MASK
        x ^= x >> 15
        x = x + (self.key2 ^ c2) & MASK
        x = x * 0x846CA68B & MASK
        x ^= x >> 16
        return (x >> 8) / 16777216.0

    def happens(self, decision: int, o: float) -> bool:
        """Whether a decision with odds ``o`` falls out as yes in this month."""
        return self.u(decision) < o / (1 + o)

    @property
    def months(self) -> int:
        """Months since arrival."""
        return self.model.month - self.arrival_month

    @property
    def child_at_school(self) -> bool:
        """Whether the youngest child is 4 to 17 years old."""
        return 48 <= self.model.month - self.child_birth_month < 216

    def show(self) -> None:
        """Keep last month's state, which others see."""
        self.shown = (self.status, self.knows_desk, self.knows_service, self.wish, self.employed)

    def live(self) -> None:
        """Go through all processes of the month in their order."""
        m = self.model
        if self.status == "waiting" and self.arrival_month == m.month:
            self.status = "here"
        if self.status != "here":
            return
        contacts = [m.people[k].shown for k in self.contacts]
        self.economy(m.r)
        self.awareness(m.r, contacts)
        self.language(m.r)
        self.friendship(m.r)
        self.welcome(m.r)
        self.form_wish(m.r)
        self.contract(m.r)
        if self.head:
            self.decide_to_leave(m.r, sum(c[0] == "left" for c in contacts))

    def economy(self, r: Mapping[str, float]) -> None:
        """Lose or find a job."""
        if self.head and self.employed and self.contract_end == NONE:
            self.employed = self.rehired = False
            return
        if self.employed:
            if self.happens(JOB, r["lose"]):
                self.employed = self.rehired = False
        elif self.happens(JOB, r["find"] if self.head else self.partner_finds(r)):
            self.employed = True
            self.rehired = self.head

    def partner_finds(self, r: Mapping[str, float]) -> float:
        """Odds that a partner finds a job; a programme may help in the first year."""
        return r["partner_find"] * (r["partner_help"] if self.months < 12 else 1.0)

    def awareness(self, r: Mapping[str, float], contacts: list) -> None:
        """Hear of the desk and of services, and use them."""
        late = 1.0 if self.months < 12 else r["late"]
        desk = sum(c[0] == "here" and c[1] for c in contacts)
        service = sum(c[0] == "here" and c[2] for c in contacts)
        knew = self.knows_service
        if self.happens(HEAR_DESK, late * r["desk"] + r["mouth"] * desk):
            self.knows_desk = self.knows_service = True
        if self.happens(HEAR_SERVICE, late * r["service"] + r["mouth"] * service):
            self.knows_service = True
        if knew and self.happens(USE_SERVICE, late * r["use"]):
            self.used_service = True

    def language(self, r: Mapping[str, float]) -> None:
        """Move up at most one level of Dutch."""
        if self.dutch == 3:
            return
        o = r[f"dutch{self.dutch}"]
        if self.friends >= 2:
            o *= r["language_friends"]
        if self.mentor_left > 0:
            o *= r["language_mentor"]
        if self.dutch_partner:
            o *= r["language_partner"]
        if self.happens(LEARN, o):
            self.dutch += 1

    def friendship(self, r: Mapping[str, float]) -> None:
        """Make and lose friends, meet a partner, volunteer, get a mentor."""
        matched = not self.had_mentor and self.months < 12 and self.happens(MENTOR, r["mentor"])
        if self.friends == 0:
            pace = r["first"]
        else:
            pace = r["more"] * (1 + r["friends_of_friends"] * (min(self.friends, 11) - 1))
        pace *= (1, 1, r["friends_little"], r["friends_fluent"])[self.dutch]
        weights = [
            1.0 if self.employed else 0.0,
            r["neighbourhood"],
            r["school"] if self.child_at_school else 0.0,
            r["sport"],
            r["clubs"] * (r["clubs_volunteer"] if self.volunteers else 1.0),
        ]
        parts = [pace * w for w in weights] + [
            r["mentor_contacts"] if self.mentor_left > 0 else 0.0
        ]
        total = sum(parts)
        x = self.u(MEET) * (1 + total)
        loses = self.happens(LOSE, r["friend_lost"] * self.friends)
        if x < total and self.friends < 100:
            place, cumulative = 0, parts[0]
            while x >= cumulative and place < 5:
                place += 1
                cumulative += parts[place]
            self.places |= 1 << place
            self.friends += 1
        self.friends -= loses
        if self.single and not self.dutch_partner and self.happens(PARTNER, r["dutch_partner"]):
            self.dutch_partner = True
        start = r["volunteer_worker"] if self.head else r["volunteer_partner"]
        if self.child_birth_month != NONE:
            start *= r["volunteer_children"]
        if self.happens(VOLUNTEER, r["volunteer_stop"] if self.volunteers else start):
            self.volunteers = not self.volunteers
        if matched:
            self.had_mentor, self.mentor_left = True, r["mentor_months"]
        elif self.mentor_left > 0:
            self.mentor_left -= 1

    def welcome(self, r: Mapping[str, float]) -> None:
        """Form the opinions on the welcome and on the city."""
        young = self.model.month - self.birth_month < 420
        score = self.welcome_taste + r["welcome"] + r["welcome_used"] * self.used_service
        score += r["welcome_friends"] * min(self.friends, 5) + r["welcome_dutch"] * self.dutch
        self.feels_welcome = score > 0
        self.finds_attractive = (
            self.city_taste + r["attractive"] + r["attractive_young"] * young > 0
        )

    def form_wish(self, r: Mapping[str, float]) -> None:
        """Answer no, maybe or yes by the latent propensity to stay."""
        young = self.model.month - self.birth_month < 420
        x = r["wish"] + r["wish_taste"] * self.stay_taste + r["wish_young"] * young
        x += r["wish_welcome"] * self.feels_welcome + r["wish_friends"] * min(self.friends, 5)
        x += (
            r["wish_dutch"] * self.dutch
            + r["wish_school"] * self.school_effect * self.child_at_school
        )
        x += r["wish_partner"] * self.dutch_partner + r["wish_year"] / 12 * min(
            max(self.months, 0), 60
        )
        self.wish = (x > r["maybe_cut"]) + (x > r["yes_cut"])

    def contract(self, r: Mapping[str, float]) -> None:
        """Renew the contract, begin a new one, or end it."""
        if not self.head:
            return
        if not self.employed:
            self.contract_end = NONE
            return
        month = self.model.month
        if self.contract_end == month:
            renewed = self.happens(RENEW, r["renew"] * r["renew_wish"] ** (self.wish - 1))
            self.contract_end = self.new_term(r) if renewed else NONE
        elif self.contract_end == NONE:
            self.contract_end = self.new_term(r)

    def new_term(self, r: Mapping[str, float]) -> int:
        """Last month of a new contract."""
        return OPEN if self.u(TERM) < r["open"] else self.model.month + 24

    def decide_to_leave(self, r: Mapping[str, float], gone: int) -> None:
        """Decide for the household; ``gone`` is the number of contacts who left."""
        m = self.model
        partner = m.people[self.partner_slot] if self.coupled else self
        half_steps = self.wish + (partner.shown[3] if self.coupled else self.shown[3]) - 2
        partner_works = self.coupled and partner.shown[4]
        years = self.months // 12
        settling = (r["year1"] if years == 0 else r["year2"] if years == 1 else 1.0) * (
            r["new_job"] if self.rehired else 1.0
        )
        job = r["partner_job"] if partner_works else 1.0
        jobless = 0.0
        if not self.employed:
            jobless = r["jobless"] * r["jobless_wish"] ** (half_steps / 2)
            jobless *= r["jobless_non_eu"] if self.non_eu else 1.0
        lasting = r["eighths"][self.mobility] * r["origins"][self.origin]
        if self.recent:
            lasting *= r["recent_non_eu"] if self.non_eu else r["recent_eu"]
        choice = r["choice"] * r["choice_wish"] ** (half_steps / 2) * settling * job * lasting
        choice *= r["contact_gone"] ** gone
        career = r["career"] * r["career_wish"] ** (half_steps / 2) * settling * lasting
        career *= r["career_posted"] if self.posted else 1.0
        family = r["family"] * (r["family_children"] if self.child_at_school else 1.0) * job
        family *= lasting
        total = jobless + choice + career + family
        x = self.u(LEAVE) * (1 + total)
        if x >= total:
            return
        reason = 1 + (x >= jobless) + (x >= jobless + choice) + (x >= jobless + choice + career)
        u = self.u(DESTINATION)
        where = 3 if u < r["to_netherlands"] else 1 if u < r["to_home"] else 2
        m.leavers.append((self, reason, where))

    def leave(self, reason: int, where: int) -> None:
        """Leave in this month, for a reason and a destination by their numbers."""
        self.status, self.leave_month = "left", self.model.month
        self.reason, self.destination = reason, where


class PlainExpats(mesa.Model):
    """The whole city; ``adults`` is the population that the engine starts from."""

    def __init__(self, adults, run_keys, parameters, policy, climate, city) -> None:
        super().__init__(rng=1)
        self.adults, self.keys = adults, [int(k) for k in run_keys]
        self.parameters, self.policy, self.climate, self.city = parameters, policy, climate, city
        self.month = -1
        self.people = [PlainExpat(self, slot) for slot in range(len(adults.id))]
        for person in self.people:
            person.partner_slot = int(adults.partner[person.slot])
            person.contacts = [int(k) for k in adults.contacts[:, person.slot]]

    def agent_keys(self, agent: int) -> tuple[int, int]:
        """Two key words of an agent id."""
        return mix(agent ^ self.keys[0]), mix(mix(agent + self.keys[1] & MASK) ^ 0x9E3779B9)

    def decision_keys(self, decision: int) -> tuple[int, int]:
        """Two key words of a decision in this month."""
        if decision not in self.cached:
            counter = mix(self.month * 128 + decision & MASK)
            self.cached[decision] = mix(counter ^ self.keys[2]), mix(counter + self.keys[3] & MASK)
        return self.cached[decision]

    def step(self) -> None:
        """Simulate one month; households leave at its end, together."""
        self.month += 1
        self.cached: dict[int, tuple[int, int]] = {}
        self.r = self.rates()
        self.leavers: list = []
        for person in self.people:
            person.show()
        for person in self.people:
            person.live()
        for head, reason, where in self.leavers:
            head.leave(reason, where)
            if head.coupled:
                self.people[head.partner_slot].leave(reason, where)

    def rates(self) -> dict[str, float]:
        """Rates of this month by name: odds, odds ratios, effects and weights."""
        p, c = self.parameters, self.climate[self.month]
        v = {name: float(path[self.month]) for name, path in self.policy.items()}
        return {
            **self.rates_of_work_and_dutch(p, v, c),
            **self.rates_of_friends(p, v),
            **self.rates_of_the_wish(p, v),
            **self.rates_of_leaving(p, c),
        }

    def rates_of_work_and_dutch(self, p, v, c) -> dict[str, float]:
        """Jobs, what people know of services, and Dutch."""
        exp = math.exp
        learn = exp(
            p["language_places"] * v["dutch_practice"] / 100
            + p["language_english"] * v["english_information"]
        )
        finding = exp(p["job_find_climate"] * c)
        return {
            "lose": odds(p["job_loss"]) * exp(p["job_loss_climate"] * c),
            "find": odds(p["job_find"]) * finding,
            "partner_find": odds(p["partner_job_find"]) * finding,
            "partner_help": 1 + v["partner_jobs"] * (exp(p["partner_job_help"]) - 1),
            "desk": odds(within_a_year(v["desk_visibility"])),
            "service": odds(p["publicity"]) + odds(p["event_reach"]) * v["welcome_events"] / 12,
            "mouth": odds(p["word_of_mouth"]) / 5,
            "use": odds(p["use_service"]),
            "late": p["late_information"],
            "dutch0": odds(p["words_learned"]) * learn,
            "dutch1": odds(p["little_learned"]) * learn,
            "dutch2": odds(p["fluency_reached"]) * learn,
            "language_friends": exp(p["language_friends"]),
            "language_mentor": exp(p["language_mentor"]),
            "language_partner": exp(p["language_dutch_partner"]),
            "mentor": odds(within_a_year(v["mentor_projects"])),
            "mentor_months": round(p["mentor_duration"]),
        }

    def rates_of_friends(self, p, v) -> dict[str, float]:
        """Dutch friends, where they are met, and volunteering."""
        exp = math.exp
        places = 1 + p["place_neighbourhood"] + p["place_sport"] + p["place_clubs"]
        information = exp(p["volunteer_information_effect"] * v["volunteer_information"])
        return {
            "first": odds(p["first_friend"]) / places,
            "more": odds(p["more_friends"]) / places,
            "friends_of_friends": p["friends_of_friends"],
            "friends_little": exp(p["friends_little"]),
            "friends_fluent": exp(p["friends_fluent"]),
            "neighbourhood": p["place_neighbourhood"],
            "school": p["place_school"],
            "sport": p["place_sport"],
            "clubs": p["place_clubs"] * exp(p["clubs_english"] * v["english_information"]),
            "clubs_volunteer": exp(p["clubs_volunteer"]),
            "mentor_contacts": odds(p["mentor_contacts"]),
            "friend_lost": odds(p["friend_lost"]),
            "dutch_partner": odds(p["dutch_partner_met"]),
            "volunteer_worker": odds(p["volunteer_start_worker"]) * information,
            "volunteer_partner": odds(p["volunteer_start_partner"]) * information,
            "volunteer_children": exp(p["volunteer_children"]),
            "volunteer_stop": odds(p["volunteer_stop"]),
        }

    def rates_of_the_wish(self, p, v) -> dict[str, float]:
        """Feeling welcome, the city's quality and the wish to stay."""
        health = p["health_english"] * (v["healthcare_english"] - self.city.healthcare_english)
        grade = self.city.grade + (sum(v[item] for item in GRADES) + health) / 10
        young = p["nightlife_young"] * (self.city.nightlife + v["nightlife"] - grade)
        return {
            "welcome": p["welcome_level"]
            + p["welcome_english"] * v["english_information"]
            + p["welcome_friendliness"] * v["customer_friendliness"]
            + p["welcome_events_effect"] * v["welcome_events"],
            "welcome_used": p["welcome_used"],
            "welcome_friends": p["welcome_friends"],
            "welcome_dutch": p["welcome_dutch"],
            "attractive": p["attractive_level"] + p["attractive_quality"] * (grade - 7),
            "attractive_young": p["attractive_quality"] * young,
            "wish": p["wish_level"] + p["wish_quality"] * (grade - 7),
            "wish_young": p["wish_quality"] * young,
            "wish_taste": p["wish_taste"],
            "wish_welcome": p["wish_welcome"],
            "wish_friends": p["wish_friends"],
            "wish_dutch": p["wish_dutch"],
            "wish_school": p["wish_school"],
            "wish_partner": p["wish_dutch_partner"],
            "wish_year": p["wish_time"],
            "maybe_cut": p["wish_maybe_cut"],
            "yes_cut": max(p["wish_yes_cut"], p["wish_maybe_cut"]),
        }

    def rates_of_leaving(self, p, c) -> dict[str, float]:
        """Contracts, reasons to leave and where people go."""
        exp = math.exp
        return {
            "renew": odds(p["renewal"]) * exp(p["renewal_climate"] * c),
            "renew_wish": exp(p["renewal_wish"]),
            "open": p["renewal_open"],
            "jobless": odds(p["leave_jobless"]),
            "jobless_non_eu": exp(p["leave_jobless_non_eu"]),
            "jobless_wish": exp(p["leave_jobless_wish"]),
            "choice": odds(p["leave_choice"]),
            "choice_wish": exp(p["leave_choice_wish"]),
            "career": odds(p["leave_career"]),
            "career_posted": exp(p["leave_career_posted"]),
            "career_wish": exp(p["leave_career_wish"]),
            "family": odds(p["leave_family"]),
            "family_children": exp(p["leave_family_children"]),
            "partner_job": exp(p["leave_partner_job"]),
            "contact_gone": exp(p["leave_contacts"] / 5),
            "year1": exp(p["leave_first_year"]),
            "year2": exp(p["leave_second_year"]),
            "new_job": exp(p["leave_new_job"]),
            "eighths": [exp(p["leave_spread"] * z) for z in EIGHTHS],
            "origins": [
                1.0,  # India
                exp(p["leave_overseas"]),  # United States
                exp(p["leave_overseas"]),  # China
                exp(p["leave_overseas"]),  # Japan
                1.0,
                exp(p["leave_old_eu"]),
                exp(p["leave_new_eu"]),
            ],
            "recent_non_eu": exp(p["leave_recent_non_eu"]),
            "recent_eu": exp(p["leave_recent_eu"]),
            "to_netherlands": p["destination_netherlands"],
            "to_home": p["destination_netherlands"]
            + (1 - p["destination_netherlands"]) * p["destination_home"],
        }
