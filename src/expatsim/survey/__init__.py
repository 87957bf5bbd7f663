"""The study: its questions, what it printed of the answers, and how simulated people answer.

:mod:`~expatsim.survey.questions` declares each question once,
:mod:`~expatsim.survey.background` what the study noted of its respondents, and
:mod:`~expatsim.survey.interview` asks simulated people.
"""
