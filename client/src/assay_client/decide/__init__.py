"""The gate's decision, made again from a bundle: facts and policy in, verdict out. A second coding of the rules.

canonical   the one byte string of a JSON value, and its digest
facts       the dossier read strictly: an unknown field is a kind of fact that this version does not know
text        a policy's text as data: the part of YAML that policies are written in
policy      what a step demands; an unknown kind of demand is not supported, never passed over
evidence    which runs count, and how far they can be relied on
subject     what votes sign, and what a report is bound to
people      who took part, and therefore may not judge
votes       which votes are about the facts as they are
kinds       the kinds of demands, a table; of_* are its rows
waivers     what is set aside; emergency: what is passed over
decision    all of it together
"""
