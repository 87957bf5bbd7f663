"""The study: its questions, the printed answers, and the answers of simulated people.

:mod:`~expatsim.survey.questions` declares each question once,
:mod:`~expatsim.survey.background` the background variables of respondents, and
:mod:`~expatsim.survey.interview` asks simulated people.
"""
