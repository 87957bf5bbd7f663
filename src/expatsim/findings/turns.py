"""Words of tipping points: where an answer turns, on which side it holds, and why it does not."""

# where an answer turns
ZERO, NAMED, PAYS = "zero", "worth naming", "break-even"
# on which side of the tipping point it holds
ABOVE, BELOW, EVERYWHERE, NOWHERE = "above", "below", "everywhere", "nowhere"
# notes
NOT_CARRIED = "no single assumption carries it"
NOT_MONOTONE = "it does not only rise or only fall with the assumption"
